"""Bringing a database up to date: Alembic revisions, and a backup of the SQLite file before it is changed."""

import sqlite3
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.engine import Engine

from goodstanding.adapters.storage.steering import steer

PAGE_BYTES = 8192
"""Three sealed records fit a page of this size, one fits the default of 4096: 13 % fewer bytes a comment."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("goodstanding.adapters.storage") / "migrations"))
    return config


def engine_for(address: str) -> Engine:
    """Return an engine for `sqlite:///…` or `postgresql://…` (driven by psycopg 3)."""
    return create_engine(address.replace("postgresql://", "postgresql+psycopg://", 1))


def newest() -> str:
    """Return the revision this code needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def current(engine: Engine) -> str | None:
    """Return the database's revision, or None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine) -> None:
    """Apply all missing revisions in one transaction (two processes wait for each other on Postgres)."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7151)")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if engine.dialect.name == "sqlite":
            steer(connection)


def prepare_sqlite(path: Path) -> Path | None:
    """Bring the file up to date; returns the backup made before an existing database was changed."""
    engine = engine_for(f"sqlite:///{path}")
    try:
        if not path.exists():
            _found(path)
        before = current(engine)
        if before == newest():
            return None
        backup = None
        if before is not None:
            backup = path.with_name(f"{path.stem}.before-{newest()}.db")
            _copy(path, backup)
        upgrade(engine)
        return backup
    finally:
        engine.dispose()


def _found(path: Path) -> None:
    """Make an empty database with the page size that suits our rows; it can never be changed later without a copy."""
    connection = sqlite3.connect(path)
    try:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()


def prepare_postgres(address: str) -> None:
    """Bring the database up to date. Its backups are the operator's (`pg_dump`)."""
    engine = engine_for(address)
    try:
        if current(engine) != newest():
            upgrade(engine)
    finally:
        engine.dispose()


def _copy(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    old, new = sqlite3.connect(source), sqlite3.connect(target)
    try:
        old.backup(new)
    finally:
        new.close()
        old.close()
