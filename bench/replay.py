"""Deciding stored comments again: under the version that decided, and under another one (a back-test of the past).

    python -m bench.replay [--decisions N | --full] [--rounds N] [--json]

Without `--full`, fewer decisions are stored and the time is scaled to 1,000,000, which the output says; the cost of
one decision does not depend on how many there are. Beside it, the same records are only read and decrypted.
"""

import argparse
import sys
import time
from typing import Any

from bench.measuring import Bar, installation, interleaved, show
from bench.stored import stored

NEEDED_SECONDS = 60.0
FULL = 1_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=100_000)
    parser.add_argument("--full", action="store_true", help="1,000,000 decisions")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    count = FULL if given.full else given.decisions
    from goodstanding.core.policy.compile import compile_policy
    from goodstanding.usecases import playbooks, policies, replay

    app = installation(stored(count))
    other = compile_policy(policies.read(playbooks.policy_text("normal")), playbooks.platform_rules())

    def timed(work: Any) -> float:
        start = time.process_time()
        found = work()
        assert found == count, f"{found} of {count}"
        return (time.process_time() - start) * FULL / count

    def compared() -> int:
        return replay.compare(app.ctx, other).decisions

    def replayed() -> int:
        found = replay.replay(app.ctx)
        assert (found.differences, found.erased) == (0, 0), found
        return found.decisions

    def only_read() -> int:
        return sum(record is not None for _, record, _ in replay.stored_records(app.ctx))

    cost = interleaved(
        given.rounds,
        {
            "compare": lambda: timed(compared),
            "replay": lambda: timed(replayed),
            "read": lambda: timed(only_read),
        },
    )
    app.close()
    peer = f"reading and decrypting alone ({cost['read']:.1f} s)"
    bars = [
        Bar(
            what=f"{name} of 1,000,000 stored decisions", needed=NEEDED_SECONDS, measured=cost[key], unit="s of one core",
            better="less", peer=peer, ratio=cost["read"] / cost[key],
        )
        for name, key in (("back-test", "compare"), ("replay with byte comparison", "replay"))
    ]  # fmt: skip
    notes = [] if count == FULL else [f"measured on {count:,} stored decisions and scaled to 1,000,000"]
    return show(bars, as_json=given.json, notes=notes)


if __name__ == "__main__":
    sys.exit(main())
