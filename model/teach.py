"""Label texts offline with the semantic heads, for the fast path to learn from.

    python -m model.teach FILE.jsonl [--sure 0.9] > labelled.jsonl

Reads JSON lines with `text`, and writes each with `taught`: the probability of every harm and the mood (-1 to 1) by the
semantic heads alone, and `sure`: the heads that lie beyond `--sure` on either side, which may be learned from. Texts
without a word are left out. Some thirty texts a second.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from goodstanding.adapters.nlp import embed, heads
from goodstanding.adapters.nlp.classifier import Classifier
from goodstanding.adapters.nlp.judging import HARMS
from model.embedded import Preparer
from model.sources import lines

SURE = 0.9


def taught(texts: Sequence[str], engine: embed.Embeds, *, sure: float = SURE) -> Iterator[dict[str, Any]]:
    """Yield what the heads alone say of each text."""
    preparer, learned, fast = Preparer(), heads.shipped(), Classifier()
    for text, signals in zip(texts, fast.signals(texts), strict=True):
        plain = preparer.plain(text)
        if not any(map(str.isalnum, plain)):
            continue
        scores = learned.scores(engine.vectors([plain])[0])
        told = {
            head: learned.harm(head, scores, fast=None, language=signals.language) / 1000 for head in HARMS
        }
        yield {
            "text": text,
            "lang": signals.language,
            "taught": told | {"mood": learned.mood_alone(scores) / 1000},
            "sure": [head for head, p in told.items() if p >= sure or p <= 1 - sure],
            "model": f"{learned.model}@{engine.name}+{embed.VERSION}",
        }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--sure", type=float, default=SURE)
    given = parser.parse_args()
    texts = [row["text"] for row in lines(given.file)]
    for row in taught(texts, embed.Engine.opened(), sure=given.sure):
        print(json.dumps(row, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
