"""Comments without the platform's id on an account that is served automatically: nobody calls about them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodstanding.core.targets import is_ours
from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import audit, paste, replay, tasks
from goodstanding.usecases.context import person
from goodstanding.usecases.paste import Row, VideoChoice
from tests.faults.world import World

ME = person(1)


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def pasted(world, author, text):
    """Paste a comment; returns its event."""
    row = Row(author=author, text=text, at=world.clock.now())
    paste.take(world.ctx, 1, VideoChoice(link="7672400000000000101"), [row], ME)
    number = world.ctx.store.read(lambda q: q.decisions(after=0, limit=10_000))[-1].event_id
    return world.ctx.store.read(lambda q: q.event(number))


def flow(world):
    for _ in range(4):
        world.step(3 * MINUTE)
        world.flow()


@pytest.mark.parametrize(("text", "act"), [("price", "reply"), ("insult", "hide")])
def test_an_act_on_it_becomes_a_task_and_is_carried_through(world, text, act):
    event = pasted(world, "kijker_een", text)
    assert is_ours(event.external_id)
    flow(world)
    assert world.calls == []
    (item,) = world.ctx.store.read(tasks.waiting)
    assert (item.outgoing.act, item.outgoing.state) == (act, "task")
    assert world.entries("attempt", item.outgoing.id) == [{"act": act, "by": "person"}]
    assert tasks.open_task(world.ctx, item.outgoing.id, ME).standing == "go"
    tasks.sent(world.ctx, item.outgoing.id, ME)
    after = world.ctx.store.read(lambda q: q.event(event.id))
    assert after.answered if act == "reply" else after.state == "hidden"
    assert audit.verify(world.ctx).ok
    assert not replay.replay(world.ctx).differences


@given(st.lists(st.booleans(), min_size=1, max_size=6))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_among_others_only_those_with_an_id_are_called_about(kinds):
    world = World()
    try:
        for number, has_id in enumerate(kinds):
            if has_id:
                world.comment(f"+V{number}", "price")
            else:
                pasted(world, f"kijker_{number}", "price")
        flow(world)
        done = [world.row(one.outgoing.id) for one in world.ctx.store.read(tasks.waiting)]
        assert all(is_ours(one.target_id) for one in done)
        assert len(done) == kinds.count(False)
        assert len(world.calls) == kinds.count(True)
        assert not replay.replay(world.ctx).differences
    finally:
        world.close()
