"""When a post is looked at again: young and talked-about posts often, old ones seldom, all within one budget."""

from dataclasses import dataclass

from goodstanding.kernel.timing import HOUR, MINUTE

ONE = 1_000
"""A stretch of one, in thousandths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """How often posts up to an age are read; 0 hours: any age."""

    younger_than_hours: int
    every_minutes: int
    everything_every_hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LookRules:
    """The dated numbers of reading; see `playbooks/platform/reading-*.toml`."""

    overlap_minutes: int
    history_hours: int
    listing_minutes: int
    calls_in_a_look: int
    failure_minutes: int
    failure_minutes_max: int
    talked_about_minutes: int
    talked_about_every_minutes: int
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What the plan needs to know of a post. All instants are UTC milliseconds, 0 for never."""

    published_at: int
    newest_at: int
    """When its newest comment was written."""
    swept_until: int
    """When everything, replies too, was last read."""


def tier(rules: LookRules, post: Post, now: int) -> Tier:
    """Return the tier of a post's age; the last one fits all."""
    age = now - post.published_at
    fits = (one for one in rules.tiers if age < one.younger_than_hours * HOUR)
    return next(fits, rules.tiers[-1])


def interval(rules: LookRules, post: Post, now: int, *, stretch: int = ONE) -> int:
    """Return how long after a look the newest comments are read again (milliseconds)."""
    every = tier(rules, post, now).every_minutes
    if post.newest_at and now - post.newest_at < rules.talked_about_minutes * MINUTE:
        every = min(every, rules.talked_about_every_minutes)
    return every * MINUTE * stretch // ONE


def is_sweep_due(rules: LookRules, post: Post, now: int, *, stretch: int = ONE) -> bool:
    """Tell whether the next look reads everything, replies too."""
    every = tier(rules, post, now).everything_every_hours * HOUR * stretch // ONE
    return now - post.swept_until >= every


def after_failure(rules: LookRules, failures: int) -> int:
    """Return how long to wait after so many failures in a row (milliseconds)."""
    minutes = rules.failure_minutes << min(failures, 20)
    return min(minutes, rules.failure_minutes_max) * MINUTE


def stretch_of(calls_per_hour: int, budget_per_hour: int) -> int:
    """Return how much all intervals are stretched so that the plan fits its budget (thousandths, at least `ONE`)."""
    return max(ONE, -(-calls_per_hour * ONE // max(1, budget_per_hour)))


def calls_per_hour(rules: LookRules, post: Post, now: int, *, calls_in_a_sweep: int = 1) -> int:
    """Return how many calls an hour a post takes, in thousandths, unstretched."""
    top = HOUR * ONE // interval(rules, post, now)
    sweep = ONE * calls_in_a_sweep // tier(rules, post, now).everything_every_hours
    return top + sweep
