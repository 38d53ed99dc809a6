"""The virtual clock on a hand-turned monotonic clock."""

import pytest

from goodstanding.sandbox.clock import VirtualClock, iso, parse_iso


@pytest.fixture
def hand():
    return [100.0]


@pytest.fixture
def clock(hand):
    return VirtualClock(start_ms=1_000_000, speed=60, monotonic=lambda: hand[0])


def test_it_runs_at_its_speed(clock, hand):
    hand[0] += 2
    assert clock.now_ms() == 1_120_000
    clock.run_at(1)
    hand[0] += 2
    assert clock.now_ms() == 1_122_000


def test_it_stands_still_jumps_and_runs_on(clock, hand):
    clock.freeze(still=True)
    hand[0] += 50
    assert clock.now_ms() == 1_000_000
    clock.advance(-41)
    assert clock.now_ms() == 959_000
    assert clock.real_seconds_until(960_000) is None
    clock.freeze(still=False)
    assert clock.real_seconds_until(1_019_000) == 1.0
    assert clock.real_seconds_until(1) == 0
    clock.jump(7)
    assert clock.now_ms() == 7


def test_the_date_follows(clock, hand):
    assert clock.http_date() == "Thu, 01 Jan 1970 00:16:40 GMT"
    hand[0] += 1
    assert clock.http_date() == "Thu, 01 Jan 1970 00:17:40 GMT"


def test_a_speed_of_nothing_is_refused(clock):
    with pytest.raises(ValueError, match="above 0"):
        clock.run_at(0)
    with pytest.raises(ValueError, match="above 0"):
        VirtualClock(start_ms=0, speed=-1)


def test_iso_times_are_read_and_written():
    assert parse_iso("2026-11-21T14:05:00") == parse_iso("2026-11-21T15:05:00+01:00")
    assert iso(parse_iso("2026-11-21T14:05:00Z")) == "2026-11-21T14:05:00.000Z"
    with pytest.raises(ValueError, match="Invalid isoformat"):
        parse_iso("yesterday")
