"""Reading comments out of text copied from the platform's own screen. Tolerant: what is not understood is given back.

A comment is told by its age ("2d", "2 d geleden", "3-14") or its *Reply* button: what stands before it, from the last
such mark on, is the author's line and the text; what stands after it (counts, buttons) belongs to it too.
"""

import re
import tomllib
from collections.abc import Sequence

import msgspec

from goodstanding.kernel.problems import Invalid, Problem
from goodstanding.kernel.timing import DAY, HOUR, MINUTE, SECOND

SPANS = {"second": SECOND, "minute": MINUTE, "hour": HOUR, "day": DAY, "week": 7 * DAY}
MONTHS = 12
AUTHOR_MAX = 60
"""Characters; a longer first line is text whose author's line was not copied."""
_number = re.compile(r"\d{1,3}(?:[.,]\d{1,3})?\s?[kmb]?|\d+", re.IGNORECASE)
_relative = re.compile(r"(\d{1,4})\s?([a-z]+)\.?(?:\s+([a-z]+))?")
_date = re.compile(r"(?:(\d{4})-)?(\d{1,2})-(\d{1,2})")


class Screen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words around comments, as a dated file."""

    id: str
    read_on: str
    source: str
    reply: tuple[str, ...]
    view_first: tuple[str, ...]
    view_holds: tuple[str, ...]
    badges: tuple[str, ...]
    own_badges: tuple[str, ...]
    now: tuple[str, ...]
    ago: tuple[str, ...]
    units: dict[str, str]


class Age(msgspec.Struct, frozen=True, kw_only=True):
    """How old a comment is said to be: a span in milliseconds, or a date whose year may be missing (0)."""

    span: int = 0
    year: int = 0
    month: int = 0
    day: int = 0


class Pasted(msgspec.Struct, frozen=True, kw_only=True):
    """One comment as it stood on the screen."""

    line: int
    """Of the author's line, from 1."""
    author: str
    text: str
    age: Age | None
    own: bool = False
    """It bears the mark of the account's own comments."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What was read, and what was not understood with its line."""

    comments: tuple[Pasted, ...]
    left: tuple[tuple[int, str], ...]


def read_screen(text: str) -> Screen:
    """Read a file of screen words; raises `Invalid` when it is not one."""
    try:
        return msgspec.convert(tomllib.loads(text), Screen)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Invalid((Problem(code="BAD_SCREEN_WORDS", fields={"detail": str(error)}),)) from error


def read_age(screen: Screen, text: str) -> Age | None:
    """Return the age that a piece of text says, or None when it says none."""
    plain = " ".join(text.lower().split())
    if plain in screen.now:
        return Age()
    if found := _relative.fullmatch(plain):
        count, unit, ago = found.groups()
        if unit in screen.units and (ago is None or ago in screen.ago):
            return Age(span=int(count) * SPANS[screen.units[unit]])
    if found := _date.fullmatch(plain):
        year, first, second = (int(part or 0) for part in found.groups())
        month, day = (second, first) if first > MONTHS >= second and not year else (first, second)
        if 1 <= month <= MONTHS and 1 <= day <= 31:  # noqa: PLR2004 - days of a month
            return Age(year=year, month=month, day=day)
    return None


def same_words(text: str) -> str:
    """Return a text in the form in which two copies of it are compared: spaces made one, ends cut."""
    return " ".join(text.split())


def read_pasted(screen: Screen, text: str) -> Reading:
    """Return the comments in a text, in its order. Never raises, whatever the text."""
    reader = _Reader(screen)
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip().strip("\u200e\u200f\u2068\u2069\ufeff").strip()
        if line:
            reader.take(number, line)
    reader.close()
    return Reading(comments=tuple(reader.comments), left=tuple(reader.left))


class _Reader:
    """One pass over the lines."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.comments: list[Pasted] = []
        self.left: list[tuple[int, str]] = []
        self._block: list[tuple[int, str]] = []
        self._own = False
        self._in_tail = False
        """After a comment's mark: counts and buttons still belong to it."""

    def take(self, number: int, line: str) -> None:
        plain = " ".join(line.lower().split()).rstrip(".:")
        if self._is_button(plain):
            self._end(None)
        elif (age := self._age(plain)) is not None:
            self._end(age)
        elif self._is_view(plain) or (self._in_tail and _number.fullmatch(plain)):
            self._end(None)
        elif plain in self._screen.badges:
            self._own = self._own or (bool(self._block) and plain in self._screen.own_badges)
        else:
            self._in_tail = False
            self._block.append((number, line))

    def close(self) -> None:
        """Give back what no mark ended."""
        self.left += self._block
        self._block = []

    def _end(self, age: Age | None) -> None:
        """A mark ends the block before it; a mark with none before it belongs to the last comment."""
        block, self._block, own, self._own = self._block, [], self._own, False
        last = self.comments[-1] if self.comments else None
        if not block:
            if age is not None and last is not None and last.age is None and self._in_tail:
                self.comments[-1] = msgspec.structs.replace(last, age=age)
            self._in_tail = True
            return
        self._in_tail = True
        if len(block) > 2 and _number.fullmatch(block[-1][1]):  # noqa: PLR2004 - author, text, and a count of likes
            block = block[:-1]
        (number, author), rest = block[0], block[1:]
        author, marked, beside = self._author(author)
        text = "\n".join(line for _, line in rest)
        if not text or not author or len(author) > AUTHOR_MAX:
            self.left += block
            self._in_tail = False
            return
        self.comments.append(
            Pasted(line=number, author=author, text=text, age=age or beside, own=own or marked)
        )

    def _author(self, line: str) -> tuple[str, bool, Age | None]:
        """Return the author's name without the at sign, and what a dot beside it tells: that it is our own, or its age."""
        name, _, told = line.partition("·")
        own = told.strip().lower() in self._screen.own_badges
        age = read_age(self._screen, told)
        return (name if own or age else line).strip().lstrip("@").strip(), own, age

    def _age(self, plain: str) -> Age | None:
        """Return the age that a line says, also where the button's word is glued to it (`3-14Reply`)."""
        for end in ("", *self._screen.reply):
            if end and not plain.endswith(end):
                continue
            found = read_age(self._screen, plain.removesuffix(end).rstrip(" ·"))
            if found is not None:
                return found
        return None

    def _is_button(self, plain: str) -> bool:
        return plain in self._screen.reply

    def _is_view(self, plain: str) -> bool:
        words = plain.replace("(", " ").split()
        return (
            len(words) > 1
            and len(words) <= 6  # noqa: PLR2004 - a button is short; a longer line is somebody's text
            and words[0] in self._screen.view_first
            and any(part.isdigit() or part.startswith(self._screen.view_holds) for part in _rest(words))
            and any(part.startswith(self._screen.view_holds) for part in words)
        )


def _rest(words: Sequence[str]) -> list[str]:
    return [word.strip("()") for word in words[1:]]
