"""An account whose consent ended: on the day, its people are erased as on their own request, and the log still holds."""

import dataclasses
import json

import pytest

from goodstanding.kernel.timing import DAY, MINUTE
from goodstanding.usecases import audit, connections, playbooks, privacy, replay, retention, snapshots
from goodstanding.usecases.context import SYSTEM, person
from goodstanding.usecases.ports import Person, Video
from goodstanding.usecases.ports.feed import AccountPage
from tests import support
from tests.faults.world import World
from tests.support import NOW

ME = person(1)
DAYS = playbooks.connect_rules().numbers.retention_days


@pytest.fixture
def world():
    world = World()
    owner = Person(
        id=1, name="L", email="l@example.org", password_hash="x", role="owner", language="nl", created_at=NOW
    )  # fmt: skip
    helper = Person(
        id=2, name="M", email="m@example.org", password_hash="x", role="helper", language="nl", created_at=NOW
    )  # fmt: skip
    world.ctx.store.write(lambda tx: (tx.add_person(owner), tx.add_person(helper)))
    for number in range(5):
        world.comment(f"+Kijker{number}", "price")
    world.step(3 * MINUTE)
    world.flow()
    yield world
    assert audit.verify(world.ctx).ok
    assert not replay.replay(world.ctx).differences
    world.close()


def read(world, work):
    return world.ctx.store.read(work)


def end(world):
    account = read(world, lambda q: q.accounts())[0]
    world.ctx.store.write(lambda tx: connections.removed(world.ctx, tx, account, code="1", who=SYSTEM))
    return read(world, lambda q: q.connection(1)).delete_after


def left(world):
    return read(world, lambda q: q.people_left(1, 1000))


def entries(world, kind):
    rows = read(world, lambda q: q.audit_newest(before=2**62, limit=100, kind=kind))
    return [json.loads(row.body)["body"] for row in rows]


def texts(world):
    numbers = [row.event_id for row in read(world, lambda q: q.decisions(after=0, limit=100))]
    return [text for text in read(world, lambda q: q.event_texts(numbers)).values() if text]


def test_nothing_is_deleted_a_day_too_early_and_everything_on_the_day(world):
    until = end(world)
    assert until == world.clock.now() + DAYS * DAY
    world.step((DAYS - 1) * DAY)
    assert retention.carry_out_due(world.ctx) == 0
    assert (len(left(world)), len(texts(world))) == (5, 5)
    world.step(DAY)
    assert retention.carry_out_due(world.ctx) == 5
    assert (left(world), texts(world)) == ([], [])
    assert not read(world, lambda q: q.contacts_by_external(1, ["+Kijker1"]))
    done = read(world, lambda q: retention.deleted(q, 1))
    assert (done.people, done.done, done.at) == (5, True, world.clock.now())
    assert read(world, lambda q: q.connection(1)).delete_after is None
    (erased,) = entries(world, "erasure")
    assert (erased["basis"], erased["people"], erased["event"], erased["contact"]) == ("ended", 5, 5, 5)
    assert entries(world, "account")[0] == {"act": "data-deleted", "people": 5}
    assert retention.carry_out_due(world.ctx) == 0
    assert replay.replay(world.ctx).erased == 5


def test_it_goes_in_batches_and_ends_with_the_whole_count(world, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    end(world)
    world.step(DAYS * DAY)
    counts, states = [], []
    for _ in range(4):
        counts.append(retention.carry_out_due(world.ctx))
        found = read(world, lambda q: retention.deleted(q, 1))
        states.append((found.people, found.done))
    assert counts == [2, 2, 1, 0]
    assert states == [(2, False), (4, False), (5, True), (5, True)]
    assert sum(one["event"] for one in entries(world, "erasure")) == 5


def test_whoever_asked_for_silence_is_left_in_peace_afterwards_and_nobody_else(world):
    world.suppress("+Kijker0")
    world.withdraw("+Kijker1")
    end(world)
    world.step(DAYS * DAY)
    retention.carry_out_due(world.ctx)
    names = [f"+Kijker{number}" for number in range(3)]
    digests = [world.ctx.chance.keyed_digest("suppression", f"1:{name}") for name in names]
    assert read(world, lambda q: q.suppressed(1, digests)) == set(digests[:2])
    assert read(world, lambda q: q.erased_digests(1, digests)) == set(), "nobody asked for erasure"


def test_connecting_again_stops_the_clock(world):
    end(world)
    world.ctx.store.write(lambda tx: tx.change_connection(1, {"state": "connected", "delete_after": None}))
    world.step(DAYS * DAY)
    assert retention.carry_out_due(world.ctx) == 0
    assert len(left(world)) == 5


def test_an_owner_puts_it_off_with_a_reason_that_is_sealed(world):
    before = end(world)
    world.step((DAYS - 1) * DAY)
    until = retention.postpone(world.ctx, 1, days=30, reason="  an appeal\nis open ", who=ME)
    assert until == world.clock.now() + 30 * DAY > before
    sealed = entries(world, "account")[0]
    assert sealed == {
        "act": "deletion-postponed",
        "before": before,
        "until": until,
        "reason": "an appeal is open",
    }
    world.step(2 * DAY)
    assert retention.carry_out_due(world.ctx) == 0
    world.step(28 * DAY)
    assert retention.carry_out_due(world.ctx) == 5


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"days": 0}, "RETENTION_BAD"), ({"days": 91}, "RETENTION_BAD"), ({"reason": " "}, "RETENTION_BAD"),
        ({"reason": "x" * 201}, "RETENTION_BAD"), ({"who": person(2)}, "RETENTION_OWNER"), ({"who": person(9)}, "RETENTION_OWNER"),
    ],
)  # fmt: skip
def test_it_is_not_put_off_just_like_that(world, given, code):
    before = end(world)
    with pytest.raises(retention.GoodstandingError) as caught:
        retention.postpone(world.ctx, 1, **({"days": 30, "reason": "an appeal", "who": ME} | given))
    assert caught.value.code == code
    assert read(world, lambda q: q.connection(1)).delete_after == before


def test_an_account_that_goes_on_has_nothing_to_put_off(world):
    with pytest.raises(retention.NothingDueError):
        retention.postpone(world.ctx, 1, days=30, reason="an appeal", who=ME)


# --- what is kept beside the people ---


def deliver(world, body, *, account_id=1, state="unreadable", age=0):
    """Keep a delivery that was set aside; returns its id."""
    row = support.delivery(
        world.ctx.store.write(lambda tx: tx.ids("delivery")), account_id=account_id, digest=body[:32],
        received_at=world.clock.now() - age, body=world.ctx.vault.lock(0, body),
    )  # fmt: skip

    def work(tx):
        tx.add_deliveries([row])
        if state != "new":
            tx.claim_deliveries([row.id])
            tx.settle_deliveries([(row.id, state, "COMMENT_CONTENT")])

    world.ctx.store.write(work)
    return row.id


def contents(world, account_id=1):
    return [one.id for one in read(world, lambda q: q.kept_contents(account_id))]


def test_captures_titles_and_deliveries_go_with_the_account_and_the_log_stays(world):
    account = read(world, lambda q: q.accounts())[0]
    page = AccountPage(
        business=False, verified=True, followers=9, handle="x", name="X", insights={"followers_count": 9}
    )
    state = snapshots.Progress(day="2026-09-21")
    ctx = world.ctx
    ctx.store.write(
        lambda tx: snapshots.keep_account(ctx, tx, account, page, ("2026-08-01", "2026-09-20"), state)
    )
    ctx.store.write(
        lambda tx: tx.add_videos(
            [Video(id="77", account_id=1, title="Soep", video_class="unknown", campaign="")],
            world.clock.now(),
        )
    )
    kept, other = deliver(world, b"torn {"), deliver(world, b"nobody's", account_id=0)
    unread = deliver(world, b"not looked at yet", state="new")
    end(world)
    world.step(DAYS * DAY - 1)
    retention.carry_out_due(ctx)
    assert read(world, lambda q: q.snapshots(1, limit=9)) and contents(world) == [kept]
    world.step(1)
    retention.carry_out_due(ctx)
    assert read(world, lambda q: q.snapshots(1, limit=9)) == []
    assert {v.title for v in read(world, lambda q: q.videos(1))} == {""}
    assert (contents(world), contents(world, 0)) == ([], [other]), "what is nobody's goes by age"
    assert read(world, lambda q: q.new_deliveries(9)) == [], "and is not read any more"
    done = read(world, lambda q: retention.deleted(q, 1))
    assert (done.captures, done.deliveries, done.done) == (1, 2, True) and done.titles >= 1
    (erased,) = entries(world, "erasure")
    assert (erased["snapshot"], erased["delivery"]) == (1, 2)
    problems = {one.id: problem for one, _, problem in read(world, lambda q: q.problem_deliveries(9))}
    assert (problems[kept], problems[unread]) == ("COMMENT_CONTENT", "ERASED"), "that it came stays"


def test_what_could_not_be_read_is_deleted_by_age_and_sealed(world):
    days = playbooks.connect_rules().numbers.unread_days
    deliver(world, b"old", age=days * DAY + 1)
    deliver(world, b"old and nobody's", account_id=0, age=days * DAY + 1, state="unknown")
    young = deliver(world, b"young", age=days * DAY)
    assert retention.forget_unread(world.ctx) == 2
    assert (contents(world), contents(world, 0)) == ([young], [])
    assert list(entries(world, "erasure")) == [{"basis": "age", "delivery": 1}] * 2
    assert retention.forget_unread(world.ctx) == 0


@pytest.mark.parametrize(
    "body",
    [
        b'{"unique_identifier":"+Kijker1","x":1}',
        rb'{"content":"{\"unique_identifier\":\"\\u002bKijker1\"}"}',
        rb'{"content":"{\"unique_identifier\":\"\u002BKijker1\" torn',
        b"+Kijker1",
    ],
)
def test_a_persons_erasure_finds_what_could_not_be_read_but_names_them(world, body):
    named, other = deliver(world, body), deliver(world, b'{"unique_identifier":"+Kijker2"}')
    elsewhere = deliver(world, b"x" + body, account_id=0, state="unknown")
    number = read(world, lambda q: q.contacts_by_external(1, ["+Kijker1"]))["+Kijker1"].id
    privacy.erase(world.ctx, number, who=SYSTEM)
    assert (contents(world), contents(world, 0)) == ([other], [])
    assert named != elsewhere
    assert entries(world, "erasure")[0]["delivery"] == 2


def test_a_key_that_is_gone_hides_a_name_from_erasure_and_age_takes_it(world):
    """What cannot be known: nobody can read this any more, so nobody can look for a name in it."""
    row = deliver(world, b"+Kijker1")
    broken = dataclasses.replace(world.ctx, vault=Locked(world.ctx.vault))
    number = read(world, lambda q: q.contacts_by_external(1, ["+Kijker1"]))["+Kijker1"].id
    privacy.erase(broken, number, who=SYSTEM)
    assert contents(world) == [row]
    world.step((playbooks.connect_rules().numbers.unread_days + 1) * DAY)
    assert retention.forget_unread(world.ctx) == 1


class Locked:
    """A vault whose common key is gone."""

    def __init__(self, vault):
        self._vault = vault

    def __getattr__(self, name):
        return getattr(self._vault, name)

    def unlock(self, contact_id, sealed):
        return None if contact_id == 0 else self._vault.unlock(contact_id, sealed)
