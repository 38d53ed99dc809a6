"""The statements of publishing."""

from collections.abc import Sequence

from goodstanding.adapters.storage.statements.base import Base, Row
from goodstanding.usecases.ports.publishing import Publication

_COLUMNS = "account_id, publish_id, status, reason, post_id, first_at, told_at, next_at, asks, trouble"
_OWNER = "workspace_id = ? AND account_id = ?"


def _publication(r: Row) -> Publication:
    return Publication(
        account_id=r[0], publish_id=r[1], status=r[2], reason=r[3], post_id=r[4], first_at=r[5], told_at=r[6], next_at=r[7],
        asks=r[8], trouble=r[9],
    )  # fmt: skip


class PublishingStatements(Base):
    """Posts on their way."""

    def publications(self, account_id: int, *, limit: int) -> list[Publication]:
        sql = f"SELECT {_COLUMNS} FROM publication WHERE {_OWNER} ORDER BY first_at DESC, publish_id LIMIT ?"
        return [_publication(r) for r in self._all(sql, (self.workspace_id, account_id, limit))]

    def publication(self, account_id: int, publish_id: str) -> Publication | None:
        sql = f"SELECT {_COLUMNS} FROM publication WHERE {_OWNER} AND publish_id = ?{self._for_update}"
        row = self._one(sql, (self.workspace_id, account_id, publish_id))
        return None if row is None else _publication(row)

    def publications_of(self, account_id: int, post_ids: Sequence[str]) -> dict[str, Publication]:
        where, among = self._among("post_id", post_ids)
        sql = f"SELECT {_COLUMNS} FROM publication WHERE {_OWNER} AND {where} ORDER BY first_at"
        rows = self._all(sql, (self.workspace_id, account_id, among)) if post_ids else []
        return {one.post_id: one for one in map(_publication, rows)}

    def publications_due(self, now: int, limit: int) -> list[Publication]:
        sql = f"SELECT {_COLUMNS} FROM publication WHERE workspace_id = ? AND next_at <= ? ORDER BY next_at LIMIT ?"
        return [_publication(r) for r in self._all(sql, (self.workspace_id, now, limit))]

    def put_publication(self, row: Publication) -> None:
        names = _COLUMNS.split(", ")[2:]
        tail = "ON CONFLICT (workspace_id, account_id, publish_id) DO UPDATE SET " + ", ".join(
            f"{name} = excluded.{name}" for name in names
        )
        values = (
            row.account_id, row.publish_id, row.status, row.reason, row.post_id, row.first_at, row.told_at, row.next_at,
            row.asks, row.trouble,
        )  # fmt: skip
        self._insert("publication", _COLUMNS, [values], tail)
