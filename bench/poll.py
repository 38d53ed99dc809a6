"""One round of reading 500 accounts: does the plan keep to what the app may call, and how long does a round take?

    python -m bench.poll [--accounts N] [--posts N] [--hours N] [--json]

The real plan (`core.polling`) and the real limits (`core.calling`) run on a virtual clock; only the answers are
imagined: a look costs so many calls. The platform's own limits are counted apart, from the times of the calls.
"""

import argparse
import heapq
import random
from bisect import bisect_right
from collections import Counter, defaultdict

from bench.measuring import START, Bar, number, show
from goodstanding.adapters.tiktok.limits import call_limits
from goodstanding.core import polling
from goodstanding.core.calling import CallLimits, Calls
from goodstanding.core.polling import Post
from goodstanding.kernel.timing import DAY, HOUR, MINUTE, SECOND
from goodstanding.usecases.reading_rules import reading_rules

COMMENTS, LIST = "/business/comment/list/", "/business/video/list/"


def worst(times: list[int], span: int) -> int:
    """Return the most calls in any stretch of this length (times sorted)."""
    return max((bisect_right(times, time + span - 1) - place for place, time in enumerate(times)), default=0)


def posts_of(count: int, chance: random.Random) -> list[Post]:
    """Return an account's posts: two a week, the youngest talked about."""
    made = []
    for place in range(count):
        published = START - int((place * 3.5 + chance.random() * 3) * DAY)
        silence = 20 * MINUTE if place == 0 else 2 * DAY * (place + 1)
        newest = START - int(chance.expovariate(1 / silence))
        made.append(
            Post(
                published_at=published,
                newest_at=max(newest, published),
                swept_until=START - chance.randrange(6 * HOUR),
            )
        )
    return made


class Round:
    """The reader on a virtual clock."""

    def __init__(self, accounts: int, posts: int, limits: CallLimits) -> None:
        chance = random.Random(500)
        self.rules = reading_rules().looks
        self.limits, self.calls = limits, Calls(limits)
        self.now = START
        self.made: list[tuple[int, int, str]] = []
        self.looks: list[tuple[int, int, int, Post | None]] = []
        self.posts = {number: posts_of(posts, chance) for number in range(1, accounts + 1)}
        wanted = sum(self._demand(one) for one in self.posts.values())
        self.wanted = wanted // polling.ONE
        self.budget = limits.reading_per_hour(COMMENTS)
        self.stretch = polling.stretch_of(self.wanted, self.budget)
        serial = 0
        for account, mine in self.posts.items():
            for post in (None, *mine):
                serial += 1
                heapq.heappush(self.looks, (START, serial, account, post))

    def _demand(self, posts: list[Post]) -> int:
        listing = HOUR * polling.ONE // (self.rules.listing_minutes * MINUTE)
        return listing + sum(polling.calls_per_hour(self.rules, one, START) for one in posts)

    def run(self, until: int) -> int:
        """Work until a moment; returns when the first look at everything was done. What must wait lets others go first."""
        fresh = set(range(1, len(self.looks) + 1))
        first_round = 0
        while self.looks and self.looks[0][0] < until and self.now < until:
            due, serial, account, post = heapq.heappop(self.looks)
            self.now = max(self.now, due)
            endpoint = LIST if post is None else COMMENTS
            wait = self.calls.take(account, endpoint, now=self.now, urgent=False)
            if 0 < wait <= SECOND:  # nobody may call in this second
                self.now += wait
            if wait:
                heapq.heappush(
                    self.looks, (self.now if wait <= SECOND else self.now + wait, serial, account, post)
                )
                continue
            self.made.append((self.now, account, endpoint))
            heapq.heappush(self.looks, (self.now + self._span(post), serial, account, post))
            fresh.discard(serial)
            if not fresh and not first_round:
                first_round = self.now
        return first_round

    def _span(self, post: Post | None) -> int:
        if post is None:
            return self.rules.listing_minutes * MINUTE * self.stretch // polling.ONE
        return polling.interval(self.rules, post, self.now, stretch=self.stretch)


def _bar(what: str, needed: float, measured: float, *, unit: str = "calls") -> Bar:
    return Bar(what=what, needed=needed, measured=measured, unit=unit, better="less")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=500)
    parser.add_argument("--posts", type=int, default=20)
    parser.add_argument("--hours", type=int, default=4)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    limits = call_limits()
    plan = Round(given.accounts, given.posts, limits)
    done = plan.run(START + given.hours * HOUR)
    times = [time for time, _, _ in plan.made]
    by_key: dict[tuple[int, str], list[int]] = defaultdict(list)
    for time, account, endpoint in plan.made:
        by_key[account, endpoint].append(time)
    second, minute = worst(times, SECOND), worst(times, MINUTE)
    each = max(worst(sorted(one), MINUTE) for one in by_key.values())
    tiers = Counter(
        polling.tier(plan.rules, post, START).every_minutes for mine in plan.posts.values() for post in mine
    )
    who = f"reading {given.accounts} accounts"
    minutes = (done - START) / MINUTE if done else 10.0**6
    bars = [
        _bar(f"{who}, most calls in a second", limits.per_second, second),
        _bar(f"{who}, most calls in a minute", limits.per_minute, minute),
        _bar("most calls in a minute of one account and endpoint", limits.account_endpoint_per_minute, each),
        _bar("first round over all posts", 60, round(minutes, 1), unit="minutes"),
    ]
    an_hour = len(times) // max(1, given.hours)
    looks = given.accounts * (given.posts + 1)
    notes = [
        f"{given.accounts} accounts with {given.posts} posts each; one app at its lowest level",
        *(f"{number(count)} posts wanted every {every} minutes" for every, count in sorted(tiers.items())),
        f"wanted {number(plan.wanted)} calls an hour of {number(plan.budget)}: stretched {plan.stretch / 1000:.2f} times",
        f"made {number(len(times))} calls in {given.hours} virtual hours, {number(an_hour)} an hour",
        f"a round over all {number(looks)} looks took {minutes:.1f} minutes"
        if done
        else "no round was finished",
    ]
    return show(bars, as_json=given.json, notes=notes)


if __name__ == "__main__":
    raise SystemExit(main())
