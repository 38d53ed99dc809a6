"""Findings by rule: what listed words and phrases say of a text."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from goodstanding.adapters.nlp import extract, harm, language, reading, sentiment
from goodstanding.adapters.nlp.lists import Lexicon, Phrase

_HARMS = frozenset(("abuse", "hate", "threat", "sexual"))
_HITS_MAX = 8
_ADVERTISING: Mapping[str, int] = {"url": 800, "phone": 400, "email": 300, "iban": 700}


class Ruled(msgspec.Struct, frozen=True, gc=False):
    """What the rules found in a text."""

    language: str
    certainty: int
    listed: bool
    """Whether the word lists hold for this text."""
    matched: Sequence[Phrase]
    scores: Mapping[str, int]
    feeling: int
    harm: harm.Harm
    contains: tuple[str, ...]
    spam: int
    worded: bool
    """Whether the text holds a word, not signs alone."""

    def told(self) -> list[tuple[str, int]]:
        """Return (head, thousandths) of everything found, for the model to weigh."""
        found = [(f"said {head}", milli) for head, milli in self.scores.items()]
        if self.harm is not harm.NONE:
            found += [
                ("abuse", self.harm.abuse), ("hate", self.harm.hate), ("threat", self.harm.threat),
                ("sexual", self.harm.sexual), ("profanity", self.harm.profanity * 300),
            ]  # fmt: skip
        if self.feeling:
            found.append(("glad", self.feeling) if self.feeling > 0 else ("cross", -self.feeling))
        found += [("spam", self.spam), (f"in {self.language}", self.certainty)]
        return found

    def wishes(self) -> tuple[tuple[str, int], ...]:
        """Return the intents that phrases found, sorted by name."""
        return extract.intents(self.scores)

    def hits(self, tokens: Sequence[reading.Token]) -> tuple[tuple[str, str], ...]:
        """Return at most eight (head, words) that drove a finding, listed words first."""
        if not self.matched and not self.harm.hits:
            return ()
        keys = [token.key for token in tokens]
        told = [
            (phrase.head, extract.words_matched(phrase, keys=keys)) for phrase in self.matched if phrase.milli
        ]
        return (*self.harm.hits, *told)[:_HITS_MAX]


class Rules:
    """Finds what lists and phrases say of a text that was read."""

    def __init__(self, lexicon: Lexicon, *, home: Literal["nl", "en"] | None) -> None:
        self._lexicon = lexicon
        self._home = home

    def found(self, read: reading.Reading) -> Ruled:
        """Return what the rules find in the tokens of a text."""
        tokens, bits = read.tokens, read.bits
        tongue, certainty, listed = self._language(read.counts)
        matched = self._matched(tokens) if bits & reading.ANCHOR else ()
        scores = {phrase.head: phrase.milli for phrase in matched if phrase.milli}
        feeling = _felt(tokens) if bits & reading.FEELING else 0
        harmful = harm.NONE
        if bits & (reading.RISK | reading.GROUP) or not scores.keys().isdisjoint(_HARMS):
            harmful = harm.judged(
                [token.entry for token in tokens],
                quoted=[token.word.quoted for token in tokens],
                phrases=scores,
                feeling=feeling,
            )
        contains = _contained(tokens) if bits & reading.TYPED else ()
        spam = max(scores.get("spam", 0), _advertised(contains))
        worded = False
        for token in tokens:
            if token.word.kind == "word":
                worded = True
                break
        return Ruled(tongue, certainty, listed, matched, scores, feeling, harmful, contains, spam, worded)

    def _language(self, counts: reading.Counts) -> tuple[str, int, bool]:
        tongue, certainty, listed = language.decided(
            dutch=counts.dutch, english=counts.english, other=counts.other, unknown=counts.unknown
        )
        if self._home and certainty == 0 and listed and counts.dutch and counts.english:
            tongue, certainty = language.assumed(self._home)
        return tongue, certainty, listed

    def _matched(self, tokens: Sequence[reading.Token]) -> Sequence[Phrase]:
        numbers = sorted({number for token in tokens for number in token.phrases})
        phrases = self._lexicon.phrases
        return extract.strongest([phrases[n] for n in numbers], keys=[token.key for token in tokens])


def _contained(tokens: Sequence[reading.Token]) -> tuple[str, ...]:
    return tuple(sorted({t.word.kind for t in tokens if t.word.kind in extract.CONTAINED}))


def _advertised(contains: Sequence[str]) -> int:
    return max((_ADVERTISING.get(kind, 0) for kind in contains), default=0)


def _felt(tokens: Sequence[reading.Token]) -> int:
    return sentiment.scored([token.polarity for token in tokens], roles=[token.role for token in tokens])
