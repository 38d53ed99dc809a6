"""The sandbox as a server: platform calls, consent page and control calls in one ASGI application."""

import asyncio
import contextlib
import socket
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import click
import uvicorn
from litestar import Litestar, Request, Response, asgi, get
from litestar.datastructures import State
from litestar.response import Redirect
from litestar.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from goodstanding.sandbox.api import respond
from goodstanding.sandbox.call import Answer, Received
from goodstanding.sandbox.consent import answer, ask
from goodstanding.sandbox.control import control_routes
from goodstanding.sandbox.media import show_media
from goodstanding.sandbox.openapi import document
from goodstanding.sandbox.world import Settings, World

_BODY_MAX = 1 << 20
_UPLOAD_MAX = 6 << 20
_GLANCE = 0.05
_START_SECONDS = 20.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LOCAL_HOSTS = (b"127.0.0.1", b"localhost", b"[::1]")


class _Protocol(HttpToolsProtocol):
    """HTTP as uvicorn speaks it, with the power to cut the line."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"sandbox.cut": {"abort": self.transport.abort}}


def build(world: World) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """Return the ASGI application for `world`."""

    @asgi("/open_api", is_mount=True, copy_scope=False)
    async def platform(scope: Scope, receive: Receive, send: Send) -> None:
        await _platform(world, scope, receive, send)

    @contextlib.asynccontextmanager
    async def sending(_: Litestar) -> AsyncIterator[None]:
        own = [asyncio.create_task(world.deliveries.run()), asyncio.create_task(_keep_agenda(world))]
        try:
            yield
        finally:
            tasks = [*own, *world.background]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def dated(response: Response[Any]) -> Response[Any]:
        response.headers["Date"] = world.clock.http_date()
        return response

    def only_this_machine(request: Request[Any, Any, Any]) -> Response[Any] | None:
        host = request.headers.get("host", "").encode("latin-1")
        return None if _is_local(world, host) else Response("Unknown host.", status_code=421)

    @get("/openapi.json")
    async def openapi() -> Response[bytes]:
        return Response(document(), media_type="application/json")

    @get("/")
    async def entrance() -> Redirect:
        return Redirect("/_sandbox/", status_code=302)

    return Litestar(
        route_handlers=[platform, entrance, control_routes(openapi), ask, answer, show_media],
        lifespan=[sending],
        after_request=dated,
        before_request=only_this_machine,
        openapi_config=None,
        state=State({"world": world}),
    )


async def _keep_agenda(world: World) -> None:
    while True:  # the virtual clock can be changed at any moment, so this looks instead of waiting for a time
        world.agenda.run_due()
        await asyncio.sleep(_GLANCE)


def _is_local(world: World, host: bytes) -> bool:
    """Whether a request names this machine; no question when the sandbox listens to others on purpose."""
    return world.settings.host not in _LOOPBACK or host.rsplit(b":", 1)[0] in _LOCAL_HOSTS


async def _platform(world: World, scope: Scope, receive: Receive, send: Send) -> None:
    headers = dict(scope["headers"])
    uploads = scope["raw_path"].endswith(b"/upload/")
    body = await _body(receive, most=_UPLOAD_MAX if uploads else _BODY_MAX)
    if body is None or not _is_local(world, headers.get(b"host", b"")):
        status = 413 if body is None else 421
        await _send(world, send, Answer(status, b"text/plain", b"refused", ""))
        return
    world.agenda.run_due()
    host = headers.get(b"host", b"").decode("latin-1")
    received = Received(
        method=str(scope.get("method")),
        path=scope["raw_path"].decode("latin-1"),
        query=scope["query_string"],
        access_token=headers.get(b"access-token", b"").decode("latin-1"),
        body=body,
        content_type=headers.get(b"content-type", b"").decode("latin-1"),
        base_url=world.settings.public_url or f"http://{host}",
    )
    reply = respond(world, received)
    if reply.manner == "late":
        await asyncio.sleep(reply.seconds)
    elif reply.manner != "now":
        await _break_off(reply, scope, receive)
        return
    await _send(world, send, reply)


async def _body(receive: Receive, *, most: int) -> bytes | None:
    """Return the whole body, or `None` when it is too large."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return body


async def _break_off(answer: Answer, scope: Scope, receive: Receive) -> None:
    """Say nothing: until the caller hangs up or time is over (never), or not even that long (cut)."""
    if answer.manner == "never":
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_hung_up(receive), answer.seconds)
    extensions: dict[str, Any] = scope.get("extensions") or {}
    extensions["sandbox.cut"]["abort"]()
    await _hung_up(receive)


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(world: World, send: Send, answer: Answer) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                (b"content-type", answer.content_type),
                (b"content-length", str(len(answer.body)).encode()),
                (b"date", world.clock.http_date().encode()),
                (b"x-tt-logid", answer.request_id.encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


# --- starting ---


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that accepts connections. `world` lives in its thread: look, but change it over HTTP."""

    url: str
    world: World


def _listen(settings: Settings) -> tuple[socket.socket, str]:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError:
        listener.close()
        raise
    host = f"[{settings.host}]" if family == socket.AF_INET6 else settings.host
    return listener, f"http://{host}:{listener.getsockname()[1]}"


class _Server(uvicorn.Server):
    """Tells when it accepts connections."""

    def __init__(self, world: World, ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                build(world),
                http=_Protocol,
                ws="none",
                lifespan="on",
                log_level="warning",
                access_log=False,
                date_header=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._ready()


def run(settings: Settings) -> None:
    """Serve until interrupted; prints the address on its own line once connections are accepted, and beside it where to go.

    Raises `OSError` when the address cannot be taken.
    """
    listener, url = _listen(settings)

    def ready() -> None:
        click.echo(f"{url}/")
        if sys.stderr.isatty():
            click.echo(f"Steer it at {url}/_sandbox/, call it at {url}/open_api/v1.3/", err=True)

    with listener:
        _Server(World(settings), ready).run(sockets=[listener])


@contextlib.contextmanager
def serving(settings: Settings | None = None) -> Iterator[Running]:
    """Serve in a thread while the block runs; raises `RuntimeError` when the server does not come up."""
    chosen = settings or Settings()
    listener, url = _listen(chosen)
    up = threading.Event()
    world = World(chosen)
    server = _Server(world, up.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    with listener:
        thread.start()
        if not up.wait(_START_SECONDS):
            raise RuntimeError("the sandbox did not start")
        try:
            yield Running(url, world)
        finally:
            server.should_exit = True
            thread.join(_START_SECONDS)
