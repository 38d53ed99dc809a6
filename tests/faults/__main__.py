"""The long form: `python -m tests.faults` (that is `make faults`). Prints what was done; exit code 1 when anything broke."""

import argparse
import sys
import time

from tests.faults import (
    crash_points,
    kills,
    machine,
    mutants,
    namesake_stories,
    platform,
    race,
    stories,
    talk_stories,
)
from tests.faults.world import Violation


def _machine(examples):
    begun = time.monotonic()
    try:
        told = (*stories.ALL, *talk_stories.ALL, *namesake_stories.ALL)
        for story in told:
            story()
        machine.run(examples=examples, steps=50)
    except (Violation, AssertionError) as told:
        print(f"state machine: {told}")
        return 1
    print(
        f"{len(told)} stories and {examples} runs of the state machine: no promise broken, {time.monotonic() - begun:.0f} s"
    )
    return 0


def main():
    """Run everything; returns how many parts failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--examples", type=int, default=500, help="runs of the state machine")
    parser.add_argument("--sqlite", type=int, default=200, help="kills on SQLite")
    parser.add_argument("--postgres", type=int, default=50, help="kills on Postgres")
    asked = parser.parse_args()
    parts = (
        lambda: _machine(asked.examples),
        lambda: mutants.main([]),
        crash_points.main,
        lambda: race.main([]),
        lambda: platform.main([]),
        lambda: kills.main(["--sqlite", str(asked.sqlite), "--postgres", str(asked.postgres)]),
    )
    failed = sum(bool(part()) for part in parts)
    print(f"{len(parts)} parts, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
