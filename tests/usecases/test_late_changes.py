"""Webhooks come in any order: the latest change of a comment stands, and a deleted comment stays deleted."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.usecases import intake
from goodstanding.usecases.comments import STATES
from goodstanding.usecases.ports import ParsedComment
from tests.faults.world import World

START = 1_790_000_000_000


def parsed(action, at, target="c1"):
    return ParsedComment(
        external_id=target, video_id="v1", parent_id="", action=action, author="+A" if action == "insert" else "", handle="",
        text="hallo" if action == "insert" else "", at=START + at,
    )  # fmt: skip


@pytest.fixture(scope="module")
def world():
    made = World()
    yield made
    made.close()


numbers = itertools.count(1)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["hidden", "public", "friends_only", "delete"]), st.integers(1, 50)), min_size=1, max_size=6, unique_by=lambda c: c[1]),
    st.randoms(use_true_random=False),
    st.integers(1, 4),
)  # fmt: skip
def test_whatever_the_order_the_end_is_the_same(world, changes, chance, size):
    target = f"c{next(numbers)}"
    intake.take_in(world.ctx, 1, [parsed("insert", 0, target)], source="poll")
    coming = [parsed(action, at, target) for action, at in changes]
    chance.shuffle(coming)
    for start in range(0, len(coming), size):
        intake.take_in(world.ctx, 1, coming[start : start + size], source="poll")
    number = world.ctx.store.read(lambda q: q.known_events(1, "tiktok", [target]))[target, "insert"]
    actions = [action for action, _ in changes]
    last = max(changes, key=lambda one: one[1])[0]
    expected = "deleted" if "delete" in actions else STATES[last]
    assert world.ctx.store.read(lambda q: q.event(number)).state == expected
