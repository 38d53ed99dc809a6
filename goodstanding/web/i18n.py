"""Dutch and English pages: templates, words, numbers and times."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, format_timedelta
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from goodstanding.kernel.timing import DAY, HOUR, MINUTE, SECOND
from goodstanding.locale import LANGUAGES, Lang
from goodstanding.locale.interface import translations
from goodstanding.usecases import playbooks

TEMPLATES = Path(__file__).parent / "templates"
_turning = re.compile("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Embeddings, overrides and isolates, and control signs; the marks of one direction change nothing of other words."""
_THOUSAND = 1000
_BADGE_MOST = 10_000
LOCALES: Mapping[Lang, str] = {"nl": "nl_NL", "en": "en_GB"}


@cache
def environment(lang: Lang) -> Environment:
    """Return the templates with the words of a language."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(translations(lang), newstyle=True)  # type: ignore[attr-defined]  # added by the i18n extension
    made.globals["ngettext"] = _grouped(lang, cast("Callable[..., str]", made.globals["ngettext"]))
    made.globals["platform_numbers"] = playbooks.platform_rules().numbers
    made.globals["picture_rules"] = playbooks.picture_rules()
    made.filters["marked"] = marked
    made.filters["short"] = lambda value: short(lang, value)
    made.filters["num"] = lambda value: number(lang, value)
    made.filters["span"] = lambda value: span(lang, value)
    return made


def marked(text: str) -> str:
    """Return somebody's words with each sign that nobody sees, and that turns the order of others around, named.

    `[U+202E]` stands for such a sign (Unicode Annex 9): what a person judges or sends must read as it is.
    """
    return _turning.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def number(lang: Lang, value: float) -> str:
    """Return a number as it is written in this language."""
    return str(format_decimal(value, locale=LOCALES[lang]))


def short(lang: Lang, count: int) -> str:
    """Return a count for a badge: `780`, `9.9k` (rounded down), and `10k+` for any above ten thousand."""
    if count < _THOUSAND:
        return number(lang, count)
    return f"{number(lang, min(count, _BADGE_MOST) // 100 / 10)}k" + ("+" if count > _BADGE_MOST else "")


def _grouped(lang: Lang, plain: Callable[..., str]) -> Callable[..., str]:
    """Return `ngettext` that writes its number as this language does."""

    @pass_context
    def ngettext(context: Context, one: str, many: str, count: int, **values: object) -> str:
        return plain(context, one, many, count, **{"num": number(lang, count), **values})

    return ngettext


def local(instant: int, zone: str) -> datetime:
    """Return an instant in a zone."""
    return datetime.fromtimestamp(instant / SECOND, UTC).astimezone(ZoneInfo(zone))


def clock_time(lang: Lang, instant: int, *, now: int, zone: str) -> str:
    """Return the time of an instant, with its date when that is not today."""
    moment = local(instant, zone)
    time = format_time(moment, "HH:mm", locale=LOCALES[lang])
    if moment.date() == local(now, zone).date():
        return str(time)
    pattern = "d MMM" if moment.year == local(now, zone).year else "d MMM y"
    return f"{format_date(moment, pattern, locale=LOCALES[lang])} {time}"


def full_time(lang: Lang, instant: int, *, zone: str) -> str:
    """Return date and time to the second."""
    moment = local(instant, zone)
    date = format_date(moment, "EEE d MMM y", locale=LOCALES[lang])
    return f"{date} {format_time(moment, 'HH:mm:ss', locale=LOCALES[lang])}"


def day(lang: Lang, instant: int, *, zone: str) -> str:
    """Return weekday and date."""
    return str(format_date(local(instant, zone), "EEEE d MMMM", locale=LOCALES[lang]))


def span(lang: Lang, milliseconds: int) -> str:
    """Return a length of time in its largest fitting unit."""
    size = abs(milliseconds)
    unit = DAY if size >= 2 * DAY else HOUR if size >= 2 * HOUR else MINUTE if size >= MINUTE else SECOND
    names = {DAY: "day", HOUR: "hour", MINUTE: "minute", SECOND: "second"}
    seconds = size // unit * unit // SECOND
    return str(
        format_timedelta(seconds, granularity=names[unit], threshold=10_000, locale=LOCALES[lang])  # type: ignore[arg-type]  # a literal from the table above
    )


def helpers(lang: Lang, *, now: int, zone: str) -> dict[str, Callable[..., Any]]:
    """Return what templates use to show times: `when`, `full`, `left`, `ago`."""
    return {
        "when": lambda instant: clock_time(lang, instant, now=now, zone=zone),
        "full": lambda instant: full_time(lang, instant, zone=zone),
        "left": lambda instant: span(lang, max(0, instant - now)),
        "ago": lambda instant: span(lang, max(0, now - instant)),
    }


def chosen(cookie: str, accepted: str) -> Lang:
    """Return the language of a visitor who is not signed in: chosen before, or the first the browser names."""
    for name in (cookie, *(part.strip()[:2].lower() for part in accepted.split(","))):
        for lang in LANGUAGES:
            if name == lang:
                return lang
    return "en"
