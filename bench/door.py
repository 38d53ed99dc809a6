"""The webhook door: signed bodies over keep-alive connections, answered when they are durable (SQLite FULL).

    python -m bench.door [--events N] [--rounds N] [--connections N] [--json]

Client and server are processes of their own; CPU is that of the server, all its threads. Beside it the same uvicorn
answers the same requests without looking at them.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.measuring import ROOT, Bar, cpu_of, crowd, end, interleaved, python, show, temporary

NEEDED_US = 120
SECRET = "bench-secret"


def signed(bodies: list[bytes]) -> list[tuple[str, str]]:
    from goodstanding.sandbox.wire import sign

    now = int(time.time())
    return [(sign(secret=SECRET, t=now, body=body), body.decode()) for body in bodies]


def post(file: Path, port: int, connections: int) -> dict[str, Any]:
    """Send what `file` holds from a process of its own."""
    command = [
        sys.executable,
        "-m",
        "bench.load",
        str(file),
        "--port",
        str(port),
        "--connections",
        str(connections),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def port_of(process: "subprocess.Popen[str]") -> int:
    """Return the port of an address on a line of its own."""
    assert process.stdout is not None
    for said in process.stdout:
        if said.startswith("http"):
            return int(said.strip().rstrip("/").rsplit(":", 1)[1])
    raise SystemExit("the server did not start")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=4000, help="a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with temporary() as folder:
        bodies = crowd(given.events * (given.rounds + 1), "-000BenchOpenId0001")
        ours = python("bench.serving", "--data", str(folder / "data"), "--secret", SECRET, "--no-worker")
        bare = python("bench.bare_server")
        try:
            ports = {"door": port_of(ours), "bare": port_of(bare)}
            pids = {"door": ours.pid, "bare": bare.pid}
            rates: dict[str, list[float]] = {"door": [], "bare": []}
            turn = {"door": iter(range(given.rounds + 1)), "bare": iter(range(given.rounds + 1))}

            def measured(name: str) -> float:
                place = next(turn[name]) * given.events
                file = folder / "requests.json"
                file.write_text(json.dumps(signed(bodies[place : place + given.events])))
                before = cpu_of(pids[name])
                answers = post(file, ports[name], given.connections)
                assert answers["statuses"] == {"200": given.events}, answers
                rates[name].append(given.events / (answers["ended"] - answers["started"]))
                return (cpu_of(pids[name]) - before) / given.events * 1e6

            for name, found in rates.items():
                measured(name)  # the first round warms up
                found.clear()
            cost = interleaved(
                given.rounds, {"door": lambda: measured("door"), "bare": lambda: measured("bare")}
            )
        finally:
            end(ours)
            end(bare)
    rate = sorted(rates["door"])[len(rates["door"]) // 2]
    bar = Bar(
        what="webhook door with commit", needed=NEEDED_US, measured=cost["door"], unit="us CPU an event", better="less",
        peer=f"uvicorn alone ({cost['bare']:.0f} us)", ratio=cost["bare"] / cost["door"],
    )  # fmt: skip
    note = f"{rate:,.0f} events/s over {given.connections} connections, every answer 200 after its commit"
    return show([bar], as_json=given.json, notes=[note])


if __name__ == "__main__":
    sys.exit(main())
