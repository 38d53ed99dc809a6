"""From kept deliveries to committed decisions: understand, decide, store and audit on SQLite, synchronous=FULL.

    python -m bench.store [--events N] [--rounds N] [--stages] [--profile] [--json]

Every round keeps a part of an invented crowd and handles it, in one database that grows; beside it a bare table
takes the same bodies in the same batches with the same durability, and nothing else.
"""

import argparse
import cProfile
import pstats
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measuring import (
    Bar,
    crowd,
    installation,
    interleaved,
    keep,
    open_accounts,
    read_all,
    show,
    temporary,
)

if TYPE_CHECKING:
    from goodstanding.bootstrap import App

NEEDED_PER_SECOND = 10_000
BATCH = 500


def bare_table(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE kept (id INTEGER PRIMARY KEY, body BLOB, outcome TEXT)")
    return connection


def store_bare(connection: sqlite3.Connection, bodies: list[bytes]) -> None:
    for start in range(0, len(bodies), BATCH):
        connection.execute("BEGIN IMMEDIATE")
        rows = [(body, "none") for body in bodies[start : start + BATCH]]
        connection.executemany("INSERT INTO kept (body, outcome) VALUES (?, ?)", rows)
        connection.execute("COMMIT")


def time_stages(spent: dict[str, float]) -> None:
    """Put a timer around each stage of the path."""
    from goodstanding.adapters.storage.sqlite import SqliteStatements
    from goodstanding.adapters.storage.statements import Statements
    from goodstanding.usecases import comments, facts, intake

    def around(owner: Any, name: str, stage: str) -> None:
        inner: Callable[..., Any] = getattr(owner, name)

        def timed(*values: Any, **named: Any) -> Any:
            started = time.thread_time_ns()
            try:
                return inner(*values, **named)
            finally:
                spent[stage] = spent.get(stage, 0) + time.thread_time_ns() - started

        setattr(owner, name, timed)

    for name in ("understand", "_parse", "handle"):
        around(intake, name, name)
    for name in ("append", "decide", "record_bytes", "contacts_of", "_unknown", "_events", "_decision_draft"):
        around(comments, name, f"handle: {name}")
    around(facts.Situation, "facts", "handle: facts")
    around(facts.Situation, "__init__", "handle: situation of a batch")
    for name in (
        "add_events", "add_decisions", "add_outgoing", "add_cases", "add_audit", "add_vault", "settle_deliveries",
        "add_contacts", "new_deliveries",
    ):  # fmt: skip
        around(Statements, name, f"statement: {name}")
    for name in ("commit", "claim_deliveries"):
        around(SqliteStatements, name, f"statement: {name}")


def profiled(app: "App") -> None:
    """Handle all that is kept under the profiler, the writer's thread included."""
    profile = cProfile.Profile(time.thread_time)
    submit = app.ctx.store.submit

    def watched(work: Callable[[Any], Any]) -> Any:
        def inside(tx: Any) -> Any:
            profile.enable()
            try:
                return work(tx)
            finally:
                profile.disable()

        return submit(inside)

    store: Any = app.ctx.store
    store.submit = watched
    store.write = lambda work: watched(work).result()
    read_all(app)
    pstats.Stats(profile).sort_stats("tottime").print_stats(30)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--stages", action="store_true", help="also print where the time goes")
    parser.add_argument("--profile", action="store_true", help="print the profile of one round instead")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    part = given.events // given.rounds
    spent: dict[str, float] = {}
    if given.stages:
        time_stages(spent)
    with temporary() as folder:
        app = installation(folder)
        [open_id] = open_accounts(app, 1)
        bodies = crowd(part * given.rounds, open_id)
        bare = bare_table(folder / "bare.db")
        if given.profile:
            keep(app, bodies[:part])
            profiled(app)
            app.close()
            return 0
        accepted: list[float] = []
        turn = iter(range(given.rounds))
        now: list[bytes] = []

        def kept() -> float:
            place = next(turn) * part
            now[:] = bodies[place : place + part]
            started = time.process_time()
            keep(app, now)
            accepted.append(time.process_time() - started)
            return accepted[-1] / part * 1e6

        def handled() -> float:
            started = time.process_time()
            read_all(app)
            return (time.process_time() - started) / part * 1e6

        def stored_bare() -> float:
            started = time.process_time()
            store_bare(bare, now)
            return (time.process_time() - started) / part * 1e6

        cost = interleaved(given.rounds, {"keep": kept, "handle": handled, "bare": stored_bare})
        outcomes = Counter(
            row.outcome for row in app.ctx.store.read(lambda q: q.decisions(after=0, limit=given.events))
        )
        states = app.ctx.store.read(lambda q: q.deliveries_by_state())
        assert sum(outcomes.values()) == states["read"] == part * given.rounds, (
            "not every delivery was decided"
        )
        app.ctx.store.read(lambda q: q.accounts())
        app.close()
        size = (folder / "goodstanding.db").stat().st_size / (part * given.rounds)
    costs = f"keep {cost['keep']:.1f} us an event, handle {cost['handle']:.1f} us, bare table {cost['bare']:.1f} us"
    notes = [
        f"{part * given.rounds:,} comments, {BATCH} a commit; outcomes {dict(outcomes.most_common())}",
        f"{costs}, {size:,.0f} bytes an event on disk",
    ]
    if given.stages:
        notes += [
            f"{nanoseconds / (part * given.rounds) / 1e3:6.1f} us  {stage}"
            for stage, nanoseconds in sorted(spent.items(), key=lambda item: -item[1])
        ]
    bar = Bar(
        what="understand + decide + store + audit, SQLite FULL", needed=NEEDED_PER_SECOND, measured=1e6 / cost["handle"],
        unit="events per CPU second", better="more", peer="a bare table of the same bodies", ratio=cost["bare"] / cost["handle"],
    )  # fmt: skip
    return show([bar], as_json=given.json, notes=notes)


if __name__ == "__main__":
    sys.exit(main())
