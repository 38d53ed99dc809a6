"""The crowd: invented viewers whose comments follow from a seed, in any number, without a server."""

import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from goodstanding.sandbox.clock import MILLISECONDS
from goodstanding.sandbox.numbers import read_data
from goodstanding.sandbox.wire import comment_body

HARMFUL_SHARE = 0.05
VIEWERS_MIN = 3_000
"""However small a crowd, its viewers come from a town of this size."""
LANGUAGES: Mapping[str, float] = {"nl": 0.62, "be": 0.12, "en": 0.22, "mix": 0.04}
START_MS = 1_790_000_000_000
VIDEO_IDS = ("7672400000000000101", "7672400000000000202", "7672400000000000303", "7672400000000000404")

_SLOT = re.compile(r"\{(\w+)\}")
TABLE = 2048
_BASE = {"be": "nl", "mix": "nl"}
_FIRST = [
    "fietsende",
    "stille",
    "vrolijke",
    "late",
    "kleine",
    "snelle",
    "groene",
    "houten",
    "zachte",
    "gouden",
    "rare",
    "wakkere",
    "lange",
    "warme",
    "dappere",
    "losse",
    "ronde",
    "slimme",
    "trage",
    "blije",
]
_SECOND = [
    "pinguin",
    "lepel",
    "wolk",
    "tulp",
    "egel",
    "fiets",
    "kaas",
    "mok",
    "regen",
    "stoel",
    "panda",
    "vos",
    "eend",
    "kers",
    "lamp",
    "noot",
    "kiwi",
    "boot",
    "sok",
    "ster",
    "meeuw",
    "bloem",
    "komkommer",
    "kat",
    "tosti",
    "trui",
]


def make_comments(
    count: int,
    seed: int,
    *,
    start_ms: int = START_MS,
    spread_ms: int = 3_600_000,
    harmful_share: float = HARMFUL_SHARE,
    languages: Mapping[str, float] = LANGUAGES,
    spike: bool = False,
    video_ids: Sequence[str] = VIDEO_IDS,
    first: int = 0,
) -> Iterator[dict[str, Any]]:
    """Yield `count` comments in the order of time; the same arguments give the same comments.

    Times lie in `[start_ms, start_ms + spread_ms]`; with `spike` four fifths of them in the last fifth.
    `first` numbers the first comment: crowds that do not overlap in numbers never share an id. Each comment
    is a dict of `comment_id, video_id, parent_comment_id, unique_identifier, username, display_name, text,
    timestamp` (milliseconds), `likes, language, kind, harmful`. `kind` and `harmful` say what was meant:
    the truth to measure against, never part of a webhook. Raises `ValueError` for an unknown language.
    """
    chance = random.Random(f"crowd {seed}")  # noqa: S311 - repeatable by seed, guards nothing
    draw = chance.random
    tables = _tables(tuple(sorted(languages.items())))
    harmful_tables = _harmful_tables(tuple(sorted(languages.items())))
    decoration = read_data("crowd.toml")["decoration"]
    emoji, calls = tuple(decoration["emoji"]), tuple(decoration["calls"])
    pool = max(VIEWERS_MIN, count // 3)
    step = 1 / count if count else 0.0
    videos = len(video_ids)
    for index in range(count):
        harmful = draw() < harmful_share
        language, kind, templates = (harmful_tables if harmful else tables)[int(draw() * TABLE)]
        parts = templates[int(draw() * len(templates))]
        text = "".join([part if part.__class__ is str else part[int(draw() * len(part))] for part in parts])
        if kind != "info":
            text = _decorated(text, draw(), emoji[int(draw() * len(emoji))], calls[int(draw() * len(calls))])
        viewer = int(draw() * draw() * pool)
        name = viewer_name(viewer)
        part_of_time = (index + draw()) * step
        if spike:
            part_of_time = part_of_time * 4 if part_of_time < 0.2 else 0.8 + (part_of_time - 0.2) / 4  # noqa: PLR2004 - the fifths of the docstring
        at = start_ms + int(part_of_time * spread_ms)
        lower = (((first + index) * 2_654_435_761) & 0x7FFFFFFF) | 0x80000000
        yield {
            "comment_id": str(((at // MILLISECONDS) << 32) | lower),
            "video_id": video_ids[int(draw() * draw() * videos)],
            "parent_comment_id": "",
            "unique_identifier": f"+SbxViewer{viewer:06d}",
            "username": name,
            "display_name": name.replace("_", " ").rstrip("0123456789").title(),
            "text": text,
            "timestamp": at,
            "likes": int(draw() ** 6 * 40),
            "language": language,
            "kind": kind,
            "harmful": harmful,
        }


def viewer_name(viewer: int) -> str:
    """Return the handle of an invented viewer; different numbers give different handles."""
    a, b = len(_FIRST), len(_SECOND)
    return f"{_FIRST[viewer % a]}_{_SECOND[(viewer // a) % b]}{viewer:04d}"


def webhook_bodies(comments: Iterable[Mapping[str, Any]], app_id: str, open_id: str) -> list[bytes]:
    """Return the raw bodies with which the platform would announce `comments`, ready to be signed."""
    return [
        comment_body(
            app_id=app_id,
            open_id=open_id,
            action="insert",
            at_ms=comment["timestamp"],
            comment_id=comment["comment_id"],
            video_id=comment["video_id"],
            parent_comment_id=comment["parent_comment_id"],
            unique_identifier=comment["unique_identifier"],
            text=comment["text"],
        )
        for comment in comments
    ]


def _decorated(text: str, chance: float, emoji: str, call: str) -> str:
    """Write as people do: sometimes an emoji, no capitals, shouting, a long vowel or a hello."""
    if chance < 0.20:  # noqa: PLR2004 - shares of a draw, read as a ladder
        return f"{text} {emoji}"
    if chance < 0.30:  # noqa: PLR2004 - as above
        return text.lower()
    if chance < 0.36:  # noqa: PLR2004 - as above
        return f"{text}!!"
    if chance < 0.41:  # noqa: PLR2004 - as above
        return text.replace("ee", "eeee", 1).replace("oo", "oooo", 1)
    if chance < 0.46:  # noqa: PLR2004 - as above
        return call + text
    if chance < 0.48:  # noqa: PLR2004 - as above
        return text.upper()
    return text


# --- tables: one draw chooses language and kind together ---

Choice = tuple[str, str, tuple[tuple[Any, ...], ...]]


def _compile(template: str, slots: Mapping[str, Sequence[str]]) -> tuple[Any, ...]:
    pieces = _SLOT.split(template)
    return tuple(tuple(slots[piece]) if index % 2 else piece for index, piece in enumerate(pieces) if piece)


def choices(
    data: Mapping[str, Any], slots: Mapping[str, Mapping[str, Sequence[str]]], languages: Mapping[str, float]
) -> tuple[Choice, ...]:
    """Return a table in which each (language, kind) stands as often as its weight asks."""
    entries: list[tuple[float, Choice]] = []
    for language, weight in languages.items():
        if language not in LANGUAGES:
            raise ValueError(f"unknown language {language}")
        base = _BASE.get(language, language)
        own = data.get(language, {})
        for kind, parts in data["weights"].items():
            templates = own.get(kind) or data[base][kind]
            compiled = tuple(_compile(template, slots[base]) for template in templates)
            entries.append((weight * parts, (language, kind, compiled)))
    total = sum(weight for weight, _ in entries)
    if total <= 0:
        raise ValueError("no language has a weight")
    table: list[Choice] = []
    reached = 0.0
    for weight, choice in entries:
        reached += weight
        table.extend([choice] * (round(reached / total * TABLE) - len(table)))
    return tuple(table)


def all_slots(data: Mapping[str, Any]) -> dict[str, dict[str, Sequence[str]]]:
    """Return what the slots of each language may be filled with."""
    more = {
        "emoji": read_data("crowd.toml")["decoration"]["emoji"],
        "handle": [viewer_name(number) for number in range(200)],
    }
    return {language: {**slots, **more} for language, slots in data["slots"].items()}


@cache
def _tables(languages: tuple[tuple[str, float], ...]) -> tuple[Choice, ...]:
    data = read_data("crowd.toml")
    return choices(data, all_slots(data), dict(languages))


@cache
def _harmful_tables(languages: tuple[tuple[str, float], ...]) -> tuple[Choice, ...]:
    data = read_data("harmful.toml")
    return choices(data, all_slots(data), dict(languages))
