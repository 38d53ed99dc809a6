"""The worker: what is due, one bounded batch at a time, until it is told to stop."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from goodstanding.usecases import audit, intake, tasks
from goodstanding.usecases.context import Context
from goodstanding.usecases.outbox import BATCH, Dispatcher
from goodstanding.usecases.ports import StoreUnavailableError

IDLE_SECONDS = 0.2
"""Rest when there was nothing to do; a wake-up ends it early."""
GATHER_SECONDS = 0.05
"""How long comments may gather before they are read together; nobody waits for it."""
SEND_IDLE_SECONDS = 0.1
TROUBLE_SECONDS = 2.0
LOOK_SECONDS = 0.02
"""A freeze reaches a batch that is under way within this time."""
HOUSE_SECONDS = 10.0
HIGH_WATER = "clock_high_water"

log = structlog.get_logger("worker")


class Worker:
    """Reads deliveries, sends what is due, keeps house. Any number may run on one Postgres."""

    def __init__(self, ctx: Context, *, owner: str, concurrency: int = 1) -> None:
        self._ctx = ctx
        self._dispatcher = Dispatcher(
            ctx=ctx,
            owner=owner,
            concurrency=concurrency,
            batch=max(BATCH, 8 * concurrency),
            look_seconds=LOOK_SECONDS,
        )
        self._stop = asyncio.Event()
        self._work = asyncio.Event()

    def wake(self) -> None:
        """Something came in: look at once."""
        self._work.set()

    def stop(self) -> None:
        """Finish the batch under way and end `run`."""
        self._stop.set()
        self._work.set()

    async def run(self) -> None:
        """Work until `stop`."""
        await self._keep(self._settle_clock)
        await self._keep(self._dispatcher.recover)
        await asyncio.gather(
            self._repeat(self._read, IDLE_SECONDS, wakes=True),
            self._repeat(self._dispatcher.send_due, SEND_IDLE_SECONDS),
            self._repeat(self._house, HOUSE_SECONDS),
        )

    async def _read(self) -> int:
        """Read a batch; a small one is followed by a short rest, so that the next is worth its transaction."""
        taken = await asyncio.to_thread(intake.read_new, self._ctx)
        if 0 < taken < intake.BATCH:
            await self._rest(GATHER_SECONDS, wakes=False)
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
        await asyncio.to_thread(audit.checkpoint, ctx)
        await asyncio.to_thread(ctx.store.write, lambda tx: tx.drop_expired_values(now))
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

    async def _repeat(self, step: Callable[[], Awaitable[int]], idle: float, *, wakes: bool = False) -> None:
        while not self._stop.is_set():
            done = await self._keep(step)
            if done == 0:
                await self._rest(idle, wakes=wakes)
            elif done < 0:
                await self._rest(TROUBLE_SECONDS, wakes=False)

    async def _keep(self, step: Callable[[], Awaitable[int]]) -> int:
        """Run a step; trouble is logged and tried again later, -1 says so."""
        try:
            return await step()
        except StoreUnavailableError as error:
            log.warning("store_unavailable", **error.fields)
        except Exception as error:
            log.exception("step_failed", kind=type(error).__name__, step=getattr(step, "__name__", "step"))
        return -1

    async def _rest(self, seconds: float, *, wakes: bool) -> None:
        event = self._work if wakes else self._stop
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return
        if wakes and not self._stop.is_set():
            self._work.clear()
