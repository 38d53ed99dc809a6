"""The worker on a real SQLite installation; the platform's answers are the test's own."""

import asyncio
import json
import time
from contextlib import asynccontextmanager

import pytest

from goodstanding.bootstrap import HIGH_WATER, open_app
from goodstanding.settings import PlatformSettings, Settings
from goodstanding.usecases import accounts, intake, playbooks, policies, retention
from goodstanding.usecases.intake import Arrived
from goodstanding.usecases.ports import Account, SendResult, StoreUnavailableError, Video
from goodstanding.usecases.ports.connections import Connection
from goodstanding.worker import loop
from goodstanding.worker.loop import Worker

START = 1_795_269_600_000  # Saturday 21 November 2026, 14:00 UTC
MINUTE = 60_000
OPEN_ID = "-000Own"


class Answering:
    """The real client for reading; calls are answered here instead of over the network."""

    def __init__(self, client):
        self._client = client
        self.answer = SendResult(state="sent", provider_ref="r1")
        self.found = SendResult(state="unknown")
        self.time = None
        self.calls = []

    def __getattr__(self, name):
        return getattr(self._client, name)

    async def carry_out(self, permit):
        self.calls.append(permit)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def find_again(self, account, outgoing):
        return self.found

    async def ask_time(self, account):
        return self.time


@pytest.fixture
def app(tmp_path):
    yield from _app(tmp_path, demo_speed=1.0, demo_start=START)


@pytest.fixture
def real_time(tmp_path):
    """An installation on the machine's own clock."""
    yield from _app(tmp_path)


def _app(folder, **more):
    settings = Settings(
        data=folder, platform=PlatformSettings(base="http://127.0.0.1:9/open_api/v1.3", paced=False), **more
    )
    made = open_app(settings)
    policy = policies.read(playbooks.policy_text("normal")).hash
    account = Account(
        id=1, connector="tiktok", external_id=OPEN_ID, identifier="+Own", handle="own", name="Own", mode="automatic",
        zone="UTC", language="nl", killed=False, can_reply=True, can_hide=True, can_message=False, bucket_milli=20_000,
        bucket_at=made.clock.now(), spike_paused=False, policy_hash=policy,
    )  # fmt: skip
    video = Video(id="7203946042097902849", account_id=1, title="Pan", video_class="growth", campaign="")
    made.ctx.store.write(lambda tx: accounts.open_account(made.ctx, tx, account, videos=(video,)))
    made.ctx.platforms["tiktok"] = Answering(made.ctx.platforms["tiktok"])
    yield made
    asyncio.run(made.ctx.platforms["tiktok"]._client.close())
    made.close()


def arrive(app, number, text="Waar is de link?"):
    """Keep a delivery as the door does."""
    now = app.clock.now()
    content = {
        "comment_id": 7_247_303_576_418_566_000 + number, "video_id": 7203946042097902849, "parent_comment_id": 0,
        "comment_type": "comment", "comment_action": "insert", "timestamp": now, "unique_identifier": f"+Viewer{number}",
        "text": text,
    }  # fmt: skip
    body = {"client_key": "1", "event": "comment.update", "create_time": now // 1000, "user_openid": OPEN_ID}
    raw = json.dumps({**body, "content": json.dumps(content)}).encode()
    assert intake.accept(app.ctx, "tiktok", [Arrived(raw, now)]).result(10) == 1


def states(app):
    return [one.state for s in ("planned", "sending", "sent", "unknown", "failed", "held", "cancelled")
            for one in app.ctx.store.read(lambda q, s=s: q.outgoing_in_state(s, limit=100))]  # fmt: skip


@asynccontextmanager
async def working(app):
    worker = Worker(app.ctx, owner="test")
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await asyncio.wait_for(task, 10)


async def until(true, seconds=10):
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "it did not come to pass"
        await asyncio.sleep(0.01)


def test_a_comment_is_read_waits_and_is_answered_once(app):
    async def story():
        arrive(app, 1)
        async with working(app):
            await until(lambda: states(app) == ["planned"])
            assert app.ctx.platforms["tiktok"].calls == []
            app.clock.advance(9 * MINUTE)
            await asyncio.sleep(0.5)
            assert states(app) == ["planned"]
            app.clock.advance(60 * MINUTE)
            await until(lambda: states(app) == ["sent"])
            await asyncio.sleep(0.3)
        assert len(app.ctx.platforms["tiktok"].calls) == 1

    asyncio.run(story())


def test_a_wake_up_ends_the_rest_at_once(app, monkeypatch):
    monkeypatch.setattr(loop, "IDLE_SECONDS", 60.0)

    async def story():
        async with working(app) as worker:
            await asyncio.sleep(0.3)
            arrive(app, 1)
            worker.wake()
            await until(lambda: states(app) == ["planned"], seconds=5)

    asyncio.run(story())


def test_stopping_takes_no_longer_than_the_batch_under_way(app):
    async def story():
        async with working(app):
            await asyncio.sleep(0.2)
            begun = time.monotonic()
        assert time.monotonic() - begun < 2

    asyncio.run(story())


def test_a_call_without_an_answer_is_never_repeated_blindly(app):
    platform = app.ctx.platforms["tiktok"]
    platform.answer = TimeoutError()

    async def story():
        arrive(app, 1)
        async with working(app) as worker:
            await until(lambda: states(app) == ["planned"])
            app.clock.advance(70 * MINUTE)
            await until(lambda: states(app) == ["unknown"])
            app.clock.advance(3 * MINUTE)
            await worker._house()
            assert states(app) == ["unknown"] and len(platform.calls) == 1
            platform.found = SendResult(state="sent", provider_ref="r7")
            app.clock.advance(3 * MINUTE)
            await worker._house()
        assert states(app) == ["sent"] and len(platform.calls) == 1

    asyncio.run(story())


def test_what_is_surely_absent_is_planned_again_and_sent(app):
    platform = app.ctx.platforms["tiktok"]
    platform.answer = TimeoutError()

    async def story():
        arrive(app, 1)
        async with working(app) as worker:
            await until(lambda: states(app) == ["planned"])
            app.clock.advance(70 * MINUTE)
            await until(lambda: states(app) == ["unknown"])
            platform.answer, platform.found = SendResult(state="sent"), SendResult(state="failed")
            app.clock.advance(3 * MINUTE)
            await worker._house()
            await until(lambda: states(app) == ["sent"])
        assert len(platform.calls) == 2

    asyncio.run(story())


def test_what_a_dead_process_left_under_way_becomes_unknown(app):
    arrive(app, 1)
    while intake.read_new(app.ctx):
        pass
    app.clock.advance(70 * MINUTE)
    one = app.ctx.store.read(lambda q: q.outgoing_in_state("planned", limit=1))[0]
    app.ctx.store.write(
        lambda tx: tx.change_outgoing(one.id, {"state": "sending", "attempt_at": app.clock.now()})
    )
    app.clock.advance(5 * MINUTE)

    async def story():
        async with working(app):
            await until(lambda: states(app) == ["unknown"])
        assert app.ctx.platforms["tiktok"].calls == []

    asyncio.run(story())


def test_trouble_in_one_step_stops_nothing_else(app, monkeypatch):
    """The database is full for a while: sending fails and is tried again; reading goes on."""
    monkeypatch.setattr(loop, "TROUBLE_SECONDS", 0.05)
    tries = []

    async def story():
        worker = Worker(app.ctx, owner="test")

        async def failing():
            tries.append(1)
            raise StoreUnavailableError(why="full") if len(tries) % 2 else RuntimeError("a bug")

        worker._dispatcher = type("Broken", (), {
            "send_due": staticmethod(failing), "recover": staticmethod(failing), "look_for_unknown": staticmethod(failing),
        })()  # fmt: skip
        task = asyncio.create_task(worker.run())
        arrive(app, 1)
        await until(lambda: states(app) == ["planned"] and len(tries) > 4)
        worker.stop()
        await asyncio.wait_for(task, 10)

    asyncio.run(story())


def test_keeping_house_notes_the_time_and_signs_the_log(app):
    asyncio.run(Worker(app.ctx, owner="test")._house())
    noted = int(app.ctx.store.read(lambda q: q.setting(HIGH_WATER)))
    assert START <= noted <= START + MINUTE
    newest = app.ctx.store.read(lambda q: q.checkpoints())[-1]
    assert newest.size == app.ctx.store.read(lambda q: q.audit_head())[0]


def test_keeping_house_deletes_what_is_due_of_an_account_that_ended(app):
    app.ctx.store.write(
        lambda tx: tx.add_connection(Connection(account_id=1, state="removed", delete_after=1))
    )
    asyncio.run(Worker(app.ctx, owner="test")._house())
    assert app.ctx.store.read(lambda q: retention.deleted(q, 1)).done


def test_a_clock_in_doubt_is_settled_by_the_platforms_time_before_anything_is_sent(real_time):
    app = real_time
    assert app.clock.doubt() == "CLOCK_UNHEARD"
    worker = Worker(app.ctx, owner="test")
    asyncio.run(worker._house())
    assert app.clock.doubt() and app.ctx.store.read(lambda q: q.setting(HIGH_WATER)) is None
    app.ctx.platforms["tiktok"].time = int(time.time() * 1000)
    asyncio.run(worker._house())
    assert app.clock.doubt() == ""
    asyncio.run(worker._house())
    assert int(app.ctx.store.read(lambda q: q.setting(HIGH_WATER))) > START


def test_two_workers_share_without_doubling(app):
    for number in range(12):
        arrive(app, number)

    async def story():
        async with working(app), working(app):
            await until(lambda: not app.ctx.store.read(lambda q: q.new_deliveries(1)))
            for _ in range(8):
                app.clock.advance(20 * MINUTE)
                await asyncio.sleep(0.15)
        sent = [call.outgoing.id for call in app.ctx.platforms["tiktok"].calls]
        assert sent and len(sent) == len(set(sent))

    asyncio.run(story())
