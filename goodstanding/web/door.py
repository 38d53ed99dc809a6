"""The door: signed webhooks in, kept before they are answered. Bodies that arrive together share one commit."""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import parse_qs

import msgspec
from litestar.types import HTTPScope, Message, Receive, Send
from prometheus_client import Counter

from goodstanding.usecases import intake
from goodstanding.usecases.context import Context
from goodstanding.usecases.intake import Arrived

BODY_BYTES_MAX = 1 << 20
WAITING_MAX = 10_000
"""Deliveries held for a commit; more are told to come again."""
_challenge = re.compile(r"[\w.~-]{1,256}")
_TEXT = (b"content-type", b"text/plain; charset=utf-8")


class _Arrival(msgspec.Struct, gc=False):
    arrived: Arrived
    kept: "asyncio.Future[bool]"


def _answer(status: int, body: bytes, *headers: tuple[bytes, bytes]) -> tuple[Message, Message]:
    """Return a ready answer; it is sent many times and never changed."""
    length = (b"content-length", str(len(body)).encode())
    return (
        {"type": "http.response.start", "status": status, "headers": [_TEXT, length, *headers]},
        {"type": "http.response.body", "body": body, "more_body": False},
    )


_OK = _answer(200, b"ok")
_REFUSED = _answer(401, b"signature")
_TOO_LARGE = _answer(413, b"too large", (b"connection", b"close"))
_LATER = _answer(503, b"store unavailable", (b"retry-after", b"30"))
_WRONG_METHOD = _answer(405, b"POST only", (b"allow", b"POST, GET"))


class Door:
    """`POST /hook/CONNECTOR` as an ASGI application. 200 means: durable."""

    def __init__(self, ctx: Context, connector: str, *, wake: Callable[[], None], refused: Counter) -> None:
        self._ctx, self._connector, self._wake = ctx, connector, wake
        self._refused = {word: refused.labels(reason=word) for word in ("bad", "stale")}
        self._verify = ctx.platforms[connector].verify
        self._header = f"{connector}-signature".encode()
        self._waiting: list[_Arrival] = []
        self._flush: asyncio.Task[None] | None = None

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        if scope["method"] != "POST":
            start, body = _greeting(scope)
        else:
            start, body = await self._take(scope, receive)
        with suppress(OSError, RuntimeError):  # the sender went away before the answer, which is its right
            await send(start)
            await send(body)

    async def _take(self, scope: HTTPScope, receive: Receive) -> tuple[Message, Message]:
        signature = b""
        for name, value in scope["headers"]:
            if name == self._header:
                signature = value
            elif name == b"content-length" and not (value.isdigit() and int(value) <= BODY_BYTES_MAX):
                return _TOO_LARGE
        body = await _body(receive)
        if body is None:
            return _TOO_LARGE
        now = self._ctx.clock.now()
        verdict = self._verify(body, signature.decode("latin-1"), now)
        if verdict != "ok":
            self._refused[verdict].inc()
            return _REFUSED
        return _OK if await self._keep(Arrived(body, now)) else _LATER

    def _keep(self, arrived: Arrived) -> "asyncio.Future[bool]":
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if len(self._waiting) >= WAITING_MAX:
            kept.set_result(False)
            return kept
        self._waiting.append(_Arrival(arrived, kept))
        if self._flush is None or self._flush.done():
            self._flush = asyncio.create_task(self._flush_all())
        return kept

    async def _flush_all(self) -> None:
        """Commit what waits; what arrives meanwhile waits for the next commit."""
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await asyncio.wrap_future(
                    intake.accept(self._ctx, self._connector, [one.arrived for one in batch])
                )
                kept = True
            except Exception:  # noqa: BLE001 - whatever failed, nothing was kept: the sender must come again
                kept = False
            for one in batch:
                if not one.kept.done():
                    one.kept.set_result(kept)
            if kept:
                self._wake()


async def _body(receive: Receive) -> bytes | None:
    """Return the whole body, or None as soon as it is too large or its sender has gone."""
    parts: list[bytes] = []
    size = 0
    while size <= BODY_BYTES_MAX:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        size += len(part)
        if not message.get("more_body", False):
            return (part if not parts else b"".join([*parts, part])) if size <= BODY_BYTES_MAX else None
        parts.append(part)
    return None


def _greeting(scope: HTTPScope) -> tuple[Message, Message]:
    """Answer the check that some portals make before they send: repeat the challenge."""
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("challenge", [""])[0]
    if scope["method"] != "GET" or not _challenge.fullmatch(asked):
        return _WRONG_METHOD
    return _answer(200, asked.encode())
