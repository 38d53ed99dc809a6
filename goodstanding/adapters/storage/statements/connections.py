"""The statements of connecting accounts."""

from collections.abc import Mapping

import msgspec

from goodstanding.adapters.storage.statements.base import Base, Row
from goodstanding.usecases.ports.connections import AppRow, Connection

_FIELDS = tuple(name for name in Connection.__struct_fields__ if name != "account_id")
_CONNECTION = ", ".join(("account_id", *_FIELDS))
_APP = "connector, client_id, secret, webhook_secret, permissions, changed_at, before_secret, before_until"


def _connection(r: Row) -> Connection:
    return msgspec.convert(dict(zip(("account_id", *_FIELDS), r, strict=True)), Connection, strict=False)


class ConnectionStatements(Base):
    """What is read and written of connections and of the operator's app."""

    def connections(self) -> list[Connection]:
        sql = f"SELECT {_CONNECTION} FROM connection WHERE workspace_id = ? ORDER BY account_id"
        return [_connection(r) for r in self._all(sql, (self.workspace_id,))]

    def connection(self, account_id: int) -> Connection | None:
        sql = f"SELECT {_CONNECTION} FROM connection WHERE workspace_id = ? AND account_id = ?"
        row = self._one(sql, (self.workspace_id, account_id))
        return _connection(row) if row else None

    def add_connection(self, row: Connection) -> None:
        values = [getattr(row, name) for name in ("account_id", *_FIELDS)]
        self._insert(
            "connection",
            _CONNECTION,
            [[int(v) if isinstance(v, bool) else v for v in values]],
            "ON CONFLICT (workspace_id, account_id) DO NOTHING",
        )

    def change_connection(self, account_id: int, changes: Mapping[str, object]) -> None:
        self._change("connection", changes, "account_id = ?", (account_id,))

    def claim_renewal(self, account_id: int, now: int, until: int) -> bool:
        changed = self._run(
            "UPDATE connection SET lease_until = ? WHERE workspace_id = ? AND account_id = ? AND lease_until <= ?",
            (until, self.workspace_id, account_id, now),
        )
        return changed == 1

    def people_left(self, account_id: int, limit: int) -> list[int]:
        rows = self._all(
            "SELECT id FROM contact WHERE workspace_id = ? AND account_id = ? AND erased_at IS NULL ORDER BY id LIMIT ?",
            (self.workspace_id, account_id, limit),
        )
        return [row[0] for row in rows]

    def platform_app(self, connector: str) -> AppRow | None:
        sql = f"SELECT {_APP} FROM platform_app WHERE workspace_id = ? AND account_id = 0 AND connector = ?"
        row = self._one(sql, (self.workspace_id, connector))
        if row is None:
            return None
        other = None if row[3] is None else bytes(row[3])
        return AppRow(
            connector=row[0],
            client_id=row[1],
            secret=bytes(row[2]),
            webhook_secret=other,
            permissions=row[4],
            changed_at=row[5],
            before_secret=None if row[6] is None else bytes(row[6]),
            before_until=row[7],
        )

    def put_platform_app(self, row: AppRow) -> None:
        self._insert(
            "platform_app",
            f"account_id, {_APP}",
            [
                (
                    0,
                    row.connector,
                    row.client_id,
                    row.secret,
                    row.webhook_secret,
                    row.permissions,
                    row.changed_at,
                    row.before_secret,
                    row.before_until,
                )
            ],
            "ON CONFLICT (workspace_id, account_id, connector) DO UPDATE SET client_id = excluded.client_id,"
            " secret = excluded.secret, webhook_secret = excluded.webhook_secret,"
            " permissions = excluded.permissions, changed_at = excluded.changed_at,"
            " before_secret = excluded.before_secret, before_until = excluded.before_until",
        )
