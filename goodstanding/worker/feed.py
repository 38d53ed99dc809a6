"""The worker's periodic reading: looks at posts, posts on their way, whether our replies are seen, the day's captures."""

from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import publishing
from goodstanding.usecases.context import Context
from goodstanding.usecases.reading import Reader
from goodstanding.usecases.snapshots import Capturer
from goodstanding.usecases.visibility import Visibility

VISIBILITY_EVERY = MINUTE
"""Of the installation's clock, between two looks after our replies."""


class FeedJobs:
    """Reads all connected accounts, in whichever process has the turn."""

    def __init__(self, ctx: Context, *, owner: str) -> None:
        self._ctx = ctx
        self._reader = Reader(ctx=ctx, owner=owner)
        self._visibility = Visibility(ctx=ctx)
        self._capturer = Capturer(ctx=ctx)
        self._looked_at = 0

    async def step(self) -> int:
        """Take up what is due; returns how much made progress (0: rest a while)."""
        if not await self._reader.has_turn():
            return 0
        done = await self._reader.step()
        now = self._ctx.clock.now()
        if now - self._looked_at >= VISIBILITY_EVERY:
            self._looked_at = now
            await self._visibility.step()
            done += await publishing.step(self._ctx)
        return done + await self._capturer.step()
