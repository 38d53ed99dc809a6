import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from world import Client, World


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """An installation with an owner and three hundred comments; for tests that leave it usable."""
    made = World(tmp_path_factory.mktemp("data"), comments=300)
    made.owner()
    yield made
    made.close()


@pytest.fixture
def fresh(tmp_path):
    """An installation without owner and comments."""
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def me(world):
    return Client(world).sign_in()
