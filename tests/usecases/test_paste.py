"""No app at all: what is pasted is decided like any other comment, once, and people are never merged silently."""

import json

import msgspec
import pytest

from goodstanding.kernel.timing import DAY, HOUR, MINUTE
from goodstanding.usecases import audit, moderation, paste, tasks
from goodstanding.usecases.context import person
from goodstanding.usecases.facts import volume_now
from goodstanding.usecases.paste import Row, VideoChoice
from goodstanding.usecases.ports import ParsedComment, Person
from tests.faults.world import World

ME = person(1)
VIDEO_ID = "7672400000000000101"
VIDEO = VideoChoice(link="https://www.tiktok.com/@lottekookt/video/7672400000000000101", title="Soep")
TEXT = "kijker_een\nwhat is the price\n2h\nReply\nkijker_twee\nhello there\n3h\nReply\nown\nthank you\n1h\nReply\n"


@pytest.fixture
def world():
    world = World()
    yield world
    assert audit.verify(world.ctx).ok
    world.close()


def look(world, text=TEXT, choice=VIDEO):
    return paste.preview(world.ctx, 1, choice, text)


def take(world, text=TEXT, choice=VIDEO):
    found = look(world, text, choice)
    return paste.take(world.ctx, 1, choice, [r for r in found.rows if r.found == "new"], ME)


def events(world):
    def work(q):
        return [q.event(d.event_id) for d in q.decisions(after=0, limit=100)]

    return world.ctx.store.read(work)


def test_a_preview_keeps_nothing(world):
    before = world.ctx.store.read(lambda q: q.audit_head())
    found = look(world)
    assert [(r.author, r.found) for r in found.rows] == [
        ("kijker_een", "new"),
        ("kijker_twee", "new"),
        ("own", "own"),
    ]
    assert world.ctx.store.read(lambda q: q.audit_head()) == before


def test_pasted_comments_are_decided_and_sealed(world):
    assert take(world) == paste.Taken(added=2, known=0)
    found = events(world)
    assert [(e.source, e.text, e.at) for e in found] == [
        ("paste", "what is the price", world.real - 2 * HOUR),
        ("paste", "hello there", world.real - 3 * HOUR),
    ]
    assert [o.act for o in world.rows()] == ["reply"]
    last = json.loads(world.ctx.store.read(lambda q: q.audit_newest(before=2**62, limit=1))[0].body)
    assert (last["kind"], last["actor"]["id"], last["body"]) == (
        "review",
        "1",
        {"act": "paste", "added": 2, "known": 0},
    )
    assert world.ctx.store.read(lambda q: [v.title for v in q.videos(1)]) == ["Soep"]


def test_a_second_paste_adds_nothing_even_when_the_ages_moved_on(world):
    take(world)
    world.step(DAY)
    older = TEXT.replace("2h", "1d").replace("3h", "1 d geleden").replace("the price", "the  price")
    assert [r.found for r in look(world, older).rows] == ["known", "known", "own"]
    rows = [r for r in look(world, older).rows if r.found != "own"]
    assert paste.take(world.ctx, 1, VIDEO, rows, ME) == paste.Taken(added=0, known=2)
    assert len(events(world)) == 2


def test_the_same_words_under_another_video_are_another_comment(world):
    take(world)
    other = VideoChoice(title="Een andere")
    assert [r.found for r in look(world, choice=other).rows] == ["new", "new", "own"]


def test_twice_in_one_paste_is_shown_and_taken_twice_only_when_wanted(world):
    double = TEXT + "kijker_een\nwhat is the price\n1h\nReply\n"
    found = look(world, double)
    assert [r.found for r in found.rows] == ["new", "new", "own", "twice"]
    assert paste.take(world.ctx, 1, VIDEO, [r for r in found.rows if r.found != "own"], ME).added == 3
    again = look(world, double)
    assert paste.take(world.ctx, 1, VIDEO, [r for r in again.rows if r.found != "own"], ME).added == 0


def test_what_the_platform_delivered_is_known_and_nobody_is_merged(world):
    """The person the platform names by its id stays another contact than the name on the screen."""
    choice = VideoChoice(link="7672400000000000101")
    told = ParsedComment(
        external_id="c77", video_id="7672400000000000101", parent_id="", action="insert", author="+ApiId", handle="Kijker_Een",
        text="what is the price", at=world.real,
    )  # fmt: skip
    world.take(json.dumps({f: getattr(told, f) for f in told.__struct_fields__}).encode())
    assert [r.found for r in look(world, choice=choice).rows] == ["known", "new", "own"]
    rows = look(world, choice=choice).rows[:1]
    assert paste.take(world.ctx, 1, choice, rows, ME).added == 1, "a person may insist"
    contacts = world.ctx.store.read(lambda q: q.contacts_by_external(1, ["+ApiId", "handle:kijker_een"]))
    assert len({c.id for c in contacts.values()}) == 2


def test_names_that_are_no_handles_have_an_id_of_their_own_kind():
    assert paste.author_id(" @Kijker.Een ") == "handle:kijker.een"
    assert paste.author_id("Kijker  Een") == "name:kijker een"
    assert paste.author_id("kijkér") == "name:kijkér"


@pytest.mark.parametrize(
    "choice",
    [
        VideoChoice(),
        VideoChoice(known="999"),
        VideoChoice(link="https://vm.tiktok.com/ZMabc/"),
        VideoChoice(link="x", title="y"),
    ],
)
def test_a_video_that_cannot_be_told_is_asked_for(world, choice):
    with pytest.raises(paste.NoVideoError):
        look(world, choice=choice)


def test_nothing_to_take_and_no_such_account(world):
    with pytest.raises(paste.NothingToTakeError):
        paste.take(
            world.ctx, 1, VIDEO, [Row(author=" @ ", text="x", at=0), Row(author="x", text="  ", at=0)], ME
        )
    with pytest.raises(moderation.GoneError):
        paste.take(world.ctx, 9, VIDEO, [Row(author="x", text="y", at=0)], ME)


def test_a_bare_date_is_this_year_or_the_last(world):
    """It is 21 September 2026 here."""
    found = look(
        world, "aa\nhoi\n9-20\nReply\nbb\nhoi\n12-24\nReply\ncc\nhoi\n2-30\nReply\ndd\nhoi\n9-21\nReply"
    ).rows
    from datetime import UTC, datetime

    days = [datetime.fromtimestamp(r.at / 1000, UTC).date().isoformat() for r in found]
    assert days == ["2026-09-20", "2025-12-24", "2026-09-21", "2026-09-21"]
    assert all(r.at <= world.real for r in found)


def test_old_comments_get_no_automatic_answer(world):
    take(world, "kijker_een\nwhat is the price\n4w\nReply")
    assert [o for o in world.rows() if o.act == "reply"] == []


def test_more_than_fits_is_said(world):
    text = "".join(f"kijker{n}\nhello {n}\n1h\nReply\n" for n in range(paste.ROWS_MAX + 3))
    found = look(world, text)
    assert (len(found.rows), found.more) == (paste.ROWS_MAX, 3)


def test_an_account_without_any_app(world):
    account = paste.open_without_app(
        world.ctx, handle="@LotteKookt", name="", language="nl", zone="Europe/Amsterdam", who=ME
    )
    assert (account.mode, account.handle, account.identifier) == (
        "assisted",
        "lottekookt",
        "handle:lottekookt",
    )
    assert world.ctx.store.read(lambda q: q.credentials(account.id)) is None
    assert account.bucket_milli > 0
    own = paste.preview(world.ctx, account.id, VIDEO, "LotteKookt\nhoi\n1h\nReply").rows
    assert [r.found for r in own] == ["own"]


@pytest.mark.parametrize(
    ("changes", "which"),
    [
        ({"handle": "x"}, "handle"),
        ({"handle": "own"}, "known"),
        ({"zone": "Mars/Base"}, "zone"),
        ({"language": "de"}, "language"),
    ],
)
def test_an_account_that_cannot_be(world, changes, which):
    values = {"handle": "lottekookt", "name": "", "language": "nl", "zone": "UTC"} | changes
    with pytest.raises(paste.BadAccountError) as refused:
        paste.open_without_app(world.ctx, **values, who=ME)
    assert refused.value.fields["which"] == which


# --- volume ---


def volume(world):
    return world.ctx.store.read(lambda q: volume_now(q, 1, world.ctx.clock.now()))[0]


@pytest.mark.parametrize(
    ("age", "counted", "undated"), [("5m", 60, 0), ("59m", 60, 0), ("1h", 0, 0), ("3d", 0, 0), ("", 0, 60)]
)
def test_only_what_was_written_just_now_is_a_rush_of_viewers(world, age, counted, undated):
    """A batch whose times nobody knows counts none as volume, and says so."""
    text = "".join(
        f"kijker_{n:03d}\nhello there {n}\n{age + chr(10) if age else ''}Reply\n" for n in range(60)
    )
    assert take(world, text) == paste.Taken(added=60, known=0, undated=undated)
    assert volume(world) == counted
    sealed = json.loads(world.ctx.store.read(lambda q: q.audit_newest(before=2**62, limit=1))[0].body)["body"]
    assert sealed.get("undated", 0) == undated


def test_an_old_batch_pauses_nothing(world):
    text = "".join(f"kijker_{n:03d}\nhello there {n}\n2d\nReply\n" for n in range(200))
    for part in range(3):
        take(world, text.replace("hello", f"hello{part}"))
    world.comment("+A", "price")
    assert not world.ctx.store.read(lambda q: q.accounts())[0].spike_paused
    assert volume(world) == 1


# --- own replies on the screen ---


@pytest.fixture
def served(world):
    """An account in assisted mode under whose video two people asked the same, both answered by a waiting task."""
    owner = Person(
        id=1, name="L", email="l@example.org", password_hash="x", role="owner", language="nl", created_at=1
    )  # fmt: skip
    changes = {"mode": "assisted", "can_hide": False, "can_reply": False}
    world.ctx.store.write(lambda tx: (tx.change_account(1, changes), tx.add_person(owner)))
    asked = "".join(f"kijker_{n}\nwhat is the price\n{n}m\nReply\n" for n in (1, 2, 3))
    take(world, asked)
    world.step(3 * MINUTE)
    world.flow()
    return world


def waiting(world):
    return {one.handle: one for one in world.ctx.store.read(lambda q: tasks.waiting_under(q, 1, VIDEO_ID))}


def screen(reply, above="kijker_2"):
    return f"{above}\nwhat is the price\n5m\nReply\nown\n{reply}\n1m\nReply\n"


def own_rows(world, text):
    return [one for one in look(world, text).rows if one.found == "own"]


def test_an_own_reply_on_the_screen_settles_the_task_of_the_comment_above_it(served):
    before = waiting(served)
    assert len(before) == 3
    task = before["kijker_2"]
    (row,) = own_rows(served, screen(task.outgoing.text))
    assert row.task == task.task.outgoing_id
    assert paste.take(served.ctx, 1, VIDEO, [], ME, seen=[row]) == paste.Taken(added=0, known=0, seen=1)
    assert set(waiting(served)) == {"kijker_1", "kijker_3"}
    done = served.row(task.task.outgoing_id)
    assert (done.state, done.code) == ("sent", "BY_HAND_SEEN")
    assert served.ctx.store.read(lambda q: q.event(task.event.id)).answered
    assert served.entries("result", done.id)[-1] == {"act": "reply", "code": "BY_HAND_SEEN", "state": "sent"}
    settled = served.ctx.store.read(lambda q: q.task(done.id))
    assert (settled.answer, settled.answered_by) == ("sent", "person:1")
    assert paste.take(served.ctx, 1, VIDEO, [], ME, seen=[row]).seen == 0, "once"


def test_what_was_settled_by_the_screen_can_be_taken_back(served):
    task = waiting(served)["kijker_1"]
    (row,) = own_rows(served, screen(f"@kijker_1 {task.outgoing.text}", "kijker_1"))
    paste.take(served.ctx, 1, VIDEO, [], ME, seen=[row])
    tasks.take_back(served.ctx, task.task.outgoing_id, ME)
    assert "kijker_1" in waiting(served)
    assert not served.ctx.store.read(lambda q: q.event(task.event.id)).answered


def test_a_reply_whose_comment_cannot_be_told_settles_nothing(served):
    found = waiting(served)
    texts = [one.outgoing.text for one in found.values()]
    same = max(texts, key=texts.count)
    alone = f"own\n{same}\n1m\nReply\n"
    expected = 0 if texts.count(same) > 1 else next(
        one.task.outgoing_id for one in found.values() if one.outgoing.text == same
    )  # fmt: skip
    assert [one.task for one in own_rows(served, alone)] == [expected]
    assert [one.task for one in own_rows(served, screen("something else altogether"))] == [0]


def test_a_changed_text_or_another_video_settles_nothing(served):
    task = waiting(served)["kijker_2"]
    (row,) = own_rows(served, screen(task.outgoing.text))
    other = msgspec.structs.replace(row, text="I never wrote this")
    assert paste.take(served.ctx, 1, VIDEO, [], ME, seen=[other]).seen == 0
    assert paste.take(served.ctx, 1, VideoChoice(title="Een andere"), [], ME, seen=[row]).seen == 0
    assert len(waiting(served)) == 3
