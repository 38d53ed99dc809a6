"""The classifier of the first cut: lists and rules over normalised words."""

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Literal

import msgspec

from goodstanding.adapters.nlp import extract, harm, language, normalise, sentiment
from goodstanding.adapters.nlp.lists import RISKS, Entry, Lexicon, Phrase, shipped
from goodstanding.core.signals import Signals

VERSION = "lists-1"
"""Name and version of the code; any change of a result changes it."""

_CHUNKS_MAX = 60_000
_CHUNK_LENGTH_MAX = 48
_TEXTS_MAX = 20_000
_TEXT_LENGTH_MAX = 80
_HITS_MAX = 8
_SINGLES_MIN = 3

# What a chunk of text calls for; a text whose chunks call for nothing is done after one pass.
_RISK, _FEELING, _ANCHOR, _NUMBER, _MIMIC, _TYPED, _GROUP = (1 << bit for bit in range(7))
# Counts of one chunk, packed so that one addition counts them all.
_FIELD = 16
_MASK = (1 << _FIELD) - 1


class Token(msgspec.Struct, frozen=True, gc=False):
    """One word as the lists know it."""

    word: normalise.Word
    key: str
    entry: Entry | None
    phrases: tuple[int, ...]
    polarity: int
    role: int


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
    """Turns chunks and words into tokens of a lexicon."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def chunk(self, chunk: str) -> Chunk:
        """Return what one stretch of lower-case text without white space holds."""
        tokens = tuple(map(self.token, normalise.words_of(chunk)))
        bits, counts = summed(tokens)
        bits |= _NUMBER * normalise.may_be_typed(chunk)
        if not bits & _TYPED:
            counts += sum(map(str.isdigit, chunk)) << 5 * _FIELD
        return bits, counts, tokens

    def token(self, word: normalise.Word) -> Token:
        """Return the word with what the lists say about it."""
        entry = self._known(word)
        key = entry.key if entry else _placeholder(word)
        polarity, role = (entry.polarity, _role(entry)) if entry else (0, sentiment.PLAIN)
        return Token(word, key, entry, self._lexicon.anchors.get(key, ()), polarity, role)

    def spelled(self, found: Sequence[Token]) -> tuple[Token, ...]:
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


_DUTCH = frozenset({"nl"})
_STRETCHED = re.compile(r"(.)\1\1")


def _placeholder(word: normalise.Word) -> str:
    return word.keys[-1] if word.kind == "handle" else word.keys[0]


def summed(tokens: Sequence[Token]) -> tuple[int, int]:
    """Return the bits and packed counts of some tokens."""
    bits = counts = 0
    for token in tokens:
        word, entry = token.word, token.entry
        if entry is not None:
            for head, _ in entry.heads:
                bits |= _RISK * (head in RISKS) | _GROUP * (head == "group")
            bits |= _FEELING * (entry.polarity != 0)
        bits |= _ANCHOR * bool(token.phrases) | _MIMIC * word.lookalike | _TYPED * (word.kind in _TYPES)
        if word.kind == "word":
            counts += _counted(token)
    return bits, counts


_TYPES = frozenset(extract.CONTAINED)


def _counted(token: Token) -> int:
    known = token.entry is not None
    form = token.word.form
    dutch, english, other = language.weight(
        word=token.key if known else form, known=known, languages=token.entry.languages if token.entry else ()
    )
    unknown = not known and any(map(str.isalpha, form))
    single = len(form) == 1
    return dutch | english << _FIELD | other << 2 * _FIELD | unknown << 3 * _FIELD | single << 4 * _FIELD


class ListClassifier:
    """Finds signals by the shipped lists. The same text always gives the same signals.

    Scores are rule strengths in thousandths, not measured probabilities. In a text whose language has no
    lists the heads abstain (`None`), unless a listed word or phrase was found. `home` is the language told
    for a text of words that both languages share (`link?`); without it such a text is `und`, though no head
    abstains.
    """

    def __init__(self, lexicon: Lexicon | None = None, *, home: Literal["nl", "en"] | None = None) -> None:
        self._lexicon = lexicon or shipped()
        self._home = home
        parts = (VERSION, normalise.VERSION, *((home,) if home else ()))
        self.model = f"{'+'.join(parts)}:{self._lexicon.digest[:16]}"
        self._reader = Reader(self._lexicon)
        self._chunks = _Chunks(self._reader)
        self._texts: dict[str, Signals] = {}

    def signals(self, texts: Sequence[str]) -> list[Signals]:
        """Return the signals of each text, in order; any string is accepted."""
        return [self._texts.get(text) or self._remembered(text) for text in texts]

    def fresh(self, text: str) -> Signals:
        """Return the signals of `text` without looking in the memory of whole texts."""
        low = normalise.lowered(text)
        bits, counts, chunks = self._read(low)
        if bits & _NUMBER or counts >> 5 * _FIELD >= normalise.TYPED_DIGITS_MIN:
            bits, counts, chunks = self._read(normalise.typed(low))
        tokens = [token for chunk in chunks for token in chunk[2]]
        if bits & _MIMIC or (counts >> 4 * _FIELD & _MASK >= _SINGLES_MIN and _spelled_out(tokens)):
            tokens = self._undisguised(tokens)
            bits, counts = summed(tokens)
        return self._found(text, tokens, bits, counts)

    def _remembered(self, text: str) -> Signals:
        found = self.fresh(text)
        if len(text) <= _TEXT_LENGTH_MAX:
            if len(self._texts) >= _TEXTS_MAX:
                self._texts.clear()
            self._texts[text] = found
        return found

    def _read(self, low: str) -> tuple[int, int, list[Chunk]]:
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
            token if token.word is word else self._reader.token(word)
            for token, word in zip(tokens, words, strict=True)
        ]
        return list(self._reader.spelled(read))

    def _found(self, text: str, tokens: Sequence[Token], bits: int, counts: int) -> Signals:
        dutch, english = counts & _MASK, counts >> _FIELD & _MASK
        tongue, certainty, listed = language.decided(
            dutch=dutch,
            english=english,
            other=counts >> 2 * _FIELD & _MASK,
            unknown=counts >> 3 * _FIELD & _MASK,
        )
        if self._home and certainty == 0 and listed and dutch and english:
            tongue, certainty = language.assumed(self._home)
        matched = self._matched(tokens) if bits & _ANCHOR else ()
        scores = {phrase.head: phrase.milli for phrase in matched if phrase.milli}
        feeling = _felt(tokens) if bits & _FEELING else 0
        harmful = harm.NONE
        if bits & (_RISK | _GROUP) or not scores.keys().isdisjoint(_HARMS):
            harmful = harm.judged(
                [token.entry for token in tokens],
                quoted=[token.word.quoted for token in tokens],
                phrases=scores,
                feeling=feeling,
            )
        contains = (
            tuple(sorted({t.word.kind for t in tokens if t.word.kind in _TYPES})) if bits & _TYPED else ()
        )
        spam = max(scores.get("spam", 0), _advertised(contains))

        def shown(score: int) -> int | None:
            return score if score or listed else None

        return Signals(
            model=self.model,
            language=tongue,
            language_milli=certainty,
            sentiment_milli=shown(feeling),
            abuse_milli=shown(harmful.abuse),
            hate_milli=shown(harmful.hate),
            threat_milli=shown(harmful.threat),
            sexual_milli=shown(harmful.sexual),
            spam_milli=shown(spam),
            profanity=shown(harmful.profanity),
            intents=extract.intents(scores) if scores else (),
            answer=extract.answer(text, exact=self._lexicon.answers, scores=scores),
            contains=contains,
            hits=_explained(harmful, matched, tokens) if matched or harmful.hits else (),
        )

    def _matched(self, tokens: Sequence[Token]) -> Sequence[Phrase]:
        numbers = sorted({number for token in tokens for number in token.phrases})
        phrases = self._lexicon.phrases
        return extract.strongest([phrases[n] for n in numbers], keys=[token.key for token in tokens])


_HARMS = frozenset(("abuse", "hate", "threat", "sexual"))
_ADVERTISING: Mapping[str, int] = {"url": 800, "phone": 400, "email": 300, "iban": 700}


def _advertised(contains: Sequence[str]) -> int:
    return max((_ADVERTISING.get(kind, 0) for kind in contains), default=0)


def _felt(tokens: Sequence[Token]) -> int:
    return sentiment.scored([token.polarity for token in tokens], roles=[token.role for token in tokens])


def _spelled_out(tokens: Sequence[Token]) -> bool:
    return "1" * _SINGLES_MIN in "".join(["1" if len(token.word.form) == 1 else "0" for token in tokens])


def _role(entry: Entry) -> int:
    if entry.severity("negation"):
        return sentiment.NEGATES
    return sentiment.STRESSES if entry.severity("intensifier") else sentiment.PLAIN


def _explained(
    harmful: harm.Harm, matched: Sequence[Phrase], tokens: Sequence[Token]
) -> tuple[tuple[str, str], ...]:
    """Return at most eight (head, words) that drove a score, listed words first."""
    keys = [token.key for token in tokens]
    told = [(phrase.head, extract.words_matched(phrase, keys=keys)) for phrase in matched if phrase.milli]
    return (*harmful.hits, *told)[:_HITS_MAX]
