"""Where wrapped keys lie: a second small SQLite file, or a schema of its own on Postgres. Never the main tables."""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import psycopg

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
    """`keys.db`: beside the database, with a short-lived backup of its own."""

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
        holes = ",".join("?" * len(contact_ids))
        sql = f"SELECT contact_id FROM subject_key WHERE workspace_id = ? AND contact_id IN ({holes})"  # noqa: S608 - only marks
        with self._lock:
            return {r[0] for r in self._connection.execute(sql, (self._workspace_id, *contact_ids))}

    def add(self, keys: Sequence[tuple[int, bytes]]) -> None:
        rows = [(self._workspace_id, contact_id, wrapped) for contact_id, wrapped in keys]
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(
                "INSERT INTO subject_key (workspace_id, contact_id, wrapped) VALUES (?, ?, ?)"
                " ON CONFLICT (workspace_id, contact_id) DO NOTHING",
                rows,
            )
            self._connection.execute("COMMIT")

    def get(self, contact_id: int) -> bytes | None:
        with self._lock:
            row = self._connection.execute(
                "SELECT wrapped FROM subject_key WHERE workspace_id = ? AND contact_id = ?",
                (self._workspace_id, contact_id),
            ).fetchone()
        return row[0] if row else None

    def destroy(self, contact_id: int, at: int) -> None:
        with self._lock:
            self._connection.execute(
                "INSERT INTO subject_key (workspace_id, contact_id, wrapped, destroyed_at) VALUES (?, ?, NULL, ?)"
                " ON CONFLICT (workspace_id, contact_id) DO UPDATE SET wrapped = NULL, destroyed_at = ?",
                (self._workspace_id, contact_id, at, at),
            )
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def named(self, name: str) -> bytes | None:
        with self._lock:
            row = self._connection.execute(
                "SELECT wrapped FROM named_key WHERE workspace_id = ? AND name = ?",
                (self._workspace_id, name),
            ).fetchone()
        return row[0] if row else None

    def add_named(self, name: str, wrapped: bytes) -> None:
        with self._lock:
            self._connection.execute(
                "INSERT INTO named_key (workspace_id, name, wrapped) VALUES (?, ?, ?)"
                " ON CONFLICT (workspace_id, name) DO NOTHING",
                (self._workspace_id, name, wrapped),
            )

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class PostgresKeyBox:
    """The schema `goodstanding_keys`: dumped apart from the rest."""

    def __init__(self, address: str, workspace_id: int) -> None:
        self._workspace_id = workspace_id
        self._lock = threading.Lock()
        self._connection = psycopg.connect(address, autocommit=True)
        self._connection.execute("SELECT pg_advisory_lock(7152)")
        self._connection.execute("CREATE SCHEMA IF NOT EXISTS goodstanding_keys")
        for table in _TABLES:
            self._connection.execute(table.format(p="goodstanding_keys.", bytes="BYTEA").encode())
        self._connection.execute("SELECT pg_advisory_unlock(7152)")

    def known(self, contact_ids: Sequence[int]) -> set[int]:
        with self._lock:
            rows = self._connection.execute(
                "SELECT contact_id FROM goodstanding_keys.subject_key WHERE workspace_id = %s AND contact_id = ANY(%s)",
                (self._workspace_id, list(contact_ids)),
            ).fetchall()
        return {r[0] for r in rows}

    def add(self, keys: Sequence[tuple[int, bytes]]) -> None:
        with self._lock, self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO goodstanding_keys.subject_key (workspace_id, contact_id, wrapped) VALUES (%s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                [(self._workspace_id, contact_id, wrapped) for contact_id, wrapped in keys],
            )

    def get(self, contact_id: int) -> bytes | None:
        with self._lock:
            row = self._connection.execute(
                "SELECT wrapped FROM goodstanding_keys.subject_key WHERE workspace_id = %s AND contact_id = %s",
                (self._workspace_id, contact_id),
            ).fetchone()
        return bytes(row[0]) if row and row[0] is not None else None

    def destroy(self, contact_id: int, at: int) -> None:
        with self._lock:
            self._connection.execute(
                "INSERT INTO goodstanding_keys.subject_key (workspace_id, contact_id, destroyed_at) VALUES (%s, %s, %s)"
                " ON CONFLICT (workspace_id, contact_id) DO UPDATE SET wrapped = NULL, destroyed_at = excluded.destroyed_at",
                (self._workspace_id, contact_id, at),
            )

    def named(self, name: str) -> bytes | None:
        with self._lock:
            row = self._connection.execute(
                "SELECT wrapped FROM goodstanding_keys.named_key WHERE workspace_id = %s AND name = %s",
                (self._workspace_id, name),
            ).fetchone()
        return bytes(row[0]) if row else None

    def add_named(self, name: str, wrapped: bytes) -> None:
        with self._lock:
            self._connection.execute(
                "INSERT INTO goodstanding_keys.named_key (workspace_id, name, wrapped) VALUES (%s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                (self._workspace_id, name, wrapped),
            )

    def close(self) -> None:
        with self._lock:
            self._connection.close()
