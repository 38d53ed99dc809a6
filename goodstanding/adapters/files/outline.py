"""A JSON document as a stream: what stands in its objects and lists, one value at a time, as far as it is readable.

A broken element of a list costs that element; a document that ends too early ends the walk with one problem, and what
came before has been handed out. Memory does not grow with the document.
"""

import json
import re
from collections.abc import Iterator

import msgspec

from goodstanding.adapters.files.buffer import UNDECODED, Buffer
from goodstanding.adapters.files.rules import Limits
from goodstanding.kernel.problems import Problem

_next_object = re.compile(r"\}\s*(?:,\s*(?=\{)|(?=\]))")
_next_value = re.compile(r",\s*(?=[\"{\[\d-])|(?=\])")
Path = tuple[str, ...]


class Value(msgspec.Struct, frozen=True, gc=False):
    """A value in the document: an element of the list at `path`, or (index -1) what stands under its last name."""

    path: Path
    index: int
    value: object


class Broken(msgspec.Struct, frozen=True, gc=False):
    """Something that could not be read; `index` as above."""

    path: Path
    index: int
    problem: Problem


class _Lost(Exception):  # noqa: N818 - no error: the end of what can be read
    """Nothing beyond this place can be read."""

    def __init__(self, broken: Broken) -> None:
        super().__init__()
        self.broken = broken


class Outline:
    """Walks one document. `cut` is set when it ends too early."""

    def __init__(self, chunks: Iterator[bytes], limits: Limits) -> None:
        self._limits = limits
        self._buffer = Buffer(chunks, "utf-8")
        self._scan = json.JSONDecoder().raw_decode
        self.cut = False

    def walk(self) -> Iterator[Value | Broken]:
        """Yield every value that is no object itself, and the elements of lists whole."""
        try:
            if not self._buffer.at_something():
                raise self._lost((), "EMPTY_FILE")
            yield from self._value((), 0)
            if self._buffer.at_something():
                yield Broken((), -1, self._problem("AFTER_THE_END"))
        except _Lost as lost:
            yield lost.broken
        self._buffer.drain()

    def _value(self, path: Path, depth: int) -> Iterator[Value | Broken]:
        buffer = self._buffer
        sign = buffer.text[buffer.at]
        if sign in "{[":
            if depth >= self._limits.json_depth_max:
                raise self._lost(path, "TOO_DEEP", limit=self._limits.json_depth_max)
            buffer.advance(buffer.at + 1)
            yield from self._object(path, depth + 1) if sign == "{" else self._list(path)
            return
        found, end = self._whole(path)
        yield Value(path, -1, found)
        buffer.advance(end)

    def _object(self, path: Path, depth: int) -> Iterator[Value | Broken]:
        buffer = self._buffer
        while True:
            self._go_on(path)
            if buffer.text[buffer.at] == "}":
                buffer.advance(buffer.at + 1)
                return
            name, end = self._whole(path)
            if not isinstance(name, str) or len(name) > self._limits.json_key_chars_max:
                raise self._lost(path, "BAD_JSON", column=0)
            buffer.advance(end)
            self._go_on(path)
            if buffer.text[buffer.at] != ":":
                raise self._lost(path, "BAD_JSON", column=0)
            buffer.advance(buffer.at + 1)
            self._go_on(path)
            yield from self._value((*path, name), depth)

    def _list(self, path: Path) -> Iterator[Value | Broken]:
        buffer, index = self._buffer, 0
        deepest = self._limits.json_value_chars_max
        while True:
            self._go_on(path)
            sign = buffer.text[buffer.at]
            if sign == "]":
                buffer.advance(buffer.at + 1)
                return
            if sign == "}":
                raise self._lost(path, "BAD_JSON", column=0)
            try:
                found, end = self._scan(buffer.text, buffer.at)
                if end == len(buffer.text) and buffer.more():
                    continue
            except (ValueError, RecursionError) as error:
                if len(buffer.text) - buffer.at <= deepest and buffer.more():
                    continue
                mark = _next_object if sign == "{" else _next_value
                yield self._broken_element(path, index, error, mark)
                buffer.resync(mark)
                index += 1
                continue
            if end - buffer.at > deepest:
                yield Broken(path, index, self._problem("VALUE_TOO_LARGE", limit=deepest))
            elif UNDECODED.search(buffer.text, buffer.at, end):
                yield Broken(path, index, self._problem("UNDECODABLE"))
            else:
                yield Value(path, index, found)
            index += 1
            buffer.advance(end)

    def _broken_element(self, path: Path, index: int, error: Exception, mark: re.Pattern[str]) -> Broken:
        """Return what is wrong; when the text ends inside the element, the whole document was cut."""
        buffer = self._buffer
        where = getattr(error, "pos", buffer.at)
        if not mark.search(buffer.text, buffer.at + 1) and not buffer.more():
            raise self._lost(path, "CUT", index=index)
        unfinished = "Unterminated" in str(error) or where >= len(buffer.text) - 1
        if unfinished and len(buffer.text) - buffer.at > self._limits.json_value_chars_max:
            limit = self._limits.json_value_chars_max
            return Broken(path, index, self._problem("VALUE_TOO_LARGE", limit=limit))
        if isinstance(error, RecursionError):
            return Broken(path, index, self._problem("TOO_DEEP", limit=self._limits.json_depth_max))
        return Broken(path, index, self._problem("BAD_JSON", column=max(1, where - buffer.at + 1)))

    def _whole(self, path: Path) -> tuple[object, int]:
        """Return the value at this place and where it ends; a number may go on in the next piece."""
        buffer = self._buffer
        while True:
            try:
                found, end = self._scan(buffer.text, buffer.at)
            except (ValueError, RecursionError) as error:
                too_long = len(buffer.text) - buffer.at > self._limits.json_value_chars_max
                if not too_long and buffer.more():
                    continue
                if too_long:
                    limit = self._limits.json_value_chars_max
                    raise self._lost(path, "VALUE_TOO_LARGE", limit=limit) from error
                if "Unterminated" in str(error) or getattr(error, "pos", 0) >= len(buffer.text) - 1:
                    raise self._lost(path, "CUT", index=-1) from error
                raise self._lost(path, "BAD_JSON", column=0) from error
            if end < len(buffer.text) or not buffer.more():
                return found, end

    def _go_on(self, path: Path) -> None:
        if not self._buffer.at_something():
            raise self._lost(path, "CUT", index=-1)

    def _lost(self, path: Path, code: str, *, index: int = -1, **fields: int) -> _Lost:
        self.cut = self.cut or code == "CUT"
        if code == "BAD_JSON":
            code, fields = "REST_UNREADABLE", {}
        return _Lost(Broken(path, index, self._problem(code, **fields)))

    def _problem(self, code: str, **fields: int) -> Problem:
        return Problem(code=code, line=self._buffer.line, fields=dict(fields))
