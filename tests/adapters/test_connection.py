"""Calls to servers that misbehave: what is said of a failed call must never be less than what may have happened."""

import asyncio
import contextlib
import datetime as dt
import gc
import gzip
import socket
import ssl
import struct
import threading
import time

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from goodstanding.adapters.connection import (
    BODY_MAX,
    HEAD_MAX,
    NeverLeftError,
    NoAnswerError,
    SlowAnswerError,
    SlowConnectionError,
)
from goodstanding.adapters.http import CONNECTIONS_MAX, CertificateRefusedError, Http

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


class Server:
    """Answers every connection with `behave(socket, server)`; keeps what it was sent."""

    def __init__(self, behave, *, tls=None):
        self.seen: list[bytes] = []
        self.connections = 0
        self._behave, self._tls = behave, tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}/"
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self):
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for one in self._threads:
            one.join(10)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                place, _ = self._socket.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(place,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, place):
        with contextlib.suppress(OSError), place:
            place.settimeout(5)
            if self._tls:
                place = self._tls.wrap_socket(place, server_side=True)
            self._behave(place, self)
            with contextlib.suppress(OSError):
                place.close()

    def take(self, place):
        """Read one request; returns False when the client is gone."""
        data = b""
        while True:
            head, mark, body = data.partition(b"\r\n\r\n")
            if mark:
                length = [row for row in head.lower().split(b"\r\n") if row.startswith(b"content-length:")]
                if len(body) >= (int(length[0].split(b":")[1]) if length else 0):
                    self.seen.append(data)
                    return True
            more = place.recv(65536)
            if not more:
                if data:
                    self.seen.append(data)
                return False
            data += more


def reset(place):
    """Close with a reset."""
    place.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    place.close()


def says(*parts, then=None, pause=0.0):
    """Answer each request with the same bytes."""

    def behave(place, server):
        while server.take(place):
            for part in parts:
                place.sendall(part)
                time.sleep(pause)
            if then is not None:
                then(place)
                return

    return behave


def run(work, *, seconds=2.0, loop=asyncio.new_event_loop):
    async def inside():
        http = Http(allowed=frozenset({"127.0.0.1", "localhost"}), seconds=seconds)
        try:
            return await work(http)
        finally:
            await http.close()

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(inside())


@pytest.fixture(params=LOOPS, ids=["asyncio", "uvloop"])
def loop(request):
    return request.param


def chunks(*parts):
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(
        b"%x\r\n%b\r\n" % (len(part), part) for part in parts
    )


def headed(body, *headers, status=b"200 OK"):
    rows = b"".join(row + b"\r\n" for row in (*headers, b"Content-Length: %d" % len(body)))
    return b"HTTP/1.1 " + status + b"\r\n" + rows + b"\r\n" + body


WHOLE = {
    "plain": (OK, 200, b"ok"),
    "in chunks": (chunks(b"o", b"k", b""), 200, b"ok"),
    "with a trailer": (chunks(b"ok") + b"0\r\nDate: x\r\nContent-Encoding: br\r\n\r\n", 200, b"ok"),
    "after interim answers": (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + OK, 200, b"ok"),
    "packed": (headed(gzip.compress(b"ok"), b"Content-Encoding: gzip"), 200, b"ok"),
    "packed twice over": (headed(gzip.compress(b"o") + gzip.compress(b"k"), b"Content-Encoding: GZIP"), 200, b"ok"),
    "nothing": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
    "a redirect": (headed(b"", b"Location: http://127.0.0.1:1/", status=b"302 Found"), 302, b""),
    "an error": (headed(b"no", status=b"502 Bad Gateway"), 502, b"no"),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_answers_that_are_whole(name, loop):
    data, status, body = WHOLE[name]
    with Server(says(data)) as server:
        for parts in ([data], [bytes([one]) for one in data]):
            server._behave = says(*parts)
            answer = run(lambda http: http.post(server.url, b"{}"), loop=loop)
            assert (answer.status, answer.body) == (status, body)


def test_an_answer_without_a_length_ends_with_its_connection(loop):
    with Server(
        says(b"HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 14:00:00 GMT\r\n\r\nok", then=socket.socket.close)
    ) as server:
        answer = run(lambda http: http.get(server.url), loop=loop)
    assert (answer.status, answer.body, answer.date) == (200, b"ok", 1_795_269_600_000)


BROKEN = {
    "silence": says(then=socket.socket.close),
    "a reset": says(then=reset),
    "half a status": says(b"HTTP/1.1 2", then=socket.socket.close),
    "half a head": says(OK[:30], then=socket.socket.close),
    "half a body": says(OK[:-1], then=socket.socket.close),
    "half a chunk": says(chunks(b"ok")[:-4], then=socket.socket.close),
    "no last chunk": says(chunks(b"ok"), then=socket.socket.close),
    "a reset where the end is the close": says(b"HTTP/1.1 200 OK\r\n\r\no", then=reset, pause=0.05),
    "no HTTP": says(b"SSH-2.0-OpenSSH_9\r\n"),
    "two lengths": says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"),
    "length and chunks": says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    "another protocol": says(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
    "a length too large": says(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (BODY_MAX + 1)),
    "chunks without end": says(chunks(b"x" * 1_000_000), *[b"f4240\r\n%b\r\n" % (b"x" * 1_000_000)] * 20),
    "a head without end": says(b"HTTP/1.1 200 OK\r\n", *[b"X-Row: %b\r\n" % (b"x" * 8000)] * (HEAD_MAX // 4000)),
    "interim answers without end": says(*[b"HTTP/1.1 103 Early\r\nX: %b\r\n\r\n" % (b"x" * 8000)] * (HEAD_MAX // 4000)),
    "a bomb": says(headed(gzip.compress(b"x" * (BODY_MAX + 1)), b"Content-Encoding: gzip")),
    "packed and cut": says(headed(gzip.compress(b"ok" * 99)[:-3], b"Content-Encoding: gzip")),
    "packed otherwise": says(headed(b"ok", b"Content-Encoding: br")),
    "packed and no such thing": says(headed(b"ok", b"Content-Encoding: gzip")),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_answers_that_are_not_leave_it_open_whether_it_was_done(name, loop):
    with Server(BROKEN[name]) as server:
        with pytest.raises(NoAnswerError) as error:
            run(lambda http: http.post(server.url, b"{}"), loop=loop)
        assert not isinstance(error.value, TimeoutError)
    assert len(server.seen) == 1, "asked once"


@pytest.mark.parametrize("parts", [[], [OK[:20]], [OK[:-1]], [chunks(b"ok")]])
def test_a_stalled_answer_is_given_up(parts, loop):
    with Server(says(*parts)) as server, pytest.raises(SlowAnswerError):
        run(lambda http: http.post(server.url, b"{}"), seconds=0.3, loop=loop)
    assert len(server.seen) == 1


def test_nobody_listens(loop):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(NeverLeftError):
        run(lambda http: http.post(f"http://127.0.0.1:{port}/", b"{}"), loop=loop)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3), st.booleans(), st.integers(0, 60), st.booleans())
def test_what_arrived_is_never_said_to_have_never_left(reads, is_reset, sends, on_uvloop):
    """A server that leaves at any moment: it may have read some of the request, and sent some of an answer."""

    def behave(place, server):
        if reads:
            server.seen.append(place.recv((1, 20, 65536)[reads - 1]))
        place.sendall(OK[: min(sends, len(OK) - 1)])
        (reset if is_reset else socket.socket.close)(place)

    with Server(behave) as server, pytest.raises((NeverLeftError, NoAnswerError)) as error:
        run(lambda http: http.post(server.url, b"{}"), loop=LOOPS[on_uvloop])
    assert isinstance(error.value, NoAnswerError) or not any(server.seen)


def test_a_connection_serves_many_calls(loop):
    async def work(http):
        for _ in range(5):
            assert (await http.post(server.url, b"{}")).status == 200

    with Server(says(OK)) as server:
        run(work, loop=loop)
    assert (server.connections, len(server.seen)) == (1, 5)


@pytest.mark.parametrize(
    "data",
    [headed(b"ok", b"Connection: close"), OK.replace(b"1.1", b"1.0"), OK + OK, OK + b"more", OK + b"\0" * 99],
)
def test_a_connection_that_cannot_go_on_is_not_used_again(data, loop):
    async def work(http):
        for _ in range(3):
            assert (await http.post(server.url, b"{}")).body == b"ok"

    with Server(says(data)) as server:
        run(work, loop=loop)
    assert server.connections == 3


def test_bytes_that_nobody_asked_for_are_no_answer_to_the_next_call(loop):
    def behave(place, server):
        server.take(place)
        place.sendall(OK)
        time.sleep(0.1)
        place.sendall(headed(b"planted"))
        server.take(place)

    async def work(http):
        assert (await http.get(server.url)).body == b"ok"
        await asyncio.sleep(0.3)
        server._behave = says(OK)
        return (await http.get(server.url)).body

    with Server(behave) as server:
        assert run(work, loop=loop) == b"ok"
    assert server.connections == 2


def test_a_kept_connection_that_fails_at_the_next_call(loop):
    """The server leaves when the second request comes: only what changes nothing is asked again."""

    def behave(place, server):
        server.take(place)
        place.sendall(OK)
        if server.take(place):
            (reset if len(server.seen) % 2 else socket.socket.close)(place)

    async def work(http):
        await http.post(server.url, b"{}")
        with pytest.raises(NoAnswerError):
            await http.post(server.url, b"{}")
        assert len(server.seen) == 2
        await http.post(server.url, b"{}")
        return await http.get(server.url)

    with Server(behave) as server:
        assert run(work, loop=loop).status == 200
    assert [one.split(b" ")[0] for one in server.seen] == [b"POST", b"POST", b"POST", b"GET", b"GET"]


def test_a_kept_connection_that_was_closed_is_seen_before_it_is_used(loop):
    async def work(http):
        for _ in range(3):
            await http.post(server.url, b"{}")
            await asyncio.sleep(0.1)

    with Server(says(OK, then=socket.socket.close)) as server:
        run(work, loop=loop)
    assert (server.connections, len(server.seen)) == (3, 3)


def test_asked_again_in_vain_it_had_left_all_the_same(loop):
    def behave(place, server):
        server.take(place)
        place.sendall(OK)
        server._socket.shutdown(socket.SHUT_RDWR)  # nobody listens from now on
        server.take(place)

    async def work(http):
        await http.get(server.url)
        with pytest.raises(NoAnswerError):
            await http.get(server.url)

    server = Server(behave)
    server._threads[0].start()
    run(work, loop=loop)
    server._socket.close()
    for one in server._threads:
        one.join(10)
    assert len(server.seen) == 2


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_loop_after_another(loop):
    http = Http(allowed=frozenset({"127.0.0.1"}), seconds=2.0)

    async def work():
        return (await http.post(server.url, b"{}")).body

    with Server(says(OK)) as server:
        for _ in range(3):
            with asyncio.Runner(loop_factory=loop) as runner:
                assert runner.run(work()) == b"ok"
        gc.collect()


def test_a_call_that_is_broken_off_takes_its_connection_with_it(loop):
    async def work(http):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await http.get(server.url)
        return (await http.get(f"{server.url}second")).body

    def behave(place, server):
        while server.take(place):
            time.sleep(0 if b"second" in server.seen[-1] else 0.3)
            place.sendall(headed(server.seen[-1].split(b" ")[1]))

    with Server(behave) as server:
        assert run(work, loop=loop) == b"/second"


def test_an_early_answer_to_a_large_body(loop):
    def behave(place, server):
        place.recv(10)
        place.sendall(headed(b"no", status=b"413 Too Large"))
        time.sleep(0.3)

    async def work(http):
        for _ in range(2):
            assert (await http.post(server.url, b"x" * 30_000_000)).status == 413

    with Server(behave) as server:
        run(work, loop=loop)
    assert server.connections == 2


def test_no_more_connections_than_allowed(loop):
    under_way, most = [0], [0]
    lock = threading.Lock()

    def behave(place, server):
        while server.take(place):
            with lock:
                under_way[0] += 1
                most[0] = max(most[0], under_way[0])
            time.sleep(0.05)
            with lock:
                under_way[0] -= 1
            place.sendall(OK)

    async def work(http):
        return await asyncio.gather(*(http.post(server.url, b"{}") for _ in range(CONNECTIONS_MAX + 20)))

    with Server(behave) as server:
        answers = run(work, seconds=10, loop=loop)
    assert {one.status for one in answers} == {200}
    assert server.connections <= CONNECTIONS_MAX
    assert most[0] <= CONNECTIONS_MAX


def test_waiting_for_room_has_an_end(loop):
    async def work(http):
        found = await asyncio.gather(
            *(http.post(server.url, b"{}") for _ in range(CONNECTIONS_MAX + 3)), return_exceptions=True
        )
        return [type(one) for one in found]

    with Server(says()) as server:
        kinds = run(work, seconds=0.5, loop=loop)
    assert set(kinds) <= {SlowAnswerError, SlowConnectionError}
    assert CONNECTIONS_MAX <= kinds.count(SlowAnswerError) == len(server.seen)


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b", "caf\u00e9"])
def test_a_header_that_would_be_two_is_not_sent(value, loop):
    with Server(says(OK)) as server:
        with pytest.raises(NeverLeftError):
            run(lambda http: http.get(server.url, headers={"Access-Token": value}), loop=loop)
        with pytest.raises(NeverLeftError):
            run(lambda http: http.get(server.url, headers={value: "x"}), loop=loop)
        answer = run(lambda http: http.get(f"{server.url}a b\r\nX: 1", query={"q": value}), loop=loop)
    assert answer.status == 200
    assert server.seen[0].count(b"\r\n") == 6
    assert b"\nX:" not in server.seen[0]


def test_a_request_as_it_stands_on_the_wire():
    with Server(says(OK)) as server:
        run(lambda http: http.post(f"{server.url}a/?b=%C3%A9&c=1", b'{"a":1}', headers={"Access-Token": "t"}))
    assert server.seen == [
        b"POST /a/?b=%%C3%%A9&c=1 HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: goodstanding\r\nAccept: */*\r\n"
        b"Accept-Encoding: gzip\r\nContent-Type: application/json\r\nAccess-Token: t\r\nContent-Length: 7\r\n\r\n"
        b'{"a":1}' % server.port
    ]


def certificate(tmp_path, name):
    """Write a key and a certificate for `name`, signed by itself; returns the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / f"{name}.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


def served_with(file):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_certificate_that_holds(tmp_path, loop, monkeypatch):
    file = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with Server(says(OK), tls=served_with(file)) as server:
        url = server.url.replace("127.0.0.1", "localhost")

        async def work(http):
            return [(await http.post(url, b"{}")).body for _ in range(3)]

        assert run(work, loop=loop) == [b"ok"] * 3
        assert (server.connections, len(server.seen)) == (1, 3)
        with pytest.raises(CertificateRefusedError):  # the same server under another name
            run(lambda http: http.post(server.url, b"{}"), loop=loop)


def test_without_a_certificate_that_holds_nothing_leaves(tmp_path, loop):
    tls = served_with(certificate(tmp_path, "localhost"))
    with Server(says(OK), tls=tls) as server, pytest.raises(CertificateRefusedError):
        run(lambda http: http.post(server.url.replace("127.0.0.1", "localhost"), b"{}"), loop=loop)
    assert server.seen == []


def test_tls_with_a_server_that_speaks_none(loop):
    seen = []

    def answers(place, server):
        seen.append(place.recv(65536))
        place.sendall(OK)

    def leaves(place, server):
        seen.append(place.recv(65536))
        reset(place)

    def waits(place, server):
        seen.append(place.recv(65536))
        place.recv(1)

    for behave, kind in ((answers, NeverLeftError), (leaves, NeverLeftError), (waits, SlowConnectionError)):
        with Server(behave) as server, pytest.raises(kind):
            run(
                lambda http: http.post(server.url.replace("http", "https"), b"secret"), seconds=0.5, loop=loop
            )
    assert len(seen) == 3
    assert not any(b"secret" in one for one in seen)
