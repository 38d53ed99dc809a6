"""A whole installation that reads the real sandbox over HTTP; both clocks are moved together."""

import asyncio
import json
import urllib.request
from contextlib import contextmanager

from goodstanding.adapters.tiktok.tokens import TokenPair
from goodstanding.bootstrap import open_app
from goodstanding.kernel.timing import MINUTE, SECOND, iso
from goodstanding.sandbox.server import serving
from goodstanding.sandbox.world import Settings as SandboxSettings
from goodstanding.settings import PlatformSettings, Settings
from goodstanding.usecases import accounts, intake, playbooks, policies
from goodstanding.usecases.outbox import Dispatcher
from goodstanding.usecases.ports import Account
from goodstanding.usecases.reading import Reader, look_soon

START = 1_790_000_000_000
OPEN_ID = "-000SbxLotteKooktOpenId"
VIDEO = "7672400000000000101"


class FeedWorld:
    """`ctx` of the installation, `post` to the sandbox's control, `reader` that reads one account."""

    def __init__(self, folder, sandbox, *, paced=False, database="", policy="careful"):
        self.url, self.sandbox = sandbox.url, sandbox.world
        platform = PlatformSettings(
            base=f"{sandbox.url}/open_api/v1.3", client_id="7412345678901234567", secret="sandbox-app-secret", paced=paced
        )  # fmt: skip
        settings = Settings(
            data=folder,
            database=database,
            platform=platform,
            demo_speed=1.0,
            demo_start=self.sandbox.clock.now_ms(),
        )
        self.app = open_app(settings)
        self.ctx = self.app.ctx
        account = Account(
            id=1, connector="tiktok", external_id=OPEN_ID, identifier="+SbxLotteKookt", handle="lottekookt", name="Lotte kookt",
            mode="sandbox", zone="Europe/Amsterdam", language="nl", killed=False, can_reply=True, can_hide=True,
            can_message=False, bucket_milli=20_000, bucket_at=self.ctx.clock.now(), spike_paused=False,
            policy_hash=policies.read(playbooks.policy_text(policy)).hash,
        )  # fmt: skip
        self.ctx.store.write(lambda tx: accounts.open_account(self.ctx, tx, account))
        grant = self.post("seed", grant=[OPEN_ID])["grants"][0]
        pair = TokenPair(
            access_token=grant["access_token"], refresh_token=grant["refresh_token"], open_id=OPEN_ID
        )
        self.app.tokens.store(1, pair)
        self.loop = asyncio.new_event_loop()
        self.reader = Reader(ctx=self.ctx, owner="test")

    def post(self, path, **body):
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def get(self, path):
        with urllib.request.urlopen(f"{self.url}/_sandbox/{path}", timeout=60) as answer:
            return json.load(answer)

    def run(self, work):
        return self.loop.run_until_complete(work)

    def step(self, span):
        """Let time pass for both."""
        self.app.clock.advance(span)
        self.post("clock", set=iso(self.ctx.clock.now()))

    def read(self, work):
        return self.ctx.store.read(work)

    def settle(self, *, most=400):
        """Read until no look is due."""
        for _ in range(most):
            self.run(self.reader.step())
            now = self.ctx.clock.now()
            if not self.read(lambda q, now=now: q.watches_due(now, 1)):
                return
            self.step(SECOND)
        raise AssertionError("reading does not come to rest")

    def look(self, span=11 * MINUTE):
        """Let time pass, then look at every post."""
        self.step(span)
        look_soon(self.ctx, 1)
        self.settle()

    def comment(self, text="Waar is de link?", video=VIDEO, **more):
        return self.post("comment", text=text, video_id=video, **more)["comment_id"]

    def crowd(self, count, *, seed=1):
        return self.post("crowd", count=count, seed=seed, deliver=False, open_id=OPEN_ID)

    def held(self):
        """Fetch every held webhook: bodies as they would have come."""
        bodies = []
        while got := self.get("deliveries?pending=1&limit=500")["deliveries"]:
            bodies += [one["body"].encode() for one in got]
        return bodies

    def webhooks(self, bodies):
        now = self.ctx.clock.now()
        for start in range(0, len(bodies), 500):
            part = [intake.Arrived(body, now) for body in bodies[start : start + 500]]
            intake.accept(self.ctx, "tiktok", part).result()
        while intake.read_new(self.ctx):
            pass

    def send_due(self):
        dispatcher = Dispatcher(ctx=self.ctx, owner="test")

        async def all_of_it():
            while await dispatcher.send_due():
                pass

        self.run(all_of_it())

    def stored(self):
        """Return the ids of all comments that were taken in, with how often each was decided."""
        rows = self.read(lambda q: q.decisions(after=0, limit=10**6))
        events = self.read(lambda q: q.events([r.event_id for r in rows]))
        return [e.external_id for e in events.values()]

    def close(self):
        self.run(asyncio.wait([self.loop.create_task(p.close()) for p in self.ctx.platforms.values()]))
        self.loop.close()
        self.app.close()


@contextmanager
def feed_world(folder, *, limits=False, webhook="", **more):
    """Start a sandbox and an installation that reads it; `webhook` is where the sandbox would tell of events."""
    with serving(SandboxSettings(limits=limits, start_ms=START, webhook=webhook)) as sandbox:
        sandbox.world.clock.freeze(still=True)
        world = FeedWorld(folder, sandbox, **more)
        try:
            yield world
        finally:
            world.close()
