"""Keep first, handle later: nothing is lost, and one bad delivery holds up nobody."""

import json

import pytest

from goodstanding.usecases import intake
from goodstanding.usecases.ports import StoreUnavailableError
from tests.faults.world import Reader, World


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def body(target, text="price", **more):
    told = {
        "external_id": target, "video_id": "v1", "parent_id": "", "action": "insert", "author": "+A", "handle": "a",
        "text": text, "at": 1_790_000_000_000,
    }  # fmt: skip
    return json.dumps(told | more).encode()


def accept(world, *bodies):
    return intake.accept(world.ctx, "tiktok", [intake.Arrived(b, world.real) for b in bodies]).result()


def problems(world):
    return [
        (state, problem) for _, state, problem in world.ctx.store.read(lambda q: q.problem_deliveries(99))
    ]


def known(world, *targets):
    return {t for t, _ in world.ctx.store.read(lambda q: q.known_events(1, "tiktok", targets))}


POISON = {
    "an instant no database can keep": {"at": 2**70},
    "a text that is none": {"text": {"a": 1}},
    "an author that is none": {"author": ["x"]},
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
def test_one_poisoned_delivery_holds_up_nobody(world, poison):
    accept(world, body("c1"), body("bad", **poison), body("c2"))
    assert intake.read_new(world.ctx) == 3
    assert known(world, "c1", "bad", "c2") == {"c1", "c2"}
    assert problems(world) == [("unreadable", "HANDLING_FAILED")]
    assert intake.read_new(world.ctx) == 0, "it is not tried for ever"
    kept = world.ctx.store.read(lambda q: q.problem_deliveries(9))[0][0]
    assert world.ctx.vault.unlock(0, kept.body) == body("bad", **poison), "and it is kept as it came"
    assert len(world.ctx.store.read(lambda q: q.decisions(after=0, limit=9))) == 2


def test_a_reader_that_trips_sets_one_aside(world):
    parse = world.platform.parse

    def trips(raw):
        if b"bad" in raw:
            raise RuntimeError("no such thing")
        return parse(raw)

    world.platform.parse = trips
    accept(world, body("c1"), body("bad"))
    intake.read_new(world.ctx)
    assert known(world, "c1", "bad") == {"c1"}
    assert problems(world) == [("unreadable", "HANDLING_FAILED")]


def test_a_database_that_is_away_sets_nothing_aside(world, monkeypatch):
    accept(world, body("c1"))

    def away(*_args):
        raise StoreUnavailableError(why="full")

    with monkeypatch.context() as patch:
        patch.setattr(intake, "handle", away)
        with pytest.raises(StoreUnavailableError):
            intake.read_new(world.ctx)
    assert problems(world) == []
    assert intake.read_new(world.ctx) == 1
    assert known(world, "c1") == {"c1"}


def test_a_failed_model_loses_no_comment(world, monkeypatch):
    def fails(self, texts):
        raise RuntimeError

    monkeypatch.setattr(Reader, "signals", fails)
    accept(world, body("c1"))
    intake.read_new(world.ctx)
    assert [(d.outcome, d.code) for d in world.ctx.store.read(lambda q: q.decisions(after=0, limit=9))] == [
        ("review", "MODEL_FAILED")
    ]


def test_a_model_that_answers_too_little_counts_as_failed(world, monkeypatch):
    monkeypatch.setattr(Reader, "signals", lambda self, texts: [])
    accept(world, body("c1"), body("c2"))
    intake.read_new(world.ctx)
    assert [d.code for d in world.ctx.store.read(lambda q: q.decisions(after=0, limit=9))] == [
        "MODEL_FAILED"
    ] * 2


def test_what_came_twice_is_kept_once(world):
    assert accept(world, body("c1"), body("c1"), body("c2")) == 2
    assert accept(world, body("c1")) == 0
    intake.read_new(world.ctx)
    world.again(0, same_bytes=False) if world.bodies else world.take(
        json.dumps(json.loads(body("c1")), indent=2).encode()
    )
    assert len(world.ctx.store.read(lambda q: q.decisions(after=0, limit=9))) == 2


def test_a_deletion_that_comes_first_counts(world):
    accept(world, body("c1", action="delete", text=""))
    intake.read_new(world.ctx)
    accept(world, body("c1"))
    intake.read_new(world.ctx)
    number = world.event_of("c1")
    assert world.ctx.store.read(lambda q: q.event(number)).state == "deleted"
