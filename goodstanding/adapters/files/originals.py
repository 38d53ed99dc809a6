"""Originals by their content: encrypted in pieces as they stream in, readable from any place, found by their hash.

A piece is a length and a ciphertext; all plain pieces but the last have one size, so that a place is found by arithmetic.
"""

import contextlib
import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

from goodstanding.adapters.files.rules import limits
from goodstanding.usecases.ports.imports import RefusedFileError

PIECE = 1 << 20
LEFT_SECONDS = 86_400
"""A file on its way in for longer was left behind by a process that ended."""
_HEAD = b"GSO1"
_LENGTH = 4
Lock = Callable[[int, bytes], bytes]
Unlock = Callable[[int, bytes], bytes | None]


class Originals:
    """The originals of one workspace below `folder`. `ensure` makes a subject's key, `lock` and `unlock` use it."""

    def __init__(
        self, folder: Path, *, ensure: Callable[[list[int]], None], lock: Lock, unlock: Unlock
    ) -> None:
        self._folder, self._ensure, self._lock, self._unlock = folder, ensure, lock, unlock

    def writer(self, most: int = 0) -> "Incoming":
        return Incoming(self, most or limits().upload_bytes_max)

    def open(self, digest: str, key_id: int) -> BinaryIO:
        path = self.path(digest, key_id)
        return cast("BinaryIO", io.BufferedReader(_Decrypted(path, key_id, self._unlock), buffer_size=PIECE))

    def drop(self, digest: str, key_id: int) -> None:
        path = self.path(digest, key_id)
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            path.parent.rmdir()

    def tidy(self) -> None:
        folder = self._folder / "incoming"
        if not folder.exists():
            return
        probe = self.incoming()
        probe.touch()
        now = probe.stat().st_mtime
        for path in folder.iterdir():
            if path == probe or now - path.stat().st_mtime > LEFT_SECONDS:
                path.unlink(missing_ok=True)

    def path(self, digest: str, key_id: int) -> Path:
        """Return where an original lies."""
        return self._folder / digest[:2] / f"{digest}.{key_id}"

    def keep(self, plain: Path, digest: str, key_id: int) -> None:
        """Move a file that came in under the passing key to its place, under its own."""
        target = self.path(digest, key_id)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._ensure([key_id])
        part = target.with_suffix(f".{key_id}.part")
        try:
            with part.open("wb") as out, _Decrypted(plain, 0, self._unlock) as source:
                part.chmod(0o600)
                out.write(_HEAD)
                while piece := source.read(PIECE):
                    _put(out, self._lock(key_id, piece))
                out.flush()
                os.fsync(out.fileno())
            part.replace(target)
            _sync(target.parent)
        finally:
            part.unlink(missing_ok=True)

    def incoming(self) -> Path:
        """Return a fresh place for a file on its way in."""
        folder = self._folder / "incoming"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder / os.urandom(8).hex()

    def seal(self, piece: bytes) -> bytes:
        """Encrypt a piece under the passing key."""
        return self._lock(0, piece)


class Incoming:
    """An original on its way in: never plain on disk, counted, hashed."""

    def __init__(self, originals: Originals, most: int) -> None:
        self._originals, self._most = originals, most
        self._path = originals.incoming()
        self._file: BinaryIO = self._path.open("wb")
        self._path.chmod(0o600)
        self._file.write(_HEAD)
        self._digest = hashlib.sha256()
        self._rest = bytearray()
        self.size = 0

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self._most:
            raise RefusedFileError(reason="FILE_TOO_LARGE", limit=self._most)
        self._digest.update(data)
        self._rest += data
        while len(self._rest) >= PIECE:
            _put(self._file, self._originals.seal(bytes(self._rest[:PIECE])))
            del self._rest[:PIECE]

    def keep(self, key_id: int, *, known: bool) -> None:
        if self._rest:
            _put(self._file, self._originals.seal(bytes(self._rest)))
            self._rest.clear()
        self._file.close()
        if not known:
            self._originals.keep(self._path, self.digest, key_id)
        self.drop()

    def drop(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)


class _Decrypted(io.RawIOBase):
    """A kept original as plain bytes; one piece at a time is in memory."""

    def __init__(self, path: Path, key_id: int, unlock: Unlock) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._key_id, self._unlock = key_id, unlock
        self._starts: list[tuple[int, int]] = []
        """Of each piece: where its ciphertext begins, and how long it is."""
        end = self._file.seek(0, os.SEEK_END)
        self._file.seek(0)
        if self._file.read(len(_HEAD)) != _HEAD:
            raise OSError("not an original")
        place = len(_HEAD)
        while place < end:
            size = int.from_bytes(self._file.read(_LENGTH), "big")
            self._starts.append((place + _LENGTH, size))
            place = self._file.seek(place + _LENGTH + size)
        self._at = 0
        self._piece, self._number = b"", -1
        last = self._plain(len(self._starts) - 1) if self._starts else b""
        self._size = max(0, len(self._starts) - 1) * PIECE + len(last)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("negative place")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]  # any writable buffer; the type for it comes with Python 3.12
        view = memoryview(buffer).cast("B")
        number, inside = divmod(self._at, PIECE)
        if self._at >= self._size or number >= len(self._starts):
            return 0
        piece = self._plain(number)[inside : inside + len(view)]
        view[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _plain(self, number: int) -> bytes:
        if number != self._number:
            start, size = self._starts[number]
            self._file.seek(start)
            found = self._unlock(self._key_id, self._file.read(size))
            if found is None:
                raise OSError("the key of this original is gone")
            self._piece, self._number = found, number
        return self._piece


def _put(out: BinaryIO, cipher: bytes) -> None:
    out.write(len(cipher).to_bytes(_LENGTH, "big") + cipher)


def _sync(folder: Path) -> None:
    """Make a new name in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
