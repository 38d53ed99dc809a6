"""What can be said of a text, head by head: the answers, and which of them a model's findings amount to."""

from typing import Literal

import msgspec

from goodstanding.core.signals import Signals

HARMS = ("abuse", "hate", "threat", "sexual", "spam")
INTENTS = (
    *("price", "link", "product_question", "question", "info"),
    *("collab", "complaint", "thanks", "minor", "crisis"),
)
YES, NO = "yes", "no"
MOODS = ("negative", "neutral", "positive")
LANGUAGES = ("nl", "en", "de", "fr", "es", "it", "pt", "pl", "ar")
"""Languages a person can name; a model may know more."""
HEADS = (*HARMS, "sentiment", "lang", *INTENTS)

SURE_MILLI = 500
"""From this probability on a model says yes."""
MOOD_MILLI = 200
"""Sentiment nearer to zero than this is neutral."""
SUSPECT_MILLI = 100

Source = Literal["said", "hide", "keep"]
"""How a correction came: somebody said so, hid what was left, or kept what was hidden."""


class Labelled(msgspec.Struct, frozen=True, kw_only=True):
    """A text with the answers a person gave."""

    text: str
    labels: dict[str, str]
    """Head -> answer, one of `answers(head)`."""
    lang: str = ""
    author: str = ""
    """Whoever wrote it, as a name without meaning: all of one author's texts are learnt from, or none."""


def answers(head: str) -> tuple[str, ...]:
    """Return what can be said of a head; empty for a head that is not known."""
    if head == "sentiment":
        return MOODS
    if head == "lang":
        return LANGUAGES
    return (YES, NO) if head in HEADS else ()


def milli(signals: Signals, head: str) -> int | None:
    """Return how likely a yes is, in thousandths; `None` when the model abstained or the head is no yes-or-no."""
    if head in HARMS:
        found: int | None = getattr(signals, f"{head}_milli")
        return found
    if head in INTENTS:
        return dict(signals.intents).get(head, 0)
    return None


def found(signals: Signals | None, head: str) -> str:
    """Return the answer a model's findings amount to; empty when it abstained."""
    if signals is None:
        return ""
    if head == "sentiment":
        mood = signals.sentiment_milli
        return "" if mood is None else MOODS[1 + (mood >= MOOD_MILLI) - (mood <= -MOOD_MILLI)]
    if head == "lang":
        return "" if signals.language == "und" else signals.language
    likely = milli(signals, head)
    return "" if likely is None else YES if likely >= SURE_MILLI else NO


def contradicted(signals: Signals, *, hidden: bool) -> tuple[tuple[str, str], ...]:
    """Return the (head, answer) that a person says by hiding a comment (`hidden`) or by keeping a hidden one.

    Keeping says no to every harm the model was sure of; where it was sure of none, a rule hid it, and the model was
    right. Hiding says yes to the harm it suspected most, to abuse when it suspected none; nothing when it was sure.
    """
    sure = [head for head in HARMS if found(signals, head) == YES]
    if not hidden:
        return tuple((head, NO) for head in sure)
    if sure:
        return ()
    likely = {head: milli(signals, head) or 0 for head in HARMS}
    top = max(HARMS, key=lambda head: likely[head])
    return ((top if likely[top] >= SUSPECT_MILLI else "abuse", YES),)
