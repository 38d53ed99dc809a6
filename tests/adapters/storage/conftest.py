"""One store, twice: the suite runs on SQLite and on Postgres."""

import pytest

from goodstanding.adapters.storage.postgres import PostgresStore
from goodstanding.adapters.storage.sqlite import SqliteStore


class Bench:
    """A store under test, and a second way in."""

    def __init__(self, kind, address):
        self.kind, self.address = kind, address
        self.store = self.open()
        self._others = []

    def open(self, workspace=1):
        return (
            SqliteStore(self.address, workspace)
            if self.kind == "sqlite"
            else PostgresStore(self.address, workspace)
        )

    def another(self, workspace=1):
        other = self.open(workspace)
        self._others.append(other)
        return other

    def raw(self, sql):
        """Run one statement outside the store."""
        if self.kind == "sqlite":
            import sqlite3

            connection = sqlite3.connect(self.address, isolation_level=None)
            try:
                return connection.execute(sql).fetchall()
            finally:
                connection.close()
        import psycopg

        with psycopg.connect(self.address, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def close(self):
        for store in (self.store, *self._others):
            store.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def bench(request):
    name = "sqlite_file" if request.param == "sqlite" else "postgres_address"
    bench = Bench(request.param, request.getfixturevalue(name))
    yield bench
    bench.close()


@pytest.fixture
def store(bench):
    return bench.store
