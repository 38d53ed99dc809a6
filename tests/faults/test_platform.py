"""The short form of `python -m tests.faults.platform`."""

import asyncio

import pytest

from tests.faults import platform


def test_random_faults_double_nothing_and_the_product_tells_what_happened():
    met, counts = asyncio.run(platform.storm(200))
    assert sum(met.values()) >= 200 and all(met.values())
    assert counts["reply sent"] and counts["hide sent"] and counts["message sent"]


@pytest.mark.parametrize("story", platform.STORIES, ids=lambda story: story.__name__)
def test_story(story):
    assert asyncio.run(story())
