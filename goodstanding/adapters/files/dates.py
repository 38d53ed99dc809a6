"""Dates in files, read only when they can mean one thing."""

import re
from datetime import UTC, date, datetime

_SECONDS = range(10**9, 10**10)
"""Whole seconds since 1970: 2001 to 2286."""
_MILLIS = range(10**12, 10**13)
_iso = re.compile(r"\d{4}-\d\d-\d\d")
_parts = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})\b")
_DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1).toordinal()
_MONTHS = 12


def read_date(value: object) -> int | None:
    """Return the moment in milliseconds, or None when it cannot be told without guessing.

    Understood: seconds or milliseconds since 1970, ISO 8601 (without a zone taken as UTC), and day and month
    in any order where only one order is possible: 13-02-2026, but not 03-04-2026.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _epoch(int(value)) if abs(value) < 10**14 else None
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return _epoch(int(text)) if len(text) <= len(str(_MILLIS.start)) else None
    if _iso.match(text):
        return _iso_moment(text)
    return _day(text)


def _epoch(number: int) -> int | None:
    if number in _MILLIS:
        return number
    return number * 1000 if number in _SECONDS else None


def _iso_moment(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return int(zoned.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _day(text: str) -> int | None:
    found = _parts.match(text)
    if found is None:
        return None
    first, second, year = (int(part) for part in found.groups())
    if first <= _MONTHS and second <= _MONTHS and first != second:
        return None
    day, month = (first, second) if second <= _MONTHS else (second, first)
    try:
        return (date(year, month, day).toordinal() - _EPOCH) * _DAY_MS
    except ValueError:
        return None
