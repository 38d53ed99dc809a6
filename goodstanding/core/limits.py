"""Arithmetic of limits: exact rolling windows, a token bucket in whole numbers, the pause in a spike. All pure."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from goodstanding.kernel.timing import HOUR

TOKEN = 1000
"""One token, in thousandths."""


def used(times: Iterable[int], *, now: int, window: int) -> int:
    """Count the acts in the half-open window (now - window, now]; times in milliseconds, any order."""
    return sum(now - window < time <= now for time in times)


def free_at(times: Iterable[int], *, now: int, window: int, most: int) -> int:
    """Return the first moment from `now` at which one more act keeps to `most` in every window, if no act is added.

    With `most` 0 there is no such moment and the answer is `now + window`, the earliest it is worth asking again.
    Acts after `now` (planned ones) count as well.
    """
    if most <= 0:
        return now + window
    standing = sorted(time for time in times if time > now - window)
    if len(standing) < most:
        return now
    return max(now, standing[-most] + window)


def oldest_leaves_at(times: Iterable[int], *, now: int, window: int) -> int:
    """Return when the oldest act in (now - window, now] leaves it; 0 if none is in it (`CounterFact.free_at`)."""
    return min((time + window for time in times if now - window < time <= now), default=0)


def worst(times: Sequence[int], *, window: int) -> int:
    """Return the highest count in any half-open window of this length: the promise, checked from outside."""
    ordered = sorted(times)
    return max(
        (bisect_right(ordered, time + window - 1) - place for place, time in enumerate(ordered)), default=0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketRule:
    """How a bucket fills: tokens an hour, fewer while comments come in faster than `slow_above_per_hour`."""

    capacity: int
    refill_per_hour: int
    slow_above_per_hour: int
    slow_factor: int

    def __post_init__(self) -> None:
        assert min(self.capacity, self.refill_per_hour, self.slow_factor) >= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Tokens of one account: thousandths at an instant, and the part of a thousandth already earned (in ms parts)."""

    milli: int
    at: int
    remainder: int = 0


def full(rule: BucketRule, *, at: int) -> Bucket:
    """Return a full bucket."""
    return Bucket(milli=rule.capacity * TOKEN, at=at)


def _per_hour_milli(rule: BucketRule, per_hour: int) -> int:
    """Thousandths of a token earned in an hour at this volume, at least one."""
    speed = rule.refill_per_hour * TOKEN
    return max(1, speed // rule.slow_factor) if per_hour > rule.slow_above_per_hour else speed


def refill(bucket: Bucket, rule: BucketRule, *, now: int, per_hour: int) -> Bucket:
    """Return the bucket at `now`; slower in a peak, never above capacity, and never emptier for a clock set back."""
    if now <= bucket.at:
        return bucket
    earned = (now - bucket.at) * _per_hour_milli(rule, per_hour) + bucket.remainder
    milli = bucket.milli + earned // HOUR
    if milli >= rule.capacity * TOKEN:
        return Bucket(milli=rule.capacity * TOKEN, at=now)
    return Bucket(milli=milli, at=now, remainder=earned % HOUR)


def take(bucket: Bucket) -> Bucket | None:
    """Return the bucket with one token less, or `None` if it holds no whole token."""
    if bucket.milli < TOKEN:
        return None
    return Bucket(milli=bucket.milli - TOKEN, at=bucket.at, remainder=bucket.remainder)


def token_at(bucket: Bucket, rule: BucketRule, *, per_hour: int) -> int:
    """Return the first instant at which one whole token is there, at this volume (`AccountFacts.bucket_free_at`)."""
    if bucket.milli >= TOKEN:
        return bucket.at
    lacking = (TOKEN - bucket.milli) * HOUR - bucket.remainder
    return bucket.at - (-lacking // _per_hour_milli(rule, per_hour))


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikeThresholds:
    """When comment volume is a spike: above both numbers; over when it is under a part of that."""

    per_hour: int
    baseline_milli: int
    resume_percent: int


def spike_threshold(baseline: int, thresholds: SpikeThresholds) -> int:
    """Return the volume an hour above which automation rests, given the usual volume."""
    return max(thresholds.per_hour, baseline * thresholds.baseline_milli // 1000)


def next_pause(*, paused: bool, per_hour: int, baseline: int, thresholds: SpikeThresholds) -> bool:
    """Tell whether automation rests now: starts above the threshold, ends at or below its resume part."""
    threshold = spike_threshold(baseline, thresholds)
    if paused:
        return per_hour * 100 > threshold * thresholds.resume_percent
    return per_hour > threshold
