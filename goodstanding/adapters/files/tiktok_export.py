"""TikTok's "Download your data" and the Data Portability zip: all known layouts, found by the names around their lists.

Case of names, the three kinds of nothing (null, [] and {}, and "N/A", "None") and both forms of dates are read alike.
Names of other people stand in `Found.person` alone, never in a place or among the values.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import BinaryIO

import msgspec

from goodstanding.adapters.files.columns import plain_name
from goodstanding.adapters.files.dates import read_date
from goodstanding.adapters.files.outline import Broken, Outline, Path, Value
from goodstanding.adapters.files.packages import Package, is_package
from goodstanding.adapters.files.rules import Limits, Section, layouts
from goodstanding.adapters.files.streams import Source
from goodstanding.kernel.problems import Problem
from goodstanding.usecases.ports.imports import ColumnUse, Found, Question, Refused, RefusedFileError, Row

_video = re.compile(r"/(?:video|photo)/(\d{6,25})")
_chat = re.compile(r"^\s*chat history with\s+(.*?)\s*:?\s*$", re.IGNORECASE)
_NOTHING = frozenset({"", "n/a", "none", "null"})
_UTC = " UTC"
_SECOND_LONG = len("2026-11-20 10:00:00")
_START = 4
SHOWN = 2
"""Names of a path that are shown where nothing is known of it: what lies deeper may be named after people."""
_OLDEST, _LATEST = 1_388_534_400_000, 4_102_444_800_000
"""2014 (before TikTok) to 2100: what a date of an export may say."""


class ExportReading:
    """One export. `own` is the account's handle: messages from it are its own."""

    def __init__(self, stream: BinaryIO, limits: Limits, *, own: str) -> None:
        self._stream, self._limits, self._own = stream, limits, own.casefold()
        self._where = _Where()
        self.left_out: Counter[str] = Counter()
        self.cut = False
        self._profile: dict[str, str] = {}
        self._seen: Counter[str] = Counter()
        self._rows = 0

    def questions(self) -> list[Question]:
        """Nothing in this file is left open."""
        return []

    def columns(self) -> list[ColumnUse]:
        """There are no columns to choose."""
        return []

    def rows(self) -> Iterator[Row]:
        """Yield what is kept, and what could not be read. Raises `RefusedFileError` when this is no such file."""
        self._stream.seek(0)
        if is_package(self._stream.read(_START)):
            yield from self._package()
        else:
            self._stream.seek(0)
            yield from self._document(Source(self._stream, self._limits), "")
        if self._profile:
            yield self._found(_section("profile"), "ProfileMap", self._profile, self._profile)
        if not self._rows and not self._seen:
            raise RefusedFileError(reason="NOT_AN_EXPORT")

    def _package(self) -> Iterator[Row]:
        package = Package(self._stream, self._limits)
        for member in package.members:
            if not member.name.lower().endswith(".json"):
                self.left_out[f"{member.name}"] += 1
                continue
            before = package.cut
            yield from self._document(Source(_Joined(package.chunks(member))), member.name)
            if package.cut and not before:
                self.cut = True
                yield Refused(place=member.name, problem=Problem(code="ZIP_DAMAGED"))
        if package.cut:
            if not self.cut:
                yield Refused(place="", problem=Problem(code="ZIP_CUT"))
            self.cut = True

    def _document(self, source: Source, name: str) -> Iterator[Row]:
        outline = Outline(self._bounded(source), self._limits)
        for one in outline.walk():
            section, person, place = self._where.of(one.path)
            if isinstance(one, Broken):
                shown = _place(name, place, one.index)
                yield Refused(place=shown, problem=one.problem)
            elif section is None:
                self._leave_out(one, place)
            elif one.index < 0:
                yield from self._single(section, one, place)
            else:
                self._rows += 1
                yield self._row(section, one, person, _place(name, place, one.index))
        self.cut = self.cut or outline.cut or source.damaged

    def _bounded(self, source: Source) -> Iterator[bytes]:
        size = 0
        for chunk in source.chunks():
            size += len(chunk)
            if size > self._limits.unpacked_bytes_max:
                raise RefusedFileError(reason="ZIP_TOO_LARGE", limit=self._limits.unpacked_bytes_max)
            yield chunk

    def _leave_out(self, one: Value, place: str) -> None:
        if one.index >= 0:
            self.left_out[place] += 1

    def _single(self, section: Section, one: Value, place: str) -> Iterator[Row]:
        """Take a value of the profile; of a list that is null or an object there is nothing to take."""
        self._seen[section.name] += 1
        if section.objects:
            ours = section.fields.get(plain_name(one.path[-1]))
            text = _text(one.value)
            if ours and text:
                self._profile[ours] = text
        elif _text(one.value):
            yield Refused(place=place, problem=Problem(code="NOT_A_LIST"))

    def _row(self, section: Section, one: Value, person: str, place: str) -> Row:
        if not isinstance(one.value, dict):
            return Refused(place=place, problem=Problem(code="NOT_AN_OBJECT"))
        if section.raw:
            raw = msgspec.json.encode(one.value, order="deterministic").decode()
            moment = next(
                (self._moment(v) for k, v in one.value.items() if plain_name(str(k)) == "date"), None
            )
            return Found(section=section.name, place=place, key=raw, at=moment or None, values={"raw": raw})
        values: dict[str, str] = {}
        moment = None
        fields = section.fields
        for name, value in one.value.items():
            ours = fields.get(self._where.plain(name))
            if ours is None:
                continue
            if ours == "at":
                moment = self._moment(value)
                if moment == 0:
                    fields_ = {"value": str(value)[:40]}
                    return Refused(place=place, problem=Problem(code="BAD_DATE", fields=fields_))
            elif (text := _text(value)) and not values.get(ours):
                values[ours] = text
        if not values and moment is None:
            return Refused(place=place, problem=Problem(code="EMPTY_ROW"))
        return self._found(section, place, values, one.value, moment=moment, person=person)

    def _found(
        self,
        section: Section,
        place: str,
        values: dict[str, str],
        _item: Mapping[str, object],
        *,
        moment: int | None = None,
        person: str = "",
    ) -> Found:
        said_by = values.pop("from", "")
        if section.maps:
            own = said_by.casefold() == self._own
            person = person if section.name == "message" else "" if own else said_by
            theirs = said_by.casefold() == person.casefold()
            values["from"] = "us" if own else "them" if theirs else "other"
        url = values.get("url", "")
        video = _video.search(url) if url else None
        telling = [f"{name}={values[name]}" for name in sorted(values) if name not in section.changing]
        key = "\x1f".join([str(moment), person.casefold(), *telling])
        return Found(
            section=section.name,
            place=place,
            key=key,
            at=moment,
            person=person,
            video_id=video[1] if video else "",
            values=values,
        )

    def _moment(self, value: object) -> int | None:
        """Return milliseconds; None for nothing, 0 for what cannot be read. Both forms are UTC."""
        if not isinstance(value, str):
            return None if not value else read_date(value) or 0
        text = value.strip().removesuffix(_UTC)
        if text.casefold() in _NOTHING:
            return None
        if len(text) == _SECOND_LONG and text[10] == " ":
            try:
                found = int(datetime.fromisoformat(text + "+00:00").timestamp() * 1000)
            except ValueError:
                return 0
        else:
            found = read_date(text) or 0
        return found if _OLDEST <= found <= _LATEST else 0


class _Where:
    """Which section a path lies in. Remembered, since a hundred thousand rows share one path."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Section | None, str, str]] = {}
        self._plain: dict[str, str] = {}
        self._chats: dict[str, int] = {}

    def plain(self, name: str) -> str:
        """Return a name without case, spaces and signs."""
        found = self._plain.get(name)
        if found is None:
            found = plain_name(name)
            if len(self._plain) < 10_000:  # noqa: PLR2004 - names of an export are a few hundred; strangers' are not
                self._plain[name] = found
        return found

    def of(self, path: Path) -> tuple[Section | None, str, str]:
        """Return the section of what stands at `path`, whose chat it is, and the path as it may be shown."""
        found = self._known.get(path)
        if found is None:
            found = self._look(path)
            if len(self._known) > 10_000:  # noqa: PLR2004 - as above
                self._known.clear()
            self._known[path] = found
        return found

    def _look(self, path: Path) -> tuple[Section | None, str, str]:
        plain = [plain_name(one) for one in path]
        shown = list(path)
        for section in layouts().sections:
            for name in section.lists:
                wanted = name.split("/")
                if plain[-len(wanted) :] == wanted:
                    return section, "", ".".join(shown)
            for name in section.maps:
                if len(plain) > 1 and plain[-2] == name:
                    number = self._chats.setdefault(path[-1], len(self._chats) + 1)
                    shown[-1] = f"#{number}"
                    matched = _chat.match(path[-1])
                    person = matched[1] if matched else path[-1].strip().rstrip(":")
                    return section, person.removeprefix("@"), ".".join(shown)
                if plain[-1:] == [name]:
                    return section, "", ".".join(shown)
            if len(plain) > 1 and plain[-2] in section.objects:
                return section, "", ".".join(shown[:-1])
        return None, "", ".".join(shown[:SHOWN])


class _Joined:
    """Chunks as a stream that can be read."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def read(self, _most: int, /) -> bytes:
        """Return the next piece; empty at the end."""
        return next(self._chunks, b"")


def _section(name: str) -> Section:
    return next(one for one in layouts().sections if one.name == name)


def _text(value: object) -> str:
    """Return a value as text; every kind of nothing is empty."""
    if isinstance(value, str):
        text = value.strip()
        if not text.isascii():
            text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return "" if text.casefold() in _NOTHING else text
    if value is None or value in ([], {}):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return str(value)
    return msgspec.json.encode(value, order="deterministic").decode()


def _place(name: str, path: str, index: int) -> str:
    """Return where something stands, in a form a person can follow."""
    inside = f"{path}[{index}]" if index >= 0 else path
    return f"{name}: {inside}" if name and inside else name or inside
