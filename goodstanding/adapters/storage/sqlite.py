"""SQLite: one file, WAL, synchronous=FULL, one writer thread, a reader connection a thread."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import msgspec

from goodstanding.adapters.storage.statements import Row, S, Statements
from goodstanding.adapters.storage.writer import Writer
from goodstanding.usecases.ports import Queries, StoreUnavailableError, Transaction

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
BUSY_MS = 10_000
"""How long a statement waits for another process's lock before it fails."""
_TROUBLE = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_PROTOCOL: "locked",
    sqlite3.SQLITE_IOERR: "disk",
    sqlite3.SQLITE_CANTOPEN: "lost",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
}
"""What the database's own result codes mean to us (sqlite.org/rescode.html); all others are a job's own fault."""


def trouble(error: BaseException) -> str:
    """Return why the database cannot be used, or an empty string for any other error."""
    if isinstance(error, StoreUnavailableError):
        return str(error.fields.get("why", "lost"))
    code = getattr(error, "sqlite_errorcode", None) if isinstance(error, sqlite3.Error) else None
    return "" if code is None else _TROUBLE.get(code & 0xFF, "")


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open `path` as the product does; a reader refuses to write."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA cache_size = -8000")
    else:
        connection.execute("PRAGMA cache_size = -32000")
        connection.execute("PRAGMA wal_autocheckpoint = 2000")
    return connection


class SqliteStatements(Statements):
    """The statements over one connection; also the writer's session."""

    def __init__(self, connection: sqlite3.Connection, workspace_id: int) -> None:
        super().__init__(workspace_id)
        self._connection = connection
        self._execute = connection.execute

    def _all(self, sql: str, params: Sequence[object] = ()) -> list[Row]:
        return self._execute(sql, params).fetchall()

    def _run(self, sql: str, params: Sequence[object] = ()) -> int:
        return self._execute(sql, params).rowcount

    def _many(self, sql: str, rows: Sequence[Sequence[object]]) -> int:
        return self._connection.executemany(sql, rows).rowcount if rows else 0

    def _stream(self, sql: str, params: Sequence[object]) -> Iterator[Row]:
        yield from self._execute(sql, params)

    def _among(self, column: str, values: Sequence[S]) -> tuple[str, object]:
        return f"{column} IN (SELECT value FROM json_each(?))", msgspec.json.encode(values).decode()

    def ids(self, name: str, count: int = 1) -> int:
        row = self._one(
            "INSERT INTO sequence (workspace_id, account_id, name, next) VALUES (?, 0, ?, 1 + ?)"
            " ON CONFLICT (workspace_id, account_id, name) DO UPDATE SET next = next + ? RETURNING next",
            (self.workspace_id, name, count, count),
        )
        assert row is not None
        return int(row[0]) - count

    def lock_contacts(self, contact_ids: Sequence[int]) -> None:
        """Nothing to do: there is one writer."""

    def lock_audit(self) -> None:
        """Nothing to do: there is one writer."""

    def claim_deliveries(self, ids: Sequence[int]) -> set[int]:
        where, param = self._among("id", ids)
        sql = f"SELECT id FROM delivery WHERE workspace_id = ? AND state = 'new' AND {where}"
        return {r[0] for r in self._all(sql, (self.workspace_id, param))}

    def claim_lane(self, owner: str, now: int, until: int, due: int) -> tuple[int, int] | None:
        row = self._one(
            "UPDATE lane SET owner = ?, lease_until = ?, fence = fence + 1"
            " WHERE workspace_id = ? AND account_id = (SELECT l.account_id FROM lane l WHERE l.workspace_id = ?"
            " AND l.lease_until < ? AND EXISTS (SELECT 1 FROM outgoing o WHERE o.workspace_id = l.workspace_id"
            " AND o.account_id = l.account_id AND o.state = 'planned' AND o.not_before <= ?"
            " AND o.state IN ('planned','sending','unknown')) ORDER BY l.lease_until, l.account_id LIMIT 1)"
            " RETURNING account_id, fence",
            (owner, until, self.workspace_id, self.workspace_id, now, due),
        )
        return (row[0], row[1]) if row else None

    def server_now(self) -> int:
        return time.time_ns() // 1_000_000

    def begin(self) -> None:
        self._execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self._execute("COMMIT")

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self._execute("ROLLBACK")

    def savepoint(self) -> None:
        self._execute("SAVEPOINT job")

    def release(self) -> None:
        self._execute("RELEASE job")

    def rollback_to_savepoint(self) -> None:
        self._execute("ROLLBACK TO job")

    def close(self) -> None:
        self._connection.close()

    def trouble(self, error: BaseException) -> str:
        return trouble(error)


class SqliteStore:
    """The store of one workspace in one file."""

    def __init__(self, path: Path, workspace_id: int) -> None:
        self._path = path
        self._workspace_id = workspace_id
        self._local = threading.local()
        self._readers: list[SqliteStatements] = []
        self._lock = threading.Lock()
        self._writer = Writer(lambda: SqliteStatements(connect(path), workspace_id))

    def write(self, work: Callable[[Transaction], T]) -> T:
        return self.submit(work).result()

    def submit(self, work: Callable[[Transaction], T]) -> "Future[T]":
        return self._writer.submit(work)

    def read(self, work: Callable[[Queries], T]) -> T:
        try:
            return self._read(work)
        except sqlite3.Error as error:
            why = trouble(error)
            if not why:
                raise
            raise StoreUnavailableError(why=why) from error

    def _read(self, work: Callable[[Queries], T]) -> T:
        reader = self._reader()
        reader._execute("BEGIN")  # noqa: SLF001 - a snapshot for all statements of `work`
        try:
            return work(cast("Queries", reader))
        finally:
            reader.rollback()

    def forget(self) -> None:
        connection = connect(self._path)
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()

    def close(self) -> None:
        self._writer.close()
        with self._lock:
            for reader in self._readers:
                reader.close()
            self._readers.clear()

    def _reader(self) -> SqliteStatements:
        reader: SqliteStatements | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = SqliteStatements(connect(self._path, read_only=True), self._workspace_id)
            self._local.reader = reader
            with self._lock:
                self._readers.append(reader)
        return reader
