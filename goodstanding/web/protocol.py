"""HTTP inward: as uvicorn speaks it, with fewer calls of the system."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

GATHER_MAX = 64 * 1024
"""Bytes that may gather in one turn of the loop."""


class Gathering(asyncio.Transport):
    """A transport that sends what is written in one turn of the loop at once.

    An answer is written in two parts, its head and its body; each alone would be a call of the system, which costs more
    than all else that is done for a webhook's answer.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport, self._loop = transport, loop
        self._parts: list[Any] = []
        self._size = 0

    def write(self, data: Any) -> None:
        """Send at the end of this turn."""
        if not self._parts:
            self._loop.call_soon(self.flush)
        self._parts.append(data)
        self._size += len(data)
        if self._size > GATHER_MAX:
            self.flush()

    def flush(self) -> None:
        """Send what has gathered."""
        if self._parts:
            data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            self._parts.clear()
            self._size = 0
            if not self._transport.is_closing():
                self._transport.write(data)

    def close(self) -> None:
        """Send what has gathered, then close."""
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        """Close at once; what has gathered is lost."""
        self._parts.clear()
        self._transport.abort()

    def is_closing(self) -> bool:
        """Tell whether it is closed or will be."""
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what is known of the connection."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Stop taking in bytes."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Take in bytes again."""
        self._transport.resume_reading()

    def get_write_buffer_size(self) -> int:
        """Return how many bytes wait to be sent."""
        return self._size + self._transport.get_write_buffer_size()


class Protocol(HttpToolsProtocol):
    """One connection from outside."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin."""
        super().connection_made(Gathering(transport, self.loop))
