"""The one way out: bounds, the address check, and the sender's time."""

import asyncio
import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goodstanding.adapters.connection import BODY_MAX, NeverLeftError, NoAnswerError
from goodstanding.adapters.http import AddressRefusedError, Http, NameUnknownError, _date, check_address


class Handler(BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self):
        if self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "/here")
            self.end_headers()
            return
        body = (
            b"x" * (BODY_MAX + 1)
            if self.path == "/large"
            else b"x" * BODY_MAX
            if self.path == "/just"
            else self.path.encode()
        )
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.end_headers()
        self.wfile.write(self.headers["Content-Type"].encode() + b" " + body)

    def log_message(self, *args): ...


@pytest.fixture(scope="module")
def url():
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(work, **named):
    async def inside():
        http = Http(**{"allowed": frozenset({"127.0.0.1", "localhost"}), "seconds": 3.0} | named)
        try:
            return await work(http)
        finally:
            await http.close()

    return asyncio.run(inside())


def test_an_answer_is_read_whole(url):
    answer = run(lambda http: http.get(f"{url}/a", query={"q": "1"}))
    assert (answer.status, answer.body) == (200, b"/a?q=1")
    assert answer.date is not None


def test_a_post_says_it_is_json(url):
    answer = run(lambda http: http.post(f"{url}/a", b"{}"))
    assert (answer.status, answer.body) == (201, b"application/json {}")


def test_redirects_are_not_followed(url):
    assert run(lambda http: http.get(f"{url}/moved")).status == 302


def test_an_answer_has_a_largest_size(url):
    assert len(run(lambda http: http.get(f"{url}/just")).body) == BODY_MAX
    with pytest.raises(NoAnswerError):
        run(lambda http: http.get(f"{url}/large"))


def test_a_silent_server_is_given_up():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(TimeoutError):
            run(lambda http: http.get(f"http://127.0.0.1:{silent.getsockname()[1]}/"), seconds=0.3)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "::1",
        "fd00::1",
        "fe80::1",
        "0.0.0.0",
        "100.64.0.1",
        "::ffff:127.0.0.1",
    ],
)
def test_private_addresses_are_refused(address):
    with pytest.raises(AddressRefusedError):
        check_address("host.example", address, frozenset())
    check_address("host.example", address, frozenset({"host.example"}))


def test_public_addresses_are_not():
    check_address("host.example", "93.184.216.34", frozenset())
    check_address("host.example", "2606:2800:220:1:248:1893:25c8:1946", frozenset())


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:{}/", "http://localhost:{}/", "http://user@127.0.0.1:{}/", "http://[::1]:{}/"],
)
def test_no_way_in_to_this_machine(url, target):
    """By address, by name, behind a user name: nothing private is reached unless it is listed."""
    with pytest.raises(NeverLeftError):
        run(lambda http: http.get(target.format(url.rsplit(":", 1)[1])), allowed=frozenset())


def test_the_senders_time():
    assert _date("Sat, 21 Nov 2026 14:00:00 GMT") == 1_795_269_600_000
    assert _date("Sat, 21 Nov 2026 14:00:00 -0000") == 1_795_269_600_000, (
        "without a zone it is UTC, never this machine's"
    )
    for wrong in (None, "", "yesterday", "Sat, 99 Nov 2026 14:00:00 GMT", "Sat, 21 Nov 99999 14:00:00 GMT"):
        assert _date(wrong) is None


@given(
    st.text(max_size=40)
    | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,6} \d\d:\d\d:\d\d [A-Z+\-0-9]{1,8}")
)
def test_no_date_makes_it_raise(header):
    assert _date(header) is None or isinstance(_date(header), int)


@pytest.mark.parametrize(
    "place",
    [
        "127.0.0.1?@example.org",
        "127.0.0.1#@example.org",
        "127.0.0.1\\@example.org",
        "\uff11\uff12\uff17.0.0.1",
        "127\u30020\u30020\u30021",
        "127.1",
        "2130706433",
        "0x7f.1",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[fe80::1%25lo]",
    ],
)
def test_no_spelling_of_a_private_address_gets_through(url, place):
    port = url.rsplit(":", 1)[1]
    for ending in ("/", f":{port}/"):
        host, mark, rest = place.partition("?")
        where = f"http://{host}{ending}{mark}{rest}" if mark and ending != "/" else f"http://{place}{ending}"
        with pytest.raises((AddressRefusedError, NameUnknownError)):
            run(lambda http, where=where: http.get(where), allowed=frozenset())


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("64:ff9b::808:808", True), ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::1", False), ("2002:7f00:1::", False), ("::7f00:1", False), ("224.0.0.1", False), ("ff0e::1", False),
        ("169.254.169.254", False), ("::ffff:10.0.0.1", False), ("100.64.0.1", False), ("0.0.0.0", False),
    ],
)  # fmt: skip
def test_what_a_translator_makes_of_an_address_counts_too(address, may):
    try:
        check_address("example.org", address, frozenset())
    except AddressRefusedError:
        assert not may
    else:
        assert may
