"""Filling a demo: invented accounts, an invented crowd, two days of comments and messages by the real path."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp

from goodstanding.cli import cast
from goodstanding.cli.cast import BUSINESS, OWNER, PERSONAL
from goodstanding.kernel.timing import HOUR, MINUTE, iso
from goodstanding.usecases import audit, intake, moderation
from goodstanding.usecases.outbox import Dispatcher
from goodstanding.usecases.ports import Case

if TYPE_CHECKING:
    from goodstanding.bootstrap import App

APP_ID = "7412345678901234567"
PERMISSIONS = ("accounts", "messaging")
"""What the invented app was reviewed for."""
HISTORY = 48 * HOUR
STEPS = 24
SHOP_PART = 25
"""The shop gets one comment for so many of the personal account's."""
SHOP_CROWD = {"open_id": BUSINESS.open_id, "languages": {"en": 1.0}, "message_when_answered": 0.8}
SHOP_LETTERS = {"business_id": BUSINESS.open_id, "languages": {"en": 1.0}, "eu_share": 0.0}
PASTED_STEP = STEPS - 3
"""Late enough for open tasks, early enough for one that is done."""
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


async def live_through(
    app: "App", box: Sandbox, *, comments: int, seed: int, alone: bool, progress: Callable[[int], None]
) -> None:
    """Let two days pass in steps: comments come in signed, are decided, what falls due is sent, viewers react.

    `alone`: to the personal account only.
    """
    dispatcher = Dispatcher(ctx=app.ctx, owner="demo", concurrency=8, batch=100)
    by_hand, done = 0, 0
    await box.control("webhooks/faults", {"hold": True})
    for step in range(STEPS):
        count = comments * (step + 1) // STEPS - comments * step // STEPS
        advance(app, HISTORY // STEPS)
        await box.control("clock", {"set": iso(app.clock.now())})
        if count:
            await _let_write(box, count, seed * STEPS + step, alone=alone)
        if count and not alone and step == PASTED_STEP:
            by_hand = await asyncio.to_thread(cast.open_by_hand, app)
        if count and not alone and step == STEPS // 2:
            await asyncio.to_thread(cast.visit_bio_page, app)
        await take_deliveries(app, box)
        done += count
        await clear_cases(app, last=step == STEPS - 1)
        await send_due(dispatcher)
        progress(done)
    if by_hand:
        await asyncio.to_thread(cast.answer_one_task, app, by_hand)
    await take_deliveries(app, box)
    await box.control("webhooks/faults", {"hold": False})


async def _let_write(box: Sandbox, count: int, seed: int, *, alone: bool) -> None:
    """Let the crowds of two hours comment, dated in these hours; some write to the shop by themselves."""
    order = {"seed": seed, "spread_seconds": HISTORY / STEPS / 1000, "deliver": False}
    await box.control("crowd", {**order, "count": count, "open_id": PERSONAL.open_id})
    for_shop = -(-count // SHOP_PART)
    if not alone:
        await box.control("crowd", {**order, **SHOP_CROWD, "count": for_shop})
        await box.control("crowd/messages", {**SHOP_LETTERS, "count": 1 + for_shop // 8, "seed": seed})


async def clear_cases(app: "App", *, last: bool = False) -> None:
    """Let the invented owner work her queue: approve what is proposed, hide every third insult, keep the rest.

    What would go over a limit or repeat an earlier answer she turns down; the `last` time she gets no further.
    """
    ctx = app.ctx
    cases = ctx.store.read(lambda q: q.open_cases(queue=None, after=(0, 0), limit=1_000))

    def decide(case: Case) -> None:
        over = case.code in ("CAP", "SIMILAR_TEXT") and case.outgoing_id is not None
        if last and not over:
            return
        with suppress(moderation.MovedOnError):  # another case of the same comment settled this one
            try:
                _settle(app, case, turn_down=over)
            except moderation.GoneError:  # a message, which nobody can hide, or a proposal withdrawn since
                moderation.keep(ctx, case.event_id, OWNER)

    await asyncio.gather(*(asyncio.to_thread(decide, case) for case in cases))


def _settle(app: "App", case: Case, *, turn_down: bool) -> None:
    ctx = app.ctx
    if turn_down:
        moderation.reject(ctx, case.id, OWNER)
    elif case.outgoing_id is not None:
        moderation.approve(ctx, case.id, OWNER)
    elif case.code in ("ABUSE", "SPAM") or (case.code == "RULE" and case.id % 3 == 0):
        moderation.hide(ctx, case.event_id, OWNER)
    else:
        moderation.keep(ctx, case.event_id, OWNER)


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
    await box.control("webhooks/faults", {"hold": True})
    dispatcher = Dispatcher(ctx=app.ctx, owner="demo", concurrency=8, batch=100)
    end = app.clock.now() + HORIZON
    while (due := app.ctx.store.read(lambda q: q.next_due())) is not None and app.clock.now() < end:
        advance(app, max(due - app.clock.now(), 0) + MINUTE)
        await box.control("clock", {"set": iso(app.clock.now())})
        await take_deliveries(app, box)
        await send_due(dispatcher)
        await take_deliveries(app, box)
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
