"""How long `goodstanding --help` takes, beside a Python that does nothing.

    python -m bench.help [--rounds N] [--json]

Wall clock of whole processes, in turn; medians.
"""

import argparse
import subprocess
import sys
import time

from bench.measuring import ROOT, Bar, interleaved, show

NEEDED_MS = 300


def started(*arguments: str) -> float:
    """Return the milliseconds a Python process takes from start to end."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    cost = interleaved(
        given.rounds,
        {
            "help": lambda: started("-m", "goodstanding", "--help"),
            "python": lambda: started("-c", "pass"),
        },
    )
    bar = Bar(
        what="goodstanding --help", needed=NEEDED_MS, measured=cost["help"], unit="ms", better="less",
        peer=f"python -c pass ({cost['python']:.0f} ms)", ratio=cost["python"] / cost["help"],
    )  # fmt: skip
    return show([bar], as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
