"""Comments from any file: JSON lines, a JSON array, CSV, TSV, semicolon CSV or plain text; packed or not.

What a file is follows from its content first and its name second. A row that cannot be read becomes a
`BrokenRow` with its line and a reason; the rows around it are read as if it were not there. Nothing is read
twice and memory does not grow with the file.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import BinaryIO, Literal

import msgspec

from goodstanding.adapters.files import columns
from goodstanding.adapters.files.buffer import UNDECODED, Buffer
from goodstanding.adapters.files.dates import read_date
from goodstanding.adapters.files.lines import TextLines
from goodstanding.adapters.files.records import Records, cells_of, delimiter_of, separator_of
from goodstanding.adapters.files.rules import Limits
from goodstanding.adapters.files.streams import ROW_BYTES_MAX
from goodstanding.kernel.problems import Invalid, Problem
from goodstanding.usecases.backtest import BrokenRow, Comment

Format = Literal["json lines", "json array", "csv", "text"]
Row = Comment | BrokenRow
BATCH = 2_000

_SAMPLE_LINES = 50
_decode_json = msgspec.json.Decoder().decode
_array = re.compile(r'\s*\[\s*(?:[{\]"]|$)')
_wrapped = re.compile(r'\s*\{\s*"[^"\\]{1,60}"\s*:\s*\[\s*(?=[{\]"])')
_next_object = re.compile(r"\}\s*,\s*(?=\{)")
_gap = re.compile(r"[\s,]*")
_next_value = re.compile(r",\s*(?=[\"{\[])")


class CommentsFile(TextLines):
    """The comments of one file, read once in batches.

    `told` maps a role (`columns.ROLES`) to a column's name. Raises `Invalid` when a told column is not there
    or no column can be the text, and `OSError` when the file cannot be read.
    """

    def __init__(
        self,
        stream: BinaryIO,
        *,
        name: str = "",
        told: Mapping[str, str] | None = None,
        guard: Limits | None = None,
    ) -> None:
        super().__init__(stream, guard)
        self._told = dict(told or {})
        self._name = name.lower().removesuffix(".gz")
        self.columns: dict[str, str] = {}
        """Role -> column, where the file has columns."""
        self.delimiter = ""
        self.undated = 0
        """Rows whose date could not be told without guessing."""
        sample = self.sample
        self.format: Format = self._recognised(sample)
        self._skip = 0
        if self.format == "csv":
            self._read_header(sample)
        elif self.format != "text":
            self._find_keys(sample)

    def batches(self) -> Iterator[list[Row]]:
        """Yield all rows in order, at most `BATCH` at a time."""
        rows = self._rows()
        while batch := list(islice(rows, BATCH)):
            yield batch

    def _rows(self) -> Iterator[Row]:
        readers: Mapping[str, Callable[[], Iterator[Row]]] = {
            "json lines": self._json_lines,
            "json array": self._json_array,
            "csv": self._csv,
            "text": self._plain,
        }
        row = 0
        for one in readers[self.format]():
            row = one.row
            yield one
        if self.source.damaged:
            yield broken(row + 1, None, "FILE_DAMAGED")

    # -- what kind of file it is --

    def _recognised(self, sample: str) -> Format:
        start = sample.lstrip()
        lines = [line for line in start.splitlines()[:_SAMPLE_LINES] if line.strip()]
        if not lines:
            return "text"
        if _array.match(start) or _is_wrapped(start, lines):
            return "json array"
        if self._name.endswith((".jsonl", ".ndjson", ".json")):
            return "json array" if _spread(lines) else "json lines"
        if self._name.endswith((".csv", ".tsv", ".tab")) or separator_of(lines[0]):
            return "csv"
        if sum(line.lstrip().startswith('{"') for line in lines) * 2 > len(lines):
            return "json lines"
        if _spread(lines):
            return "json array"
        header = cells_of(lines[0], delimiter_of(lines[0]))
        told = {columns.plain_name(column) for column in self._told.values()}
        known = columns.knows_text(header) or not told.isdisjoint(map(columns.plain_name, header))
        return "csv" if len(header) > 1 and (known or told) else "text"

    def _read_header(self, sample: str) -> None:
        lines = sample.split(self.end.decode())
        self.delimiter = separator_of(lines[0])
        self._skip = 1 if self.delimiter else 0
        while self._skip < len(lines) - 1 and not lines[self._skip].strip():
            self._skip += 1
        header = lines[self._skip].rstrip("\r") if self._skip < len(lines) else ""
        if not self.delimiter:
            self.delimiter = "\t" if self._name.endswith((".tsv", ".tab")) else delimiter_of(header)
        cells = [cell.strip() for cell in cells_of(header, self.delimiter)]
        self.columns = columns.find(cells, self._told)
        self._header = cells
        self._skip += 1

    def _find_keys(self, sample: str) -> None:
        """Learn the keys from the first objects; without a whole one, the first good row tells."""
        objects = list(islice(_sample_objects(sample, self.format), _SAMPLE_LINES))
        keys = list(dict.fromkeys(key for one in objects if isinstance(one, dict) for key in one))
        only_text = any(isinstance(one, str) for one in objects) and not keys
        if keys or (self._told and not only_text):
            self.columns = columns.find(keys, self._told)

    # -- the formats --

    def _plain(self) -> Iterator[Row]:
        row = 0
        for line, text, wrong in self.texts():
            if text is None:
                row += 1
                yield broken(row, line, wrong)
            elif stripped := text.strip():
                row += 1
                yield self._made(row, line, stripped, _nothing)

    def _json_lines(self) -> Iterator[Row]:
        row = 0
        for line, text, wrong in self.texts():
            if text is None:
                row += 1
                yield broken(row, line, wrong)
                continue
            if not text or text.isspace():
                continue
            row += 1
            try:
                value = _decode_json(text)
            except (msgspec.DecodeError, RecursionError):
                value, wrong_at = _patiently(text)
                if wrong_at:
                    yield broken(row, line, "BAD_JSON", column=wrong_at)
                    continue
            yield self._from_json(row, line, value)

    def _from_json(self, row: int, line: int, value: object) -> Row:
        if isinstance(value, str):
            return self._made(row, line, value, _nothing)
        if not isinstance(value, dict):
            return broken(row, line, "NOT_AN_OBJECT")
        if not self.columns:
            try:
                self.columns = columns.find(list(value), self._told)
            except Invalid:
                return broken(row, line, "NO_TEXT", column="text")
        key = self.columns["text"]
        if key not in value:
            return broken(row, line, "NO_TEXT", column=key)
        return self._made(row, line, value[key], value.get)

    def _made(self, row: int, line: int, text: object, get: Callable[[str], object]) -> Row:
        """Return the comment of a row; `get` gives what stands under a column's name."""
        time = self.columns.get("time")
        return comment_of(row, line, text, None if time is None else self._moment(get(time)))

    def _moment(self, value: object) -> int | None:
        if value is None or value == "":
            return None
        at = read_date(value)
        if at is None:
            self.undated += 1
        return at

    def _json_array(self) -> Iterator[Row]:
        """Read element after element; a broken one is skipped up to where the next object begins."""
        encoding = "utf-8" if self.sure else "cp1252"
        if not self.sure:
            self.source.encoding = "cp1252"
        scan = json.JSONDecoder().raw_decode
        buffer = Buffer(self.source.chunks(), encoding)
        wrapped = _wrapped.match(buffer.text)
        start = wrapped or re.match(r"\s*\[", buffer.text)
        buffer.advance(start.end() if start else 0)
        row = 0
        while buffer.at_something():
            sign = buffer.text[buffer.at]
            if sign in "]}":
                if wrapped:
                    break
                buffer.advance(buffer.at + 1)
                continue
            try:
                value, end = scan(buffer.text, buffer.at)
            except (ValueError, RecursionError) as error:
                if len(buffer.text) - buffer.at <= ROW_BYTES_MAX and buffer.more():
                    continue
                row += 1
                yield broken(
                    row, buffer.line, "BAD_JSON", column=max(1, getattr(error, "pos", 0) - buffer.at + 1)
                )
                buffer.resync(_next_object if sign == "{" else _next_value)
                continue
            row += 1
            yield self._element(row, buffer, value, end)
            buffer.advance(end)
        buffer.drain()

    def _element(self, row: int, buffer: Buffer, value: object, end: int) -> Row:
        if end - buffer.at > ROW_BYTES_MAX:
            return broken(row, buffer.line, "ROW_TOO_LARGE")
        if UNDECODED.search(buffer.text, buffer.at, end):
            return broken(row, buffer.line, "UNDECODABLE")
        return self._from_json(row, buffer.line, value)

    def _csv(self) -> Iterator[Row]:
        width = len(self._header)
        places = {name: place for place, name in reversed(list(enumerate(self._header)))}
        text_at = places[self.columns["text"]]
        records = Records(self.texts(skip=self._skip), self.delimiter, width)
        for row, (line, cells, wrong) in enumerate(records, 1):
            if cells is None:
                yield broken(row, line, wrong)
            elif len(cells) != width:
                yield broken(row, line, "COLUMN_COUNT", found=len(cells), wanted=width)
            else:
                yield self._made(row, line, cells[text_at], partial(_cell, places, cells))


_HALF = re.compile("[\ud800-\udfff]")


def _nothing(_name: str) -> object:
    return None


def _cell(places: Mapping[str, int], cells: list[str], name: str) -> object:
    return cells[places[name]] if name in places else None


def comment_of(row: int, line: int, value: object, at: int | None) -> Row:
    """Return a comment, or what is wrong with its text."""
    if value is None:
        return broken(row, line, "NO_TEXT", column="")
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return broken(row, line, "NOT_TEXT")
    text = value.strip()
    if not text:
        return broken(row, line, "EMPTY_TEXT")
    if not text.isascii() and _HALF.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return Comment(row, text, at)


def broken(row: int, line: int | None, code: str, **fields: str | int) -> BrokenRow:
    """Return a row that cannot be read."""
    if code == "ROW_TOO_LARGE":
        fields["limit"] = ROW_BYTES_MAX
    return BrokenRow(row, Problem(code=code, line=line, fields=fields))


def _patiently(text: str) -> tuple[object, int]:
    """Read JSON the fast reader refuses (half emoji, NaN); the second value is where the mistake is, or 0."""
    try:
        return json.loads(text), 0
    except (ValueError, RecursionError) as error:
        return None, _column(error)


def _column(error: Exception) -> int:
    return int(getattr(error, "colno", 1))


def _is_wrapped(start: str, lines: list[str]) -> bool:
    """Tell whether the comments stand in a list inside one object, as in `{"comments": [...]}`."""
    if not _wrapped.match(start):
        return False
    try:
        first = json.loads(lines[0])
    except (ValueError, RecursionError):
        return True
    return len(lines) == 1 and isinstance(first, dict) and not columns.knows_text(first)


def _spread(lines: list[str]) -> bool:
    """Tell whether JSON objects are spread over lines."""
    return lines[0].strip() == "{"


def _sample_objects(sample: str, kind: Format) -> Iterator[object]:
    """Yield the whole JSON values at the start of a file."""
    if kind == "json lines":
        for line in sample.splitlines()[:_SAMPLE_LINES]:
            value, wrong = _patiently(line)
            if not wrong:
                yield value
        return
    start = _wrapped.match(sample) or re.match(r"\s*\[", sample)
    place = start.end() if start else 0
    scan = json.JSONDecoder().raw_decode
    while True:
        gap = _gap.match(sample, place)
        place = gap.end() if gap else place
        try:
            value, place = scan(sample, place)
        except (ValueError, RecursionError):
            found = _next_object.search(sample, place)
            if found is None:
                return
            place = found.end()
            continue
        yield value
