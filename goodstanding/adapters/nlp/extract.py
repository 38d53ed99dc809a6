"""Findings by rule: wishes of the viewer, exact answers, and kinds of thing in a text."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from goodstanding.adapters.nlp.lists import Phrase
from goodstanding.core.signals import Answer

INTENTS = frozenset(
    (
        "price",
        "link",
        "info",
        "product_question",
        "question",
        "collab",
        "complaint",
        "thanks",
        "minor",
        "crisis",
    )
)
CONTAINED = ("email", "handle", "iban", "phone", "price", "url")
_ANSWERS: dict[str, Answer] = {"yes": "yes", "no": "no", "stop": "stop"}


def strongest(phrases: Iterable[Phrase], *, keys: Sequence[str]) -> list[Phrase]:
    """Return the phrase that decides each head in a text of `keys`, given candidates in the lexicon's order.

    A phrase of score 0 takes its head away: it comes first and leaves nothing for the others.
    """
    line = f" {' '.join(keys)} "
    held = frozenset(keys)
    decided: set[str] = set()
    found: list[Phrase] = []
    for phrase in phrases:
        if phrase.head in decided or any(map(held.isdisjoint, phrase.needs)):
            continue
        if phrase.matches.search(line):
            decided.add(phrase.head)
            found.append(phrase)
    return found


def words_matched(phrase: Phrase, *, keys: Sequence[str]) -> str:
    """Return the phrase's own words as they stand in the text, without the text's words in its gaps."""
    named = frozenset().union(*phrase.needs)
    return " ".join(dict.fromkeys(key for key in keys if key in named))


def intents(scores: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Return the wishes among `scores`, sorted by name."""
    return tuple(sorted((head, milli) for head, milli in scores.items() if head in INTENTS))


def answer(text: str, *, exact: Mapping[str, str], scores: Mapping[str, int]) -> Answer | None:
    """Return what the whole text answers, by exact list only; a request to stop also counts in a sentence.

    Hedges (`ja maar`), negations and emoji (`ja hoor` with rolling eyes) are on no list and give no answer.
    """
    if "stop" in scores:
        return "stop"
    if len(text) > _ANSWER_LENGTH_MAX:
        return None
    whole = (
        (text if text.isascii() else unicodedata.normalize("NFKC", text))
        .strip()
        .lower()
        .rstrip(".! ")
        .replace("\u2019", "'")
    )
    return _ANSWERS.get(exact.get(whole, ""))


_ANSWER_LENGTH_MAX = 40
