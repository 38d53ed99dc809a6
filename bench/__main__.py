"""Every figure, with its peers, one script after another.

    python -m bench [--quick] [--full] [--only NAME ...] [--json]

`--quick` takes fewer events and rounds, for a look; `--full` stores 1,000,000 comments where a script otherwise
stores fewer. Exit code 1 when a promise is not kept, 2 when a script failed.
"""

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.measuring import ROOT, Bar, number

Read = Callable[[str], tuple[list[Bar], list[str]]]


def own(said: str) -> tuple[list[Bar], list[str]]:
    """Read what the scripts with `measuring.show` print."""
    found = json.loads(said.strip().splitlines()[-1])
    bars = [Bar(**{name: value for name, value in one.items() if name != "holds"}) for one in found["bars"]]
    return bars, found["notes"]


def decide(said: str) -> tuple[list[Bar], list[str]]:
    found: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    rates, ratios = found["per_cpu_second"], found["ratios"]
    ours = rates["ours, six rules, trace and record bytes"]
    bars = [
        Bar(
            what="traced decision, six rules",
            needed=60_000,
            measured=ours,
            unit="per CPU second",
            better="more",
        )
    ]
    for peer, needed in (("json-logic-qubit", 1.5), ("rule-engine", 1.5), ("zen-engine", 8)):
        bars.append(
            Bar(
                what=f"traced decision beside {peer}", needed=needed, measured=ratios[peer], unit="times", better="more",
                peer=f"{peer} ({number(rates[peer])}/s)", ratio=ratios[peer],
            )
        )  # fmt: skip
    return bars, []


def backtest(said: str) -> tuple[list[Bar], list[str]]:
    seconds = re.findall(r"\(\s*([\d.]+) CPU s for 1,000,000; bar (\d+)\)", said)
    growth = re.search(r"largest to smallest file: ([\d.]+)x", said)
    assert seconds, said
    assert growth, said
    cost, needed = seconds[-1]
    bars = [
        Bar(
            what="back-test of a file of 1,000,000 comments", needed=float(needed), measured=float(cost),
            unit="s of one core", better="less",
        ),
        Bar(
            what="back-test, memory of the largest file by the smallest", needed=1.25, measured=float(growth[1]), unit="times",
            better="less",
        ),
    ]  # fmt: skip
    return bars, [" ".join(row.split()) for row in said.splitlines() if " rows " in row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A script, how to run it and how to read it."""

    name: str
    quick: tuple[str, ...] = ()
    full: tuple[str, ...] = ()
    always: tuple[str, ...] = ("--json",)
    read: Read = field(default=own)


SCRIPTS = (
    Script(name="understand", quick=("--rounds", "3")),
    Script(name="decide", quick=("--events", "1000", "--rounds", "3"), read=decide),
    Script(name="store", quick=("--events", "12000", "--rounds", "3")),
    Script(name="door", quick=("--events", "2000", "--rounds", "3")),
    Script(name="end_to_end", quick=("--events", "1440", "--rounds", "1"), always=("--json", "--install")),
    Script(
        name="backtest",
        always=("--rows", "50000,200000"),
        quick=("--rows", "5000,20000"),
        full=("--rows", "50000,1000000"),
        read=backtest,
    ),
    Script(name="imports", quick=("--comments", "5000", "--rounds", "1")),
    Script(name="replay", quick=("--decisions", "20000", "--rounds", "1"), full=("--full",)),
    Script(name="audit", quick=("--entries", "100000", "--rounds", "1")),
    Script(name="pages", quick=("--comments", "20000", "--requests", "20"), full=("--full",)),
    Script(name="memory", quick=("--comments", "20000"), full=("--full",)),
    Script(name="poll", quick=("--hours", "1")),
    Script(name="help", quick=("--rounds", "5")),
)


def run(script: Script, *, quick: bool, full: bool) -> tuple[list[Bar], list[str], str]:
    """Return the bars and notes of a script, and why it failed if it did."""
    more = script.quick if quick else script.full if full else ()
    command = [sys.executable, "-m", f"bench.{script.name}", *script.always, *more]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1):
        return [], [], f"{script.name} ended with {done.returncode}"
    try:
        bars, notes = script.read(done.stdout)
    except (ValueError, KeyError, IndexError, TypeError, AssertionError) as error:
        return [], [], f"{script.name}: unreadable answer ({error}): {done.stdout[-300:]}"
    return bars, notes, ""


def table(bars: list[Bar]) -> str:
    """Return the last word: every promise with what was measured."""
    rows = [("", "what", "bar", "median", "unit", "peer")]
    rows += [
        (
            "✓" if one.holds else "✗", one.what, f"{'>=' if one.better == 'more' else '<='} {number(one.needed)}",
            number(one.measured), one.unit, "" if one.ratio is None else f"{one.ratio:.2f}x {one.peer}",
        )
        for one in bars
    ]  # fmt: skip
    widths = [max(len(row[place]) for row in rows) for place in range(6)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", nargs="*", choices=[one.name for one in SCRIPTS])
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    bars: list[Bar] = []
    failed: list[str] = []
    for script in SCRIPTS:
        if given.only and script.name not in given.only:
            continue
        if not (Path(__file__).parent / f"{script.name}.py").exists():
            failed.append(f"{script.name} is not in this tree")
            continue
        started = time.monotonic()
        found, notes, why = run(script, quick=given.quick, full=given.full)
        if why:
            failed.append(why)
        bars += found
        if not given.json:
            print(
                f"{script.name} ({time.monotonic() - started:.0f} s)",
                *notes,
                *([why] if why else []),
                sep="\n  ",
                flush=True,
            )
    if given.json:
        from dataclasses import asdict

        print(json.dumps({"bars": [{**asdict(one), "holds": one.holds} for one in bars], "failed": failed}))
    else:
        print(f"\n{table(bars)}")
    return 2 if failed else 0 if all(one.holds for one in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
