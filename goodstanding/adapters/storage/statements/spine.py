"""The statements of the spine: intake, decisions, outbox, cases, policies, audit.

Written by hand: SQLAlchemy Core costs about twice the CPU on this path (docs/decisions/0003-hand-written-statements.md).
Placeholders are `?`; `postgres.py` rewrites them once per statement.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from goodstanding.adapters.storage.statements.base import Base, Row, marks
from goodstanding.usecases.ports import (
    Account,
    Act,
    AuditRow,
    Case,
    Checkpoint,
    Contact,
    DecisionRow,
    Delivery,
    DeliveryState,
    Event,
    FreezeRow,
    FreezeScope,
    Outgoing,
    OutgoingState,
    Person,
    PolicyVersion,
    SendAct,
    Spent,
    VaultRow,
    Video,
    VolumeRow,
)

if TYPE_CHECKING:
    from goodstanding.core.policy.model import Mode, VideoClass

_ACCOUNT = (
    "account_id, connector, external_id, identifier, handle, name, mode, zone, language, killed, can_reply, can_hide,"
    " can_message, bucket_milli, bucket_at, spike_paused, policy_hash"
)
_CONTACT = "id, account_id, external_id, handle, suppressed, holdout, wrote_at, labels, answer, marketing"
_EVENT = (
    "id, account_id, connector, external_id, action, kind, contact_id, video_id, parent_id, text, language, source, at,"
    " received_at, own, state, answered"
)
_DECISION = "account_id, event_id, seq, policy_hash, outcome, rule, code, at"
_OUTGOING = (
    "id, account_id, event_id, act, ordinal, contact_id, video_id, target_id, rule, template, variant, language, text,"
    " state, code, not_before, attempt_at, settled_at, fence, provider_ref, approved_by, approved_hash, approved_until,"
    " created_at"
)
_CASE = (
    "id, account_id, event_id, outgoing_id, queue, code, state, resolution, created_at, due_at, claimed_by, claim_until,"
    " version, resolved_by, resolved_at"
)
_ACT = "id, account_id, person_id, kind, event_id, case_id, outgoing_id, data, at, undone_at"
_FREEZE = "id, account_id, scope, reason, actor, at, lifted_by, lifted_at"
_POLICY = "hash, parent, body, title, actor, at"
_PERSON = "id, name, email, password_hash, role, language, created_at"
_AUDIT = "seq, account_id, kind, at, event_id, body, hash"
_DUE = "state IN ('planned','sending','unknown')"
"""The condition of the index over what is not settled, repeated so that the planner may use it."""
_TRIED = "state IN ('task','sending','sent','unknown')"
_SPENT = "state IN ('planned','task','sending','sent','unknown')"


def _account(r: Row) -> Account:
    return Account(
        id=r[0], connector=r[1], external_id=r[2], identifier=r[3], handle=r[4], name=r[5], mode=cast("Mode", r[6]), zone=r[7],
        language=r[8], killed=bool(r[9]), can_reply=bool(r[10]), can_hide=bool(r[11]), can_message=bool(r[12]),
        bucket_milli=r[13], bucket_at=r[14], spike_paused=bool(r[15]), policy_hash=r[16],
    )  # fmt: skip


def _contact(r: Row) -> Contact:
    return Contact(
        id=r[0], account_id=r[1], external_id=r[2], handle=r[3], suppressed=bool(r[4]), holdout=bool(r[5]), wrote_at=r[6],
        labels=r[7], answer=r[8], marketing=r[9],
    )  # fmt: skip


def _event(r: Row) -> Event:
    return Event(
        id=r[0], account_id=r[1], connector=r[2], external_id=r[3], action=r[4], kind=r[5], contact_id=r[6], video_id=r[7],
        parent_id=r[8], text=r[9], language=r[10], source=r[11], at=r[12], received_at=r[13], own=bool(r[14]), state=r[15],
        answered=bool(r[16]),
    )  # fmt: skip


def _decision(r: Row) -> DecisionRow:
    return DecisionRow(
        account_id=r[0],
        event_id=r[1],
        seq=r[2],
        policy_hash=r[3],
        outcome=r[4],
        rule=r[5],
        code=r[6],
        at=r[7],
    )


def _outgoing(r: Row) -> Outgoing:
    return Outgoing(
        id=r[0], account_id=r[1], event_id=r[2], act=cast("SendAct", r[3]), ordinal=r[4], contact_id=r[5], video_id=r[6],
        target_id=r[7], rule=r[8], template=r[9], variant=r[10], language=r[11], text=r[12],
        state=cast("OutgoingState", r[13]), code=r[14], not_before=r[15], attempt_at=r[16], settled_at=r[17], fence=r[18],
        provider_ref=r[19], approved_by=r[20], approved_hash=None if r[21] is None else bytes(r[21]),
        approved_until=r[22], created_at=r[23],
    )  # fmt: skip


def _case(r: Row) -> Case:
    return Case(
        id=r[0], account_id=r[1], event_id=r[2], outgoing_id=r[3], queue=r[4], code=r[5], state=r[6], resolution=r[7],
        created_at=r[8], due_at=r[9], claimed_by=r[10], claim_until=r[11], version=r[12], resolved_by=r[13],
        resolved_at=r[14],
    )  # fmt: skip


def _act(r: Row) -> Act:
    return Act(
        id=r[0], account_id=r[1], person_id=r[2], kind=r[3], event_id=r[4], case_id=r[5], outgoing_id=r[6], data=r[7], at=r[8],
        undone_at=r[9],
    )  # fmt: skip


def _freeze(r: Row) -> FreezeRow:
    return FreezeRow(
        id=r[0], account_id=r[1], scope=cast("FreezeScope", r[2]), reason=r[3], actor=r[4], at=r[5], lifted_by=r[6],
        lifted_at=r[7],
    )  # fmt: skip


def _policy(r: Row) -> PolicyVersion:
    return PolicyVersion(hash=r[0], parent=r[1], body=r[2], title=r[3], actor=r[4], at=r[5])


def _person(r: Row) -> Person:
    return Person(
        id=r[0], name=r[1], email=r[2], password_hash=r[3], role=r[4], language=r[5], created_at=r[6]
    )


def _audit(r: Row) -> AuditRow:
    return AuditRow(
        seq=r[0], account_id=r[1], kind=r[2], at=r[3], event_id=r[4], body=bytes(r[5]), hash=bytes(r[6])
    )


def _delivery(r: Row) -> Delivery:
    return Delivery(
        id=r[0],
        account_id=r[1],
        connector=r[2],
        digest=bytes(r[3]),
        received_at=r[4],
        body=bytes(r[5] or b""),
    )


class SpineStatements(Base):
    """What the path from the door to a sealed reply reads and writes."""

    # -- queries ---------------------------------------------------------------------------------------------

    def accounts(self) -> list[Account]:
        sql = f"SELECT {_ACCOUNT} FROM account WHERE workspace_id = ? ORDER BY account_id"
        return [_account(r) for r in self._all(sql, (self.workspace_id,))]

    def account_of(self, connector: str, external_id: str) -> Account | None:
        sql = f"SELECT {_ACCOUNT} FROM account WHERE workspace_id = ? AND connector = ? AND external_id = ?"
        row = self._one(sql, (self.workspace_id, connector, external_id))
        return _account(row) if row else None

    def account_ids(self, connector: str, external_ids: Sequence[str]) -> dict[str, int]:
        where, param = self._among("external_id", external_ids)
        sql = f"SELECT external_id, account_id FROM account WHERE workspace_id = ? AND connector = ? AND {where}"
        return {r[0]: r[1] for r in self._all(sql, (self.workspace_id, connector, param))}

    def setting(self, name: str, *, account_id: int = 0) -> str | None:
        row = self._one(
            "SELECT value FROM setting WHERE workspace_id = ? AND account_id = ? AND name = ?",
            (self.workspace_id, account_id, name),
        )
        return str(row[0]) if row else None

    def persons(self) -> list[Person]:
        sql = f"SELECT {_PERSON} FROM person WHERE workspace_id = ? ORDER BY id"
        return [_person(r) for r in self._all(sql, (self.workspace_id,))]

    def stored_value(self, namespace: str, name: str) -> tuple[bytes, int | None] | None:
        row = self._one(
            "SELECT value, expires_at FROM stored_value"
            " WHERE workspace_id = ? AND account_id = 0 AND namespace = ? AND name = ?",
            (self.workspace_id, namespace, name),
        )
        return (bytes(row[0]), row[1]) if row else None

    def videos(self, account_id: int) -> list[Video]:
        rows = self._all(
            "SELECT id, account_id, title, class, campaign FROM video WHERE workspace_id = ? AND account_id = ?",
            (self.workspace_id, account_id),
        )
        return [
            Video(id=r[0], account_id=r[1], title=r[2], video_class=cast("VideoClass", r[3]), campaign=r[4])
            for r in rows
        ]

    def new_deliveries(self, limit: int) -> list[Delivery]:
        rows = self._all(
            "SELECT id, account_id, connector, digest, received_at, body FROM delivery"
            " WHERE workspace_id = ? AND state = 'new' ORDER BY id LIMIT ?",
            (self.workspace_id, limit),
        )
        return [_delivery(r) for r in rows]

    def deliveries_by_state(self) -> dict[str, int]:
        rows = self._all(
            "SELECT state, count(*) FROM delivery WHERE workspace_id = ? GROUP BY state", (self.workspace_id,)
        )
        return {r[0]: r[1] for r in rows}

    def problem_deliveries(self, limit: int) -> list[tuple[Delivery, str, str]]:
        rows = self._all(
            "SELECT id, account_id, connector, digest, received_at, body, state, problem FROM delivery"
            " WHERE workspace_id = ? AND state IN ('unknown','unreadable') ORDER BY id DESC LIMIT ?",
            (self.workspace_id, limit),
        )
        return [(_delivery(r), r[6], r[7] or "") for r in rows]

    def contacts_by_external(self, account_id: int, external_ids: Sequence[str]) -> dict[str, Contact]:
        where, param = self._among("external_id", external_ids)
        sql = f"SELECT {_CONTACT} FROM contact WHERE workspace_id = ? AND account_id = ? AND {where}"
        return {r[2]: _contact(r) for r in self._all(sql, (self.workspace_id, account_id, param))}

    def contact(self, contact_id: int) -> Contact | None:
        sql = f"SELECT {_CONTACT} FROM contact WHERE workspace_id = ? AND id = ?"
        row = self._one(sql, (self.workspace_id, contact_id))
        return _contact(row) if row else None

    def known_events(
        self, account_id: int, connector: str, external_ids: Sequence[str]
    ) -> dict[tuple[str, str], int]:
        where, param = self._among("external_id", external_ids)
        sql = (
            "SELECT external_id, action, id FROM event"
            f" WHERE workspace_id = ? AND account_id = ? AND connector = ? AND {where}"
        )
        return {(r[0], r[1]): r[2] for r in self._all(sql, (self.workspace_id, account_id, connector, param))}

    def event(self, event_id: int) -> Event | None:
        sql = f"SELECT {_EVENT} FROM event WHERE workspace_id = ? AND id = ?"
        row = self._one(sql, (self.workspace_id, event_id))
        return _event(row) if row else None

    def event_texts(self, event_ids: Sequence[int]) -> dict[int, str | None]:
        where, param = self._among("id", event_ids)
        sql = f"SELECT id, text FROM event WHERE workspace_id = ? AND {where}"
        return {r[0]: r[1] for r in self._all(sql, (self.workspace_id, param))}

    def decision(self, event_id: int) -> DecisionRow | None:
        sql = f"SELECT {_DECISION} FROM decision WHERE workspace_id = ? AND event_id = ?"
        row = self._one(sql, (self.workspace_id, event_id))
        return _decision(row) if row else None

    def decisions(self, *, after: int, limit: int, account_id: int | None = None) -> list[DecisionRow]:
        mine = "" if account_id is None else "AND account_id = ?"
        sql = f"SELECT {_DECISION} FROM decision WHERE workspace_id = ? AND event_id > ? {mine} ORDER BY event_id LIMIT ?"
        extra = () if account_id is None else (account_id,)
        return [_decision(r) for r in self._all(sql, (self.workspace_id, after, *extra, limit))]

    def outgoing(self, outgoing_id: int) -> Outgoing | None:
        sql = f"SELECT {_OUTGOING} FROM outgoing WHERE workspace_id = ? AND id = ?"
        row = self._one(sql, (self.workspace_id, outgoing_id))
        return _outgoing(row) if row else None

    def outgoing_of_event(self, event_id: int) -> list[Outgoing]:
        sql = f"SELECT {_OUTGOING} FROM outgoing WHERE workspace_id = ? AND event_id = ? ORDER BY id"
        return [_outgoing(r) for r in self._all(sql, (self.workspace_id, event_id))]

    def outgoing_of_contact(self, contact_id: int) -> list[Outgoing]:
        sql = f"SELECT {_OUTGOING} FROM outgoing WHERE workspace_id = ? AND contact_id = ? ORDER BY id"
        return [_outgoing(r) for r in self._all(sql, (self.workspace_id, contact_id))]

    def events(self, event_ids: Sequence[int]) -> dict[int, Event]:
        where, param = self._among("id", event_ids)
        sql = f"SELECT {_EVENT} FROM event WHERE workspace_id = ? AND {where}"
        return {r[0]: _event(r) for r in self._all(sql, (self.workspace_id, param))}

    def contacts(self, contact_ids: Sequence[int]) -> dict[int, Contact]:
        where, param = self._among("id", contact_ids)
        sql = f"SELECT {_CONTACT} FROM contact WHERE workspace_id = ? AND {where}"
        return {r[0]: _contact(r) for r in self._all(sql, (self.workspace_id, param))}

    def outgoing_of_events(self, event_ids: Sequence[int]) -> dict[int, list[Outgoing]]:
        where, param = self._among("event_id", event_ids)
        sql = f"SELECT {_OUTGOING} FROM outgoing WHERE workspace_id = ? AND {where} ORDER BY id"
        found: dict[int, list[Outgoing]] = {event_id: [] for event_id in event_ids}
        for r in self._all(sql, (self.workspace_id, param)):
            found[r[2]].append(_outgoing(r))
        return found

    def outgoing_due(self, account_id: int, now: int, limit: int) -> list[Outgoing]:
        sql = (
            f"SELECT {_OUTGOING} FROM outgoing WHERE workspace_id = ? AND account_id = ? AND state = 'planned'"
            " AND not_before <= ? AND state IN ('planned','sending','unknown') ORDER BY not_before, id LIMIT ?"
        )
        return [_outgoing(r) for r in self._all(sql, (self.workspace_id, account_id, now, limit))]

    def outgoing_in_state(self, state: str, *, limit: int, account_id: int | None = None) -> list[Outgoing]:
        mine = "" if account_id is None else "AND account_id = ?"
        open_only = f" AND {_DUE}" if state in ("planned", "sending", "unknown") else ""
        sql = (
            f"SELECT {_OUTGOING} FROM outgoing WHERE workspace_id = ? {mine} AND state = ?{open_only}"
            " ORDER BY not_before, id LIMIT ?"
        )
        extra = () if account_id is None else (account_id,)
        return [_outgoing(r) for r in self._all(sql, (self.workspace_id, *extra, state, limit))]

    def next_due(self) -> int | None:
        row = self._one(
            f"SELECT min(not_before) FROM outgoing WHERE workspace_id = ? AND state = 'planned' AND {_DUE}",
            (self.workspace_id,),
        )
        return row[0] if row else None

    def spent(self, account_id: int, since: int, contacts: Sequence[int] | None) -> list[Spent]:
        moment = "coalesce(attempt_at, not_before)"
        columns = f"act, contact_id, rule, video_id, {moment}, attempt_at IS NOT NULL AND state <> 'planned'"
        mine = f"SELECT {columns} FROM outgoing WHERE workspace_id = ? AND account_id = ?"
        owner = (self.workspace_id, account_id)
        if contacts is not None:
            where, param = self._among("contact_id", contacts)
            rows = self._all(f"{mine} AND {_SPENT} AND {where} AND {moment} > ?", (*owner, param, since))
        else:
            tried = f"{mine} AND attempt_at > ? AND {_TRIED}"
            rows = self._all(tried, (*owner, since))
            rows += self._all(f"{mine} AND state = 'planned' AND {_DUE} AND {moment} > ?", (*owner, since))
        found = [
            Spent(act=r[0], contact_id=r[1], rule=r[2], video_id=r[3], at=r[4], sent=bool(r[5])) for r in rows
        ]
        return sorted(found, key=lambda one: one.at)

    def recent_texts(self, limit: int, *, planned: bool) -> list[str]:
        states = _SPENT if planned else _TRIED
        sql = (
            "SELECT text FROM outgoing"
            f" WHERE workspace_id = ? AND act IN ('reply','message') AND {states} ORDER BY id DESC LIMIT ?"
        )
        return [r[0] for r in self._all(sql, (self.workspace_id, limit))]

    def texts_since(self, account_id: int, since: int, *, planned: bool) -> list[tuple[str, str, int]]:
        mine = (
            "SELECT video_id, text, count(*) FROM outgoing WHERE workspace_id = ? AND account_id = ?"
            " AND act IN ('reply','message')"
        )
        owner, group = (self.workspace_id, account_id), "GROUP BY video_id, text"
        rows = self._all(f"{mine} AND attempt_at > ? AND {_TRIED} {group}", (*owner, since))
        if planned:
            rows += self._all(
                f"{mine} AND state = 'planned' AND {_DUE} AND not_before > ? {group}", (*owner, since)
            )
        return [(r[0], r[1], r[2]) for r in rows]

    def case(self, case_id: int) -> Case | None:
        sql = f"SELECT {_CASE} FROM review_case WHERE workspace_id = ? AND id = ?"
        row = self._one(sql, (self.workspace_id, case_id))
        return _case(row) if row else None

    def cases_of_event(self, event_id: int) -> list[Case]:
        sql = f"SELECT {_CASE} FROM review_case WHERE workspace_id = ? AND event_id = ? ORDER BY id"
        return [_case(r) for r in self._all(sql, (self.workspace_id, event_id))]

    def open_cases(self, *, queue: str | None, after: tuple[int, int], limit: int) -> list[Case]:
        only = "" if queue is None else "AND queue = ?"
        sql = (
            f"SELECT {_CASE} FROM review_case WHERE workspace_id = ? AND state = 'open' {only}"
            " AND (due_at, id) > (?, ?) ORDER BY due_at, id LIMIT ?"
        )
        extra = () if queue is None else (queue,)
        return [_case(r) for r in self._all(sql, (self.workspace_id, *extra, *after, limit))]

    def acts(self, *, person_id: int | None, limit: int) -> list[Act]:
        only = "" if person_id is None else "AND person_id = ?"
        sql = f"SELECT {_ACT} FROM act WHERE workspace_id = ? {only} ORDER BY id DESC LIMIT ?"
        extra = () if person_id is None else (person_id,)
        return [_act(r) for r in self._all(sql, (self.workspace_id, *extra, limit))]

    def acts_of_event(self, event_id: int) -> list[Act]:
        sql = f"SELECT {_ACT} FROM act WHERE workspace_id = ? AND event_id = ? ORDER BY id"
        return [_act(r) for r in self._all(sql, (self.workspace_id, event_id))]

    def act(self, act_id: int) -> Act | None:
        row = self._one(
            f"SELECT {_ACT} FROM act WHERE workspace_id = ? AND id = ?", (self.workspace_id, act_id)
        )
        return _act(row) if row else None

    def freezes(self, *, active_only: bool) -> list[FreezeRow]:
        only = "AND lifted_at IS NULL" if active_only else ""
        sql = f'SELECT {_FREEZE} FROM "freeze" WHERE workspace_id = ? {only} ORDER BY id'
        return [_freeze(r) for r in self._all(sql, (self.workspace_id,))]

    def policy(self, policy_hash: str) -> PolicyVersion | None:
        sql = f"SELECT {_POLICY} FROM policy_version WHERE workspace_id = ? AND hash = ?"
        row = self._one(sql, (self.workspace_id, policy_hash))
        return _policy(row) if row else None

    def policies(self) -> list[PolicyVersion]:
        sql = f"SELECT {_POLICY} FROM policy_version WHERE workspace_id = ? ORDER BY at, hash"
        return [_policy(r) for r in self._all(sql, (self.workspace_id,))]

    def activations(self, account_id: int) -> list[tuple[str, str, int]]:
        rows = self._all(
            "SELECT hash, actor, at FROM policy_activation WHERE workspace_id = ? AND account_id = ? ORDER BY id DESC",
            (self.workspace_id, account_id),
        )
        return [(r[0], r[1], r[2]) for r in rows]

    def volumes(self, account_id: int, since: int) -> list[VolumeRow]:
        rows = self._all(
            "SELECT slot, comments, replied, hidden, reviewed, rest FROM volume"
            " WHERE workspace_id = ? AND account_id = ? AND slot >= ? ORDER BY slot",
            (self.workspace_id, account_id, since),
        )
        return [
            VolumeRow(slot=r[0], comments=r[1], replied=r[2], hidden=r[3], reviewed=r[4], rest=r[5])
            for r in rows
        ]

    def volume_sums(self, account_id: int, *, since: int, recent: int) -> tuple[int, int, int | None]:
        row = self._one(
            "SELECT coalesce(sum(CASE WHEN slot > ? THEN comments ELSE 0 END), 0),"
            " coalesce(sum(CASE WHEN slot <= ? THEN comments ELSE 0 END), 0),"
            " min(CASE WHEN slot <= ? THEN slot END)"
            " FROM volume WHERE workspace_id = ? AND account_id = ? AND slot >= ?",
            (recent, recent, recent, self.workspace_id, account_id, since),
        )
        assert row is not None
        return int(row[0]), int(row[1]), None if row[2] is None else int(row[2])

    def audit_head(self) -> tuple[int, bytes]:
        row = self._one(
            "SELECT size, frontier FROM audit_head WHERE workspace_id = ? AND account_id = 0",
            (self.workspace_id,),
        )
        return (row[0], bytes(row[1])) if row else (0, b"")

    def audit_entries(self, start: int, stop: int) -> list[AuditRow]:
        sql = f"SELECT {_AUDIT} FROM audit_entry WHERE workspace_id = ? AND seq >= ? AND seq < ? ORDER BY seq"
        return [_audit(r) for r in self._all(sql, (self.workspace_id, start, stop))]

    def audit_after(self, seq: int, limit: int) -> list[AuditRow]:
        sql = f"SELECT {_AUDIT} FROM audit_entry WHERE workspace_id = ? AND seq > ? ORDER BY seq LIMIT ?"
        return [_audit(r) for r in self._all(sql, (self.workspace_id, seq, limit))]

    def audit_of_event(self, event_id: int) -> list[AuditRow]:
        sql = f"SELECT {_AUDIT} FROM audit_entry WHERE workspace_id = ? AND event_id = ? ORDER BY seq"
        return [_audit(r) for r in self._all(sql, (self.workspace_id, event_id))]

    def audit_newest(self, *, before: int, limit: int, kind: str | None = None) -> list[AuditRow]:
        only = "" if kind is None else "AND kind = ?"
        sql = f"SELECT {_AUDIT} FROM audit_entry WHERE workspace_id = ? AND seq < ? {only} ORDER BY seq DESC LIMIT ?"
        extra = () if kind is None else (kind,)
        return [_audit(r) for r in self._all(sql, (self.workspace_id, before, *extra, limit))]

    def audit_hashes(self, start: int, stop: int) -> list[bytes]:
        rows = self._all(
            "SELECT hash FROM audit_entry WHERE workspace_id = ? AND seq >= ? AND seq < ? ORDER BY seq",
            (self.workspace_id, start, stop),
        )
        return [bytes(r[0]) for r in rows]

    def audit_node(self, level: int, position: int) -> bytes:
        row = self._one(
            "SELECT hash FROM audit_node WHERE workspace_id = ? AND account_id = 0 AND level = ? AND position = ?",
            (self.workspace_id, level, position),
        )
        if row is None:
            raise LookupError(f"audit node {level}/{position}")
        return bytes(row[0])

    def audit_nodes(self) -> Iterator[tuple[int, int, bytes]]:
        rows = self._stream(
            "SELECT level, position, hash FROM audit_node WHERE workspace_id = ? AND account_id = 0"
            " ORDER BY (position + 1) << CAST(level AS INTEGER), level",
            (self.workspace_id,),
        )
        for r in rows:
            yield r[0], r[1], bytes(r[2])

    def checkpoints(self) -> list[Checkpoint]:
        rows = self._all(
            "SELECT c.size, coalesce(e.at, 0), c.note FROM checkpoint c LEFT JOIN audit_entry e"
            " ON e.workspace_id = c.workspace_id AND e.seq = c.size - 1"
            " WHERE c.workspace_id = ? AND c.account_id = 0 ORDER BY c.size",
            (self.workspace_id,),
        )
        return [Checkpoint(size=r[0], at=r[1], note=r[2]) for r in rows]

    def vault_rows(self, seqs: Sequence[int]) -> dict[int, VaultRow]:
        where, param = self._among("seq", seqs)
        sql = f"SELECT seq, account_id, contact_id, cipher FROM vault WHERE workspace_id = ? AND {where}"
        return {
            r[0]: VaultRow(seq=r[0], account_id=r[1], contact_id=r[2], cipher=bytes(r[3]))
            for r in self._all(sql, (self.workspace_id, param))
        }

    def suppressed(self, account_id: int, digests: Sequence[bytes]) -> set[bytes]:
        if not digests:
            return set()
        sql = (
            "SELECT digest FROM suppression WHERE workspace_id = ? AND account_id IN (0, ?)"
            f" AND digest IN ({marks(len(digests))})"
        )
        return {bytes(r[0]) for r in self._all(sql, (self.workspace_id, account_id, *digests))}

    # -- changes ---------------------------------------------------------------------------------------------

    @abstractmethod
    def lock_contacts(self, contact_ids: Sequence[int]) -> None: ...

    @abstractmethod
    def lock_audit(self) -> None: ...

    @abstractmethod
    def claim_deliveries(self, ids: Sequence[int]) -> set[int]: ...

    @abstractmethod
    def claim_lane(self, owner: str, now: int, until: int, due: int) -> tuple[int, int] | None: ...

    def ensure_workspace(self, at: int) -> None:
        self._run(
            "INSERT INTO workspace (id, name, created_at) VALUES (?, 'Goodstanding', ?) ON CONFLICT (id) DO NOTHING",
            (self.workspace_id, at),
        )

    def put_setting(self, name: str, value: str, at: int, *, account_id: int = 0) -> None:
        self._run(
            "INSERT INTO setting (workspace_id, account_id, name, value, at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (workspace_id, account_id, name) DO UPDATE SET value = excluded.value, at = excluded.at",
            (self.workspace_id, account_id, name, value, at),
        )

    def put_stored_value(self, namespace: str, name: str, value: bytes, expires_at: int | None) -> None:
        self._run(
            "INSERT INTO stored_value (workspace_id, account_id, namespace, name, value, expires_at)"
            " VALUES (?, 0, ?, ?, ?, ?) ON CONFLICT (workspace_id, account_id, namespace, name)"
            " DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
            (self.workspace_id, namespace, name, value, expires_at),
        )

    def drop_stored_value(self, namespace: str, name: str | None) -> None:
        only, extra = ("", ()) if name is None else (" AND name = ?", (name,))
        self._run(
            f"DELETE FROM stored_value WHERE workspace_id = ? AND account_id = 0 AND namespace = ?{only}",
            (self.workspace_id, namespace, *extra),
        )

    def drop_expired_values(self, now: int) -> int:
        return self._run(
            "DELETE FROM stored_value WHERE workspace_id = ? AND expires_at IS NOT NULL AND expires_at <= ?",
            (self.workspace_id, now),
        )

    def add_account(self, account: Account, at: int) -> None:
        a = account
        self._insert(
            "account",
            f"{_ACCOUNT}, created_at",
            [
                (
                    a.id, a.connector, a.external_id, a.identifier, a.handle, a.name, a.mode, a.zone, a.language, int(a.killed),
                    int(a.can_reply), int(a.can_hide), int(a.can_message), a.bucket_milli, a.bucket_at,
                    int(a.spike_paused), a.policy_hash, at,
                )
            ],
        )  # fmt: skip

    def change_account(self, account_id: int, changes: Mapping[str, object]) -> None:
        self._change("account", changes, "account_id = ?", (account_id,))

    def credentials(self, account_id: int) -> bytes | None:
        row = self._one(
            "SELECT credentials FROM account WHERE workspace_id = ? AND account_id = ?",
            (self.workspace_id, account_id),
        )
        return bytes(row[0]) if row and row[0] is not None else None

    def add_person(self, person: Person) -> None:
        p = person
        row = (p.id, p.name, p.email, p.password_hash, p.role, p.language, p.created_at)
        self._insert("person", f"account_id, {_PERSON}", [(0, *row)])

    def change_person(self, person_id: int, changes: Mapping[str, object]) -> None:
        self._change("person", changes, "id = ?", (person_id,))

    def add_videos(self, videos: Sequence[Video], at: int) -> None:
        rows = [(v.account_id, v.id, v.title, v.video_class, v.campaign, at) for v in videos]
        self._insert(
            "video", "account_id, id, title, class, campaign, created_at", rows,
            "ON CONFLICT (workspace_id, account_id, id) DO NOTHING",
        )  # fmt: skip

    def add_deliveries(self, rows: Sequence[Delivery]) -> int:
        values = [(d.account_id, d.id, d.connector, d.digest, d.received_at, "new", d.body) for d in rows]
        return self._insert(
            "delivery", "account_id, id, connector, digest, received_at, state, body", values,
            "ON CONFLICT (workspace_id, account_id, connector, digest) DO NOTHING",
        )  # fmt: skip

    def settle_deliveries(self, rows: Sequence[tuple[int, DeliveryState, str | None]]) -> None:
        w = self.workspace_id
        read = [(w, i) for i, state, _ in rows if state == "read"]
        rest = [(state, problem, w, i) for i, state, problem in rows if state != "read"]
        if read:
            self._many(
                "UPDATE delivery SET state = 'read', body = NULL WHERE workspace_id = ? AND id = ?", read
            )
        if rest:
            self._many("UPDATE delivery SET state = ?, problem = ? WHERE workspace_id = ? AND id = ?", rest)

    def add_contacts(self, rows: Sequence[Contact], at: int) -> None:
        values = [
            (
                c.id, c.account_id, c.external_id, c.handle, int(c.suppressed), int(c.holdout), c.wrote_at, c.labels,
                c.answer, c.marketing, at,
            )
            for c in rows
        ]  # fmt: skip
        self._insert("contact", f"{_CONTACT}, created_at", values)

    def change_contact(self, contact_id: int, changes: Mapping[str, object]) -> None:
        self._change("contact", changes, "id = ?", (contact_id,))

    def add_events(self, rows: Sequence[Event]) -> None:
        values = [
            (
                e.id, e.account_id, e.connector, e.external_id, e.action, e.kind, e.contact_id, e.video_id, e.parent_id, e.text,
                e.language, e.source, e.at, e.received_at, int(e.own), e.state, int(e.answered),
            )
            for e in rows
        ]  # fmt: skip
        self._insert("event", _EVENT, values)

    def set_event_state(self, account_id: int, changes: Sequence[tuple[str, str]]) -> None:
        w = self.workspace_id
        self._many(
            "UPDATE event SET state = ? WHERE workspace_id = ? AND account_id = ? AND external_id = ?"
            " AND action = 'insert' AND state NOT IN ('erased','deleted')",
            [(state, w, account_id, external_id) for external_id, state in changes],
        )

    def mark_answered(self, account_id: int, external_ids: Sequence[str]) -> None:
        w = self.workspace_id
        self._many(
            "UPDATE event SET answered = 1 WHERE workspace_id = ? AND account_id = ? AND external_id = ?"
            " AND action = 'insert'",
            [(w, account_id, external_id) for external_id in external_ids],
        )

    def add_decisions(self, rows: Sequence[DecisionRow]) -> None:
        values = [
            (d.account_id, d.event_id, d.seq, d.policy_hash, d.outcome, d.rule, d.code, d.at) for d in rows
        ]
        self._insert("decision", _DECISION, values)

    def add_outgoing(self, rows: Sequence[Outgoing]) -> None:
        values = [
            (
                o.id, o.account_id, o.event_id, o.act, o.ordinal, o.contact_id, o.video_id, o.target_id, o.rule, o.template,
                o.variant, o.language, o.text, o.state, o.code, o.not_before, o.attempt_at, o.settled_at, o.fence,
                o.provider_ref, o.approved_by, o.approved_hash, o.approved_until, o.created_at,
            )
            for o in rows
        ]  # fmt: skip
        self._insert("outgoing", _OUTGOING, values)

    def change_outgoing(self, outgoing_id: int, changes: Mapping[str, object]) -> None:
        self._change("outgoing", changes, "id = ?", (outgoing_id,))

    def reserve_outgoing(self, ids: Sequence[int], fence: int, at: int) -> None:
        w = self.workspace_id
        self._many(
            "UPDATE outgoing SET state = 'sending', attempt_at = ?, fence = ?, code = '' WHERE workspace_id = ? AND id = ?",
            [(at, fence, w, one) for one in ids],
        )

    def sending(self, claims: Sequence[tuple[int, int]]) -> set[int]:
        where, param = self._among("id", [one for one, _ in claims])
        sql = f"SELECT id, fence FROM outgoing WHERE workspace_id = ? AND state = 'sending' AND {where}{self._for_update}"
        mine = set(claims)
        return {r[0] for r in self._all(sql, (self.workspace_id, param)) if (r[0], r[1]) in mine}

    def settle_many(self, rows: Sequence[tuple[int, Mapping[str, object]]]) -> None:
        if not rows:
            return
        names = ", ".join(f"{name} = ?" for name in rows[0][1])
        values = [(*changes.values(), self.workspace_id, one) for one, changes in rows]
        self._many(f"UPDATE outgoing SET {names} WHERE workspace_id = ? AND id = ?", values)

    def settle_outgoing(self, outgoing_id: int, fence: int, changes: Mapping[str, object]) -> bool:
        return (
            self._change(
                "outgoing", changes, "id = ? AND fence = ? AND state = 'sending'", (outgoing_id, fence)
            )
            == 1
        )

    def ensure_lanes(self, account_ids: Sequence[int]) -> None:
        self._insert(
            "lane",
            "account_id",
            [(a,) for a in account_ids],
            "ON CONFLICT (workspace_id, account_id) DO NOTHING",
        )

    def hold_lane(self, account_id: int, fence: int, until: int) -> bool:
        return (
            self._change("lane", {"lease_until": until}, "account_id = ? AND fence = ?", (account_id, fence))
            == 1
        )

    def free_lane(self, account_id: int, fence: int) -> None:
        self._change("lane", {"lease_until": 0}, "account_id = ? AND fence = ?", (account_id, fence))

    def add_cases(self, rows: Sequence[Case]) -> None:
        values = [
            (
                c.id, c.account_id, c.event_id, c.outgoing_id, c.queue, c.code, c.state, c.resolution, c.created_at, c.due_at,
                c.claimed_by, c.claim_until, c.version, c.resolved_by, c.resolved_at,
            )
            for c in rows
        ]  # fmt: skip
        self._insert("review_case", _CASE, values)

    def change_case(self, case_id: int, version: int, changes: Mapping[str, object]) -> bool:
        return (
            self._change(
                "review_case",
                {**changes, "version": version + 1},
                "id = ? AND version = ?",
                (case_id, version),
            )
            == 1
        )

    def add_act(self, row: Act) -> None:
        a = row
        self._insert(
            "act", _ACT,
            [(a.id, a.account_id, a.person_id, a.kind, a.event_id, a.case_id, a.outgoing_id, a.data, a.at, a.undone_at)],
        )  # fmt: skip

    def undo_act(self, act_id: int, at: int) -> bool:
        return self._change("act", {"undone_at": at}, "id = ? AND undone_at IS NULL", (act_id,)) == 1

    def add_freeze(self, row: FreezeRow) -> None:
        f = row
        self._insert(
            '"freeze"',
            _FREEZE,
            [(f.id, f.account_id, f.scope, f.reason, f.actor, f.at, f.lifted_by, f.lifted_at)],
        )

    def lift_freeze(self, freeze_id: int, actor: str, at: int) -> bool:
        return (
            self._change(
                '"freeze"',
                {"lifted_by": actor, "lifted_at": at},
                "id = ? AND lifted_at IS NULL",
                (freeze_id,),
            )
            == 1
        )

    def add_policy(self, row: PolicyVersion) -> bool:
        p = row
        columns = f"account_id, {_POLICY}"
        values = [(0, p.hash, p.parent, p.body, p.title, p.actor, p.at)]
        return (
            self._insert("policy_version", columns, values, "ON CONFLICT (workspace_id, hash) DO NOTHING")
            == 1
        )

    def add_activation(self, account_id: int, policy_hash: str, actor: str, at: int) -> None:
        row = (account_id, self.ids("policy_activation"), policy_hash, actor, at)
        self._insert("policy_activation", "account_id, id, hash, actor, at", [row])

    def add_volume(self, account_id: int, slot: int, counts: tuple[int, int, int, int, int]) -> None:
        names = ("comments", "replied", "hidden", "reviewed", "rest")
        grow = ", ".join(f"{n} = volume.{n} + excluded.{n}" for n in names)
        self._insert(
            "volume", "account_id, slot, comments, replied, hidden, reviewed, rest", [(account_id, slot, *counts)],
            f"ON CONFLICT (workspace_id, account_id, slot) DO UPDATE SET {grow}",
        )  # fmt: skip

    def add_suppression(self, account_id: int, digest: bytes, reason: str, at: int) -> None:
        self._insert(
            "suppression", "account_id, digest, reason, at", [(account_id, digest, reason, at)],
            "ON CONFLICT (workspace_id, account_id, digest) DO NOTHING",
        )  # fmt: skip

    def add_audit(
        self, rows: Sequence[AuditRow], nodes: Sequence[tuple[int, int, bytes]], size: int, frontier: bytes
    ) -> None:
        values = [(a.seq, a.account_id, a.kind, a.at, a.event_id, a.body, a.hash) for a in rows]
        self._insert("audit_entry", _AUDIT, values)
        if nodes:
            self._insert("audit_node", "account_id, level, position, hash", [(0, *node) for node in nodes])
        self._run(
            "INSERT INTO audit_head (workspace_id, account_id, size, frontier) VALUES (?, 0, ?, ?)"
            " ON CONFLICT (workspace_id) DO UPDATE SET size = excluded.size, frontier = excluded.frontier",
            (self.workspace_id, size, frontier),
        )

    def add_checkpoint(self, row: Checkpoint) -> None:
        self._insert(
            "checkpoint", "account_id, size, note", [(0, row.size, row.note)],
            "ON CONFLICT (workspace_id, size) DO NOTHING",
        )  # fmt: skip

    def add_vault(self, rows: Sequence[VaultRow]) -> None:
        self._insert(
            "vault",
            "seq, account_id, contact_id, cipher",
            [(v.seq, v.account_id, v.contact_id, v.cipher) for v in rows],
        )

    def erase_contact(self, contact_id: int, at: int) -> dict[str, int]:
        w = self.workspace_id
        return {
            "vault": self._run(
                "DELETE FROM vault WHERE workspace_id = ? AND contact_id = ?", (w, contact_id)
            ),
            "event": self._run(
                "UPDATE event SET text = NULL, state = 'erased' WHERE workspace_id = ? AND contact_id = ?",
                (w, contact_id),
            ),
            "outgoing": self._run(
                "UPDATE outgoing SET text = '' WHERE workspace_id = ? AND contact_id = ?", (w, contact_id)
            ),
            "contact": self._change(
                "contact",
                {"handle": "", "external_id": f"erased:{contact_id}", "erased_at": at},
                "id = ?",
                (contact_id,),
            ),
        }
