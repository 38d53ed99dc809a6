"""Stored decisions under another version: what changes, and what nobody can say."""

import json

import pytest

from goodstanding.usecases import intake, policies, replay
from tests.faults.world import World, policy_text


@pytest.fixture
def world():
    world = World()
    for number in range(4):
        told = {
            "external_id": f"c{number}", "video_id": "v1", "parent_id": "", "action": "insert", "author": f"+A{number}",
            "handle": "a", "text": "what is the price" if number < 3 else "hello", "at": world.real,
        }  # fmt: skip
        intake.accept(world.ctx, "tiktok", [intake.Arrived(json.dumps(told).encode(), world.real)]).result()
    intake.read_new(world.ctx)
    yield world
    world.close()


def compared(world, text):
    def other(tx):
        return policies.compiled(world.ctx, tx, policies.keep(world.ctx, tx, text))

    return replay.compare(world.ctx, world.ctx.store.write(other))


def test_the_silent_version_would_have_left_what_was_answered(world):
    found = compared(world, policy_text("silent"))
    assert (found.before, found.after) == ({"reply": 3, "none": 1}, {"none": 4})
    assert found.changed == {"reply>none": 3}
    assert found.undecidable == 0


def test_a_limit_that_nobody_counted_cannot_be_judged_afterwards(world):
    limit = '[[limits]]\nscope = "video"\nchannel = "reply"\nmax = 1\nwindow_hours = 5\n'
    found = compared(world, policy_text("usual").replace("[[limits]]", limit + "[[limits]]", 1))
    assert found.undecidable == 3
    assert (found.before, found.after) == ({"none": 1}, {"none": 1})
    assert found.decisions == 4
