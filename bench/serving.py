"""The product as `goodstanding serve` runs it, for measurements: made ready, then served until told to stop.

    python -m bench.serving --data DIR --secret S [--accounts N] [--platform URL] [--policy FILE] [--no-worker]

Prints its address when it answers.
"""

import argparse
import cProfile
import hashlib
import pstats
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from goodstanding.usecases.ports import Transaction

SESSION = "bench-session"
"""The cookie of the one person, signed in without a password."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--accounts", type=int, default=1)
    parser.add_argument("--platform", default="http://127.0.0.1:9")
    parser.add_argument("--policy", type=Path)
    parser.add_argument("--concurrency", type=int, default=1)
    parser.add_argument("--no-worker", action="store_true")
    parser.add_argument(
        "--clock", type=int, default=0, help="start a clock of its own here, UTC milliseconds"
    )
    parser.add_argument("--profile", type=Path, help="write a profile of all threads here at the end")
    given = parser.parse_args()

    from bench.measuring import open_accounts
    from goodstanding.adapters.tiktok.tokens import TokenPair
    from goodstanding.bootstrap import open_app
    from goodstanding.cli.serve import run, run_loop
    from goodstanding.settings import PlatformSettings, Settings
    from goodstanding.usecases import policies

    platform = PlatformSettings(base=given.platform, client_id="bench", secret=given.secret, paced=False)
    profiles = profile_threads() if given.profile else []
    settings = Settings(
        data=given.data, port=0, platform=platform, send_concurrency=given.concurrency,
        demo_speed=1.0 if given.clock else 0.0, demo_start=given.clock,
    )  # fmt: skip
    app = open_app(settings)
    chosen = ""
    if given.policy:
        text = given.policy.read_text(encoding="utf-8")
        chosen = app.ctx.store.write(lambda tx: policies.keep(app.ctx, tx, text))
    if not app.ctx.store.read(lambda q: q.accounts()):
        open_accounts(app, given.accounts, policy_hash=chosen)
        for number in range(1, given.accounts + 1):
            app.tokens.store(number, TokenPair(access_token="bench", got_at=app.clock.now()))
    app.ctx.store.write(sign_in)
    try:
        run_loop(
            run(app, web=True, work=not given.no_worker, announce=lambda address: print(address, flush=True))
        )
    finally:
        if profiles:
            profiles[0].disable()
            pstats.Stats(*profiles).dump_stats(str(given.profile))


def sign_in(tx: "Transaction") -> None:
    """Make a person who is signed in with `SESSION`."""
    from goodstanding.usecases.ports import Person

    if not tx.persons():
        tx.add_person(
            Person(
                id=1, name="Bench", email="bench@example.invalid", password_hash="!", role="owner", language="en",
                created_at=0,
            )
        )  # fmt: skip
    tx.put_stored_value("session", hashlib.sha256(SESSION.encode()).hexdigest(), b"1", None)


def profile_threads() -> list[cProfile.Profile]:
    """Profile this thread and all that start from now on; the profiles are filled when their threads end."""
    profiles = [cProfile.Profile(time.thread_time)]
    inner = threading.Thread.run

    def watched(thread: threading.Thread) -> None:
        mine = cProfile.Profile(time.thread_time)
        profiles.append(mine)
        mine.runcall(inner, thread)

    threading.Thread.run = watched  # type: ignore[method-assign]  # on purpose
    profiles[0].enable()
    return profiles


if __name__ == "__main__":
    main()
