"""Days as reports write them: in any order, with or without a year; what can mean two days is read both ways."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Literal

import msgspec

Order = Literal["dmy", "mdy", "ymd"]
ORDERS: tuple[Order, ...] = ("dmy", "mdy", "ymd")
_LONGEST = 60
_CENTURY = 2000
_FIRST_YEAR, _LAST_YEAR = 2014, 2099
_LEAP = 2024

_numeric = re.compile(r"(\d{1,4})[-/.年](\d{1,2})(?:[-/.月](\d{1,4})?日?)?(?=$|[\s,T])")
_ordinal = r"(?:st|nd|rd|th|º)?"
_named = re.compile(
    rf"(?:(\d{{1,2}})\.?{_ordinal}\s*(?:de\s+)?)?([^\W\d_]{{3,12}})\.?\s*(?:de\s+)?(\d{{1,2}}(?!\d))?{_ordinal}"
    r",?\s*(?:de\s+|del\s+)?(\d{4})?(?=$|[\s,T])"
)
_kanji = re.compile(r"(\d{1,2})月(\d{1,2})日")
_weekday = re.compile(r"^[^\W\d_]{2,12}\.?,\s+(?=\d|[^\W\d_]{3,12}\.?\s+\d)")
_clock = re.compile(
    r"(?:[\s,]+|(?<=\d)T)(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*([ap]\.?m\.?)?(?:\s*(?:utc|z))?\s*$",
    re.IGNORECASE,
)


class Day(msgspec.Struct, frozen=True, gc=False):
    """A day of the calendar; `year` 0 stands for one that is not said."""

    year: int
    month: int
    day: int

    def in_year(self, year: int) -> date | None:
        """Return the date, in `year` if none is said; None when there is no such day."""
        try:
            return date(self.year or year, self.month, self.day)
        except ValueError:
            return None


class DayText(msgspec.Struct, frozen=True):
    """What a text can mean, by order of its numbers; `seconds` of the day, None without a time."""

    by_order: Mapping[Order, Day]
    seconds: int | None = None

    @property
    def open(self) -> bool:
        """Whether it means different days in different orders."""
        return len(set(self.by_order.values())) > 1

    @property
    def proved(self) -> Order | None:
        """The only possible order, where the order plays a part."""
        return next(iter(self.by_order)) if len(self.by_order) == 1 else None

    @property
    def needs_year(self) -> bool:
        """Whether no year is said."""
        return any(one.year == 0 for one in self.by_order.values())


def read(text: str, months: Mapping[str, int]) -> DayText | None:
    """Return what a text can mean; None when it is no day."""
    plain = text.strip()
    if not plain or len(plain) > _LONGEST:
        return None
    seconds = None
    clock = _clock.search(plain)
    if clock:
        seconds = _seconds(clock)
        plain = plain[: clock.start()].strip().rstrip(",")
        if seconds is None:
            return None
    kanji = _kanji.fullmatch(plain)
    if kanji:
        day = _day(0, int(kanji[1]), int(kanji[2]))
        return DayText(dict.fromkeys(ORDERS, day), seconds) if day else None
    numeric = _numeric.fullmatch(plain)
    found = _by_number(numeric) if numeric else _by_name(_weekday.sub("", plain), months)
    return DayText(found, seconds) if found else None


def _seconds(clock: re.Match[str]) -> int | None:
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    half = (clock[4] or "").lower()[:1]
    if half:
        if not 1 <= hour <= 12:  # noqa: PLR2004 - a clock's face
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or minute > 59 or second > 59:  # noqa: PLR2004 - a clock
        return None
    return (hour * 60 + minute) * 60 + second


def _by_number(found: re.Match[str]) -> dict[Order, Day]:
    first, second, third = found.groups()
    if third is None:
        pairs: dict[Order, tuple[str, str, str]] = {"dmy": ("0", second, first), "mdy": ("0", first, second)}
    elif len(first) > 2:  # noqa: PLR2004 - four digits are a year
        pairs = dict.fromkeys(ORDERS, (first, second, third))
    elif len(third) > 2:  # noqa: PLR2004 - as above
        pairs = {"dmy": (third, second, first), "mdy": (third, first, second)}
    else:
        pairs = {
            "dmy": (third, second, first),
            "mdy": (third, first, second),
            "ymd": (first, second, third),
        }
    days = {order: _day(*(int(part) for part in parts)) for order, parts in pairs.items()}
    return {order: one for order, one in days.items() if one is not None}


def _by_name(text: str, months: Mapping[str, int]) -> dict[Order, Day]:
    found = _named.fullmatch(text)
    if found is None:
        return {}
    before, name, after, year = found.groups()
    month = months.get(name.casefold(), 0)
    if not month or bool(before) == bool(after):
        return {}
    one = _day(int(year or 0), month, int(before or after))
    return {} if one is None else dict.fromkeys(ORDERS, one)


def _day(year: int, month: int, day: int) -> Day | None:
    full = year + _CENTURY if 0 < year < 100 else year  # noqa: PLR2004 - two digits
    if full and not _FIRST_YEAR <= full <= _LAST_YEAR:
        return None
    try:
        date(full or _LEAP, month, day)
    except ValueError:
        return None
    return Day(full, month, day)
