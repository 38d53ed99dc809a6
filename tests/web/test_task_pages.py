"""The pages of tasks: what stands on them, and that the buttons do what they say."""

import re

import pytest
from world import Client, World

from goodstanding.core import tasks as numbers
from goodstanding.kernel.timing import DAY, HOUR, MINUTE
from goodstanding.usecases import incidents, intake, tasks
from goodstanding.usecases.context import SYSTEM
from goodstanding.usecases.outbox import Dispatcher
from goodstanding.usecases.ports import ParsedComment


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    made.ctx.store.write(
        lambda tx: tx.change_account(1, {"mode": "assisted", "can_reply": False, "can_hide": False})
    )
    made.owner()
    yield made
    made.close()


@pytest.fixture
def me(world):
    return Client(world).sign_in()


def task(world, text="Wat kost die pan?", number=1):
    """A comment and the task it leads to; returns the task's id."""
    now = world.ctx.clock.now()
    comment = ParsedComment(
        external_id=f"hand:{number}", video_id="7672400000000000101", parent_id="", action="insert", author=f"handle:kijker{number}",
        handle=f"kijker{number}", text=text, at=now,
    )  # fmt: skip
    intake.take_in(world.ctx, 1, [comment], source="paste")
    world.app.clock.advance(HOUR + MINUTE)
    world.loop.run_until_complete(Dispatcher(ctx=world.ctx, owner="test").send_due())
    found = world.ctx.store.read(tasks.waiting)
    return found[-1].outgoing.id


def state(world, number):
    one = world.ctx.store.read(lambda q: q.outgoing(number))
    return one.state, one.code


def test_an_empty_list_says_what_comes_here(me):
    page = me.get("/tasks")
    assert page.status == 200
    assert "Nothing to do." in page.words


def test_the_list_holds_back_the_text_until_it_is_opened(world, me):
    number = task(world)
    text = world.ctx.store.read(lambda q: q.outgoing(number)).text
    page = me.get("/tasks")
    assert "Wat kost die pan?" in page.words and text not in page.words
    assert text not in me.get(f"/tasks/{number}").words
    opened = me.follow(me.post(f"/tasks/{number}/open"))
    assert text in opened.words
    assert 'href="https://www.tiktok.com/@lottekookt/video/7672400000000000101"' in opened.text
    assert 'href="https://www.tiktok.com/@kijker1"' in opened.text
    assert "Makes sense until" in opened.words


def test_sent_is_noted_and_taken_back(world, me):
    number = task(world)
    me.post(f"/tasks/{number}/open")
    said = me.follow(me.post(f"/tasks/{number}/sent"))
    assert "Noted: sent." in said.words and "Answered just now" in said.words
    assert state(world, number) == ("sent", "BY_HAND")
    back = me.follow(me.post(f"/tasks/{number}/take-back"))
    assert "The task is open again." in back.words
    assert state(world, number) == ("task", "")
    acts = me.get("/acts").words
    assert "Sent in the app" in acts and "Took back: sent in the app" in acts


@pytest.mark.parametrize("reason", numbers.REASONS)
def test_not_sent_with_its_reason(world, me, reason):
    number = task(world)
    me.post(f"/tasks/{number}/open")
    assert "Noted: not sent." in me.follow(me.post(f"/tasks/{number}/not-sent", reason=reason)).words
    assert state(world, number)[1] == numbers.CODES[reason]
    assert "This task is settled" in me.get(f"/tasks/{number}").words


def test_a_missing_reason_changes_nothing(world, me):
    number = task(world)
    me.post(f"/tasks/{number}/open")
    assert "Choose a reason." in me.follow(me.post(f"/tasks/{number}/not-sent")).words
    assert state(world, number) == ("task", "")


def test_a_frozen_account_says_do_not_send(world, me):
    number = task(world)
    other = task(world, number=2)
    me.post(f"/tasks/{number}/open")
    incidents.freeze(world.ctx, reason="test", who=SYSTEM)
    page = me.get(f"/tasks/{number}")
    text = world.ctx.store.read(lambda q: q.outgoing(number)).text
    assert "Do not send this now. Frozen" in page.words and text not in page.words
    refused = me.follow(me.post(f"/tasks/{number}/sent"))
    assert "It must not be sent now. Nothing was noted." in refused.words
    assert state(world, number) == ("task", "")
    assert "Noted: sent." in me.follow(me.post(f"/tasks/{number}/sent", before="yes")).words
    assert "Do not send this now." in me.follow(me.post(f"/tasks/{other}/open")).words


def test_too_late_and_opened_asks_what_happened(world, me):
    number = task(world)
    me.post(f"/tasks/{number}/open")
    world.app.clock.advance(9 * DAY)
    page = me.get(f"/tasks/{number}")
    assert "Do not send this any more." in page.words and "Had you sent it before?" in page.words
    assert "Too late to send." in me.get("/tasks").words


def test_hiding_has_no_text_and_says_how(world, me):
    number = task(world, text="Verdien snel geld, klik op mijn profiel https://munten.example")
    assert world.ctx.store.read(lambda q: q.outgoing(number)).act == "hide"
    page = me.follow(me.post(f"/tasks/{number}/open"))
    assert "Hide this comment in the app" in page.words and "I did it" in page.words


def test_what_is_not_there_is_missing(me):
    assert me.get("/tasks/999").status == 404
    assert "no longer there" in me.follow(me.post("/tasks/999/sent")).words


def test_the_phone_belongs_to_somebody(world, me):
    task(world)
    assert me.follow(me.post("/tasks/holder", account="1", person="1")).status == 200
    assert world.ctx.store.read(lambda q: tasks.holder(q, 1)) == 1
    assert "no longer there" in me.follow(me.post("/tasks/holder", account="1", person="99")).words


def test_undo_ends_after_its_minutes(world, me):
    number = task(world)
    me.post(f"/tasks/{number}/sent")
    world.app.clock.advance(11 * MINUTE)
    assert "too old to be taken back" in me.follow(me.post(f"/tasks/{number}/take-back")).words
    assert "Answered just now" not in me.get("/tasks").words


def test_the_count_stands_in_the_frame_and_in_the_live_figures(world, me):
    task(world)
    assert re.search(r'data-live="tasks"[^>]*>1<', me.get("/").text)
    assert '"tasks":1' in me.get("/live").text
