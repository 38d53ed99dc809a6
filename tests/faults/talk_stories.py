"""Directed stories about messages, for the hunt of seeded bugs: those of the use case's own tests, and rarer ones."""

from goodstanding.kernel.timing import HOUR, MINUTE
from tests.faults.talk import Talk
from tests.usecases import test_messages as told


def _played(story, **how):
    def run():
        talk = Talk(**how)
        try:
            story(talk)
            talk.check()
        finally:
            talk.close()

    run.__name__ = story.__name__.removeprefix("test_")
    run.__doc__ = story.__doc__
    return run


def _with(story, value):
    def run(talk):
        story(talk, value)

    run.__name__ = f"{story.__name__}_{value.replace(' ', '_')}"
    return run


def nothing_leaves_when_the_window_has_half_an_hour_left(talk):
    """The platform's clock may run ahead of ours: what could come too late is given to a person instead."""
    talk.platform.wrote["+A"] = talk.real
    late = talk.message_body("+A", "INFO")
    talk.step(47 * HOUR + 31 * MINUTE)
    talk.take(late)
    assert talk.acts() == [] or talk.acts()[0].state == "held"
    assert [case.code for case in talk.cases()] == ["WINDOW_CLOSED"]


def a_quota_of_nine_leaves_room_for_one(talk):
    """Nine messages of staff and one of ours are ten; the next must wait for the person."""
    talk.writes("+A", "zomaar")
    for number in range(9):
        talk.step(MINUTE)
        talk.staff_writes("+A", f"nummer {number}")
    talk.step(MINUTE)
    event = talk.read(lambda q: q.messages_of(1, limit=99))[0]
    numbers = [told.moderation.answer(talk.ctx, event.id, 1, text=f"Met de hand {n}.") for n in (1, 2)]
    talk.settle()
    assert [talk.read(lambda q, n=n: q.outgoing(n)).state for n in numbers] == ["sent", "cancelled"]


def an_echo_of_another_text_settles_nothing(talk):
    """Another app sends for the same account while our call is under way."""
    talk.writes("+A", "INFO")
    talk.platform.script = ["gone"]
    talk.settle(minutes=3)
    talk.platform.deliver(
        "+A", {"message_type": "TEXT", "text": {"body": "Van een ander."}}, via="API", automatic=False
    )
    talk.echo()
    assert talk.acts()[0].state == "unknown"


def a_tap_on_a_card_of_somebody_else_is_no_consent(talk):
    """The button's id alone proves nothing: it must come from the message that carried our card."""
    talk.writes("+A", "INFO")
    talk.settle()
    _, _, body, _ = talk.platform.sent["+A"][1]
    talk.taps("+A", card=("M77==", {"buttons": [{**body["template"]["buttons"][0], "title": "hoi"}]}))
    assert talk.evidence() == []


ALL = (
    *(
        _played(story)
        for story in (
            nothing_leaves_when_the_window_has_half_an_hour_left,
            a_quota_of_nine_leaves_room_for_one,
            an_echo_of_another_text_settles_nothing,
            a_tap_on_a_card_of_somebody_else_is_no_consent,
            told.test_a_tap_on_our_question_is_stored_as_evidence,
            told.test_a_no_is_kept_as_well_and_nobody_is_asked_twice,
            told.test_an_old_message_that_comes_late_opens_no_window,
            told.test_of_two_messages_the_later_one_counts_whichever_comes_last,
            told.test_a_message_dated_ahead_opens_no_longer_window,
            told.test_a_window_that_closes_before_sending_stops_the_message,
            told.test_what_staff_wrote_in_the_app_uses_the_window_too,
            told.test_who_is_answered_by_staff_is_not_answered_by_a_machine,
            told.test_an_echo_that_comes_after_we_gave_up_stops_the_second_sending,
            told.test_a_block_freezes_the_account_and_asks_a_person,
            told.test_five_automatic_messages_in_seven_days_and_no_more,
        )
    ),
    _played(_with(told.test_stop_withdraws_at_once_and_cancels_what_is_planned, "STOP")),
    _played(_with(told.test_an_echo_settles_the_act_once, "before the answer")),
    _played(_with(told.test_an_echo_settles_the_act_once, "lost answer")),
)
