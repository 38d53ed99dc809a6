"""Conversations: who may write when, what a subscriber hears, and what the lists show."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox_client import AWAY, DAY, App

from goodstanding.sandbox.images import plain_png
from goodstanding.sandbox.world import Settings, World

BUTTONS = (("Ja, graag", "consent:yes:v3"), ("Nee", "consent:no:v3"))


@pytest.fixture
def app(start):
    client = start(limits=False, webhook=AWAY, start_ms=1_790_000_000_000)
    client.post("clock", freeze=True)
    return App(client, "business-id", username="toko")


def test_a_viewer_opens_the_window_and_the_business_answers(app):
    conversation = app.hears()
    assert app.get("message/conversation/list/", conversation_type="STRANGER")["data"] == {
        "conversations": [
            {"conversation_id": conversation, "update_time": app.events("im_receive")[0]["timestamp"]}
        ],
        "cursor": 1,
        "has_more": False,
    }
    sent = app.sends(conversation)
    assert sent["code"] == 0 and sent["data"]["message"]["message_id"]
    assert app.get("message/conversation/list/", conversation_type="STRANGER")["data"]["conversations"] == []
    assert (
        len(app.get("message/conversation/list/", conversation_type="SINGLE")["data"]["conversations"]) == 1
    )


def test_the_events_of_a_message_and_its_echo_have_the_documented_shape(app):
    conversation = app.hears(is_follower=True)
    message_id = app.sends(conversation, "Wat wil je weten?")["data"]["message"]["message_id"]
    received, echo = app.events("im_")
    viewer = {"id": "+Sbxvera", "role": "personal_account"}
    business = {"id": app.id, "role": "business_account"}
    assert received == {
        "from": "vera",
        "to": "toko",
        "unique_identifier": "+Sbxvera",
        "from_user": viewer,
        "to_user": business,
        "conversation_id": conversation,
        "message_id": received["message_id"],
        "timestamp": received["timestamp"],
        "type": "text",
        "text": {"body": "INFO"},
        "is_follower": True,
        "scene_type": 0,
        "message_tag": {"source": "APP"},
    }
    assert received["timestamp"] > 10**12, "milliseconds"
    assert (echo["from_user"], echo["to_user"], echo["message_id"]) == (business, viewer, message_id)
    assert echo["message_tag"] == {"source": "API"}
    assert echo["unique_identifier"] != "+Sbxvera", "on an echo the customer is to_user"


def test_ten_messages_then_none_until_the_viewer_writes_again(app):
    conversation = app.hears()
    assert [app.sends(conversation, f"bericht {n}")["code"] for n in range(11)] == [0] * 10 + [40064]
    assert "quota" in app.sends(conversation)["message"]
    app.hears(text="en?")
    assert app.sends(conversation)["code"] == 0


def test_after_48_hours_the_window_is_closed_with_another_message(app):
    conversation = app.hears()
    app.later(2 * DAY - 1)
    assert app.sends(conversation)["code"] == 0
    app.client.post("clock", advance_seconds=1)
    refused = app.sends(conversation)
    assert refused["code"] == 40064 and "window" in refused["message"] and "quota" not in refused["message"]
    assert len(app.events("im_send_msg")) == 1


ACTS = st.lists(st.one_of(st.just("write"), st.just("send"), st.integers(0, 3 * DAY)), max_size=60)


@settings(max_examples=150, deadline=None)
@given(acts=ACTS)
def test_under_any_order_of_acts_nothing_leaves_outside_window_and_quota(acts):
    from goodstanding.sandbox.state import Account

    world = World(Settings(start_ms=1_790_000_000_000))
    world.clock.freeze(still=True)
    world.state.add_account(
        Account(open_id="b", unique_identifier="+b", username="b", country="ID", is_business=True)
    )
    viewer = world.inbox.viewer("v")
    conversation, _ = world.inbox.write("b", viewer, content={"body": "hoi"})
    written, sent = world.clock.now_ms(), 0
    for act in acts:
        now = world.clock.now_ms()
        if act == "write":
            world.inbox.write("b", viewer, content={"body": "hoi"})
            written, sent = now, 0
        elif act == "send":
            allowed = world.inbox.window_problem(conversation) is None
            assert allowed == (now - written < 48 * 3_600_000 and sent < 10)
            if allowed:
                world.inbox.send(conversation, kind="text", content={"body": "dag"})
                sent += 1
        else:
            world.clock.advance(act)


def test_links_wait_until_the_conversation_was_answered(app):
    conversation = app.hears()
    assert "Links" in app.sends(conversation, "Kijk op https://toko.example/")["message"]
    assert app.sends(conversation, "Goede vraag, zie zo.")["code"] == 0
    assert app.sends(conversation, "Kijk op https://toko.example/")["code"] == 0
    other = app.hears("els")
    app.client.post("options", block_links=False)
    assert app.sends(other, "www.toko.example")["code"] == 0


def test_too_many_conversations_in_a_day_are_too_fast(app):
    app.client.post("options", conversations_per_day=2)
    talks = [app.hears(f"viewer{n}") for n in range(3)]
    assert [app.sends(one)["code"] for one in talks] == [0, 0, 40064]
    assert "too fast" in app.sends(talks[2])["message"]
    assert app.sends(talks[0])["code"] == 0, "a conversation of today goes on"
    app.later(DAY)
    assert app.sends(talks[2])["code"] == 0


def test_a_viewer_in_the_eea_is_announced_without_text_or_sender(app):
    app.hears("els", "Hoi uit Utrecht", country="NL")
    (told,) = app.events("im_")
    assert set(told) == {"to", "to_user", "timestamp"}
    assert app.client.get("deliveries")["deliveries"][-1]["event"] == "im_receive_msg_eu"
    assert app.get("message/conversation/list/", conversation_type="STRANGER")["data"]["conversations"] == []


def test_a_tapped_button_comes_back_with_its_own_id(app):
    conversation = app.hears()
    card = app.card(conversation, *BUTTONS)["data"]["message"]["message_id"]
    app.client.post("taps", business_id=app.id, viewer="vera", message_id=card, button_id="consent:yes:v3")
    echo, tapped = app.events("im_")[1:]
    assert echo["type"] == "template"
    assert echo["template"] == {
        "type": "qa_button_card",
        "elements": [
            {
                "title": "Mogen we je tips mailen?",
                "buttons": [
                    {"text": "Ja, graag", "type": "reply", "id": "consent:yes:v3"},
                    {"text": "Nee", "type": "reply", "id": "consent:no:v3"},
                ],
            }
        ],
    }
    assert tapped["text"] == {"body": "Ja, graag"}
    assert tapped["reply_source_payload"] == {
        "reply_source_msg_id": card,
        "reply_source_unique_id": "consent:yes:v3",
    }
    assert app.sends(conversation)["code"] == 0


@pytest.mark.parametrize(
    ("button", "viewer", "message"),
    [("nothing", "vera", None), ("consent:yes:v3", "els", None), ("consent:yes:v3", "vera", "sbxMsgNo+A==")],
)
def test_only_a_button_that_was_sent_to_a_viewer_can_be_tapped(app, button, viewer, message):
    card = app.card(app.hears(), *BUTTONS)["data"]["message"]["message_id"]
    body = {"business_id": app.id, "viewer": viewer, "message_id": message or card, "button_id": button}
    answer = app.client.session.post(f"{app.client.url}/_sandbox/taps", json=body, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (400, 40007)


@pytest.mark.parametrize(
    ("buttons", "kind", "code"),
    [
        ((("x" * 21, "a"),), "QA_BUTTON_CARD", 40002),
        ((("x" * 21, "a"),), "QA_LINK_CARD", 0),
        ((("x" * 41, "a"),), "QA_LINK_CARD", 40002),
        ((("ja", "a"), ("nee", "a")), "QA_BUTTON_CARD", 40002),
        ((), "QA_BUTTON_CARD", 40002),
        (tuple((f"{n}", f"{n}") for n in range(4)), "QA_BUTTON_CARD", 40002),
        ((("ja", "i" * 41),), "QA_BUTTON_CARD", 40002),
    ],
)
def test_the_limits_of_cards(app, buttons, kind, code):
    assert app.card(app.hears(), *buttons, kind=kind)["code"] == code


@pytest.mark.parametrize(
    "body",
    [
        {"text": {"body": "x" * 6001}},
        {"text": {"body": ""}},
        {"text": None},
        {"message_type": "IMAGE"},
        {"share_post": {"item_id": "1"}},
        {"message_type": "VOICE"},
        {"direct_reply": {"reply_type": "COMMENT_REPLY", "comment_reply": {"comment_id": "1"}}},
        {"recipient": None},
        {"recipient": "no conversation"},
        {"referenced_message_info": {"referenced_message_id": ""}},
    ],
    ids=str,
)
def test_a_message_that_breaks_a_rule_of_form_is_refused(app, body):
    sound = {
        "recipient_type": "CONVERSATION",
        "recipient": app.hears(),
        "message_type": "TEXT",
        "text": {"body": "x" * 6000},
    }
    assert app.post("message/send/", **(sound | body))["code"] == 40002
    assert app.post("message/send/", **sound)["code"] == 0


def test_posts_quotes_and_sender_actions(app):
    conversation = app.hears()
    assert app.send(conversation, "SHARE_POST", share_post={"item_id": app.video})["code"] == 0
    assert (
        app.send(conversation, "SHARE_POST", share_post={"item_id": "7672400000000000101"})["code"] == 40007
    )
    first = app.events("im_receive")[0]["message_id"]
    assert app.sends(conversation, referenced_message_info={"referenced_message_id": first})["code"] == 0
    assert app.events("im_send")[-1]["referenced_message_info"] == {"referenced_message_id": first}
    for action in ("TYPING", "MARK_READ"):
        done = app.send(conversation, "SENDER_ACTION", sender_action=action)
        assert done["data"] == {"message": {"message_id": ""}}
    assert len(app.events("im_send")) == 2, "a sender action has no echo"


def test_the_list_shows_the_20_latest_of_90_days_with_roles_in_capitals(app):
    conversation = app.hears()
    for number in range(24):
        app.hears(text=f"bericht {number}")
    app.client.post("app/messages", business_id=app.id, viewer="vera", text="Uit de app")
    shown = app.get("message/content/list/", conversation_id=conversation)["data"]
    assert [one["role"] for one in shown["participants"]] == ["BUSINESS_ACCOUNT", "PERSONAL_ACCOUNT"]
    assert len(shown["messages"]) == 20
    newest = shown["messages"][0]
    assert (newest["text"], newest["message_tag"]) == ({"body": "Uit de app"}, {"source": "APP"})
    assert newest["from_user"] == {"role": "BUSINESS_ACCOUNT", "id": app.id}
    app.later(91 * DAY)
    assert app.get("message/content/list/", conversation_id=conversation)["data"]["messages"] == []
    assert app.get("message/conversation/list/", conversation_type="SINGLE")["data"]["conversations"] == []


def test_a_plus_in_an_id_must_be_escaped(app):
    conversation = app.hears()
    assert "+" in conversation
    raw = f"business_id={app.id}&conversation_id="
    url = f"{app.client.url}/open_api/v1.3/business/message/content/list/?{raw}"
    for written, code in ((conversation, 40002), (conversation.replace("+", "%2B"), 0)):
        answer = app.client.session.get(url + written, headers={"Access-Token": app.token}, timeout=10).json()
        assert answer["code"] == code, answer
    assert app.get("message/content/list/", conversation_id="sbxConvOther+A==")["code"] == 40007


def test_images_are_uploaded_sent_and_fetched_with_the_token(app):
    conversation = app.hears(country="SG")
    asked = {
        "conversation_id": conversation,
        "conversation_type": "STRANGER",
        "capability_types": '["IMAGE_SEND"]',
    }
    assert app.get("message/capabilities/get/", **asked)["data"]["capability_infos"] == [
        {"capability_type": "IMAGE_SEND", "capability_result": True}
    ]
    picture = plain_png(20, 30, (1, 2, 3))
    media = app.upload("message/media/upload/", {"file": picture}, media_type="IMAGE")["data"]["media_id"]
    sent = app.send(conversation, "IMAGE", image={"media_id": media})
    message_id = sent["data"]["message"]["message_id"]
    address = app.post(
        "message/media/download/",
        conversation_id=conversation,
        message_id=message_id,
        media_id=media,
        media_type="IMAGE",
    )["data"]["download_url"]
    session = app.client.session
    assert session.get(address, timeout=10).status_code == 403
    assert session.get(address, headers={"x-user": app.token}, timeout=10).content == picture
    assert session.get(address.replace("x-expires=1", "x-expires=2"), timeout=10).status_code == 403
    app.client.post("clock", advance_seconds=2 * DAY)
    fresh = app.client.post("seed", grant=[app.id])["grants"][0]["access_token"]
    assert session.get(address, headers={"x-user": fresh}, timeout=10).status_code == 403


def test_images_are_refused_by_kind_size_and_country(app):
    conversation = app.hears("pat", country="US")
    assert app.upload("message/media/upload/", {"file": b"GIF89a"}, media_type="IMAGE")["code"] == 40908
    big = plain_png(20, 30, (1, 2, 3)) + b"\0" * 3_000_000
    assert app.upload("message/media/upload/", {"file": big}, media_type="IMAGE")["code"] == 40907
    assert app.upload("message/media/upload/", {"other": b"x"}, media_type="IMAGE")["code"] == 40002
    asked = {
        "conversation_id": conversation,
        "conversation_type": "STRANGER",
        "capability_types": '["IMAGE_SEND"]',
    }
    assert not app.get("message/capabilities/get/", **asked)["data"]["capability_infos"][0][
        "capability_result"
    ]
    picture = plain_png(20, 30, (1, 2, 3))
    media = app.upload("message/media/upload/", {"file": picture}, media_type="IMAGE")["data"]["media_id"]
    assert app.send(conversation, "IMAGE", image={"media_id": media})["code"] == 40001


def test_reading_and_arriving_are_told(app):
    conversation = app.hears()
    app.client.post("reads", business_id=app.id, viewer="vera")
    read = app.events("im_mark_read_msg")[0]
    assert read["conversation_id"] == conversation and read["read"]["last_read_timestamp"] > 10**12
    app.client.post("referrals", business_id=app.id, viewer="els", ref="bio", prefilled_message="INFO")
    told = app.events("im_referral_msg")[0]
    assert told["referral"]["short_link"]["ref"] == "bio"
    assert not {"message_id", "type"} & told.keys()
    assert "window" in app.sends(told["conversation_id"])["message"], "arriving is not writing"


def test_an_emoji_is_told_shown_and_taken_away_and_opens_no_window(app):
    conversation = app.hears()
    sent = app.sends(conversation)["data"]["message"]["message_id"]
    react = {"business_id": app.id, "viewer": "vera", "message_id": sent, "emoji": "🔥"}
    app.client.post("reactions", **react)
    told = app.events("im_receive_msg")[-1]
    assert told["type"] == "reaction" and told["reaction"][0]["original_msg_id"] == sent
    shown = app.get("message/content/list/", conversation_id=conversation)["data"]["messages"]
    assert [one.get("reactions", [{}])[0].get("emoji") for one in shown] == ["🔥", None]
    app.client.post("reactions", **react, remove=True)
    shown = app.get("message/content/list/", conversation_id=conversation)["data"]["messages"]
    assert "reactions" not in shown[0]
    app.later(2 * DAY)
    app.client.post("reactions", **react)
    assert app.sends(conversation)["code"] == 40064


def test_a_request_that_must_be_accepted_is_announced_only_then(start):
    client = start(limits=False, webhook=AWAY)
    made = App(client, "business-id")
    account = {name: made.account[name] for name in ("open_id", "unique_identifier", "username", "country")}
    client.post("seed", accounts=[account | {"is_business": True, "messages_from": "accepted"}])
    made.hears()
    assert made.events("im_") == []
    assert client.post("requests/accept", business_id=made.id, viewer="vera")["told"] == 1
    assert len(made.events("im_receive_msg")) == 1


def test_the_echo_can_come_before_the_answer(start):
    client = start(limits=False)
    app = App(client, "business-id")
    conversation = app.hears()
    client.post("webhooks/faults", echo_first=1)
    client.post("seed")
    order = []
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            order.append("echo")
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    client.session.post(
        f"{client.url}/open_api/v1.3/business/webhook/update/",
        json={
            "app_id": "7412345678901234567",
            "secret": "sandbox-app-secret",
            "event_type": "DIRECT_MESSAGE",
            "callback_url": f"http://127.0.0.1:{server.server_port}/",
        },
        timeout=10,
    )
    assert app.sends(conversation)["code"] == 0
    order.append("answer")
    thread.join()
    server.server_close()
    assert order == ["echo", "answer"]


def test_a_message_that_was_sent_although_no_answer_came_is_in_the_list_and_in_the_log(app):
    import requests

    conversation = app.hears()
    app.client.post("faults", kind="timeout_after_commit", endpoint="message/send/", times=1, seconds=0.2)
    with pytest.raises(requests.ConnectionError):
        app.sends(conversation, "Kwam dit aan?")
    (call,) = app.client.get("calls", act="message")["calls"]
    assert (call["accepted"], call["code"], call["conversation_id"]) == (True, None, conversation)
    shown = app.get("message/content/list/", conversation_id=conversation)["data"]["messages"]
    assert (shown[0]["message_id"], shown[0]["text"]) == (call["message_id"], {"body": "Kwam dit aan?"})
    assert app.events("im_send_msg")[0]["message_id"] == call["message_id"]


def test_a_duplicate_that_the_platform_rejects_was_done_all_the_same(app):
    conversation = app.hears()
    fault = {
        "kind": "server_error",
        "endpoint": "message/send/",
        "times": 1,
        "code": 40050,
        "after_commit": True,
    }
    app.client.post("faults", **fault)
    assert app.sends(conversation)["code"] == 40050
    assert len(app.get("message/content/list/", conversation_id=conversation)["data"]["messages"]) == 2
