"""The dispatcher's own manners: what waits, what is not called any more, and what never holds up the rest."""

import asyncio
import json

import pytest

from goodstanding.kernel.timing import HOUR, MINUTE
from goodstanding.usecases import moderation, settling
from goodstanding.usecases.ports import SendResult
from tests.faults.world import World


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def planned(world, *viewers):
    for viewer in viewers:
        world.comment(viewer, "price")
    world.step(3 * MINUTE)


def states(world):
    return [(o.state, o.code) for o in world.rows()]


def test_a_call_that_would_begin_too_late_is_not_made(world, monkeypatch):
    """Others may have taken the act for lost by then and read back that it is absent."""
    planned(world, "+A", "+B")
    monkeypatch.setattr(settling, "CALL_SECONDS", 0.05)
    begun = []

    async def slow(permit):
        begun.append(permit.outgoing.id)
        await asyncio.sleep(1)

    monkeypatch.setattr(world.platform, "carry_out", slow)
    world.run(world.dispatcher().send_due())
    assert len(begun) == 1
    assert sorted(states(world)) == [("planned", "BATCH_LATE"), ("unknown", "NO_ANSWER")]


@pytest.mark.parametrize(
    ("forbid", "code"),
    [
        (lambda w: w.freeze(), "FREEZE"),
        (lambda w: w.kill(True), "KILL_SWITCH"),
        (lambda w: w.withdraw("+B"), "CONSENT_WITHDRAWN"),
        (lambda w: w.suppress("+B"), "SUPPRESSED"),
    ],
)
def test_a_permit_that_became_void_is_not_used(world, forbid, code):
    planned(world, "+A", "+B")
    world.flow(hook=lambda: forbid(world))
    assert len(world.calls) == 1
    assert sorted(states(world)) == [("planned", code), ("sent", "")]


def test_a_freeze_holds_and_a_lift_lets_go(world):
    """Nothing that was only held up is lost."""
    planned(world, "+A")
    world.freeze()
    world.flow()
    assert states(world) == [("planned", "FREEZE")]
    world.lift()
    world.step(6 * MINUTE)
    world.flow()
    assert states(world) == [("sent", "")]


def test_a_lift_that_discards_cancels(world):
    planned(world, "+A")
    world.freeze()
    world.lift(discard=True)
    world.flow()
    assert states(world) == [("cancelled", "FREEZE")]


def test_a_doubtful_clock_holds_answers_and_puts_nothing_off(world):
    planned(world, "+A")
    world.comment("+B", "insult")
    before = [o.not_before for o in world.rows() if o.act == "reply"]
    world.turn_clock(8 * 24 * HOUR)
    world.flow()
    assert [c.act for c in world.calls] == ["hide"], "harm is hidden all the same"
    assert [o.not_before for o in world.rows() if o.act == "reply"] == before
    world.offset = 0
    world.house()
    world.flow()
    assert [c.act for c in world.calls] == ["hide", "reply"]


def test_one_answer_nobody_can_read_does_not_keep_the_others_waiting(world, monkeypatch):
    planned(world, "+A", "+B")
    world.flow("lost_after", "lost_after")
    world.step(8 * MINUTE)
    first = world.rows()[0].id
    real = world.found
    monkeypatch.setattr(world, "found", lambda one: 1 // 0 if one.id == first else real(one))
    world.run(world.dispatcher().look_for_unknown())
    assert [o.state for o in sorted(world.rows(), key=lambda o: o.id)] == ["unknown", "sent"]


def test_nothing_is_called_absent_while_the_clock_is_in_doubt(world):
    planned(world, "+A")
    world.flow("lost_after")
    world.turn_clock(HOUR)
    world.step(3 * MINUTE)
    world.run(world.dispatcher().look_for_unknown())
    assert states(world) == [("unknown", "LOST_AFTER")]


def test_hiding_waits_for_what_is_under_way(world):
    target = world.comment("+A", "insult")
    flight = world.reserve()
    world.hide(target)
    world.step(9_000)
    world.flow()
    assert ("planned", "UNDER_WAY") in states(world)
    world.call(flight, "sent")
    world.settle(flight)
    world.step(2 * MINUTE)
    world.flow()
    assert [c.act for c in world.calls] == ["hide"]


def test_a_limit_on_hiding_counts(world):
    for n in range(5):
        world.comment(f"+{n}", "insult")
    world.flow()
    assert len(world.calls) == 3
    world.step(HOUR)
    world.flow()
    assert len(world.calls) == 5


def test_a_limit_of_the_workspace_takes_the_one_lock_of_it(world, monkeypatch):
    from goodstanding.adapters.storage.sqlite import SqliteStatements
    from tests.faults import world as worlds

    taken = []
    monkeypatch.setattr(SqliteStatements, "lock_audit", lambda self: taken.append(1))
    planned(world, "+A")
    taken.clear()
    assert world.reserve() is not None
    without = len(taken)
    limits = (*worlds._LIMITS["usual"], ("workspace", "reply", 100, 24))
    monkeypatch.setitem(worlds._LIMITS, "shared", limits)
    text = worlds.policy_text("shared")
    world.hashes["shared"] = world.ctx.store.write(lambda tx: worlds.policies.keep(world.ctx, tx, text))
    world.activate("shared")
    planned(world, "+B")
    taken.clear()
    assert world.reserve() is not None
    assert len(taken) == without + 1


def test_taking_back_a_cancellation_does_not_shorten_the_delay(world):
    world.comment("+A", "price")
    one = world.rows()[0]
    world.cancel(one.id)
    world.undo()
    again = world.rows()[0]
    assert (again.state, again.not_before) == ("planned", one.not_before)


def test_a_person_who_keeps_a_comment_stops_every_hide(world):
    target = world.comment("+A", "insult")
    world.hide(target)
    world.keep(target)
    world.step(HOUR)
    world.flow()
    assert world.calls == []


def test_a_person_who_saw_a_hide_happen_settles_the_comment(world):
    target = world.comment("+A", "insult")
    world.flow("lost_after")
    world.found = lambda one: SendResult(state="unknown")
    for _ in range(5):
        world.step(5 * MINUTE)
        world.house()
    world.look_in_the_app()
    event = world.event_of(target)
    assert world.ctx.store.read(lambda q: q.event(event)).state == "hidden"
    assert [o.state for o in world.rows()] == ["sent"]


def test_an_approval_runs_out(world):
    world.comment("+A", "grumpy price")
    number = world.approve()
    world.freeze()
    world.step(9_000)
    world.flow()
    world.step(int(moderation.APPROVAL) + MINUTE)
    world.lift()
    world.flow()
    assert world.calls == []
    assert (world.row(number).state, world.row(number).code) == ("cancelled", "APPROVAL_STALE")


@pytest.mark.parametrize("said", ["as it was sent", "trimmed"])
@pytest.mark.parametrize("place", ["under the comment", "in the thread"])
def test_our_own_reply_that_comes_back_settles_an_unknown_outcome(world, place, said):
    """The platform lists an answer to a reply under the first comment of the thread, so its echo names that one."""
    top = "c0" if place == "in the thread" else ""
    told = {
        "external_id": "c1",
        "video_id": "v1",
        "action": "insert",
        "author": "+A",
        "handle": "a",
        "text": "price",
    }
    world.take(json.dumps({**told, "parent_id": top, "at": world.real}).encode())
    world.step(3 * MINUTE)
    world.answer = lambda permit: SendResult(state="unknown", code="NO_ANSWER")
    world.flow()
    (one,) = world.rows()
    assert one.state == "unknown"
    text = one.text if said == "as it was sent" else f" {one.text} \n"
    echo = {
        **told,
        "external_id": "r1",
        "parent_id": top or "c1",
        "author": "+Own",
        "handle": "own",
        "text": text,
    }
    world.take(json.dumps({**echo, "at": world.real}).encode())
    (one,) = world.rows()
    assert (one.state, one.provider_ref) == ("sent", "r1")
    assert world.ctx.store.read(lambda q: q.event(one.event_id)).answered
