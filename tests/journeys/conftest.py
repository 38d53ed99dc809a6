"""A running desk on a free port, and a browser that may reach nothing else."""

import os
import socket
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

sys.path.insert(0, str(Path(__file__).parents[1] / "web"))
from world import World

CHROMIUM = os.environ.get("GOODSTANDING_CHROMIUM", "/usr/bin/chromium")
ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-default-apps", "--disable-dev-shm-usage",
]  # fmt: skip


@contextmanager
def serving(world):
    """Serve a world's pages on a free port of the loopback; yields the address."""
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(world.web, log_level="error", lifespan="off", access_log=False, http="httptools")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [free]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{free.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    free.close()


@pytest.fixture(scope="session")
def serve():
    """Serve another world: `with serve(world) as address`."""
    return serving


@pytest.fixture(scope="session")
def chromium():
    """How a browser is launched here."""
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium is installed")
    return {"executable_path": CHROMIUM, "args": ARGS}


@pytest.fixture(scope="module")
def browser(chromium):
    """One browser for a file: while it is open, no other test of this process can run a loop of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(**chromium)
        yield launched
        launched.close()


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path, comments=300)
    yield made
    made.close()


@pytest.fixture
def address(world):
    with serving(world) as found:
        yield found


class Watch:
    """Notes whatever a page should never do: write to the console, fail, or ask another host."""

    def __init__(self, page, address):
        self.seen = []
        page.on("console", lambda message: self.seen.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.seen.append(f"error: {error}"))
        page.on("request", lambda request: self._asked(request.url, address))

    def _asked(self, url, address):
        if not url.startswith((address, "data:")):
            self.seen.append(f"foreign request: {url}")


@pytest.fixture
def open_page(browser, address):
    """Return a function that opens a watched page in a fresh profile."""
    contexts, watches = [], []

    def opened(**options):
        context = browser.new_context(
            **({"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"} | options)
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        watches.append(Watch(page, address))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [line for watch in watches for line in watch.seen] == []
