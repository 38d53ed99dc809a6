"""The worker: what is due, one bounded batch at a time, until it is told to stop."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from goodstanding.usecases import audit, drafting, intake, renewals, retention, tasks
from goodstanding.usecases.context import Context
from goodstanding.usecases.outbox import BATCH, Dispatcher
from goodstanding.usecases.ports import StoreUnavailableError
from goodstanding.worker.feed import FeedJobs

IDLE_SECONDS = 0.2
"""Rest when there was nothing to do; a wake-up ends it early."""
GATHER_SECONDS = 0.05
"""How long comments may gather before they are read together; nobody waits for it."""
SEND_IDLE_SECONDS = 0.1
TROUBLE_SECONDS = 2.0
LOOK_SECONDS = 0.02
"""A freeze reaches a batch that is under way within this time."""
HOUSE_SECONDS = 10.0
DRAFT_IDLE_SECONDS = 2.0
READ_IDLE_SECONDS = 1.0
"""Rest between two rounds of reading accounts; each round is bounded by what the app may call."""
HIGH_WATER = "clock_high_water"

log = structlog.get_logger("worker")


class Worker:
    """Reads deliveries and accounts, sends what is due, keeps house. Any number may run on one Postgres.

    With `reads` off, accounts are not read beside their webhooks.
    """

    def __init__(self, ctx: Context, *, owner: str, concurrency: int = 1, reads: bool = True) -> None:
        self._ctx = ctx
        self._feed = FeedJobs(ctx, owner=owner) if reads else None
        self._dispatcher = Dispatcher(
            ctx=ctx,
            owner=owner,
            concurrency=concurrency,
            batch=max(BATCH, 8 * concurrency),
            look_seconds=LOOK_SECONDS,
        )
        self._stop = asyncio.Event()
        self._work = asyncio.Event()
        """Something came in."""
        self._planned = asyncio.Event()
        """Something was decided, so something may be due."""

    def wake(self) -> None:
        """Something came in: look at once."""
        self._work.set()

    def stop(self) -> None:
        """Finish the batch under way and end `run`."""
        self._stop.set()
        self._work.set()
        self._planned.set()

    async def run(self) -> None:
        """Work until `stop`."""
        await self._keep(self._settle_clock)
        await self._keep(self._dispatcher.recover)
        await asyncio.gather(
            self._repeat(self._read, IDLE_SECONDS, self._work),
            self._repeat(self._dispatcher.send_due, SEND_IDLE_SECONDS, self._planned),
            self._repeat(self._house, HOUSE_SECONDS, self._stop),
            self._repeat(self._renew, HOUSE_SECONDS, self._stop),
            self._repeat(self._word, DRAFT_IDLE_SECONDS, self._stop),
            *([self._repeat(self._feed.step, READ_IDLE_SECONDS, self._stop)] if self._feed else []),
        )

    async def _read(self) -> int:
        """Read a batch; a small one is followed by a short rest, so that the next is worth its transaction."""
        taken = await asyncio.to_thread(intake.read_new, self._ctx)
        if taken:
            self._planned.set()
        if 0 < taken < intake.BATCH:
            await self._rest(GATHER_SECONDS, self._stop)
        return taken

    async def _house(self) -> int:
        ctx = self._ctx
        now = ctx.clock.now()
        if ctx.clock.doubt():
            await self._ask_time()
        else:
            await asyncio.to_thread(ctx.store.write, lambda tx: tx.put_setting(HIGH_WATER, str(now), now))
        await self._dispatcher.recover()
        await self._dispatcher.look_for_unknown()
        if not ctx.clock.doubt():
            await asyncio.to_thread(tasks.expire, ctx)
            await asyncio.to_thread(retention.carry_out_due, ctx)
            await asyncio.to_thread(retention.forget_unread, ctx)
            await asyncio.to_thread(drafting.forget_old, ctx)
        if ctx.serving is not None:
            await asyncio.to_thread(ctx.serving.look)
        await asyncio.to_thread(audit.checkpoint, ctx)
        await asyncio.to_thread(ctx.store.write, lambda tx: tx.drop_expired_values(now))
        return 0

    async def _word(self) -> int:
        """Let a language model word what the policy lets it word, if there is one."""
        return await drafting.word_planned(self._ctx)

    async def _renew(self) -> int:
        """Renew what ends soon, so that no act has to wait for it. Not while the time is in doubt."""
        if not self._ctx.clock.doubt():
            await renewals.renew_due(self._ctx)
        return 0

    async def _settle_clock(self) -> int:
        if self._ctx.clock.doubt():
            await self._ask_time()
        return 0

    async def _ask_time(self) -> None:
        """The clock is in doubt: let the platform's own time settle it."""
        for account in await asyncio.to_thread(self._ctx.store.read, lambda q: q.accounts()):
            told = await self._ctx.platforms[account.connector].ask_time(account)
            if told is not None:
                self._ctx.clock.hear(told)
                return

    async def _repeat(self, step: Callable[[], Awaitable[int]], idle: float, wakes: asyncio.Event) -> None:
        while not self._stop.is_set():
            done = await self._keep(step)
            if done == 0:
                await self._rest(idle, wakes)
            elif done < 0:
                await self._rest(TROUBLE_SECONDS, self._stop)

    async def _keep(self, step: Callable[[], Awaitable[int]]) -> int:
        """Run a step; trouble is logged and tried again later, -1 says so."""
        try:
            return await step()
        except StoreUnavailableError as error:
            log.warning("store_unavailable", **error.fields)
        except Exception as error:
            log.exception("step_failed", kind=type(error).__name__, step=getattr(step, "__name__", "step"))
        return -1

    async def _rest(self, seconds: float, wakes: asyncio.Event) -> None:
        try:
            await asyncio.wait_for(wakes.wait(), seconds)
        except TimeoutError:
            return
        if not self._stop.is_set():
            wakes.clear()
