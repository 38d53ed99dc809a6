"""The shared pace: windows are kept by all together, clocks that jump empty nothing, a refusal rests everyone."""

import asyncio
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodstanding.adapters.storage.sqlite import SqliteStatements, SqliteStore
from goodstanding.adapters.tiktok.limits import call_limits, limits_at
from goodstanding.core.calling import CallLimits, Product
from goodstanding.kernel.timing import DAY, MINUTE, SECOND
from goodstanding.usecases.pacing import LEASE, SharedPace
from goodstanding.usecases.ports import StoreUnavailableError

START = 1_790_000_000_000
SMALL = CallLimits(
    per_second=3, per_minute=10, per_day=100, account_endpoint_per_minute=4,
    products=(Product(prefix="/b/", per_minute=8), Product(prefix="/b/m/", per_second=2)),
)  # fmt: skip


class World:
    """Processes on one file, each with a steady clock of its own; the database's clock may jump."""

    def __init__(self, path):
        self.store = SqliteStore(path, 1)
        self.store.write(lambda tx: tx.ensure_workspace(START))
        self.passed, self.jumped, self.limits = 0, 0, SMALL

    def process(self, limits=None):
        return SharedPace(
            self.store, "tiktok", limits or (lambda level: self.limits), steady=lambda: 5_000 + self.passed
        )

    def now(self):
        return START + self.passed + self.jumped

    def take(self, process, account=1, endpoint="/c/", *, urgent=True):
        return asyncio.run(process.ask(account, endpoint, urgent=urgent))


@pytest.fixture
def world(sqlite_file):
    made = World(sqlite_file)
    with patch.object(SqliteStatements, "server_now", lambda self: made.now()):
        yield made
    made.store.close()


def in_any(times, span):
    return max((sum(t <= u < t + span for u in times) for t in times), default=0)


_STEP = st.tuples(
    st.integers(0, 4_000), st.integers(0, 2), st.integers(1, 3),
    st.sampled_from(["/b/x/", "/b/y/", "/b/m/z/", "/c/"]), st.booleans(), st.sampled_from([0, 0, 0, 0, -DAY, -700, 5_000, DAY]),
)  # fmt: skip


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_STEP, max_size=60))
def test_no_stretch_holds_more_than_allowed_whatever_the_clock_does(world, steps):
    """Three processes that have all called once; then the database's clock is set back and ahead at will."""
    world.store.write(lambda tx: tx.drop_leases("tiktok", 1 << 60, rests_before=1 << 60))
    processes = [world.process(lambda level: SMALL) for _ in range(3)]
    for one in processes:
        world.take(one, 9, "/warm/")
    world.passed += 2 * MINUTE
    world.passed += sum(world.take(one, 9, "/warm/") for one in processes)
    kept = []
    for step, number, account, endpoint, urgent, jump in steps:
        world.passed += step
        world.jumped += jump
        if world.take(processes[number], account, endpoint, urgent=urgent) == 0:
            kept.append((world.passed, account, endpoint))
    assert in_any([t for t, _, _ in kept], SECOND) <= 3
    assert in_any([t for t, _, _ in kept], MINUTE) <= 10
    for key in {(a, e) for _, a, e in kept}:
        assert in_any([t for t, a, e in kept if (a, e) == key], MINUTE) <= 4
    assert in_any([t for t, _, e in kept if e in ("/b/x/", "/b/y/")], MINUTE) <= 8
    assert in_any([t for t, _, e in kept if e.startswith("/b/m/")], SECOND) <= 2


def test_a_clock_set_back_does_not_stop_calls_for_long(world):
    one = world.process()
    assert world.take(one) == 0
    world.jumped = -DAY
    world.passed += 2 * MINUTE
    assert world.take(one) == 0


def test_the_wait_that_is_told_is_long_enough(world):
    one = world.process()
    for _ in range(30):
        if wait := world.take(one):
            world.passed += wait
            assert world.take(one) == 0


def test_reading_leaves_room_for_what_is_sent_by_another_process(world):
    world.limits = CallLimits(
        per_second=10, per_minute=10, per_day=10**6, account_endpoint_per_minute=99, reading_percent=80
    )
    reader, sender = world.process(), world.process()
    reads = sum(world.take(reader, 1, "/r/", urgent=False) == 0 for _ in range(20))
    sends = sum(world.take(sender, 1, "/s/") == 0 for _ in range(20))
    assert reads + sends <= 10
    assert sends >= 2


def test_a_refusal_rests_every_process(world):
    first, second = world.process(), world.process()
    assert world.take(first) == 0
    assert asyncio.run(first.slow_down(1, "/c/")) == 5 * MINUTE
    assert world.take(second, 2, "/z/") == 5 * MINUTE, "nothing was near its end, so the whole app rests"
    world.passed += 5 * MINUTE
    assert world.take(second, 2, "/z/") == 0


def test_a_refusal_at_the_end_of_a_window_rests_that_window(world):
    first, second = world.process(), world.process()
    for _ in range(4):
        world.passed += SECOND
        assert world.take(first) == 0
    assert asyncio.run(second.slow_down(1, "/c/")) == 5 * MINUTE
    world.passed += 90 * SECOND
    assert world.take(second) == 5 * MINUTE - 90 * SECOND
    assert world.take(second, 2) == 0, "others go on"


def test_a_blocked_app_rests_every_process(world):
    first, second = world.process(limits_at), world.process(limits_at)
    assert asyncio.run(first.shut()) == 60 * MINUTE
    assert world.take(second) == 60 * MINUTE


def test_the_day_is_counted_from_midnight_in_utc(world):
    world.limits = CallLimits(per_second=99, per_minute=999, per_day=5, account_endpoint_per_minute=99)
    world.passed = (START // DAY + 1) * DAY - 10 * SECOND - START
    first, second = world.process(), world.process()
    assert [world.take(one) for one in (first, second, first, second, first)] == [0] * 5
    assert world.take(second) == 10 * SECOND
    world.passed += 10 * SECOND
    assert world.take(second) == 0


def test_a_process_that_dies_costs_its_lease_for_a_moment(world):
    dead, other = world.process(), world.process()
    assert world.take(dead, 1, "/c/", urgent=False) == 0
    world.passed += LEASE + MINUTE
    assert [world.take(other) for _ in range(3)] == [0, 0, 0]


def test_without_the_database_nothing_is_called(world):
    class Gone:
        def submit(self, work):
            raise StoreUnavailableError(why="lost")

    world.store, kept = Gone(), world.store
    one = world.process()
    assert world.take(one) == SECOND
    assert asyncio.run(one.slow_down(1, "/c/")) == 5 * MINUTE
    assert asyncio.run(one.shut()) == SMALL.closed
    world.store = kept


def test_what_is_over_is_forgotten(world):
    one = world.process()
    for _ in range(40):
        world.passed += 20 * SECOND
        assert world.take(one) == 0
    left = world.store.read(lambda q: q.lease_ends("tiktok", since=0))
    assert len(left) < 20


def test_the_level_the_operator_states_counts_at_once(world):
    one = world.process(limits_at)

    def calls():
        world.passed += 2 * MINUTE
        return sum(world.take(one, account, "/business/get/") == 0 for account in range(1, 40))

    assert calls() == 9
    assert one.reading_per_hour() == call_limits().reading_per_hour("/business/comment/list/")
    world.store.write(lambda tx: tx.put_setting("app_level:tiktok", "advanced", START))
    assert calls() == 18
    assert one.reading_per_hour() == call_limits("advanced").reading_per_hour("/business/comment/list/")
    world.store.write(lambda tx: tx.put_setting("app_level:tiktok", "never heard of", START))
    assert calls() == 9
