"""Back-test of invented comments: seconds, rows per CPU second and peak memory for two sizes of file.

Bar: 1,000,000 comments in at most 120 s on one core, with memory that does not grow with the file.
Run: `python bench/backtest.py [--rows 50000,500000] [--policy careful]`. Each size runs in a process of its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from goodstanding.sandbox.crowd import make_comments

BAR_SECONDS = 120
BAR_ROWS = 1_000_000
RUN = """
import json, resource, sys, time
from goodstanding.cli import main
start, cpu = time.perf_counter(), time.process_time()
try:
    main(sys.argv[1:], standalone_mode=False)
finally:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps([time.perf_counter() - start, time.process_time() - cpu, peak]), file=sys.stderr)
"""


def write(path, rows):
    """Write a file of `rows` invented comments; every text gets its number, so that few are equal."""
    with path.open("w", encoding="utf-8") as file:
        for n, one in enumerate(make_comments(rows, 1)):
            text = one["text"] if n % 3 else f"{one['text']} {n}"
            file.write(
                json.dumps({"text": text, "author": one["username"], "created_at": one["timestamp"]}) + "\n"
            )


def measure(path, out, policy):
    """Return wall seconds, CPU seconds and peak KiB of one run."""
    command = [
        sys.executable,
        "-c",
        RUN,
        "backtest",
        str(path),
        "--policy",
        policy,
        "--json",
        "--out",
        str(out),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["total"], json.loads(done.stderr.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", default="50000,500000")
    parser.add_argument("--policy", default="careful")
    given = parser.parse_args()
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        for rows in map(int, given.rows.split(",")):
            path = Path(folder, f"{rows}.jsonl")
            write(path, rows)
            total, (seconds, cpu, peak) = measure(path, Path(folder, "out.jsonl"), given.policy)
            assert total == rows
            peaks.append(peak)
            print(
                f"{rows:>9,} rows  {path.stat().st_size / 1e6:7.1f} MB  {seconds:7.2f} s  {rows / cpu:10,.0f} rows/CPU s"
                f"  peak {peak / 1024:6.1f} MiB  ({BAR_ROWS / rows * cpu:5.1f} CPU s for {BAR_ROWS:,}; bar {BAR_SECONDS})"
            )
            path.unlink()
    print(f"memory, largest to smallest file: {peaks[-1] / peaks[0]:.2f}x")


if __name__ == "__main__":
    main()
