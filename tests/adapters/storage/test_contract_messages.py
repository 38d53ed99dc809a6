"""What both databases promise of conversations, contents and consent."""

import pytest

from goodstanding.usecases.ports.messages import ConsentEvidence, Conversation, MessageContent
from tests import support
from tests.adapters.storage.test_contract import read, write
from tests.support import NOW


def conversation(name, **changes):
    values = {
        "account_id": 1, "external_id": name, "contact_id": 1, "kind": "STRANGER", "wrote_at": NOW, "read_at": None,
        "referral": "", "created_at": NOW,
    }  # fmt: skip
    return Conversation(**values | changes)


def evidence(number, **changes):
    values = {
        "id": number, "account_id": 1, "contact_id": 1, "purpose": "marketing", "answer": "given", "text_version": "v1",
        "source": "button", "source_id": f"m{number}", "question_id": "q", "at": NOW, "seq": number,
    }  # fmt: skip
    return ConsentEvidence(**values | changes)


def test_a_conversation_keeps_the_later_times_whatever_comes_last(store):
    write(store, "put_conversations", [conversation("c1", referral="bio")])
    write(store, "put_conversations", [conversation("c1", wrote_at=NOW - 5, read_at=NOW + 3, kind="SINGLE")])
    write(
        store, "put_conversations", [conversation("c1", wrote_at=None, read_at=NOW + 1, created_at=NOW + 9)]
    )
    assert read(store, "conversations", 1, ["c1", "c2"]) == {
        "c1": conversation("c1", read_at=NOW + 3, kind="SINGLE", referral="bio")
    }
    write(store, "put_conversations", [conversation("c1", wrote_at=NOW + 7)])
    assert read(store, "conversations", 1, ["c1"])["c1"].wrote_at == NOW + 7


def test_a_contact_is_found_where_it_wrote_last(store):
    rows = [conversation("old"), conversation("new", wrote_at=NOW + 1), conversation("other", contact_id=2)]
    write(store, "put_conversations", [*rows, conversation("never", wrote_at=None)])
    assert read(store, "conversation_of", 1).external_id == "new"
    assert read(store, "conversation_of", 3) is None


def test_contents_come_back_as_they_were(store):
    card = MessageContent(
        account_id=1,
        outgoing_id=1,
        kind="card",
        purpose="marketing",
        version="v1",
        buttons=(("a", "Ja"), ("b", "Nee")),
    )
    post = MessageContent(account_id=1, outgoing_id=2, kind="share_post")
    write(store, "add_message_contents", [card, post])
    assert read(store, "message_contents", [1, 2, 3]) == {1: card, 2: post}
    assert read(store, "message_contents", []) == {}


def test_messages_are_told_from_comments_and_notes(store):
    mine = {"kind": "message", "parent_id": "c1", "video_id": ""}
    rows = [
        support.event(1),
        support.event(2, at=NOW + 2, **mine),
        support.event(3, at=NOW + 1, own=True, **mine),
        support.event(4, action="reaction", **mine),
        support.event(5, contact_id=2, own=True, **mine),
    ]
    write(store, "add_events", rows)
    assert [one.id for one in read(store, "messages_of", 1, limit=9)] == [3, 2]
    assert read(store, "own_messages", [1, 2], NOW) == [(1, "c3", NOW + 1)]
    assert sorted(read(store, "own_messages", [1, 2], NOW - 1)) == [(1, "c3", NOW + 1), (2, "c5", NOW)]


def test_acts_of_a_contact_are_messages_only(store):
    write(store, "add_outgoing", [support.outgoing(1, act="message"), support.outgoing(2)])
    found = read(store, "message_acts", [1, 2])
    assert ([one.id for one in found[1]], found[2]) == ([1], [])


def test_an_act_is_settled_from_the_named_states_only(store):
    write(store, "add_outgoing", [support.outgoing(1, act="message", state="sending", attempt_at=NOW)])
    assert write(store, "settle_from", 1, ["sending", "unknown"], {"state": "sent", "provider_ref": "m1"})
    assert not write(store, "settle_from", 1, ["sending", "unknown"], {"state": "sent", "provider_ref": "m2"})
    assert read(store, "outgoing", 1).provider_ref == "m1"


def test_evidence_is_kept_in_order_and_once_for_a_source(store):
    write(
        store, "add_consent_evidence", [evidence(1), evidence(2, answer="refused"), evidence(3, contact_id=2)]
    )
    assert read(store, "consent_evidence", 1) == [evidence(1), evidence(2, answer="refused")]
    with pytest.raises(Exception, match=r"(?i)unique"):
        write(store, "add_consent_evidence", [evidence(4, source_id="m1")])


def test_erasing_takes_conversations_and_sources_of_one_contact(store):
    write(store, "put_conversations", [conversation("c1"), conversation("c2", contact_id=2)])
    write(store, "add_consent_evidence", [evidence(1), evidence(2, contact_id=2)])
    assert write(store, "erase_messages", 1) == {"conversation": 1, "consent_evidence": 1}
    assert list(read(store, "conversations", 1, ["c1", "c2"])) == ["c2"]
    assert [one.source_id for one in read(store, "consent_evidence", 1)] == ["erased:1"]
    assert read(store, "consent_evidence", 2) == [evidence(2, contact_id=2)]


def test_another_workspace_sees_nothing(bench, store):
    write(store, "put_conversations", [conversation("c1")])
    write(store, "add_consent_evidence", [evidence(1)])
    write(store, "add_message_contents", [MessageContent(account_id=1, outgoing_id=1, kind="image")])
    other = bench.another(workspace=2)
    assert read(other, "conversations", 1, ["c1"]) == {}
    assert read(other, "conversation_of", 1) is None
    assert read(other, "consent_evidence", 1) == []
    assert read(other, "message_contents", [1]) == {}
    assert write(other, "erase_messages", 1) == {"conversation": 0, "consent_evidence": 0}
