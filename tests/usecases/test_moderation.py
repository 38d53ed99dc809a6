"""What people decide, and taking it back."""

import pytest

from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import moderation
from tests.faults.world import World


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


@pytest.fixture
def case(world):
    world.comment("+A", "grumpy price")
    (found,) = world.cases()
    return found


def last_act(world):
    return world.ctx.store.read(lambda q: q.acts(person_id=None, limit=1))[0]


def test_a_case_is_one_persons_for_a_minute(world, case):
    assert moderation.claim(world.ctx, case.id, 1).claimed_by == 1
    assert moderation.claim(world.ctx, case.id, 1).claimed_by == 1, "one's own lease is renewed"
    with pytest.raises(moderation.MovedOnError) as told:
        moderation.claim(world.ctx, case.id, 2)
    assert told.value.fields == {"by": 1}
    world.step(int(moderation.LEASE))
    assert moderation.claim(world.ctx, case.id, 2).claimed_by == 2


def test_a_claim_that_lost_the_race_says_so(world, case, monkeypatch):
    from goodstanding.adapters.storage.sqlite import SqliteStatements

    monkeypatch.setattr(SqliteStatements, "change_case", lambda self, *args: False)
    with pytest.raises(moderation.MovedOnError):
        moderation.claim(world.ctx, case.id, 2)


def test_the_proposal_is_approved_as_it_stands(world, case):
    proposed = world.row(case.outgoing_id).text
    number = moderation.approve(world.ctx, case.id, 1)
    one = world.row(number)
    assert (one.state, one.text, one.approved_by) == ("planned", proposed, 1)
    assert one.not_before == world.clock.now() + moderation.GRACE
    assert last_act(world).kind == "approve"
    with pytest.raises(moderation.MovedOnError):
        moderation.approve(world.ctx, case.id, 2)


@pytest.mark.parametrize("text", ["a" * 1_201, "\U0001f44d" * 601])
def test_a_text_the_platform_would_not_take_is_refused_at_once(world, case, text):
    with pytest.raises(moderation.TextError) as refused:
        moderation.approve(world.ctx, case.id, 1, text=text)
    assert refused.value.fields == {"most": 1_200}
    assert world.row(case.outgoing_id).state == "held"
    moderation.approve(world.ctx, case.id, 1, text=text[:600])


def test_an_edit_is_told_apart_and_both_texts_are_sealed(world, case):
    moderation.approve(world.ctx, case.id, 1, text="  Anders.  ")
    assert (last_act(world).kind, world.row(case.outgoing_id).text) == ("edit", "Anders.")


def test_nothing_to_send_is_refused(world, case):
    with pytest.raises(moderation.GoneError):
        moderation.approve(world.ctx, case.id, 1, text="   ")
    with pytest.raises(moderation.GoneError):
        moderation.approve(world.ctx, 999, 1)
    assert world.cases() == [case]


def test_reject_and_take_it_back(world, case):
    moderation.reject(world.ctx, case.id, 1, reason="past niet")
    assert (world.row(case.outgoing_id).state, world.cases()) == ("cancelled", [])
    act = last_act(world)
    assert moderation.undo(world.ctx, act.id, 2) == "cancelled"
    assert world.row(case.outgoing_id).state == "held"
    assert [c.id for c in world.cases()] == [case.id]
    with pytest.raises(moderation.GoneError):
        moderation.undo(world.ctx, act.id, 2)
    with pytest.raises(moderation.GoneError):
        moderation.undo(world.ctx, last_act(world).id, 2)


def test_an_approval_is_taken_back_before_it_leaves(world, case):
    moderation.approve(world.ctx, case.id, 1)
    assert moderation.undo(world.ctx, last_act(world).id, 1) == "cancelled"
    one = world.row(case.outgoing_id)
    assert (one.state, one.approved_by, one.approved_hash) == ("held", None, None)


def test_a_hide_is_taken_back_or_reversed(world):
    target = world.comment("+A", "hello")
    event = world.event_of(target)
    world.hide(target)
    assert moderation.undo(world.ctx, last_act(world).id, 1) == "cancelled"
    world.hide(target)
    world.step(MINUTE)
    world.flow()
    assert moderation.undo(world.ctx, last_act(world).id, 1) == "reversed"
    world._person_planned(event)
    world.step(MINUTE)
    world.flow()
    assert [c.act for c in world.calls] == ["hide", "unhide"]
    assert world.ctx.store.read(lambda q: q.event(event)).state == "public"


def test_keeping_shows_a_hidden_comment_again(world):
    target = world.comment("+A", "insult")
    world.flow()
    world.keep(target)
    world.step(MINUTE)
    world.flow()
    assert [c.act for c in world.calls] == ["hide", "unhide"]


def test_what_has_left_cannot_be_cancelled(world):
    world.comment("+A", "price")
    world.step(3 * MINUTE)
    world.flow()
    with pytest.raises(moderation.CannotUndoError) as told:
        moderation.cancel(world.ctx, world.rows()[0].id, 1)
    assert told.value.fields == {"kind": "sent"}
    with pytest.raises(moderation.GoneError):
        moderation.cancel(world.ctx, 999, 1)


def test_every_act_is_sealed_with_who_did_it(world, case):
    moderation.approve(world.ctx, case.id, 7, text="Anders.")
    entry = world.ctx.store.read(lambda q: q.audit_newest(before=2**62, limit=1))[0]
    assert entry.kind == "review"
    assert b'"id":"7"' in entry.body
    assert b"Anders" not in entry.body, "words are only in the vault"
