"""Every crash point of a journey: nothing lost, nothing doubled, nothing unaudited."""

import os

import pytest

from tests.faults import crash_points, mutants

FULL = bool(os.environ.get("GOODSTANDING_FAULTS_FULL"))


@pytest.fixture(scope="module")
def undisturbed():
    return crash_points.journey()


def test_the_journey_itself(undisturbed):
    fuse, left = undisturbed
    assert fuse.count > 150
    assert left["happened"] == {
        ("c1", "reply"): 1,
        ("c2", "reply"): 1,
        ("c3", "reply"): 1,
        ("c6", "reply"): 1,
        ("c4", "hide"): 1,
    }
    assert crash_points.journey()[1] == left, "it can be travelled again"


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_a_death_anywhere_changes_nothing(undisturbed, part):
    """All of them in the full form; every other one in CI, so that each kind of place is met."""
    fuse, wanted = undisturbed
    points = range(1 + part, fuse.count + 1, 4 if FULL else 8)
    assert [said for at in points if (said := crash_points.differs(at, wanted))] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resend-after-crash", "no-attempt-entry", "no-deduplication"])
def test_it_would_notice(undisturbed, name):
    """A bug in recovery, in the log or in deduplication is seen at some point."""
    from contextlib import ExitStack

    fuse, wanted = undisturbed
    with ExitStack() as stack:
        for one in next(m for m in mutants.MUTANTS if m.name == name).patches():
            stack.enter_context(one)
        assert any(crash_points.differs(at, wanted) for at in range(fuse.count, 0, -1))
