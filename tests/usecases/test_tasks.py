"""Assisted mode: everything up to the send, then a person; what counts, what is asked again, what is taken back."""

import json

import pytest

from goodstanding.core.outbox import approval_hash
from goodstanding.kernel.timing import DAY, HOUR, MINUTE
from goodstanding.usecases import audit, moderation, privacy, tasks
from goodstanding.usecases.context import SYSTEM, person
from goodstanding.usecases.facts import Situation
from goodstanding.usecases.ports import ParsedComment, Person
from tests import support
from tests.faults.world import World
from tests.support import NOW

ME = person(1)


@pytest.fixture
def world():
    world = World()
    world.ctx.store.write(
        lambda tx: tx.change_account(1, {"mode": "assisted", "can_hide": False, "can_reply": False})
    )
    world.ctx.store.write(
        lambda tx: tx.add_person(
            Person(
                id=1,
                name="L",
                email="l@example.org",
                password_hash="x",
                role="owner",
                language="nl",
                created_at=NOW,
            )
        )
    )
    yield world
    assert audit.verify(world.ctx).ok
    world.close()


def due(world, viewer="+A", text="price"):
    """A comment whose answer has become a task; returns the task."""
    world.comment(viewer, text)
    world.step(3 * MINUTE)
    world.flow()
    return world.ctx.store.read(tasks.waiting)[-1].task


def row(world, task):
    one = world.row(task.outgoing_id)
    return one.state, one.code


def sealed(world, kind, task):
    return world.entries(kind, task.outgoing_id)


def counted(world):
    """How many replies to +A count against limits now."""

    def work(q):
        contact = q.contacts_by_external(1, ["+A"])["+A"]
        return len(q.spent(1, 0, [contact.id]))

    return world.ctx.store.read(work)


def test_a_due_act_becomes_a_task_and_nothing_is_called(world):
    task = due(world)
    assert row(world, task) == ("task", "")
    assert world.calls == []
    assert sealed(world, "attempt", task) == [{"act": "reply", "by": "person"}]
    assert task.until == NOW + 168 * HOUR
    assert task.opened_at is None
    assert world.ctx.store.read(lambda q: q.outgoing_in_state("sending", limit=9)) == []


def test_hiding_becomes_a_task_too_and_is_noted_on_the_comment_once_done(world):
    task = due(world, text="insult")
    assert world.row(task.outgoing_id).act == "hide"
    assert task.until == world.real + 2 * DAY
    tasks.open_task(world.ctx, task.outgoing_id, ME)
    tasks.sent(world.ctx, task.outgoing_id, ME)
    number = world.row(task.outgoing_id).event_id
    event = world.ctx.store.read(lambda q: q.event(number))
    assert event.state == "hidden"
    tasks.take_back(world.ctx, task.outgoing_id, ME)
    assert world.ctx.store.read(lambda q: q.event(event.id)).state == "public"


def test_i_sent_it_settles_as_sent_by_that_person(world):
    task = due(world)
    opened = tasks.open_task(world.ctx, task.outgoing_id, ME)
    assert (opened.standing, opened.item.task.opened_by) == ("go", "person:1")
    tasks.sent(world.ctx, task.outgoing_id, ME)
    assert row(world, task) == ("sent", "BY_HAND")
    last = world.ctx.store.read(lambda q: q.audit_newest(before=2**62, limit=1))[0]
    entry = json.loads(last.body)
    assert (entry["kind"], entry["actor"]) == ("result", {"id": "1", "type": "person"})
    assert entry["body"] == {"act": "reply", "code": "BY_HAND", "state": "sent"}
    assert world.ctx.store.read(tasks.waiting) == []
    number = world.row(task.outgoing_id).event_id
    event = world.ctx.store.read(lambda q: q.event(number))
    assert event.answered


@pytest.mark.parametrize(
    ("reason", "state"),
    [("gone", "failed"), ("unable", "failed"), ("unwise", "cancelled"), ("other", "cancelled")],
)
def test_i_did_not_says_why_and_counts_no_longer(world, reason, state):
    task = due(world)
    assert counted(world) == 1
    tasks.open_task(world.ctx, task.outgoing_id, ME)
    tasks.not_sent(world.ctx, task.outgoing_id, ME, reason)
    assert row(world, task) == (state, f"BY_HAND_{reason.upper()}")
    assert counted(world) == 0


def test_a_reason_nobody_knows_is_refused(world):
    task = due(world)
    with pytest.raises(tasks.UnknownReasonError):
        tasks.not_sent(world.ctx, task.outgoing_id, ME, "tired")
    assert row(world, task) == ("task", "")


def test_uncertain_counts_until_it_is_answered_even_when_it_is_too_late(world):
    """Opened: the text was on a screen, so it may have been sent. Only a person knows."""
    task = due(world)
    tasks.open_task(world.ctx, task.outgoing_id, ME)
    world.step(9 * DAY)
    world.house()
    assert tasks.expire(world.ctx) == 0
    assert row(world, task) == ("task", "")
    opened = tasks.open_task(world.ctx, task.outgoing_id, ME)
    assert (opened.standing, opened.code) == ("stop", "TOO_OLD")
    assert row(world, task) == ("task", "")
    tasks.sent(world.ctx, task.outgoing_id, ME, before=True)
    assert row(world, task) == ("sent", "BY_HAND")
    assert sealed(world, "result", task)[-1]["against"] == "TOO_OLD"


def test_too_late_is_never_counted_as_sent(world):
    task = due(world)
    world.step(8 * DAY)
    world.hear()
    assert tasks.expire(world.ctx) == 1
    assert row(world, task) == ("cancelled", "TASK_LATE")
    assert sealed(world, "result", task)[-1] == {"act": "reply", "code": "TASK_LATE", "state": "cancelled"}
    assert counted(world) == 0
    assert tasks.expire(world.ctx) == 0


def test_caps_count_tasks_like_sends(world):
    """Three an hour and a half to one person is the most; the fourth waits, whoever has opened what."""
    for _ in range(3):
        due(world)
    world.comment("+A", "price")
    world.step(3 * MINUTE)
    world.flow()
    states = sorted(o.state for o in world.rows())
    assert states.count("task") == 3
    assert len(world.ctx.store.read(tasks.waiting)) == 3


def test_a_task_does_not_stand_in_its_own_way(world):
    """The last one that a limit allows can still be opened."""
    mine = [due(world) for _ in range(3)]
    for task in mine:
        assert tasks.open_task(world.ctx, task.outgoing_id, ME).standing == "go"


def test_leaving_an_act_out_gives_back_its_count_and_its_token(world):
    task = due(world)
    one = world.row(task.outgoing_id)

    def work(q):
        account = q.accounts()[0]
        policy = world.ctx.compiled[account.policy_hash]
        made = [
            Situation(
                world.ctx,
                q,
                account=account,
                policy=policy,
                now=world.real,
                contacts=[one.contact_id],
                planning=False,
                without=without,
            )
            for without in (None, one)
        ]
        return [
            (
                s.bucket.milli,
                next(c.used for c in s._count(one.contact_id, "v1") if c.name == "contact/reply/2"),
            )
            for s in made
        ]

    (full, used), (given_back, unused) = world.ctx.store.read(work)
    assert (given_back - full, used, unused) == (1000, 1, 0)


def test_a_frozen_account_says_do_not_send_when_opened_and_when_marked(world):
    task = due(world)
    world.freeze()
    opened = tasks.open_task(world.ctx, task.outgoing_id, ME)
    assert (opened.standing, opened.code, opened.item.task.opened_at) == ("wait", "FREEZE", None)
    with pytest.raises(tasks.NotAllowedNowError) as refused:
        tasks.sent(world.ctx, task.outgoing_id, ME)
    assert refused.value.fields["why"] == "FREEZE"
    world.lift()
    assert tasks.open_task(world.ctx, task.outgoing_id, ME).standing == "go"


def test_what_was_sent_before_the_freeze_can_be_said(world):
    task = due(world)
    tasks.open_task(world.ctx, task.outgoing_id, ME)
    world.freeze()
    tasks.sent(world.ctx, task.outgoing_id, ME, before=True)
    assert row(world, task) == ("sent", "BY_HAND")
    assert sealed(world, "result", task)[-1]["against"] == "FREEZE"


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (lambda w: w.withdraw("+A"), "CONSENT_WITHDRAWN"),
        (lambda w: w.suppress("+A"), "SUPPRESSED"),
        (lambda w: w.remove("c1"), "COMMENT_GONE"),
        (lambda w: w.ctx.store.write(lambda tx: tx.mark_answered(1, ["c1"])), "ALREADY_ANSWERED"),
    ],
)
def test_what_changed_meanwhile_stops_a_task_at_opening(world, what, code):
    task = due(world)
    what(world)
    opened = tasks.open_task(world.ctx, task.outgoing_id, ME)
    assert (opened.standing, opened.code) == ("stop", code)
    assert row(world, task) == ("cancelled", code)
    again = tasks.open_task(world.ctx, task.outgoing_id, ME)
    assert again.standing == "gone"


def test_looking_changes_nothing(world):
    task = due(world)
    before = world.ctx.store.read(lambda q: (q.audit_head(), q.task(task.outgoing_id)))
    assert tasks.look(world.ctx, task.outgoing_id).standing == "go"
    assert world.ctx.store.read(lambda q: (q.audit_head(), q.task(task.outgoing_id))) == before


def test_an_answer_is_taken_back_within_minutes_and_no_later(world):
    task = due(world)
    tasks.sent(world.ctx, task.outgoing_id, ME)
    world.step(9 * MINUTE)
    tasks.take_back(world.ctx, task.outgoing_id, ME)
    assert row(world, task) == ("task", "")
    assert tasks.open_task(world.ctx, task.outgoing_id, ME).standing == "go"
    tasks.not_sent(world.ctx, task.outgoing_id, ME, "unwise")
    world.step(10 * MINUTE)
    with pytest.raises(tasks.TooLateToTakeBackError):
        tasks.take_back(world.ctx, task.outgoing_id, ME)


def test_what_the_platform_settled_cannot_be_taken_back(world):
    """The database itself refuses: only what a person answered bears the code that may go back."""
    world.ctx.store.write(lambda tx: tx.change_account(1, {"mode": "automatic", "can_reply": True}))
    world.comment("+A", "price")
    world.step(3 * MINUTE)
    world.flow()
    one = world.rows()[0]
    assert one.state == "sent"
    with pytest.raises(Exception, match="this move is not allowed"):
        world.ctx.store.write(lambda tx: tx.change_outgoing(one.id, {"state": "task"}))


def test_taking_back_what_nobody_answered_is_refused(world):
    task = due(world)
    with pytest.raises(moderation.GoneError):
        tasks.take_back(world.ctx, task.outgoing_id, ME)
    with pytest.raises(moderation.GoneError):
        tasks.sent(world.ctx, 999, ME)


def test_our_own_reply_seen_on_the_platform_settles_the_task(world):
    task = due(world)
    tasks.open_task(world.ctx, task.outgoing_id, ME)
    one = world.row(task.outgoing_id)
    told = ParsedComment(
        external_id="r1", video_id="v1", parent_id=one.target_id, action="insert", author="+Own", handle="own", text=one.text,
        at=world.real,
    )  # fmt: skip
    world.take(json.dumps({f: getattr(told, f) for f in told.__struct_fields__}).encode())
    assert row(world, task)[0] == "sent"
    assert world.ctx.store.read(lambda q: q.task(task.outgoing_id)).answer == "sent"
    with pytest.raises(moderation.GoneError):
        tasks.take_back(world.ctx, task.outgoing_id, ME)


def test_a_person_who_hides_withdraws_the_unopened_answer_and_not_the_opened_one(world):
    first, second = due(world), due(world, "+B")
    tasks.open_task(world.ctx, second.outgoing_id, ME)
    world.hide("c1")
    world.hide("c2")
    assert row(world, first) == ("cancelled", "BY_PERSON")
    assert row(world, second) == ("task", "")


def test_a_lift_that_discards_drops_unopened_tasks_too(world):
    first, second = due(world), due(world, "+B")
    tasks.open_task(world.ctx, second.outgoing_id, ME)
    world.freeze()
    world.lift(discard=True)
    assert (row(world, first), row(world, second)) == (("cancelled", "FREEZE"), ("task", ""))


def test_erasure_withdraws_what_was_not_opened(world):
    task = due(world)
    contact = world.row(task.outgoing_id).contact_id
    privacy.erase(world.ctx, contact, who=ME)
    assert row(world, task) == ("cancelled", "COMMENT_GONE")
    assert world.row(task.outgoing_id).text == ""


def test_a_message_that_the_platform_offers_no_way_for_is_a_task_in_automatic_mode(world):
    from goodstanding.core.policy.rules.capability import by_hand

    assert by_hand(mode="automatic", act="message", can_message=False)
    assert not by_hand(mode="automatic", act="message", can_message=True)
    assert not by_hand(mode="automatic", act="reply", can_message=False)
    assert by_hand(mode="assisted", act="hide", can_message=True)


def test_tasks_go_to_whoever_holds_the_phone(world):
    due(world)

    def mine(number):
        return len(world.ctx.store.read(lambda q: tasks.waiting(q, person_id=number)))

    assert (mine(1), mine(2)) == (1, 1)
    tasks.set_holder(world.ctx, 1, 1, SYSTEM)
    assert (mine(1), mine(2)) == (1, 0)
    with pytest.raises(moderation.GoneError):
        tasks.set_holder(world.ctx, 1, 7, SYSTEM)
    with pytest.raises(moderation.GoneError):
        tasks.set_holder(world.ctx, 9, 1, SYSTEM)


def test_cancelled_by_a_person_and_planned_again_is_a_fresh_task(world):
    task = due(world)
    world.cancel(task.outgoing_id)
    assert row(world, task) == ("cancelled", "BY_PERSON")
    world.undo()
    world.step(MINUTE)
    world.flow()
    assert row(world, task) == ("task", "")
    assert world.ctx.store.read(lambda q: q.task(task.outgoing_id)).answered_at is None


def test_a_message_by_hand_ends_before_the_window_does(world):
    """An automatic account whose messages are closed: the platform's window binds the person too, with a margin."""
    world.ctx.store.write(
        lambda tx: tx.change_account(1, {"mode": "automatic", "can_message": False, "can_reply": True})
    )
    world.comment("+A", "hello")
    contact = world.ctx.store.read(lambda q: q.contacts_by_external(1, ["+A"])["+A"])
    until = world.real + DAY
    bound = approval_hash(event_id=1, act="message", target_id="c1", text="Hier is de link.")

    def plan(tx, number, wrote_at):
        tx.change_contact(contact.id, {"wrote_at": wrote_at})
        tx.add_outgoing(
            [
                support.outgoing(
                    number, event_id=1, act="message", contact_id=contact.id, target_id="c1", text="Hier is de link.",
                    ordinal=number, not_before=world.real, approved_by=1, approved_hash=bound, approved_until=until, rule="",
                )
            ]
        )  # fmt: skip

    world.ctx.store.write(lambda tx: plan(tx, 900, world.real - 40 * HOUR))
    world.flow()
    task = world.ctx.store.read(lambda q: q.task(900))
    assert (world.row(900).state, task.until) == ("task", world.real + 7 * HOUR + 30 * MINUTE)
    assert world.calls == []
    world.step(8 * HOUR)
    world.house()
    assert row(world, task) == ("cancelled", "TASK_LATE")
    world.ctx.store.write(lambda tx: plan(tx, 901, None))
    world.flow()
    assert (world.row(901).state, world.row(901).code) == ("cancelled", "NOT_FIRST"), (
        "nobody who has not written first"
    )
