"""A real sandbox on a free loopback port for each test that asks for one."""

import pytest
from sandbox_client import Client

from goodstanding.sandbox.server import serving
from goodstanding.sandbox.world import Settings


@pytest.fixture(scope="session")
def shared():
    with serving(Settings(limits=False, local_redirects=True)) as running:
        yield Client(running.url, running.world)


@pytest.fixture
def start():
    """Start sandboxes with settings of one's own; all end with the test."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def started(**settings):
            running = stack.enter_context(serving(Settings(**settings)))
            client = Client(running.url, running.world)
            stack.callback(client.session.close)
            return client

        yield started
