"""Just enough of image files: their format and size, and small pictures of our own."""

import struct
import zlib
from typing import NamedTuple

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD9)})


class Picture(NamedTuple):
    """A format and its size in pixels."""

    kind: str
    width: int
    height: int


def read_picture(data: bytes) -> Picture | None:
    """Return what kind of image `data` is, or `None` when it is none of PNG, JPEG and WebP."""
    try:
        if data.startswith(_PNG) and data[12:16] == b"IHDR":
            return Picture("png", *struct.unpack(">II", data[16:24]))
        if data.startswith(b"\xff\xd8"):
            return _jpeg(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError):
        return None
    return None


def _jpeg(data: bytes) -> Picture | None:
    at = 2
    while data[at] == 0xFF:  # noqa: PLR2004 - each part of a JPEG begins with this byte
        marker = data[at + 1]
        if marker in _JPEG_BARE:
            at += 2
            continue
        (length,) = struct.unpack(">H", data[at + 2 : at + 4])
        if marker in _JPEG_SIZES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return Picture("jpeg", width, height)
        at += 2 + length
    return None


def _webp(data: bytes) -> Picture | None:
    kind = data[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        return Picture("webp", width, int.from_bytes(data[27:30], "little") + 1)
    if kind == b"VP8L":
        (bits,) = struct.unpack("<I", data[21:25])
        return Picture("webp", (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return Picture("webp", width & 0x3FFF, height & 0x3FFF)
    return None


def plain_png(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    """Return a PNG of one colour."""
    row = b"\x00" + bytes(colour) * width
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * height, 9)),
        (b"IEND", b""),
    )
    return _PNG + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )
