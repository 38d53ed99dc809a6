"""The short form of `python -m tests.faults.platform`."""

import asyncio

import pytest

from tests.faults import platform


def test_random_faults_double_nothing_and_the_product_tells_what_happened():
    met, counts = asyncio.run(platform.storm(150))
    assert met >= 150
    assert counts["reply sent"] and counts["hide sent"]


@pytest.mark.parametrize("story", platform.STORIES, ids=lambda story: story.__name__)
def test_story(story):
    assert asyncio.run(story())
