"""Statements of review: what waits for a person, and what people did."""

from collections.abc import Mapping, Sequence

from goodstanding.adapters.storage.statements.base import Base, Row
from goodstanding.usecases.ports import Act, Case

_CASE = (
    "id, account_id, event_id, outgoing_id, queue, code, state, resolution, created_at, due_at, claimed_by, claim_until,"
    " version, resolved_by, resolved_at"
)
_ACT = "id, account_id, person_id, kind, event_id, case_id, outgoing_id, data, at, undone_at"


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


class ReviewStatements(Base):
    """Statements of review: what waits for a person, and what people did."""

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
