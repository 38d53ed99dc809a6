"""Turn files of written rows into texts and a first pass of labels.

    python -m model.assemble FILE.txt ...

A file is named LANG-topic.txt and holds families: `= name`, then `codes | text` or `~ codes | text` (a small edit of
the row above). Rows keep their id as long as their file, family and order stay.
"""

import json
import sys
from pathlib import Path

from model.written import DATA


def parsed(path: Path) -> list[tuple[dict[str, str | None], str]]:
    lang = path.stem.partition("-")[0]
    found: list[tuple[dict[str, str | None], str]] = []
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


def main(paths: list[str]) -> int:
    rows = [row for path in sorted(paths) for row in parsed(Path(path))]
    with (DATA / "texts.jsonl").open("w", encoding="utf-8") as texts, (DATA / "labels-a.jsonl").open("w", encoding="utf-8") as labels:
        for row, codes in rows:
            texts.write(json.dumps(row, ensure_ascii=False) + "\n")
            labels.write(json.dumps({"id": row["id"], "codes": codes}) + "\n")
    print(f"{len(rows)} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
