from hypothesis import given
from hypothesis import strategies as st

from goodstanding.core.consent import ConsentEvent, answer_to_pending, state_of

NOW = 1_000
CHANNELS = ("comment", "message")
instants = st.integers(0, 2_000)
events = st.builds(
    ConsentEvent,
    purpose=st.sampled_from(("answer", "marketing")),
    change=st.sampled_from(("given", "withdrawn")),
    at=instants,
    channel=st.sampled_from((None, *CHANNELS)),
    until=st.none() | instants,
    explicit=st.booleans(),
)
lists = st.lists(events, max_size=8)
purposes = st.sampled_from(("answer", "marketing"))
channels = st.sampled_from(CHANNELS)


def own_question(at, until=None):
    return ConsentEvent(purpose="answer", change="given", at=at, channel="message", until=until)


def yes(at, purpose="marketing", channel="message"):
    return ConsentEvent(purpose=purpose, change="given", at=at, channel=channel, explicit=True)


def stop(at, purpose="answer", channel=None):
    return ConsentEvent(purpose=purpose, change="withdrawn", at=at, channel=channel)


def state(*found, purpose="answer", channel="message", now=NOW):
    return state_of(found, purpose=purpose, channel=channel, now=now)


def test_nothing_said_is_absent():
    assert state() == "absent"


def test_own_question_allows_an_answer_until_the_window_ends():
    question = own_question(100, until=500)
    assert [state(question, now=now) for now in (99, 100, 499, 500)] == ["absent", "given", "given", "absent"]


def test_own_question_allows_no_marketing():
    assert state(own_question(100), purpose="marketing") == "absent"


def test_explicit_yes_allows_marketing_on_its_channel_only():
    assert state(yes(100), purpose="marketing") == "given"
    assert state(yes(100), purpose="marketing", channel="comment") == "absent"


def test_stop_in_the_same_instant_as_yes_wins():
    assert state(yes(100), stop(100), purpose="marketing") == "withdrawn"


def test_stop_dated_after_now_counts_already():
    assert state(own_question(100), stop(NOW + 41_000)) == "withdrawn"


def test_question_after_stop_restores_nothing_but_an_explicit_yes_does():
    assert state(stop(100), own_question(200)) == "withdrawn"
    assert state(stop(100), yes(200, purpose="answer")) == "given"


def test_withdrawn_marketing_leaves_answers_and_withdrawn_answers_take_marketing():
    given_both = (own_question(100), yes(100))
    assert state(*given_both, stop(200, purpose="marketing")) == "given"
    assert state(*given_both, stop(200, purpose="marketing"), purpose="marketing") == "withdrawn"
    assert state(*given_both, stop(200), purpose="marketing") == "withdrawn"


def test_withdrawal_on_one_channel_leaves_the_other():
    everywhere = ConsentEvent(purpose="answer", change="given", at=100)
    assert state(everywhere, stop(200, channel="comment")) == "given"
    assert state(everywhere, stop(200, channel="comment"), channel="comment") == "withdrawn"


@given(lists, purposes, channels, instants, st.randoms(use_true_random=False))
def test_order_of_events_means_nothing(found, purpose, channel, now, chance):
    shuffled = list(found)
    chance.shuffle(shuffled)
    assert state(*found, purpose=purpose, channel=channel, now=now) == state(
        *shuffled, purpose=purpose, channel=channel, now=now
    )


@given(lists, purposes, channels, instants)
def test_a_withdrawal_now_always_ends_consent(found, purpose, channel, now):
    assert state(*found, stop(now), purpose=purpose, channel=channel, now=now) == "withdrawn"


@given(lists, purposes, channels, instants, st.integers(0, 2_000))
def test_withdrawal_beats_everything_given_up_to_it(found, purpose, channel, at, later):
    before = [event for event in found if event.at <= at]
    assert state(*before, stop(at), purpose=purpose, channel=channel, now=at + later) == "withdrawn"


@given(lists, purposes, channels, instants, instants)
def test_more_withdrawals_never_give_consent(found, purpose, channel, now, at):
    if state(*found, purpose=purpose, channel=channel, now=now) != "given":
        assert state(*found, stop(at), purpose=purpose, channel=channel, now=now) != "given"


@given(lists, purposes, channels, instants)
def test_given_needs_a_live_event_of_that_purpose_and_channel(found, purpose, channel, now):
    if state(*found, purpose=purpose, channel=channel, now=now) == "given":
        assert any(
            e.change == "given"
            and e.purpose == purpose
            and e.channel in (None, channel)
            and e.at <= now
            and (e.until is None or now < e.until)
            and (e.explicit or purpose == "answer")
            for e in found
        )


@given(lists, channels, instants)
def test_marketing_is_never_given_where_answers_were_last_withdrawn(found, channel, now):
    last = max(
        (e.at for e in found if e.change == "withdrawn" and e.channel in (None, channel)), default=None
    )
    if last is not None and not any(e.change == "given" and e.explicit and e.at > last for e in found):
        assert state(*found, purpose="marketing", channel=channel, now=now) != "given"


def test_answers_to_a_pending_question_as_a_whole_table():
    table = {
        (answer, pending): answer_to_pending(answer, pending=pending)
        for answer in (None, "yes", "no", "stop")
        for pending in (False, True)
    }
    assert table == {
        (None, False): "nothing",
        (None, True): "person",
        ("yes", False): "nothing",
        ("yes", True): "given",
        ("no", False): "nothing",
        ("no", True): "refused",
        ("stop", False): "withdrawn",
        ("stop", True): "withdrawn",
    }
