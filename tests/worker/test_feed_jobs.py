"""The worker reads connected accounts by itself: posts, replies, and the day's captures."""

import asyncio
import time

from goodstanding.worker.loop import Worker
from tests.feed_world import feed_world


def test_a_connected_account_is_read_captured_and_its_comments_decided(tmp_path):
    with feed_world(tmp_path) as world:
        target = world.comment()

        async def story():
            worker = Worker(world.ctx, owner="test")
            task = asyncio.create_task(worker.run())
            ends = time.monotonic() + 20
            while not (
                world.read(lambda q: q.known_events(1, "tiktok", [target]))
                and world.read(lambda q: q.snapshots(1, kind="video", limit=1))
            ):
                assert time.monotonic() < ends, "it did not come to pass"
                await asyncio.sleep(0.05)
            worker.stop()
            await asyncio.wait_for(task, 10)

        world.run(story())
        assert world.stored() == [target]
        assert world.read(lambda q: q.snapshots(1, kind="account", limit=1))


def test_reading_can_be_left_to_others(tmp_path):
    with feed_world(tmp_path) as world:

        async def story():
            worker = Worker(world.ctx, owner="test", reads=False)
            task = asyncio.create_task(worker.run())
            await asyncio.sleep(0.5)
            worker.stop()
            await asyncio.wait_for(task, 10)

        world.run(story())
        assert world.read(lambda q: q.watches(1)) == []
