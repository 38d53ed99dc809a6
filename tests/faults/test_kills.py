"""kill -9 in CI: 15 on SQLite, 5 on Postgres with three workers. `make faults` kills 200 and 50 times."""

import pytest

from tests.faults import kills

pytestmark = pytest.mark.slow


def _told(name, wrong, counts):
    print(kills.told(name, wrong, counts))
    assert wrong == {}
    assert counts["replies"] > 0


def test_fifteen_on_sqlite():
    wrong, counts = kills.kill(15)
    _told("SQLite", wrong, counts)
    assert counts["kills"] == 15


@pytest.mark.postgres
def test_five_on_postgres(postgres):
    address = postgres.empty()
    wrong, counts = kills.kill(5, database=address, workers=3)
    _told("Postgres", wrong, counts)
    assert counts["kills"] == 5
    postgres.drop(address)
