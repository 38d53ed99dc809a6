"""Pasting and typing comments, and starting without an app, as pages."""

import re

import pytest
from world import Client, World

from goodstanding.usecases import paste

TEXT = "kijker_een\nWat kost die pan?\n2h\nReply\n4\nkijker_twee\nMooi!\n3-14\nReply\nlottekookt\nDank\n1h\nReply\nrest"
LINK = "https://www.tiktok.com/@lottekookt/video/7672400000000000909"


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    made.owner()
    yield made
    made.close()


@pytest.fixture
def me(world):
    return Client(world).sign_in()


def fields(page):
    """The form of the preview, as a browser would send it untouched."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", page.text):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and not ('type="checkbox"' in tag and "checked" not in tag):
            found[name[1]] = value[1] if value else ""
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>', page.text):
        found[name] = text
    return {n: v for n, v in found.items() if not n.startswith("_") and n != "back"}


def test_paste_look_over_and_take(world, me):
    preview = me.post("/paste/preview", account="1", link=LINK, text=TEXT)
    assert "3 comments" in preview.words and "your own" in preview.words
    assert "line 14" in preview.words and "rest" in preview.words
    assert world.events("reply") == []
    sent = fields(preview)
    assert [n for n in sent if n.startswith("take-")] == ["take-0", "take-1"]
    done = me.post("/paste/take", **{**sent, "text-1": "Waar koop ik hem?"})
    assert "comments were taken in and decided." in done.words
    texts = world.ctx.store.read(lambda q: [q.event(d.event_id).text for d in q.decisions(after=0, limit=9)])
    assert texts == ["Wat kost die pan?", "Waar koop ik hem?"], "what the person changed is what is kept"
    again = me.post("/paste/preview", account="1", link=LINK, text=TEXT)
    assert "here already" in again.words


def test_nothing_found_keeps_what_was_pasted(me):
    page = me.post("/paste/preview", account="1", link=LINK, text="zomaar een zin")
    assert (page.status, "No comment was found in that." in page.words) == (422, True)
    assert "zomaar een zin" in page.text


def test_no_video_is_asked_for(me):
    page = me.post("/paste/preview", account="1", text=TEXT)
    assert (page.status, "Say which video it is" in page.words) == (422, True)
    assert "Wat kost die pan?" in page.text


def test_one_by_hand(world, me):
    done = me.post(
        "/paste/hand", account="1", known="7672400000000000101", author="@kijker", comment="Wat kost dat?"
    )
    assert "1 comment was taken in and decided." in done.words
    again = me.post(
        "/paste/hand", account="1", known="7672400000000000101", author="@kijker", comment="Wat kost dat?"
    )
    assert "1 was here already and was left out." in again.words
    empty = me.post("/paste/hand", account="1", known="7672400000000000101", author="", comment="x")
    assert empty.status == 422


def test_a_time_that_is_none_is_now(world, me):
    me.post(
        "/paste/hand",
        account="1",
        known="7672400000000000101",
        author="a.b",
        comment="Wat kost dat?",
        at="gisteren",
    )
    event = world.ctx.store.read(lambda q: q.event(q.decisions(after=0, limit=1)[0].event_id))
    assert abs(event.at - world.ctx.clock.now()) < 60_000


def test_starting_without_an_app(tmp_path):
    world = World(tmp_path, account=False)
    world.owner()
    me = Client(world).sign_in()
    assert "Start without an app" in me.get("/").words and "Start without an app" in me.get("/paste").words
    wrong = me.post("/by-hand", handle="a b c", language="nl", zone="UTC")
    assert (wrong.status, "cannot be a name on TikTok" in wrong.words) == (422, True)
    page = me.follow(
        me.post("/by-hand", handle="@lottekookt", name="Lotte", language="nl", zone="Europe/Amsterdam")
    )
    assert "served by hand from now on" in page.words
    assert "served here already" in me.post("/by-hand", handle="LotteKookt", language="nl", zone="UTC").words
    assert "Tasks" in me.get("/").words
    world.close()


def test_the_page_leads_to_imports_too(me):
    page = me.get("/paste")
    assert 'href="/imports"' in page.text and "goodstanding import comments comments.csv" in page.text
    assert me.get("/imports").status == 200


def test_without_a_time_nothing_counts_as_a_rush_and_that_is_said(world, me):
    asked = {"account": "1", "known": "7672400000000000101"}
    page = me.post(
        "/paste/preview", **asked, text="kijker_drie\nHoi daar\nReply\nkijker_vier\nMooi\n2h\nReply\n"
    )
    assert "Some comments have no time on the screen." in page.words
    at = re.search(r'name="undated-0" value="([^"]+)"', page.text).group(1)
    assert "undated-1" not in page.text
    row = {"take-0": "yes", "author-0": "kijker_drie", "text-0": "Hoi daar"}
    done = me.post("/paste/take", **asked, **row, **{"at-0": at, "undated-0": at})
    assert "1 had no time, so it does not count as a rush of viewers." in done.words
    row |= {"text-0": "Hoi daar weer", "at-0": "2026-09-21T10:00", "undated-0": at}
    assert "had no time" not in me.post("/paste/take", **asked, **row).words, "a person gave one"


def test_an_own_reply_on_the_screen_settles_its_task_and_that_is_said(world, me, monkeypatch):
    """The page hands over what was ticked, word for word; the use case has its own tests."""
    given = []

    def take(ctx, account_id, choice, rows, who, *, source="paste", seen=()):
        given.extend(seen)
        return paste.Taken(added=0, known=0, seen=len(seen))

    monkeypatch.setattr(paste, "take", take)
    row = {
        "seen-4": "yes",
        "task-4": "77",
        "author-4": "own",
        "text-4": "Dank je!",
        "at-4": "2026-09-21T10:00",
    }
    done = me.post("/paste/take", account="1", known="7672400000000000101", **row)
    assert [(one.task, one.text) for one in given] == [(77, "Dank je!")]
    assert "1 waiting task was settled" in done.words
