"""Four processes, one Postgres: ours keeps the limit, the naive variant must break it."""

import pytest

from tests.faults import race

pytestmark = [pytest.mark.slow, pytest.mark.postgres]


def test_ours_keeps_the_limit(postgres_address):
    by_person, twice, troubles, _ = race.race(postgres_address, "ours")
    assert sum(by_person.values()) == race.CONTACTS * race.CAP
    assert max(by_person.values()) == race.CAP
    assert twice == []
    assert troubles == {}


def test_ours_keeps_it_while_connections_are_cut(postgres, postgres_address):
    by_person, twice, troubles, _ = race.race(
        postgres_address, "ours", cut=race.cutter(postgres, postgres_address)
    )
    assert max(by_person.values()) <= race.CAP
    assert twice == []
    assert troubles.get("lost", 0) > 0, "no connection was cut, so nothing was shown"


def test_the_naive_variant_breaks_it(postgres_address):
    """The race is real: without lane and locks people get more than their limit."""
    by_person, twice, _, _ = race.race(postgres_address, "naive")
    assert max(by_person.values()) > race.CAP or twice
