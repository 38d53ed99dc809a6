"""Lines of text of a file in whatever encoding; a line that is no text is told, and the others are read."""

from collections.abc import Iterator
from typing import BinaryIO

from goodstanding.adapters.files.rules import Limits
from goodstanding.adapters.files.streams import Source

Line = tuple[int, str | None, str]
"""Number from 1, text (None if broken) and what is wrong with it."""


class TextLines:
    """The lines of one file, read once. Raises `OSError`; with a `guard` also `RefusedFileError`."""

    def __init__(self, stream: BinaryIO, guard: Limits | None = None) -> None:
        self.source = Source(stream, guard)
        self.end = b"\n"
        self._settled = False
        self.sure = self._says_utf8(self.source.sample)
        """It is UTF-8 as far as can be told."""
        sample = self.source.sample
        if b"\n" not in sample and b"\r" in sample:
            self.end = b"\r"
        self.sample = sample.decode("utf-8" if self.sure else "cp1252", "replace")

    def _says_utf8(self, sample: bytes) -> bool:
        """Tell whether some line of the sample is surely UTF-8, or nothing in it speaks against that."""
        odd = [line for line in sample.splitlines()[:-1] or [sample] if not line.isascii()]
        return not odd or any(_utf8(line) is not None for line in odd)

    def _decoded(self, line: bytes) -> str | None:
        """Return the line as text. The first line beyond ASCII settles the encoding if the sample did not."""
        if line.isascii():
            return line.decode("ascii")
        if self.source.encoding == "cp1252":
            return _cp1252(line)
        text = _utf8(line)
        if text is not None:
            self.sure, self._settled = True, True
            return text
        if self.source.encoding == "utf-8" and not self._settled and not _damaged_utf8(line):
            text = _cp1252(line)
            if text is not None:
                self.source.encoding = "cp1252"
        return text

    def texts(self, *, skip: int = 0) -> Iterator[Line]:
        """Yield line number, text (None if broken) and what is wrong with it."""
        if self.sure and not self.source.sample.isascii():
            self._settled = True
        for number, line in enumerate(self.source.lines(self.end), 1):
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
