"""Findings by rule: wishes of the viewer, exact answers, and kinds of thing in a text."""

import unicodedata
from collections.abc import Iterable, Mapping

from goodstanding.adapters.nlp.lists import Phrase
from goodstanding.core.signals import Answer

INTENTS = frozenset(
    ("price", "link", "info", "product_question", "question", "collab", "complaint", "thanks", "minor", "crisis")
)
CONTAINED = ("email", "handle", "iban", "phone", "price", "url")
_ANSWERS: dict[str, Answer] = {"yes": "yes", "no": "no", "stop": "stop"}


def strongest(matched: Iterable[Phrase]) -> dict[str, int]:
    """Return the highest score per head; a matched phrase of score 0 takes its head away."""
    found: dict[str, int] = {}
    vetoed: set[str] = set()
    for phrase in matched:
        if phrase.milli == 0:
            vetoed.add(phrase.head)
        elif phrase.milli > found.get(phrase.head, 0):
            found[phrase.head] = phrase.milli
    for head in vetoed:
        found.pop(head, None)
    return found


def intents(scores: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Return the wishes among `scores`, sorted by name."""
    return tuple(sorted((head, milli) for head, milli in scores.items() if head in INTENTS))


def answer(text: str, *, exact: Mapping[str, str], scores: Mapping[str, int]) -> Answer | None:
    """Return what the whole text answers, by exact list only; a request to stop also counts inside a sentence.

    Hedges (`ja maar`), negations and emoji (`ja hoor` with rolling eyes) are on no list and give no answer.
    """
    if "stop" in scores:
        return "stop"
    if len(text) > _ANSWER_LENGTH_MAX:
        return None
    whole = unicodedata.normalize("NFKC", text).strip().lower().rstrip(".! ").replace("\u2019", "'")
    return _ANSWERS.get(exact.get(whole, ""))


_ANSWER_LENGTH_MAX = 40
