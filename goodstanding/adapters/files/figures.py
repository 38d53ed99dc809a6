"""Numbers as reports write them. What can mean two things is read both ways, and never guessed."""

import re
from decimal import Decimal
from typing import Literal

import msgspec

from goodstanding.adapters.files.rules import StudioRules

Style = Literal["1,500.00", "1.500,00"]
STYLES: tuple[Style, ...] = ("1,500.00", "1.500,00")
_MILLION = 1_000_000
_LONGEST = 40
_INTEGER_MAX = 2**53 - 1

_spaces = re.compile(r"[\s\u00a0\u202f\u2009']")
_sign = re.compile(r"^[+\-\u2212\u2013]\s*")
_clock = re.compile(r"^(\d{1,5}):([0-5]?\d)(?::([0-5]\d))?$")
_units = re.compile(
    r"^(?:(\d+)\s*[hu](?:our|ours|ur|r|rs)?)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+)\s*s(?:ec)?)?$", re.IGNORECASE
)
_money = {
    "$": "usd",
    "us$": "usd",
    "usd": "usd",
    "€": "eur",
    "eur": "eur",
    "£": "gbp",
    "gbp": "gbp",
    "¥": "jpy",
    "jpy": "jpy",
}
_currency = re.compile(r"^(us\$|[$€£¥]|usd|eur|gbp|jpy)|(us\$|[$€£¥]|usd|eur|gbp|jpy)$", re.IGNORECASE)
_seconds = re.compile(r"\s*s(?:ec)?\.?$", re.IGNORECASE)
_factor = re.compile(r"([a-z万億]+)\.?$", re.IGNORECASE)
_forms: dict[Style, re.Pattern[str]] = {
    "1,500.00": re.compile(r"(?:\d+|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?"),
    "1.500,00": re.compile(r"(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d+)?"),
}


class Figure(msgspec.Struct, frozen=True, gc=False):
    """A number with its unit: count, ms, ppm or micro_usd (see `Measure`)."""

    value: int
    unit: str
    exact: bool = True


class NotANumberError(ValueError):
    """The text is no number of the wanted kind."""


def is_absent(text: str, rules: StudioRules) -> bool:
    """Tell whether a cell says that there is no figure: absent is not zero."""
    return text.strip().casefold() in rules.absent


def read(text: str, kind: str, rules: StudioRules) -> dict[Style, Figure]:
    """Return each reading of a number of this kind (count, ratio, duration, money).

    One entry: only this reading is possible. Two: both are, and they may be equal. Raises `NotANumberError`.
    """
    plain = text.strip()
    if not plain or len(plain) > _LONGEST:
        raise NotANumberError
    sign = -1 if (mark := _sign.match(plain)) and not mark[0].startswith("+") else 1
    plain = plain[mark.end() :] if mark else plain
    if kind == "duration" and (spelled := _spelled(plain)) is not None:
        figure = Figure(sign * spelled, "ms")
        return dict.fromkeys(STYLES, figure)
    found: dict[Style, Figure] = {}
    for style in STYLES:
        figure_ = _styled(plain, kind, style, rules, sign)
        if figure_ is not None:
            found[style] = figure_
    if not found:
        raise NotANumberError
    return found


def native(value: float, kind: str) -> Figure:
    """Return a number that is one already, as cells of a spreadsheet are."""
    number = Decimal(str(value))
    if not number.is_finite():
        raise NotANumberError
    unit = {"ratio": "ppm", "duration": "ms", "money": "micro"}.get(kind, "count")
    figure = _scaled(number, unit, exact=True)
    if figure is None:
        raise NotANumberError
    return figure


def style_proved(readings: dict[Style, Figure]) -> Style | None:
    """Return the only possible reading of a number, or None when it proves nothing."""
    return next(iter(readings)) if len(readings) == 1 else None


def decimals(text: str, style: Style) -> int:
    """Return how many digits stand behind the decimal sign of this style."""
    _, sign, behind = text.rpartition("." if style == "1,500.00" else ",")
    return len(re.match(r"\d*", behind)[0]) if sign else 0  # type: ignore[index]  # an empty match is one, too


def is_open(readings: dict[Style, Figure]) -> bool:
    """Tell whether a number means two different things."""
    return len(set(readings.values())) > 1


def _spelled(text: str) -> int | None:
    """Return a duration written as 0:12, 1:02:03, 1h 2m 3s, in milliseconds."""
    clock = _clock.match(text)
    if clock:
        first, second, third = (int(part or -1) for part in clock.groups())
        return (first * 60 + second if third < 0 else (first * 60 + second) * 60 + third) * 1000
    units = _units.match(text)
    if units and any(units.groups()):
        hours, minutes, seconds = (int(part or 0) for part in units.groups())
        return ((hours * 60 + minutes) * 60 + seconds) * 1000
    return None


def _styled(text: str, kind: str, style: Style, rules: StudioRules, sign: int) -> Figure | None:
    plain, unit = text, {"ratio": "ppm", "duration": "ms"}.get(kind, "count")
    divisor = 1
    if kind == "ratio" and plain.endswith("%"):
        plain, divisor = plain[:-1].strip(), 100
    if kind == "duration":
        plain = _seconds.sub("", plain)
    if kind == "money":
        currency = _currency.search(plain)
        unit = f"micro_{_money[currency[0].casefold()]}" if currency else "micro"
        plain = _currency.sub("", plain).strip()
    factor, exact = 1, True
    suffix = _factor.search(plain)
    if suffix:
        known = rules.factors.get(suffix[1].casefold())
        if known is None or kind == "ratio":
            return None
        factor, exact, plain = known, False, plain[: suffix.start()].strip()
    plain = _spaces.sub("", plain)
    if not _forms[style].fullmatch(plain):
        return None
    usual = plain.replace(",", "") if style == "1,500.00" else plain.replace(".", "").replace(",", ".")
    return _scaled(sign * Decimal(usual) * factor / divisor, unit, exact=exact)


def _scaled(number: Decimal, unit: str, *, exact: bool) -> Figure | None:
    scale = 1 if unit == "count" else 1000 if unit == "ms" else _MILLION
    scaled = number * scale
    if abs(scaled) > _INTEGER_MAX:
        return None
    if unit == "ppm" and abs(number) > 1:
        return None
    whole = scaled.to_integral_value()
    if unit == "count" and whole != scaled and exact:
        return Figure(int(scaled * 1000), "thousandths")
    return Figure(int(whole), unit, exact and whole == scaled)
