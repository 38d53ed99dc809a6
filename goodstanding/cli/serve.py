"""`goodstanding serve`, `web` and `worker`."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goodstanding.cli.opening import (
    fail,
    place,
    place_options,
    platform_settings,
    private_hosts,
    say,
    semantic_settings,
    told,
)
from goodstanding.cli.words import CANNOT_REACH, WRONG_USE

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    import uvicorn

    from goodstanding.bootstrap import App
    from goodstanding.web.parts import DemoControls

METRICS_TOKEN_MIN = 16
LOOPBACK = "127.0.0.1"
_HOST = click.option("--host", default=LOOPBACK, show_default=True, help="Address to listen on.")
_PORT = click.option(
    "--port", type=click.IntRange(0, 65535), default=8420, show_default=True, help="Port; 0 takes a free one."
)
_PUBLIC = click.option(
    "--public-url",
    default="",
    envvar="GOODSTANDING_PUBLIC_URL",
    help="https://… under which the world reaches this server; remembered, `off` forgets it.",
)
_LAN = click.option(
    "--lan", is_flag=True, help="Let phones on the same network in, by a QR code under Pair a phone."
)
_BASE = click.option(
    "--platform-url",
    default="",
    envvar="GOODSTANDING_PLATFORM_URL",
    help="Another address of the platform's API, such as a sandbox.",
)


def metrics_token() -> str:
    """Return what opens `/metrics` from elsewhere; exit 2 when it is too short to keep anybody out."""
    token = os.environ.get("GOODSTANDING_METRICS_TOKEN", "").strip()
    if token and (len(token) < METRICS_TOKEN_MIN or not token.isascii()):
        fail(say("metrics_token_short", least=METRICS_TOKEN_MIN), WRONG_USE)
    return token


def _open(
    data: Path, database: str, *, host: str, port: int, public_url: str, platform_url: str, lan: bool = False
) -> "App":
    """Open (or make) the installation for serving."""
    from goodstanding.bootstrap import FORGET, open_app
    from goodstanding.core.reach import trouble_with
    from goodstanding.settings import Settings

    if public_url and public_url != FORGET and (trouble := trouble_with(public_url)):
        fail(say(f"public_url_{trouble}", url=public_url), WRONG_USE)
    settings = Settings(
        data=data,
        database=database,
        master_key=os.environ.get("GOODSTANDING_MASTER_KEY", ""),
        host="0.0.0.0" if lan and host == LOOPBACK else host,  # noqa: S104 - asked for, with its owner made first
        port=port,
        public_url=public_url,
        lan=lan,
        metrics_token=metrics_token(),
        platform=platform_settings(platform_url),
        private_hosts=private_hosts(),
        semantic=semantic_settings(),
    )
    with told(place(data, database)):
        app = open_app(settings)
    lost = app.ctx.serving.look() if app.ctx.serving else ""
    if lost:
        click.echo(say(f"model_lost_{lost}"), err=True)
    if app.backup is not None:
        click.echo(say("backup", path=str(app.backup)))
    return app


@click.command()
@place_options
@_HOST
@_PORT
@_PUBLIC
@_LAN
@_BASE
def serve(
    data: Path, database: str, host: str, port: int, public_url: str, lan: bool, platform_url: str
) -> None:
    """Run web, worker and writer in one process.

    The first start prints a link that makes the owner. Until then only this machine is served.
    For example: `goodstanding serve --public-url https://gs.example.org`, or at home `goodstanding serve --lan`.
    """
    app = _open(
        data, database, host=host, port=port, public_url=public_url, platform_url=platform_url, lan=lan
    )
    run_loop(run(app, web=True, work=True, announce=_announcer(app)))


@click.command()
@place_options
@_HOST
@_PORT
@_PUBLIC
@_BASE
def web(data: Path, database: str, host: str, port: int, public_url: str, platform_url: str) -> None:
    """Run one web process on Postgres; start as many as you like.

    For example: `goodstanding web --database postgresql://localhost/goodstanding --port 8421`.
    """
    _needs_postgres(database)
    app = _open(data, database, host=host, port=port, public_url=public_url, platform_url=platform_url)
    run_loop(run(app, web=True, work=False, announce=_announcer(app)))


@click.command()
@place_options
@_BASE
def worker(data: Path, database: str, platform_url: str) -> None:
    """Run one worker process on Postgres; start as many as you like.

    For example: `goodstanding worker --database postgresql://localhost/goodstanding`.
    """
    _needs_postgres(database)
    app = _open(data, database, host="127.0.0.1", port=0, public_url="", platform_url=platform_url)
    run_loop(run(app, web=False, work=True))


def _needs_postgres(database: str) -> None:
    if not database:
        fail(say("needs_postgres"), 2)


def run_loop(main: "Coroutine[Any, Any, None]") -> None:
    """Run `main` on uvloop where it is there: it takes a third off the cost of a call."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)


async def run(
    app: "App",
    *,
    web: bool,
    work: bool,
    demo: "DemoControls | None" = None,
    announce: "Callable[[str], None] | None" = None,
) -> None:
    """Serve until told to stop by a signal; closes the installation."""
    import structlog
    import uvicorn

    from goodstanding.bootstrap import web_parts
    from goodstanding.web.app import create_app
    from goodstanding.worker.loop import Worker

    structlog.configure(processors=_log_steps())
    app.understanding.tell()
    loop_worker = Worker(
        app.ctx, owner=f"{os.uname().nodename}:{os.getpid()}", concurrency=app.settings.send_concurrency
    )
    stop = asyncio.Event()
    _on_signals(stop)
    tasks: list[asyncio.Task[None]] = []
    server: uvicorn.Server | None = None
    try:
        if work:
            tasks.append(asyncio.create_task(loop_worker.run()))
        if web:
            asgi = create_app(web_parts(app), wake=loop_worker.wake, demo=demo)
            config = uvicorn.Config(
                asgi, host=app.settings.host, port=app.settings.port, log_level="warning", access_log=False, server_header=False
            )  # fmt: skip
            server = uvicorn.Server(config)
            tasks.append(asyncio.create_task(_serve(server)))
            if not await _has_started(server, tasks[-1]):
                fail(say("port_taken", port=app.settings.port), CANNOT_REACH)
            if announce is not None:
                port = server.servers[0].sockets[0].getsockname()[1]
                host = LOOPBACK if app.settings.lan else app.settings.host
                announce(f"http://{host}:{port}/")
        await stop.wait()
    finally:
        loop_worker.stop()
        if server is not None:
            server.should_exit = True
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(platform.close() for platform in app.ctx.platforms.values()))
        app.close()


def _announcer(app: "App") -> "Callable[[str], None]":
    """Return what prints the address, and the set-up link as long as there is no owner."""

    def announce(address: str) -> None:
        from goodstanding.usecases import people

        click.echo(say("serving"))
        click.echo(address)
        if not people.has_owner(app.ctx):
            click.echo(say("setup"))
            click.echo(f"{address}setup/{people.setup_token(app.ctx)}")
        elif app.settings.lan:
            click.echo(say("lan", address=f"{address}phone"))

    return announce


def _on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stop.set)


async def _serve(server: "uvicorn.Server") -> None:
    """Run uvicorn inside our loop, without its own signal handling; a taken port ends it instead of the process."""
    with suppress(SystemExit):
        await server._serve()  # noqa: SLF001 - `serve` would take the signals that `run` owns


async def _has_started(server: "uvicorn.Server", task: "asyncio.Task[None]") -> bool:
    while not server.started:
        if task.done():
            return False
        await asyncio.sleep(0.01)
    return True


def _log_steps() -> list[Any]:
    """Log lines are JSON with a time and a level; nothing personal is ever handed to the log."""
    import structlog

    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
