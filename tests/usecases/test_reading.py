"""Reading the sandbox: what webhooks lost is found, nothing comes in twice, and the gap meter says what happened."""

import random
from collections import Counter

import msgspec
import pytest

from goodstanding.core.targets import is_ours
from goodstanding.kernel.timing import DAY, HOUR, MINUTE, SECOND
from goodstanding.usecases import audit, paste, reading, reconcile, replay
from goodstanding.usecases.ports.feed import ReadFailedError
from goodstanding.usecases.reading import EVERY_POST, look_soon
from tests.feed_world import feed_world


@pytest.fixture
def world(tmp_path):
    with feed_world(tmp_path) as made:
        yield made


def figures(world):
    return world.read(lambda q: reconcile.figures(world.ctx, q, 1))


def test_ten_thousand_webhooks_lost_doubled_and_shuffled(world, capsys):
    """5 % never come, 10 % come twice, none in order: afterwards every comment is here once and no gap is open."""
    world.settle()
    world.step(MINUTE)
    world.crowd(10_000)
    bodies = world.held()
    assert len(bodies) == 10_000
    chance = random.Random(7)
    chance.shuffle(bodies)
    lost, kept = bodies[:500], bodies[500:]
    twice = chance.sample(kept, 1_000)
    coming = kept + twice
    chance.shuffle(coming)
    world.step(6 * MINUTE)
    world.webhooks(coming)
    before = len(world.stored())
    assert before == 9_500
    world.step(10 * MINUTE)
    world.settle()
    # a day later everything, replies too, has been read once more
    world.step(DAY)
    world.settle()
    stored = world.stored()
    everything = {c.comment_id for c in world.sandbox.state.comments.values() if not c.owner}
    assert Counter(stored) == Counter(everything), "every comment once, none lost"
    meter = figures(world)
    assert (meter.open, meter.found_first, meter.found_late, meter.duplicates) == (0, 500, 500, 1_000)
    assert (meter.waiting, meter.never_came, meter.came_after) == (500, 0, 0)
    # half of the lost ones come after all, the others never
    world.webhooks(lost[:250])
    world.step(73 * HOUR)
    meter = figures(world)
    assert (meter.waiting, meter.never_came, meter.came_after, meter.duplicates) == (0, 250, 250, 1_000)
    assert len(world.stored()) == 10_000
    assert audit.verify(world.ctx).ok
    assert not replay.replay(world.ctx).differences
    with capsys.disabled():
        print(
            f"\n  gap meter: 10,000 webhooks, {len(lost)} lost, {len(twice)} doubled, shuffled: {len(stored):,} comments here,"
            f" {meter.found_late} found late, {meter.came_after} came after all, {meter.never_came} never came,"
            f" {meter.duplicates:,} duplicates dropped, {meter.open} gaps open"
        )  # fmt: skip


def test_whichever_comes_first_a_comment_is_here_once(world):
    world.settle()
    world.crowd(30)
    bodies = world.held()
    world.webhooks(bodies[:10])
    world.look()
    world.webhooks(bodies)
    assert len(world.stored()) == len(set(world.stored())) == 30
    meter = figures(world)
    assert (meter.found_first, meter.came_after, meter.duplicates, meter.open) == (20, 20, 10, 0)


def test_the_first_reading_of_an_account_puts_its_posts_under_watch(world):
    assert figures(world).sure_until is None
    world.settle()
    meter = figures(world)
    watches = world.read(lambda q: q.watches(1))
    assert meter.watched == len(watches) - 1 > 1
    assert {w.video_id for w in watches} - {EVERY_POST} == {v.id for v in world.read(lambda q: q.videos(1))}
    assert meter.sure_until == meter.replies_sure_until == min(w.sure_until for w in watches)
    assert world.ctx.clock.now() - meter.sure_until < 5 * MINUTE


def test_replies_that_webhooks_lost_are_found(world):
    world.settle()
    top = world.comment("Welke pan is dit?")
    replies = [world.comment(f"antwoord {n}", parent_comment_id=top) for n in range(5)]
    world.step(25 * HOUR)
    world.settle()
    known = world.read(lambda q: q.known_events(1, "tiktok", [top, *replies]))
    assert {ext for ext, _ in known} == {top, *replies}
    events = world.read(lambda q: q.events(list(known.values())))
    assert {e.parent_id for e in events.values() if e.external_id in replies} == {top}


def test_a_comment_hidden_at_tiktok_is_hidden_here(world):
    world.settle()
    target = world.comment("Hallo daar")
    world.look()
    world.post("moderate", comment_id=target, action="hide")
    world.look()
    number = world.read(lambda q: q.known_events(1, "tiktok", [target]))[target, "insert"]
    assert world.read(lambda q: q.event(number)).state == "hidden"
    world.post("moderate", comment_id=target, action="show")
    world.look()
    assert world.read(lambda q: q.event(number)).state == "public"


def test_a_comment_that_is_gone_is_not_answered(world):
    world.settle()
    target = world.comment("Waar is de link?")
    world.look()
    planned = world.read(lambda q: q.outgoing_in_state("planned", limit=9))
    assert [p.target_id for p in planned] == [target]
    world.post("moderate", comment_id=target, action="delete")
    world.look(6 * MINUTE)
    event = world.read(lambda q: q.event(planned[0].event_id))
    assert event.state == "deleted"
    world.step(2 * HOUR)
    world.send_due()
    assert world.read(lambda q: q.outgoing(planned[0].id)).code == "COMMENT_GONE"


def test_a_pasted_comment_is_not_looked_for_and_so_not_called_gone(world):
    world.settle()
    video = next(w.video_id for w in world.read(lambda q: q.watches(1)) if w.video_id != EVERY_POST)
    row = paste.Row(author="kijker_een", text="Waar is de link?", at=world.ctx.clock.now())
    paste.take(world.ctx, 1, paste.VideoChoice(known=video), [row], ("person", "1"))
    (planned,) = world.read(lambda q: q.outgoing_in_state("planned", limit=9))
    assert is_ours(planned.target_id)
    world.look(6 * MINUTE)
    assert world.read(lambda q: q.event(planned.event_id)).state == "public"
    world.step(2 * HOUR)
    world.send_due()
    assert world.read(lambda q: q.outgoing(planned.id)).state == "task"


def test_an_author_without_a_name_gets_one(world):
    world.settle()
    world.crowd(3)
    world.webhooks(world.held())
    world.look()
    rows = world.read(lambda q: q.decisions(after=0, limit=9))
    contacts = [world.read(lambda q, r=r: q.contact(q.event(r.event_id).contact_id)) for r in rows]
    assert all(c.handle for c in contacts)


def test_old_comments_do_not_come_in_at_the_first_connection(world):
    """Somebody who connects today must not see last week's comments answered."""
    old = world.comment("Oude vraag?")
    world.step(3 * DAY)
    world.settle()
    assert not world.read(lambda q: q.known_events(1, "tiktok", [old]))
    assert figures(world).found_first == 0


# --- what goes wrong ---


def fail_with(world, monkeypatch, name, error):
    platform = world.ctx.platforms["tiktok"]

    async def refuses(*_args, **_named):
        raise error

    monkeypatch.setattr(platform, name, refuses)


def gaps(world):
    return [(g.video_id, g.why) for g in world.read(lambda q: q.gaps(1, limit=50)) if g.closed_at is None]


def test_a_look_that_fails_opens_a_gap_and_the_next_one_closes_it(world, monkeypatch):
    world.settle()
    with monkeypatch.context() as patch:
        fail_with(world, patch, "comment_page", ReadFailedError("retry", "NO_ANSWER"))
        world.step(11 * MINUTE)
        look_soon(world.ctx, 1)
        world.run(world.reader.step())
        found = gaps(world)
        assert found
        assert {why for _, why in found} == {"comments"}
    world.look()
    assert gaps(world) == []
    assert any(g.closed_at for g in world.read(lambda q: q.gaps(1, limit=50)))


def test_an_account_that_must_be_connected_again_has_one_gap(world, monkeypatch):
    world.settle()
    with monkeypatch.context() as patch:
        for name in ("comment_page", "video_page"):
            fail_with(world, patch, name, ReadFailedError("reauthorise", "40105"))
        world.step(31 * MINUTE)
        world.run(world.reader.step())
        assert gaps(world) == [(EVERY_POST, "connection")]
    world.step(2 * HOUR)
    world.settle()
    assert gaps(world) == []


def test_an_account_without_a_token_is_not_read(world):
    world.settle()
    world.ctx.store.write(lambda tx: tx.change_account(1, {"credentials": None}))
    world.step(HOUR)
    world.run(world.reader.step())
    assert gaps(world) == [(EVERY_POST, "connection")]


def test_a_post_that_is_gone_is_let_go(world, monkeypatch):
    world.settle()
    with monkeypatch.context() as patch:
        fail_with(world, patch, "comment_page", ReadFailedError("absent", "40007"))
        look_soon(world.ctx, 1)
        world.run(world.reader.step())
    assert gaps(world) == []
    gone = [w for w in world.read(lambda q: q.watches(1)) if w.next_at > world.ctx.clock.now() + 400 * DAY]
    assert gone


def test_a_list_that_says_more_and_gives_no_way_on_is_not_taken_for_whole(world, monkeypatch):
    world.settle()
    platform = world.ctx.platforms["tiktok"]
    real = platform.comment_page

    async def stuck(account, video_id, *, cursor=0, replies=False):
        page = await real(account, video_id, cursor=cursor, replies=replies)
        return msgspec.structs.replace(page, comments=(), cursor=cursor, more=True)

    with monkeypatch.context() as patch:
        patch.setattr(platform, "comment_page", stuck)
        world.step(11 * MINUTE)
        look_soon(world.ctx, 1)
        world.run(world.reader.step())
        assert {why for _, why in gaps(world)} == {"unreadable"}
    world.step(8 * DAY)
    world.settle()
    assert gaps(world) == []


def test_replies_are_read_where_their_count_is_left_out(world, monkeypatch):
    world.settle()
    platform = world.ctx.platforms["tiktok"]
    real = platform.comment_page

    async def uncounted(account, video_id, *, cursor=0, replies=False):
        page = await real(account, video_id, cursor=cursor, replies=replies)
        bare = tuple(msgspec.structs.replace(one, replies=None) for one in page.comments)
        return msgspec.structs.replace(page, comments=bare)

    monkeypatch.setattr(platform, "comment_page", uncounted)
    top = world.comment("Welke pan is dit?")
    replies = [world.comment(f"antwoord {n}", parent_comment_id=top) for n in range(5)]
    world.step(25 * HOUR)
    world.settle()
    known = world.read(lambda q: q.known_events(1, "tiktok", [top, *replies]))
    assert {ext for ext, _ in known} == {top, *replies}


def test_throttling_puts_a_look_off_and_it_goes_on_where_it_was(world, monkeypatch):
    world.settle()
    world.crowd(200)
    platform = world.ctx.platforms["tiktok"]
    real, asked = platform.comment_page, []

    async def sometimes(account, video_id, *, cursor=0, replies=False):
        asked.append((video_id, cursor))
        if cursor >= 60 and len([a for a in asked if a == (video_id, cursor)]) == 1:
            raise ReadFailedError("wait", "40100", 300_000)
        return await real(account, video_id, cursor=cursor, replies=replies)

    monkeypatch.setattr(platform, "comment_page", sometimes)
    look_soon(world.ctx, 1)
    for _ in range(30):
        world.run(world.reader.step())
        world.step(6 * MINUTE)
    world.settle()
    assert len([a for a in asked if a[1] >= 60]) > 1, "it was throttled"
    assert len(world.stored()) == 200
    assert gaps(world) == []


def test_one_process_reads_at_a_time(world):
    from goodstanding.usecases.reading import Reader

    world.run(world.reader.step())
    other = Reader(ctx=world.ctx, owner="other")
    world.run(world.reader.step())
    look_soon(world.ctx, 1)
    assert world.run(other.step()) == 0
    world.step(5 * MINUTE)
    assert world.run(other.step()) > 0, "a process that died gives up its turn"


def test_nothing_is_read_while_the_clock_is_in_doubt(world, monkeypatch):
    monkeypatch.setattr(type(world.ctx.clock), "doubt", lambda self: "CLOCK_JUMP")
    assert world.run(world.reader.step()) == 0
    assert world.read(lambda q: q.watches(1)) == []


def test_the_plan_stretches_when_the_app_may_not_call_so_often(world, monkeypatch):
    world.settle()
    accounts = {a.id: a for a in world.read(lambda q: q.accounts())}
    monkeypatch.setattr(type(world.ctx.platforms["tiktok"]), "reading_per_hour", lambda self: 1)
    world.run(world.reader.plan(accounts))
    assert world.reader.stretch > 1_000
    monkeypatch.setattr(type(world.ctx.platforms["tiktok"]), "reading_per_hour", lambda self: 10**6)
    world.run(world.reader.plan(accounts))
    assert world.reader.stretch == 1_000


def test_when_the_app_may_not_call_everybody_rests(world, monkeypatch):
    """A crowd of looks that must wait is not asked one by one, nor written down one by one."""
    world.settle()

    def copies(tx):
        for number in range(2, 8):
            account = world.read(lambda q: q.accounts())[0]
            import msgspec

            tx.add_account(msgspec.structs.replace(account, id=number, external_id=f"-{number}"), 0)
            tx.change_account(number, {"credentials": b"x"})
            reading.begin(tx, number, world.ctx.clock.now())

    world.ctx.store.write(copies)
    asked = []

    async def video_page(account, **_named):
        asked.append(account.id)
        raise ReadFailedError("wait", "PACE", 900)

    monkeypatch.setattr(world.ctx.platforms["tiktok"], "video_page", video_page)
    assert world.run(world.reader.step()) == 0
    assert len(asked) == 3


def test_the_platform_never_has_to_say_that_we_call_too_often(tmp_path):
    """The sandbox keeps TikTok's limits; paced by our own, no call of a long reading is refused."""
    with feed_world(tmp_path, limits=True, paced=True) as world:
        for _ in range(20):
            world.run(world.reader.step())
            world.step(2 * SECOND)
        count = 400
        world.crowd(count)
        look_soon(world.ctx, 1)
        for _ in range(200):
            world.run(world.reader.step())
            world.step(2 * SECOND)
            if len(world.stored()) == count:
                break
        assert len(world.stored()) == count
        calls = world.sandbox.journal.entries
        assert len(calls) > count / 30
        assert {entry.code for entry in calls} == {0}
