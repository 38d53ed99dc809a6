"""One installation and one sandbox under one virtual time; what really happened is read from the sandbox's journal."""

import asyncio
import dataclasses
import re
import shutil
import socket
import tempfile
from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn

from goodstanding.adapters.nlp.classifier import Classifier
from goodstanding.bootstrap import open_app, web_parts
from goodstanding.cli import cast, filling
from goodstanding.kernel.timing import MINUTE, SECOND, iso
from goodstanding.sandbox.server import serving
from goodstanding.sandbox.world import Settings as SandboxSettings
from goodstanding.settings import PlatformSettings, Settings
from goodstanding.usecases import (
    accounts,
    audit,
    connecting,
    connections,
    intake,
    policies,
    reading,
    reconcile,
    replay,
)
from goodstanding.usecases.context import SYSTEM
from goodstanding.usecases.outbox import Dispatcher
from goodstanding.usecases.ports.connections import Profile, Tokens
from goodstanding.web.app import create_app
from tests import support
from tests.faults import talk
from tests.faults.world import Reader, Violation, policy_text
from tests.support import NOW

SECRET = "faults-app-secret"
STATES = ("held", "planned", "task", "sending", "sent", "failed", "unknown", "cancelled")
MOST = 100_000
BUSINESS = 2
"""The account in Indonesia, where messages are open."""
_WIDE = {
    "bucket_capacity": 500, "refill_per_hour": 500, "spike_per_hour": 1_000_000, "threshold_milli": 1000,
    "recent": 20, "recent_max": 25, "video_day_max": 50,
}  # fmt: skip
"""So that what holds messages back is the platform, not the policy."""


def message_policy():
    """The shipped policy for messages with short delays, and room for a storm."""
    text = talk.policy_text()
    for name, value in _WIDE.items():
        text = re.sub(rf"^{name} = \d+$", f"{name} = {value}", text, flags=re.MULTILINE)
    return text


class Rig:
    """The product and the platform, and people who comment and write."""

    def __init__(self, app, box, world, *, reads):
        self.app, self.box = app, box
        self.ctx = app.ctx
        self.dispatcher = Dispatcher(ctx=self.ctx, owner="faults", concurrency=8, batch=100)
        self.reader = reading.Reader(ctx=self.ctx, owner="faults") if reads else None
        """Reading alone: our replies are alike here, and watching them would freeze the account, as it should."""
        self.videos = [v["item_id"] for v in world["videos"] if v.get("open_id") == cast.PERSONAL.open_id]
        self.open_id = cast.PERSONAL.open_id
        self.business_id = ""
        self.asked = 0
        self.comments = {}
        """Comment -> when it was written; without those that nobody needs to have seen."""
        self.written = set()

    # --- people ---

    async def comment(self, count, text):
        """Let `count` different viewers comment, and read what came in; returns the comments' ids."""
        made = []
        for _ in range(count):
            self.asked += 1
            one = await self.box.control(
                "comment",
                {
                    "text": text,
                    "video_id": self.videos[self.asked % len(self.videos)],
                    "viewer": f"viewer{self.asked:05d}",
                },
            )
            made.append(one["comment_id"])
            self.comments[one["comment_id"]] = one["create_ms"]
            self.written.add(one["comment_id"])
        await self.read()
        return made

    async def write(self, count, text="INFO"):
        """Let `count` different viewers write to the business account, and read what came in."""
        for _ in range(count):
            self.asked += 1
            order = {"business_id": self.business_id, "viewer": f"writer{self.asked:05d}", "text": text}
            await self.box.control("messages", order)
        await self.read()

    # --- work and time ---

    async def read(self):
        """Wait until the door has answered what was sent, and read it."""
        await self.box.control("settle", {"timeout_seconds": 60})
        while await asyncio.to_thread(intake.read_new, self.ctx):
            pass

    async def look(self):
        """Read the accounts themselves, as the worker does, until nothing is due."""
        for _ in range(500):
            if not await self.reader.step():
                return
        raise Violation("reading does not come to rest")

    async def pass_time(self, span):
        """Let time pass for both."""
        filling.advance(self.app, span)
        await self.box.control("clock", {"set": iso(self.app.clock.now())})

    async def step(self, span):
        """Let time pass for both, do what is due, look for what is unknown."""
        await self.pass_time(span)
        await filling.send_due(self.dispatcher)
        await self.dispatcher.recover()
        await self.dispatcher.look_for_unknown()
        await self.read()
        if self.reader is not None:
            await self.look()

    async def until_settled(self, *, steps=200):
        """Go on until nothing is on its way; raises when that never comes."""
        for _ in range(steps):
            if not any(self.open_acts().values()):
                return
            await self.step(3 * MINUTE)
        raise Violation(f"never settled: {self.open_acts()}")

    async def fault(self, *faults, **more):
        """Order faults; those before are over."""
        await self.box.control("inject", {"clear": True, "faults": list(faults), **more})

    # --- what is stored ---

    def look_up(self, work):
        return self.ctx.store.read(work)

    def rows(self):
        return self.look_up(lambda q: [o for s in STATES for o in q.outgoing_in_state(s, limit=MOST)])

    def open_acts(self):
        return Counter(o.state for o in self.rows() if o.state in ("planned", "sending", "unknown"))

    def meter(self):
        return self.look_up(lambda q: reconcile.figures(self.ctx, q, 1))

    def talk_meter(self):
        """Return the gap meter of the business account's messages."""
        return self.look_up(lambda q: reconcile.figures(self.ctx, q, BUSINESS, "messages"))

    def decided(self):
        """Return how often each comment was decided."""
        found = self.look_up(
            lambda q: (rows := q.decisions(after=0, limit=MOST), q.events([row.event_id for row in rows]))
        )
        rows, events = found
        return Counter(events[row.event_id].external_id for row in rows)

    # --- what happened ---

    async def calls(self, act="", **more):
        """Return the platform's own account of the calls, oldest first."""
        asked = "&".join(f"{k}={v}" for k, v in {"act": act, "limit": MOST, **more}.items() if v != "")
        return (await self.box.control(f"calls?{asked}"))["calls"]

    async def really(self, act):
        """Return how often each comment was really acted upon."""
        found = await self.calls(act, accepted="true")
        return Counter(call["cause"] or call["comment_id"] for call in found if call["changed"])

    async def faults(self):
        """Return how many faults calls have met, by endpoint."""
        return Counter(call["endpoint"] for call in await self.calls() if call["fault"])


async def told_is_true(one):
    """Compare every act's state with what the sandbox saw; raises `Violation`. Returns the counts."""
    counts = Counter()
    rows = one.rows()
    for act in ("reply", "hide"):
        really = await one.really(act)
        mine = {o.target_id: o for o in rows if o.act == act}
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
    counts.update(await _messages_are_true(one, [o for o in rows if o.act == "message"]))
    report = audit.verify(one.ctx)
    if not report.ok:
        raise Violation(f"the log does not hold: {report.problems}")
    if (again := replay.replay(one.ctx)).differences:
        raise Violation(f"decided otherwise: {again}")
    return dict(counts)


async def _messages_are_true(one, rows):
    """Each message of the journal is one act's, which says so; nobody got the same one twice."""
    really = [call for call in await one.calls("message", accepted="true") if call["changed"]]
    alike = Counter((call["conversation_id"], call["text"]) for call in really)  # a card has no text
    for (conversation, text), times in alike.items():
        if times > 1:
            raise Violation(f"{text or 'a card'!r} was sent {times} times in {conversation}")
    told = Counter(o.provider_ref for o in rows if o.state == "sent" or o.code == "ECHO")
    happened = Counter(call["message_id"] for call in really)
    if told != happened:
        raise Violation(f"said and not sent: {told - happened}; sent and not said: {happened - told}")
    return Counter(f"message {row.state}" for row in rows)


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
    try:
        yield
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def rig(*, policy="", reads=False, paced=False, business=False, **sandbox):
    """Start one of each; both end with the block. With `reads` accounts are read beside their webhooks."""
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
                base=f"{running.url}/open_api/v1.3", client_id=filling.APP_ID, secret=SECRET, paced=paced
            )
            app = open_app(
                Settings(data=folder, port=port, platform=platform, demo_speed=1.0, demo_start=NOW)
            )
            homes = {"en": Classifier(home="en")} if business else {}
            app = dataclasses.replace(app, ctx=dataclasses.replace(app.ctx, classifier=Reader(), homes=homes))
            try:
                await box.control("clock", {"freeze": True})
                state = await box.control("state")
                account = cast.open_demo_account(app, state, "careful")
                await cast.grant(app, box, account)
                found = app.ctx.store.write(
                    lambda tx: policies.keep(app.ctx, tx, policy or policy_text("open"))
                )
                policies.activate(app.ctx, account.id, found, SYSTEM)
                one = Rig(app, box, state, reads=reads)
                if business:
                    one.business_id = await _open_business(app, box)
                async with door(app):
                    yield one
            finally:
                await asyncio.gather(*(p.close() for p in app.ctx.platforms.values()))
                app.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _open_business(app, box):
    """Open a Business account in Indonesia, connected, with its messages open; returns its id on the platform."""
    owner = await box.control("accounts", {"persona": "business-id"})
    given = Tokens(
        access_token=owner["access_token"], refresh_token=owner["refresh_token"], open_id=owner["business_id"],
        scopes=tuple(owner["scope"].split(",")), expires_in=owner["expires_in"],
        refresh_expires_in=owner["refresh_token_expires_in"],
    )  # fmt: skip
    profile = Profile(account_type="business", verified=True, followers=owner["followers"])

    def work(tx):
        row = support.account(
            id=BUSINESS, external_id=owner["business_id"], identifier=owner["unique_identifier"],
            handle=owner["username"], name="Bisnis", mode="sandbox", zone="UTC", language="en", can_reply=False,
            can_hide=False, bucket_milli=500_000, policy_hash=policies.keep(app.ctx, tx, message_policy()),
        )  # fmt: skip
        accounts.open_account(app.ctx, tx, row)

    def connect():
        app.ctx.store.write(work)
        connections.state_facts(app.ctx, BUSINESS, who=SYSTEM, country="ID")
        connecting.take(app.ctx, BUSINESS, given, profile, who=SYSTEM)

    await asyncio.to_thread(connect)
    return owner["business_id"]


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


__all__ = ["BUSINESS", "MINUTE", "SECOND", "Rig", "Violation", "rig", "told_is_true"]
