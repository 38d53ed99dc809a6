"""An account whose consent ended: on the day, its people are erased as on their own request, and the log still holds."""

import json

import pytest

from goodstanding.kernel.timing import DAY, MINUTE
from goodstanding.usecases import audit, connections, playbooks, replay, retention
from goodstanding.usecases.context import SYSTEM, person
from goodstanding.usecases.ports import Person
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
