"""The least a server can do, on the same uvicorn as the product: read a body and answer 200.

    python -m bench.bare_server

Prints its address when it answers.
"""

import asyncio
from typing import Any

import uvicorn


async def answer(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def main() -> None:
    config = uvicorn.Config(
        answer, host="127.0.0.1", port=0, log_level="warning", access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event to wait for
        await asyncio.sleep(0.01)
    print(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/", flush=True)
    await task


if __name__ == "__main__":
    asyncio.run(main())
