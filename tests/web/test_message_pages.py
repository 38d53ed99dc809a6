"""The page of a message: its conversation, its window, its evidence, and an answer by hand."""

import pytest
from talk_pages import PNG, Phone
from world import Client, World

from goodstanding.kernel.timing import HOUR


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    made.owner()
    yield made
    made.close()


@pytest.fixture
def phone(world):
    return Phone(world)


@pytest.fixture
def me(world):
    return Client(world).sign_in()


def story(me, event):
    return me.get(f"/comment/{event.id}")


def test_a_message_tells_its_conversation_its_window_and_why(me, phone):
    phone.writes("INFO")
    page = story(me, phone.messages()[0])
    assert page.status == 200
    assert "One message's story" in page.words and "Conversation @viewer90" in page.words
    assert "open for 47 hours" in page.words or "open for 2 days" in page.words
    assert "Messages in this window 0 of 10" in page.words
    assert "answers: given, marketing: not given" in page.words
    assert "This is an automated answer" in page.words or "automatisch antwoord" in page.words
    assert "exactly the same" in page.words, "decided again from the sealed facts"
    assert "/hide" not in page.text


def test_a_tap_shows_as_evidence_with_its_entry(me, phone):
    phone.writes("INFO")
    phone.flow()
    phone.taps()
    page = story(me, phone.messages()[-1])
    assert "Evidence of consent Said yes by a tap on our question (text v1)" in page.words
    assert "marketing: given" in page.words
    assert "Messages in this window 0 of 10" in page.words, "a tap is a message, so a window of its own"


def test_a_follow_up_is_approved_for_its_own_time(me, phone, world):
    phone.writes("INFO")
    phone.flow()
    phone.taps()
    (case,) = world.cases()
    assert "unless the person stops it before" in me.get(f"/review/{case.id}").words
    done = me.follow(me.post(f"/review/{case.id}/approve"))
    assert "Approved. It leaves at its planned time." in done.words
    phone.flow(10)
    assert len(phone.sent) == 2


def test_the_pages_speak_dutch(world, phone):
    phone.writes("INFO")
    me = Client(world, language="nl").sign_in()
    page = story(me, phone.messages()[0])
    assert "Het verhaal van één bericht" in page.words and "Berichten in dit venster 0 van 10" in page.words


def test_staff_answers_by_hand_and_takes_it_back(me, phone):
    phone.writes("zomaar een berichtje")
    (event,) = phone.messages()
    done = me.follow(
        me.post(f"/message/{event.id}/answer", text="Dag, met Lotte!", back=f"/comment/{event.id}")
    )
    assert "Approved. It leaves in 8 seconds." in done.words and "Dag, met Lotte!" in done.words
    phone.flow(10)
    assert [(p.outgoing.act, p.outgoing.text, p.outgoing.target_id) for p in phone.sent] == [
        ("message", "Dag, met Lotte!", "conv+Viewer90")
    ]
    empty = me.follow(me.post(f"/message/{event.id}/answer", text="  ", back=f"/comment/{event.id}"))
    assert "Nothing was changed" in empty.words


def test_the_log_names_what_messages_bring_in_words(world, me, phone):
    phone.writes("INFO")
    phone.flow()
    phone.taps()
    phone.eu()
    who = {"unique_identifier": "+Viewer90", "conversation_id": "conv+Viewer90", "timestamp": 1}
    phone.hook("im_mark_read_msg", {**who, "read": {"last_read_timestamp": 1}})
    phone.hook(
        "post.publish.failed", {"publish_id": "v1", "publish_type": "DIRECT_PUBLISH", "reason": "spam_risk"}
    )
    page = me.get("/audit").words
    for words in (
        "Said yes by a tap on our question (text v1)",
        "a message from the EU",
        "messages were read",
        "publishing failed",
    ):
        assert words in page
    assert "INFO" in me.get("/comments?outcome=message").words


def test_a_block_says_on_the_freeze_what_happened(world, me, phone):
    from goodstanding.usecases import incidents

    incidents.freeze(world.ctx, reason="PLATFORM_BLOCKED", who=("platform", "tiktok"), account_id=1)
    page = me.get("/freeze").words + me.get("/").words
    assert "Blocked by TikTok" in page and "PLATFORM_BLOCKED" not in page


def test_a_post_of_our_own_is_shared(me, phone):
    phone.writes("welke video was dat?")
    (event,) = phone.messages()
    assert "Keuken, dag 3" in story(me, event).words
    me.follow(me.post(f"/message/{event.id}/answer", text="", post="7672400000000000101", back="/"))
    phone.flow(10)
    assert [(p.outgoing.text, p.content.kind) for p in phone.sent] == [("7672400000000000101", "share_post")]


def test_a_closed_window_offers_no_form(world, me, phone):
    phone.writes("hallo")
    world.app.clock.advance(49 * HOUR)
    page = story(me, phone.messages()[0])
    assert "closed since" in page.words and "/answer" not in page.text
    assert "When this person writes again, a new window opens." in page.words


def test_a_case_shows_the_conversation_and_is_approved_as_a_message(me, phone, world):
    phone.writes("hoi")
    phone.writes("Ik heb een klacht, mijn bestelling is kapot aangekomen en ik ben boos")
    (case,) = world.cases()
    page = me.get(f"/review/{case.id}")
    assert "hoi" in page.words and "Exactly this text is sent to this person alone." in page.words
    assert "in public" not in page.words and "Hide" not in page.words
    queue = me.get("/review")
    assert "No answer needed" in queue.words and "/hide" not in queue.text
    me.follow(me.post(f"/review/{case.id}/approve", text="Wat vervelend, we kijken mee."))
    phone.flow(10)
    assert [(p.outgoing.act, p.outgoing.approved_by) for p in phone.sent] == [("message", 1)]


def test_a_message_from_the_eu_can_only_be_put_aside(me, phone, world):
    phone.eu()
    (case,) = world.cases()
    page = me.get(f"/review/{case.id}")
    assert "TikTok shows it in the app only" in page.words
    assert "<textarea" not in page.text and "No answer needed" in page.words
    me.follow(me.post(f"/comment/{case.event_id}/keep"))
    assert world.cases() == []


def test_a_message_cannot_be_hidden(me, phone):
    phone.writes("hallo")
    (event,) = phone.messages()
    done = me.follow(me.post(f"/comment/{event.id}/hide", back=f"/comment/{event.id}"))
    assert "Nothing was changed" in done.words


def test_a_picture_is_fetched_on_demand_and_kept_nowhere(me, phone):
    phone.writes("", type="image", image={"media_id": "pic1"}, text=None)
    (event,) = phone.messages()
    assert "Fetch the picture from TikTok" in story(me, event).words
    picture = me.get(f"/message/{event.id}/media")
    assert (picture.status, picture.body, picture.header("content-type")) == (200, PNG, "image/png")
    assert picture.header("cache-control") == "no-store"

    async def page_of_something_else(account, message):
        return b"<script>"

    phone.platform.picture = page_of_something_else
    assert me.get(f"/message/{event.id}/media").status == 404
    phone.writes("hallo")
    assert me.get(f"/message/{phone.messages()[-1].id}/media").status == 404
    assert me.get("/message/99999/media").status == 404


def test_media_is_for_those_who_are_signed_in(world, phone):
    phone.writes("", type="image", image={"media_id": "pic1"}, text=None)
    (event,) = phone.messages()
    assert Client(world).get(f"/message/{event.id}/media").status in (303, 401, 403)
