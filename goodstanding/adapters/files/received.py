"""Comments that others wrote under own videos, from any file of comments: with author, time and video."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import BinaryIO

from goodstanding.adapters.files import columns, days
from goodstanding.adapters.files.comments import CommentsFile, Row, broken, comment_of
from goodstanding.adapters.files.dates import read_date
from goodstanding.adapters.files.days import ORDERS, Order
from goodstanding.adapters.files.packages import is_package
from goodstanding.adapters.files.rules import Limits, studio
from goodstanding.kernel.problems import Invalid
from goodstanding.usecases.backtest import BrokenRow, Comment
from goodstanding.usecases.ports import imports
from goodstanding.usecases.ports.imports import (
    Answers,
    Choice,
    ColumnUse,
    Question,
    Received,
    Refused,
    RefusedFileError,
)

ROLES = (*columns.ROLES, "id", "parent")
_MORE: Mapping[str, tuple[str, ...]] = {
    "id": ("commentid", "cid", "id", "reactieid", "idcomentario"),
    "parent": ("parentid", "parentcommentid", "replyto", "antwoordop", "parent"),
}
_EXAMPLES = 3
_video = re.compile(r"(?:/(?:video|photo)/)(\d{6,25})")
_id = re.compile(r"\d{6,25}")
_HANDLE_MAX = 60


class _Extra(Comment, frozen=True):
    """A comment with what the file says about it."""

    author: str = ""
    video: str = ""
    external_id: str = ""
    parent: str = ""
    dated: str = ""
    """What the file gives as its date; empty when it gives none."""


class _File(CommentsFile):
    """The comments of a file with all their columns."""

    _roles_more: Mapping[str, str] | None = None

    def _made(self, row: int, line: int, text: object, get: Callable[[str], object]) -> Row:
        more = self._roles_more
        if more is None:
            more = self._roles_more = self._found_more()
        made = comment_of(row, line, text, None)
        if isinstance(made, BrokenRow):
            return made

        def cell(role: str) -> str:
            name = self.columns.get(role) or more.get(role)
            value = None if name is None else get(name)
            if value is None and self.format != "csv":
                value = next((v for name in _SPELLINGS.get(role, ()) if (v := get(name)) is not None), None)
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                return ""
            return str(value).strip()

        found = get(self.columns["time"]) if "time" in self.columns else None
        at = read_date(found) if isinstance(found, str | int | float) else None
        return _Extra(
            row, made.text, at, cell("author"), cell("video"), cell("id"), cell("parent"),
            "" if found is None else str(found).strip(),
        )  # fmt: skip

    def _found_more(self) -> dict[str, str]:
        """Find the columns that only an import needs."""
        header = getattr(self, "_header", None) or list(self._told.values())
        names = {columns.plain_name(name): name for name in reversed(header)}
        found = {}
        for role, known in _MORE.items():
            told = self.told_more.get(role)
            name = told or next((names[one] for one in known if one in names), None)
            if name is not None and name not in self.columns.values():
                found[role] = name
        return found

    told_more: Mapping[str, str] = {}

    def _moment(self, _value: object) -> int | None:
        return None


_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "id": ("comment_id", "commentId", "cid", "id", "CommentId"),
    "parent": ("parent_comment_id", "parent_id", "parentId", "reply_to"),
}
"""Keys tried in JSON objects, whose names are not listed beforehand."""


class ReceivedReading:
    """One file of received comments.

    Raises `RefusedFileError` when it cannot be such a file, `Invalid` when a told column is not there.
    """

    def __init__(self, stream: BinaryIO, limits: Limits, *, name: str, answers: Answers) -> None:
        self._stream, self._limits, self._name, self._answers = stream, limits, name, answers
        self._told = {role: column for column, role in answers.maps.items() if role in ROLES}
        self.left_out: dict[str, int] = {}
        self.cut = False
        self._months = studio().months
        stream.seek(0)
        start = stream.read(4)
        if is_package(start):
            raise RefusedFileError(reason="PACKED_COMMENTS")
        self._undated = 0
        self._orders: set[Order] = set()
        self._open: list[str] = []
        self._no_year: list[str] = []
        self._examples: dict[str, list[str]] = {}
        self._columns: dict[str, str] = {}
        self._without_author = self._readable = 0
        self._headers: tuple[str, ...] = ()
        """Columns to choose from, when none of them is known to hold the text."""
        try:
            self._look_through()
        except Invalid as refusal:
            problem = refusal.problems[0]
            if problem.code != "NO_TEXT_COLUMN":
                raise
            self._headers = tuple(str(problem.fields["columns"]).split(", "))
        proved = next(iter(self._orders)) if len(self._orders) == 1 else None
        self._order: Order | None = answers.dates or proved

    def _file(self) -> _File:
        self._stream.seek(0)
        told = {role: column for role, column in self._told.items() if role in columns.ROLES}
        made = _File(self._stream, name=self._name, told=told, guard=self._limits)
        made.told_more = {role: column for role, column in self._told.items() if role in _MORE}
        return made

    def _look_through(self) -> None:
        file = self._file()
        size = 0
        for batch in file.batches():
            for one in batch:
                if isinstance(one, _Extra):
                    self._readable += 1
                    self._look_at(one)
            size = file.source.read_bytes
        if not size:
            raise RefusedFileError(reason="EMPTY_FILE")
        self._columns = {**file.columns, **(file._roles_more or {})}  # noqa: SLF001 - the reader's own file

    def _look_at(self, one: _Extra) -> None:
        for role, value in (
            ("text", one.text),
            ("time", one.dated),
            ("author", one.author),
            ("video", one.video),
        ):
            shown = self._examples.setdefault(role, [])
            if value and len(shown) < _EXAMPLES:
                shown.append(value[:60])
        if not one.dated:
            self._undated += one.at is None
            return
        found = days.read(one.dated, self._months)
        if found is None:
            return
        if found.proved:
            self._orders.add(found.proved)
        if one.at is not None:
            return
        for is_so, kept in ((found.open, self._open), (found.needs_year, self._no_year)):
            if is_so and len(kept) < _EXAMPLES and one.dated not in kept:
                kept.append(one.dated[:40])

    def columns(self) -> list[ColumnUse]:
        """Return what was found where."""
        unknown = [ColumnUse(table=self._name, column=one, role="", sure=False) for one in self._headers]
        return unknown + [
            ColumnUse(
                table=self._name,
                column=column,
                role=role,
                sure=role in self._told,
                examples=tuple(self._examples.get(role, ())),
            )
            for role, column in self._columns.items()
        ]

    def questions(self) -> list[Question]:
        """Return what must be answered before a comment is taken."""
        found = [Question(name="map")] if self._headers else []
        if self._open and self._order is None:
            texts = [days.read(one, self._months) for one in self._open]
            orders = [one for one in ORDERS if all(text and one in text.by_order for text in texts)]
            shown = {
                order: tuple(
                    f"{day.year:04d}-{day.month:02d}-{day.day:02d}"
                    for text in texts
                    if text and (day := text.by_order.get(order))
                )
                for order in orders
            }
            found.append(
                Question(
                    name="dates",
                    examples=tuple(self._open),
                    choices=tuple(Choice(value=one, shown=shown[one]) for one in orders),
                )
            )
        if self._no_year and not self._answers.year:
            found.append(Question(name="year", examples=tuple(self._no_year)))
        if self._undated and not self._answers.written:
            found.append(Question(name="written", examples=(str(self._undated),)))
        return found

    def rows(self) -> Iterator[imports.Row]:
        """Yield every comment, and what could not be read."""
        file = self._file()
        for batch in file.batches():
            for one in batch:
                yield self._row(one)
        self.cut = file.source.damaged

    def _row(self, one: Row) -> imports.Row:
        if isinstance(one, BrokenRow):
            line = one.problem.line
            place = f"line {line}" if line is not None else f"row {one.row}"
            return Refused(place=place, problem=one.problem)
        assert isinstance(one, _Extra)
        at = one.at if one.at is not None else self._dated(one.dated)
        if at is None:
            code = "BAD_DATE" if one.dated else "NO_DATE"
            problem = broken(one.row, None, code, value=one.dated[:40]).problem
            return Refused(place=f"row {one.row}", problem=problem)
        video = _video.search(one.video)
        return Received(
            place=f"row {one.row}",
            text=one.text,
            at=at,
            handle=one.author.removeprefix("@")[:_HANDLE_MAX],
            video_id=video[1] if video else one.video if _id.fullmatch(one.video) else "",
            external_id=one.external_id if _id.fullmatch(one.external_id) else "",
            parent_id=one.parent if _id.fullmatch(one.parent) else "",
        )

    def _dated(self, text: str) -> int | None:
        """Return when a text says it was; UTC, midnight when it names no time."""
        if not text:
            written = self._answers.written
            return _midnight(date.fromisoformat(written)) if written else None
        found = days.read(text, self._months)
        if found is None:
            return None
        day = found.by_order.get(self._order) if self._order and (found.open or found.proved) else None
        day = day or (None if found.open else next(iter(found.by_order.values())))
        whole = day.in_year(self._answers.year) if day else None
        return None if whole is None else _midnight(whole) + (found.seconds or 0) * 1000


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
