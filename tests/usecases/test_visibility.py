"""A reply that TikTok hides without a word is found, counted, sealed, and freezes the account."""

import json

import pytest

from goodstanding.kernel.timing import HOUR, MINUTE
from goodstanding.usecases import incidents
from goodstanding.usecases.ports import Outgoing
from goodstanding.usecases.ports.feed import ReadFailedError
from goodstanding.usecases.visibility import SPAM_FLAG, Visibility, is_told_public
from tests.feed_world import VIDEO, feed_world


@pytest.fixture
def world(tmp_path):
    with feed_world(tmp_path) as made:
        made.settle()
        yield made


def replied(world, text="Dank je wel!"):
    """Reply at TikTok as the dispatcher would, and note it as sent; returns the act."""
    from goodstanding.usecases.ports import SendPermit

    target = world.comment()
    world.look(MINUTE)
    number = world.read(lambda q: q.known_events(1, "tiktok", [target]))[target, "insert"]
    account = world.read(lambda q: q.accounts())[0]
    now = world.ctx.clock.now()

    def work(tx):
        one = Outgoing(
            id=tx.ids("outgoing"), account_id=1, event_id=number, act="reply", ordinal=7, contact_id=0, video_id=VIDEO,
            target_id=target, rule="r", template="t", variant=0, language="nl", text=text, state="planned", code="",
            not_before=now, attempt_at=None, settled_at=None, fence=0, provider_ref="", approved_by=None, approved_hash=None,
            approved_until=None, created_at=now,
        )  # fmt: skip
        tx.add_outgoing([one])
        return one

    one = world.ctx.store.write(work)
    result = world.run(world.ctx.platforms["tiktok"].carry_out(SendPermit(account=account, outgoing=one)))
    assert result.state == "sent"
    changes = {"state": "sent", "attempt_at": now, "settled_at": now, "provider_ref": result.provider_ref}
    world.ctx.store.write(lambda tx: tx.change_outgoing(one.id, {"state": "sending"}))
    world.ctx.store.write(lambda tx: tx.change_outgoing(one.id, changes))
    return one.id, result.provider_ref


def look(world):
    return world.run(Visibility(ctx=world.ctx).step())


def states(world):
    return {
        r.outgoing_id: r.state
        for state in ("waiting", "seen", "hidden", "gone")
        for r in world.read(lambda q, state=state: q.reply_watches(1, state=state, limit=99))
    }


def freezes(world):
    return [(f.account_id, f.scope, f.reason) for f in world.read(lambda q: q.freezes(active_only=True))]


def flags(world):
    rows = world.read(lambda q: q.audit_newest(before=10**9, limit=500))
    return [b["body"] for r in rows if (b := json.loads(r.body))["body"].get("action") == "shadow_hidden"]


def test_a_visible_reply_is_seen_and_not_before_its_time(world):
    number, _ = replied(world)
    assert look(world) == 0
    assert states(world) == {number: "waiting"}
    world.step(15 * MINUTE)
    assert look(world) == 1
    assert states(world) == {number: "seen"}
    assert freezes(world) == []
    assert look(world) == 0


def test_replies_from_before_the_account_was_read_are_left(world):
    replied(world)
    now = world.ctx.clock.now()
    world.ctx.store.write(lambda tx: tx.put_setting("feed_since", str(now + MINUTE), now, account_id=1))
    world.step(HOUR)
    assert look(world) == 0
    assert states(world) == {}


def test_a_hidden_reply_is_counted_sealed_and_freezes_the_account(world):
    number, ref = replied(world)
    world.sandbox.state.comments[ref].hidden = True
    look(world)
    world.step(15 * MINUTE)
    look(world)
    assert states(world) == {number: "hidden"}
    assert freezes(world) == [(1, "everything", SPAM_FLAG)]
    assert [f["flags"] for f in flags(world)] == [1]
    # lifted by a person, it is not frozen again for the same reply
    freeze = world.read(lambda q: q.freezes(active_only=True))[0]
    incidents.lift(world.ctx, freeze.id, who=("person", "1"))
    world.step(HOUR)
    look(world)
    assert freezes(world) == []


def test_the_platforms_own_hiding_of_alike_replies_is_found(world):
    """The sandbox hides near-identical replies in a short time silently, as TikTok does."""
    made = [replied(world, "Stuur ons INFO in een bericht voor de link.") for _ in range(5)]
    assert any(world.sandbox.state.comments[ref].shadow_hidden for _, ref in made)
    look(world)
    world.step(16 * MINUTE)
    look(world)
    hidden = {number for number, ref in made if world.sandbox.state.comments[ref].hidden}
    assert {n for n, state in states(world).items() if state == "hidden"} == hidden
    assert len(freezes(world)) == 1, "one freeze, however many were hidden"
    assert len(flags(world)) == len(hidden)


def test_a_webhook_that_says_public_saves_the_call(world, monkeypatch):
    number, ref = replied(world)
    body = {
        "comment_id": int(ref), "video_id": int(VIDEO), "parent_comment_id": 0, "comment_type": "reply",
        "comment_action": "set_to_public", "timestamp": world.ctx.clock.now(), "unique_identifier": "+SbxLotteKookt",
    }  # fmt: skip
    envelope = {
        "client_key": "1",
        "event": "comment.update",
        "create_time": 1,
        "user_openid": "-000SbxLotteKooktOpenId",
    }
    world.webhooks([json.dumps(envelope | {"content": json.dumps(body)}).encode()])
    look(world)
    world.step(15 * MINUTE)

    async def never(*_args):
        raise AssertionError("nothing is asked")

    monkeypatch.setattr(world.ctx.platforms["tiktok"], "comments_by_id", never)
    look(world)
    assert states(world) == {number: "seen"}


def test_a_reply_that_is_not_listed_is_looked_for_again_and_given_up(world):
    number, ref = replied(world)
    world.post("moderate", comment_id=ref, action="delete")
    look(world)
    for _ in range(3):
        world.step(16 * MINUTE)
        look(world)
    assert states(world) == {number: "waiting"}
    world.step(6 * HOUR)
    look(world)
    assert states(world) == {number: "gone"}
    assert freezes(world) == []


def test_what_cannot_be_read_is_not_judged(world, monkeypatch):
    number, _ = replied(world)
    look(world)
    world.step(15 * MINUTE)
    with monkeypatch.context() as patch:

        async def refuses(*_args):
            raise ReadFailedError("retry", "NO_ANSWER")

        patch.setattr(world.ctx.platforms["tiktok"], "comments_by_id", refuses)
        look(world)
        assert states(world) == {number: "waiting"}
    look(world)
    assert states(world) == {number: "seen"}


@pytest.mark.parametrize(
    ("told", "public"),
    [
        ([], False), (["insert"], False), (["insert", "public@5"], True), (["public@5", "hidden@9"], False),
        (["hidden@5", "public@9"], True), (["hidden@9", "public@5"], False),
    ],
)  # fmt: skip
def test_the_last_word_counts(told, public):
    assert is_told_public({("c", action): 1 for action in told}, "c") is public
    assert not is_told_public({("other", "public@5"): 1}, "c")
