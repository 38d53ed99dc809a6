"""The statements of corrections and of models in use."""

from collections.abc import Sequence

from goodstanding.adapters.storage.statements.base import Base, Row
from goodstanding.usecases.ports.models import Correction, ModelUse

_CORRECTION = (
    "id, account_id, event_id, contact_id, head, said, was, was_milli, model, language, source, act_id,"
    ' "by", at, undone_at, undone_by'
)
_USE = 'id, digest, before, "by", at, figures'


def _correction(r: Row) -> Correction:
    return Correction(
        id=r[0], account_id=r[1], event_id=r[2], contact_id=r[3], head=r[4], said=r[5], was=r[6], was_milli=r[7], model=r[8],
        language=r[9], source=r[10], act_id=r[11], by=r[12], at=r[13], undone_at=r[14], undone_by=r[15],
    )  # fmt: skip


def _use(r: Row) -> ModelUse:
    return ModelUse(id=r[0], digest=r[1], before=r[2], by=r[3], at=r[4], figures=r[5])


class ModelStatements(Base):
    """What people corrected, and which model is in use."""

    def corrections(self, *, before: int, limit: int) -> list[Correction]:
        sql = (
            f"SELECT {_CORRECTION} FROM correction WHERE workspace_id = ? AND id < ? ORDER BY id DESC LIMIT ?"
        )
        return [_correction(r) for r in self._all(sql, (self.workspace_id, before, limit))]

    def corrections_held(self, *, after: int, limit: int) -> list[Correction]:
        sql = (
            f"SELECT {_CORRECTION} FROM correction WHERE workspace_id = ? AND id > ? AND undone_at IS NULL"
            " ORDER BY id LIMIT ?"
        )
        return [_correction(r) for r in self._all(sql, (self.workspace_id, after, limit))]

    def corrections_of_event(self, event_id: int) -> list[Correction]:
        sql = f"SELECT {_CORRECTION} FROM correction WHERE workspace_id = ? AND event_id = ? ORDER BY id"
        return [_correction(r) for r in self._all(sql, (self.workspace_id, event_id))]

    def correction(self, correction_id: int) -> Correction | None:
        sql = f"SELECT {_CORRECTION} FROM correction WHERE workspace_id = ? AND id = ?"
        row = self._one(sql, (self.workspace_id, correction_id))
        return None if row is None else _correction(row)

    def correction_count(self) -> int:
        sql = "SELECT count(*) FROM correction WHERE workspace_id = ? AND undone_at IS NULL"
        row = self._one(sql, (self.workspace_id,))
        return int(row[0]) if row else 0

    def newest_decisions(self, limit: int) -> list[tuple[int, str]]:
        sql = "SELECT event_id, outcome FROM decision WHERE workspace_id = ? ORDER BY event_id DESC LIMIT ?"
        return [(r[0], r[1]) for r in self._all(sql, (self.workspace_id, limit))]

    def model_in_use(self) -> ModelUse | None:
        sql = f"SELECT {_USE} FROM model_use WHERE workspace_id = ? ORDER BY id DESC LIMIT 1"
        row = self._one(sql, (self.workspace_id,))
        return None if row is None else _use(row)

    def model_uses(self, limit: int) -> list[ModelUse]:
        sql = f"SELECT {_USE} FROM model_use WHERE workspace_id = ? ORDER BY id DESC LIMIT ?"
        return [_use(r) for r in self._all(sql, (self.workspace_id, limit))]

    def add_corrections(self, rows: Sequence[Correction]) -> None:
        values = [
            (
                c.id, c.account_id, c.event_id, c.contact_id, c.head, c.said, c.was, c.was_milli, c.model, c.language,
                c.source, c.act_id, c.by, c.at, c.undone_at, c.undone_by,
            )
            for c in rows
        ]  # fmt: skip
        self._insert("correction", _CORRECTION, values)

    def undo_corrections(self, ids: Sequence[int], at: int, by: str) -> int:
        where, among = self._among("id", ids)
        changes = {"undone_at": at, "undone_by": by}
        return self._change("correction", changes, f"undone_at IS NULL AND {where}", (among,))

    def erase_corrections(self, contact_id: int) -> int:
        sql = "DELETE FROM correction WHERE workspace_id = ? AND contact_id = ?"
        return self._run(sql, (self.workspace_id, contact_id))

    def add_model_use(self, row: ModelUse) -> None:
        values = (0, row.id, row.digest, row.before, row.by, row.at, row.figures)
        self._insert("model_use", f"account_id, {_USE}", [values])
