"""Statements of the outbox: what is planned and done on the platform, and the lanes that send it."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import cast

from goodstanding.adapters.storage.statements.base import Base, Row
from goodstanding.usecases.ports import Outgoing, OutgoingState, SendAct, Spent

_OUTGOING = (
    "id, account_id, event_id, act, ordinal, contact_id, video_id, target_id, rule, template, variant, language, text,"
    " state, code, not_before, attempt_at, settled_at, fence, provider_ref, approved_by, approved_hash, approved_until,"
    " created_at"
)
_DUE = "state IN ('planned','sending','unknown')"
"""The condition of the index over what is not settled, repeated so that the planner may use it."""
_TRIED = "state IN ('task','sending','sent','unknown')"
_SPENT = "state IN ('planned','task','sending','sent','unknown')"


def _outgoing(r: Row) -> Outgoing:
    return Outgoing(
        id=r[0], account_id=r[1], event_id=r[2], act=cast("SendAct", r[3]), ordinal=r[4], contact_id=r[5], video_id=r[6],
        target_id=r[7], rule=r[8], template=r[9], variant=r[10], language=r[11], text=r[12],
        state=cast("OutgoingState", r[13]), code=r[14], not_before=r[15], attempt_at=r[16], settled_at=r[17], fence=r[18],
        provider_ref=r[19], approved_by=r[20], approved_hash=None if r[21] is None else bytes(r[21]),
        approved_until=r[22], created_at=r[23],
    )  # fmt: skip


class OutboxStatements(Base):
    """Statements of the outbox: what is planned and done on the platform, and the lanes that send it."""

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

    @abstractmethod
    def claim_lane(self, owner: str, now: int, until: int, due: int) -> tuple[int, int] | None: ...

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
