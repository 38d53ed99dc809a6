"""What the readers go by: bounds, layouts and column names, dated data of the package (`playbooks/imports`)."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from goodstanding.adapters.files.columns import plain_name

DATED = "2026-11"
"""The reading that is in force."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of a file; beyond one of them it is refused with its reason. Bytes, characters and counts as named."""

    upload_bytes_max: int
    unpacked_bytes_max: int
    members_max: int
    member_name_chars_max: int
    ratio_max: int
    ratio_from_bytes: int
    json_depth_max: int
    json_value_chars_max: int
    json_key_chars_max: int
    tables_max: int
    columns_max: int
    cells_max: int
    cell_chars_max: int
    xml_bytes_max: int
    xml_depth_max: int


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of thing in TikTok's export, and where it stands. Names are plain (see `columns.plain_name`)."""

    name: str
    lists: tuple[str, ...] = ()
    """Last name, or last two, of a list of items."""
    maps: tuple[str, ...] = ()
    """Name of an object whose every value is a list of items: chats by name."""
    objects: tuple[str, ...] = ()
    """Name of an object that is itself the one item."""
    fields: dict[str, str] = {}
    """TikTok's name -> ours; what is not named is not kept."""
    changing: tuple[str, ...] = ()
    """Ours that grow from export to export and so do not tell two items apart."""
    raw: bool = False
    """The whole item is kept as it is: its shape is not known."""


class Layouts(msgspec.Struct, frozen=True, kw_only=True):
    """All sections of the export."""

    date: str
    source: str
    sections: tuple[Section, ...]


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """What a column of a report means."""

    kind: str
    """date, video, segment, ignore, count (whole), average, ratio, duration or money."""
    names: dict[str, str]
    """Plain name -> the language it was found in."""


class StudioRules(msgspec.Struct, frozen=True, kw_only=True):
    """Column names and number words of TikTok Studio's reports."""

    date: str
    absent: frozenset[str]
    factors: dict[str, int]
    months: dict[str, int]
    """Name or abbreviation -> 1 to 12."""
    roles: dict[str, Role]


def _document(name: str) -> dict[str, Any]:
    path = files("goodstanding.playbooks").joinpath("imports", f"{name}-{DATED}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def limits() -> Limits:
    """Return the bounds in force."""
    return msgspec.convert(_document("limits")["numbers"], Limits)


@cache
def layouts() -> Layouts:
    """Return the layouts of TikTok's export."""
    return msgspec.convert(_document("export"), Layouts)


@cache
def studio() -> StudioRules:
    """Return the column names of TikTok Studio's reports."""
    found = _document("studio")
    roles = {
        name: Role(
            kind=one["kind"],
            names={
                plain_name(word): language
                for language, words in reversed(list(one.items()))
                if language != "kind"
                for word in words
            },
        )
        for name, one in found["roles"].items()
    }
    return StudioRules(
        date=found["date"],
        absent=frozenset(found["absent"]),
        factors=found["factors"],
        months=_months(found["months"]),
        roles=roles,
    )


def _months(languages: dict[str, list[str]]) -> dict[str, int]:
    """Return the months by name and by their first three letters, where those mean one month in all languages."""
    full = {name: number for names in languages.values() for number, name in enumerate(names, 1)}
    short: dict[str, set[int]] = {}
    for name, number in full.items():
        short.setdefault(name[:3], set()).add(number)
    return {**{name: one.pop() for name, one in short.items() if len(one) == 1}, **full}
