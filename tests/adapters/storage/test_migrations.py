"""Migrations add up to the schema, and an old file is copied before it is changed."""

import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from goodstanding.adapters.storage import migrate
from goodstanding.adapters.storage.schema import metadata


def differences(address):
    engine = migrate.engine_for(address)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection,
                opts={
                    "compare_type": True,
                    "compare_server_default": connection.dialect.name == "postgresql",
                },
            )
            return compare_metadata(context, metadata)
    finally:
        engine.dispose()


def test_sqlite_migrations_are_the_schema(sqlite_file):
    assert differences(f"sqlite:///{sqlite_file}") == []


@pytest.mark.postgres
def test_postgres_migrations_are_the_schema(postgres_address):
    assert differences(postgres_address) == []


def test_the_comparison_sees_a_difference(sqlite_file):
    with sqlite3.connect(sqlite_file) as connection:
        connection.execute("DROP INDEX ix_vault_contact")
    connection.close()
    assert [d[0] for d in differences(f"sqlite:///{sqlite_file}")] == ["add_index"]


def test_every_row_says_whose_it_is():
    for table in metadata.tables.values():
        if table.name != "workspace":
            assert {"workspace_id", "account_id"} <= set(table.columns.keys()), table.name
            for key in (
                table.primary_key,
                *(c for c in table.constraints if type(c).__name__ == "UniqueConstraint"),
            ):
                assert "workspace_id" in key.columns.keys(), (table.name, key)  # noqa: SIM118 - a column collection


def test_a_new_file_needs_no_copy_and_a_ready_one_is_left_alone(tmp_path):
    path = tmp_path / "goodstanding.db"
    assert migrate.prepare_sqlite(path) is None
    assert migrate.prepare_sqlite(path) is None
    assert [p.name for p in tmp_path.glob("*.db")] == ["goodstanding.db"]


def test_an_old_file_is_copied_before_it_is_changed(tmp_path, monkeypatch):
    path = tmp_path / "goodstanding.db"
    migrate.prepare_sqlite(path)
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO workspace (id, name, created_at) VALUES (7, 'kept', 0)")
    connection.close()
    monkeypatch.setattr(migrate, "newest", lambda: "9999")
    changed = []
    monkeypatch.setattr(
        migrate,
        "upgrade",
        lambda engine: changed.append(path.with_name("goodstanding.before-9999.db").exists()),
    )
    backup = migrate.prepare_sqlite(path)
    assert changed == [True], "the copy was there before the change"
    with sqlite3.connect(backup) as connection:
        assert connection.execute("SELECT id FROM workspace").fetchall() == [(7,)]
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


@pytest.mark.postgres
def test_two_processes_may_prepare_at_once(postgres):
    import threading

    address = postgres.empty()
    errors = []

    def prepare():
        try:
            migrate.prepare_postgres(address)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=prepare) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert errors == []
    assert differences(address) == []
    postgres.drop(address)
