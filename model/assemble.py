"""Turn files of written rows into texts and a first pass of labels.

    python -m model.assemble FILE.txt ...

A file is named LANG-topic.txt and holds families: `= name`, then `codes | text` or `~ codes | text` (a small edit of
the row above). Rows keep their id as long as their file, family and order stay.
"""

import json
import re
import sys
from pathlib import Path

from model.written import DATA


Rows = list[tuple[dict[str, str | None], str]]


def parsed(path: Path) -> Rows:
    lang = path.stem.partition("-")[0]
    found: Rows = []
    family, number = "", 0
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("= "):
            family, number = f"{path.stem}/{line[2:].strip()}", 0
        elif line.strip():
            pair, (head, _, text) = line.startswith("~"), line.lstrip("~ ").partition("|")
            number += 1
            name = f"{family}/{number}"
            row = {"id": name, "lang": lang, "family": family, "text": text.strip()}
            if pair:
                row["pair"] = f"{family}/{number - 1}"
            found.append((row, " ".join(sorted(head.split()))))
    return found


def masked(text: str) -> str:
    """Return a text without names, numbers, signs and emoji; as it is when nothing else is left."""
    plain = re.sub(r"@\w+|\d+", "", text.lower())
    return " ".join(re.sub(r"[^\w\s]|_", "", plain).split()) or text


def distinct(rows: Rows) -> Rows:
    """Return the rows without those that are the same as an earlier one once masked."""
    seen: set[str] = set()
    kept: Rows = []
    for row, codes in rows:
        key = masked(str(row["text"]))
        if key not in seen:
            seen.add(key)
            kept.append((row, codes))
    there = {row["id"] for row, _ in kept}
    return [({k: v for k, v in row.items() if k != "pair" or v in there}, codes) for row, codes in kept]


def main(paths: list[str]) -> int:
    rows = distinct([row for path in sorted(paths) for row in parsed(Path(path))])
    with (DATA / "texts.jsonl").open("w", encoding="utf-8") as texts, (DATA / "labels-a.jsonl").open("w", encoding="utf-8") as labels:
        for row, codes in rows:
            texts.write(json.dumps(row, ensure_ascii=False) + "\n")
            labels.write(json.dumps({"id": row["id"], "codes": codes}) + "\n")
    print(f"{len(rows)} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
