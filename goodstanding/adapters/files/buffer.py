"""Text of a file read piece by piece, with a place in it: what readers of JSON stand on."""

import codecs
import re
from collections.abc import Iterator

_gap = re.compile(r"[\s,]*")
_MARK_MAX = 1_000
"""Characters kept while looking for the next mark across pieces of the file."""
UNDECODED = re.compile("[\udc80-\udcff]")
"""What stands in the text where bytes were no UTF-8."""


class Buffer:
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
