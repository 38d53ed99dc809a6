"""Our own texts: what was written, by family, and the two passes of labels with their resolution.

`data/texts.jsonl` holds the texts, `data/labels-a.jsonl` and `data/labels-b.jsonl` the two passes, and
`data/resolved.jsonl` the decision on each row where the passes differ.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from model.sources import INTENTS, Row

DATA = Path(__file__).parent / "data"
TENTHS_TEST = (0, 1)
TENTHS_CHOICE = (2,)
"""Tenths of the families kept for the test, and for calibration and thresholds."""
KNOWN = {"0", "a1", "a2", "a3", "h", "t", "x", "p1", "p2", "p3", "m", "s+", "s-", "u", ">c", ">p", ">g", ">o"} | {
    f"i{letter}" for letter in INTENTS
} | {"lnl", "len", "lxx"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    id: str
    text: str
    lang: str
    family: str
    pair: str | None
    """Id of the row this one is a small edit of."""


def texts(folder: Path = DATA) -> Iterator[Written]:
    with (folder / "texts.jsonl").open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield Written(row["id"], row["text"], row["lang"], row["family"], row.get("pair"))


def codes(path: Path) -> dict[str, frozenset[str]]:
    """Return id -> codes of one file of labels."""
    with path.open(encoding="utf-8") as file:
        return {row["id"]: frozenset(row["codes"].split()) - {"0"} for row in map(json.loads, file)}


def final(folder: Path = DATA) -> dict[str, frozenset[str]]:
    """Return id -> codes: where both passes agree, theirs; else what was resolved."""
    first, second = codes(folder / "labels-a.jsonl"), codes(folder / "labels-b.jsonl")
    resolved = codes(folder / "resolved.jsonl")
    return {
        at: resolved.get(at, mine) for at, mine in first.items() if at in resolved or mine == second.get(at)
    }


def labels(found: frozenset[str]) -> dict[str, float]:
    """Return what codes say of every head."""
    out = {
        "abuse": float(bool(found & {"a2", "a3"}) or ("a1" in found and "s+" not in found)),
        "hate": float("h" in found), "threat": float("t" in found), "sexual": float("x" in found),
        "spam": float("m" in found), "sentiment": float(("s+" in found) - ("s-" in found)),
    }  # fmt: skip
    if out["hate"] or out["threat"]:
        out["abuse"] = 1.0
    return out | {name: float(f"i{letter}" in found) for letter, name in INTENTS.items()}


def language(found: frozenset[str], lang: str) -> str | None:
    """Return the language a row teaches; none when it is mixed."""
    if "lxx" in found:
        return None
    return next((code[1:] for code in found if code in {"lnl", "len"}), lang)


def masked(text: str) -> str:
    """Return a text without names, numbers, signs and emoji; as it is when nothing else is left."""
    plain = re.sub(r"@\w+|\d+", "", text.lower())
    return " ".join(re.sub(r"[^\w\s]|_", "", plain).split()) or text


def tenth(family: str) -> int:
    return hashlib.sha256(family.encode()).digest()[0] % 10


def part(family: str) -> str:
    at = tenth(family)
    return "test" if at in TENTHS_TEST else "choice" if at in TENTHS_CHOICE else "train"


def rows(folder: Path = DATA) -> list[Row]:
    """Return our own rows with their final labels."""
    decided = final(folder)
    found = []
    for text in texts(folder):
        codes_of = decided[text.id]
        row_labels = labels(codes_of)
        lang = language(codes_of, text.lang)
        mild = "a1" in codes_of and not codes_of & {"a2", "a3", "h", "t"}
        found.append(
            Row(text.text, lang or "mixed", f"own-{text.lang}", row_labels, family=text.family, mild=mild)
        )
    return found
