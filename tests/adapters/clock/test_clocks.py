"""Time: it runs steadily, it never lies quietly, and it heals when the platform agrees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.adapters.clock.clocks import DRIFT_MAX, GAP_MAX, REFERENCE_MAX, DemoClock, SystemClock

NOW = 1_790_000_000_000
DAY = 86_400_000


class Machine:
    """A machine whose two clocks can be turned."""

    def __init__(self):
        self.real, self.offset = NOW, 0

    def clock(self, persisted=0, *, heard=True):
        boot = self.real
        clock = SystemClock(
            persisted=persisted, wall=lambda: self.real + self.offset, steady=lambda: self.real - boot
        )
        if heard:
            clock.hear(self.real)
        return clock


@pytest.fixture
def machine():
    return Machine()


def test_a_clock_nobody_compared_is_in_doubt(machine):
    clock = machine.clock(heard=False)
    assert clock.doubt() == "CLOCK_UNHEARD"
    clock.hear(machine.real)
    assert clock.doubt() == ""


def test_the_machines_own_clocks_are_the_default():
    clock = SystemClock()
    first = clock.now()
    assert first > 1_600_000_000_000
    assert clock.now() >= first
    assert clock.real_seconds(1500) == 1.5


@pytest.mark.parametrize(
    ("turn", "code"),
    [
        (41_000, "CLOCK_APART"),
        (-41_000, "CLOCK_APART"),
        (8 * DAY, "CLOCK_JUMP"),
        (-8 * DAY, "CLOCK_JUMP"),
        (29_000, ""),
    ],
)
def test_a_turn_of_the_wall_clock(machine, turn, code):
    """Found by the monotonic clock or by the platform's time; it moves no window; it heals by itself."""
    clock = machine.clock()
    machine.offset = turn
    machine.real += 5_000
    assert clock.now() == NOW + 5_000, "time runs on as it did"
    if code == "CLOCK_JUMP":
        assert clock.doubt() == code, "seen without asking anybody"
        assert clock.apart() == abs(turn)
    clock.hear(machine.real)
    assert clock.doubt() == ("CLOCK_APART" if code else "")
    machine.offset = 0
    clock.hear(machine.real)
    assert clock.doubt() == ""
    assert clock.now() == machine.real


@pytest.mark.parametrize("turn", [41_000, -41_000, 6 * DAY, 8 * DAY, -8 * DAY])
def test_a_clock_wrong_from_the_start(machine, turn):
    machine.offset = turn
    clock = machine.clock(persisted=NOW - DAY)
    assert clock.doubt() == "CLOCK_APART"
    assert clock.apart() == abs(turn)
    machine.real += 60_000
    machine.offset = 0
    assert clock.doubt() == "CLOCK_APART", "nobody said so yet"
    clock.hear(machine.real)
    assert (clock.doubt(), clock.now()) == ("", machine.real)


def test_long_away_is_told_apart(machine):
    assert machine.clock(NOW - GAP_MAX - 1, heard=False).doubt() == "CLOCK_GAP"
    assert machine.clock(NOW - GAP_MAX, heard=False).doubt() == "CLOCK_UNHEARD"
    behind = machine.clock(NOW + DRIFT_MAX + 1, heard=False)
    assert behind.doubt() == "CLOCK_BEHIND"
    assert behind.now() == NOW + DRIFT_MAX + 1, "never before what the database has seen"
    behind.hear(NOW)
    assert (behind.doubt(), behind.now()) == ("", NOW)


def test_the_edges_of_the_tolerances(machine):
    clock = machine.clock()
    clock.hear(NOW + REFERENCE_MAX)
    assert clock.doubt() == ""
    clock.hear(NOW + REFERENCE_MAX + 1)
    assert clock.doubt() == "CLOCK_APART"
    machine = Machine()
    clock = machine.clock()
    machine.offset = DRIFT_MAX
    assert clock.doubt() == ""
    machine.offset = DRIFT_MAX + 1
    assert clock.doubt() == "CLOCK_JUMP"


def test_a_person_may_confirm(machine):
    clock = machine.clock(NOW - GAP_MAX - 1, heard=False)
    clock.confirm()
    assert clock.doubt() == ""


def test_a_machine_that_slept_is_followed(machine):
    """The monotonic clock stood still for 41 seconds: the platform agrees with the wall, so that is the time."""
    asleep = [0]
    clock = SystemClock(wall=lambda: machine.real, steady=lambda: machine.real - asleep[0])
    clock.hear(machine.real)
    machine.real += 41_000
    asleep[0] = 41_000
    assert (clock.doubt(), clock.now()) == ("", machine.real - 41_000)
    clock.hear(machine.real)
    assert (clock.doubt(), clock.now()) == ("", machine.real)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("step"), st.integers(0, 10 * DAY)),
            st.tuples(st.just("turn"), st.integers(-9 * DAY, 9 * DAY)),
            st.tuples(st.just("hear"), st.just(0)),
        ),
        max_size=30,
    )
)
def test_whatever_happens(events):
    """Sure means: within the tolerances of the truth since the last comparison, and never back in between."""
    machine = Machine()
    clock = machine.clock()
    before = clock.now()
    for what, number in events:
        if what == "step":
            machine.real += number
        elif what == "turn":
            machine.offset += number
        else:
            clock.hear(machine.real)
            before = clock.now()
        now = clock.now()
        assert now >= before
        before = now
        if not clock.doubt():
            assert abs(now - machine.real) <= REFERENCE_MAX
            assert abs(machine.offset) <= REFERENCE_MAX + DRIFT_MAX


def test_the_demo_clock_runs_and_jumps_ahead_only():
    at = [0]
    clock = DemoClock(start=NOW, speed=60.0, steady=lambda: at[0])
    at[0] = 1000
    assert clock.now() == NOW + 60_000
    clock.advance(5000)
    clock.advance(-99)
    assert clock.now() == NOW + 65_000
    clock.set_speed(1.0)
    at[0] = 2000
    assert (clock.now(), clock.speed) == (NOW + 66_000, 1.0)
    clock.hear(0)
    assert (clock.doubt(), clock.apart()) == ("", 0)
    assert clock.real_seconds(3000) == 3.0
    clock.set_speed(0)
    assert clock.real_seconds(1) == 3600.0
