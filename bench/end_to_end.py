"""End to end beside Node-RED: webhook in, dedupe, rule, HTTP out to a sink, delay 0.

    python -m bench.end_to_end [--events N] [--rounds N] [--node-red DIR | --install] [--json]

Every comment asks for a price, which a rule answers, so every one leads to one call out. Same comments, same client, same
sink, in turn. Ours checks the signature, commits before it answers, asks every gate twice, sends only what is
committed as `sending`, and seals decision, attempt and result in the log, on SQLite with synchronous=FULL. The
Node-RED flow parses, drops what it has seen (a Map in memory), looks for a keyword, answers 200 and posts. A round
ends when the sink has heard of every comment. CPU is that of the server process, all threads.

A folder that holds `node_modules/node-red` is named by `--node-red` or `GOODSTANDING_BENCH_NODE_RED`; `--install`
fetches it with npm into the system's temporary folder. Without either, the peer is left out and the output says so.
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.door import SECRET, port_of, post
from bench.measuring import Bar, cache, cpu_of, end, interleaved, python, show, temporary

NODE_RED = "node-red@4.1"
PER_ACCOUNT = 480
"""Comments for one account: its bucket holds at most 500 tokens, the ceiling of every policy."""
CONNECTIONS = 32
PATIENCE_SECONDS = 120
ASKS = (
    "wat kost deze jurk eigenlijk?",
    "hoi, wat kost dit precies?",
    "wat is de prijs van die jas?",
    "hoeveel kost deze pan?",
    "wat kost het bij jullie?",
    "hoe duur is deze tas precies?",
)
RULE = """
[[rules]]
rid = "reply-price"
title = {nl = "Prijsvraag", en = "Price question"}
when = [{kind = "intent_at_least", intent = "price", milli = 850}]
then = "reply"
template = "price"
"""


def policy() -> str:
    """Return the careful policy with one rule of our own, no delay, no quiet hours and room for every comment."""
    from goodstanding.usecases.playbooks import policy_text

    text = policy_text("careful")
    head, _, rest = text.partition("[[limits]]")
    pacing = rest[rest.index("[pacing]") : rest.index("[quiet_hours]")]
    for name, value in {
        "delay_minutes_min": 0, "delay_minutes_max": 0, "bucket_capacity": 500, "refill_per_hour": 500,
        "slow_above_per_hour": 1_000_000, "spike_per_hour": 1_000_000,
    }.items():  # fmt: skip
        pacing = "\n".join(
            f"{name} = {value}" if row.startswith(f"{name} =") else row for row in pacing.splitlines()
        )
    limits = '[[limits]]\nscope = "contact"\nchannel = "message"\nmax = 5\nwindow_hours = 168\n'
    similar = "[similar]\nthreshold_milli = 1000\nvideo_day_max = 50\nrecent = 20\nrecent_max = 25\n"
    wordings = ", ".join(f'"Bedankt voor je vraag, nummer {n} van ons lijstje!"' for n in range(12))
    template = f'[[templates]]\nid = "price"\nchannel = "reply"\nnl = [{wordings}]\nen = [{wordings}]\n'
    review = rest[rest.index("[review]") : rest.index("[[templates]]")]
    return f"{head.strip()}\n{limits}{pacing}\n{similar}{review}\n{template}{RULE}"


def comments(count: int, *, first: int, accounts: int) -> list[bytes]:
    """Return webhook bodies, account after account, each by a person of its own."""
    from goodstanding.sandbox.crowd import webhook_bodies

    now = int(time.time() * 1000)
    bodies = []
    for place in range(count):
        number = first + place
        comment = {
            "comment_id": str(7_600_000_000_000_000_000 + number), "video_id": str(7_672_400_000_000_000_101 + number % 7),
            "parent_comment_id": "", "unique_identifier": f"+Viewer{number:07d}", "text": ASKS[number % len(ASKS)],
            "timestamp": now - 60_000 + place,
        }  # fmt: skip
        account = 1 + place * accounts // count
        bodies += webhook_bodies([comment], "bench", f"-000BenchOpenId{account:04d}")
    return bodies


def requests(folder: Path, bodies: list[bytes]) -> Path:
    from goodstanding.sandbox.wire import sign

    file = folder / "requests.json"
    now = int(time.time())
    file.write_text(json.dumps([(sign(secret=SECRET, t=now, body=one), one.decode()) for one in bodies]))
    return file


def node_red_at(given: str, *, install: bool) -> Path | None:
    """Return the folder with Node-RED, fetched when that was asked for; None when there is none."""
    place = Path(given) if given else cache() / "node-red"
    if shutil.which("node") is None:
        return None
    if (place / "node_modules" / "node-red" / "red.js").exists():
        return place
    if install and not given and shutil.which("npm"):
        place.mkdir(exist_ok=True)
        done = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(place), NODE_RED], check=False
        )
        return place if done.returncode == 0 else None
    return None


FUNCTION = """
const c = msg.payload.content;
const id = /"comment_id":(\\d+)/.exec(c)[1];
let seen = context.get('seen');
if (!seen) { seen = new Map(); context.set('seen', seen); }
msg.statusCode = 200;
const answer = Object.assign({}, msg, {payload: 'ok'});
if (seen.has(id)) { return [answer, null]; }
seen.set(id, Date.now());
const text = JSON.parse(c).text.toLowerCase();
if (!['kost', 'prijs', 'duur'].some(w => text.includes(w))) { return [answer, null]; }
const out = {method: 'POST', headers: {'content-type': 'application/json', 'access-token': 'bench'},
  payload: {business_id: msg.payload.user_openid, comment_id: id, text: 'Bedankt voor je vraag!'}};
return [answer, out];
"""


def start_node_red(place: Path, folder: Path, sink: int) -> tuple["subprocess.Popen[str]", int]:
    """Start Node-RED with one flow, its editor and its telemetry off; returns it and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    folder.mkdir()
    flow: list[dict[str, Any]] = [
        {"id": "t", "type": "tab", "label": "bench"},
        {"id": "in", "type": "http in", "z": "t", "url": "/hook/tiktok", "method": "post", "wires": [["fn"]]},
        {"id": "fn", "type": "function", "z": "t", "func": FUNCTION, "outputs": 2, "wires": [["ok"], ["rq"]]},
        {"id": "ok", "type": "http response", "z": "t", "wires": []},
        {
            "id": "rq", "type": "http request", "z": "t", "method": "use", "ret": "txt", "persist": True,
            "url": f"http://127.0.0.1:{sink}/business/comment/reply/create/", "wires": [[]],
        },
    ]  # fmt: skip
    (folder / "flows.json").write_text(json.dumps(flow))
    (folder / "settings.js").write_text(
        f"module.exports = {{flowFile: 'flows.json', uiPort: {port}, uiHost: '127.0.0.1', httpAdminRoot: false,"
        " credentialSecret: 'bench', telemetry: {enabled: false}, logging: {console: {level: 'warn'}}};\n"
    )
    command = [
        "node",
        str(place / "node_modules/node-red/red.js"),
        "-u",
        str(folder),
        "-s",
        str(folder / "settings.js"),
    ]
    log = (folder / "log").open("w")
    process = subprocess.Popen(command, stdout=log, stderr=log, text=True)
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1)
        except urllib.error.HTTPError:
            time.sleep(1)  # it listens just before its flows run
            return process, port
        except OSError:
            time.sleep(0.1)
    raise SystemExit((folder / "log").read_text())


def ask(port: int, path: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def settled(pid: int) -> None:
    """Wait until a server has finished what it does after its last call."""
    last = -1.0
    for _ in range(100):
        now = cpu_of(pid)
        if now - last < 0.02:
            return
        last = now
        time.sleep(0.3)


class Race:
    """One run of one server: warmed up, then measured."""

    def __init__(self, folder: Path, sink: int, events: int, accounts: int) -> None:
        self._folder, self._sink, self._events, self._accounts = folder, sink, events, accounts
        self._number = 0

    def run(self, start: Callable[[Path], tuple["subprocess.Popen[str]", int]]) -> tuple[float, float]:
        """Return events a second and CPU milliseconds an event."""
        self._number += 1
        process, port = start(self._folder / f"run{self._number}")
        try:
            warm = comments(self._accounts * 8, first=10_000_000, accounts=self._accounts)
            self._send(process.pid, port, warm)
            return self._send(process.pid, port, comments(self._events, first=1, accounts=self._accounts))
        finally:
            end(process)

    def _send(self, pid: int, port: int, bodies: list[bytes]) -> tuple[float, float]:
        file = requests(self._folder, bodies)
        ask(self._sink, "/forget")
        before = cpu_of(pid)
        answers = post(file, port, CONNECTIONS)
        assert answers["statuses"] == {"200": len(bodies)}, answers
        patience = time.monotonic() + PATIENCE_SECONDS
        while (state := ask(self._sink, "/state"))["comments"] < len(bodies):
            if time.monotonic() > patience:
                raise SystemExit(f"only {state['comments']} of {len(bodies)} comments reached the sink")
            time.sleep(0.05)
        settled(pid)
        state = ask(self._sink, "/state")
        assert state["calls"] == len(bodies), f"{state['calls']} calls for {len(bodies)} comments"
        cpu = cpu_of(pid) - before
        return len(bodies) / (state["last"] - answers["started"]), cpu / len(bodies) * 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=4_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--concurrency", type=int, default=16, help="calls under way at once, an account")
    parser.add_argument("--node-red", default=os.environ.get("GOODSTANDING_BENCH_NODE_RED", ""))
    parser.add_argument("--install", action="store_true", help="fetch Node-RED with npm if it is not there")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    accounts = -(-given.events // PER_ACCOUNT)
    peer = node_red_at(given.node_red, install=given.install)
    with temporary() as folder:
        sink = python("bench.sink")
        assert sink.stdout is not None
        sink_port = int(sink.stdout.readline())
        (folder / "policy.toml").write_text(policy())
        race = Race(folder, sink_port, given.events, accounts)
        rates: dict[str, list[float]] = {"ours": [], "node-red": []}

        def ours(data: Path) -> tuple["subprocess.Popen[str]", int]:
            process = python(
                "bench.serving", "--data", str(data), "--secret", SECRET, "--accounts", str(accounts),
                "--platform", f"http://127.0.0.1:{sink_port}", "--policy", str(folder / "policy.toml"),
                "--concurrency", str(given.concurrency),
            )  # fmt: skip
            return process, port_of(process)

        def node_red(data: Path) -> tuple["subprocess.Popen[str]", int]:
            assert peer is not None
            return start_node_red(peer, data, sink_port)

        def measured(name: str, start: Callable[[Path], tuple["subprocess.Popen[str]", int]]) -> float:
            rate, cost = race.run(start)
            rates[name].append(rate)
            return cost

        works: dict[str, Callable[[], float]] = {"ours": lambda: measured("ours", ours)}
        if peer is not None:
            works["node-red"] = lambda: measured("node-red", node_red)
        try:
            cost = interleaved(given.rounds, works)
        finally:
            end(sink)
    rate = {name: sorted(found)[len(found) // 2] for name, found in rates.items() if found}
    places = f"{accounts} accounts, {CONNECTIONS} connections in, {given.concurrency} calls out at once"
    notes = [f"{given.events:,} comments of {places}; ours {rate['ours']:,.0f} events/s"]
    bars = [
        Bar(
            what="end to end, CPU", needed=0.4, measured=cost["ours"], unit="ms CPU an event", better="less",
            peer="" if peer is None else f"Node-RED ({cost['node-red']:.2f} ms)",
            ratio=None if peer is None else cost["node-red"] / cost["ours"],
        )
    ]  # fmt: skip
    if peer is None:
        notes.append(
            "Node-RED is not here (name its folder with --node-red, or --install with npm): left out"
        )
    else:
        ratio = rate["ours"] / rate["node-red"]
        bars.append(
            Bar(
                what="end to end, events/s of Node-RED's", needed=2, measured=ratio, unit="times", better="more",
                peer=f"Node-RED ({rate['node-red']:,.0f} events/s)", ratio=ratio,
            )
        )  # fmt: skip
    return show(bars, as_json=given.json, notes=notes)


if __name__ == "__main__":
    sys.exit(main())
