"""What is known of a connection, and what a decision is told because of it."""

import msgspec
import pytest

from goodstanding.core.audit.entries import Entry
from goodstanding.core.capability import is_on
from goodstanding.usecases import connections, policies
from goodstanding.usecases.context import person
from goodstanding.usecases.ports.connections import Connection, Profile
from tests.faults.world import World

ME = person(1)


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def account(world):
    return world.ctx.store.read(lambda q: q.accounts())[0]


def entries(world):
    rows = world.ctx.store.read(lambda q: q.audit_newest(before=2**62, limit=50))
    return [msgspec.json.decode(r.body, type=Entry) for r in rows if r.kind == "account"]


def connected(world, **changes):
    scopes = "comment.list comment.list.manage message.list.send"
    row = Connection(account_id=1, state="connected", scopes=scopes, account_type="business", country="ID")
    world.ctx.store.write(lambda tx: tx.add_connection(msgspec.structs.replace(row, **changes)))


def test_learning_a_type_turns_messages_on_and_off_and_is_sealed(world):
    connected(world, account_type="unknown")
    assert connections.learn(world.ctx, 1, Profile(account_type="business", followers=120))
    assert account(world).can_message
    newest = entries(world)[0]
    assert (newest.body["act"], newest.body["acts"]) == ("learned", {"can_message": 1})
    assert {"messages.send"} <= set(newest.body["on"])
    assert newest.actor.type == "platform"
    connections.learn(world.ctx, 1, Profile(account_type="personal"))
    assert not account(world).can_message
    assert "messages.send" in entries(world)[0].body["off"]


def test_learning_the_same_again_changes_nothing(world):
    connected(world)
    facts = Profile(
        account_type="business", verified=True, followers=5, handle="own2", name="Own two", identifier="+New"
    )
    assert connections.learn(world.ctx, 1, facts)
    count = len(entries(world))
    assert not connections.learn(world.ctx, 1, facts)
    assert len(entries(world)) == count
    assert (account(world).handle, account(world).name, account(world).identifier) == (
        "own2",
        "Own two",
        "+New",
    )


def test_followers_alone_are_kept_without_an_entry_until_they_turn_a_feature(world):
    connected(world, scopes="user.insights")
    connections.learn(world.ctx, 1, Profile(followers=40))
    before = len(entries(world))
    connections.learn(world.ctx, 1, Profile(followers=60))
    assert len(entries(world)) == before
    assert world.ctx.store.read(lambda q: q.connection(1)).followers == 60
    connections.learn(world.ctx, 1, Profile(followers=100))
    assert entries(world)[0].body["on"] == ["insights.audience"]


def test_stating_a_country_closes_messages(world):
    connected(world)
    connections.learn(world.ctx, 1, Profile(account_type="business", verified=True))
    connections.state_facts(world.ctx, 1, who=ME, country="nl", programmes=["creator-rewards", "nonsense"])
    found = world.ctx.store.read(lambda q: connections.standing(q, 1))
    assert (found.connection.country, found.connection.programmes) == ("NL", "creator-rewards")
    assert not is_on(found.findings, "messages.send")
    assert [c.id for c in found.conflicts][:2] == ["REWARDS-TYPE", "REWARDS-MESSAGES"]
    assert not account(world).can_message
    assert entries(world)[0].body["country"] == "NL"


def test_the_old_name_of_a_country_is_understood_and_a_wrong_one_refused(world):
    connections.state_facts(world.ctx, 1, who=ME, country=" uk ")
    assert world.ctx.store.read(lambda q: q.connection(1)).country == "GB"
    with pytest.raises(connections.BadCountryError):
        connections.state_facts(world.ctx, 1, who=ME, country="Nederland")
    with pytest.raises(connections.NoAccountError):
        connections.state_facts(world.ctx, 99, who=ME, country="NL")


def test_an_account_that_worked_before_there_were_rows_goes_on_working(world):
    assert account(world).can_reply
    connections.learn(world.ctx, 1, Profile(account_type="personal", followers=10))
    found = account(world)
    assert (found.can_reply, found.can_hide, found.can_message) == (True, True, False)


def test_the_platforms_own_no_turns_one_feature_off_until_the_type_is_learned_anew(world):
    connected(world)
    connections.learn(world.ctx, 1, Profile(verified=True))
    world.ctx.store.write(
        lambda tx: connections.answered_no(world.ctx, tx, account(world), "messages.send", 40118)
    )
    assert not account(world).can_message
    assert account(world).can_reply
    assert entries(world)[0].body["code"] == 40118
    count = len(entries(world))
    world.ctx.store.write(
        lambda tx: connections.answered_no(world.ctx, tx, account(world), "messages.send", 40118)
    )
    assert len(entries(world)) == count
    connections.learn(world.ctx, 1, Profile(account_type="personal"))
    connections.learn(world.ctx, 1, Profile(account_type="business"))
    assert account(world).can_message


def test_a_removal_stops_the_account_starts_the_clock_and_keeps_the_log(world):
    connected(world)
    world.comment("+A", "price")
    before = len(entries(world))
    world.ctx.store.write(lambda tx: tx.change_account(1, {"credentials": b"x"}))
    for _ in range(2):
        world.ctx.store.write(
            lambda tx: connections.removed(
                world.ctx, tx, account(world), code="4", who=("platform", "tiktok")
            )
        )
    found = world.ctx.store.read(lambda q: q.connection(1))
    assert (found.state, found.removed_code, found.scopes) == ("removed", "4", "")
    assert found.delete_after == found.removed_at + 30 * 86_400_000
    assert world.ctx.store.read(lambda q: q.credentials(1)) is None
    assert (account(world).killed, account(world).can_reply) == (True, False)
    assert len(entries(world)) == before + 1, "the second notice changes nothing"
    notice = world.ctx.store.read(lambda q: connections.notices(world.ctx, q))[0]
    assert (notice.code, notice.detail) == ("REMOVED", "4")


def test_rules_that_can_never_act_here_are_named_with_the_feature_that_is_off(world):
    connected(world, scopes="comment.list")
    policy = policies.active(world.ctx, account(world)).policy

    def idle():
        found = world.ctx.store.read(lambda q: connections.standing(q, 1))
        return {(rule.then, finding.feature) for rule, finding in connections.idle_rules(policy, found)}

    assert idle() == {("reply", "comments.reply"), ("hide", "comments.hide")}
    world.ctx.store.write(lambda tx: tx.change_connection(1, {"scopes": "comment.list comment.list.manage"}))
    assert idle() == set()
    world.ctx.store.write(lambda tx: tx.change_connection(1, {"scopes": ""}))
    world.ctx.store.write(lambda tx: tx.change_account(1, {"mode": "assisted"}))
    assert idle() == set(), "a person acts, whatever the interface offers"
