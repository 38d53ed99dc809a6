"""Print how far the two passes of labels agree, by code, and list where they differ.

python -m model.agree [--differences FILE]
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

from model import written

HEADS = (*written.labels(frozenset()),)


def kappa(both: int, first: int, second: int, rows: int) -> float:
    """Return Cohen's kappa of a yes-or-no code."""
    seen = (rows - first - second + 2 * both) / rows
    chance = (first * second + (rows - first) * (rows - second)) / rows**2
    return (seen - chance) / (1 - chance) if chance < 1 else 1.0


def moods(found: frozenset[str]) -> float:
    return written.labels(found)["sentiment"]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--differences", type=Path, help="write the rows whose codes differ, as JSON lines")
    given = parser.parse_args()
    a, b = written.codes(written.DATA / "labels-a.jsonl"), written.codes(written.DATA / "labels-b.jsonl")
    shared = sorted(a.keys() & b.keys())
    firsts, seconds = ([written.labels(c[at]) for at in shared] for c in (a, b))
    print(
        f"{len(shared):,} rows twice labelled; {sum(a[at] == b[at] for at in shared) / len(shared):.1%} to the letter"
    )
    for head in HEADS:
        pairs = Counter((x[head], y[head]) for x, y in zip(firsts, seconds, strict=True))
        same = sum(n for (x, y), n in pairs.items() if x == y) / len(shared)
        line = f"{head:18} agree {same:6.1%}"
        if head != "sentiment":
            yes_a, yes_b = sum(int(x[head]) for x in firsts), sum(int(y[head]) for y in seconds)
            line += (
                f"  yes {yes_a:5}/{yes_b:5}  kappa {kappa(pairs[1.0, 1.0], yes_a, yes_b, len(shared)):.2f}"
            )
        print(line)
    if given.differences:
        texts = {row.id: row.text for row in written.texts()}
        with given.differences.open("w", encoding="utf-8") as out:
            for at in shared:
                if a[at] != b[at]:
                    both = {"a": " ".join(sorted(a[at])), "b": " ".join(sorted(b[at]))}
                    out.write(json.dumps({"id": at, **both, "text": texts[at]}, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
