"""Resident memory of `serve` with many comments stored, while pages are asked for.

python -m bench.memory [--comments N | --full] [--json]
"""

import argparse
import sys

from bench.door import SECRET, port_of
from bench.measuring import Bar, end, python, resident, show, temporary
from bench.pages import PATHS, Visitor
from bench.stored import stored

NEEDED_MB = 250
FULL = 1_000_000


def served(data: str) -> float:
    """Return the memory of a server after every page was asked for twice, MB."""
    process = python("bench.serving", "--data", data, "--secret", SECRET)
    try:
        visitor = Visitor(port_of(process))
        for path in PATHS * 2:
            visitor.get(path)
        return resident(process.pid)
    finally:
        end(process)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comments", type=int, default=100_000)
    parser.add_argument("--full", action="store_true", help="1,000,000 comments")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    count = FULL if given.full else given.comments
    with temporary() as folder:
        empty = served(str(folder / "empty"))
        found = served(str(stored(count)))
    bar = Bar(
        what=f"resident memory of serve, {count:,} comments stored", needed=NEEDED_MB, measured=found, unit="MB", better="less",
        peer=f"an empty installation ({empty:.0f} MB)", ratio=empty / found,
    )  # fmt: skip
    return show([bar], as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
