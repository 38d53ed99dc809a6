"""What the platform sends by itself, answers to comments by message, and mentions."""

import pytest
from sandbox_client import AWAY, DAY, App

AUTO = "message/auto_message"


@pytest.fixture
def app(start):
    client = start(limits=False, webhook=AWAY, start_ms=1_790_000_000_000)
    client.post("clock", freeze=True)
    return App(client, "business-vn", username="cuahang")


def create(app, kind, **content):
    name = kind.lower()
    return app.post(f"{AUTO}/create/", auto_message_type=kind, **{name: content})


def listed(app, kind):
    return app.post(f"{AUTO}/get/", auto_message_type=kind)["data"]


def test_a_welcome_is_reviewed_switched_on_and_sent_once(app):
    made = create(app, "WELCOME_MESSAGE", content="Welkom!")["data"]["auto_message"]["auto_message_id"]
    assert listed(app, "WELCOME_MESSAGE")["auto_messages"][0]["audit_status"] == "REVIEWING"
    app.client.post("clock", advance_seconds=901)
    app.hears("early")
    assert (
        app.post(f"{AUTO}/status/update/", auto_message_type="WELCOME_MESSAGE", operation_status="ENABLE")[
            "code"
        ]
        == 0
    )
    shown = app.get(f"{AUTO}/get/", auto_message_type="WELCOME_MESSAGE")["data"]
    assert (shown["operation_status"], shown["auto_messages"][0]["audit_status"]) == ("ENABLE", "APPROVED")
    app.hears("vera")
    app.hears("vera")
    echoes = app.events("im_send_msg")
    assert [(one["auto_message_type"], one["text"]["body"]) for one in echoes] == [
        ("WELCOME_MESSAGE", "Welkom!")
    ]
    log = [one["event"] for one in app.client.get("deliveries")["deliveries"]]
    assert log[:2] == ["im_auto_message_config_update", "im_auto_message_audit_update"]
    told = app.events("im_auto_message_audit_update")[0]
    assert (told["auto_message_id"], told["audit_status"]) == (made, "APPROVED")
    assert (
        app.post(f"{AUTO}/delete/", auto_message_type="WELCOME_MESSAGE", auto_message_id=made)["code"]
        == 40002
    )


def test_a_suggested_question_is_answered_by_itself(app):
    app.post(f"{AUTO}/status/update/", auto_message_type="SUGGESTED_QUESTION", operation_status="ENABLE")
    create(app, "SUGGESTED_QUESTION", question="Open op zondag?", answer="Ja, tot vijf uur.")
    app.client.post("clock", advance_seconds=901)
    app.hears(text="Open op zondag?")
    assert [one["text"]["body"] for one in app.events("im_send_msg")] == ["Ja, tot vijf uur."]


def test_the_review_can_end_badly_and_then_nothing_can_be_changed(app):
    app.client.post("reviews", reject_next=True)
    made = create(app, "CHAT_PROMPT", title="Info", content="INFO")["data"]["auto_message"]["auto_message_id"]
    update = {
        "auto_message_type": "CHAT_PROMPT",
        "auto_message_id": made,
        "chat_prompt": {"title": "X", "content": "Y"},
    }
    assert app.post(f"{AUTO}/update/", **update)["code"] == 40002
    app.client.post("clock", advance_seconds=901)
    assert listed(app, "CHAT_PROMPT")["auto_messages"][0]["audit_status"] == "REJECTED"
    assert app.post(f"{AUTO}/update/", **update)["code"] == 40002
    assert app.post(f"{AUTO}/delete/", auto_message_type="CHAT_PROMPT", auto_message_id=made)["code"] == 0


@pytest.mark.parametrize(
    ("kind", "content", "most"),
    [
        ("WELCOME_MESSAGE", {"content": "Hoi {}"}, 1),
        ("SUGGESTED_QUESTION", {"question": "Vraag {}?", "answer": "Antwoord {}"}, 3),
        ("CHAT_PROMPT", {"title": "Knop {}", "content": "Vraag {}"}, 6),
    ],
)
def test_the_numbers_of_each_kind_are_bounded_and_nothing_stands_twice(app, kind, content, most):
    def number(n):
        return create(app, kind, **{name: text.format(n) for name, text in content.items()})["code"]

    assert [number(n) for n in range(most + 1)] == [0] * most + [40002]
    if most > 1:
        first = listed(app, kind)["auto_messages"][0]["auto_message_id"]
        assert app.post(f"{AUTO}/delete/", auto_message_type=kind, auto_message_id=first)["code"] == 0
        assert number(1) == 40002, "the same twice"


@pytest.mark.parametrize(
    "body",
    [
        {"auto_message_type": "WELCOME_MESSAGE", "welcome_message": {"content": "x" * 251}},
        {"auto_message_type": "CHAT_PROMPT", "chat_prompt": {"title": "x" * 19, "content": "y"}},
        {"auto_message_type": "CHAT_PROMPT", "welcome_message": {"content": "x"}},
        {"auto_message_type": "AUTO_REPLY", "welcome_message": {"content": "x"}},
        {"auto_message_type": "WELCOME_MESSAGE"},
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_message_that_breaks_its_limits_is_refused(app, body):
    assert app.post(f"{AUTO}/create/", **body)["code"] == 40002


def test_chat_prompts_are_sorted_by_naming_all_of_them(app):
    ids = [
        create(app, "CHAT_PROMPT", title=f"{n}", content=f"{n}")["data"]["auto_message"]["auto_message_id"]
        for n in range(3)
    ]
    sort = {"auto_message_type": "CHAT_PROMPT"}
    assert app.post(f"{AUTO}/sort/", **sort, auto_message_ids=ids[:2])["code"] == 40002
    assert app.post(f"{AUTO}/sort/", **sort, auto_message_ids=ids[::-1])["code"] == 0
    assert [one["auto_message_id"] for one in listed(app, "CHAT_PROMPT")["auto_messages"]] == ids[::-1]


def test_switching_on_disables_what_was_there(app):
    create(app, "CHAT_PROMPT", title="Info", content="INFO")
    app.client.post("clock", advance_seconds=901)
    app.post(f"{AUTO}/status/update/", auto_message_type="CHAT_PROMPT", operation_status="ENABLE")
    shown = listed(app, "CHAT_PROMPT")
    assert (shown["operation_status"], shown["auto_messages"][0]["operation_status"]) == ("ENABLE", "DISABLE")


# --- comment-to-message ---


def flagged(app, viewer="vera", **more):
    comment = app.client.post("comment", text="Hoe duur is dit?", video_id=app.video, viewer=viewer, **more)[
        "comment_id"
    ]
    app.client.post("high-intent", comment_id=comment)
    return comment


def answer(app, comment, text="Hoi! Dit is de prijs."):
    reply = {"reply_type": "COMMENT_REPLY", "comment_reply": {"comment_id": comment}}
    return app.post("message/send/", direct_reply=reply, message_type="TEXT", text={"body": text})


def test_a_flagged_comment_is_told_without_its_video_and_answered_once(app):
    comment = flagged(app)
    told = app.events("im_receive_high_intent_comment")[0]
    assert (told["comment_id"], told["comment_text"]) == (comment, "Hoe duur is dit?")
    assert isinstance(told["comment_id"], str) and "video_id" not in told
    assert answer(app, comment)["code"] == 0
    echo = app.events("im_send_msg")[0]
    assert echo["to_user"]["id"] == "+Sbxvera"
    assert "already" in answer(app, comment)["message"]
    assert "window" in app.sends(echo["conversation_id"])["message"], "it opens no window"
    app.hears("vera", "Dank!")
    assert app.sends(echo["conversation_id"])["code"] == 0


def test_who_cannot_be_answered_by_message(app):
    plain = app.client.post("comment", text="Hoi", video_id=app.video)["comment_id"]
    assert "high-intent" in answer(app, plain)["message"]
    nested = app.client.post("comment", text="Hoi", video_id=app.video, parent_comment_id=plain)["comment_id"]
    app.client.post("high-intent", comment_id=nested)
    assert "first-level" in answer(app, nested)["message"]
    app.hears("young", age=17)
    app.later(2 * DAY)
    assert "young" in answer(app, flagged(app, "young"))["message"]
    app.hears("far", country="DE")
    app.later(2 * DAY)
    assert "registered" in answer(app, flagged(app, "far"))["message"]
    app.hears("recent")
    assert "last 24 hours" in answer(app, flagged(app, "recent"))["message"]
    old = flagged(app, "old")
    app.later(2 * DAY + 1)
    assert "older" in answer(app, old)["message"]
    assert answer(app, flagged(app, "fine"))["code"] == 0


def test_the_setting_is_on_for_vietnam_and_can_be_switched_off(app):
    shown = app.get("message/direct_reply/get/", direct_reply_type="COMMENT_TO_MESSAGE")["data"]
    assert shown["operation_status"] == "ENABLE"
    off = {"direct_reply_type": "COMMENT_TO_MESSAGE", "operation_status": "DISABLE"}
    assert app.post("message/direct_reply/update/", **off)["data"]["operation_status"] == "DISABLE"
    comment = app.client.post("comment", text="Prijs?", video_id=app.video)["comment_id"]
    assert app.client.post("high-intent", comment_id=comment)["told"] is False
    assert "switched off" in answer(app, comment)["message"]
    reviewed = App(app.client, "business-us-reviewed")
    on = off | {"operation_status": "ENABLE"}
    assert reviewed.post("message/direct_reply/update/", **on)["code"] == 40118


# --- mentions ---


def test_a_mention_is_told_hours_later_and_read_for_two_days(app):
    made = app.client.post("mentions", business_id=app.id, caption="Kijk @cuahang #cuahang #thee", views=999)
    assert app.get("mention/video/get/", item_id=made["item_id"])["code"] == 40007
    app.client.post("clock", advance_seconds=9001)
    told = app.events("brand.mention.event")[0]
    assert (told["type_of_event"], told["mention_type"], told["comment_id"]) == (
        "CREATE",
        "VIDEO_MENTION",
        "0",
    )
    assert (told["video_id"], told["open_id_of_mentioned_user"]) == (made["item_id"], app.id)
    (video,) = app.get("mention/video/get/", item_id=made["item_id"])["data"]["video"]
    assert video["views"] is None and video["creator_handle_name"] == "viewer0001"
    tags = app.get("mention/top_hashtag/list/")["data"]["results"]
    assert {one["hashtag"] for one in tags} == {"cuahang", "thee"}
    assert app.get("mention/top_word/list/", regions='["BE"]')["data"]["results"] == []
    app.later(3 * DAY)
    assert app.get("mention/video/get/", item_id=made["item_id"])["code"] == 40007
    assert len(app.get("mention/video/list/")["data"]["videos"]) == 1


def test_a_comment_elsewhere_is_read_and_answered(app):
    made = app.client.post("mentions", business_id=app.id, kind="COMMENT", text="@cuahang is dit van jullie?")
    app.client.post("clock", advance_seconds=9001)
    asked = {"item_id": made["item_id"], "comment_id": made["comment_id"]}
    assert app.get("mention/comment/get/", **asked)["data"]["comment"]["comment_text"].startswith("@cuahang")
    fields = '["comment_text"]'
    (listed_one,) = app.get("mention/comment/list/", fields=fields)["data"]["comments"]
    assert set(listed_one) == {"item_id", "comment_id", "comment_text"}
    reply = app.post(
        "comment/reply/create/", video_id=made["item_id"], comment_id=made["comment_id"], text="Ja!"
    )
    assert reply["data"]["parent_comment_id"] == made["comment_id"]
    assert (
        app.post("comment/reply/create/", video_id=made["item_id"], comment_id="1", text="Ja!")["code"]
        == 40007
    )


def test_hashtags_are_watched_for_a_week_at_least(app):
    me = {"username": "cuahang"}
    assert app.post("mention/hashtag/add/", **me, hashtags=["#iets"])["code"] == 40002
    assert app.post("mention/hashtag/add/", **me, hashtags=["#CuaHang"])["code"] == 0
    app.client.post("mentions", business_id=app.id, caption="met #cuahang")
    (video,) = app.get("mention/hashtag/video/list/")["data"]["videos"]
    assert video["matched_hashtags"] == ["cuahang"]
    assert app.post("mention/hashtag/remove/", **me, hashtag="cuahang")["code"] == 40002
    app.later(8 * DAY)
    assert app.post("mention/hashtag/remove/", **me, hashtag="cuahang")["code"] == 0
    assert app.get("mention/hashtag/manage/list/", **me)["data"]["hashtag_list"] == []
    assert app.get("mention/hashtag/manage/list/", username="other")["code"] == 40002
