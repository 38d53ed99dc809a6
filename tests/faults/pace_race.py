"""Several processes call under one app on one database.

Ours leases calls in the database and keeps every window. The naive variant, in which each process keeps its own count,
must overrun them, or this race would prove nothing.
"""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

from goodstanding.adapters.storage.postgres import PostgresStore
from goodstanding.adapters.storage.sqlite import SqliteStore
from goodstanding.adapters.tiktok.limits import Pace
from goodstanding.core.calling import CallLimits, Product
from goodstanding.usecases.pacing import SharedPace

ROOT = Path(__file__).parents[2]
PROCESSES, SECONDS = 4, 5
LIMITS = CallLimits(
    per_second=12, per_minute=40, per_day=10_000, account_endpoint_per_minute=14,
    products=(Product(prefix="/business/", per_minute=22), Product(prefix="/business/message/", per_second=4)),
)  # fmt: skip
ENDPOINTS = ("/business/comment/list/", "/business/message/send/", "/business/get/")


def store_of(address):
    return PostgresStore(address, 1) if address.startswith("postgres") else SqliteStore(Path(address), 1)


def prepare(address):
    store = store_of(address)
    store.write(lambda tx: tx.ensure_workspace(0))
    store.close()


def worker(address, mode, start, number):
    """Call as often as the pace lets us; prints when and what."""
    store = store_of(address)
    wall = lambda: int(time.time() * 1000)  # noqa: E731 - the naive side's clock
    pace = Pace(LIMITS, wall) if mode == "naive" else SharedPace(store, "tiktok", lambda level: LIMITS)
    made = []

    async def caller(place):
        endpoint, account = ENDPOINTS[place % 3], 1 + place % 2
        while time.time() < start + SECONDS:
            wait = await pace.ask(account, endpoint, urgent=bool((place + number) % 2))
            if wait == 0:
                made.append((time.time() * 1000, account, endpoint))
            await asyncio.sleep(min(wait, 100) / 1000)

    async def work():
        await asyncio.gather(*(caller(place) for place in range(6)))

    time.sleep(max(0.0, start - time.time()))
    asyncio.run(work())
    print(json.dumps(made))
    store.close()


def race(address, mode):
    """Let the processes call; returns all calls, by time."""
    prepare(address)
    start = time.time() + 3.0
    command = [sys.executable, "-m", "tests.faults.pace_race", address, mode, str(start)]
    running = [
        subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for number in range(PROCESSES)
    ]
    try:
        told = [json.loads(process.communicate(timeout=60)[0]) for process in running]
    finally:
        for process in running:
            process.kill()
    return sorted(tuple(call) for each in told for call in each), [len(each) for each in told]


def worst(calls, span):
    """Return the most calls in any stretch of this length."""
    times = [call[0] for call in calls]
    return max((sum(at <= one < at + span for one in times) for at in times), default=0)


def over(calls):
    """Return by how much each window was overrun, at worst; nothing where it was kept.

    A window of a second is measured a little short: between leave and note a process may be made to wait.
    """
    found = {
        "app a second": worst(calls, 950) - LIMITS.per_second,
        "app a minute": worst(calls, 60_000) - LIMITS.per_minute,
        "product a minute": worst([one for one in calls if "/message/" not in one[2]], 60_000) - 22,
        "messages a second": worst([one for one in calls if "/message/" in one[2]], 950) - 4,
    }
    for account in (1, 2):
        for endpoint in ENDPOINTS:
            mine = [one for one in calls if one[1:] == (account, endpoint)]
            found[f"{account} {endpoint}"] = worst(mine, 60_000) - 14
    return {name: by for name, by in found.items() if by > 0}


if __name__ == "__main__":
    worker(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
