"""The word lists and phrase patterns as one lexicon, read from `goodstanding/playbooks/words/*.toml`.

A file names its version, date, source and language and holds three kinds of table:

- `[[words]]`: `head`, an optional `severity` or `polarity`, and `words`, parted by white space;
- `[[phrases]]`: `head`, `milli` (the score when it matches) and `phrases`, in the notation of `compiled`;
- `[[answers]]`: `answer` and whole texts that mean exactly that.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from goodstanding.adapters.nlp.normalise import keys_of, squeezed

HEADS = frozenset(
    (
        *(
            "insult",
            "profanity",
            "sexual",
            "threat",
            "hate",
            "group",
            "spite",
            "feeling",
            "illness",
            "medical",
        ),
        *("common", "you", "self", "third", "negation", "intensifier", "report"),
        *("heart", "joy", "laugh", "sad", "anger", "money", "sexy", "weapon"),
    )
)
"""Every head a table of words may name."""
RISKS = ("insult", "profanity", "sexual", "threat", "hate")
"""Heads whose words are searched under disguise."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the lists say about one word; all tables that name it together."""

    key: str
    heads: tuple[tuple[str, int], ...]
    """(head, severity), sorted by head."""
    polarity: int
    """-3 to 3."""
    languages: frozenset[str]

    def severity(self, head: str) -> int:
        """Return the severity under `head`, 0 when the word is not on that list."""
        return next((severity for name, severity in self.heads if name == head), 0)


class Phrase(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One compiled pattern over a text's keys, each followed by one space."""

    head: str
    milli: int
    text: str
    matches: re.Pattern[str]
    needs: tuple[frozenset[str], ...]
    """Sets of keys; a matching text holds at least one of each."""


class Lexicon(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the shipped lists say."""

    digest: str
    """Hexadecimal SHA-256 over the files' bytes, in order of name."""
    entries: Mapping[str, Entry]
    stretched: Mapping[str, str]
    """Squeezed spelling -> key, for words with letters repeated at will."""
    risks: tuple[str, ...]
    phrases: tuple[Phrase, ...]
    """Those that take a head away (score 0) first, then the strongest first."""
    anchors: Mapping[str, tuple[int, ...]]
    """Key -> indexes of the phrases that can only match a text holding that key."""
    answers: Mapping[str, str]
    compounds: tuple[str, ...]
    """First parts that make a Dutch compound a curse, longest first."""
    compound_exceptions: frozenset[str]
    compound_tails: frozenset[str]
    near: Mapping[str, str]
    """Misspelling by one edit -> trigger word, as far as the misspelling is no word of a list."""


@cache
def shipped() -> Lexicon:
    """Return the lexicon shipped with the product."""
    folder = files("goodstanding") / "playbooks" / "words"
    sources = sorted((f.name, f.read_bytes()) for f in folder.iterdir() if f.name.endswith(".toml"))
    digest = hashlib.sha256()
    for name, body in sources:
        digest.update(name.encode() + b"\0" + hashlib.sha256(body).digest())
    documents = [tomllib.loads(body.decode()) for _, body in sources]
    return built(documents, digest=digest.hexdigest())


def built(documents: Iterable[Mapping[str, Any]], *, digest: str) -> Lexicon:
    """Return the lexicon of parsed list files; raises `ValueError` naming an unknown head or bad phrase."""
    read = list(documents)
    entries = _entries(read)
    common = {k for k, e in entries.items() if any(head == "common" for head, _ in e.heads)}
    phrases = [
        compiled(text, head=table["head"], milli=table["milli"])
        for document in read
        for table in document.get("phrases", ())
        for text in table["phrases"]
    ]
    phrases.sort(key=lambda phrase: (phrase.milli > 0, -phrase.milli, phrase.head, phrase.text))
    anchors: dict[str, list[int]] = {}
    for number, phrase in enumerate(phrases):
        for key in _anchor(phrase, common=common):
            anchors.setdefault(key, []).append(number)
    for key in {word for phrase in phrases for word in _literals(phrase.text)} | set(anchors):
        entries.setdefault(key, Entry(key=key, heads=(), polarity=0, languages=frozenset()))
    risks = tuple(sorted(k for k, e in entries.items() if any(head in RISKS for head, _ in e.heads)))
    return Lexicon(
        digest=digest,
        entries=entries,
        stretched={squeezed(key): key for key in (*sorted(entries), *risks) if len(key) > 1},
        risks=risks,
        phrases=tuple(phrases),
        anchors={key: tuple(numbers) for key, numbers in anchors.items()},
        answers={text: a["answer"] for d in read for a in d.get("answers", ()) for text in a["texts"]},
        compounds=tuple(sorted(_joined(read, "compound"), key=len, reverse=True)),
        compound_exceptions=_joined(read, "compound_exceptions"),
        compound_tails=_joined(read, "compound_tails"),
        near=_near(read, known=entries),
    )


def compiled(text: str, *, head: str, milli: int) -> Phrase:
    """Return the phrase written in `text`; raises `ValueError` without a word or with nested brackets.

    Notation, parted by spaces: `word`, `one|other`, `(two words|or another)`, `(left out or not)?`, `~3`
    for up to three words between, `^` and `$` for start and end of the text, `<number>` for any number,
    `<any>` for any typed thing, `!one|other` for the word that tells most, by which a text is first tried.
    """
    parts: list[str] = []
    needs: list[frozenset[str]] = []
    for element in _ELEMENT.findall(text):
        if element in "^$":
            parts.append(r"\A " if element == "^" else r"\Z")
        elif element[0] == "~":
            parts.append(rf"(?:\S+ ){{0,{int(element[1:])}}}")
        elif element[0] == "(":
            inner = element[1:].rstrip("?").removesuffix(")")
            optional = element.endswith("?")
            if not optional and (words := _holders(inner)):
                needs.append(words)
            parts.append(_alternatives(inner) + ("?" if optional else ""))
        else:
            words = _holders(element.removeprefix("!"))
            if words:
                needs.insert(0 if element[0] == "!" else len(needs), words)
            parts.append(_alternatives(element.removeprefix("!")))
    if not needs or any(not _NESTED.isdisjoint(word) for words in needs for word in words):
        raise ValueError(text)
    pattern = re.compile(("" if parts[0] == r"\A " else "(?<= )") + "".join(parts))
    return Phrase(head=head, milli=milli, text=text, matches=pattern, needs=tuple(needs))


def _anchor(phrase: Phrase, *, common: Iterable[str]) -> frozenset[str]:
    """Return the keys under which a phrase is found: those named by hand, else the least common ones."""
    if "!" in phrase.text:
        return phrase.needs[0]
    usual = frozenset(common) | {"?"}
    return min(phrase.needs, key=lambda words: (len(words & usual), len(words)))


_ELEMENT = re.compile(r"\([^)]*\)\??|\S+")
_NESTED = frozenset("()")
_PLACES = ("<url>", "<email>", "<handle>", "<phone>", "<iban>", "<price>")


def _key(word: str) -> str:
    return keys_of(word)[0] if word.isalpha() or "'" in word else word


def _alternatives(element: str) -> str:
    return "(?:" + "|".join(map(_alternative, element.split("|"))) + ")"


def _alternative(words: str) -> str:
    if words == "$":
        return r"\Z"
    if words == "<any>":
        return r"<(?:url|email|handle|phone|iban|price)> "
    if words == "<number>":
        return r"\d+ "
    return "".join(re.escape(_key(word)) + " " for word in words.split())


def _holders(element: str) -> frozenset[str]:
    """Return the words of which one stands where the element matches; none when other text may."""
    if not {"$", "<number>"}.isdisjoint(element.split("|")):
        return frozenset()
    words = [_key(words.split()[0]) for words in element.split("|") if words != "<any>"]
    return frozenset((*words, *(_PLACES if "<any>" in element else ())))


def _literals(text: str) -> set[str]:
    return {_key(w) for w in re.findall(r"[^\s|()!^$~?]+", text) if not w.isdigit() and w[0] != "<"}


def _entries(documents: Iterable[Mapping[str, Any]]) -> dict[str, Entry]:
    heads: dict[str, dict[str, int]] = {}
    polarity: dict[str, int] = {}
    languages: dict[str, set[str]] = {}
    for document in documents:
        for table in document.get("words", ()):
            if table["head"] not in HEADS:
                raise ValueError(table["head"])
            for word in table["words"].split():
                key = keys_of(word)[0]
                found = heads.setdefault(key, {})
                found[table["head"]] = max(found.get(table["head"], 0), int(table.get("severity", 1)))
                if "polarity" in table:
                    polarity[key] = table["polarity"]
                languages.setdefault(key, set()).update(table.get("languages", (document["language"],)))
    return {
        key: Entry(
            key=key,
            heads=tuple(sorted(found.items())),
            polarity=polarity.get(key, 0),
            languages=frozenset(languages[key] - {"any"}),
        )
        for key, found in heads.items()
    }


def _joined(documents: Iterable[Mapping[str, Any]], field: str) -> frozenset[str]:
    return frozenset(word for document in documents for word in document.get(field, "").split())


def _near(documents: Iterable[Mapping[str, Any]], *, known: Mapping[str, Entry]) -> dict[str, str]:
    """Return each spelling one edit away from a trigger word that is not itself a known word."""
    near: dict[str, str] = {}
    for document in documents:
        excepted = frozenset(document.get("not_near", "").split())
        for target in document.get("near", "").split():
            for spelling in _edits(target):
                if spelling not in known and spelling not in excepted:
                    near.setdefault(spelling, target)
    return near


def _edits(word: str) -> set[str]:
    """Return the spellings one insertion, loss, change or swap away, with the first letter kept."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    cuts = [(word[:i], word[i:]) for i in range(1, len(word) + 1)]
    lost = {a + b[1:] for a, b in cuts if b}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    changed = {a + c + b[1:] for a, b in cuts if b for c in letters}
    added = {a + c + b for a, b in cuts for c in letters}
    return (lost | swapped | changed | added) - {word}
