"""Viewers who write messages: repeatable, in two languages, and with a will of their own."""

from collections import Counter

import pytest
from sandbox_client import AWAY, App

from goodstanding.sandbox.crowd import make_comments
from goodstanding.sandbox.message_crowd import HABITS, habit_of, make_letters

SPAN = {"start_ms": 1_790_000_000_000, "spread_ms": 3_600_000}


def test_the_same_seed_writes_the_same_messages():
    assert list(make_letters(200, 7, **SPAN)) == list(make_letters(200, 7, **SPAN))
    assert list(make_letters(200, 7, **SPAN)) != list(make_letters(200, 8, **SPAN))


def test_the_crowd_is_dutch_and_english_and_has_everybody_in_it():
    letters = list(make_letters(4000, 1, **SPAN))
    languages = Counter(one.language for one in letters)
    assert set(languages) == {"nl", "be", "en", "mix"} and languages["nl"] > languages["en"] > 500
    kinds = Counter(one.kind for one in letters)
    assert {"info", "opt_in", "opt_out", "minor", "spam", "crisis", "mild", "strong", "threat"} <= set(kinds)
    assert 0.03 < sum(one.harmful for one in letters) / len(letters) < 0.07
    assert 0.05 < sum(bool(one.country) for one in letters) / len(letters) < 0.15
    assert all((one.kind == "minor") == (one.age < 18) for one in letters)
    assert [one.at_ms for one in letters] == sorted(one.at_ms for one in letters)
    assert all("{" not in one.text for one in letters)


def test_shares_and_languages_are_obeyed():
    letters = list(make_letters(300, 1, harmful_share=1, eu_share=1, languages={"en": 1}, **SPAN))
    assert all(one.harmful and one.country and one.language == "en" for one in letters)
    with pytest.raises(ValueError, match="unknown language"):
        list(make_letters(1, 1, languages={"xx": 1}, **SPAN))


def test_a_spike_comes_late():
    late = [
        one for one in make_letters(1000, 1, spike=True, **SPAN) if one.at_ms >= 1_790_000_000_000 + 2_880_000
    ]
    assert 780 <= len(late) <= 820


def test_writers_come_from_the_town_of_those_who_comment():
    writers = {one.unique_identifier for one in make_letters(500, 1, **SPAN)}
    commenters = {one["unique_identifier"] for one in make_comments(500, 1)}
    assert len(writers & commenters) > 50


def test_habits_are_spread_as_said():
    counts = Counter(habit_of(f"+SbxViewer{number:06d}") for number in range(5000))
    for habit, share in HABITS.items():
        assert abs(counts[habit] / 5000 - share) < 0.03


def test_viewers_react_to_a_card(start):
    client = start(limits=False, webhook=AWAY)
    client.post("clock", freeze=True)
    client.post("options", conversations_per_day=1000)
    app = App(client, "business-id")
    assert client.post("crowd/messages", business_id=app.id, count=60, seed=3, eu_share=0)["made"] == 60
    talks = {one["conversation_id"]: one for one in app.events("im_receive_msg")}
    for conversation in talks:
        sent = app.card(conversation, ("Ja, graag", "consent:yes:v3"), ("Nee", "consent:no:v3"))
        assert sent["code"] == 0, sent
    client.post("clock", advance_seconds=700)
    received = app.events("im_receive_msg")
    answered = Counter(
        one["reply_source_payload"]["reply_source_unique_id"]
        for one in received
        if "reply_source_payload" in one
    )
    stopped = [one for one in received[60:] if one["text"]["body"] == "stop"]
    assert answered["consent:yes:v3"] > answered["consent:no:v3"] > 0
    assert stopped
    assert sum(answered.values()) + len(stopped) < len(talks), "some keep silent"
    assert len(app.events("im_mark_read_msg")) == len(talks)


def test_those_who_comment_can_write_as_well(start):
    client = start(limits=False, webhook=AWAY)
    client.post("clock", freeze=True)
    app = App(client, "business-id")
    client.post("crowd", count=40, seed=2, open_id=app.id, then_message=0.5)
    assert app.events("im_") == []
    client.post("clock", advance_seconds=601)
    writers = [one["unique_identifier"] for one in app.events("im_receive_msg")]
    log = client.get("transcript", limit=1000)["videos"]
    names = {one["username"] for video in log for one in video["comments"]}
    assert 10 <= len(writers) <= 30
    assert {one["from"] for one in app.events("im_receive_msg")} <= names


def test_those_who_are_answered_can_write_and_nobody_else_does(start):
    client = start(limits=False, webhook=AWAY)
    client.post("clock", freeze=True)
    app = App(client, "business-id")
    client.post("crowd", count=6, seed=2, open_id=app.id, message_when_answered=1)
    client.post("clock", advance_seconds=700)
    assert app.events("im_receive_msg") == []
    asked = client.get("transcript", limit=100)["videos"]
    video, comment = next((v["video_id"], c) for v in asked for c in v["comments"])
    for text in ("Stuur INFO", "En nog iets heel anders"):
        app.post("comment/reply/create/", video_id=video, comment_id=comment["comment_id"], text=text)
    assert app.events("im_receive_msg") == []
    client.post("clock", advance_seconds=700)
    assert [one["from"] for one in app.events("im_receive_msg")] == [comment["username"]], "once"


def test_held_webhooks_wait_until_they_are_fetched(start):
    client = start(limits=False, webhook=AWAY)
    app = App(client, "business-id")
    client.post("webhooks/faults", hold=True)
    client.post("messages", business_id=app.id, viewer="viewer0001", text="INFO")
    client.post("settle", timeout_seconds=0.2)
    held = client.get("deliveries", pending="1")["deliveries"]
    assert len(held) == 1 and "im_receive_msg" in held[0]["body"]
    assert client.get("deliveries", pending="1")["deliveries"] == []
    client.post("webhooks/faults", hold=False)
    client.post("messages", business_id=app.id, viewer="viewer0001", text="INFO")
    assert client.get("deliveries", pending="1")["deliveries"] == []


def test_a_crowd_spread_over_time_writes_as_time_passes(start):
    client = start(limits=False, webhook=AWAY, speed=600)
    app = App(client, "business-id")
    client.post("crowd/messages", business_id=app.id, count=10, spread_seconds=60)
    for _ in range(100):
        if len(app.events("im_receive_msg")) == 10:
            break
        client.post("settle", timeout_seconds=0.05)
    assert len(app.events("im_receive_msg")) == 10


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("crowd", {"count": 5, "languages": {"xx": 1}}),
        ("crowd/messages", {"count": 5, "languages": {"nl": 0}}),
        ("crowd/messages", {"count": 5, "languages": {"nl": -1}}),
        ("crowd/messages", {"count": 0}),
        ("crowd/messages", {"business_id": "nobody", "count": 1}),
        ("messages", {"viewer": "", "text": "x"}),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_with_words(shared, path, body):
    known = {} if path == "crowd" else {"business_id": "-000SbxTokoTehOpenId"}
    answer = shared.session.post(f"{shared.url}/_sandbox/{path}", json=known | body, timeout=10)
    assert answer.status_code == 400 and (answer.json().get("detail") or answer.json().get("message"))
