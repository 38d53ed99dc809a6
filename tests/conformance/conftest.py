"""Clients that others wrote, against a real sandbox on a free loopback port."""

import http.server
import struct
import threading
import zlib
from contextlib import ExitStack
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from goodstanding.sandbox.server import serving
from goodstanding.sandbox.world import Settings

BACK = "http://127.0.0.1:9/back/"


class Stage:
    """A sandbox, its control calls, and the consent page as a browser would use it."""

    def __init__(self, running):
        self.url = running.url
        self.session = requests.Session()
        self.session.trust_env = False
        state = self.session.get(f"{self.url}/_sandbox/state", timeout=10).json()
        self.app_id, self.secret, self.back = state["app_id"], "sandbox-app-secret", BACK

    def control(self, path, **body):
        answer = self.session.post(f"{self.url}/_sandbox/{path}", json=body, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def consent(self, open_id, scopes, *, granted=None, answer="allow"):
        """Open the page, tick, press the button; returns what the app gets back."""
        asked = {
            "client_key": self.app_id,
            "response_type": "code",
            "scope": ",".join(scopes),
            "redirect_uri": BACK,
            "state": "s-1",
            "disable_auto_auth": "1",
        }
        page = self.session.get(f"{self.url}/v2/auth/authorize/", params=asked, timeout=10)
        assert page.status_code == 200, page.text
        assert page.text.count('type="checkbox"') == len(scopes)
        form = [*asked.items(), ("open_id", open_id), ("answer", answer)]
        form += [("granted", scope) for scope in (scopes if granted is None else granted)]
        sent = self.session.post(
            f"{self.url}/v2/auth/authorize/", data=form, allow_redirects=False, timeout=10
        )
        assert sent.status_code == 302, sent.text
        location = urlsplit(sent.headers["Location"])
        assert f"{location.scheme}://{location.netloc}{location.path}" == BACK
        return {name: values[0] for name, values in parse_qs(location.query).items()}


@pytest.fixture
def stage():
    """Start sandboxes with settings of one's own; all end with the test."""
    with ExitStack() as stack:

        def started(**settings):
            running = stack.enter_context(serving(Settings(local_redirects=True, **settings)))
            made = Stage(running)
            stack.callback(made.session.close)
            return made

        yield started


def png(width, height):
    """Return a picture, written by hand so that the sandbox's own writer is not its judge."""
    raw = b"".join(b"\0" + b"\x20\x60\xa0" * width for _ in range(height))
    parts = [
        (b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(raw)),
        (b"IEND", b""),
    ]
    made = b"\x89PNG\r\n\x1a\n"
    for name, body in parts:
        made += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return made


@pytest.fixture
def picture():
    return png


@pytest.fixture
def receiver():
    """Take webhooks as a stranger's program would, with the standard library alone."""
    got = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers["Tiktok-Signature"], body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    server.got = got
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
