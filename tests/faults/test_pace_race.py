"""Four processes under one app: all together keep TikTok's limits, and counting each for itself does not."""

import pytest

from tests.faults import pace_race

pytestmark = pytest.mark.slow


@pytest.mark.postgres
def test_all_processes_together_keep_the_limits(postgres_address):
    calls, shares = pace_race.race(postgres_address, "ours")
    assert pace_race.over(calls) == {}
    assert len(calls) >= 30, "the limits were kept, but hardly anything was called"
    assert sum(count > 0 for count in shares) > 1, "one process took everything"


@pytest.mark.postgres
def test_counting_each_for_itself_overruns_them(postgres_address):
    calls, _ = pace_race.race(postgres_address, "naive")
    assert set(pace_race.over(calls)) >= {"app a second", "app a minute", "product a minute"}


def test_a_command_beside_the_server_is_counted_on_sqlite(sqlite_file):
    calls, _ = pace_race.race(str(sqlite_file), "ours")
    assert pace_race.over(calls) == {}
    assert len(calls) >= 30
