"""Signals: what understanding found in one text, with the version that found it."""

from typing import Literal

import msgspec

Answer = Literal["yes", "no", "stop"]


class Signals(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A classifier's findings. Scores are thousandths; `None` means the classifier abstained on that head.

    `answer` is only ever found by exact lists: `stop` always holds; `yes` and `no` count only as an answer to a
    pending question (core.consent decides that, never this value alone).
    """

    abuse_milli: int | None
    answer: Answer | None
    contains: tuple[str, ...]
    """Kinds of thing in the text, sorted: `email`, `phone`, `iban`, `url`, `handle`, `price`."""
    hate_milli: int | None
    hits: tuple[tuple[str, str], ...]
    """(head, normalised word) that drove a score, at most eight, for explanations."""
    intents: tuple[tuple[str, int], ...]
    """(intent, thousandths), sorted by name: `price`, `link`, `info`, `product_question`, `question`, `collab`,
    `complaint`, `thanks`, `minor` (says to be a minor), `crisis`."""
    language: str
    """ISO 639-1, or `und`."""
    language_milli: int
    model: str
    """Name, version and digest of everything that shaped the result, such as `lists-1:3f9a…`."""
    profanity: int | None
    """Severity 0 to 3."""
    sentiment_milli: int | None
    """-1000 (negative) to 1000 (positive)."""
    sexual_milli: int | None
    spam_milli: int | None
    threat_milli: int | None
