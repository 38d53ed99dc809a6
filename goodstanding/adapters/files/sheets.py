"""Tables of a file: CSV in any dialect, a spreadsheet, or a zip of CSVs. Each can be read as often as needed.

A spreadsheet is a zip of XML: its members are checked like any zip's, and the XML is walked once before a library reads
it, so that no declaration, no depth and no far-away cell can make it unfold into more than it is.
"""

import io
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from typing import BinaryIO
from xml.parsers import expat

import python_calamine

from goodstanding.adapters.files.lines import TextLines
from goodstanding.adapters.files.packages import Package, is_package
from goodstanding.adapters.files.records import Records, cells_of, delimiter_of, separator_of
from goodstanding.adapters.files.rules import Limits
from goodstanding.adapters.files.streams import ROW_BYTES_MAX
from goodstanding.kernel.problems import Problem
from goodstanding.usecases.ports.imports import Refused, RefusedFileError

Cell = str | float | date | datetime | time | timedelta | bool
Record = tuple[str, list[Cell]]
"""Place and cells."""
_START = 4
_HEADER_LOOKED = 20
"""Lines among which the header is looked for: some reports begin with a title."""
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_place = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class Table:
    """One table: its header, and its rows on request."""

    def __init__(self, name: str, header: list[str], rows: Callable[[], Iterator[Record | Refused]]) -> None:
        self.name = name
        self.header = header
        self.rows = rows


class Tables:
    """All tables of a file. Raises `RefusedFileError` when the file is hostile or holds none."""

    def __init__(self, stream: BinaryIO, limits: Limits, *, name: str) -> None:
        self._limits = limits
        self.cut = False
        stream.seek(0)
        start = stream.read(_START)
        stream.seek(0)
        if start.startswith(_OLD_EXCEL):
            raise RefusedFileError(reason="OLD_SPREADSHEET")
        if not is_package(start):
            found = [_csv(stream, name, limits)]
        else:
            package = Package(stream, limits, nested=False)
            names = {one.name.lower() for one in package.members}
            is_book = "[content_types].xml" in names
            found = _sheets(stream, package, limits) if is_book else self._members(package)
        self.tables = [one for one in found if one is not None]
        if not self.tables:
            raise RefusedFileError(reason="NO_TABLE")

    def _members(self, package: Package) -> list[Table | None]:
        wanted = [one for one in package.members if one.name.lower().endswith((".csv", ".tsv", ".txt"))]
        if len(wanted) > self._limits.tables_max:
            raise RefusedFileError(reason="TOO_MANY_TABLES", limit=self._limits.tables_max)
        found = []
        for member in wanted:
            raw = io.BytesIO()
            for chunk in package.chunks(member):
                raw.write(chunk)
                if raw.tell() > self._limits.xml_bytes_max:
                    raise RefusedFileError(reason="TABLE_TOO_LARGE", limit=self._limits.xml_bytes_max)
            found.append(_csv(raw, member.name, self._limits))
        self.cut = package.cut
        return found


def _csv(stream: BinaryIO, name: str, limits: Limits) -> Table | None:
    """Return the table in a text file; None when no line looks like a header."""
    stream.seek(0)
    lines = TextLines(stream, limits)
    if "\x00" in lines.sample:
        return None
    sample = lines.sample.split(lines.end.decode())[: _HEADER_LOOKED + 1]
    at, delimiter = _header(sample)
    if at < 0:
        return None
    header = [cell.strip() for cell in cells_of(sample[at].rstrip("\r\n"), delimiter)]
    if len(header) > limits.columns_max:
        raise RefusedFileError(reason="TOO_MANY_COLUMNS", limit=limits.columns_max)

    def rows() -> Iterator[Record | Refused]:
        stream.seek(0)
        seen = 0
        fresh = TextLines(stream, limits)
        for line, cells, wrong in Records(fresh.texts(skip=at + 1), delimiter, len(header)):
            place = f"{name} {line}"
            if cells is None:
                yield Refused(place=place, problem=Problem(code=wrong, line=line, fields=_fields(wrong)))
            elif (seen := seen + len(cells)) > limits.cells_max:
                raise RefusedFileError(reason="TOO_MANY_CELLS", limit=limits.cells_max)
            elif len(cells) != len(header):
                fields = {"found": len(cells), "wanted": len(header)}
                yield Refused(place=place, problem=Problem(code="COLUMN_COUNT", line=line, fields=fields))
            else:
                yield place, [*cells]
        if fresh.source.damaged:
            yield Refused(place=name, problem=Problem(code="FILE_DAMAGED"))

    return Table(name, header, rows)


def _header(sample: list[str]) -> tuple[int, str]:
    """Return the line of the header (-1: none) and what parts its cells; titles above it have fewer cells."""
    told = separator_of(sample[0]) if sample else ""
    width, at, delimiter = 1, -1, told
    for number, line in enumerate(sample):
        sign = told or delimiter_of(line)
        cells = [cell for cell in cells_of(line, sign) if cell.strip()]
        if len(cells) > width and not (told and number == 0):
            width, at, delimiter = len(cells), number, sign
            if number == 0 or width > 2:  # noqa: PLR2004 - a title above a table is one cell, or two
                break
    return at, delimiter


def _fields(wrong: str) -> dict[str, str | int]:
    return {"limit": ROW_BYTES_MAX} if wrong == "ROW_TOO_LARGE" else {}


def _sheets(stream: BinaryIO, package: Package, limits: Limits) -> list[Table | None]:
    if package.cut:
        raise RefusedFileError(reason="SPREADSHEET_CUT")
    cells = 0
    for member in package.members:
        if member.name.lower().endswith((".xml", ".rels", ".vml")):
            cells += _checked(package, member.name, limits)
            if cells > limits.cells_max:
                raise RefusedFileError(reason="TOO_MANY_CELLS", limit=limits.cells_max)
        elif member.name.lower().endswith((".bin", ".exe", ".dll", ".js")):
            raise RefusedFileError(reason="SPREADSHEET_PROGRAM", name=member.name[:120])
    stream.seek(0)
    try:
        book = python_calamine.load_workbook(io.BytesIO(stream.read()))
        names = book.sheet_names[: limits.tables_max]
        grids = [(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in names]
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
            raise
        raise RefusedFileError(reason="SPREADSHEET_UNREADABLE") from error
    return [_sheet(name, grid) for name, grid in grids]


def _sheet(name: str, grid: list[list[Cell]]) -> Table | None:
    at = next((n for n, row in enumerate(grid[:_HEADER_LOOKED]) if sum(_filled(c) for c in row) > 1), -1)
    if at < 0:
        return None
    header = [str(cell).strip() for cell in grid[at]]

    def rows() -> Iterator[Record | Refused]:
        for number, row in enumerate(grid[at + 1 :], at + 2):
            if any(_filled(cell) for cell in row):
                yield f"{name} {number}", row

    return Table(name, header, rows)


def _filled(cell: Cell) -> bool:
    return cell != "" and cell is not None


class _Walk:
    """Looks through one XML member: what it declares, how deep it is, and how far its cells reach."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._depth = self._row = self._last_row = self._last_column = self._count = 0
        self._text = 0

    @property
    def area(self) -> int:
        """Cells of the square that the cells span: what a reader will lay out."""
        return self._last_row * self._last_column

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """See an element begin."""
        self._depth += 1
        self._text = 0
        if self._depth > self._limits.xml_depth_max:
            raise RefusedFileError(reason="XML_TOO_DEEP", limit=self._limits.xml_depth_max)
        tag = name.rpartition(":")[2]
        if tag == "row":
            told = attributes.get("r", "")
            self._row = int(told) if told.isdigit() and len(told) <= 7 else self._row + 1  # noqa: PLR2004 - 1,048,576 rows
            self._count = 0
        elif tag == "c":
            self._count += 1
            match = _place.fullmatch(attributes.get("r", "").upper())
            column = _column(match[1]) if match else self._count
            row = int(match[2]) if match else self._row
            self._last_row = max(self._last_row, row, self._row)
            self._last_column = max(self._last_column, column)
            if self.area > self._limits.cells_max or self._last_column > self._limits.columns_max:
                raise RefusedFileError(reason="TOO_MANY_CELLS", limit=self._limits.cells_max)

    def end(self, _name: str) -> None:
        """See it end."""
        self._depth -= 1
        self._text = 0

    def text(self, data: str) -> None:
        """See text."""
        self._text += len(data)
        if self._text > self._limits.cell_chars_max * 4:
            raise RefusedFileError(reason="CELL_TOO_LARGE", limit=self._limits.cell_chars_max)

    def declared(self, *_what: object) -> None:
        """No sheet declares a document type: only a bomb needs one."""
        raise RefusedFileError(reason="XML_DECLARES")


def _checked(package: Package, name: str, limits: Limits) -> int:
    """Walk one member and return how many cells it spans."""
    walk = _Walk(limits)
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = walk.start, walk.end
    parser.CharacterDataHandler = walk.text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = walk.declared
    size = 0
    member = next(one for one in package.members if one.name == name)
    try:
        for chunk in package.chunks(member):
            size += len(chunk)
            if size > limits.xml_bytes_max:
                raise RefusedFileError(reason="TABLE_TOO_LARGE", limit=limits.xml_bytes_max)
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise RefusedFileError(reason="SPREADSHEET_UNREADABLE") from error
    return walk.area


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
