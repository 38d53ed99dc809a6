"""A client for measurements: posts prepared bodies over keep-alive connections as fast as they are answered.

    python -m bench.load FILE --port N [--path /hook/tiktok] [--connections N]

FILE holds a JSON list of `[signature, body]`. Prints one JSON line: answers by status, when the first was sent and
the last answered (monotonic seconds, comparable between processes of one machine).
"""

import argparse
import asyncio
import json
import time
from collections import Counter
from pathlib import Path


class Line(asyncio.Protocol):
    """One connection: sends the next request when an answer is complete."""

    def __init__(self, waiting: list[bytes], statuses: Counter[str], done: asyncio.Future[None]) -> None:
        self._waiting, self._statuses, self._done = waiting, statuses, done
        self._seen = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head = self._seen.find(b"\r\n\r\n")
        if head < 0:
            return
        lower = self._seen[:head].lower()
        place = lower.find(b"content-length:")
        length = int(lower[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        if len(self._seen) < head + 4 + length:
            return
        self._statuses[self._seen[9:12].decode()] += 1
        self._seen = b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)

    def _next(self) -> None:
        assert self._transport is not None
        if self._waiting:
            self._transport.write(self._waiting.pop())
        else:
            self._transport.close()


def request(path: str, signature: str, body: str) -> bytes:
    raw = body.encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Tiktok-Signature: {signature}\r\nContent-Length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw


async def send(requests: list[bytes], port: int, connections: int) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    waiting, statuses = requests[::-1], Counter[str]()
    started = time.monotonic()
    ends = []
    for _ in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        ends.append(done)
        await loop.create_connection(lambda done=done: Line(waiting, statuses, done), "127.0.0.1", port)
    await asyncio.gather(*ends)
    return {"statuses": dict(statuses), "started": started, "ended": time.monotonic()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", default="/hook/tiktok")
    parser.add_argument("--connections", type=int, default=32)
    given = parser.parse_args()
    requests = [
        request(given.path, signature, body) for signature, body in json.loads(given.file.read_text())
    ]
    print(json.dumps(asyncio.run(send(requests, given.port, given.connections))))


if __name__ == "__main__":
    main()
