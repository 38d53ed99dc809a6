"""What the model reads in a text: hashed features of words, of neighbours, and of the text as a whole.

A feature is a string of a kind and a value (`w:mooi`), hashed into one of `BUCKETS` rows of weights. Training
and reading share this module, so that a feature can never mean one thing here and another there.
"""

import unicodedata
from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations
from zlib import crc32

from goodstanding.adapters.nlp.lists import Entry
from goodstanding.adapters.nlp.normalise import Word

VERSION = "features-2"
"""Changes whenever any text could give other features than before; weights are bound to it."""

BUCKETS = 1 << 18
UNIT = 256
"""The weight 1 of a feature; weights are whole numbers, so that sums are exact in any order."""

_GRAM_LENGTHS = (3, 4, 5)
_GRAM_SOURCE_MAX = 24
_SPELLINGS_MAX = 4
_GRAMS_WEIGH = 2 * UNIT
_LETTERS_WEIGH = UNIT
_SCORE_STEPS = (1, 350, 600, 800, 930)
_LENGTHS = tuple(f"n:{bisect((2, 4, 8, 16, 32, 64), length)}" for length in range(65))
_SHOUTED_MIN = 4

Feature = tuple[int, int]
"""(bucket, weight in units)."""
Kinship = tuple[str, str]
"""Coarse and fine group of words of one meaning."""

CLASSES = (
    *("group", "hate", "insult", "illness", "threat", "sexual", "profanity", "spite", "weapon"),
    *("you", "self", "third", "negation", "report", "medical", "good", "bad"),
    *("heart", "laugh", "anger", "sad", "money", "sexy", "?", "<contact>", "<quote>", "<price>"),
)
"""Kinds of word whose company tells more than the word; the first that fits names the word's class."""
_PLACE = {name: place for place, name in enumerate(CLASSES)}
_CONTACTS = frozenset(("url", "email", "phone", "iban"))


def bucket(feature: str) -> int:
    """Return the row of weights of a feature."""
    return crc32(feature.encode("utf-8", "surrogatepass")) & (BUCKETS - 1)


def classes_of(word: Word, entry: Entry | None) -> tuple[str, ...]:
    """Return the classes of a word, the most telling first."""
    found: set[str] = set()
    if entry is not None:
        found.update(head for head, _ in entry.heads if head in _PLACE)
        if entry.polarity:
            found.add("good" if entry.polarity > 0 else "bad")
    if word.kind in _CONTACTS:
        found.add("<contact>")
    elif word.kind == "price":
        found.add("<price>")
    elif word.kind == "mark":
        found.add("?")
    if word.quoted:
        found.add("<quote>")
    return tuple(sorted(found, key=_PLACE.__getitem__))


def mask_of(classes: Iterable[str]) -> int:
    """Return classes as bits, for a text's `company`."""
    return sum(1 << _PLACE[name] for name in classes)


def of_word(word: Word, *, key: str, entry: Entry | None, kin: Kinship | None) -> list[Feature]:
    """Return the features of one word: itself, its letters in threes to fives, and what the lists say."""
    found: list[Feature] = []
    if word.kind == "word":
        names = (key,) if entry is not None else word.keys[:_SPELLINGS_MAX]
        found += _shared([f"w:{name}" for name in names], UNIT)
        found += _shared([f"g:{gram}" for gram in _grams(_plainest(names))], _GRAMS_WEIGH)
        if not word.form.isascii():
            found += _shared([f"f:{piece}" for piece in _letters(word.form)], _LETTERS_WEIGH)
    else:
        found.append((bucket(f"w:{key}"), UNIT))
    if word.kind == "emoji":
        found += _shared([f"e:{name}" for name in _named(word.form)], UNIT)
    if kin is not None:
        found += [(bucket(f"k:{group}"), UNIT) for group in kin]
    if entry is not None:
        found += [(bucket(f"l:{head}:{severity}"), UNIT) for head, severity in entry.heads]
        if entry.polarity:
            found.append((bucket(f"p:{entry.polarity}"), UNIT))
    if word.quoted:
        found.append((bucket("quoted"), UNIT))
    return found


def kinship(word: Word, *, key: str, groups: Mapping[str, tuple[int, int]]) -> Kinship | None:
    """Return the groups of a word under the first of its spellings that has any."""
    if word.kind != "word":
        return None
    for name in (key, *word.keys):
        if name in groups:
            coarse, fine = groups[name]
            return f"~{coarse}", f"={fine}"
    return None


def breadth(words: Sequence[tuple[str, str]]) -> int:
    """Return by how many words a text's sum counts as spread (it is divided by the root): their number, more with repeats.

    A word said a hundred times says what it says once: of n words, d of them distinct, it is n * n / d.
    """
    distinct = len(set(words))
    return len(words) if distinct == len(words) else round(len(words) ** 2 / distinct)


def of_pair(first: str, second: str, *, classes: tuple[str, str]) -> list[Feature]:
    """Return the features of two neighbours: their words, and each by its class beside the other's word."""
    left, right = classes
    found = [bucket(f"b:{first} {second}")]
    if right:
        found.append(bucket(f"b:{first} [{right}]"))
    if left:
        found.append(bucket(f"b:[{left}] {second}"))
    if left and right:
        found.append(bucket(f"b:[{left}] [{right}]"))
    return [(row, UNIT) for row in found]


def of_company(mask: int) -> list[Feature]:
    """Return the features of the classes that occur together in a text."""
    names = [name for place, name in enumerate(CLASSES) if mask >> place & 1]
    return [(bucket(f"m:{a}&{b}"), UNIT) for a, b in combinations(names, 2)]


def of_text(text: str, *, length: int, rules: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """Return the features of the text as a whole, by name: its length, shouting, and what the rules found."""
    shouted = ("shouted",) if len(text) >= _SHOUTED_MIN and text.isupper() else ()
    found = [f"r:{head}:{bisect(_SCORE_STEPS, score)}" for head, score in rules if score > 0]
    return (_LENGTHS[min(length, len(_LENGTHS) - 1)], *shouted, *found)


def named(names: Iterable[str]) -> list[Feature]:
    """Return features by their names, each in full."""
    return [(bucket(name), UNIT) for name in names]


def _shared(features: Sequence[str], weight: int) -> list[Feature]:
    """Return features that share one weight among them."""
    return [(bucket(feature), max(1, round(weight / len(features)))) for feature in features]


def _plainest(names: Sequence[str]) -> str:
    """Return the spelling without digits and signs, if the word has one."""
    return next((name for name in names if name.isalpha()), names[0])


def _grams(key: str) -> list[str]:
    framed = f"^{key[:_GRAM_SOURCE_MAX]}$"
    return [framed[start : start + size] for size in _GRAM_LENGTHS for start in range(len(framed) - size + 1)]


def _letters(form: str) -> list[str]:
    """Return the letters no ASCII word has, with what stands beside them, and their scripts."""
    framed = f"^{form[:_GRAM_SOURCE_MAX]}$"
    return [
        piece for at, letter in enumerate(framed) if not letter.isascii() for piece in _around(framed, at)
    ]


def _around(framed: str, at: int) -> Iterator[str]:
    yield framed[at]
    yield framed[at - 1 : at + 1]
    yield framed[at : at + 2]
    yield _script(framed[at])


@cache
def _script(letter: str) -> str:
    return "script " + unicodedata.name(letter, "?").partition(" ")[0]


def _named(form: str) -> list[str]:
    names = [unicodedata.name(sign, "").lower() for sign in form if not sign.isascii()]
    return [form, *(part for name in names for part in name.replace("-", " ").split())]
