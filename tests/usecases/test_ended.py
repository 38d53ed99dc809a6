"""An authorisation that ended: all that waited stands in one state for one reason, and a person decides what becomes of it."""

import pytest

from goodstanding.core.audit.entries import unseal
from goodstanding.kernel.timing import DAY, HOUR, MINUTE
from goodstanding.usecases import audit, connecting, connections, ended, playbooks, resuming, tasks
from goodstanding.usecases.context import SYSTEM, person
from goodstanding.usecases.ports.connections import Profile, Tokens
from tests.faults.talk import ACCOUNT, Talk
from tests.faults.world import World

ME = person(1)


def end(one):
    def work(tx):
        account = connections.account_of(tx, 1)
        connections.ensured(one.ctx, tx, account)
        connections.removed(one.ctx, tx, account, code="1", who=("platform", "tiktok"))

    one.ctx.store.write(work)


def again(one, open_id="-000Own"):
    scopes = tuple(s for found in playbooks.connect_rules().scopes.values() for s in found)
    tokens = Tokens(
        access_token="a", refresh_token="r", open_id=open_id, scopes=scopes, expires_in=86_400,
        refresh_expires_in=31_536_000,
    )  # fmt: skip
    connections.state_facts(one.ctx, 1, country="US", approved=True, who=ME)
    connecting.take(one.ctx, 1, tokens, Profile(account_type="business"), who=SYSTEM)


def states(one):
    rows = one.ctx.store.read(lambda q: [q.outgoing(n) for n in range(1, 50)])
    return [(o.act, o.state, o.code) for o in rows if o is not None]


def waiting(one):
    return one.ctx.store.read(lambda q: resuming.waiting(one.ctx, q, 1))


@pytest.fixture
def world():
    made = World()
    yield made
    assert audit.verify(made.ctx).ok
    made.close()


def test_replies_and_hides_wait_in_one_state_for_one_reason_and_nothing_leaves(world):
    world.comment("+A", "price")
    world.comment("+B", "insult")
    end(world)
    held = ("held", "AUTHORISATION_ENDED")
    assert {(s, c) for _, s, c in states(world)} == {held}
    assert sorted(a for a, _, _ in states(world)) == ["hide", "reply"]
    world.step(HOUR)
    world.flow()
    assert not world.calls
    found = waiting(world)
    assert (found.count("reply"), found.count("hide"), found.fresh, found.connected) == (1, 1, (), False)
    assert [o.settled_at for o in found.acts] == [
        world.ctx.store.read(lambda q: q.connection(1)).removed_at
    ] * 2
    with pytest.raises(resuming.NotConnectedError):
        resuming.decide(world.ctx, 1, plan=True, who=ME)


def test_messages_wait_in_the_same_state(tmp_path):
    talk = Talk()
    try:
        talk.writes("+A")
        assert talk.acts()
        end(talk)
        assert {(o.state, o.code) for o in talk.acts()} == {("held", "AUTHORISATION_ENDED")}
        talk.settle()
        assert not talk.platform.sent["+A"]
    finally:
        talk.close()


def test_once_connected_what_is_fresh_is_planned_and_the_rest_is_let_go(world):
    world.comment("+A", "price")
    end(world)
    world.step(6 * DAY)
    world.comment("+B", "price")
    again(world)
    assert {s for _, s, _ in states(world)} == {"held"}, "connecting alone plans nothing"
    world.step(2 * DAY)
    world.comment("+C", "price")
    found = waiting(world)
    assert (found.count(), len(found.fresh), found.connected) == (1, 0, True), "a week has passed"
    done = resuming.decide(world.ctx, 1, plan=True, who=ME)
    assert (done.planned, done.let_go) == (0, 1)
    last = unseal(world.ctx.store.read(lambda q: q.audit_newest(before=2**62, limit=1))[0].body)
    assert (last.actor.id, last.body["act"], last.body["let_go"]) == ("1", "waiting-decided", 1)
    with pytest.raises(resuming.NothingWaitsError):
        resuming.decide(world.ctx, 1, plan=True, who=ME)


def test_what_is_planned_again_leaves_once_through_the_same_gates(world):
    for viewer in ("+A", "+B", "+C"):
        world.comment(viewer, "price")
    end(world)
    world.step(HOUR)
    again(world)
    world.withdraw("+B")
    assert len(waiting(world).fresh) == 2, "who refused meanwhile is not fresh"
    done = resuming.decide(world.ctx, 1, plan=True, who=ME)
    assert (done.planned, done.let_go) == (2, 1)
    world.withdraw("+C")
    for _ in range(40):
        world.step(MINUTE)
        world.flow()
    assert [c.viewer for c in world.calls] == ["+A"]
    assert waiting(world) is None


@pytest.mark.parametrize("opened", [False, True])
def test_a_task_nobody_opened_waits_too_and_one_that_was_opened_stays_its_persons(opened):
    """Where messages are closed a person sends them; without an authorisation nobody does, unless it may be done already."""
    talk = Talk(can_message=False)
    try:
        talk.writes("+A")
        talk.settle(minutes=3)
        (task,) = talk.read(lambda q: q.open_tasks(1, 9))
        if opened:
            assert tasks.open_task(talk.ctx, task.outgoing_id, ME).standing == "go"
        end(talk)
        one = talk.read(lambda q: q.outgoing(task.outgoing_id))
        assert (one.state, one.code) == (("task", "") if opened else ("held", "AUTHORISATION_ENDED"))
        if not opened:
            assert talk.read(lambda q: q.open_tasks(1, 9)) == []
            again(talk, open_id=ACCOUNT)
            assert waiting(talk).count("message") == 1
        assert audit.verify(talk.ctx).ok
    finally:
        talk.close()


def test_letting_go_sends_nothing(world):
    world.comment("+A", "price")
    end(world)
    again(world)
    assert resuming.decide(world.ctx, 1, plan=False, who=ME) == resuming.Decided(planned=0, let_go=1)
    world.step(HOUR)
    world.flow()
    assert not world.calls
    assert states(world) == [("reply", "cancelled", "AUTHORISATION_ENDED")]


def test_what_is_approved_while_it_is_ended_waits_too(world):
    world.comment("+A", "grumpy price")
    end(world)
    world.approve("Dank je wel.")
    world.step(HOUR)
    world.flow()
    assert not world.calls
    assert ("reply", "held", "AUTHORISATION_ENDED") in states(world)


def test_when_it_ended_is_told_as_long_as_it_is(world):
    account = world.ctx.store.read(lambda q: connections.account_of(q, 1))
    assert world.ctx.store.read(lambda q: ended.ended_at(q, account)) is None
    end(world)
    account = world.ctx.store.read(lambda q: connections.account_of(q, 1))
    assert world.ctx.store.read(lambda q: ended.ended_at(q, account)) == world.ctx.clock.now()
