"""`goodstanding demo`: the running product, filled, with nobody real in it."""

import asyncio
import os
import secrets
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from goodstanding.cli.opening import fail, say, told
from goodstanding.cli.words import CANNOT_REACH

if TYPE_CHECKING:
    from goodstanding.bootstrap import App
    from goodstanding.cli.filling import Sandbox
    from goodstanding.web.parts import DemoControls

LIVE_COMMENTS = 600
LIVE_SHOP_COMMENTS = 60
LIVE_LETTERS = 12
LIVE_SECONDS = 2 * 3600
SPIKE_COMMENTS = 1_500
AFTERNOON = 14 * 60 + 5
"""The demo's present: today at five past two, local, when things are open."""


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8420,
    show_default=True,
    help="Port of the pages; 0 takes a free one.",
)
@click.option(
    "--no-browser", is_flag=True, envvar="GOODSTANDING_NO_BROWSER", help="Print the address, open nothing."
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Keep the demo in this folder; otherwise nothing is kept.",
)
@click.option(
    "--comments",
    type=click.IntRange(0, 5_000_000),
    default=10_000,
    show_default=True,
    help="How many comments come in first under the personal account; the shop gets 1 for every 25.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the invented crowd.")
@click.option("--one-account", is_flag=True, help="Only the personal account, for exact figures.")
@click.option(
    "--seed-only",
    is_flag=True,
    help="Fill the folder, carry out everything due on a virtual clock, and stop.",
)
def demo(
    *,
    port: int,
    no_browser: bool,
    data: Path | None,
    comments: int,
    seed: int,
    one_account: bool,
    seed_only: bool,
) -> None:
    """Fill and open a running example: product and TikTok sandbox, all of it invented.

    Comments come in live, replies wait out their delay (the clock on Today can run faster), harmful comments are
    hidden, doubtful ones wait for you. Nothing leaves this computer.

    There are three accounts: @lottekookt, personal in the Netherlands, whose private messages are closed;
    @dapurrasa.sbx, a business in Indonesia, where they are open; and @zolderatelier.sbx, served by hand without any
    TikTok app. For example: `goodstanding demo --comments 1000 --port 0`.
    """
    click.echo(f"  {say('demo_head')}")
    folder = data or Path(tempfile.mkdtemp(prefix="goodstanding-demo-"))
    try:
        asyncio.run(
            _demo(
                folder,
                port=port,
                browser=not no_browser,
                seed_only=seed_only,
                story=Story(comments=comments, seed=seed, alone=one_account),
            )
        )
    finally:
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What is to be told."""

    comments: int
    seed: int
    alone: bool
    """The personal account only."""


async def _demo(folder: Path, *, port: int, browser: bool, seed_only: bool, story: Story) -> None:
    from goodstanding.cli import filling

    started = time.monotonic()
    secret = secrets.token_hex(16)
    port = port or _free_port()
    present = _present()
    past = present - filling.HISTORY
    keep = max(200_000, 2 * story.comments)
    webhook = f"http://127.0.0.1:{port}/hook/tiktok"
    try:
        with filling.sandbox(
            port=_free_port(), start_at=past, secret=secret, seed=story.seed, webhook=webhook, keep=keep
        ) as box:
            app = _open(folder, box, port=port, secret=secret, start=past)
            try:
                await _fill(app, box, story, started=started)
                if seed_only:
                    await filling.carry_out_all(app, box)
                    click.echo(f"  ✓ {say('demo_seeded', folder=str(folder))}")
                    return
                await _run(app, box, story, browser=browser)
            finally:
                if seed_only:
                    await asyncio.gather(*(p.close() for p in app.ctx.platforms.values()))
                    app.close()
    except filling.SandboxError as error:
        fail(f"{say('demo_sandbox')} {error}", CANNOT_REACH)


def _open(folder: Path, box: "Sandbox", *, port: int, secret: str, start: int) -> "App":
    from goodstanding.bootstrap import open_app
    from goodstanding.cli.filling import APP_ID, PERMISSIONS
    from goodstanding.settings import PlatformSettings, Settings

    platform = PlatformSettings(
        base=f"{box.url}/open_api/v1.3", client_id=APP_ID, secret=secret, paced=False, permissions=PERMISSIONS
    )
    settings = Settings(
        data=folder, port=port, platform=platform, demo_speed=1.0, demo_start=start, send_concurrency=4
    )
    with told(str(folder)):
        return open_app(settings)


async def _fill(app: "App", box: "Sandbox", story: Story, *, started: float) -> None:
    from goodstanding.cli import cast, filling

    await box.ready()
    await box.control("clock", {"freeze": True})
    account = cast.open_demo_account(app, await box.control("state"), "normal")
    await cast.grant(app, box, account)
    if not story.alone:
        await cast.open_shop(app, box)
        cast.open_bio_page(app)
    await filling.live_through(
        app,
        box,
        comments=story.comments,
        seed=story.seed,
        alone=story.alone,
        progress=_progress(story.comments),
    )
    found = filling.counts(app)
    click.echo(f"  ✓ {say('demo_filled', **found, seconds=f'{time.monotonic() - started:.1f}')}")


async def _run(app: "App", box: "Sandbox", story: Story, *, browser: bool) -> None:
    from goodstanding.cli import filling, serve

    live: dict[str, object] = {"seed": story.seed + 7_001, "spread_seconds": LIVE_SECONDS}

    def announce(address: str) -> None:
        click.echo(f"  ✓ {say('demo_started')}")
        click.echo(address)
        click.echo(f"    {say('demo_stop')}")
        if browser and _has_screen():
            click.launch(f"{address}demo-enter")

    await box.control("clock", {"freeze": False})
    await box.control("crowd", {**live, "count": LIVE_COMMENTS})
    if not story.alone:
        await box.control("crowd", {**live, **filling.SHOP_CROWD, "count": LIVE_SHOP_COMMENTS})
        await box.control("crowd/messages", {**live, **filling.SHOP_LETTERS, "count": LIVE_LETTERS})
    await serve.run(app, web=True, work=True, demo=controls(app, box, story.seed), announce=announce)


def controls(app: "App", box: "Sandbox", seed: int) -> "DemoControls":
    """Return what the pages of a demo may do with time and the crowd; both clocks move together."""
    from goodstanding.adapters.clock.clocks import DemoClock
    from goodstanding.web.parts import DemoControls

    clock = app.clock
    assert isinstance(clock, DemoClock)
    spikes = iter(range(1_000_000))

    def set_speed(speed: float) -> None:
        clock.set_speed(speed)
        _wait(box.control("clock", {"speed": speed}))

    def advance(span: int) -> None:
        clock.advance(span)
        _wait(box.control("clock", {"advance_seconds": span / 1000}))

    def spike() -> None:
        order = {
            "count": SPIKE_COMMENTS,
            "seed": seed + 900_001 + next(spikes),
            "spread_seconds": 600,
            "spike": True,
        }
        _wait(box.control("crowd", order))

    return DemoControls(
        enter=lambda: next(iter(app.ctx.store.read(lambda q: q.persons())), None),
        speed=lambda: clock.speed,
        set_speed=set_speed,
        advance=advance,
        spike=spike,
    )


def _wait(call: Coroutine[Any, Any, Any]) -> None:
    """Run a control call to its end from a page's thread."""
    asyncio.run(call)


def _progress(total: int) -> Any:
    if not sys.stderr.isatty() or not total:
        return lambda _: None

    def show(done: int) -> None:
        end = "\r" if done < total else "\r\033[K"
        click.echo(f"  {done:,} / {total:,}{end}", nl=False, err=True)

    return show


def _present() -> int:
    """Return today at five past two in Amsterdam, UTC milliseconds."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Europe/Amsterdam")
    today = datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME), zone)
    return int(
        today.replace(hour=AFTERNOON // 60, minute=AFTERNOON % 60, second=0, microsecond=0).timestamp() * 1000
    )


def _has_screen() -> bool:
    """Tell whether a browser could show itself here; a server without a screen is spared the attempt."""
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
