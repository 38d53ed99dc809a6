"""From a text to tokens: its words with what the lists and the model know of each, disguises undone."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

import msgspec

from goodstanding.adapters.nlp import extract, features, language, normalise, sentiment
from goodstanding.adapters.nlp.lists import RISKS, Entry, Lexicon

_CHUNKS_MAX = 60_000
_CHUNK_LENGTH_MAX = 48
_SINGLES_MIN = 3

# What a chunk of text calls for; a text whose chunks call for nothing is done after one pass.
RISK, FEELING, ANCHOR, NUMBER, MIMIC, TYPED, GROUP = (1 << bit for bit in range(7))
# Counts of one chunk, packed so that one addition counts them all.
_FIELD = 16
_MASK = (1 << _FIELD) - 1
_TYPES = frozenset(extract.CONTAINED)
_DUTCH = frozenset({"nl"})
_STRETCHED = re.compile(r"(.)\1\1")

Bring = Callable[[Sequence[features.Feature]], int]
"""Turns features into what they bring to the model's heads."""


class Token(msgspec.Struct, frozen=True, gc=False):
    """One word as the lists and the model know it."""

    word: normalise.Word
    key: str
    entry: Entry | None
    phrases: tuple[int, ...]
    polarity: int
    role: int
    company: int
    """The word's classes as bits (`features.mask_of`)."""
    paired: tuple[str, str]
    """What a neighbour sees of the word: its key and its class."""
    brings: int
    """The word's vector in the model."""


class Counts(msgspec.Struct, frozen=True, gc=False):
    """How many words of a text tell for a language, and how many are on no list."""

    dutch: int
    english: int
    other: int
    unknown: int


class Reading(msgspec.Struct, frozen=True, gc=False):
    """A text as read."""

    tokens: Sequence[Token]
    bits: int
    packed: int

    @property
    def counts(self) -> Counts:
        """Return the counts of words by language."""
        packed = self.packed
        return Counts(
            packed & _MASK,
            packed >> _FIELD & _MASK,
            packed >> 2 * _FIELD & _MASK,
            packed >> 3 * _FIELD & _MASK,
        )


Chunk = tuple[int, int, tuple[Token, ...]]


class _Chunks(dict[str, Chunk]):
    """Chunks of text already read; forgets everything when full, which changes no result."""

    def __init__(self, reader: "Reader") -> None:
        super().__init__()
        self._reader = reader

    def __missing__(self, chunk: str) -> Chunk:
        read = self._reader.chunk(chunk)
        if len(chunk) <= _CHUNK_LENGTH_MAX:
            if len(self) >= _CHUNKS_MAX:
                self.clear()
            self[chunk] = read
        return read


class Reader:
    """Turns texts into tokens of a lexicon and of a model, which brings each word's vector."""

    def __init__(self, lexicon: Lexicon, bring: Bring, groups: Mapping[str, tuple[int, int]]) -> None:
        self._lexicon = lexicon
        self._groups = groups
        self._bring = bring
        self._chunks = _Chunks(self)

    def read(self, text: str) -> Reading:
        """Return the tokens of a text, any string accepted."""
        low = normalise.lowered(text)
        bits, counts, chunks = self._stretches(low)
        if bits & NUMBER or counts >> 5 * _FIELD >= normalise.TYPED_DIGITS_MIN:
            bits, counts, chunks = self._stretches(normalise.typed(low))
        tokens = [token for chunk in chunks for token in chunk[2]]
        if bits & MIMIC or (counts >> 4 * _FIELD & _MASK >= _SINGLES_MIN and _spelled_out(tokens)):
            tokens = self._undisguised(tokens)
            bits, counts = summed(tokens)
        return Reading(tokens, bits, counts)

    def chunk(self, chunk: str) -> Chunk:
        """Return what one stretch of lower-case text without white space holds."""
        tokens = tuple(map(self.token, normalise.words_of(chunk)))
        bits, counts = summed(tokens)
        bits |= NUMBER * normalise.may_be_typed(chunk)
        if not bits & TYPED:
            counts += sum(map(str.isdigit, chunk)) << 5 * _FIELD
        return bits, counts, tokens

    def token(self, word: normalise.Word) -> Token:
        """Return the word with what the lists and the model say about it."""
        entry = self._known(word)
        key = entry.key if entry else _placeholder(word)
        polarity, role = (entry.polarity, _role(entry)) if entry else (0, sentiment.PLAIN)
        classes = features.classes_of(word, entry)
        kin = features.kinship(word, key=key, groups=self._groups)
        return Token(
            word,
            key,
            entry,
            self._lexicon.anchors.get(key, ()),
            polarity,
            role,
            features.mask_of(classes),
            (key, classes[0] if classes else kin[0] if kin else ""),
            self._bring(features.of_word(word, key=key, entry=entry, kin=kin)),
        )

    def _stretches(self, low: str) -> tuple[int, int, list[Chunk]]:
        known = self._chunks
        chunks = [known[chunk] for chunk in low.split()]
        bits = counts = 0
        for called, counted, _ in chunks:
            bits |= called
            counts += counted
        return bits, counts, chunks

    def _undisguised(self, tokens: Sequence[Token]) -> list[Token]:
        words = normalise.fold_lookalikes(tuple(token.word for token in tokens))
        read = [
            token if token.word is word else self.token(word)
            for token, word in zip(tokens, words, strict=True)
        ]
        return list(self._spelled(read))

    def _spelled(self, found: Sequence[Token]) -> tuple[Token, ...]:
        """Return the tokens with spelled-out words joined, or parted when only the parts are known."""
        out: list[Token] = []
        for single, run in groupby(found, key=lambda token: normalise.is_single(token.word)):
            tokens = list(run)
            if single and len(tokens) >= _SINGLES_MIN:
                joined = normalise.join_spelled(tuple(token.word for token in tokens))
                out.extend(self._parted(joined[0]))
            else:
                out.extend(tokens)
        return tuple(out)

    def _parted(self, word: normalise.Word) -> tuple[Token, ...]:
        whole = self.token(word)
        if whole.entry is not None:
            return (whole,)
        best: dict[int, tuple[str, ...]] = {0: ()}
        spelling = word.keys[-1]
        for end in range(1, min(len(spelling), _CHUNK_LENGTH_MAX) + 1):
            for start in range(max(0, end - 16), end):
                piece = spelling[start:end]
                if start in best and piece in self._lexicon.entries:
                    parts = (*best[start], piece)
                    if end not in best or len(parts) < len(best[end]):
                        best[end] = parts
        parts = best.get(len(spelling), ())
        if not any(self._risky(part) for part in parts):
            return (whole,)
        return tuple(self.token(normalise.Word(part, (part,))) for part in parts)

    def _risky(self, key: str) -> bool:
        entry = self._lexicon.entries.get(key)
        return entry is not None and len(key) > 2 and any(head in RISKS for head, _ in entry.heads)  # noqa: PLR2004 - short ones mean too much

    def _known(self, word: normalise.Word) -> Entry | None:
        entries = self._lexicon.entries
        if word.kind == "handle":
            return entries[word.keys[0]] if self._risky(word.keys[0]) else entries.get("<handle>")
        if word.kind != "word":
            return entries.get(word.keys[0])
        if "*" in word.form:
            return self._unmasked(word.form)
        for key in word.keys:
            if key in entries:
                return entries[key]
        if _STRETCHED.search(word.form):
            for key in word.keys:
                stretched = self._lexicon.stretched.get(normalise.squeezed(key))
                if stretched:
                    return entries[stretched]
        return self._inflected(word)

    def _inflected(self, word: normalise.Word) -> Entry | None:
        entries = self._lexicon.entries
        for key in word.keys:
            if key[-1:] == "s" and len(key) > 4 and self._risky(key[:-1]):  # noqa: PLR2004 - short ones are other words
                return entries[key[:-1]]
            compound = self._compound(key)
            if compound:
                return compound
        near = self._lexicon.near.get(word.keys[0])
        return entries[near] if near else None

    def _compound(self, key: str) -> Entry | None:
        lexicon = self._lexicon
        if key in lexicon.compound_exceptions:
            return None
        for first in lexicon.compounds:
            rest = key.removeprefix(first)
            if rest == key or len(rest) < 3:  # noqa: PLR2004 - shorter ends are endings, not words
                continue
            tail = lexicon.entries.get(rest)
            aimed = [head for head in ("insult", "hate") if tail and tail.severity(head)]
            if aimed:
                return Entry(key=key, heads=((aimed[-1], 3),), polarity=-3, languages=_DUTCH)
            if rest in lexicon.compound_tails or (tail and "nl" in tail.languages):
                return Entry(key=key, heads=(("profanity", 2),), polarity=0, languages=_DUTCH)
        return None

    def _unmasked(self, form: str) -> Entry | None:
        """Return the rude word whose letters are hidden behind stars; a curse before worse."""
        pattern = re.compile(re.escape(form).replace(r"\*", "."))
        fits = [self._lexicon.entries[key] for key in self._lexicon.risks if pattern.fullmatch(key)]
        if not fits:
            return self._lexicon.entries.get(form.strip("*"))
        return min(fits, key=lambda entry: (not entry.severity("profanity"), entry.key))


def _placeholder(word: normalise.Word) -> str:
    return word.keys[-1] if word.kind == "handle" else word.keys[0]


def summed(tokens: Sequence[Token]) -> tuple[int, int]:
    """Return the bits and packed counts of some tokens."""
    bits = counts = 0
    for token in tokens:
        word, entry = token.word, token.entry
        if entry is not None:
            for head, _ in entry.heads:
                bits |= RISK * (head in RISKS) | GROUP * (head == "group")
            bits |= FEELING * (entry.polarity != 0)
        bits |= ANCHOR * bool(token.phrases) | MIMIC * word.lookalike | TYPED * (word.kind in _TYPES)
        if word.kind == "word":
            counts += _counted(token)
    return bits, counts


def _counted(token: Token) -> int:
    known = token.entry is not None
    form = token.word.form
    dutch, english, other = language.weight(
        word=token.key if known else form, known=known, languages=token.entry.languages if token.entry else ()
    )
    unknown = not known and any(map(str.isalpha, form))
    single = len(form) == 1
    return dutch | english << _FIELD | other << 2 * _FIELD | unknown << 3 * _FIELD | single << 4 * _FIELD


def _spelled_out(tokens: Sequence[Token]) -> bool:
    return "1" * _SINGLES_MIN in "".join(["1" if len(token.word.form) == 1 else "0" for token in tokens])


def _role(entry: Entry) -> int:
    if entry.severity("negation"):
        return sentiment.NEGATES
    return sentiment.STRESSES if entry.severity("intensifier") else sentiment.PLAIN
