"""Where wrapped keys lie: a second small SQLite file, or a schema of its own on Postgres. Never the main tables."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

import psycopg

from goodstanding.usecases.ports import StoreUnavailableError

T = TypeVar("T")
_SUBJECT_KEY = (
    "CREATE TABLE IF NOT EXISTS {p}subject_key (workspace_id BIGINT NOT NULL, contact_id BIGINT NOT NULL,"
    " wrapped {bytes}, destroyed_at BIGINT, PRIMARY KEY (workspace_id, contact_id))"
)
_NAMED_KEY = (
    "CREATE TABLE IF NOT EXISTS {p}named_key (workspace_id BIGINT NOT NULL, name TEXT NOT NULL,"
    " wrapped {bytes} NOT NULL, PRIMARY KEY (workspace_id, name))"
)
_TABLES = (_SUBJECT_KEY, _NAMED_KEY)


class KeyBox(Protocol):
    """Wrapped keys of one workspace. Every change is durable when the call returns."""

    def known(self, contact_ids: Sequence[int]) -> set[int]: ...
    def add(self, keys: Sequence[tuple[int, bytes]]) -> None: ...
    def get(self, contact_id: int) -> bytes | None: ...
    def destroy(self, contact_id: int, at: int) -> None: ...
    def named(self, name: str) -> bytes | None: ...
    def add_named(self, name: str, wrapped: bytes) -> None: ...
    def close(self) -> None: ...


class SqliteKeyBox:
    """`keys.db`: beside the database, with a short-lived backup of its own.

    Every method raises `StoreUnavailableError` when the file is full, locked or out of reach; the next call tries afresh.
    """

    def __init__(self, path: Path, workspace_id: int) -> None:
        self._workspace_id = workspace_id
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        run = self._connection.execute
        for pragma in (
            "busy_timeout = 10000",
            "journal_mode = WAL",
            "synchronous = FULL",
            "secure_delete = ON",
        ):
            run(f"PRAGMA {pragma}")
        for table in _TABLES:
            run(table.format(p="", bytes="BLOB"))
        path.chmod(0o600)

    def known(self, contact_ids: Sequence[int]) -> set[int]:
        """Return which contacts have a key, destroyed ones too."""
        holes = ",".join("?" * len(contact_ids))
        sql = f"SELECT contact_id FROM subject_key WHERE workspace_id = ? AND contact_id IN ({holes})"  # noqa: S608 - only marks
        return {r[0] for r in self._all(sql, (self._workspace_id, *contact_ids))}

    def add(self, keys: Sequence[tuple[int, bytes]]) -> None:
        """Keep wrapped keys; a contact that has one keeps it."""
        rows = [(self._workspace_id, contact_id, wrapped) for contact_id, wrapped in keys]

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO subject_key (workspace_id, contact_id, wrapped) VALUES (?, ?, ?)"
                " ON CONFLICT (workspace_id, contact_id) DO NOTHING",
                rows,
            )
            connection.execute("COMMIT")

        self._do(work)

    def get(self, contact_id: int) -> bytes | None:
        """Return a contact's wrapped key; None when there is none or it was destroyed."""
        sql = "SELECT wrapped FROM subject_key WHERE workspace_id = ? AND contact_id = ?"
        rows = self._all(sql, (self._workspace_id, contact_id))
        return rows[0][0] if rows else None

    def destroy(self, contact_id: int, at: int) -> None:
        """Remove a contact's key for good; a new one is never made."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO subject_key (workspace_id, contact_id, wrapped, destroyed_at) VALUES (?, ?, NULL, ?)"
                " ON CONFLICT (workspace_id, contact_id) DO UPDATE SET wrapped = NULL, destroyed_at = ?",
                (self._workspace_id, contact_id, at, at),
            )
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        self._do(work)

    def named(self, name: str) -> bytes | None:
        """Return a wrapped key of the installation."""
        rows = self._all(
            "SELECT wrapped FROM named_key WHERE workspace_id = ? AND name = ?", (self._workspace_id, name)
        )
        return rows[0][0] if rows else None

    def add_named(self, name: str, wrapped: bytes) -> None:
        """Keep a wrapped key of the installation unless there is one."""
        sql = (
            "INSERT INTO named_key (workspace_id, name, wrapped) VALUES (?, ?, ?)"
            " ON CONFLICT (workspace_id, name) DO NOTHING"
        )
        self._all(sql, (self._workspace_id, name, wrapped))

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._connection.close()

    def _all(self, sql: str, params: Sequence[object]) -> list[tuple[Any, ...]]:
        return self._do(lambda connection: connection.execute(sql, params).fetchall())

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            try:
                return work(self._connection)
            except sqlite3.OperationalError as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise StoreUnavailableError(why=_why(error)) from error


def _why(error: sqlite3.OperationalError) -> str:
    known = {sqlite3.SQLITE_FULL: "full", sqlite3.SQLITE_BUSY: "locked", sqlite3.SQLITE_LOCKED: "locked"}
    return known.get(error.sqlite_errorcode & 0xFF, "disk")


class PostgresKeyBox:
    """The schema `goodstanding_keys`: dumped apart from the rest.

    Every method raises `StoreUnavailableError` when the connection was cut; the next call opens another.
    """

    def __init__(self, address: str, workspace_id: int) -> None:
        self._address = address
        self._workspace_id = workspace_id
        self._lock = threading.Lock()
        self._connection = psycopg.connect(address, autocommit=True)
        self._connection.execute("SELECT pg_advisory_lock(7152)")
        self._connection.execute("CREATE SCHEMA IF NOT EXISTS goodstanding_keys")
        for table in _TABLES:
            self._connection.execute(table.format(p="goodstanding_keys.", bytes="BYTEA").encode())
        self._connection.execute("SELECT pg_advisory_unlock(7152)")

    def known(self, contact_ids: Sequence[int]) -> set[int]:
        """Return which contacts have a key, destroyed ones too."""
        sql = "SELECT contact_id FROM goodstanding_keys.subject_key WHERE workspace_id = %s AND contact_id = ANY(%s)"
        return {r[0] for r in self._all(sql, (self._workspace_id, list(contact_ids)))}

    def add(self, keys: Sequence[tuple[int, bytes]]) -> None:
        """Keep wrapped keys; a contact that has one keeps it."""
        rows = [(self._workspace_id, contact_id, wrapped) for contact_id, wrapped in keys]

        def work(connection: "psycopg.Connection[tuple[Any, ...]]") -> None:
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO goodstanding_keys.subject_key (workspace_id, contact_id, wrapped)"
                    " VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                    rows,
                )

        self._do(work)

    def get(self, contact_id: int) -> bytes | None:
        """Return a contact's wrapped key; None when there is none or it was destroyed."""
        sql = "SELECT wrapped FROM goodstanding_keys.subject_key WHERE workspace_id = %s AND contact_id = %s"
        rows = self._all(sql, (self._workspace_id, contact_id))
        return bytes(rows[0][0]) if rows and rows[0][0] is not None else None

    def destroy(self, contact_id: int, at: int) -> None:
        """Remove a contact's key for good; a new one is never made."""
        self._run(
            "INSERT INTO goodstanding_keys.subject_key (workspace_id, contact_id, destroyed_at) VALUES (%s, %s, %s)"
            " ON CONFLICT (workspace_id, contact_id) DO UPDATE SET wrapped = NULL, destroyed_at = excluded.destroyed_at",
            (self._workspace_id, contact_id, at),
        )

    def named(self, name: str) -> bytes | None:
        """Return a wrapped key of the installation."""
        sql = "SELECT wrapped FROM goodstanding_keys.named_key WHERE workspace_id = %s AND name = %s"
        rows = self._all(sql, (self._workspace_id, name))
        return bytes(rows[0][0]) if rows else None

    def add_named(self, name: str, wrapped: bytes) -> None:
        """Keep a wrapped key of the installation unless there is one."""
        self._run(
            "INSERT INTO goodstanding_keys.named_key (workspace_id, name, wrapped) VALUES (%s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (self._workspace_id, name, wrapped),
        )

    def close(self) -> None:
        """Let the connection go."""
        with self._lock:
            self._connection.close()

    def _all(self, sql: str, params: Sequence[object]) -> list[tuple[Any, ...]]:
        return self._do(lambda connection: connection.execute(sql.encode(), params).fetchall())

    def _run(self, sql: str, params: Sequence[object]) -> None:
        self._do(lambda connection: connection.execute(sql.encode(), params))

    def _do(self, work: Callable[["psycopg.Connection[tuple[Any, ...]]"], T]) -> T:
        with self._lock:
            try:
                if self._connection.closed:
                    self._connection = psycopg.connect(self._address, autocommit=True)
                return work(self._connection)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                raise StoreUnavailableError(why="lost") from error
