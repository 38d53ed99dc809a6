"""Brand risk: harm, a complaint or an angry tone in a text that names one of the account's own brands (R47)."""

from collections.abc import Iterable, Sequence

from goodstanding.core.policy.vocabulary import words_of
from goodstanding.core.signals import Signals

TAG = "brand_risk"
TERMS_MAX = 100
TERM_LENGTH_MAX = 60
HARM_MILLI_MIN = 500
"""From here the text does harm more likely than not."""
ANGER_MILLI_MAX = -500

_HARMS = ("threat", "hate", "abuse", "sexual", "spam")
"""Gravest first: the first that holds is told."""


def cleaned(given: Iterable[str]) -> tuple[str, ...]:
    """Return brand terms as they are kept: without doubles by spelling, without those that hold no word."""
    kept: dict[str, str] = {}
    for one in given:
        plain = " ".join(one.split())[:TERM_LENGTH_MAX].strip()
        if words_of(plain):
            kept.setdefault(" ".join(words_of(plain)), plain)
    return tuple(kept.values())[:TERMS_MAX]


class Brands:
    """The brand terms of one account, ready to be looked for as whole words."""

    def __init__(self, terms: Sequence[str]) -> None:
        self._terms = tuple((f" {' '.join(words_of(term))} ", term) for term in cleaned(terms))

    def named(self, text: str) -> str:
        """Return the first of the terms that stands in the text; empty if none does."""
        if not self._terms:
            return ""
        line = f" {' '.join(words_of(text))} "
        return next((term for wanted, term in self._terms if wanted in line), "")

    def risk(self, text: str | None, signals: Signals | None) -> tuple[str, str] | None:
        """Return (term, why) when a text that names a brand is a risk to it. Heads that abstain say nothing."""
        if text is None or signals is None or not self._terms:
            return None
        why = _why(signals)
        term = self.named(text) if why else ""
        return (term, why) if term else None


def _why(signals: Signals) -> str:
    for head in _HARMS:
        if (getattr(signals, f"{head}_milli") or 0) >= HARM_MILLI_MIN:
            return head
    if any(name == "complaint" and milli >= HARM_MILLI_MIN for name, milli in signals.intents):
        return "complaint"
    mood = signals.sentiment_milli
    return "sentiment" if mood is not None and mood <= ANGER_MILLI_MAX else ""
