"""Freeze, lift and the kill switch: at once, sealed, and undone only by name."""

import pytest

from goodstanding.kernel.timing import MINUTE
from goodstanding.usecases import accounts, incidents
from goodstanding.usecases.context import person
from tests.faults.world import World


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def newest(world):
    return world.ctx.store.read(lambda q: q.audit_newest(before=2**62, limit=1))[0]


def test_a_freeze_tells_what_it_holds(world):
    world.comment("+A", "price")
    world.comment("+B", "insult")
    row, held = incidents.freeze(world.ctx, reason="een gerucht", who=person(1))
    assert (held, row.scope, row.actor) == (1, "everything", "person:1"), "hiding is not held"
    assert newest(world).kind == "freeze"
    assert b"gerucht" not in newest(world).body


def test_a_freeze_of_another_account_holds_nothing_here(world):
    world.comment("+A", "price")
    incidents.freeze(world.ctx, reason="", who=person(1), account_id=2)
    world.step(3 * MINUTE)
    world.flow()
    assert len(world.calls) == 1


def test_a_lift_names_its_freeze(world):
    first, _ = incidents.freeze(world.ctx, reason="", who=person(1))
    second, _ = incidents.freeze(world.ctx, reason="", who=person(1))
    incidents.lift(world.ctx, first.id, who=person(2))
    with pytest.raises(incidents.NotFrozenError):
        incidents.lift(world.ctx, first.id, who=person(2))
    with pytest.raises(incidents.NotFrozenError):
        incidents.lift(world.ctx, 999, who=person(2))
    assert [f.id for f in world.ctx.store.read(lambda q: q.freezes(active_only=True))] == [second.id]


def test_two_freezes_need_two_lifts(world):
    world.comment("+A", "price")
    world.freeze()
    world.freeze("messages")
    world.lift()
    world.step(3 * MINUTE)
    world.flow()
    assert world.calls == []
    world.lift()
    world.step(6 * MINUTE)
    world.flow()
    assert len(world.calls) == 1


def test_disconnecting_stops_everything_and_keeps_everything(world):
    world.comment("+A", "price")
    world.comment("+B", "insult")
    account = world.ctx.store.read(lambda q: q.accounts())[0]
    world.ctx.store.write(lambda tx: tx.change_account(1, {"credentials": b"x"}))
    world.ctx.store.write(
        lambda tx: accounts.disconnect(world.ctx, tx, account, reason="authorization.removed")
    )
    world.step(3 * MINUTE)
    world.flow()
    assert world.calls == []
    assert world.ctx.store.read(lambda q: (q.accounts()[0].killed, q.credentials(1))) == (True, None)
    assert len(world.ctx.store.read(lambda q: q.decisions(after=0, limit=9))) == 2
    assert newest(world).kind in ("freeze", "result")
