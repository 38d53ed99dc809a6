"""What two thresholds mean in work: how many comments a day lie below both, between them, and above both.

Reckoned from the comments of the last 30 days that are kept, read again by today's model.
"""

from collections.abc import Sequence

import msgspec

from goodstanding.core.policy.document import Policy
from goodstanding.core.policy.text_conditions import ScoreAtLeast
from goodstanding.core.policy.vocabulary import HEADS
from goodstanding.core.signals import Signals
from goodstanding.kernel.timing import DAY
from goodstanding.usecases.context import Context
from goodstanding.usecases.facts import SLOT
from goodstanding.usecases.ports import Account, Queries
from goodstanding.usecases.reads import PageReads

DAYS = 30
SAMPLE_MAX = 5_000
"""Comments read again, the newest first; more would keep whoever looks waiting and say nothing new."""
_PAGE = 1_000


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """The two thresholds of one head, in thousandths, and how many comments lie where."""

    head: str
    below: int
    """An automatic answer needs less than this."""
    above: int | None
    """From here the policy hides; `None` when none of its rules does."""
    listed: bool
    """Hiding asks for a listed word too."""
    automatic: int = 0
    person: int = 0
    act: int = 0
    silent: int = 0
    """Comments on which the head abstains."""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What the thresholds of a policy would do."""

    bands: tuple[Band, ...]
    automatic: int
    """Comments below all lower thresholds."""
    person: int
    """Comments between, or that nothing here reads."""
    act: int
    """Comments above an upper threshold, with the listed word that hiding asks for."""
    read: int
    """Comments read again."""
    stored: int
    """Comments of the last 30 days, counted as they came."""
    days: int
    """Days since the first of them, at most 30."""

    def a_day(self, count: int) -> float:
        """Return how many comments a day `count` of those read again stand for."""
        return count / self.read * self.stored / self.days if self.read else 0.0


def bands(policy: Policy) -> tuple[Band, ...]:
    """Return the two thresholds of every risk as a policy has them."""
    found = []
    for head in HEADS:
        hiding = [
            one
            for rule in policy.rules
            if rule.enabled and rule.then == "hide"
            for one in rule.when
            if isinstance(one, ScoreAtLeast) and one.head in (head, "worst")
        ]
        least = min(hiding, key=lambda one: one.milli, default=None)
        found.append(
            Band(
                head=head,
                below=getattr(policy.gates, f"{head}_milli_below"),
                above=least.milli if least else None,
                listed=least is not None and least.hit == "listed",
            )
        )
    return tuple(found)


def texts(reads: PageReads, q: Queries, account: Account, now: int) -> list[str]:
    """Return the texts of the newest kept comments of the last 30 days, at most `SAMPLE_MAX`."""
    found: list[str] = []
    before, since = 2**53, now - DAYS * DAY
    while len(found) < SAMPLE_MAX:
        rows = reads.decided(q, outcome="", before=before, limit=_PAGE)
        events = reads.events(q, [row.event_id for row in rows])
        fresh = [one for one in events.values() if one.received_at > since]
        found += [
            one.text for one in fresh if one.account_id == account.id and one.kind == "comment" and one.text
        ]
        if len(rows) < _PAGE or not fresh:
            break
        before = rows[-1].event_id
    return found[:SAMPLE_MAX]


def expected(ctx: Context, q: Queries, account: Account, policy: Policy, kept: Sequence[str]) -> Expected:
    """Return what a policy's thresholds make of these comments of an account."""
    now = ctx.clock.now()
    slots = q.volumes(account.id, (now - DAYS * DAY) // SLOT)
    first = min((row.slot * SLOT for row in slots), default=now)
    classifier = ctx.homes.get(account.language, ctx.classifier)
    read = classifier.signals(kept) if kept else []
    lines = bands(policy)
    places = [[_place(one, line) for line in lines] for one in read]
    counted = tuple(
        msgspec.structs.replace(
            line,
            automatic=sum(row[at] == "automatic" for row in places),
            person=sum(row[at] == "person" for row in places),
            act=sum(row[at] == "act" for row in places),
            silent=sum(row[at] == "silent" for row in places),
        )
        for at, line in enumerate(lines)
    )
    act = sum("act" in row for row in places)
    free = sum(all(one == "automatic" for one in row) for row in places)
    return Expected(
        bands=counted,
        automatic=free,
        person=len(places) - act - free,
        act=act,
        read=len(places),
        stored=max(len(places), sum(row.comments for row in slots)),
        days=min(DAYS, max(1, -(-(now - first) // DAY))),
    )


def _place(signals: Signals, line: Band) -> str:
    """Return where a comment lies between the thresholds of one head."""
    milli = getattr(signals, f"{line.head}_milli")
    if milli is None:
        return "silent"
    if milli < line.below:
        return "automatic"
    if line.above is not None and milli >= line.above:
        listed = any(head == line.head for head, _ in signals.hits)
        return "act" if listed or not line.listed else "person"
    return "person"
