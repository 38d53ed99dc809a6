"""Call limits: no window ever holds more than allowed, sends find room, a refusal rests the right key."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.core.calling import CallLimits, Calls, Product
from goodstanding.kernel.timing import DAY, MINUTE, SECOND

START = 1_790_000_000_000
SMALL = CallLimits(
    per_second=3, per_minute=10, per_day=100, account_endpoint_per_minute=4,
    products=(Product(prefix="/b/", per_minute=8), Product(prefix="/b/m/", per_second=2)),
)  # fmt: skip


def in_any(times, span):
    return max((sum(t <= u < t + span for u in times) for t in times), default=0)


@given(
    st.lists(
        st.tuples(st.integers(0, 5_000), st.integers(1, 3), st.sampled_from(["/b/x/", "/b/y/", "/b/m/z/", "/c/"]), st.booleans()),
        max_size=120,
    )
)  # fmt: skip
def test_no_stretch_holds_more_than_allowed(calls):
    made, now, kept = Calls(SMALL), START, []
    for step, account, endpoint, urgent in calls:
        now += step
        if made.take(account, endpoint, now=now, urgent=urgent) == 0:
            kept.append((now, account, endpoint))
    assert in_any([t for t, _, _ in kept], SECOND) <= 3
    assert in_any([t for t, _, _ in kept], MINUTE) <= 10
    for key in {(a, e) for _, a, e in kept}:
        assert in_any([t for t, a, e in kept if (a, e) == key], MINUTE) <= 4
    assert in_any([t for t, _, e in kept if e in ("/b/x/", "/b/y/")], MINUTE) <= 8
    assert in_any([t for t, _, e in kept if e.startswith("/b/m/")], SECOND) <= 2


@given(st.lists(st.integers(0, 30_000), min_size=1, max_size=60))
def test_the_wait_that_is_told_is_long_enough_and_not_too_long(steps):
    made, now = Calls(SMALL), START
    for step in steps:
        now += step
        wait = made.take(1, "/c/", now=now, urgent=True)
        if wait:
            assert made.take(1, "/c/", now=now + wait - 1, urgent=True) > 0
            now += wait
            assert made.take(1, "/c/", now=now, urgent=True) == 0


def test_reading_leaves_room_for_what_is_sent():
    made = Calls(
        CallLimits(
            per_second=10, per_minute=10, per_day=10**9, account_endpoint_per_minute=99, reading_percent=80
        )
    )
    reads = sum(made.take(1, "/r/", now=START, urgent=False) == 0 for _ in range(20))
    sends = sum(made.take(1, "/s/", now=START, urgent=True) == 0 for _ in range(20))
    assert (reads, sends) == (8, 2)


def test_headroom_stays_below_the_platforms_number():
    made = Calls(
        CallLimits(
            per_second=10, per_minute=600, per_day=10**9, account_endpoint_per_minute=40, headroom_percent=90
        )
    )
    assert sum(made.take(1, "/r/", now=START, urgent=True) == 0 for _ in range(20)) == 9


def test_the_day_is_counted_from_midnight_in_utc():
    made = Calls(CallLimits(per_second=99, per_minute=999, per_day=5, account_endpoint_per_minute=99))
    late = (START // DAY + 1) * DAY - 10 * SECOND
    assert [made.take(1, "/r/", now=late, urgent=True) for _ in range(6)] == [0] * 5 + [10 * SECOND]
    assert made.refused(1, "/r/", now=late) == 10 * SECOND
    assert made.take(1, "/r/", now=late + 10 * SECOND, urgent=True) == 0


def test_a_refusal_rests_the_limit_we_were_at():
    made = Calls(SMALL)
    for second in range(4):
        assert made.take(1, "/c/", now=START + second * SECOND, urgent=True) == 0
    now = START + 4 * SECOND
    assert made.refused(1, "/c/", now=now) == 5 * MINUTE
    assert made.take(1, "/c/", now=now + MINUTE, urgent=True) == 4 * MINUTE, "this account and endpoint"
    assert made.take(2, "/c/", now=now, urgent=True) == 0, "others go on"


def test_a_refusal_within_a_second_rests_until_the_next():
    made = Calls(CallLimits(per_second=2, per_minute=600, per_day=10**9, account_endpoint_per_minute=40))
    assert [made.take(n, "/c/", now=START + 100, urgent=True) for n in (1, 2)] == [0, 0]
    assert made.refused(1, "/c/", now=START + 200) == 800
    assert made.take(3, "/c/", now=START + 1_100, urgent=True) == 0


def test_a_refusal_that_nothing_explains_rests_the_whole_app():
    made = Calls(SMALL)
    assert made.refused(1, "/c/", now=START) == 5 * MINUTE
    assert made.take(9, "/z/", now=START + 1, urgent=True) == 5 * MINUTE - 1
    assert made.take(9, "/z/", now=START + 5 * MINUTE, urgent=True) == 0


def test_a_product_without_a_number_has_no_limit():
    made = Calls(
        CallLimits(
            per_second=99,
            per_minute=99,
            per_day=999,
            account_endpoint_per_minute=99,
            products=(Product(prefix="/x/"),),
        )
    )
    assert [made.take(1, "/x/", now=START, urgent=True) for _ in range(50)] == [0] * 50


def test_limits_are_values():
    assert msgspec.to_builtins(SMALL)["products"][1]["per_second"] == 2
