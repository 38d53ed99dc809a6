"""Comments from any file: JSON lines, a JSON array, CSV, TSV, semicolon CSV or plain text; packed or not.

What a file is follows from its content first and its name second. A row that cannot be read becomes a
`BrokenRow` with its line and a reason; the rows around it are read as if it were not there. Nothing is read
twice and memory does not grow with the file.
"""

import codecs
import csv
import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import BinaryIO, Literal

import msgspec

from goodstanding.adapters.files import columns
from goodstanding.adapters.files.dates import read_date
from goodstanding.adapters.files.streams import ROW_BYTES_MAX, Source
from goodstanding.kernel.problems import Invalid, Problem
from goodstanding.usecases.backtest import BrokenRow, Comment

Format = Literal["json lines", "json array", "csv", "text"]
Row = Comment | BrokenRow
BATCH = 2_000
QUOTED_LINES_MAX = 500
"""Lines one quoted field may span; beyond that the quote is taken for a slip."""

_SAMPLE_LINES = 50
_DELIMITERS = ",;\t|"
_QUOTING = ",;|"
"""In the others a quotation mark is often a sign like any other."""
_ONE_COLUMN = "\x1f"
"""A sign that stands in no comment: the delimiter of a file with one column."""
_decode_json = msgspec.json.Decoder().decode
_array = re.compile(r'\s*\[\s*(?:[{\]"]|$)')
_wrapped = re.compile(r'\s*\{\s*"[^"\\]{1,60}"\s*:\s*\[\s*(?=[{\]"])')
_next_object = re.compile(r"\}\s*,\s*(?=\{)")
_gap = re.compile(r"[\s,]*")
_next_value = re.compile(r",\s*(?=[\"{\[])")
_MARK_MAX = 1_000
"""Characters kept while looking for the next mark across pieces of the file."""
_BLANK = " \t\r\x0b\x0c\xa0"


class CommentsFile:
    """The comments of one file, read once in batches.

    `told` maps a role (`columns.ROLES`) to a column's name. Raises `Invalid` when a told column is not there
    or no column can be the text, and `OSError` when the file cannot be read.
    """

    def __init__(self, stream: BinaryIO, *, name: str = "", told: Mapping[str, str] | None = None) -> None:
        self.source = Source(stream)
        self._told = dict(told or {})
        self._name = name.lower().removesuffix(".gz")
        self._end = b"\n"
        self.columns: dict[str, str] = {}
        """Role -> column, where the file has columns."""
        self.delimiter = ""
        self.undated = 0
        """Rows whose date could not be told without guessing."""
        self._settled = False
        self._sure = self._says_utf8(self.source.sample)
        sample = self._sampled()
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
            yield _broken(row + 1, None, "FILE_DAMAGED")

    # -- what kind of file it is --

    def _sampled(self) -> str:
        sample = self.source.sample
        if b"\n" not in sample and b"\r" in sample:
            self._end = b"\r"
        return sample.decode("utf-8" if self._sure else "cp1252", "replace")

    def _says_utf8(self, sample: bytes) -> bool:
        """Tell whether some line of the sample is surely UTF-8, or nothing in it speaks against that."""
        odd = [line for line in sample.splitlines()[:-1] or [sample] if not line.isascii()]
        return not odd or any(_utf8(line) is not None for line in odd)

    def _recognised(self, sample: str) -> Format:
        start = sample.lstrip()
        lines = [line for line in start.splitlines()[:_SAMPLE_LINES] if line.strip()]
        if not lines:
            return "text"
        if _array.match(start) or _is_wrapped(start, lines):
            return "json array"
        if self._name.endswith((".jsonl", ".ndjson", ".json")):
            return "json array" if _spread(lines) else "json lines"
        if self._name.endswith((".csv", ".tsv", ".tab")) or _separator(lines[0]):
            return "csv"
        if sum(line.lstrip().startswith('{"') for line in lines) * 2 > len(lines):
            return "json lines"
        if _spread(lines):
            return "json array"
        header = _cells(lines[0], _delimiter(lines[0]))
        told = {columns.plain_name(column) for column in self._told.values()}
        known = columns.knows_text(header) or not told.isdisjoint(map(columns.plain_name, header))
        return "csv" if len(header) > 1 and (known or told) else "text"

    def _read_header(self, sample: str) -> None:
        lines = sample.split(self._end.decode())
        self.delimiter = _separator(lines[0])
        self._skip = 1 if self.delimiter else 0
        while self._skip < len(lines) - 1 and not lines[self._skip].strip():
            self._skip += 1
        header = lines[self._skip].rstrip("\r") if self._skip < len(lines) else ""
        if not self.delimiter:
            self.delimiter = "\t" if self._name.endswith((".tsv", ".tab")) else _delimiter(header)
        cells = [cell.strip() for cell in _cells(header, self.delimiter)]
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

    # -- lines --

    def _decoded(self, line: bytes) -> str | None:
        """Return the line as text. The first line beyond ASCII settles the encoding if the sample did not."""
        if line.isascii():
            return line.decode("ascii")
        if self.source.encoding == "cp1252":
            return _cp1252(line)
        text = _utf8(line)
        if text is not None:
            self._sure, self._settled = True, True
            return text
        if self.source.encoding == "utf-8" and not self._settled and not _damaged_utf8(line):
            text = _cp1252(line)
            if text is not None:
                self.source.encoding = "cp1252"
        return text

    def _texts(self, *, skip: int = 0) -> Iterator[tuple[int, str | None, str]]:
        """Yield line number, text (None if broken) and what is wrong with it."""
        if self._sure and not self.source.sample.isascii():
            self._settled = True
        for number, line in enumerate(self.source.lines(self._end), 1):
            if number <= skip:
                continue
            if line is None:
                yield number, None, "ROW_TOO_LARGE"
                continue
            text = self._decoded(line)
            if text is None:
                yield number, None, "UNDECODABLE"
            elif "\x00" in text:
                yield number, None, "NOT_TEXT"
            else:
                yield number, text.removesuffix("\r"), ""

    # -- the formats --

    def _plain(self) -> Iterator[Row]:
        row = 0
        for line, text, wrong in self._texts():
            if text is None:
                row += 1
                yield _broken(row, line, wrong)
            elif stripped := text.strip():
                row += 1
                yield Comment(row, stripped, None)

    def _json_lines(self) -> Iterator[Row]:
        row = 0
        for line, text, wrong in self._texts():
            if text is None:
                row += 1
                yield _broken(row, line, wrong)
                continue
            if not text or text.isspace():
                continue
            row += 1
            try:
                value = _decode_json(text)
            except (msgspec.DecodeError, RecursionError):
                value, wrong_at = _patiently(text)
                if wrong_at:
                    yield _broken(row, line, "BAD_JSON", column=wrong_at)
                    continue
            yield self._from_json(row, line, value)

    def _from_json(self, row: int, line: int, value: object) -> Row:
        if isinstance(value, str):
            return _comment(row, line, value, None)
        if not isinstance(value, dict):
            return _broken(row, line, "NOT_AN_OBJECT")
        if not self.columns:
            try:
                self.columns = columns.find(list(value), self._told)
            except Invalid:
                return _broken(row, line, "NO_TEXT", column="text")
        key = self.columns["text"]
        if key not in value:
            return _broken(row, line, "NO_TEXT", column=key)
        return _comment(row, line, value[key], self._moment(value.get(self.columns.get("time", ""))))

    def _moment(self, value: object) -> int | None:
        if value is None or value == "":
            return None
        at = read_date(value)
        if at is None:
            self.undated += 1
        return at

    def _json_array(self) -> Iterator[Row]:
        """Read element after element; a broken one is skipped up to where the next object begins."""
        encoding = "utf-8" if self._sure else "cp1252"
        if not self._sure:
            self.source.encoding = "cp1252"
        scan = json.JSONDecoder().raw_decode
        buffer = _Buffer(self.source.chunks(), encoding)
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
                yield _broken(
                    row, buffer.line, "BAD_JSON", column=max(1, getattr(error, "pos", 0) - buffer.at + 1)
                )
                buffer.resync(_next_object if sign == "{" else _next_value)
                continue
            row += 1
            yield self._element(row, buffer, value, end)
            buffer.advance(end)
        buffer.drain()

    def _element(self, row: int, buffer: "_Buffer", value: object, end: int) -> Row:
        if end - buffer.at > ROW_BYTES_MAX:
            return _broken(row, buffer.line, "ROW_TOO_LARGE")
        if _UNDECODED.search(buffer.text, buffer.at, end):
            return _broken(row, buffer.line, "UNDECODABLE")
        return self._from_json(row, buffer.line, value)

    def _csv(self) -> Iterator[Row]:
        width = len(self._header)
        text_at = self._header.index(self.columns["text"])
        time_at = self._header.index(self.columns["time"]) if "time" in self.columns else None
        records = _Records(self._texts(skip=self._skip), self.delimiter, width)
        for row, (line, cells, wrong) in enumerate(records, 1):
            if cells is None:
                yield _broken(row, line, wrong)
            elif len(cells) != width:
                yield _broken(row, line, "COLUMN_COUNT", found=len(cells), wanted=width)
            else:
                at = None if time_at is None else self._moment(cells[time_at])
                yield _comment(row, line, cells[text_at], at)


_UNDECODED = re.compile("[\udc80-\udcff]")
_HALF = re.compile("[\ud800-\udfff]")


class _Buffer:
    """Text of a file read piece by piece; what stands before `at` is forgotten when more is read."""

    def __init__(self, chunks: Iterator[bytes], encoding: str) -> None:
        self._chunks = chunks
        self._decoder = codecs.getincrementaldecoder(encoding)(
            "surrogateescape" if encoding == "utf-8" else "replace"
        )
        self._ended = False
        self.text = ""
        self.at = 0
        self.line = 1
        self.more()

    def more(self) -> bool:
        """Read on; False at the end of the file."""
        if self._ended:
            return False
        chunk = next(self._chunks, None)
        self._ended = chunk is None
        self.text = self.text[self.at :] + self._decoder.decode(chunk or b"", final=self._ended)
        self.at = 0
        return True

    def advance(self, place: int) -> None:
        """Go on to `place`, counting lines."""
        self.line += self.text.count("\n", self.at, place)
        self.at = place

    def at_something(self) -> bool:
        """Go to the next sign that is no space or comma; False at the end of the file."""
        while True:
            gap = _gap.match(self.text, self.at)
            self.advance(gap.end() if gap else self.at)
            if self.at < len(self.text):
                return True
            if not self.more():
                return False

    def resync(self, mark: re.Pattern[str]) -> None:
        """Go to just after the next `mark`, or to the end of the file if there is none."""
        self.advance(self.at + 1)
        while True:
            found = mark.search(self.text, self.at)
            if found:
                self.advance(found.end())
                return
            self.advance(max(self.at, len(self.text) - _MARK_MAX))
            if not self.more():
                self.advance(len(self.text))
                return

    def drain(self) -> None:
        """Read the rest of the file without looking at it."""
        while self.more():
            self.at = len(self.text)


Line = tuple[int, str | None, str]
Record = tuple[int, list[str] | None, str]


class _Records:
    """Records of a file with columns: a quoted field may span lines; a slip in quoting costs one line."""

    def __init__(self, lines: Iterator[Line], delimiter: str, width: int) -> None:
        self._lines = lines
        self._delimiter = delimiter
        self._width = width
        self._waiting: deque[Line] = deque()

    def __iter__(self) -> Iterator[Record]:
        delimiter = self._delimiter
        while (one := self._take()) is not None:
            line, text, wrong = one
            if text is None:
                yield line, None, wrong
                continue
            if '"' in text:
                yield line, *self._quoted(text)
            elif text.strip(_BLANK + delimiter):
                yield line, text.split(delimiter), ""

    def _take(self) -> Line | None:
        return self._waiting.popleft() if self._waiting else next(self._lines, None)

    def _quoted(self, text: str) -> tuple[list[str] | None, str]:
        if self._delimiter == "\t":
            plain = _unquoted(text.split("\t"))
            if plain is not None and len(plain) == self._width:
                return plain, ""
        cells, unclosed = _parsed(text, self._delimiter)
        if unclosed:
            cells = self._closed(text)
        if cells is not None:
            return cells, ""
        if unclosed and self._delimiter in _QUOTING:
            return None, "BAD_QUOTES"
        careless = (
            _cells(text, self._delimiter) if self._delimiter in _QUOTING else text.split(self._delimiter)
        )
        return (careless, "") if len(careless) == self._width else (None, "BAD_QUOTES")

    def _closed(self, text: str) -> list[str] | None:
        """Return the record whose quoted field ends on a later line; None, nothing taken, if none does."""
        taken: list[Line] = []
        whole, unclosed = [text], True
        size = len(text)
        while unclosed and len(taken) < QUOTED_LINES_MAX and size <= ROW_BYTES_MAX:
            one = self._take()
            if one is None:
                break
            taken.append(one)
            if one[1] is None:
                break
            whole.append(one[1])
            size += len(one[1]) + 1
            if one[1].count('"') % 2:
                cells, unclosed = _parsed("\n".join(whole), self._delimiter)
                if cells is not None and len(cells) == self._width:
                    return cells
        self._waiting.extendleft(reversed(taken))
        return None


def _parsed(text: str, delimiter: str) -> tuple[list[str] | None, bool]:
    """Return the cells, or None and whether a quote was still open at the end."""
    try:
        return next(csv.reader((text,), delimiter=delimiter, strict=True)), False
    except csv.Error as error:
        return None, "end of data" in str(error)


def _cells(text: str, delimiter: str) -> list[str]:
    """Return the cells, overlooking slips in quoting."""
    try:
        return next(csv.reader((text,), delimiter=delimiter), [])
    except csv.Error:
        return text.split(delimiter)


def _unquoted(cells: list[str]) -> list[str] | None:
    """Take off the quotes around whole cells; None when a cell begins with one and does not end with one."""
    out = []
    for cell in cells:
        if cell.startswith('"'):
            if len(cell) == 1 or not cell.endswith('"'):
                return None
            out.append(cell[1:-1].replace('""', '"'))
        else:
            out.append(cell)
    return out


def _separator(line: str) -> str:
    """Return the sign that a first line `sep=;` of Excel names, or nothing."""
    start, _, sign = line.strip("\r\n").partition("=")
    return sign if start.lower() == "sep" and sign in tuple(_DELIMITERS) else ""


def _delimiter(header: str) -> str:
    """Return the sign that parts a header's columns: one that uncovers a known name, or the commonest."""

    def worth(sign: str) -> tuple[bool, int]:
        cells = _cells(header, sign)
        return len(cells) > 1 and columns.knows_text(cells), len(cells)

    best = max(_DELIMITERS, key=worth)
    return best if worth(best)[1] > 1 else _ONE_COLUMN


def _comment(row: int, line: int, value: object, at: int | None) -> Row:
    if value is None:
        return _broken(row, line, "NO_TEXT", column="")
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return _broken(row, line, "NOT_TEXT")
    text = value.strip()
    if not text:
        return _broken(row, line, "EMPTY_TEXT")
    if not text.isascii() and _HALF.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return Comment(row, text, at)


def _broken(row: int, line: int | None, code: str, **fields: str | int) -> BrokenRow:
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


def _utf8(line: bytes) -> str | None:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _cp1252(line: bytes) -> str | None:
    try:
        return line.decode("cp1252")
    except UnicodeDecodeError:
        return None


def _damaged_utf8(line: bytes) -> bool:
    """Tell whether good UTF-8 stands beside the bad bytes."""
    return not line.decode("utf-8", "ignore").isascii()


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
