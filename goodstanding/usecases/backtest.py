"""What a policy would have done with comments from a file: each judged alone, nothing stored, nothing sent.

No account is connected, so whatever depends on an account's history plays no part: limits, pace, quiet
hours, peaks and repeats (`NOT_APPLIED`). Each comment is a fresh public one under an own video, by a person who
never got anything yet. The same file under the same policy gives the same result, byte for byte.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import get_args

import msgspec

from goodstanding.core.policy.compile import CompiledPolicy
from goodstanding.core.policy.decide import decide
from goodstanding.core.policy.model import (
    AccountFacts,
    CommentFacts,
    ContactFacts,
    CounterFact,
    Decision,
    Facts,
    FreezeFacts,
    Outcome,
    VolumeFacts,
    WordingFact,
)
from goodstanding.core.signals import Signals
from goodstanding.kernel.problems import Problem
from goodstanding.kernel.reasons import Code
from goodstanding.usecases.ports import Classifier

JUDGED = "one_by_one"
"""How comments are judged here, as scripts read it."""
NOT_APPLIED = ("limits", "pace", "quiet_hours", "peaks", "repeats")
"""What depends on an account's history and is therefore left out."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
EXAMPLE_LENGTH_MAX = 300
"""Characters of a comment that an example keeps."""
PROBLEMS_KEPT = 1_000
"""Broken rows kept in the result; all of them are counted and told to `on_problem`."""

_NOW = 1_788_955_200_000
"""A Wednesday, 12:00 UTC: any fixed moment would do, as nothing here depends on the time."""
_NOON, _WEDNESDAY = 720, 2
_TOKENS = 1_000_000
_ACCOUNT = 1
_WAITS = frozenset((Code.DELAY, Code.QUIET_HOURS))
"""Reasons that only move the time of sending, which is not judged here."""
_REMEMBERED = 20_000


class Comment(msgspec.Struct, frozen=True, gc=False):
    """One comment of the file."""

    row: int
    """Number among the rows of the file, broken ones included, from 1."""
    text: str
    at: int | None
    """When it was written (milliseconds), if the file says so beyond doubt."""


class BrokenRow(msgspec.Struct, frozen=True, gc=False):
    """A row that could not be read: which, where, and what is wrong with it."""

    row: int
    problem: Problem


Batch = Sequence[Comment | BrokenRow]


class Example(msgspec.Struct, frozen=True, gc=False):
    """A comment that shows what a count stands for; the text is cut at `EXAMPLE_LENGTH_MAX`."""

    row: int
    text: str


class Tally(msgspec.Struct, kw_only=True):
    """What one policy does with the file."""

    total: int = 0
    outcomes: Counter[str] = msgspec.field(default_factory=Counter)
    reasons: Counter[str] = msgspec.field(default_factory=Counter)
    """Reason code -> comments that have it (a comment can have several)."""
    rules: Counter[str] = msgspec.field(default_factory=Counter)
    """Rule -> comments it won."""
    details: dict[str, Counter[str]] = msgspec.field(default_factory=dict)
    """Outcome -> reason (`RULE:rid` for a rule) -> comments."""
    examples: dict[str, dict[str, list[Example]]] = msgspec.field(default_factory=dict)
    """The first comments of each of `details`."""

    @property
    def left(self) -> int:
        """Comments that nothing visible happens to, labelled ones included."""
        return self.outcomes["none"] + self.outcomes["label"]


class Difference(msgspec.Struct, kw_only=True):
    """Where another policy decides otherwise."""

    changed: int = 0
    moves: Counter[str] = msgspec.field(default_factory=Counter)
    """`before>after` -> comments."""
    examples: dict[str, list[Example]] = msgspec.field(default_factory=dict)


class Result(msgspec.Struct, kw_only=True):
    """All that a back-test found."""

    policy: CompiledPolicy
    tally: Tally
    against: CompiledPolicy | None = None
    other: Tally | None = None
    difference: Difference | None = None
    model: str = ""
    broken: int = 0
    problems: list[BrokenRow] = []
    """The first `PROBLEMS_KEPT`."""
    by_problem: Counter[str] = msgspec.field(default_factory=Counter)
    first_at: int | None = None
    last_at: int | None = None
    dated: int = 0


class Judge:
    """Decides single comments under one policy."""

    def __init__(self, policy: CompiledPolicy) -> None:
        self._policy = policy
        self._needs_text = policy.comment.needs_text
        self._counters = tuple(CounterFact(name=spec.name, used=0, free_at=0) for spec in policy.counters)
        self._wordings: dict[str, tuple[WordingFact, ...]] = {}
        self._known: dict[tuple[Signals, str], Verdict] = {}

    def verdict(self, row: int, text: str, signals: Signals) -> "Verdict":
        """Return what becomes of the comment.

        All facts but the row's number follow from the signals (and the text, where a rule reads it), and the
        number only chooses wording and time; so what was decided before is remembered.
        """
        key = (signals, text if self._needs_text else "")
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[key] = verdict_of(decide(self._policy, self.facts(row, signals), text))
        return known

    def facts(self, row: int, signals: Signals) -> Facts:
        """Return what is known of a comment that stands on its own."""
        wordings = self._wordings.get(signals.language)
        if wordings is None:
            wordings = self._wordings[signals.language] = self._unused(signals.language)
        return Facts(
            event=row,
            kind="comment",
            now=_NOW,
            minute=_NOON,
            weekday=_WEDNESDAY,
            chance=chance_of(row),
            clock_sure=True,
            account=_SOME_ACCOUNT,
            contact=_SOMEBODY,
            comment=_FRESH,
            signals=signals,
            freeze=_NOT_FROZEN,
            counters=self._counters,
            volume=_QUIET,
            wording=wordings,
        )

    def _unused(self, language: str) -> tuple[WordingFact, ...]:
        return tuple(
            WordingFact(
                template=template, variant=variant, language=language, similar_video=0, similar_recent=0
            )
            for template, variant, _ in self._policy.usable(
                "comment", can_message=_SOME_ACCOUNT.can_message, language=language
            )
        )


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """A decision without its trace."""

    outcome: Outcome
    rule: str
    codes: tuple[str, ...]
    """Reason codes, each once."""
    details: tuple[str, ...]
    """The same, with the rule's id in place of the bare code."""
    tail: bytes
    """The end of the line in the result file."""


def verdict_of(decision: Decision) -> Verdict:
    """Return the decision as it is counted and written."""
    reasons = [one for one in decision.reasons if one.code not in _WAITS]
    codes = tuple(dict.fromkeys([str(one.code) for one in reasons]))
    details = tuple(
        dict.fromkeys(
            [f"RULE:{one.fields['rid']}" if one.code == Code.RULE else str(one.code) for one in reasons]
        )
    )
    shown = {"outcome": decision.outcome, "reasons": codes, "rule": decision.rule}
    return Verdict(decision.outcome, decision.rule, codes, details, b"," + msgspec.json.encode(shown)[1:-1])


def chance_of(row: int) -> int:
    """Return the fixed chance of a row, 0 to 2**32-1."""
    return int.from_bytes(hashlib.blake2b(row.to_bytes(8, "big"), digest_size=4).digest(), "big")


_SOME_ACCOUNT = AccountFacts(
    id=_ACCOUNT,
    mode="sandbox",
    killed=False,
    can_reply=True,
    can_hide=True,
    can_message=True,
    bucket_milli=_TOKENS,
    bucket_free_at=0,
)
_SOMEBODY = ContactFacts(
    ref=0, suppressed=False, answer="given", marketing="absent", wrote_at=None, labels=(), holdout=False
)
_FRESH = CommentFacts(
    public=True, own=False, reply=False, answered=False, at=_NOW, video="", video_class="unknown"
)
_NOT_FROZEN = FreezeFacts(sends=False, promotion=False, epoch=0)
_QUIET = VolumeFacts(per_hour=0, baseline=0, paused=False)


def backtest(
    batches: Iterable[Batch],
    *,
    policy: CompiledPolicy,
    classifier: Classifier,
    against: CompiledPolicy | None = None,
    examples: int = 3,
    on_lines: Callable[[bytes], object] | None = None,
    on_problem: Callable[[BrokenRow], object] | None = None,
) -> Result:
    """Judge every comment in `batches` and return the counts, with at most `examples` comments of each kind.

    `on_lines` gets one JSON line for each comment, a batch at a time; `on_problem` each broken row. Memory
    does not grow with the number of comments. Raises what the reader raises.
    """
    result = Result(policy=policy, tally=Tally(), against=against, model=classifier.model)
    judge = Judge(policy)
    other = None if against is None else Judge(against)
    if other is not None:
        result.other, result.difference = Tally(), Difference()
    for batch in batches:
        comments = _without_broken(batch, result, on_problem)
        found = classifier.signals([one.text for one in comments])
        verdicts = [judge.verdict(c.row, c.text, s) for c, s in zip(comments, found, strict=True)]
        _count(result.tally, comments, verdicts, examples)
        others: list[Verdict] | None = None
        if other is not None and result.other is not None and result.difference is not None:
            others = [other.verdict(c.row, c.text, s) for c, s in zip(comments, found, strict=True)]
            _count(result.other, comments, others, examples)
            _compare(result.difference, comments, verdicts, others, examples)
        if on_lines is not None:
            on_lines(_lines(comments, verdicts, others))
        _span(result, comments)
    return result


def _without_broken(
    batch: Batch, result: Result, on_problem: Callable[[BrokenRow], object] | None
) -> list[Comment]:
    comments = [one for one in batch if one.__class__ is Comment]
    if len(comments) != len(batch):
        for one in batch:
            if isinstance(one, BrokenRow):
                result.broken += 1
                result.by_problem[one.problem.code] += 1
                if len(result.problems) < PROBLEMS_KEPT:
                    result.problems.append(one)
                if on_problem is not None:
                    on_problem(one)
    return comments


def _count(tally: Tally, comments: list[Comment], verdicts: list[Verdict], most: int) -> None:
    tally.total += len(verdicts)
    outcomes, reasons, rules, details = tally.outcomes, tally.reasons, tally.rules, tally.details
    for comment, verdict in zip(comments, verdicts, strict=True):
        outcome = verdict.outcome
        outcomes[outcome] += 1
        for code in verdict.codes:
            reasons[code] += 1
        if verdict.rule:
            rules[verdict.rule] += 1
        counted = details.get(outcome)
        if counted is None:
            counted, tally.examples[outcome] = details.setdefault(outcome, Counter()), {}
        for detail in verdict.details:
            counted[detail] += 1
            if counted[detail] <= most:
                tally.examples[outcome].setdefault(detail, []).append(_example(comment))


def _compare(
    difference: Difference, comments: list[Comment], before: list[Verdict], after: list[Verdict], most: int
) -> None:
    for comment, one, other in zip(comments, before, after, strict=True):
        if one.outcome != other.outcome:
            name = f"{one.outcome}>{other.outcome}"
            difference.changed += 1
            difference.moves[name] += 1
            if difference.moves[name] <= most:
                difference.examples.setdefault(name, []).append(_example(comment))


def _example(comment: Comment) -> Example:
    return Example(comment.row, comment.text[:EXAMPLE_LENGTH_MAX])


def _lines(comments: list[Comment], verdicts: list[Verdict], others: list[Verdict] | None) -> bytes:
    if others is None:
        lines = [b'{"row":%d%b}\n' % (c.row, v.tail) for c, v in zip(comments, verdicts, strict=True)]
    else:
        lines = [
            b'{"row":%d%b,"against":"%b"}\n' % (c.row, v.tail, o.outcome.encode())
            for c, v, o in zip(comments, verdicts, others, strict=True)
        ]
    return b"".join(lines)


def _span(result: Result, comments: list[Comment]) -> None:
    times = [one.at for one in comments if one.at is not None]
    if times:
        result.dated += len(times)
        first, last = min(times), max(times)
        result.first_at = first if result.first_at is None else min(first, result.first_at)
        result.last_at = last if result.last_at is None else max(last, result.last_at)
