"""The statements of drafts."""

from collections.abc import Sequence
from typing import cast

from goodstanding.adapters.storage.statements.base import Base, Row
from goodstanding.adapters.storage.statements.outbox import _OUTGOING, _outgoing
from goodstanding.usecases.ports import Outgoing
from goodstanding.usecases.ports.drafts import DraftRow, DraftState

_DRAFT = (
    "account_id, event_id, outgoing_id, contact_id, at, state, codes, model, host, digest, language, body"
)
_KEY = "(workspace_id, account_id, event_id, outgoing_id)"


def _draft(r: Row) -> DraftRow:
    return DraftRow(
        account_id=r[0], event_id=r[1], outgoing_id=r[2], contact_id=r[3], at=r[4], state=cast("DraftState", r[5]),
        codes=r[6], model=r[7], host=r[8], digest=r[9], language=r[10], body=None if r[11] is None else bytes(r[11]),
    )  # fmt: skip


def _values(d: DraftRow) -> tuple[object, ...]:
    return (
        d.account_id, d.event_id, d.outgoing_id, d.contact_id, d.at, d.state, d.codes, d.model, d.host, d.digest, d.language,
        d.body,
    )  # fmt: skip


class DraftStatements(Base):
    """What drafts read and write."""

    def draft(self, account_id: int, event_id: int, outgoing_id: int = 0) -> DraftRow | None:
        sql = f"SELECT {_DRAFT} FROM draft WHERE workspace_id = ? AND account_id = ? AND event_id = ? AND outgoing_id = ?"
        row = self._one(sql, (self.workspace_id, account_id, event_id, outgoing_id))
        return _draft(row) if row else None

    def acts_to_draft(
        self, account_id: int, templates: Sequence[str], *, after: int, limit: int
    ) -> list[Outgoing]:
        where, param = self._among("template", templates)
        sql = (
            f"SELECT {_OUTGOING} FROM outgoing WHERE workspace_id = ? AND account_id = ? AND state = 'planned'"
            f" AND not_before > ? AND state IN ('planned','sending','unknown') AND {where} AND approved_by IS NULL"
            " AND act IN ('reply','message') AND NOT EXISTS (SELECT 1 FROM draft WHERE draft.workspace_id ="
            " outgoing.workspace_id AND draft.account_id = outgoing.account_id AND draft.event_id = outgoing.event_id"
            " AND draft.outgoing_id = outgoing.id) ORDER BY not_before, id LIMIT ?"
        )
        return [_outgoing(r) for r in self._all(sql, (self.workspace_id, account_id, after, param, limit))]

    def claim_draft(self, row: DraftRow) -> bool:
        return self._insert("draft", _DRAFT, [_values(row)], f"ON CONFLICT {_KEY} DO NOTHING") == 1

    def put_draft(self, row: DraftRow) -> None:
        changed = ", ".join(f"{name} = excluded.{name}" for name in _DRAFT.split(", ")[3:])
        self._insert("draft", _DRAFT, [_values(row)], f"ON CONFLICT {_KEY} DO UPDATE SET {changed}")

    def erase_drafts(self, contact_id: int) -> int:
        sql = "DELETE FROM draft WHERE workspace_id = ? AND contact_id = ?"
        return self._run(sql, (self.workspace_id, contact_id))

    def drop_drafts(self, before: int) -> int:
        return self._run("DELETE FROM draft WHERE workspace_id = ? AND at < ?", (self.workspace_id, before))
