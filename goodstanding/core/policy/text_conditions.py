"""Conditions on what a text says: intents, sentiment, risks, words, kinds of things and language."""

from collections.abc import Hashable, Mapping
from operator import attrgetter
from typing import Annotated, ClassVar, Literal, Self

from pydantic import StringConstraints, field_validator, model_validator

from goodstanding.core.policy.model import Facts
from goodstanding.core.policy.vocabulary import (
    HEADS,
    Condition,
    Head,
    Intent,
    Kind,
    Milli,
    Name,
    Observer,
    Seen,
    Word,
    looser,
    words_of,
)


def _intents(facts: Facts, _words: object, _plain: object) -> Seen:
    return None if facts.signals is None else facts.signals.intents


_scores = attrgetter(*[f"{head}_milli" for head in HEADS])


def _risks(facts: Facts, _words: object, _plain: object) -> Seen:
    signals = facts.signals
    if signals is None:
        return None
    hits = signals.hits
    return (_scores(signals), tuple([head for head, _ in hits])) if hits else (_scores(signals), ())


class IntentIn(Condition):
    """One of the intents was found at or above a score."""

    kind: Literal["intent_in"] = "intent_in"
    intents: Annotated[tuple[Intent, ...], looser("more", min_length=1, max_length=10)]
    milli: Annotated[Milli, looser("down")] = 850

    @property
    def slot(self) -> Hashable:
        """All intents."""
        return "intents"

    @property
    def wanted(self) -> str:
        """The intents and the score."""
        return f"{','.join(sorted(self.intents))}>={self.milli}"

    def observer(self) -> Observer:
        """All intents found."""
        return _intents

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Look for the best of the asked intents."""
        if seen is None:
            return None, None
        best = max(((score, name) for name, score in seen if name in self.intents), default=None)
        return (False, "") if best is None else (best[0] >= self.milli, f"{best[1]}:{best[0]}")

    def fields(self) -> Mapping[str, str | int]:
        """Return intents and score."""
        return {"intents": ", ".join(sorted(self.intents)), "milli": self.milli}


class IntentAtLeast(Condition):
    """One intent was found at or above a score."""

    kind: Literal["intent_at_least"] = "intent_at_least"
    intent: Intent
    milli: Annotated[Milli, looser("down")]
    below: Annotated[int, looser("up", ge=1, le=1001)] = 1001

    @property
    def slot(self) -> Hashable:
        """All intents."""
        return "intents"

    @property
    def wanted(self) -> str:
        """The intent and the score."""
        return f"{self.intent}>={self.milli}" + (f",<{self.below}" if self.below <= 1000 else "")  # noqa: PLR2004 thousandths

    def observer(self) -> Observer:
        """All intents found."""
        return _intents

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Compare the score; an intent that was not found scores 0."""
        if seen is None:
            return None, None
        score = next((score for name, score in seen if name == self.intent), 0)
        return self.milli <= score < self.below, score

    def fields(self) -> Mapping[str, str | int]:
        """Return intent and score."""
        return {"intent": self.intent, "milli": self.milli, "below": min(self.below, 1000)}


class SentimentBelow(Condition):
    """The text is more negative than a score."""

    kind: Literal["sentiment_below"] = "sentiment_below"
    milli: Annotated[int, looser("up", ge=-1000, le=1000)]

    @property
    def wanted(self) -> int:
        """The score."""
        return self.milli

    def observer(self) -> Observer:
        """The sentiment."""
        return lambda facts, _words, _plain: None if facts.signals is None else facts.signals.sentiment_milli

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Compare."""
        return (None, None) if seen is None else (seen < self.milli, seen)

    def fields(self) -> Mapping[str, str | int]:
        """Return the score."""
        return {"milli": self.milli}


class ScoreAtLeast(Condition):
    """A risk score lies in [milli, below), if asked with or without a listed word behind it."""

    kind: Literal["score_at_least"] = "score_at_least"
    head: Head
    milli: Annotated[Milli, looser("down")]
    below: Annotated[int, looser("up", ge=1, le=1001)] = 1001
    hit: Literal["any", "listed", "unlisted"] = "any"

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.below <= self.milli:
            raise ValueError("below must lie above milli")
        return self

    @property
    def wanted(self) -> str:
        """The head, the band and whether a list must agree."""
        upper = f",<{self.below}" if self.below <= 1000 else ""  # noqa: PLR2004 thousandths
        return f"{self.head}>={self.milli}{upper}" + ("" if self.hit == "any" else f" {self.hit}")

    def observer(self) -> Observer:
        """All scores, and the heads that have a listed word."""
        return _risks

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Compare the (worst) score; a head that abstained leaves the answer open unless others settle it."""
        if seen is None:
            return None, None
        all_scores, listed = seen
        heads = HEADS if self.head == "worst" else (self.head,)
        scores = all_scores if self.head == "worst" else (all_scores[HEADS.index(self.head)],)
        known = [score for score in scores if score is not None]
        top = max(known, default=None)
        if top is not None and top >= self.below:
            return False, top
        strong = [
            head
            for head, score in zip(heads, scores, strict=True)
            if score is not None and score >= self.milli
        ]
        in_list = any(head in listed for head in strong)
        fits = bool(strong) and (self.hit == "any" or in_list == (self.hit == "listed"))
        open_end = len(known) < len(scores)
        if open_end and not (fits and self.below > 1000 and self.hit != "unlisted"):  # noqa: PLR2004 thousandths
            return None, top
        return fits, top

    def fields(self) -> Mapping[str, str | int]:
        """Return head and band."""
        return {
            "head": self.head,
            "milli": self.milli,
            "below": min(self.below, 1000),
            "hit": f"hit_{self.hit}",
        }


class ProfanityAtLeast(Condition):
    """Swearing of a severity."""

    kind: Literal["profanity_at_least"] = "profanity_at_least"
    severity: Annotated[int, looser("down", ge=1, le=3)]

    @property
    def wanted(self) -> int:
        """The severity."""
        return self.severity

    def observer(self) -> Observer:
        """The severity found."""
        return lambda facts, _words, _plain: None if facts.signals is None else facts.signals.profanity

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Compare."""
        return (None, None) if seen is None else (seen >= self.severity, seen)

    def fields(self) -> Mapping[str, str | int]:
        """Return the severity."""
        return {"severity": self.severity}


class ContainsAny(Condition):
    """The text holds one of the bank's words or phrases, as whole words."""

    kind: Literal["contains_any"] = "contains_any"
    bank: Name = "words"
    words: Annotated[tuple[Word, ...], looser("more", min_length=1, max_length=200)]
    needs_text: ClassVar[bool] = True

    @field_validator("words")
    @classmethod
    def _has_words(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        for word in words:
            if not words_of(word):
                raise ValueError(f"{word!r} holds no letter or digit")
        return words

    @property
    def slot(self) -> Hashable:
        """The words of the bank."""
        return ("words", self.words)

    @property
    def wanted(self) -> str:
        """The name of the bank."""
        return self.bank

    def observer(self) -> Observer:
        """The first word of the bank, in the order of the alphabet, that stands in the text; empty if none does."""
        bank = sorted({" ".join(words_of(word)) for word in self.words})
        single = frozenset(word for word in bank if " " not in word)
        phrases = tuple(f" {word} " for word in bank if " " in word)

        def observe(_facts: Facts, words: frozenset[str] | None, plain: str | None) -> Seen:
            if words is None or plain is None:
                return None
            if single.isdisjoint(words):
                if not phrases:
                    return ""
                found = [phrase.strip() for phrase in phrases if phrase in plain]
            else:
                found = [*(single & words), *(phrase.strip() for phrase in phrases if phrase in plain)]
            return min(found, default="")

        return observe

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Tell whether a word was found."""
        return (None, None) if seen is None else (bool(seen), seen)

    def fields(self) -> Mapping[str, str | int]:
        """Return the first words of the bank."""
        shown = 6
        more = len(self.words) - shown
        return {"words": ", ".join(self.words[:shown]) + (f" (+{more})" if more > 0 else "")}


class ContainsKind(Condition):
    """The text holds an e-mail address, a link or another kind of thing."""

    kind: Literal["contains_kind"] = "contains_kind"
    kinds: Annotated[tuple[Kind, ...], looser("more", min_length=1, max_length=6)]

    @property
    def wanted(self) -> str:
        """The kinds."""
        return ",".join(sorted(self.kinds))

    def observer(self) -> Observer:
        """All kinds found."""
        return lambda facts, _words, _plain: None if facts.signals is None else facts.signals.contains

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Look for one of the kinds."""
        if seen is None:
            return None, None
        found = sorted(set(seen) & set(self.kinds))
        return bool(found), ",".join(found)

    def fields(self) -> Mapping[str, str | int]:
        """Return the kinds."""
        return {"kinds": ", ".join(sorted(self.kinds))}


class LanguageIn(Condition):
    """The text is in one of the languages."""

    kind: Literal["language_in"] = "language_in"
    languages: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")], ...],
        looser("more", min_length=1, max_length=20),
    ]

    @property
    def wanted(self) -> str:
        """The languages."""
        return ",".join(sorted(self.languages))

    def observer(self) -> Observer:
        """The language found."""
        return lambda facts, _words, _plain: None if facts.signals is None else facts.signals.language

    def judge(self, seen: Seen) -> tuple[bool | None, str | int | None]:
        """Compare."""
        return (None, None) if seen is None else (seen in self.languages, seen)

    def fields(self) -> Mapping[str, str | int]:
        """Return the languages."""
        return {"languages": ", ".join(sorted(self.languages))}
