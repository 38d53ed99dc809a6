"""Filling a demo: an invented account, an invented crowd, two days of comments by the real path."""

import asyncio
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp

from goodstanding.kernel.timing import HOUR, MINUTE, iso
from goodstanding.usecases import accounts, audit, intake, moderation, playbooks, policies, registry
from goodstanding.usecases.context import SYSTEM
from goodstanding.usecases.outbox import Dispatcher
from goodstanding.usecases.ports import Account, Case, Person, Transaction, Video

if TYPE_CHECKING:
    from goodstanding.bootstrap import App

APP_ID = "7412345678901234567"
OPEN_ID = "-000SbxLotteKooktOpenId"
IDENTIFIER = "+SbxLotteKookt"
HISTORY = 48 * HOUR
STEPS = 24
OWNER = 1
"""The invented owner's number."""
HORIZON = 14 * 24 * HOUR
"""How far a seed-only run looks ahead for things that become due."""


class SandboxError(Exception):
    """The sandbox did not start or did not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A sandbox process and its control address."""

    url: str
    process: "subprocess.Popen[str]"

    async def ready(self) -> None:
        """Wait until it accepts connections; raises `SandboxError` when it ends instead."""
        assert self.process.stdout is not None
        if not (await asyncio.to_thread(self.process.stdout.readline)).startswith("http"):
            raise SandboxError(f"exit {self.process.poll()}")

    async def control(self, path: str, body: object = None) -> Any:
        """Call `/_sandbox/PATH`: POST with a body, GET without; returns the JSON."""
        url = f"{self.url}/_sandbox/{path}"
        async with aiohttp.ClientSession() as session:
            call = session.get(url) if body is None else session.post(url, json=body)
            async with call as response:
                if response.status != 200:  # noqa: PLR2004 - HTTP OK
                    raise SandboxError(f"{path}: {response.status} {await response.text()}")
                return await response.json(content_type=None)


@contextmanager
def sandbox(
    *, port: int, start_at: int, secret: str, seed: int, webhook: str, keep: int
) -> Iterator[Sandbox]:
    """Start the sandbox in a process of its own, its clock at `start_at`; `Sandbox.ready` waits for it."""
    command = [
        sys.executable, "-m", "goodstanding", "sandbox", "--port", str(port), "--app-id", APP_ID, "--app-secret", secret,
        "--start-at", iso(start_at), "--seed", str(seed), "--webhook", webhook, "--no-limits", "--local-redirects",
        "--keep", str(keep),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own command
    try:
        yield Sandbox(url=f"http://127.0.0.1:{port}", process=process)
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout is not None:
            process.stdout.close()


def open_demo_account(app: "App", state: Any, policy: str) -> Account:
    """Open the sandbox's Dutch account under a shipped policy; returns it as stored."""
    ctx = app.ctx
    policy_hash = policies.read(playbooks.policy_text(policy)).hash
    known = ctx.store.read(lambda q: q.account_of("tiktok", OPEN_ID))
    if known is not None:
        return known
    account = Account(
        id=1, connector="tiktok", external_id=OPEN_ID, identifier=IDENTIFIER, handle="lottekookt", name="Lotte kookt",
        mode="sandbox", zone="Europe/Amsterdam", language="nl", killed=False, can_reply=True, can_hide=True, can_message=False,
        bucket_milli=0, bucket_at=ctx.clock.now() - HOUR, spike_paused=False, policy_hash=policy_hash,
    )  # fmt: skip
    videos = tuple(
        Video(
            id=str(v["item_id"]), account_id=1, title=str(v.get("caption") or v.get("title") or v["item_id"]),
            video_class="rewarded" if v.get("rewarded") else "sponsored" if v.get("sponsored") else "growth", campaign="",
        )
        for v in state["videos"]
        if v.get("open_id", OPEN_ID) == OPEN_ID
    )  # fmt: skip

    def work(tx: Transaction) -> None:
        accounts.open_account(ctx, tx, account, videos=videos)
        if not tx.persons():
            tx.add_person(
                Person(
                    id=tx.ids("person"), name="Lotte", email="lotte@demo.invalid", password_hash=f"!{secrets.token_hex(8)}",
                    role="owner", language="nl", created_at=ctx.clock.now(),
                )
            )  # fmt: skip

    ctx.store.write(work)
    _register(app, account.id, videos)
    return account


_CAMPAIGNS = {
    "rewarded": ("kitchen-rewards", "Keuken, beloond"),
    "sponsored": ("pan-partner", "Pannenpartner"),
    "growth": ("soup-week", "Soepweek"),
}


def _register(app: "App", account_id: int, videos: tuple[Video, ...]) -> None:
    """Put the invented posts under invented campaigns, one of each kind."""
    month = registry.month_of(app.clock.now())
    for kind in sorted({one.video_class for one in videos} & _CAMPAIGNS.keys()):
        name, title = _CAMPAIGNS[kind]
        made = registry.add_campaign(
            app.ctx, account_id=account_id, campaign_id=f"{month}-{name}", title=title, campaign_class=kind,
            approver_id=OWNER, who=SYSTEM,
        )  # fmt: skip
        for one in videos:
            if one.video_class == kind:
                registry.assign(
                    app.ctx, account_id=account_id, video_id=one.id, campaign_id=made.id, video_class=kind, who=SYSTEM
                )  # fmt: skip


async def grant(app: "App", box: Sandbox, account: Account) -> None:
    """Get tokens for the account without a consent page, as only a sandbox allows."""
    from goodstanding.usecases import connecting, connections
    from goodstanding.usecases.context import SYSTEM
    from goodstanding.usecases.ports.connections import Profile, Tokens

    given = (await box.control("seed", {"grant": [OPEN_ID]}))["grants"][0]
    tokens = Tokens(
        access_token=given["access_token"], refresh_token=given["refresh_token"], open_id=OPEN_ID,
        scopes=tuple(str(given.get("scope", "")).split(",")), expires_in=int(given.get("expires_in", 0)),
        refresh_expires_in=int(given.get("refresh_token_expires_in", 0)),
    )  # fmt: skip
    profile = Profile(account_type="personal", verified=False, followers=48_210)

    def work() -> None:
        connections.state_facts(app.ctx, account.id, who=SYSTEM, country="NL")
        connecting.take(app.ctx, account.id, tokens, profile, who=SYSTEM)

    await asyncio.to_thread(work)


async def live_through(
    app: "App", box: Sandbox, *, comments: int, seed: int, progress: Callable[[int], None]
) -> None:
    """Let two days pass in steps: comments come in signed, are decided, and what falls due is sent."""
    dispatcher = Dispatcher(ctx=app.ctx, owner="demo", concurrency=8, batch=100)
    done = 0
    for step in range(STEPS):
        count = comments * (step + 1) // STEPS - comments * step // STEPS
        advance(app, HISTORY // STEPS)
        await box.control("clock", {"set": iso(app.clock.now())})
        if count:
            order = {
                "count": count,
                "seed": seed * STEPS + step,
                "spread_seconds": HISTORY / STEPS / 1000,
                "deliver": False,
            }
            await box.control("crowd", {**order, "open_id": OPEN_ID})
        done += await take_deliveries(app, box)
        if step < STEPS - 1:
            await clear_cases(app)
        await send_due(dispatcher)
        progress(done)


async def clear_cases(app: "App") -> None:
    """Let the invented owner work her queue: approve what is proposed, hide every third insult, keep the rest."""
    ctx = app.ctx
    cases = ctx.store.read(lambda q: q.open_cases(queue=None, after=(0, 0), limit=1_000))

    def decide(case: Case) -> None:
        if case.outgoing_id is not None:
            moderation.approve(ctx, case.id, OWNER)
        elif case.code in ("ABUSE", "SPAM") or (case.code == "RULE" and case.id % 3 == 0):
            moderation.hide(ctx, case.event_id, OWNER)
        else:
            moderation.keep(ctx, case.event_id, OWNER)

    await asyncio.gather(*(asyncio.to_thread(decide, case) for case in cases))


async def take_deliveries(app: "App", box: Sandbox) -> int:
    """Fetch held webhook calls, check their signatures, keep and read them; returns how many there were."""
    platform = app.ctx.platforms["tiktok"]
    taken = 0
    while held := (await box.control("deliveries?pending=1&limit=500"))["deliveries"]:
        arrived = []
        for one in held:
            headers = {name.lower(): value for name, value in one["headers"].items()}
            body, header = one["body"].encode(), headers["tiktok-signature"]
            if platform.verify(body, header, app.clock.now()) != "ok":
                raise SandboxError("a signature of the sandbox does not hold")
            arrived.append(intake.Arrived(body, app.clock.now()))
        taken += await asyncio.wrap_future(intake.accept(app.ctx, "tiktok", arrived))
        while await asyncio.to_thread(intake.read_new, app.ctx):
            pass
    return taken


async def send_due(dispatcher: Dispatcher) -> None:
    """Send until nothing is due at this moment."""
    while await dispatcher.send_due():
        pass


async def carry_out_all(app: "App", box: Sandbox) -> None:
    """Jump from due moment to due moment until nothing is planned (or two weeks have passed)."""
    dispatcher = Dispatcher(ctx=app.ctx, owner="demo", concurrency=8, batch=100)
    end = app.clock.now() + HORIZON
    while (due := app.ctx.store.read(lambda q: q.next_due())) is not None and app.clock.now() < end:
        advance(app, max(due - app.clock.now(), 0) + MINUTE)
        await box.control("clock", {"set": iso(app.clock.now())})
        await send_due(dispatcher)
    await asyncio.to_thread(audit.checkpoint, app.ctx, force=True)


def advance(app: "App", span: int) -> None:
    """Jump the demo's clock ahead."""
    from goodstanding.adapters.clock.clocks import DemoClock

    assert isinstance(app.clock, DemoClock)
    app.clock.advance(span)


def counts(app: "App") -> dict[str, int]:
    """Return how many comments were decided, and how."""
    rows = [v for a in app.ctx.store.read(lambda q: q.accounts()) for v in _volumes(app, a.id)]
    return {
        "comments": sum(v.comments for v in rows),
        "replied": sum(v.replied for v in rows),
        "hidden": sum(v.hidden for v in rows),
        "reviewed": sum(v.reviewed for v in rows),
    }


def _volumes(app: "App", account_id: int) -> list[Any]:
    return app.ctx.store.read(lambda q: q.volumes(account_id, 0))
