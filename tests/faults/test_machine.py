"""The machine, the stories and the seeded bugs, in the form that runs in CI. `make faults` runs more of each."""

import os

import pytest

from tests.faults import machine, mutants, namesake_stories, stories, talk_stories

FULL = bool(os.environ.get("GOODSTANDING_FAULTS_FULL"))


@pytest.mark.parametrize(
    "story", [*stories.ALL, *talk_stories.ALL, *namesake_stories.ALL], ids=lambda s: s.__name__
)
def test_story(story):
    story()


@pytest.mark.slow
def test_the_machine_finds_nothing():
    machine.run(examples=2000 if FULL else 40, steps=60 if FULL else 40)


@pytest.mark.slow
@pytest.mark.parametrize("mutant", mutants.MUTANTS, ids=lambda m: m.name)
def test_a_seeded_bug_is_noticed(mutant):
    who, _ = mutants.noticed(mutant, examples=200 if FULL else 40, stories_first=not FULL)
    assert who, f"nobody noticed that {mutant.breaks}"


def test_there_are_enough_of_them():
    assert len({m.name for m in mutants.MUTANTS}) >= 12
