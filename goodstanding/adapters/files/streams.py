"""A file's bytes as a stream: unpacked, counted, digested and cut into lines of a bounded length."""

import codecs
import hashlib
import zlib
from collections.abc import Iterator
from typing import Protocol

from goodstanding.adapters.files.rules import Limits
from goodstanding.usecases.ports.imports import RefusedFileError

CHUNK = 262_144
SAMPLE = 65_536
"""Bytes looked at to find out what a file is."""
ROW_BYTES_MAX = 131_072
"""A longer row is no comment; it is told and skipped."""

_GZIP = b"\x1f\x8b"
_GUNZIP = 16 + zlib.MAX_WBITS
_UTF8_BOM = codecs.BOM_UTF8
_OFTEN = 3
"""Without a mark, zeros on more than a third of all bytes, nearly all on one side of the pairs, tell UTF-16."""


class Readable(Protocol):
    """What bytes can be read from."""

    def read(self, most: int, /) -> bytes:
        """Return up to `most` bytes; none at the end."""
        ...


class Source:
    """The bytes of one file, read once. Raises `OSError` while reading; with a `guard` also `RefusedFileError`."""

    def __init__(self, stream: Readable, guard: Limits | None = None) -> None:
        self._stream = stream
        self._guard = guard
        self._unpacked_bytes = 0
        self._digest = hashlib.sha256()
        self.read_bytes = 0
        """Bytes read so far, as stored."""
        self.damaged = False
        """The packed file ends too early or is broken inside; what came before it is good."""
        self.packed = False
        self.encoding = "utf-8"
        """`utf-8`, `utf-16` or, once a line says so, `cp1252`."""
        self._chunks = self._utf8()
        self._head = b""
        for chunk in self._chunks:
            self._head += chunk
            if len(self._head) >= SAMPLE:
                break

    @property
    def sample(self) -> bytes:
        """The first bytes, unpacked, as UTF-8 where the file was UTF-16."""
        return self._head[:SAMPLE]

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the file as stored; complete when everything was read."""
        return self._digest.hexdigest()

    def chunks(self) -> Iterator[bytes]:
        """Yield all bytes once."""
        yield self._head
        self._head = b""
        yield from self._chunks

    def lines(self, end: bytes) -> Iterator[bytes | None]:
        """Yield lines without their end; None stands for a line longer than `ROW_BYTES_MAX`."""
        rest = b""
        too_long = False
        for chunk in self.chunks():
            lines = (rest + chunk).split(end)
            rest = lines.pop()
            for line in lines:
                yield None if too_long or len(line) > ROW_BYTES_MAX else line
                too_long = False
            if len(rest) > ROW_BYTES_MAX:
                rest, too_long = b"", True
        if rest or too_long:
            yield None if too_long else rest

    def _raw(self) -> Iterator[bytes]:
        while chunk := self._stream.read(CHUNK):
            self.read_bytes += len(chunk)
            self._digest.update(chunk)
            yield chunk

    def _unpacked(self) -> Iterator[bytes]:
        raw = self._raw()
        first = next(raw, b"")
        if not first.startswith(_GZIP):
            yield first
            yield from raw
            return
        self.packed = True
        unpacker = zlib.decompressobj(_GUNZIP)
        packed = first
        while packed or (packed := next(raw, b"")):
            if unpacker.eof:
                packed = packed.lstrip(b"\x00")
                if not packed:
                    continue
                unpacker = zlib.decompressobj(_GUNZIP)
            try:
                chunk = unpacker.decompress(packed, CHUNK)
            except zlib.error:
                self.damaged = True
                break
            packed = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
            self._unpacked_bytes += len(chunk)
            self._check()
            yield chunk
        if not unpacker.eof and not self.damaged:
            yield unpacker.flush()
            self.damaged = not unpacker.eof
        for _ in raw:
            """The digest is of the whole file."""

    def _check(self) -> None:
        """Refuse a packed file that unfolds into more than any text does."""
        if self._guard is None:
            return
        if self._unpacked_bytes > self._guard.unpacked_bytes_max:
            raise RefusedFileError(reason="ZIP_TOO_LARGE", limit=self._guard.unpacked_bytes_max)
        most = max(self._guard.ratio_from_bytes, self._guard.ratio_max * self.read_bytes)
        if self._unpacked_bytes > most:
            raise RefusedFileError(reason="ZIP_RATIO", name="gzip", limit=self._guard.ratio_max)

    def _utf8(self) -> Iterator[bytes]:
        chunks = self._unpacked()
        first = b""
        for chunk in chunks:
            first += chunk
            if len(first) >= len(_UTF8_BOM) + 1:
                break
        encoding, skip = _utf16(first)
        if encoding is None:
            yield first.removeprefix(_UTF8_BOM)
            yield from chunks
            return
        self.encoding = "utf-16"
        decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
        yield _told(decoder.decode(first[skip:]))
        for chunk in chunks:
            yield _told(decoder.decode(chunk))
        left, _ = decoder.getstate()
        if left:
            yield b"\xff"


def _told(text: str) -> bytes:
    """Half a pair stays half a pair, so that only its line is refused."""
    return text.encode("utf-8", "surrogatepass")


def _utf16(first: bytes) -> tuple[str | None, int]:
    """Return the kind of UTF-16 and the length of its mark; without a mark, zeros in turn give it away."""
    if first.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le", 2
    if first.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", 2
    start = first[:1024]
    odd, even = start[1::2].count(0), start[0::2].count(0)
    if max(odd, even) * _OFTEN > len(start) > _OFTEN and min(odd, even) * _OFTEN < max(odd, even):
        return ("utf-16-le", 0) if odd > even else ("utf-16-be", 0)
    return None, 0
