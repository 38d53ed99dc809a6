"""Zip files from outside: every member is looked at before one is unpacked, and what is hostile is refused.

A zip that was cut has lost its table at the end; its members are then found by their own headers, and the last one is
read as far as it goes.
"""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from goodstanding.adapters.files.rules import Limits
from goodstanding.adapters.files.streams import CHUNK
from goodstanding.usecases.ports.imports import RefusedFileError

MAGIC = b"PK\x03\x04"
_EMPTY = b"PK\x05\x06"
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _SIZES_LATER, _UTF8 = 0x1, 0x8, 0x800
_HEADER = struct.Struct("<4s5HIIIHH")
_TROUBLE = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error, OverflowError,
)  # fmt: skip
_nested = re.compile(r"\.(zip|gz|tgz|tar|7z|rar|bz2|xz|zst|jar|xlsx|ods|docx)$", re.IGNORECASE)
_odd_path = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|[\x00-\x1f]|\\")


class Member(msgspec.Struct, frozen=True):
    """A file in the package."""

    name: str
    size: int
    """Bytes when unpacked, as far as known."""


def is_package(start: bytes) -> bool:
    """Tell whether a file is a zip by its first bytes."""
    return start.startswith((MAGIC, _EMPTY))


class Package:
    """One zip file. Raises `RefusedFileError` as soon as it shows itself hostile."""

    def __init__(self, stream: BinaryIO, limits: Limits, *, nested: bool = False) -> None:
        self._stream, self._limits = stream, limits
        self.cut = False
        self._unpacked = 0
        self._zip: zipfile.ZipFile | None = None
        self._places: dict[str, tuple[int, int, int]] = {}
        """Of a cut zip: name -> (where its data begins, how it is packed, packed size or -1)."""
        try:
            self._zip = zipfile.ZipFile(stream)
            infos = self._zip.infolist()
        except _TROUBLE:
            self.cut, self._zip = True, None
            infos = self._found()
        self._check(infos, nested=nested)
        self.members = [Member(one.filename, one.file_size) for one in infos if not one.is_dir()]

    def chunks(self, member: Member) -> Iterator[bytes]:
        """Yield a member's bytes; `cut` is set when it ends too early or is damaged inside."""
        source = self._from_table(member.name) if self._zip else self._from_place(member.name)
        while True:
            try:
                chunk = next(source, b"")
            except _TROUBLE:
                self.cut = True
                return
            if not chunk:
                return
            self._unpacked += len(chunk)
            if self._unpacked > self._limits.unpacked_bytes_max:
                raise RefusedFileError(reason="ZIP_TOO_LARGE", limit=self._limits.unpacked_bytes_max)
            yield chunk

    def _from_table(self, name: str) -> Iterator[bytes]:
        assert self._zip is not None
        with self._zip.open(name) as source:
            while chunk := source.read(CHUNK):
                yield chunk

    def _from_place(self, name: str) -> Iterator[bytes]:
        start, method, size = self._places[name]
        self._stream.seek(start)
        left = size if size >= 0 else -1
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS) if method == _DEFLATED else None
        packed_in = unpacked = 0
        while left and (packed := self._stream.read(CHUNK if left < 0 else min(CHUNK, left))):
            left -= len(packed) if left > 0 else 0
            packed_in += len(packed)
            while packed:
                chunk = unpacker.decompress(packed, CHUNK) if unpacker else packed
                packed = unpacker.unconsumed_tail if unpacker else b""
                unpacked += len(chunk)
                self._check_ratio(name, unpacked, packed_in)
                yield chunk
                if unpacker and unpacker.eof:
                    return
                if not chunk:
                    break

    def _check(self, infos: list[zipfile.ZipInfo], *, nested: bool) -> None:
        limits = self._limits
        if len(infos) > limits.members_max:
            raise RefusedFileError(reason="ZIP_MEMBERS", found=len(infos), limit=limits.members_max)
        if sum(one.file_size for one in infos) > limits.unpacked_bytes_max:
            raise RefusedFileError(reason="ZIP_TOO_LARGE", limit=limits.unpacked_bytes_max)
        names = set()
        for one in infos:
            self._check_one(one, nested=nested)
            if one.filename in names:
                raise RefusedFileError(reason="ZIP_TWICE", name=one.filename[:120])
            names.add(one.filename)
        if self._zip:
            self._check_overlap(infos)

    def _check_one(self, one: zipfile.ZipInfo, *, nested: bool) -> None:
        shown = re.sub(r"[\x00-\x1f\x7f]", "·", one.filename)[:120]
        length = len(one.filename)
        if not 0 < length <= self._limits.member_name_chars_max or _odd_path.search(one.filename):
            raise RefusedFileError(reason="ZIP_PATH", name=shown)
        if stat.S_ISLNK(one.external_attr >> 16):
            raise RefusedFileError(reason="ZIP_LINK", name=shown)
        if one.flag_bits & _ENCRYPTED:
            raise RefusedFileError(reason="ZIP_ENCRYPTED", name=shown)
        if one.compress_type not in (_STORED, _DEFLATED):
            raise RefusedFileError(reason="ZIP_METHOD", name=shown)
        if not nested and _nested.search(one.filename):
            raise RefusedFileError(reason="ZIP_NESTED", name=shown)
        self._check_ratio(shown, one.file_size, one.compress_size)

    def _check_ratio(self, name: str, unpacked: int, packed: int) -> None:
        """Refuse what packs better than any text does: it is made to fill the disk."""
        most = self._limits.ratio_max
        if unpacked > self._limits.ratio_from_bytes and unpacked > most * max(1, packed):
            raise RefusedFileError(reason="ZIP_RATIO", name=name[:120], limit=most)

    def _check_overlap(self, infos: list[zipfile.ZipInfo]) -> None:
        """Refuse members that share their packed bytes: the other way to make a bomb."""
        end = 0
        for one in sorted(infos, key=lambda info: info.header_offset):
            if one.header_offset < end:
                raise RefusedFileError(reason="ZIP_OVERLAP", name=one.filename[:120])
            end = one.header_offset + _HEADER.size + one.compress_size

    def _found(self) -> list[zipfile.ZipInfo]:
        """Return the members of a zip without its table, found one after another."""
        found: list[zipfile.ZipInfo] = []
        place = 0
        while len(found) <= self._limits.members_max:
            self._stream.seek(place)
            raw = self._stream.read(_HEADER.size)
            if len(raw) < _HEADER.size or not raw.startswith(MAGIC):
                break
            _, _, flags, method, _, _, _, packed, size, name_len, extra_len = _HEADER.unpack(raw)
            name = self._stream.read(name_len)
            if not name or len(name) < name_len:
                break
            info = zipfile.ZipInfo(name.decode("utf-8" if flags & _UTF8 else "cp437", "replace"))
            info.filename = name.decode("utf-8" if flags & _UTF8 else "cp437", "replace")
            info.flag_bits, info.compress_type = flags, method
            later = bool(flags & _SIZES_LATER) and not packed
            info.file_size, info.compress_size = (0, 0) if later else (size, packed)
            start = place + _HEADER.size + name_len + extra_len
            found.append(info)
            self._places[info.filename] = (start, method, -1 if later else packed)
            after = self._after(start, method) if later else start + packed
            if after is None:
                break
            place = after
        if not found:
            raise RefusedFileError(reason="ZIP_UNREADABLE")
        return found

    def _after(self, start: int, method: int) -> int | None:
        """Return where a member without a size ends; None when it goes on to the end of the file."""
        if method != _DEFLATED:
            return None
        self._stream.seek(start)
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        place, unpacked = start, 0
        while packed := self._stream.read(CHUNK):
            place += len(packed)
            while packed:
                try:
                    unpacked += len(unpacker.decompress(packed, CHUNK))
                except zlib.error:
                    return None
                self._check_ratio("", unpacked, place - start)
                if unpacked > self._limits.unpacked_bytes_max:
                    raise RefusedFileError(reason="ZIP_TOO_LARGE", limit=self._limits.unpacked_bytes_max)
                if unpacker.eof:
                    return self._past_descriptor(place - len(unpacker.unused_data))
                packed = unpacker.unconsumed_tail
        return None

    def _past_descriptor(self, place: int) -> int | None:
        """Return where the next header stands: after 12, 16, 20 or 24 bytes of sizes."""
        self._stream.seek(place)
        start = self._stream.read(32)
        found = start.find(MAGIC)
        return place + found if found >= 0 else None
