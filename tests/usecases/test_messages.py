"""Direct messages: in, decided, out, and what the platform says back; with the platform's rules kept by the platform."""

import pytest

from goodstanding.kernel.timing import DAY, HOUR, MINUTE
from goodstanding.usecases import moderation, privacy
from tests.faults.talk import Talk


@pytest.fixture
def talk():
    talk = Talk()
    yield talk
    talk.check()
    talk.close()


def told(talk, viewer="+A"):
    """What the platform delivered to a viewer: texts and questions."""
    return [
        body["template"]["title"] if "template" in body else body["text"]["body"]
        for _, _, body, _ in talk.platform.sent[viewer]
    ]


def states(talk, viewer="+A"):
    return [(one.state, one.code) for one in talk.acts(viewer)]


def test_a_message_is_answered_and_a_question_follows_it(talk):
    talk.writes("+A", "INFO")
    assert states(talk) == [("planned", ""), ("planned", "")]
    talk.settle()
    answer, question = told(talk)
    assert answer.startswith("Je krijgt een automatisch antwoord van ons team. Stuur STOP")
    assert question == "Mogen we je af en toe tips sturen?"
    assert states(talk) == [("sent", ""), ("sent", "")]
    contact = talk.contact("+A")
    conversation = talk.read(lambda q: q.conversation_of(contact.id))
    assert (conversation.external_id, conversation.wrote_at) == ("conv+A", contact.wrote_at)


def test_a_tap_on_our_question_is_stored_as_evidence(talk):
    talk.writes("+A", "INFO")
    talk.settle()
    talk.taps("+A")
    (kept,) = talk.evidence()
    card = talk.platform.sent["+A"][1]
    assert (kept.purpose, kept.answer, kept.text_version, kept.source, kept.question_id) == (
        "marketing", "given", "v1", "button", card[1],
    )  # fmt: skip
    assert talk.contact("+A").marketing == "given"
    (entry,) = talk.log("consent")
    assert (entry["body"]["answer"], entry["body"]["text_version"], entry["seq"]) == ("given", "v1", kept.seq)
    (case,) = talk.cases()
    assert case.code == "HUMAN_REQUIRED", "a promotional follow-up is a person's to approve"


def test_a_no_is_kept_as_well_and_nobody_is_asked_twice(talk):
    talk.writes("+A", "INFO")
    talk.settle()
    talk.taps("+A", 1)
    assert (talk.evidence()[0].answer, talk.contact("+A").marketing) == ("refused", "withdrawn")
    talk.step(HOUR)
    talk.writes("+A", "wat kost het?")
    talk.settle()
    assert [text.endswith("tips sturen?") for text in told(talk)] == [False, True, False]
    assert told(talk)[2].startswith("Je krijgt") is False, "said once that it is automatic"


def test_two_messages_at_once_bring_one_question_and_one_greeting(talk):
    bodies = [talk.writes("+A", text, deliver=False) for text in ("INFO", "wat kost het?")]
    talk.take(*bodies)
    talk.settle(minutes=8)
    assert [text.endswith("tips sturen?") for text in told(talk)].count(True) == 1
    assert [text.startswith("Je krijgt") for text in told(talk)].count(True) == 1


@pytest.mark.parametrize("change", ["other_person", "other_button", "other_message"])
def test_a_tap_that_is_not_on_our_question_is_no_evidence(talk, change):
    for viewer in ("+A", "+B"):
        talk.writes(viewer, "INFO")
    talk.settle()
    _, message_id, body, _ = talk.platform.sent["+A"][1]
    card = body["template"]
    if change == "other_button":
        card = {"title": "x", "buttons": [{"id": "consent:yes:marketing:v9", "title": "Ja, graag"}]}
    if change == "other_message":
        message_id = "M999=="
    viewer = "+B" if change == "other_person" else "+A"
    talk.taps(viewer, card=(message_id, {**card, "buttons": [{**card["buttons"][0], "title": "hallo"}]}))
    assert talk.evidence(viewer) == []
    assert talk.contact(viewer).marketing == "absent"


def test_a_yes_in_words_answers_the_question_that_is_open(talk):
    talk.writes("+A", "INFO")
    talk.settle()
    talk.writes("+A", "Ja, graag!")
    (kept,) = talk.evidence()
    assert (kept.source, kept.answer, kept.text_version) == ("message", "given", "v1")


def test_a_yes_without_a_question_means_nothing(talk):
    talk.writes("+A", "ja")
    assert talk.evidence() == []


@pytest.mark.parametrize("word", ["STOP", "stop.", "uitschrijven", "unsubscribe"])
def test_stop_withdraws_at_once_and_cancels_what_is_planned(talk, word):
    talk.writes("+A", "INFO")
    talk.writes("+A", word)
    assert set(states(talk)) == {("cancelled", "CONSENT_WITHDRAWN")}
    assert (talk.contact("+A").answer, talk.evidence()[0].answer) == ("withdrawn", "withdrawn")
    talk.writes("+A", "INFO")
    talk.settle()
    assert told(talk) == []


def test_an_old_message_that_comes_late_opens_no_window(talk):
    late = talk.message_body("+A", "INFO")
    talk.step(50 * HOUR)
    talk.take(late)
    assert talk.contact("+A").wrote_at == talk.real - 50 * HOUR
    assert talk.acts() == []
    assert talk.read(lambda q: q.decision(1)).code == "WINDOW_CLOSED"


def test_of_two_messages_the_later_one_counts_whichever_comes_last(talk):
    old = talk.writes("+A", "INFO", deliver=False)
    talk.step(30 * HOUR)
    talk.writes("+A", "wat kost het?")
    newest = talk.contact("+A").wrote_at
    talk.settle()
    talk.take(old)
    assert talk.contact("+A").wrote_at == newest
    assert talk.read(lambda q: q.conversation_of(1)).wrote_at == newest
    late = talk.read(lambda q: q.messages_of(1, limit=9))[0]
    assert (late.text, late.answered) == ("INFO", True), "what was answered meanwhile is not answered again"


def test_a_message_dated_ahead_opens_no_longer_window(talk):
    talk.take(talk.message_body("+A", "INFO", at=talk.real + 5 * DAY))
    assert talk.contact("+A").wrote_at == talk.real
    talk.platform.wrote["+A"] = talk.real


def test_a_window_that_closes_before_sending_stops_the_message(talk):
    talk.writes("+A", "INFO")
    talk.step(48 * HOUR)
    talk.flow()
    assert states(talk)[0] == ("cancelled", "WINDOW_CLOSED")
    assert told(talk) == []


def test_the_last_minute_of_the_window_is_still_in_it(talk):
    talk.writes("+A", "INFO")
    talk.step(48 * HOUR - 1)
    talk.flow()
    assert len(told(talk)) == 1


def test_five_automatic_messages_in_seven_days_and_no_more(talk):
    for _ in range(8):
        talk.writes("+A", "wat kost het?")
        talk.settle()
        talk.step(HOUR)
    assert len(told(talk)) == 5
    talk.step(7 * DAY)
    talk.writes("+A", "wat kost het?")
    talk.settle()
    assert len(told(talk)) == 6


def test_what_staff_wrote_in_the_app_uses_the_window_too(talk):
    talk.writes("+A", "wie ben jij?")
    for number in range(9):
        talk.step(MINUTE)
        talk.staff_writes("+A", f"antwoord {number}")
    event = talk.read(lambda q: q.messages_of(1, limit=99))[0]
    first = moderation.answer(talk.ctx, event.id, 1, text="De tiende.")
    second = moderation.answer(talk.ctx, event.id, 1, text="De elfde.")
    talk.settle()
    assert [talk.read(lambda q, i=i: q.outgoing(i)).state for i in (first, second)] == ["sent", "cancelled"]
    assert talk.read(lambda q: q.outgoing(second)).code == "QUOTA_USED"
    talk.writes("+A", "dank je")
    third = moderation.answer(talk.ctx, event.id, 1, text="Graag gedaan.")
    talk.settle()
    assert talk.read(lambda q: q.outgoing(third)).state == "sent", "a new message opens a new window"


def test_who_is_answered_by_staff_is_not_answered_by_a_machine(talk):
    talk.writes("+A", "INFO")
    talk.staff_writes("+A", "Hoi, met Noor!")
    talk.settle()
    assert states(talk)[0] == ("cancelled", "ALREADY_ANSWERED")
    assert states(talk)[1][0] == "cancelled", "the question does not come without its answer"
    assert told(talk) == ["Hoi, met Noor!"]


@pytest.mark.parametrize("way", ["before the answer", "after", "twice", "lost answer"])
def test_an_echo_settles_the_act_once(talk, way):
    talk.writes("+A", "INFO")
    talk.platform.echo_first = way == "before the answer"
    if way == "lost answer":
        talk.platform.script = ["lost", "lost"]
    talk.settle(minutes=3)
    if way == "lost answer":
        assert states(talk)[0][0] == "unknown"
    talk.echo(times=2 if way == "twice" else 1)
    talk.settle(minutes=6)
    talk.echo()
    assert [state for state, _ in states(talk)] == ["sent", "sent"]
    assert len(told(talk)) == 2
    own = [e for e in talk.read(lambda q: q.messages_of(1, limit=99)) if e.own]
    assert own == [], "our own acts stand in the outbox, not a second time beside it"
    results = [e for e in talk.log("result") if e["refs"]["outgoing"] == talk.acts()[0].id]
    assert [e["body"]["state"] for e in results if e["body"]["state"] != "unknown"] == ["sent"]


def test_a_lost_answer_is_found_in_the_conversation(talk):
    talk.writes("+A", "INFO")
    talk.platform.script = ["lost"]
    talk.settle(minutes=3)
    assert states(talk)[0][0] == "unknown"
    talk.step(3 * MINUTE)
    talk.look()
    assert states(talk)[0][0] == "sent"
    talk.settle()
    assert len(told(talk)) == 2


def test_what_surely_never_arrived_is_sent_again(talk):
    talk.writes("+A", "INFO")
    talk.platform.script = ["gone"]
    talk.settle(minutes=3)
    talk.step(11 * MINUTE)
    talk.look()
    talk.settle()
    assert [state for state, _ in states(talk)] == ["sent", "sent"]


def test_an_echo_that_comes_after_we_gave_up_stops_the_second_sending(talk):
    """The list did not show it, so it was planned again; then its echo comes."""
    talk.writes("+A", "INFO")
    talk.platform.script = ["lost"]
    talk.settle(minutes=3)
    sent = talk.platform.sent.pop("+A")
    talk.step(11 * MINUTE)
    talk.look()
    assert states(talk)[0] == ("planned", "READ_BACK")
    talk.platform.sent["+A"] = sent
    talk.echo()
    assert states(talk)[0] == ("cancelled", "ECHO")
    talk.settle()
    assert len(told(talk)) == 1


def test_a_block_freezes_the_account_and_asks_a_person(talk):
    talk.writes("+A", "INFO")
    talk.writes("+B", "INFO")
    talk.platform.script = ["blocked"]
    talk.settle()
    (freeze,) = talk.read(lambda q: q.freezes(active_only=True))
    assert (freeze.account_id, freeze.scope, freeze.reason, freeze.actor) == (
        1, "everything", "PLATFORM_BLOCKED", "platform:tiktok",
    )  # fmt: skip
    assert [case.code for case in talk.cases()] == ["PLATFORM_BLOCKED"]
    assert told(talk) == told(talk, "+B") == []


def test_no_permission_means_messages_are_closed_from_now_on(talk):
    talk.writes("+A", "INFO")
    talk.platform.script = ["not_offered"]
    talk.settle()
    assert talk.read(lambda q: q.accounts())[0].can_message is False
    assert [e["body"]["feature"] for e in talk.log("account") if e["body"]["act"] == "answered-no"] == [
        "messages.send"
    ]
    talk.writes("+B", "INFO")
    talk.settle()
    assert told(talk, "+B") == []
    assert [state for state, _ in states(talk, "+B")] == ["task", "cancelled"], "by hand, and without buttons"


@pytest.mark.parametrize(
    ("more", "form"),
    [
        ({"type": "image", "image": {"media_id": "x"}, "text": None}, "image"),
        ({"type": "hologram", "text": None}, "hologram"),
    ],
)
def test_what_holds_no_text_goes_to_a_person_and_is_never_dropped(talk, more, form):
    talk.writes("+A", "", **more)
    (case,) = talk.cases()
    assert case.code == "HUMAN_REQUIRED"
    assert case.due_at <= talk.contact("+A").wrote_at + 48 * HOUR
    assert talk.acts() == []


def test_a_reaction_opens_no_window(talk):
    reaction = {
        "type": "reaction",
        "text": None,
        "reaction": [{"operation": "ADD", "emoji": "x", "original_msg_id": "M1"}],
    }
    talk.take(talk.message_body("+A", "", **reaction))
    assert talk.contact("+A").wrote_at is None
    assert talk.read(lambda q: q.messages_of(1, limit=9)) == []


def test_a_message_from_the_eu_is_kept_as_a_mark_to_read_it_in_the_app(talk):
    body = talk.body(
        "im_receive_msg_eu",
        {"to": "own", "to_user": {"id": "-000Own", "role": "business_account"}, "timestamp": talk.real},
    )
    talk.take(body)
    talk.take(body + b" ")
    (case,) = talk.cases()
    event = talk.read(lambda q: q.event(case.event_id))
    assert (case.code, event.kind, event.contact_id, event.text) == ("READ_IN_APP", "message", None, None)
    moderation.keep(talk.ctx, event.id, 1)
    assert talk.cases() == []


def test_read_marks_and_referrals_belong_to_the_conversation(talk):
    talk.writes("+A", "hallo")
    who = {"unique_identifier": "+A", "conversation_id": "conv+A", "timestamp": talk.real}
    later = talk.real
    for upto in (later, later - 5000):
        talk.take(talk.body("im_mark_read_msg", {**who, "read": {"last_read_timestamp": upto}}))
    link = {"source": "short_link", "short_link": {"ref": "bio-nov", "prefilled_message": "INFO"}}
    talk.take(talk.body("im_referral_msg", {**who, "referral": link}))
    conversation = talk.read(lambda q: q.conversation_of(1))
    assert (conversation.read_at, conversation.referral) == (later, "bio-nov")
    assert talk.contact("+A").wrote_at == later, "arriving by a link writes nothing"


def test_who_only_arrived_by_a_link_has_opened_nothing(talk):
    who = {"unique_identifier": "+A", "conversation_id": "conv+A", "timestamp": talk.real}
    talk.take(talk.body("im_referral_msg", {**who, "referral": {"source": "ad", "ad": {"ad_id": "7"}}}))
    assert talk.contact("+A").wrote_at is None
    assert talk.read(lambda q: q.conversation_of(1)).referral == "ad:7"


def test_a_commenter_is_the_same_person_in_messages_and_a_comment_opens_nothing(talk):
    talk.comment("+A", "wat kost dit?")
    assert talk.contact("+A").wrote_at is None
    talk.settle()
    (reply,) = talk.acts(act="reply")
    assert "INFO" in reply.text, "where messages are open the reply invites to write"
    talk.writes("+A", "INFO")
    assert [one.id for one in talk.read(lambda q: list(q.contacts([1, 2]).values()))] == [1]


def test_where_messages_are_closed_the_reply_points_to_the_bio():
    talk = Talk(can_message=False)
    try:
        talk.comment("+A", "wat kost dit?")
        (reply,) = talk.acts(act="reply")
        assert (reply.template, reply.rule) == ("bio", "reply-bio")
        talk.check()
    finally:
        talk.close()


def test_a_follow_up_leaves_at_the_wished_time_or_before_the_window_ends():
    talk = Talk(follow_up=True)
    try:
        talk.writes("+A", "INFO")
        talk.settle()
        talk.taps("+A")
        tapped = talk.real
        follow_up = talk.acts()[-1]
        assert (follow_up.rule, follow_up.not_before) == ("message-follow-up", tapped + 24 * HOUR)
        talk.step(24 * HOUR)
        talk.flow()
        assert len(told(talk)) == 3
        talk.check()
    finally:
        talk.close()


def test_a_follow_up_that_was_taken_back_by_stop_never_leaves():
    talk = Talk(follow_up=True)
    try:
        talk.writes("+A", "INFO")
        talk.settle()
        talk.taps("+A")
        talk.writes("+A", "stop")
        talk.step(25 * HOUR)
        talk.flow()
        assert talk.acts()[-1].code == "CONSENT_WITHDRAWN"
        assert len(told(talk)) == 2
        talk.check()
    finally:
        talk.close()


def test_an_approved_follow_up_keeps_its_time(talk):
    talk.writes("+A", "INFO")
    talk.settle()
    talk.taps("+A")
    tapped = talk.real
    (case,) = talk.cases()
    number = moderation.approve(talk.ctx, case.id, 1)
    assert talk.read(lambda q: q.outgoing(number)).not_before == tapped + 24 * HOUR
    talk.step(24 * HOUR)
    talk.flow()
    assert talk.read(lambda q: q.outgoing(number)).state == "sent"


def test_erasing_a_person_takes_the_conversation_with_it(talk):
    talk.writes("+A", "INFO")
    contact = talk.contact("+A")
    who = {"unique_identifier": "+A", "conversation_id": "conv+A", "timestamp": talk.real}
    talk.take(talk.body("im_mark_read_msg", {**who, "read": {"last_read_timestamp": talk.real}}))
    talk.settle()
    counts = privacy.erase(talk.ctx, contact.id, who=("person", "1"))
    assert counts["conversation"] == 1
    assert talk.read(lambda q: q.conversation_of(contact.id)) is None
    kept = talk.read(lambda q: q.messages_of(contact.id, limit=9))
    assert [(e.text, e.parent_id) for e in kept] == [(None, "")]
    read_mark = talk.read(lambda q: q.event(kept[0].id + 1))
    assert (read_mark.external_id, read_mark.parent_id) == (f"erased:{read_mark.id}", "")
    acts = talk.read(lambda q: q.outgoing_of_contact(contact.id))
    assert {(one.text, one.target_id) for one in acts} == {("", "")}, "nothing leads back to the conversation"
