"""One text as it was understood, with the reasons: what the pages and the command line show."""

from collections.abc import Mapping
from typing import Literal

import msgspec

PERSON: Literal["person"] = "person"
Verdict = Literal["automate", "person", "act", "open", "abstains"]
"""Below both thresholds, between them, above both; `open` where a head has no thresholds in this language."""


class Reason(msgspec.Struct, frozen=True):
    """One thing that spoke for a head."""

    kind: Literal["word", "text"]
    what: str
    """The words as they stand in the text, or the name of a feature of the text as a whole."""
    value: float
    """What it brought, in the head's own measure (the log of the odds before calibration)."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What one head says."""

    name: str
    milli: int | None
    """Probability in thousandths; `None` where the head abstains."""
    below: int | None
    above: int | None
    verdict: Verdict
    listed: int
    """What listed words and phrases alone say, in thousandths."""
    start: float
    """Where the head stands before anything is read."""
    whole: float
    """What the text as a whole brought."""
    score: float
    """The start, what each word brings, and the whole, added up."""
    reasons: tuple[Reason, ...]


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A word at its place in the original text, with what it brings to each head."""

    start: int
    end: int
    brings: Mapping[str, float]


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """One text, understood."""

    text: str
    language: str
    language_milli: int
    worded: bool
    """Whether it holds any word, not signs alone."""
    sentiment_milli: int | None
    feeling: tuple[Reason, ...]
    """What spoke loudest for a glad (above zero) or a cross tone."""
    heads: tuple[Head, ...]
    words: tuple[Word, ...]
    weights: str
    """Hexadecimal SHA-256 of the model file."""

    @property
    def abstaining(self) -> tuple[str, ...]:
        """Return the heads that say nothing."""
        silent = ("sentiment",) if self.sentiment_milli is None else ()
        return (*[head.name for head in self.heads if head.milli is None], *silent)

    @property
    def why_silent(self) -> Literal["", "wordless", "unknown_language", "unsupported_language"]:
        """Return why heads abstain."""
        if not self.abstaining:
            return ""
        if not self.worded:
            return "wordless"
        return "unknown_language" if self.language == "und" else "unsupported_language"


def pieces(text: str, marks: Mapping[tuple[int, int], float]) -> list[tuple[str, float]]:
    """Return the text in pieces with the strength of each, 0 for what is not marked; the pieces make up the text."""
    found: list[tuple[str, float]] = []
    at = 0
    for (start, end), strength in sorted(marks.items()):
        if start < at:
            continue
        if start > at:
            found.append((text[at:start], 0.0))
        found.append((text[start:end], strength))
        at = end
    if at < len(text):
        found.append((text[at:], 0.0))
    return found
