"""No app at all: what is pasted is decided like any other comment, once, and people are never merged silently."""

import json

import pytest

from goodstanding.kernel.timing import DAY, HOUR
from goodstanding.usecases import audit, moderation, paste
from goodstanding.usecases.context import person
from goodstanding.usecases.paste import Row, VideoChoice
from goodstanding.usecases.ports import ParsedComment
from tests.faults.world import World

ME = person(1)
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
