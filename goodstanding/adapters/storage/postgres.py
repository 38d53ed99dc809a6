"""Postgres: the same statements, any number of processes, locks where SQLite has one writer."""

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, TypeVar, cast

import psycopg

from goodstanding.adapters.storage.statements import Row, S, Statements
from goodstanding.adapters.storage.writer import Writer
from goodstanding.usecases.ports import Queries, StoreUnavailableError, Transaction

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
_TROUBLE = {
    "40001": "conflict",
    "40P01": "conflict",
    "53100": "full",
    "55P03": "locked",
    "57014": "locked",
    "25006": "read-only",
}
"""What the server's own states mean to us (postgresql.org/docs, appendix A)."""


def trouble(error: BaseException) -> str:
    """Return why the database cannot be used, or an empty string for any other error."""
    if isinstance(error, StoreUnavailableError):
        return str(error.fields.get("why", "lost"))
    if not isinstance(error, psycopg.Error):
        return ""
    known = _TROUBLE.get(error.sqlstate or "")
    return known or ("lost" if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) else "")


@cache
def _translated(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


class PostgresStatements(Statements):
    """The statements over one connection; also the writer's session."""

    _for_update = " FOR UPDATE"

    def __init__(self, connection: "psycopg.Connection[Row]", workspace_id: int) -> None:
        super().__init__(workspace_id)
        self._connection = connection

    def _all(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        return self._connection.execute(_translated(sql).encode(), params).fetchall()

    def _run(self, sql: str, params: Sequence[object] = ()) -> int:
        return self._connection.execute(_translated(sql).encode(), params).rowcount

    def _many(self, sql: str, rows: Sequence[Sequence[object]]) -> int:
        if not rows:
            return 0
        with self._connection.cursor() as cursor:
            cursor.executemany(_translated(sql).encode(), rows)
            return cursor.rowcount

    def _stream(self, sql: str, params: Sequence[object]) -> Iterator[Row]:
        with self._connection.cursor() as cursor:
            cursor.execute(_translated(sql).encode(), params)
            yield from cursor

    def _among(self, column: str, values: Sequence[S]) -> tuple[str, object]:
        return f"{column} = ANY(?)", list(values)

    def ids(self, name: str, count: int = 1) -> int:
        row = self._one(
            "INSERT INTO sequence (workspace_id, account_id, name, next) VALUES (?, 0, ?, 1 + ?)"
            " ON CONFLICT (workspace_id, account_id, name) DO UPDATE SET next = sequence.next + ? RETURNING next",
            (self.workspace_id, name, count, count),
        )
        assert row is not None
        return int(row[0]) - count

    def lock_contacts(self, contact_ids: Sequence[int]) -> None:
        self._all(
            "SELECT id FROM contact WHERE workspace_id = ? AND id = ANY(?) ORDER BY id FOR UPDATE",
            (self.workspace_id, sorted(set(contact_ids))),
        )

    def lock_audit(self) -> None:
        self._all("SELECT id FROM workspace WHERE id = ? FOR UPDATE", (self.workspace_id,))

    def claim_deliveries(self, ids: Sequence[int]) -> set[int]:
        rows = self._all(
            "SELECT id FROM delivery WHERE workspace_id = ? AND state = 'new' AND id = ANY(?) FOR UPDATE SKIP LOCKED",
            (self.workspace_id, list(ids)),
        )
        return {r[0] for r in rows}

    def claim_lane(self, owner: str, now: int, until: int, due: int) -> tuple[int, int] | None:
        row = self._one(
            "UPDATE lane SET owner = ?, lease_until = ?, fence = fence + 1"
            " WHERE workspace_id = ? AND account_id = (SELECT l.account_id FROM lane l WHERE l.workspace_id = ?"
            " AND l.lease_until < ? AND EXISTS (SELECT 1 FROM outgoing o WHERE o.workspace_id = l.workspace_id"
            " AND o.account_id = l.account_id AND o.state = 'planned' AND o.not_before <= ?)"
            " ORDER BY l.lease_until, l.account_id LIMIT 1 FOR UPDATE OF l SKIP LOCKED)"
            " RETURNING account_id, fence",
            (owner, until, self.workspace_id, self.workspace_id, now, due),
        )
        return (row[0], row[1]) if row else None

    def server_now(self) -> int:
        row = self._one("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)")
        assert row is not None
        return int(row[0])

    @property
    def lost(self) -> bool:
        """Whether the connection was cut."""
        return self._connection.closed

    def begin(self) -> None:
        """A transaction begins with its first statement."""

    def commit(self) -> None:
        self._connection.commit()

    def rollback(self) -> None:
        self._connection.rollback()

    def savepoint(self) -> None:
        """One job a transaction, so none is needed."""

    def release(self) -> None:
        """One job a transaction, so none is needed."""

    def rollback_to_savepoint(self) -> None:
        self._connection.rollback()

    def close(self) -> None:
        self._connection.close()

    def trouble(self, error: BaseException) -> str:
        return trouble(error)


class PostgresStore:
    """The store of one workspace in a Postgres database. Row locks decide between processes."""

    def __init__(self, address: str, workspace_id: int) -> None:
        self._address = address
        self._workspace_id = workspace_id
        self._local = threading.local()
        self._readers: list[PostgresStatements] = []
        self._lock = threading.Lock()
        self._writer = Writer(lambda: _Reconnecting(address, workspace_id), group_max=1)

    def write(self, work: Callable[[Transaction], T]) -> T:
        return self.submit(work).result()

    def submit(self, work: Callable[[Transaction], T]) -> "Future[T]":
        return self._writer.submit(work)

    def read(self, work: Callable[[Queries], T]) -> T:
        try:
            return self._read(work)
        except psycopg.Error as error:
            why = trouble(error)
            if not why:
                raise
            raise StoreUnavailableError(why=why) from error

    def _read(self, work: Callable[[Queries], T]) -> T:
        reader = self._reader()
        try:
            result = work(cast("Queries", reader))
            reader.commit()
        except psycopg.OperationalError:
            self._drop(reader)
            raise
        except BaseException:
            if reader.lost:
                self._drop(reader)
            else:
                reader.rollback()
            raise
        return result

    def _drop(self, reader: PostgresStatements) -> None:
        """Forget a reader whose connection is of no use any more; the next read opens another."""
        self._local.reader = None
        with self._lock:
            self._readers.remove(reader)
        reader.close()

    def forget(self) -> None:
        """Nothing to do from here: the server's own vacuum frees old rows."""

    def close(self) -> None:
        self._writer.close()
        with self._lock:
            for reader in self._readers:
                reader.close()
            self._readers.clear()

    def _reader(self) -> PostgresStatements:
        reader: PostgresStatements | None = getattr(self._local, "reader", None)
        if reader is None:
            connection = psycopg.connect(self._address)
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            reader = PostgresStatements(connection, self._workspace_id)
            self._local.reader = reader
            with self._lock:
                self._readers.append(reader)
        return reader


class _Reconnecting(PostgresStatements):
    """The writer's session: opens its connection anew after it was cut."""

    def __init__(self, address: str, workspace_id: int) -> None:
        self._address = address
        super().__init__(psycopg.connect(address), workspace_id)

    def begin(self) -> None:
        if self._connection.closed:
            self._connection = psycopg.connect(self._address)
