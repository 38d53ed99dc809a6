"""The second opinion: a slower model that reads meaning, for the uncertain few and what is about to be answered.

It may raise a risk, so that a person looks; it never lowers one, never clears a mood, and never by itself carries a
text over the score from which a policy may hide. What was asked and what both said stands in the signals.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import structlog

from goodstanding.adapters.nlp import embed, kin
from goodstanding.adapters.nlp.classifier import Classifier
from goodstanding.adapters.nlp.heads import Heads
from goodstanding.adapters.nlp.heads import shipped as shipped_heads
from goodstanding.adapters.nlp.judging import HARMS
from goodstanding.adapters.nlp.lists import Lexicon
from goodstanding.adapters.nlp.lists import shipped as shipped_lexicon
from goodstanding.adapters.nlp.reading import Reader
from goodstanding.core.signals import Signals

log = structlog.get_logger("semantic")

SECONDS_A_MINUTE: Final = 6.0
"""Processor seconds that may be spent in a minute, unless set otherwise."""
RAISED_MOST = 700
"""Thousandths to which this opinion alone may raise a risk: enough for a person to look, not for hiding."""
FOREIGN_LEAST = 500
"""Thousandths from which a risk is told in a language where the fast path has no say."""
_TOLD_LEAST = 50
"""A risk that rises by less, and stays below every threshold, is not told: nothing follows from it."""
_LANGUAGE_SURE = 800
_INTENT_SURE = 850
_BAND = (150, 500)
"""What is uncertain reaches at least so far: above what may be answered, below what a person sees anyway."""
_NEAR_REPLY = 50
"""Thousandths of a risk from which a text is asked about when a reply to it is near."""
_HITS_MAX = 8
_KEPT_MAX = 5_000
_AUTOMATED = frozenset(("collab", "info", "link", "price", "product_question", "question", "thanks"))


class Budget:
    """Processor seconds by the minute, refilled as time goes by."""

    def __init__(
        self,
        seconds: float = SECONDS_A_MINUTE,
        *,
        now: Callable[[], float] = time.monotonic,
        spent: Callable[[], float] = time.thread_time,
    ) -> None:
        self.seconds = seconds
        self._now, self._spent = now, spent
        self._left, self._at = seconds, now()
        self._lock = threading.Lock()

    def is_open(self) -> bool:
        """Tell whether there is anything left to spend."""
        with self._lock:
            now = self._now()
            self._left = min(self.seconds, self._left + (now - self._at) * self.seconds / 60)
            self._at = now
            return self._left > 0

    def timed(self, work: Callable[[], None]) -> None:
        """Do some work of this thread at the budget's cost."""
        before = self._spent()
        try:
            work()
        finally:
            with self._lock:
                self._left -= self._spent() - before


class SecondOpinion:
    """Engine and heads together, with a memory of recent texts; shared among the languages of an installation."""

    def __init__(
        self,
        engine: embed.Embeds,
        heads: Heads | None = None,
        *,
        lexicon: Lexicon | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.heads = heads or shipped_heads()
        self.budget = budget or Budget()
        self.trouble = ""
        """Why the engine was given up while running; empty as long as it works."""
        self._engine = engine
        self._reader = Reader(lexicon or shipped_lexicon(), lambda _: 0, kin.shipped().groups)
        self._kept: dict[str, tuple[float, ...]] = {}
        self._lock = threading.Lock()

    @property
    def model(self) -> str:
        """Return heads and engine by name and digest."""
        return f"{self.heads.model}@{self._engine.name}+{embed.VERSION}"

    def scores(self, text: str, *, limited: bool) -> tuple[float, ...] | None:
        """Return the raw scores of a text; `None` when the budget is spent or the engine failed."""
        with self._lock:
            prepared = embed.plain(text, self._reader.read(text).tokens)
            known = self._kept.get(prepared)
            if known is not None:
                return known
            if self.trouble or (limited and not self.budget.is_open()):
                return None
            try:
                self.budget.timed(lambda: self._keep(prepared))
            except Exception as wrong:  # noqa: BLE001 - whatever a foreign engine does, the fast path goes on
                self.trouble = f"{type(wrong).__name__}: {wrong}"[:200]
                log.warning("semantic engine given up", why=self.trouble)
                return None
            return self._kept[prepared]

    def _keep(self, prepared: str) -> None:
        if len(self._kept) >= _KEPT_MAX:
            self._kept.clear()
        self._kept[prepared] = self.heads.scores(self._engine.vectors([prepared])[0])


class SemanticClassifier:
    """The fast path, with a second opinion where it counts."""

    def __init__(self, fast: Classifier, opinion: SecondOpinion) -> None:
        self.fast = fast
        self.opinion = opinion
        self._thresholds = fast.weights.header.thresholds

    @property
    def model(self) -> str:
        """Return the models that may have had a say; each text's signals name those that had."""
        return f"{self.fast.model}+{self.opinion.model}"

    def signals(self, texts: Sequence[str]) -> list[Signals]:
        """Return the signals of each text; a risk may be raised, nothing is lowered."""
        found = self.fast.signals(texts)
        asked = [at for at, one in enumerate(found) if self.is_worth_asking(one)]
        for at in sorted(asked, key=lambda at: -_worst(found[at])):  # while the budget lasts, the worst first
            found[at] = self._raised(texts[at], found[at])
        return found

    def closely(self, texts: Sequence[str]) -> list[Signals]:
        """Return for every text what both paths together hold most likely, higher or lower; no budget."""
        return [self._weighed(text, one) for text, one in zip(texts, self.fast.signals(texts), strict=True)]

    def is_worth_asking(self, found: Signals) -> bool:
        """Tell whether the fast path is uncertain of a risk, or a reply is near that it is not sure may be sent."""
        is_uncertain = False
        for head in HARMS:
            low, high = self._thresholds.get(head, {}).get(found.language, _BAND)
            milli = _harm(found, head) or 0
            if milli >= max(high, _BAND[1]):
                return False
            is_uncertain = is_uncertain or milli >= max(low, _BAND[0])
        return is_uncertain or (_is_reply_near(found) and (_worst(found) >= _NEAR_REPLY or _is_weak(found)))

    def _raised(self, text: str, found: Signals) -> Signals:
        scores = self.opinion.scores(text, limited=True)
        if scores is None:
            return found
        heads, language = self.opinion.heads, found.language
        harms: dict[str, int | None] = {}
        told: list[tuple[str, str]] = []
        for head in HARMS:
            fast = _harm(found, head)
            both = min(RAISED_MOST, heads.harm(head, scores, fast=fast, language=language))
            least = FOREIGN_LEAST if fast is None else fast + _TOLD_LEAST
            if both >= least:
                harms[head] = both
                told.append(("semantic", f"{head} {'-' if fast is None else fast} > {both}"))
        mood = found.sentiment_milli
        if mood is not None:
            mood = min(mood, heads.mood(scores, fast=mood, language=language))
        return _changed(
            found, harms, mood=mood, model=f"{found.model}+{self.opinion.model}",
            hits=(*found.hits[: _HITS_MAX - len(told)], *told),
        )  # fmt: skip

    def _weighed(self, text: str, found: Signals) -> Signals:
        scores = self.opinion.scores(text, limited=False)
        if scores is None:
            return found
        heads, language = self.opinion.heads, found.language
        harms: dict[str, int | None] = {}
        for head in HARMS:
            fast = _harm(found, head)
            both = heads.harm(head, scores, fast=fast, language=language)
            harms[head] = None if fast is None and both < FOREIGN_LEAST else both
        mood = found.sentiment_milli
        if mood is not None:
            mood = heads.mood(scores, fast=mood, language=language)
        return _changed(found, harms, mood=mood, model=f"{found.model}+{self.opinion.model}", hits=found.hits)


def opened(seconds: float = SECONDS_A_MINUTE) -> SecondOpinion:
    """Return the second opinion of this machine; raises `embed.Unusable` and `linear.ModelBrokenError`."""
    return SecondOpinion(embed.Engine.opened(), budget=Budget(seconds))


def _harm(found: Signals, head: str) -> int | None:
    milli: int | None = getattr(found, f"{head}_milli")
    return milli


def _worst(found: Signals) -> int:
    return max(_harm(found, head) or 0 for head in HARMS)


def _is_reply_near(found: Signals) -> bool:
    return any(name in _AUTOMATED and milli >= _INTENT_SURE for name, milli in found.intents)


def _is_weak(found: Signals) -> bool:
    """Tell whether the heads know little of the language, or the language is not sure."""
    return found.language_milli < _LANGUAGE_SURE or any(_harm(found, head) is None for head in HARMS)


def _changed(
    found: Signals,
    harms: dict[str, int | None],
    *,
    mood: int | None,
    model: str,
    hits: tuple[tuple[str, str], ...],
) -> Signals:
    changes = {f"{head}_milli": milli for head, milli in harms.items()}
    return msgspec.structs.replace(found, **changes, sentiment_milli=mood, model=model, hits=hits)
