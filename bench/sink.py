"""Where replies end up in a measurement: answers every POST as TikTok does and counts the comments it has heard of.

    python -m bench.sink

Prints its port. `GET /state` tells how many different comments were answered and when the last new one came
(monotonic seconds); `GET /forget` starts again from none.
"""

import asyncio
import json
import re
import time
from email.utils import formatdate

COMMENT = re.compile(rb'"comment_id": ?"?(\d+)')
LENGTH = re.compile(rb"content-length: ?(\d+)", re.IGNORECASE)


class Sink:
    """What was received."""

    def __init__(self) -> None:
        self.heard: set[bytes] = set()
        self.calls = 0
        self.last = 0.0

    def take(self, body: bytes) -> bytes:
        found = COMMENT.search(body)
        self.calls += 1
        number = found[1] if found else b"0"
        if number not in self.heard:
            self.heard.add(number)
            self.last = time.monotonic()
        return b'{"code":0,"message":"OK","request_id":"0","data":{"comment_id":"9%b"}}' % number

    def get(self, path: bytes) -> bytes:
        if path == b"/forget":
            self.heard.clear()
            self.calls = 0
        return json.dumps({"comments": len(self.heard), "calls": self.calls, "last": self.last}).encode()


class Door(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._seen += data
        while (head := self._seen.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(self._seen, 0, head)
            end = head + 4 + (int(length[1]) if length else 0)
            if len(self._seen) < end:
                return
            method, path, _ = self._seen.split(b" ", 2)
            body = self._sink.take(self._seen[head + 4 : end]) if method == b"POST" else self._sink.get(path)
            self._seen = self._seen[end:]
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: %b\r\nContent-Length: %d\r\n\r\n%b"
                % (formatdate(usegmt=True).encode(), len(body), body)
            )


async def main() -> None:
    sink = Sink()
    server = await asyncio.get_running_loop().create_server(lambda: Door(sink), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
