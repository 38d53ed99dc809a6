"""Statements of intake: deliveries, the comments in them, the decisions about them, and how many there were."""

from abc import abstractmethod
from collections.abc import Sequence

from goodstanding.adapters.storage.statements.base import Base, Row
from goodstanding.usecases.ports import DecisionRow, Delivery, DeliveryState, Event, VolumeRow

_EVENT = (
    "id, account_id, connector, external_id, action, kind, contact_id, video_id, parent_id, text, language, source, at,"
    " received_at, own, state, answered"
)
_DECISION = "account_id, event_id, seq, policy_hash, outcome, rule, code, at"


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


def _delivery(r: Row) -> Delivery:
    return Delivery(
        id=r[0],
        account_id=r[1],
        connector=r[2],
        digest=bytes(r[3]),
        received_at=r[4],
        body=bytes(r[5] or b""),
    )


class IntakeStatements(Base):
    """Statements of intake: deliveries, the comments in them, the decisions about them, and how many there were."""

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

    def events(self, event_ids: Sequence[int]) -> dict[int, Event]:
        where, param = self._among("id", event_ids)
        sql = f"SELECT {_EVENT} FROM event WHERE workspace_id = ? AND {where}"
        return {r[0]: _event(r) for r in self._all(sql, (self.workspace_id, param))}

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

    @abstractmethod
    def claim_deliveries(self, ids: Sequence[int]) -> set[int]: ...

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

    def add_volume(self, account_id: int, slot: int, counts: tuple[int, int, int, int, int]) -> None:
        names = ("comments", "replied", "hidden", "reviewed", "rest")
        grow = ", ".join(f"{n} = volume.{n} + excluded.{n}" for n in names)
        self._insert(
            "volume", "account_id, slot, comments, replied, hidden, reviewed, rest", [(account_id, slot, *counts)],
            f"ON CONFLICT (workspace_id, account_id, slot) DO UPDATE SET {grow}",
        )  # fmt: skip
