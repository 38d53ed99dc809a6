"""Words drafted by a language model: what it is told, what it is shown, and what a draft must pass before it may be sent.

A draft decides nothing. Whatever the model was led to write, what stands here is asked of it first: everything that is
asked of a template, and what a template never holds because somebody read it.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Literal

import msgspec

from goodstanding.core.policy.check import ProblemCode, faults_of
from goodstanding.core.policy.document import Gates
from goodstanding.core.policy.platform import PlatformRules
from goodstanding.core.policy.vocabulary import words_of
from goodstanding.core.signals import Signals
from goodstanding.kernel.problems import Invalid, Problem
from goodstanding.kernel.texts import length

Tongue = Literal["nl", "en"]
Channel = Literal["reply", "message"]
SECRET_WORDS = 7
"""So many words in a row out of what the model was told: it tells its instructions."""
LINES_MAX = 6
READ_MAX = 4000
"""Characters; a longer draft is too long whatever it says, and is not read any further."""


class Fault(StrEnum):
    """What can be wrong with a draft; never renamed."""

    EMPTY = "EMPTY"
    TOO_LONG = "TOO_LONG"
    FORM = "FORM"
    LANGUAGE = "LANGUAGE"
    UNREAD = "UNREAD"
    REFUSAL = "REFUSAL"
    TELLS_RULES = "TELLS_RULES"
    LINK = "LINK"
    PRICE = "PRICE"
    PUSH = "PUSH"
    PHRASE = "PHRASE"
    CONTACT = "CONTACT"
    ASKS_CONTACT = "ASKS_CONTACT"
    INSULT = "INSULT"
    SIMILAR = "SIMILAR"


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a model is told in one language, and what no draft in it may hold."""

    tone: str
    instructions: str
    examples: str
    refusals: tuple[str, ...]
    promises: tuple[str, ...]
    asks: tuple[str, ...]


class Numbers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds; the unit stands in the name."""

    talk_lines: int
    line_chars: int
    tone_chars: int
    examples: int
    answer_bytes: int
    seconds: int
    keep_days: int


class Book(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One dated version of all that."""

    id: str
    read_on: str
    source: str
    numbers: Numbers
    sources: dict[str, dict[str, str]]
    nl: Words
    en: Words

    def of(self, tongue: Tongue) -> Words:
        """Return the words of a language."""
        return self.nl if tongue == "nl" else self.en


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft must be."""

    tongue: Tongue
    channel: Channel
    most: int
    """Longest length, as the platform counts."""
    may_ask: bool = False
    """The person agreed to be asked for an address: only then, and never in public."""
    told: str = ""
    """What the model was told and nobody else is meant to read."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a talk, as the model sees it."""

    by: Literal["viewer", "us"]
    text: str


def read_book(text: str) -> Book:
    """Read a file of such words; raises `Invalid` when it is not one."""
    try:
        return msgspec.convert(tomllib.loads(text), Book)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Invalid((Problem(code="BAD_DRAFT_BOOK", fields={"detail": str(error)}),)) from error


_PRIVATE = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE), "[link]"),
    (re.compile(r"[@\uff20][\w.]+"), "[name]"),
    (re.compile(r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?\b"), "[account]"),
    (re.compile(r"\+?\d(?:[\s().-]*\d){6,}"), "[number]"),
)


def without_names(text: str, names: Iterable[str], most: int) -> str:
    """Return a text as it may leave the house: addresses, numbers, links and `names` masked, at most `most` characters."""
    for pattern, mask in _PRIVATE:
        text = pattern.sub(mask, text)
    for name in names:
        if name:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "[name]", text, flags=re.IGNORECASE)
    return text[:most]


def told(book: Book, wanted: Wanted, tone: str, wordings: Sequence[str]) -> tuple[str, str]:
    """Return what the model is told (the secret part, and the account's own wordings that follow it)."""
    words = book.of(wanted.tongue)
    secret = f"{words.instructions.strip().format(most=wanted.most)}\n\n{(tone or words.tone).strip()}"
    shown = list(dict.fromkeys(wordings))[: book.numbers.examples]
    if not shown:
        return secret, ""
    return secret, "\n".join((words.examples, *(f"- {one}" for one in shown)))


def faults(
    text: str, wanted: Wanted, *, signals: Signals, gates: Gates, platform: PlatformRules, book: Book
) -> tuple[Fault, ...]:
    """Return everything that keeps a draft from being sent, in the order of `Fault`; nothing when it may be."""
    if not text.strip():
        return (Fault.EMPTY,)
    if len(text) > READ_MAX:
        return (Fault.TOO_LONG,)
    found = {
        *_in_form(text, wanted),
        *_in_words(text, wanted, book),
        *_in_signals(signals, wanted, gates),
        *_of_template(text, wanted, platform),
    }
    return tuple(fault for fault in Fault if fault in found)


_markup = re.compile(
    r"```|\*\*|__|</|<[a-z!]|[{}\[\]|\\]|^\s*(?:#|[-*•] |\d+\. )|^\w+:$", re.MULTILINE | re.IGNORECASE
)
_link = re.compile(
    r"://|\bwww\b|\b[\w-]{2,}\.[a-z]{2,}\b|\b(?:dot|punt)\s*(?:com|nl|be|net|org|io|link|shop|me)\b", re.IGNORECASE
)  # fmt: skip
_money = re.compile(r"[€$£¥%]|\b\d+[\d.,]*\s*(?:eur|euro'?s?|usd|procent|percent|,-)|\b\d+,-", re.IGNORECASE)
_handle = re.compile(r"[@\uff20]\w")
_KEPT = "\u200d\u200c\n"
"""Joiners that emoji and some scripts are written with, and the end of a line."""


def _in_form(text: str, wanted: Wanted) -> Iterator[Fault]:
    plain = unicodedata.normalize("NFKC", text)
    if length(text) > wanted.most:
        yield Fault.TOO_LONG
    hidden = any(unicodedata.category(sign)[0] == "C" and sign not in _KEPT for sign in text)
    if hidden or _markup.search(plain) or plain.count("\n") >= LINES_MAX:
        yield Fault.FORM
    if _link.search(plain):
        yield Fault.LINK
    if _money.search(plain):
        yield Fault.PRICE
    if _handle.search(plain):
        yield Fault.CONTACT


def _in_words(text: str, wanted: Wanted, book: Book) -> Iterator[Fault]:
    said = words_of(text)
    line = f" {' '.join(said)} "
    for words in (book.nl, book.en):
        if _holds(line, words.refusals):
            yield Fault.REFUSAL
        if _holds(line, words.asks) and not (wanted.may_ask and wanted.channel == "message"):
            yield Fault.ASKS_CONTACT
    if _holds(line, book.of(wanted.tongue).promises):
        yield Fault.PRICE
    secret = f" {' '.join(words_of(wanted.told))} "
    runs = (said[place : place + SECRET_WORDS] for place in range(len(said) - SECRET_WORDS + 1))
    if any(f" {' '.join(run)} " in secret for run in runs):
        yield Fault.TELLS_RULES


def _holds(line: str, phrases: Iterable[str]) -> bool:
    return any(f" {one[:-1]}" in line if one.endswith("*") else f" {one} " in line for one in phrases)


def _in_signals(signals: Signals, wanted: Wanted, gates: Gates) -> Iterator[Fault]:
    """What our own reading says of a draft; where it abstains, nobody has read it."""
    if signals.language != wanted.tongue:
        yield Fault.LANGUAGE
    bounds = (
        (signals.abuse_milli, gates.abuse_milli_below), (signals.hate_milli, gates.hate_milli_below),
        (signals.threat_milli, gates.threat_milli_below), (signals.sexual_milli, gates.sexual_milli_below),
    )  # fmt: skip
    if any(seen is not None and seen >= below for seen, below in bounds) or (signals.profanity or 0) > 0:
        yield Fault.INSULT
    if any(seen is None for seen, _ in bounds):
        yield Fault.UNREAD
    if signals.spam_milli is not None and signals.spam_milli >= gates.spam_milli_below:
        yield Fault.PUSH
    if "url" in signals.contains:
        yield Fault.LINK
    if "price" in signals.contains:
        yield Fault.PRICE
    if {"email", "phone", "iban", "handle"} & set(signals.contains):
        yield Fault.CONTACT


_OF_TEMPLATES = {
    ProblemCode.TEMPLATE_TOO_LONG: Fault.TOO_LONG,
    ProblemCode.REFUSED_PHRASE: Fault.PHRASE,
    "class.link": Fault.LINK,
    "class.push": Fault.PUSH,
}


def _of_template(text: str, wanted: Wanted, platform: PlatformRules) -> Iterator[Fault]:
    for code in faults_of(text, wanted.channel, platform):
        yield _OF_TEMPLATES[code]
