"""The statements of tasks and paired phones."""

from collections.abc import Sequence
from typing import cast

from goodstanding.adapters.storage.statements.base import Base, Row
from goodstanding.usecases.ports.tasks import Answer, PairedPhone, Task

_TASK = "outgoing_id, account_id, created_at, until, opened_by, opened_at, answered_by, answered_at, answer"
_PHONE = "id, person_id, label, session, created_at, revoked_at"


def _task(r: Row) -> Task:
    return Task(
        outgoing_id=r[0], account_id=r[1], created_at=r[2], until=r[3], opened_by=r[4], opened_at=r[5], answered_by=r[6],
        answered_at=r[7], answer=cast("Answer", r[8]),
    )  # fmt: skip


class TaskStatements(Base):
    """What tasks read and write."""

    def task(self, outgoing_id: int) -> Task | None:
        sql = f"SELECT {_TASK} FROM task WHERE workspace_id = ? AND outgoing_id = ?"
        row = self._one(sql, (self.workspace_id, outgoing_id))
        return _task(row) if row else None

    def open_tasks(self, account_id: int, limit: int) -> list[Task]:
        sql = (
            f"SELECT {_TASK} FROM task WHERE workspace_id = ? AND account_id = ? AND answered_at IS NULL"
            " ORDER BY until, outgoing_id LIMIT ?"
        )
        return [_task(r) for r in self._all(sql, (self.workspace_id, account_id, limit))]

    def open_task_count(self, account_id: int, most: int) -> int:
        row = self._one(
            "SELECT count(*) FROM (SELECT 1 FROM task WHERE workspace_id = ? AND account_id = ? AND answered_at IS NULL"
            " LIMIT ?) t",
            (self.workspace_id, account_id, most),
        )
        return int(row[0]) if row else 0

    def answered_tasks(self, account_id: int, since: int, limit: int) -> list[Task]:
        sql = (
            f"SELECT {_TASK} FROM task WHERE workspace_id = ? AND account_id = ? AND answered_at > ?"
            " ORDER BY answered_at DESC, outgoing_id DESC LIMIT ?"
        )
        return [_task(r) for r in self._all(sql, (self.workspace_id, account_id, since, limit))]

    def paired_phones(self) -> list[PairedPhone]:
        sql = f"SELECT {_PHONE} FROM paired_phone WHERE workspace_id = ? ORDER BY id"
        return [
            PairedPhone(id=r[0], person_id=r[1], label=r[2], session=r[3], created_at=r[4], revoked_at=r[5])
            for r in self._all(sql, (self.workspace_id,))
        ]

    def alike(
        self, account_id: int, video_id: str, texts: Sequence[str], *, last: int
    ) -> list[tuple[str, str]]:
        w = self.workspace_id
        newest = self._one("SELECT max(id) FROM event WHERE workspace_id = ?", (w,))
        if newest is None or newest[0] is None or not texts:
            return []
        where, param = self._among("e.text", texts)
        sql = (
            "SELECT c.handle, e.text FROM event e JOIN contact c ON c.workspace_id = e.workspace_id AND c.id = e.contact_id"
            " WHERE e.workspace_id = ? AND e.id > ? AND e.account_id = ? AND e.video_id = ? AND e.action = 'insert'"
            f" AND {where}"
        )
        return [(r[0], r[1]) for r in self._all(sql, (w, newest[0] - last, account_id, video_id, param))]

    def offer_tasks(self, rows: Sequence[Task]) -> None:
        w = self.workspace_id
        self._many(
            "UPDATE outgoing SET state = 'task', attempt_at = ?, code = '' WHERE workspace_id = ? AND id = ?",
            [(t.created_at, w, t.outgoing_id) for t in rows],
        )
        self._insert(
            "task",
            "outgoing_id, account_id, created_at, until",
            [(t.outgoing_id, t.account_id, t.created_at, t.until) for t in rows],
            "ON CONFLICT (workspace_id, outgoing_id) DO UPDATE SET created_at = excluded.created_at,"
            " until = excluded.until, opened_by = '', opened_at = NULL, answered_by = '', answered_at = NULL, answer = ''",
        )

    def open_task(self, outgoing_id: int, who: str, at: int) -> None:
        self._change("task", {"opened_by": who, "opened_at": at}, "outgoing_id = ?", (outgoing_id,))

    def answer_task(self, outgoing_id: int, answer: Answer, who: str, at: int) -> None:
        changes = {"answer": answer, "answered_by": who, "answered_at": at}
        self._change("task", changes, "outgoing_id = ? AND answered_at IS NULL", (outgoing_id,))

    def unanswer_task(self, outgoing_id: int) -> None:
        changes = {"answer": "", "answered_by": "", "answered_at": None}
        self._change("task", changes, "outgoing_id = ?", (outgoing_id,))

    def unmark_answered(self, account_id: int, external_ids: Sequence[str]) -> None:
        w = self.workspace_id
        self._many(
            "UPDATE event SET answered = 0 WHERE workspace_id = ? AND account_id = ? AND external_id = ?"
            " AND action = 'insert'",
            [(w, account_id, external_id) for external_id in external_ids],
        )

    def add_paired_phone(self, row: PairedPhone) -> None:
        p = row
        values = [(0, p.id, p.person_id, p.label, p.session, p.created_at, p.revoked_at)]
        self._insert("paired_phone", f"account_id, {_PHONE}", values)

    def revoke_phone(self, phone_id: int, at: int) -> bool:
        return (
            self._change("paired_phone", {"revoked_at": at}, "id = ? AND revoked_at IS NULL", (phone_id,))
            == 1
        )
