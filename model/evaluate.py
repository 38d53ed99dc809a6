"""Measure a model on the untouched test part of our own texts, beside what people use today, on the same rows.

python -m model.evaluate [--model FILE] [--card FILE] [--json]
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from goodstanding.adapters.nlp import linear
from goodstanding.adapters.nlp.classifier import Classifier
from goodstanding.adapters.nlp.judging import HARMS
from goodstanding.adapters.nlp.lists import shipped
from goodstanding.core.signals import Signals
from model import written
from model.sources import INTENTS, Row

LANGUAGES = ("nl", "en")
HALF, SURE = 500, 850
"""Thousandths from which a harm is called found, and an intent sure enough for a reply."""


@dataclass(frozen=True, slots=True)
class Measured:
    head: str
    lang: str
    rows: int
    yes: int
    precision: float
    recall: float
    f1: float
    macro_f1: float
    calibration: float
    """Expected calibration error, ten bins of equal width."""
    false_alarms: float
    """Share of the friendly texts said to have the head."""


def rate(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def f1_of(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> tuple[float, float, float]:
    hits = float((said & true).sum())
    precision, recall = rate(hits, said.sum()), rate(hits, true.sum())
    return precision, recall, rate(2 * precision * recall, precision + recall)


def calibration_error(p: NDArray[np.float64], true: NDArray[np.bool_]) -> float:
    bins = np.minimum((p * 10).astype(int), 9)
    return sum(
        abs(p[bins == k].mean() - true[bins == k].mean()) * (bins == k).mean()
        for k in range(10)
        if (bins == k).any()
    )


def measured(
    head: str,
    lang: str,
    p: NDArray[np.float64],
    true: NDArray[np.bool_],
    friendly: NDArray[np.bool_],
    *,
    at: int = HALF,
) -> Measured:
    said = p >= at / 1000
    precision, recall, f1 = f1_of(said, true)
    macro = (f1 + f1_of(~said, ~true)[2]) / 2
    return Measured(
        head, lang, len(p), int(true.sum()), precision, recall, f1, macro, calibration_error(p, true),
        rate(float((said & friendly).sum()), float(friendly.sum())),
    )  # fmt: skip


def score(signals: Signals, head: str) -> float:
    if head in HARMS:
        return (getattr(signals, f"{head}_milli") or 0) / 1000
    return dict(signals.intents).get(head, 0) / 1000


def friendly_of(rows: Sequence[Row]) -> NDArray[np.bool_]:
    return np.array(
        [row.labels["sentiment"] > 0 and not any(row.labels[head] for head in HARMS) for row in rows]
    )


def ours(classifier: Classifier, rows: Sequence[Row]) -> list[Measured]:
    found: list[Measured] = []
    for lang in LANGUAGES:
        some = [row for row in rows if row.source == f"own-{lang}"]
        signals = classifier.signals([row.text for row in some])
        friendly = friendly_of(some)
        for head in (*HARMS, *INTENTS.values()):
            true = np.array([row.labels[head] > 0 for row in some])
            p = np.array([score(one, head) for one in signals])
            found.append(measured(head, lang, p, true, friendly))
    return found


def sentiment(classifier: Classifier, rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    """Return macro recall and macro F1 of three moods, by language."""
    out = {}
    for lang in LANGUAGES:
        some = [row for row in rows if row.source == f"own-{lang}"]
        felt = np.array(
            [mood(one.sentiment_milli or 0) for one in classifier.signals([row.text for row in some])]
        )
        true = np.array([int(row.labels["sentiment"]) for row in some])
        each = [f1_of(felt == k, true == k) for k in (-1, 0, 1)]
        out[lang] = {
            "macro_recall": float(np.mean([r for _, r, _ in each])),
            "macro_f1": float(np.mean([f for *_, f in each])),
        }
    return out


def mood(milli: int) -> int:
    return (milli > 200) - (milli < -200)


def tongues(classifier: Classifier, rows: Sequence[Row]) -> dict[str, float]:
    """Return recall of the language on texts of three words and more."""
    out = {}
    for lang in LANGUAGES:
        some = [row for row in rows if row.lang == lang and len(row.text.split()) >= 3]
        out[lang] = rate(
            sum(one.language == lang for one in classifier.signals([row.text for row in some])), len(some)
        )
    return out


def peers() -> dict[str, Callable[[Sequence[str]], list[float]]]:
    """Return how each peer scores texts for abuse, 0 to 1."""
    found: dict[str, Callable[[Sequence[str]], list[float]]] = {}
    words = sorted(key for key in shipped().risks if len(key) > 2)
    pattern = re.compile(r"\b(?:" + "|".join(map(re.escape, words)) + r")\b", re.IGNORECASE)
    found["word-list regex"] = lambda texts: [float(bool(pattern.search(text))) for text in texts]
    try:
        from profanity_check import predict_prob

        found["alt-profanity-check"] = lambda texts: [float(p) for p in predict_prob(list(texts))]
    except ImportError:
        pass
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

        vader = SentimentIntensityAnalyzer()
        found["VADER (negative)"] = lambda texts: [
            float(vader.polarity_scores(text)["compound"] <= -0.05) for text in texts
        ]
    except ImportError:
        pass
    try:
        from better_profanity import profanity

        profanity.load_censor_words()
        found["better-profanity"] = lambda texts: [
            float(profanity.contains_profanity(text)) for text in texts
        ]
    except ImportError:
        pass
    return found


def theirs(rows: Sequence[Row]) -> dict[str, list[Measured]]:
    out: dict[str, list[Measured]] = {}
    for name, scored in peers().items():
        out[name] = []
        for lang in LANGUAGES:
            some = [row for row in rows if row.source == f"own-{lang}"]
            p = np.array(scored([row.text for row in some]))
            for head in ("abuse", "hate"):
                true = np.array([row.labels[head] > 0 for row in some])
                out[name].append(measured(head, lang, p, true, friendly_of(some)))
    return out


DISGUISES: dict[str, Callable[[str], str]] = {
    "leet": lambda word: word.translate(str.maketrans("aeiost", "431057")),
    "homoglyph": lambda word: word.translate(str.maketrans("aeopcx", "\u0430\u0435\u043e\u0440\u0441\u0445")),
    "elongation": lambda word: re.sub(r"([aeiou])", r"\1\1\1\1", word, count=1),
    "zero-width": "\u200b".join,
    "spaced": " ".join,
}


def disguised(text: str, change: Callable[[str], str]) -> str:
    """Return `text` with every listed rude word in disguise; else its longest word."""
    risky = frozenset(shipped().risks)
    parts = re.findall(r"\w+|\W+", text)
    chosen = {k for k, part in enumerate(parts) if part.lower() in risky}
    if not chosen:
        return text
    return "".join(change(part) if k in chosen else part for k, part in enumerate(parts))


def disguises(classifier: Classifier, rows: Sequence[Row]) -> dict[str, float]:
    """Return for each disguise the share of the clean score (macro F1 of abuse) that is left."""
    some = [row for row in rows if any(w in risky() for w in re.findall(r"\w+", row.text.lower()))] + [
        row for row in rows if not row.labels["abuse"]
    ]
    true = np.array([row.labels["abuse"] > 0 for row in some])

    def macro(texts: list[str]) -> float:
        p = np.array([score(one, "abuse") for one in classifier.signals(texts)])
        return measured("abuse", "", p, true, true).macro_f1

    clean = macro([row.text for row in some])
    return {
        name: rate(macro([disguised(row.text, change) for row in some]), clean)
        for name, change in DISGUISES.items()
    }


def risky() -> frozenset[str]:
    return frozenset(shipped().risks)


def report(classifier: Classifier) -> dict[str, Any]:
    rows = [row for row in written.rows() if written.part(row.family) == "test"]
    return {
        "model": classifier.weights.digest,
        "rows": {lang: sum(row.source == f"own-{lang}" for row in rows) for lang in LANGUAGES},
        "ours": [asdict(one) for one in ours(classifier, rows)],
        "peers": {name: [asdict(one) for one in found] for name, found in theirs(rows).items()},
        "sentiment": sentiment(classifier, rows),
        "language": tongues(classifier, rows),
        "disguises": disguises(classifier, rows),
    }


def table(found: dict[str, Any]) -> str:
    out = ["| head | language | yes / rows | precision | recall | F1 | macro F1 | calibration error | friendly alarms |",
           "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    named = [(None, one) for one in found["ours"]] + [
        (name, one) for name, several in found["peers"].items() for one in several
    ]
    for name, one in named:
        head = f"{one['head']} by {name}" if name else one["head"]
        shares = " | ".join(f"{one[field]:.2f}" for field in ("precision", "recall", "f1", "macro_f1"))
        last = f"{one['calibration']:.3f} | {one['false_alarms']:.1%}"
        out.append(f"| {head} | {one['lang']} | {one['yes']} / {one['rows']} | {shares} | {last} |")
    return "\n".join(out)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = report(Classifier(weights=linear.stored(given.model) if given.model else None))
    if given.json:
        print(json.dumps(found))
    else:
        print(table(found))
        for part in ("sentiment", "language", "disguises"):
            print(part, json.dumps(found[part]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
