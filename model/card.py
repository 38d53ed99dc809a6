"""Write the model card from what was measured: `docs/explain/model-card.md`, and its figures beside the weights.

python -m model.card [--check]
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from goodstanding.adapters.nlp.classifier import Classifier
from model import evaluate, written
from model.sources import SETS

PAGE = Path("docs/explain/model-card.md")
FIGURES = Path("goodstanding/adapters/nlp/weights/card.json")
HEAD = """# Model card

Written by `make model` from what was measured; not edited by hand.

**What it is.** A linear model over hashed words, letters of words, groups of words that mean alike, neighbours, and what
the word lists found; one row of small whole numbers a feature, for all heads. What a word adds to a score can be read off,
to the last digit. It reads Dutch and English; other languages it names, and is silent about.

**What it is for.** Deciding which comments and messages may be answered by themselves, which a person must see, and which
are hidden under a policy that asks for a listed word or phrase as well. It decides nothing by itself.

**What it is not for.** Judging people, other platforms' rules, languages named as unsupported, irony without a mark, pictures.

**Learned from.** Our own texts, and open sets read from a folder (licences in THIRD_PARTY_NOTICES). The test part, a fifth of
our own families, was touched by no training and no choice of threshold. The rules of labelling: [labelling](labelling.md).
"""


def page(found: dict[str, Any]) -> str:
    return f"""{HEAD}
{_own(found["model"])}
Open sets: {", ".join(sorted(SETS))}.

## On the untouched test part
Harms count as found from one half, intents too; *friendly alarms* are friendly texts said to have the head. Peers ran on the
same rows.

{evaluate.table(found)}

{_moods(found["sentiment"])}
Language of texts of three words and more: {_shares(found["language"])}.
Left of the clean score of abuse under disguise: {_shares(found["disguises"])}.

## Known weaknesses
Our own texts were written to be hard and are few; a reader should trust the queue, not a single score. Threats that are
veiled, insults without a rude word and irony are missed oftenest. Words of the last months are unknown to it. It was not
measured on people's own comments: `goodstanding model evaluate` does that with the corrections of a workspace.
"""


def _own(model: str) -> str:
    own = list(written.texts())
    by_part = Counter((row.lang, written.part(row.family)) for row in own)
    paired = {row.id for row in own if row.pair} | {row.pair for row in own if row.pair}
    families = len({row.family for row in own})
    parts = "; ".join(
        f"{lang} " + ", ".join(f"{by_part[lang, part]:,} {part}" for part in ("train", "choice", "test"))
        for lang in evaluate.LANGUAGES
    )
    share = len(paired) / len(own)
    return f"Weights `{model}`. Own texts: {len(own):,} in {families:,} families ({parts}), {share:.0%} in contrast pairs."


def _moods(found: dict[str, dict[str, float]]) -> str:
    told = [
        f"{lang} macro recall {one['macro_recall']:.2f}, macro F1 {one['macro_f1']:.2f}"
        for lang, one in found.items()
    ]
    return f"Sentiment of three: {'; '.join(told)}."


def _shares(found: dict[str, float]) -> str:
    return "; ".join(f"{name} {share:.2f}" for name, share in found.items())


def main() -> int:
    found = evaluate.report(Classifier())
    text = page(found)
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.read_text(encoding="utf-8") == text else 1
    PAGE.write_text(text, encoding="utf-8")
    FIGURES.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(evaluate.table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
