"""Windows, buckets and spikes, against the plain meaning of each promise."""

from hypothesis import given
from hypothesis import strategies as st

from goodstanding.core.limits import (
    TOKEN,
    Bucket,
    BucketRule,
    SpikeThresholds,
    free_at,
    full,
    next_pause,
    oldest_leaves_at,
    refill,
    spike_threshold,
    take,
    token_at,
    used,
    worst,
)
from goodstanding.kernel.timing import HOUR

instants = st.lists(st.integers(0, 200), max_size=30)


def test_the_window_is_half_open():
    assert used([0], now=10, window=10) == 0
    assert used([0], now=9, window=10) == 1
    assert used([10], now=10, window=10) == 1
    assert used([11], now=10, window=10) == 0
    assert free_at([0, 3], now=5, window=10, most=2) == 10
    assert free_at([0, 3], now=5, window=10, most=3) == 5
    assert free_at([], now=5, window=10, most=0) == 15
    assert oldest_leaves_at([0, 3], now=5, window=10) == 10
    assert oldest_leaves_at([0], now=10, window=10) == 0


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(1, 5), st.integers(1, 40))
def test_a_greedy_sender_never_passes_the_cap(steps, most, window):
    now, sent = 0, []
    for step in steps:
        now += step
        if used(sent, now=now, window=window) < most:
            sent.append(now)
    assert worst(sent, window=window) <= most


@given(instants, st.integers(0, 250), st.integers(1, 50), st.integers(1, 5))
def test_free_at_is_the_first_moment_an_act_keeps_to_the_cap(times, now, window, most):
    past = [one for one in times if one <= now]
    free = free_at(past, now=now, window=window, most=most)
    assert used(past, now=free, window=window) < most
    assert all(used(past, now=one, window=window) >= most for one in range(now, free))


@given(instants, st.integers(1, 50))
def test_worst_is_the_highest_count_of_any_window(times, window):
    assert worst(times, window=window) == max(
        (used(times, now=one, window=window) for one in range(260)), default=0
    )


rules = st.builds(
    BucketRule,
    capacity=st.integers(1, 20),
    refill_per_hour=st.integers(1, 100),
    slow_above_per_hour=st.integers(1, 100),
    slow_factor=st.integers(1, 10),
)
moves = st.lists(st.tuples(st.integers(-HOUR, 3 * HOUR), st.integers(0, 200), st.booleans()), max_size=30)


@given(rules, moves)
def test_a_bucket_stays_between_empty_and_full_and_gives_no_more_than_it_earned(rule, moves):
    bucket, now, given_out, start = full(rule, at=0), 0, 0, 0
    for step, per_hour, wants in moves:
        now += step
        bucket = refill(bucket, rule, now=now, per_hour=per_hour)
        assert 0 <= bucket.milli <= rule.capacity * TOKEN
        if wants and (taken := take(bucket)) is not None:
            bucket, given_out = taken, given_out + 1
    elapsed = max(bucket.at - start, 0)
    assert given_out <= rule.capacity + elapsed * rule.refill_per_hour // HOUR


@given(rules, st.integers(0, 5 * HOUR), st.integers(0, 5 * HOUR), st.integers(0, 200))
def test_refilling_in_two_steps_is_refilling_once(rule, first, second, per_hour):
    empty = Bucket(milli=0, at=0)
    once = refill(empty, rule, now=first + second, per_hour=per_hour)
    twice = refill(
        refill(empty, rule, now=first, per_hour=per_hour), rule, now=first + second, per_hour=per_hour
    )
    assert once == twice or twice.milli == once.milli == rule.capacity * TOKEN


@given(rules, st.integers(0, 3 * HOUR), st.integers(0, 200))
def test_refill_is_never_faster_in_a_peak(rule, elapsed, per_hour):
    empty = Bucket(milli=0, at=0)
    calm = refill(empty, rule, now=elapsed, per_hour=0)
    assert refill(empty, rule, now=elapsed, per_hour=per_hour).milli <= calm.milli


@given(rules, st.integers(0, TOKEN - 1), st.integers(0, 200))
def test_token_at_is_the_first_instant_with_a_token(rule, milli, per_hour):
    low = Bucket(milli=milli, at=1000)
    at = token_at(low, rule, per_hour=per_hour)
    assert take(refill(low, rule, now=at, per_hour=per_hour)) is not None
    assert take(refill(low, rule, now=at - 1, per_hour=per_hour)) is None


LIMITS = SpikeThresholds(per_hour=400, baseline_milli=4000, resume_percent=70)


def test_a_spike_starts_above_both_numbers_and_ends_at_seventy_percent():
    assert spike_threshold(50, LIMITS) == 400
    assert spike_threshold(200, LIMITS) == 800
    assert not next_pause(paused=False, per_hour=400, baseline=50, thresholds=LIMITS)
    assert next_pause(paused=False, per_hour=401, baseline=50, thresholds=LIMITS)
    assert next_pause(paused=True, per_hour=281, baseline=50, thresholds=LIMITS)
    assert not next_pause(paused=True, per_hour=280, baseline=50, thresholds=LIMITS)


@given(st.integers(0, 1000), st.integers(0, 300))
def test_a_pause_is_never_shorter_for_being_paused(per_hour, baseline):
    fresh = next_pause(paused=False, per_hour=per_hour, baseline=baseline, thresholds=LIMITS)
    assert next_pause(paused=True, per_hour=per_hour, baseline=baseline, thresholds=LIMITS) >= fresh
