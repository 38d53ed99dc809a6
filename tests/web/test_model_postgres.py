"""Corrections and a lost model on Postgres, with two processes that notice at once."""

import shutil
import threading

import pytest
from world import World

from goodstanding.usecases import audit, corrections, models
from goodstanding.usecases.context import person

pytestmark = pytest.mark.postgres
LOTTE = person(1)
NOWHERE = "f" * 64


@pytest.fixture
def world(postgres_address, tmp_path):
    made = World(tmp_path / "data", database=postgres_address, comments=30)
    made.owner()
    yield made
    made.close()


def test_a_correction_is_said_and_taken_back(world):
    event = world.ctx.store.read(lambda q: q.newest_decisions(1))[0][0]
    signals = world.ctx.store.read(lambda q: corrections.signals_of(world.ctx, q, event))
    said = "negative" if (signals.sentiment_milli or 0) >= 0 else "positive"
    corrections.say(world.ctx, event, "sentiment", said, who=LOTTE)
    (one,) = world.ctx.store.read(lambda q: list(corrections.held(q)))
    corrections.undo(world.ctx, one.id, who=LOTTE)
    assert world.ctx.store.read(lambda q: q.correction_count()) == 0
    assert audit.verify(world.ctx).ok


def test_two_processes_that_miss_a_model_freeze_once(world, postgres_address, tmp_path):
    other = World(
        shutil.copytree(tmp_path / "data", tmp_path / "other"), database=postgres_address, account=False
    )
    threads = [
        threading.Thread(target=models.hear, args=(one.ctx, NOWHERE, "missing")) for one in (world, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    reasons = [one.reason for one in world.ctx.store.read(lambda q: q.freezes(active_only=True))]
    assert reasons == ["MODEL_MISSING"]
    models.hear(other.ctx, NOWHERE, "")
    assert world.ctx.store.read(lambda q: q.freezes(active_only=True)) == []
    assert world.ctx.store.read(models.trouble) is None
    assert audit.verify(world.ctx).ok
    other.close()
