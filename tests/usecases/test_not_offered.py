"""The platform refuses a reply or a hide for the whole account: off from then on, and people see what is left."""

import json

import pytest

from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import audit, connections, replay
from goodstanding.usecases.context import person
from tests.faults.talk import Talk
from tests.faults.world import World


@pytest.fixture
def world():
    world = World()
    yield world
    assert audit.verify(world.ctx).ok
    assert not replay.replay(world.ctx).differences
    world.close()


def account(world):
    return world.ctx.store.read(lambda q: q.accounts())[0]


def acts(world):
    rows = world.ctx.store.read(lambda q: q.audit_newest(before=2**62, limit=50, kind="account"))
    return [json.loads(row.body)["body"] for row in rows]


@pytest.mark.parametrize(
    ("text", "flag", "other", "feature"),
    [
        ("price", "can_reply", "can_hide", "comments.reply"),
        ("insult", "can_hide", "can_reply", "comments.hide"),
    ],
)
def test_a_refusal_for_the_account_turns_that_feature_off_and_asks_a_person(
    world, text, flag, other, feature
):
    world.comment("+A", text)
    world.step(3 * MINUTE)
    world.flow("not_offered")
    assert getattr(account(world), flag) is False
    assert getattr(account(world), other) is True, "the rest goes on"
    finding = next(
        f for f in world.ctx.store.read(lambda q: connections.standing(q, 1)).findings if f.feature == feature
    )
    assert [(why.code, why.detail) for why in finding.why] == [("ANSWERED", "40118")]
    assert (acts(world)[0]["act"], acts(world)[0]["feature"], acts(world)[0]["code"]) == (
        "answered-no", feature, 40118,
    )  # fmt: skip
    (case,) = world.cases()
    assert case.code == "CAPABILITY"
    assert world.row(case.outgoing_id).state == "failed"


def test_the_rest_of_the_batch_is_not_called_and_waits_for_a_person(world):
    for number in range(3):
        world.comment(f"+{number}", "price")
    world.step(3 * MINUTE)
    world.flow("not_offered")
    assert len(world.calls) == 1
    for _ in range(3):
        world.step(2 * MINUTE)
        world.flow()
    assert len(world.calls) == 1, "nothing more is tried"
    cases = world.cases()
    assert [case.code for case in cases] == ["CAPABILITY"] * 3
    assert sorted(world.row(case.outgoing_id).state for case in cases) == ["failed", "held", "held"]


def test_planned_hides_go_to_a_person_too(world):
    world.comment("+A", "insult")
    world.comment("+B", "insult")
    world.step(3 * MINUTE)
    world.flow("not_offered")
    world.step(2 * MINUTE)
    world.flow()
    assert (len(world.calls), [case.code for case in world.cases()]) == (1, ["CAPABILITY"] * 2)


def test_a_new_comment_is_not_answered_any_more_until_another_type_is_learned(world):
    world.comment("+A", "price")
    world.step(3 * MINUTE)
    world.flow("not_offered")
    world.comment("+B", "price")
    world.step(3 * MINUTE)
    world.flow()
    assert len(world.calls) == 1
    connections.state_facts(world.ctx, 1, who=person(1), account_type="business")
    assert account(world).can_reply


def test_a_stopped_account_brings_no_flood_of_cases(world):
    for number in range(3):
        world.comment(f"+{number}", "price")
    world.step(3 * MINUTE)
    world.kill(True)
    world.ctx.store.write(lambda tx: tx.change_account(1, {"can_reply": False}))
    world.flow()
    assert (world.cases(), world.calls) == ([], [])


@pytest.mark.parametrize(("before", "after"), [(True, False), (False, True), (True, True), (False, False)])
def test_words_planned_while_messages_were_open_are_not_sent_once_they_are_closed(before, after):
    """Nor the other way round: a person finds words that fit."""
    talk = Talk(can_message=before)
    talk.comment("+A", "Wat kost die pan?")
    (planned,) = talk.acts("+A", "reply")
    assert planned.template == ("price" if before else "bio")
    talk.store.write(lambda tx: tx.change_account(1, {"can_message": after}))
    talk.settle()
    (row,) = talk.acts("+A", "reply")
    fits = before == after
    assert (row.state, row.code) == (("sent", "") if fits else ("held", "WORDING_CLOSED"))
    assert [case.code for case in talk.cases()] == ([] if fits else ["WORDING_CLOSED"])
    talk.check()
    talk.close()
