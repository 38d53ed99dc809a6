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

    Hedges (`ja maar`), negations and emoji (`ja hoor` with rolling eyes) are on no list and give no answer. A
    request to stop is heard through signs around it and one slip in a long word (`uitschrjven`): a yes never is.
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
    said = exact.get(whole)
    if said is None and whole and _stops(whole, exact=exact):
        return "stop"
    return _ANSWERS.get(said or "")


def _stops(whole: str, *, exact: Mapping[str, str]) -> bool:
    bare = whole.strip(_AROUND_STOP)
    if not bare:
        return "\U0001f6d1" in whole
    if exact.get(bare) == "stop":
        return True
    if " " in bare or not _SLIP_LENGTH_MIN - 1 <= len(bare) <= _SLIP_LENGTH_MAX or bare in exact:
        return False
    return any(
        said == "stop" and len(word) >= _SLIP_LENGTH_MIN and _one_slip(word, bare)
        for word, said in exact.items()
    )


def _one_slip(word: str, typed: str) -> bool:
    """Tell whether `typed` is `word` with one letter missing, added, changed, or two neighbours turned round."""
    if abs(len(word) - len(typed)) > 1:
        return False
    same = next(
        (at for at, (a, b) in enumerate(zip(word, typed, strict=False)) if a != b), min(len(word), len(typed))
    )
    rest, other = word[same:], typed[same:]
    return (
        rest[1:] == other
        or rest == other[1:]
        or rest[1:] == other[1:]
        or (rest[:2] == other[1::-1] and rest[2:] == other[2:])
    )


_ANSWER_LENGTH_MAX = 40
_AROUND_STOP = "?!.,;:'\"()*-_ \ufe0f\u200b\U0001f6d1\u270b\U0001f6ab\U0001f64f\U0001f44b\u26d4"
"""What may stand around a request to stop: marks, and hands and signs that say no. No laughter: that is banter."""
_SLIP_LENGTH_MIN, _SLIP_LENGTH_MAX = 8, 14
"""Of shorter words one letter makes another word."""
