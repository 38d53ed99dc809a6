"""Records of a file with columns, whatever parts them, however careless its quoting."""

import csv
from collections import deque
from collections.abc import Iterator

from goodstanding.adapters.files import columns
from goodstanding.adapters.files.lines import Line
from goodstanding.adapters.files.streams import ROW_BYTES_MAX

QUOTED_LINES_MAX = 500
"""Lines one quoted field may span; beyond that the quote is taken for a slip."""

_DELIMITERS = ",;\t|"
_QUOTING = ",;|"
"""In the others a quotation mark is often a sign like any other."""
ONE_COLUMN = "\x1f"
"""A sign that stands in no comment: the delimiter of a file with one column."""
_BLANK = " \t\r\x0b\x0c\xa0"

Record = tuple[int, list[str] | None, str]


class Records:
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
            cells_of(text, self._delimiter) if self._delimiter in _QUOTING else text.split(self._delimiter)
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


def cells_of(text: str, delimiter: str) -> list[str]:
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


def separator_of(line: str) -> str:
    """Return the sign that a first line `sep=;` of Excel names, or nothing."""
    start, _, sign = line.strip("\r\n").partition("=")
    return sign if start.lower() == "sep" and sign in tuple(_DELIMITERS) else ""


def delimiter_of(header: str) -> str:
    """Return the sign that parts a header's columns: one that uncovers a known name, or the commonest."""

    def worth(sign: str) -> tuple[bool, int]:
        cells = cells_of(header, sign)
        return len(cells) > 1 and columns.knows_text(cells), len(cells)

    best = max(_DELIMITERS, key=worth)
    return best if worth(best)[1] > 1 else ONE_COLUMN
