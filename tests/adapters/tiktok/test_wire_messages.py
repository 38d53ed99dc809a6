"""Webhooks about messages, publishing and mentions: held to examples, nothing dropped, never raising."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.adapters.tiktok import wire, wire_messages
from goodstanding.usecases.ports import ParsedOther, Unreadable
from goodstanding.usecases.ports.messages import ParsedMessage, ParsedNotice

PAYLOADS = Path(__file__).parents[2] / "payloads" / "tiktok" / "messages"
VIEWER, BRAND = "+SandboxViewer01", "-000SandboxBrandOpenId"
TALK = "sbxConv01Ab+cd=="


def read(name):
    return wire.parse((PAYLOADS / f"{name}.json").read_bytes().removesuffix(b"\n"))


def content_of(name):
    return json.loads(json.loads((PAYLOADS / f"{name}.json").read_bytes())["content"])


def test_there_is_an_example_of_every_event_and_none_is_left_unread():
    names = {path.name.removesuffix(".json") for path in PAYLOADS.glob("*.json")}
    events = {json.loads((PAYLOADS / f"{name}.json").read_bytes())["event"] for name in names}
    assert events >= {"im_receive_msg", "im_send_msg", *wire_messages.NOTICES, "post.publish.failed"}
    assert all(isinstance(read(name), ParsedMessage | ParsedNotice) for name in names)


@pytest.mark.parametrize(
    "form", ["text", "image", "video", "sticker", "emoji", "share_post", "reaction", "type_of_tomorrow"]
)
def test_a_message_of_every_type_names_its_sender_conversation_and_own_time(form):
    found = read(f"im_receive_msg.{form}")
    assert (found.person, found.handle, found.own) == (VIEWER, "viewer01", False)
    assert (found.conversation_id, found.external_id, found.at) == (TALK, "sbxMsg02Ab==", 1790000200456)
    assert found.kind == {"type_of_tomorrow": "hologram"}.get(form, form)


def test_a_tap_carries_our_button_and_the_card_it_was_on():
    found = read("im_receive_msg.tap")
    assert (found.text, found.button, found.card) == ("Ja, graag", "consent:yes:marketing:v1", "sbxMsg01Ab==")


def test_numbers_stay_exact():
    assert read("im_receive_msg.share_post").text == "7203946942097902849"
    assert dict(read("brand.mention.event").data)["video"] == "7203946942097902849"
    assert dict(read("post.publish.publicly_available").data)["post"] == "7203946942097902849"


@pytest.mark.parametrize(("name", "via", "text"), [
    ("api", "API", "Bedankt voor je bericht!"), ("app", "APP", "Hoi!"), ("card", "API", "Mogen we je tips mailen?"), ("welcome", "OTHERS", "Welkom!"),
])  # fmt: skip
def test_an_echo_is_about_the_person_it_went_to(name, via, text):
    found = read(f"im_send_msg.{name}")
    assert (found.own, found.person, found.handle, found.via, found.text) == (
        True,
        VIEWER,
        "viewer01",
        via,
        text,
    )


def test_what_else_a_message_carries():
    assert read("im_receive_msg.quote").quoted == "sbxMsg01Ab=="
    assert read("im_receive_msg.reaction").quoted == "sbxMsg01Ab=="
    assert read("im_receive_msg.image").media == "sbxMedia01"
    assert read("im_send_msg.welcome").auto == "WELCOME_MESSAGE"


@pytest.mark.parametrize(("name", "key", "person", "data"), [
    ("im_receive_msg_eu", "eu:1790000200456", "", {}),
    ("im_mark_read_msg", f"read:{TALK}:1790000190000", VIEWER, {"read_at": "1790000190000"}),
    ("im_referral_msg.short_link", f"referral:{TALK}:1790000200456", VIEWER, {"source": "short_link", "ref": "bio_nov"}),
    ("im_referral_msg.ad", f"referral:{TALK}:1790000200456", VIEWER, {"source": "ad", "ad": "1789"}),
    ("im_receive_high_intent_comment", "7247303576418566913", VIEWER, {}),
    ("im_auto_message_config_update", "11:ENABLE:1790000200456", "", {"id": "11", "change": "ENABLE", "type": "WELCOME_MESSAGE"}),
    ("im_auto_message_audit_update", "11:APPROVED:1790000200456", "", {"id": "11", "change": "APPROVED", "type": "WELCOME_MESSAGE"}),
    ("brand.mention.event", f"7203946942097902849::CREATE:{VIEWER}", VIEWER, {"change": "CREATE", "type": "VIDEO_MENTION", "video": "7203946942097902849"}),
    ("post.publish.failed", "v_pub~1:", "", {"publish": "v_pub~1", "reason": "spam_risk", "type": "DIRECT_PUBLISH"}),
])  # fmt: skip
def test_a_notice_has_a_natural_key_and_no_free_text(name, key, person, data):
    found = read(name)
    assert (found.key, found.person, dict(found.data)) == (key, person, data)
    said = {"wat kost dit?", "kijk @demo.brand", "Welkom!", "INFO", "verzonnen"}
    assert not said & {value for _, value in found.data}


def test_a_notice_without_a_time_takes_the_envelopes():
    assert read("post.publish.failed").at == 1790000200000


def told(event, sent_at, **content):
    body = {"event": event, "user_openid": BRAND, "create_time": sent_at, "content": json.dumps(content)}
    return wire.parse(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("event", "content"),
    [
        ("im_receive_msg_eu", {"to": "demo.brand"}),
        ("brand.mention.event", {"type_of_event": "EDIT", "video_id": 5, "mention_type": "VIDEO MENTION"}),
        ("post.publish.publicly_available", {"publish_id": "p", "post_id": 7}),
    ],
)
def test_what_can_happen_again_is_no_repetition(event, content):
    first, again, later = (told(event, at, **content) for at in (1_790_000_000, 1_790_000_000, 1_790_000_600))
    assert first.key == again.key
    assert first.key != later.key


@pytest.mark.parametrize("spelling", ["VIDEO_MENTION", "VIDEO MENTION"])
def test_both_spellings_of_a_mention_are_one(spelling):
    found = told(
        "brand.mention.event", 1_790_000_000, type_of_event="CREATE", video_id=5, mention_type=spelling
    )
    assert dict(found.data)["type"] == "VIDEO_MENTION"


def test_an_unknown_event_of_messages_is_kept_as_unknown():
    body = json.dumps({"event": "im_something_new", "user_openid": BRAND, "content": "{}"}).encode()
    assert wire.parse(body) == ParsedOther(event="im_something_new", known=False)


@pytest.mark.parametrize("lacks", ["conversation_id", "message_id", "timestamp", "type"])
def test_a_message_that_lacks_what_it_needs_is_unreadable_and_so_kept(lacks):
    content = {k: v for k, v in content_of("im_receive_msg.text").items() if k != lacks}
    body = json.dumps(
        {"event": "im_receive_msg", "user_openid": BRAND, "content": json.dumps(content)}
    ).encode()
    assert wire.parse(body) == Unreadable(problem="MESSAGE_CONTENT")


def test_our_own_account_is_never_taken_for_a_person():
    content = {**content_of("im_receive_msg.text"), "unique_identifier": BRAND}
    body = json.dumps(
        {"event": "im_receive_msg", "user_openid": BRAND, "content": json.dumps(content)}
    ).encode()
    assert isinstance(wire.parse(body), Unreadable)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 2**70) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(
    event=st.sampled_from(["im_receive_msg", "im_send_msg", "post.publish.complete", *wire_messages.NOTICES]),
    name=st.sampled_from([path.name.removesuffix(".json") for path in sorted(PAYLOADS.glob("*.json"))]),
    changes=st.dictionaries(
        st.sampled_from(["text", "type", "template", "reaction", "timestamp", "to_user", "read", "referral", "comment_id", "message_tag", "reply_source_payload", "post_id", "reason"]),
        values, max_size=3,
    ),
)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_no_content_makes_it_raise(event, name, changes):
    content = json.dumps({**content_of(name), **changes})
    body = json.dumps({"event": event, "user_openid": BRAND, "create_time": 1, "content": content}).encode()
    assert wire.parse(body) is not None


def test_deep_nesting_is_unreadable():
    deep = '{"conversation_id":"c","timestamp":1,"type":"text","text":' + "[" * 50_000
    body = json.dumps({"event": "im_receive_msg", "user_openid": BRAND, "content": deep}).encode()
    assert isinstance(wire.parse(body), Unreadable)
