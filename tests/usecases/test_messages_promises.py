"""The promises about messages, over any order of writing, tapping, stopping, losing and repeating."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from goodstanding.adapters.storage.postgres import PostgresStore
from goodstanding.kernel.timing import HOUR, MINUTE
from goodstanding.usecases import moderation
from tests.faults.talk import Talk
from tests.usecases import test_messages as stories

VIEWERS = ("+A", "+B")
viewer = st.sampled_from(VIEWERS)
OPS = st.one_of(
    st.tuples(st.just("writes"), viewer, st.sampled_from(["INFO", "wat kost het?", "hallo daar", "STOP"]), st.booleans()),
    st.tuples(st.just("writes"), viewer, st.just("INFO"), st.just(True)),
    st.tuples(st.just("taps"), viewer, st.integers(0, 1), st.booleans()),
    st.tuples(st.just("staff"), viewer, st.booleans()),
    st.tuples(st.just("by_hand"), viewer),
    st.tuples(st.just("late"), st.integers(0, 9), st.integers(1, 2)),
    st.tuples(st.just("echo"), st.integers(1, 2)),
    st.tuples(st.just("step"), st.sampled_from([1, 3, 5, 20, 300, 24 * 60, 47 * 60, 48 * 60])),
    st.tuples(st.just("settle"), st.integers(1, 4)),
    st.tuples(st.just("fails"), st.sampled_from(["lost", "gone"])),
    st.tuples(st.just("echo_first"), st.booleans()),
    st.tuples(st.just("look")),
)  # fmt: skip


class Play:
    """Carries out operations and remembers what people said about consent."""

    def __init__(self, talk):
        self.talk = talk
        self.held = []
        """Bodies that have not been delivered: (body, what to remember then)."""
        self.heard = {one: [] for one in VIEWERS}
        """Viewer -> (time, word) of answers about consent that were delivered."""

    def deliver(self, body, memo):
        self.talk.take(body)
        if memo:
            who, what = memo
            self.heard[who].append(what)

    def send(self, body, memo, *, now):
        if now:
            self.deliver(body, memo)
        else:
            self.held.append((body, memo))

    def do(self, op, *args):
        talk = self.talk
        if op == "writes":
            who, text, now = args
            memo = (who, (talk.real, "stop")) if text == "STOP" else None
            self.send(talk.writes(who, text, deliver=False), memo, now=now)
        elif op == "taps":
            who, button, now = args
            if any("template" in body for _, _, body, _ in talk.platform.sent[who]):
                memo = (who, (talk.real, ("yes", "no")[button]))
                self.send(talk.taps(who, button, deliver=False), memo, now=now)
        elif op == "staff":
            who, now = args
            if not talk.platform.judge(who, _Person):
                talk.staff_writes(who, "Hoi van ons.", deliver=now)
        elif op == "by_hand":
            self.by_hand(*args)
        elif op == "late":
            place, times = args
            if self.held:
                body, memo = self.held.pop(place % len(self.held))
                self.deliver(body, memo)
                for _ in range(times - 1):
                    talk.take(body)
        elif op == "echo":
            talk.echo(times=args[0])
        elif op == "step":
            talk.step(args[0] * MINUTE)
        elif op == "settle":
            talk.settle(minutes=args[0])
        elif op == "fails":
            talk.platform.script.append(args[0])
        elif op == "echo_first":
            talk.platform.echo_first = args[0]
        else:
            talk.look()

    def by_hand(self, who):
        contact = self.talk.contact(who)
        messages = self.talk.read(lambda q: q.messages_of(contact.id, limit=9)) if contact else []
        theirs = [one for one in messages if not one.own]
        if theirs:
            moderation.answer(self.talk.ctx, theirs[-1].id, 1, text="Met de hand.")

    def end(self):
        """Everything comes in after all, and every unknown outcome is looked at."""
        self.talk.platform.script.clear()
        while self.held:
            self.deliver(*self.held.pop())
        self.talk.echo()
        self.talk.settle(minutes=4)
        for _ in range(3):
            self.talk.step(11 * MINUTE)
            self.talk.look()
            self.talk.settle(minutes=2)
        self.talk.echo()


class _Person:
    approved_by = 1
    text = ""


def expected_marketing(heard):
    yes = max((at for at, word in heard if word == "yes"), default=-1)
    no = max((at for at, word in heard if word in ("no", "stop")), default=-1)
    return "given" if yes > no else "withdrawn" if no >= 0 else "absent"


@given(st.lists(OPS, max_size=25))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_rule_of_the_platform_is_ever_broken(ops):
    """Window, quota, five in seven days, never twice, always disclosed first; the platform itself keeps count."""
    talk = Talk(follow_up=True)
    try:
        play = Play(talk)
        for op in ops:
            play.do(*op)
        play.end()
        talk.check()
        for who in VIEWERS:
            contact = talk.contact(who)
            if contact is None:
                continue
            assert contact.wrote_at == talk.platform.wrote.get(who), (
                "the window counts from the latest message"
            )
            assert contact.marketing == expected_marketing(play.heard[who])
            stopped = any(word == "stop" for _, word in play.heard[who])
            assert contact.answer == ("withdrawn" if stopped else "given")
            mine = talk.acts(who)
            for one in mine:
                arrived = talk.platform.acts[one.id]
                assert one.state == "unknown" or arrived == (one.state == "sent" or one.code == "ECHO"), one
            refs = [one.provider_ref for one in mine if one.provider_ref]
            assert len(refs) == len(set(refs)), "no message stands for two acts"
            seen = [i for _, i, _, _ in talk.platform.sent[who]]
            kept = [
                e.external_id for e in talk.read(lambda q, c=contact: q.messages_of(c.id, limit=500)) if e.own
            ]
            assert sorted([*refs, *kept]) == sorted(seen), (
                "everything sent is known once, as an act or as staff's"
            )
    finally:
        talk.close()


@given(wrote=st.integers(0, 49 * 60), wished=st.sampled_from([0, 1, 24, 47, 48]), quiet=st.booleans())
@settings(max_examples=40, deadline=None)
def test_nothing_is_planned_for_after_the_window(wrote, wished, quiet):
    """Whatever is wished: planned within the window less its margin, or not planned at all."""
    talk = Talk(quiet=quiet)
    try:
        talk.step(wished * HOUR)
        talk.platform.wrote["+A"] = talk.real
        body = talk.message_body("+A", "INFO")
        talk.step(wrote * MINUTE)
        talk.take(body)
        last = talk.contact("+A").wrote_at + 48 * HOUR - 30 * MINUTE
        planned = [one for one in talk.acts() if one.state == "planned"]
        assert all(one.not_before <= last + MINUTE for one in planned)
        if not planned:
            decision = talk.read(lambda q: q.decision(1))
            assert decision.code == "WINDOW_CLOSED"
            assert (len(talk.cases()) == 1) == (wrote < 48 * 60), "a person is asked while there is time"
        talk.check()
    finally:
        talk.close()


POSTGRES = (
    stories.test_a_tap_on_our_question_is_stored_as_evidence,
    stories.test_two_messages_at_once_bring_one_question_and_one_greeting,
    stories.test_of_two_messages_the_later_one_counts_whichever_comes_last,
    stories.test_five_automatic_messages_in_seven_days_and_no_more,
    stories.test_what_staff_wrote_in_the_app_uses_the_window_too,
    stories.test_an_echo_that_comes_after_we_gave_up_stops_the_second_sending,
    stories.test_a_block_freezes_the_account_and_asks_a_person,
    stories.test_read_marks_and_referrals_belong_to_the_conversation,
    stories.test_erasing_a_person_takes_the_conversation_with_it,
)


@pytest.mark.postgres
@pytest.mark.parametrize("story", POSTGRES, ids=lambda one: one.__name__)
def test_the_same_on_postgres(story, postgres_address):
    talk = Talk(store=PostgresStore(postgres_address, 1))
    try:
        story(talk)
        talk.check()
    finally:
        talk.close()
