"""The product against the real sandbox when the platform misbehaves: silence after the act, throttling, lost tokens.

    python -m tests.faults.platform [--faults N] [--seed N]

What really happened is read from the sandbox's own journal, never from what the product wrote. Prints counts; exit
code 1 when an act happened twice, or when the product says something else than what happened.
"""

import argparse
import asyncio
import dataclasses
import shutil
import socket
import sys
import tempfile
from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn

from goodstanding.bootstrap import open_app, web_parts
from goodstanding.cli import cast, filling
from goodstanding.kernel.timing import DAY, HOUR, MINUTE, iso
from goodstanding.sandbox.server import serving
from goodstanding.sandbox.world import Settings as SandboxSettings
from goodstanding.settings import PlatformSettings, Settings
from goodstanding.usecases import intake, policies
from goodstanding.usecases.context import SYSTEM
from goodstanding.usecases.outbox import Dispatcher
from goodstanding.web.app import create_app
from tests.faults.world import Reader, Violation, policy_text
from tests.support import NOW

SECRET = "faults-app-secret"
KINDS = (
    {"kind": "timeout_after_commit", "seconds": 0.01},
    {"kind": "drop_after_commit"},
    {"kind": "drop_before_commit"},
    {"kind": "server_error", "code": 50002, "after_commit": True},
    {"kind": "server_error", "code": 51065},
    {"kind": "server_error", "code": 40050, "after_commit": True},
    {"kind": "server_error", "code": 60001},
    {"kind": "gateway_page", "after_commit": True},
    {"kind": "gateway_page"},
    {"kind": "throttle"},
)
ACTS = ("comment/reply/create/", "comment/hide/")
SHARE = 0.06
"""Of each kind, at each call: about every second call meets one."""
ROUND = 120
"""Comments a round: what one hour's bucket lets through."""


class Rig:
    """One installation, one sandbox, one time for both."""

    def __init__(self, app, box, world):
        self.app, self.box = app, box
        self.ctx = app.ctx
        self.dispatcher = Dispatcher(ctx=self.ctx, owner="faults", concurrency=8, batch=100)
        self.videos = [v["item_id"] for v in world["videos"] if v.get("open_id") == cast.PERSONAL.open_id]
        self.asked = 0

    async def comment(self, count, text):
        """Let `count` different viewers comment, and read what came in."""
        for _ in range(count):
            self.asked += 1
            await self.box.control(
                "comment",
                {
                    "text": text,
                    "video_id": self.videos[self.asked % len(self.videos)],
                    "viewer": f"viewer{self.asked:05d}",
                },
            )
        await self.read()

    async def read(self):
        """Wait until the door has answered what was sent, and read it."""
        await self.box.control("settle", {"timeout_seconds": 60})
        while await asyncio.to_thread(intake.read_new, self.ctx):
            pass

    async def step(self, span):
        """Let time pass for both, do what is due, look for what is unknown."""
        filling.advance(self.app, span)
        await self.box.control("clock", {"set": iso(self.app.clock.now())})
        await filling.send_due(self.dispatcher)
        await self.dispatcher.recover()
        await self.dispatcher.look_for_unknown()
        await self.read()

    async def until_settled(self, *, steps=200):
        """Go on until nothing is on its way; raises when that never comes."""
        for _ in range(steps):
            if not any(self.open_acts().values()):
                return
            await self.step(3 * MINUTE)
        raise Violation(f"never settled: {self.open_acts()}")

    def rows(self):
        states = ("held", "planned", "sending", "sent", "failed", "unknown", "cancelled")
        return self.ctx.store.read(
            lambda q: [o for s in states for o in q.outgoing_in_state(s, limit=100_000)]
        )

    def open_acts(self):
        return Counter(o.state for o in self.rows() if o.state in ("planned", "sending", "unknown"))

    async def calls(self, act):
        """Return how often each comment was really acted upon."""
        found = (await self.box.control(f"calls?act={act}&accepted=true&limit=100000"))["calls"]
        return Counter(call["cause"] or call["comment_id"] for call in found if call["changed"])

    async def faults(self):
        return sum(bool(c["fault"]) for c in (await self.box.control("calls?limit=100000"))["calls"])


@asynccontextmanager
async def door(app):
    """Serve the product's own pages and door."""
    config = uvicorn.Config(
        create_app(web_parts(app), wake=lambda: None), port=app.settings.port, log_level="warning"
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    for _ in range(1_000):
        if server.started:
            break
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await running


@asynccontextmanager
async def rig(**sandbox):
    """Start one of each; both end with the block."""
    folder = Path(tempfile.mkdtemp(prefix="goodstanding-platform-"))
    port = _free_port()
    options = {
        "limits": False,
        "local_redirects": True,
        "app_secret": SECRET,
        "app_id": filling.APP_ID,
        "start_ms": NOW,
        "webhook": f"http://127.0.0.1:{port}/hook/tiktok",
    }
    try:
        with serving(SandboxSettings(**(options | sandbox))) as running:
            box = filling.Sandbox(url=running.url, process=None)
            platform = PlatformSettings(
                base=f"{running.url}/open_api/v1.3", client_id=filling.APP_ID, secret=SECRET, paced=False
            )
            app = open_app(
                Settings(data=folder, port=port, platform=platform, demo_speed=1.0, demo_start=NOW)
            )
            app = dataclasses.replace(app, ctx=dataclasses.replace(app.ctx, classifier=Reader(), homes={}))
            try:
                await box.control("clock", {"freeze": True})
                state = await box.control("state")
                account = cast.open_demo_account(app, state, "careful")
                await cast.grant(app, box, account)
                found = app.ctx.store.write(lambda tx: policies.keep(app.ctx, tx, policy_text("open")))
                policies.activate(app.ctx, account.id, found, SYSTEM)
                async with door(app):
                    yield Rig(app, box, state)
            finally:
                await asyncio.gather(*(p.close() for p in app.ctx.platforms.values()))
                app.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def storm(faults, seed=1):
    """Meet at least so many random faults on replies and hides; returns how many there were, and of which acts."""
    async with rig(seed=seed) as one:
        await one.box.control(
            "inject",
            {"faults": [{"endpoint": act, "probability": SHARE, **kind} for act in ACTS for kind in KINDS]},
        )
        while await one.faults() < faults:
            await one.comment(ROUND, "price")
            await one.comment(ROUND // 3, "insult")
            await one.until_settled()
            await one.step(DAY)
        counts = await told_is_true(one)
        return await one.faults(), counts


async def told_is_true(one):
    """Compare every act's state with what the sandbox saw; raises `Violation`."""
    counts = Counter()
    for act in ("reply", "hide"):
        really = await one.calls(act)
        mine = {o.target_id: o for o in one.rows() if o.act == act}
        for target, times in really.items():
            if times > 1:
                raise Violation(f"{act} of {target} happened {times} times")
            if target not in mine:
                raise Violation(f"{act} of {target} was never asked for")
        for target, row in mine.items():
            if (row.state == "sent") != (really[target] == 1):
                raise Violation(
                    f"{act} of {target} is said to be {row.state}, and happened {really[target]} times"
                )
            counts[f"{act} {row.state}"] += 1
    return dict(counts)


async def throttled():
    """After 40100 nothing more is asked for five minutes, and then everything goes out once."""
    async with rig() as one:
        await one.comment(20, "price")
        await one.box.control("inject", {"fault": {"kind": "throttle", "endpoint": ACTS[0], "times": 1}})
        await one.until_settled()
        calls = (await one.box.control("calls?act=reply&limit=100000"))["calls"]
        refused = next(c["at_ms"] for c in calls if c["code"] == 40100)
        later = [c["at_ms"] - refused for c in calls if c["at_ms"] > refused]
        if min(later) < 5 * MINUTE:
            raise Violation(f"a call {min(later)} ms after the platform said to wait")
        return await told_is_true(one)


async def token_expires():
    """A token that runs out while acts wait is renewed once, and nothing is lost."""
    async with rig() as one:
        await one.comment(30, "price")
        await one.step(DAY + HOUR)
        await one.until_settled()
        calls = (await one.box.control("calls?limit=100000"))["calls"]
        renewals = [c for c in calls if c["endpoint"].endswith("oauth2/refresh_token/")]
        if len(renewals) != 1:
            raise Violation(f"{len(renewals)} renewals instead of one")
        return await told_is_true(one)


STORIES = (throttled, token_expires)


def main(given=None):
    parser = argparse.ArgumentParser(prog="python -m tests.faults.platform", description=__doc__)
    parser.add_argument("--faults", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(given)
    try:
        met, counts = asyncio.run(storm(asked.faults, asked.seed))
        print(f"platform: {met} random faults on replies and hides, 0 doubled, 0 told wrong: {counts}")
        for story in STORIES:
            print(f"platform: {story.__name__}: {asyncio.run(story())}")
    except Violation as broken:
        print(f"platform: {broken}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
