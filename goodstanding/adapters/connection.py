"""One HTTP/1.1 connection outward: a request at a time, its answer read whole and within bounds.

What matters most about a failure is whether the request may have arrived. `NeverLeftError` is raised only before the
first byte is handed to the system; everything after that is `NoAnswerError`, also where it most likely did not arrive.
"""

import asyncio
import zlib
from typing import cast

import httptools
import msgspec

BODY_MAX = 4 * 1024 * 1024
"""Bytes of an answer that are read, unpacked."""
HEAD_MAX = 64 * 1024
"""Bytes before the body."""
RAW_MAX = 4 * BODY_MAX
"""Bytes of an answer on the wire, with all that the framing of chunks adds."""
KEEP_SECONDS = 15.0
"""How long a connection is kept for the next request. Servers close after 60 or more; one that was closed meanwhile
leaves the outcome of a call unknown."""
_SWITCHING = 101
_FINAL = 200


class NeverLeftError(OSError):
    """No byte of the request was sent: it did nothing, and may be repeated."""


class NoAnswerError(OSError):
    """The request, or a part of it, was sent and no whole answer came: it may have done its work."""

    is_silent = False
    """Not one byte came back."""


class SlowConnectionError(NeverLeftError, TimeoutError):
    """There was no connection in time."""


class SlowAnswerError(NoAnswerError, TimeoutError):
    """There was no whole answer in time."""


class Received(msgspec.Struct, frozen=True, gc=False):
    """An answer as it came."""

    status: int
    body: bytes
    date: bytes


class Connection(asyncio.Protocol):
    """An open connection. Ask only when `is_open`, and not again before the answer is there."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._is_lost = True
        self._is_kept = True
        self._waiting: asyncio.Future[Received] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._until = 0.0

    @property
    def is_open(self) -> bool:
        """Tell whether a request may be handed to it."""
        return not self._is_lost and not self._transport.is_closing()

    @property
    def may_be_kept(self) -> bool:
        """Tell whether another request may follow: both sides are done and the server keeps it open."""
        return self._is_kept and self.is_open and self._transport.get_write_buffer_size() == 0

    async def ask(self, request: bytes, until: float) -> Received:
        """Send a request; returns its answer.

        Raises `NeverLeftError` when the connection was gone before, else `NoAnswerError`. `until` is in the loop's time.
        """
        if not self.is_open:
            raise NeverLeftError("the connection was closed before the request")
        if self._loop.time() >= until:
            raise SlowConnectionError("no time is left for an answer")
        waiting: asyncio.Future[Received] = self._loop.create_future()
        self._waiting = waiting
        self._parts: list[bytes] = []
        self._size = self._raw = 0
        self._is_whole = False
        self._begin_head()
        self._watch(until)
        try:
            self._transport.write(request)
            return await waiting
        except BaseException:
            self._transport.abort()
            raise

    def keep(self) -> None:
        """Wait for the next request, for `KEEP_SECONDS`."""
        self._watch(self._loop.time() + KEEP_SECONDS)

    def close(self) -> None:
        """Close it; a request under way fails."""
        if not self._is_lost:
            self._transport.abort()

    # What the loop tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass
        self._parser = httptools.HttpResponseParser(self)
        self._is_lost = False

    def data_received(self, data: bytes) -> None:
        """Read on; bytes that nobody asked for end the connection."""
        if self._waiting is None:
            self._transport.abort()
            return
        self._raw += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._is_kept = False  # what follows a whole answer cannot make it less whole
            if not self._is_whole:
                self._fail("the answer is no HTTP, or too large")
                return
        if self._is_whole:
            self._finish()
        elif self._raw > (RAW_MAX if self._has_head else HEAD_MAX):
            self._fail("the answer is too large")

    def connection_lost(self, error: Exception | None) -> None:
        """End; an answer without a length of its own is whole now."""
        self._is_lost = True
        self._is_kept = False
        if self._timer is not None:
            self._timer.cancel()
        if self._waiting is None:
            return
        if error is None and self._has_head and not self._is_framed:
            self._finish()
        else:
            self._fail("the connection was closed before the whole answer")

    def _watch(self, until: float) -> None:
        """Look again at `until`. The timer of one request serves the next ones: it is rarely set and never moved up."""
        self._until = until
        if self._timer is not None and self._timer.when() > until:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self._loop.call_at(until, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._loop.time() < self._until:
            self._timer = self._loop.call_at(self._until, self._look)
        elif self._waiting is not None:
            self._settle(SlowAnswerError("no whole answer in time"))
        else:
            self._transport.close()

    # What the parser tells.

    def on_message_begin(self) -> None:
        """Refuse an answer after the answer: nobody asked for it."""
        _refuse_if(self._is_whole)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep the few headers that count, and what says where the body ends. What trails the body counts for nothing."""
        if self._has_head:
            return
        name = name.lower()
        if name == b"date":
            self._date = value
        elif name == b"content-length":
            self._is_framed = True
            _refuse_if(not value.isdigit() or int(value) > BODY_MAX)
        elif name == b"transfer-encoding":
            self._is_framed = self._is_framed or b"chunked" in value.lower()
        elif name == b"content-encoding":
            self._encoding = value.strip().lower()

    def on_headers_complete(self) -> None:
        """Note the status."""
        self._status = self._parser.get_status_code()
        _refuse_if(self._status == _SWITCHING)
        self._has_head = True

    def on_body(self, part: bytes) -> None:
        """Keep a part of the body."""
        self._size += len(part)
        _refuse_if(self._size > BODY_MAX)
        self._parts.append(part)

    def on_message_complete(self) -> None:
        """Note the end; an interim answer (1xx) is none."""
        if self._status < _FINAL:
            self._begin_head()
        else:
            self._is_whole = True
            self._is_kept = self._is_kept and self._parser.should_keep_alive()

    def _begin_head(self) -> None:
        self._date = self._encoding = b""
        self._status = 0
        self._is_framed = self._has_head = False

    def _finish(self) -> None:
        body = b"".join(self._parts)
        try:
            plain = _plain(body, self._encoding)
        except (ValueError, zlib.error):
            self._fail("the answer cannot be unpacked")
            return
        self._settle(Received(self._status, plain, self._date))

    def _fail(self, what: str) -> None:
        error = NoAnswerError(what)
        error.is_silent = self._raw == 0
        self._settle(error)

    def _settle(self, found: Received | NoAnswerError) -> None:
        """Hand over what became of the request; after a failure nothing more goes over this connection."""
        waiting, self._waiting = self._waiting, None
        if isinstance(found, NoAnswerError):
            self._is_kept = False
            if not self._is_lost:
                self._transport.abort()
        if waiting is not None and not waiting.done():
            if isinstance(found, NoAnswerError):
                waiting.set_exception(found)
            else:
                waiting.set_result(found)


def _refuse_if(trouble: bool) -> None:  # noqa: FBT001 - the one value it is about
    """Make the parser stop and say so."""
    if trouble:
        raise ValueError("not read")


def _plain(body: bytes, encoding: bytes) -> bytes:
    """Return a body unpacked, within its bound; raises `ValueError` or `zlib.error`."""
    if encoding in (b"", b"identity"):
        return body
    if encoding not in (b"gzip", b"x-gzip"):
        raise ValueError("an encoding that was not asked for")
    unpacked = b""
    while body:
        unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
        unpacked += unpacker.decompress(body, BODY_MAX + 1 - len(unpacked))
        if len(unpacked) > BODY_MAX or not unpacker.eof:
            raise ValueError("larger than is read, or cut off")
        body = unpacker.unused_data
    return unpacked
