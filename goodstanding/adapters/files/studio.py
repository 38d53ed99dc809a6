"""TikTok Studio's reports: columns known by name in several languages, shown to a person before they count.

Whether `1.500` is fifteen hundred or one and a half, and whether 03/04 is in March or April, is taken from the file
where some value admits one reading only; otherwise it is asked.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import BinaryIO

from goodstanding.adapters.files import days, figures
from goodstanding.adapters.files.columns import plain_name
from goodstanding.adapters.files.days import ORDERS, Day, DayText, Order
from goodstanding.adapters.files.figures import STYLES, Figure, NotANumberError, Style
from goodstanding.adapters.files.rules import Limits, StudioRules, studio
from goodstanding.adapters.files.sheets import Cell, Record, Table, Tables
from goodstanding.kernel.problems import Invalid, Problem
from goodstanding.usecases.ports.imports import (
    Answers,
    Choice,
    ColumnUse,
    Measure,
    Question,
    Refused,
    Row,
)

LEFT_OUT = "-"
"""The role of a column that a person leaves out."""
_EXAMPLES = 3
_video = re.compile(r"(?:/(?:video|photo)/|^)(\d{6,25})(?:\D|$)")
_FIGURES = ("count", "average", "ratio", "duration", "money")


class StudioReading:
    """One file of reports. Raises `RefusedFileError` when it is hostile, `Invalid` when a told column is not there."""

    def __init__(self, stream: BinaryIO, limits: Limits, *, name: str, answers: Answers) -> None:
        self._rules = studio()
        self._answers = answers
        self._tables = Tables(stream, limits, name=name)
        self.cut = self._tables.cut
        self.left_out: Counter[str] = Counter()
        self._check_told()
        self._roles = [self._mapped(table) for table in self._tables.tables]
        self._has_figures = any(self._kind(role) in _FIGURES for roles in self._roles for role in roles)
        self._order: Order | None = answers.dates or None
        self._numbers: dict[tuple[int, int], _Numbers] = {}
        self._orders_proved: set[Order] = set()
        self._open_numbers: list[str] = []
        self._open_dates: list[str] = []
        self._no_year: list[str] = []
        self._examples: dict[tuple[int, int], list[str]] = {}
        self._look_through()

    # -- what it is --

    def columns(self) -> list[ColumnUse]:
        """Return what each column is taken for."""
        told = {plain_name(column) for column in self._answers.maps}
        return [
            ColumnUse(
                table=table.name,
                column=column,
                role=role,
                sure=plain_name(column) in told,
                examples=tuple(self._examples.get((number, place), ())),
            )
            for number, (table, roles) in enumerate(zip(self._tables.tables, self._roles, strict=True))
            for place, (column, role) in enumerate(zip(table.header, roles, strict=True))
        ]

    def questions(self) -> list[Question]:
        """Return what must be answered before a row is taken."""
        found = []
        if not (self._answers.confirmed and self._has_figures):
            found.append(Question(name="map"))
        if self._open_numbers:
            found.append(
                Question(
                    name="numbers",
                    examples=tuple(self._open_numbers),
                    choices=tuple(
                        Choice(
                            value=style, shown=tuple(self._as_read(one, style) for one in self._open_numbers)
                        )
                        for style in STYLES
                    ),
                )
            )
        if self._order is None and self._open_dates:
            found.append(self._date_question())
        if self._no_year and not self._answers.year and not (self._answers.first and self._answers.last):
            found.append(Question(name="year", examples=tuple(self._no_year)))
        return found

    def _date_question(self) -> Question:
        texts = [(one, days.read(one, self._rules.months)) for one in self._open_dates]
        orders = [order for order in ORDERS if all(text and order in text.by_order for _, text in texts)]
        return Question(
            name="dates",
            examples=tuple(self._open_dates),
            choices=tuple(
                Choice(value=order, shown=tuple(_shown(text.by_order[order]) for _, text in texts if text))
                for order in orders
            ),
        )

    def _as_read(self, text: str, style: Style) -> str:
        for kind in ("count", "money", "ratio"):
            try:
                figure = figures.read(text, kind, self._rules).get(style)
            except NotANumberError:
                continue
            if figure is not None:
                return _plainly(figure)
        return "?"

    def _mapped(self, table: Table) -> list[str]:
        """Return a role for each column: as told, else by its name; a role is given once, to the first."""
        told = {plain_name(column): role for column, role in self._answers.maps.items()}
        roles, used = [], set()
        for column in table.header:
            name = plain_name(column)
            role = told.get(name)
            if role is None:
                role = next((r for r, one in self._rules.roles.items() if name and name in one.names), "")
                role = "" if role in used else role
            used.add(role)
            roles.append("" if role == LEFT_OUT else role)
        return roles

    def _check_told(self) -> None:
        there = [column for table in self._tables.tables for column in table.header]
        names = {plain_name(column) for column in there}
        for column, role in self._answers.maps.items():
            if plain_name(column) not in names:
                fields = {"role": role, "column": column, "meant": "", "columns": ", ".join(there)[:300]}
                raise Invalid((Problem(code="UNKNOWN_COLUMN", fields=fields),))

    def _kind(self, role: str) -> str:
        known = self._rules.roles.get(role)
        return known.kind if known else ""

    # -- a first look through everything, for what proves a reading and what leaves one open --

    def _look_through(self) -> None:
        for number, (table, roles) in enumerate(zip(self._tables.tables, self._roles, strict=True)):
            for record in table.rows():
                if not isinstance(record, Refused):
                    self._look_at(number, roles, record[1])
        grouped = {style for one in self._numbers.values() for style in one.grouped}
        sure = next(iter(grouped)) if len(grouped) == 1 else None
        for one in self._numbers.values():
            one.settle(self._answers.numbers or None, sure)
            for text in one.left_open:
                _remember(self._open_numbers, text)
        if self._order is None and len(self._orders_proved) == 1:
            self._order = next(iter(self._orders_proved))

    def _look_at(self, number: int, roles: Sequence[str], cells: Sequence[Cell]) -> None:
        for place, (role, cell) in enumerate(zip(roles, cells, strict=False)):
            if not isinstance(cell, str) or figures.is_absent(cell, self._rules):
                continue
            shown = self._examples.setdefault((number, place), [])
            if len(shown) < _EXAMPLES and cell not in shown:
                shown.append(cell[:60])
            kind = self._kind(role)
            if kind in _FIGURES:
                self._numbers.setdefault((number, place), _Numbers()).see(cell, kind, self._rules)
            elif kind == "date":
                self._look_at_day(cell)

    def _look_at_day(self, text: str) -> None:
        found = days.read(text, self._rules.months)
        if found is None:
            return
        if found.proved:
            self._orders_proved.add(found.proved)
        if found.open:
            _remember(self._open_dates, text)
        if found.needs_year:
            _remember(self._no_year, text)

    # -- rows --

    def rows(self) -> Iterator[Row]:
        """Yield every figure. Absent ones have no row."""
        for number, (table, roles) in enumerate(zip(self._tables.tables, self._roles, strict=True)):
            years = _Years(self._answers)
            for column, role in zip(table.header, roles, strict=True):
                if not role:
                    self.left_out[f"{table.name}: {column}"] += 1
            for record in table.rows():
                if isinstance(record, Refused):
                    yield record
                else:
                    yield from self._row(number, record, years)

    def _row(self, number: int, record: Record, years: "_Years") -> Iterator[Row]:
        place, cells = record
        roles = self._roles[number]
        by_role = {role: cell for role, cell in zip(roles, cells, strict=False) if role}
        try:
            day = self._day(by_role.get("date"), years)
            scope, subject = self._subject(by_role)
        except _BadCell as bad:
            yield Refused(place=place, problem=bad.problem)
            return
        if scope == "account" and not day:
            yield Refused(place=place, problem=Problem(code="NO_DAY"))
            return
        for role, cell in by_role.items():
            kind = self._kind(role)
            if kind not in _FIGURES:
                continue
            try:
                figure = self._figure(cell, kind, self._numbers.get((number, roles.index(role))))
            except NotANumberError:
                fields = {"value": str(cell)[:40], "column": role}
                yield Refused(place=place, problem=Problem(code="BAD_NUMBER", fields=fields))
                continue
            if figure is None:
                self.left_out["absent"] += 1
                continue
            yield Measure(
                scope=scope,
                subject=subject,
                day=day,
                metric=role,
                value=figure.value,
                unit=figure.unit,
                exact=figure.exact,
                place=place,
            )

    def _figure(self, cell: Cell, kind: str, numbers: "_Numbers | None") -> Figure | None:
        one: Figure | None
        if isinstance(cell, str):
            if figures.is_absent(cell, self._rules):
                return None
            readings = figures.read(cell, kind, self._rules)
            sole = next(iter(readings.values()))
            one = readings.get(numbers.style, sole) if numbers and numbers.style else sole
        elif isinstance(cell, timedelta):
            one = figures.native(cell.total_seconds(), "duration") if kind == "duration" else None
        elif isinstance(cell, time):
            seconds = (cell.hour * 60 + cell.minute) * 60 + cell.second
            one = figures.native(seconds, "duration") if kind == "duration" else None
        elif isinstance(cell, int | float) and not isinstance(cell, bool):
            one = figures.native(cell, kind)
        else:
            one = None
        if one is None or (kind == "count" and one.unit != "count"):
            raise NotANumberError
        return one

    def _day(self, cell: Cell | None, years: "_Years") -> str:
        if cell is None:
            return ""
        if isinstance(cell, datetime):
            return cell.date().isoformat()
        if isinstance(cell, date):
            return cell.isoformat()
        found = days.read(str(cell), self._rules.months)
        day = _chosen(found, self._order)
        if day is None:
            raise _BadCell("BAD_DATE", value=str(cell)[:40])
        return years.complete(day, str(cell)).isoformat()

    def _subject(self, by_role: dict[str, Cell]) -> tuple[str, str]:
        if "video" in by_role:
            found = _video.search(str(by_role["video"]).strip())
            if found is None:
                raise _BadCell("NO_VIDEO_ID", value=str(by_role["video"])[:60])
            return "video", found[1]
        for role, cell in by_role.items():
            if self._kind(role) == "segment":
                if figures.is_absent(str(cell), self._rules):
                    raise _BadCell("NO_SEGMENT", column=role)
                return "audience", f"{role}:{str(cell).strip()[:80]}"
        return "account", ""


class _Numbers:
    """What the numbers of one column say about how to read them."""

    def __init__(self) -> None:
        self._proved: set[Style] = set()
        self._decimals: set[int] = set()
        self._open: list[str] = []
        self.grouped: set[Style] = set()
        """Styles proved by a number with its thousands parted, which speaks for the whole file."""
        self.style: Style | None = None
        self.left_open: list[str] = []

    def see(self, text: str, kind: str, rules: StudioRules) -> None:
        """Take note of a number."""
        try:
            readings = figures.read(text, kind, rules)
        except NotANumberError:
            return
        proved = figures.style_proved(readings)
        if proved:
            self._proved.add(proved)
            self._decimals.add(figures.decimals(text, proved))
            if ("," if proved == "1,500.00" else ".") in text:
                self.grouped.add(proved)
        elif figures.is_open(readings):
            self._open.append(text)

    def settle(self, told: Style | None, sure: Style | None) -> None:
        """Choose a style: as told, as the column proves, or as the whole file does (`sure`).

        One value with decimals does not prove that `1.500` has three of them, unless others have three too.
        """
        self.style = told or (next(iter(self._proved)) if len(self._proved) == 1 else sure)
        if told is None:
            style, grouped = self.style, bool(self.grouped) or sure is not None
            self.left_open = [
                one
                for one in self._open
                if style is None or not (grouped or figures.decimals(one, style) in {0, *self._decimals})
            ]


class _BadCell(Exception):  # noqa: N818 - no error: the row is told and skipped
    def __init__(self, code: str, **fields: str) -> None:
        super().__init__(code)
        self.problem = Problem(code=code, fields=dict(fields))


class _Years:
    """Gives days without a year one, as a person chose: one year for all, or the only year within a span."""

    def __init__(self, answers: Answers) -> None:
        self._year = answers.year
        self._first = date.fromisoformat(answers.first) if answers.first else None
        self._last = date.fromisoformat(answers.last) if answers.last else None
        self._before: date | None = None
        self._way = 0

    def complete(self, day: Day, text: str) -> date:
        """Return the date; raises `_BadCell` when the year cannot be told."""
        if day.year or self._first is None or self._last is None:
            found = day.in_year(self._year)
            if found is None:
                raise _BadCell("BAD_DATE", value=text[:40])
            if not day.year:
                self._check_order(found, text)
            return found
        years = range(self._first.year, self._last.year + 1)
        fitting = [one for year in years if (one := day.in_year(year)) and self._first <= one <= self._last]
        if len(fitting) != 1:
            raise _BadCell("YEAR_OPEN", value=text[:40])
        return fitting[0]

    def _check_order(self, found: date, text: str) -> None:
        """Refuse a row at which the days turn back: there a new year begins, so one year is not enough."""
        before, self._before = self._before, found
        if before is None or before == found:
            return
        way = 1 if found > before else -1
        self._way = self._way or way
        if way != self._way:
            raise _BadCell("YEAR_TURNS", value=text[:40])


def _chosen(found: DayText | None, order: Order | None) -> Day | None:
    if found is None or not found.by_order:
        return None
    if order is None or not (found.open or found.proved):
        return next(iter(found.by_order.values()))
    return found.by_order.get(order) or (next(iter(found.by_order.values())) if found.proved else None)


def _remember(shown: list[str], text: str) -> None:
    if len(shown) < _EXAMPLES and text.strip() not in shown:
        shown.append(text.strip()[:40])


def _shown(day: Day) -> str:
    return f"{day.year:04d}-{day.month:02d}-{day.day:02d}" if day.year else f"{day.month:02d}-{day.day:02d}"


def _plainly(figure: Figure) -> str:
    """Return a figure without any separator but a decimal point."""
    scale = {"count": 1, "thousandths": 1000, "ms": 1000}.get(figure.unit, 1_000_000)
    whole, rest = divmod(abs(figure.value), scale)
    digits = str(rest).rjust(len(str(scale)) - 1, "0").rstrip("0") if scale > 1 else ""
    return f"{'-' if figure.value < 0 else ''}{whole}{'.' + digits if digits else ''}"
