"""What each data set says about each head. A head that is not named in `labels` learns nothing from the row.

The open sets are read from the folder they lie in and never copied; our own texts lie in `model/data`.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HARMS = ("abuse", "hate", "threat", "sexual", "profane")
INTENTS = {
    "P": "price", "L": "link", "D": "product_question", "Q": "question", "K": "info", "C": "collab", "X": "complaint",
    "T": "thanks", "M": "minor", "Z": "crisis",
}  # fmt: skip
CALM = {"abuse": 0, "hate": 0, "threat": 0}


@dataclass(frozen=True, slots=True)
class Row:
    text: str
    lang: str
    source: str
    labels: dict[str, float]
    """Head -> 0 or 1; `sentiment` is -1, 0 or 1."""
    family: str = ""
    weight: float = 1.0
    mild: bool = False
    """A jab and no more (`a1`)."""


def lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def davidson(row: dict[str, Any]) -> dict[str, float]:
    label = row["label"]
    return {"hate": label == "hate", "abuse": label != "neither"}


def hatemoji(row: dict[str, Any]) -> dict[str, float]:
    hate = row["label"] == "hate"
    return {"hate": hate, "abuse": hate}


def germeval(row: dict[str, Any]) -> dict[str, float]:
    return {"abuse": row["label"] == "offense"}


def toxicity(row: dict[str, Any]) -> dict[str, float]:
    return {"abuse": row["label"] == "toxic"}


_WARM = frozenset(
    ("admiration", "gratitude", "joy", "love", "caring", "excitement", "approval", "optimism", "relief")
)


def goemotions(row: dict[str, Any]) -> dict[str, float]:
    labels = set(row["label"])
    found: dict[str, float] = (
        {"thanks": "gratitude" in labels} if labels <= _WARM or labels == {"neutral"} else {}
    )
    if labels and labels <= _WARM:
        found |= CALM | {"spam": 0}
    return found | sentiment(row)


_SIGN = {"negative": -1, "neutral": 0, "positive": 1}


def sentiment(row: dict[str, Any]) -> dict[str, float]:
    return {"sentiment": _SIGN[row["sentiment"]]} if row.get("sentiment") else {}


def xed(row: dict[str, Any]) -> dict[str, float]:
    warm = row["lang"] in {"en", "nl"} and set(row["label"]) <= {"joy", "trust", "anticipation"}
    return (sentiment(row) if row["lang"] in {"en", "nl"} else {}) | (CALM if warm else {})


def vader(row: dict[str, Any]) -> dict[str, float]:
    felt = row["label"]
    return {"sentiment": (felt > 0.5) - (felt < -0.5)}


def sms(row: dict[str, Any]) -> dict[str, float]:
    spam = row["label"] == "spam"
    return (
        {"spam": spam, "abuse": 0, "hate": 0, "threat": 0}
        if spam
        else {"spam": 0, "hate": 0, "threat": 0, "minor": 0, "crisis": 0}
    )


def youtube(row: dict[str, Any]) -> dict[str, float]:
    spam = row["label"] == "spam"
    return {"spam": spam} | ({"abuse": 0, "hate": 0, "threat": 0} if spam else {"hate": 0})


_QUIET = {"abuse": 0, "hate": 0, "threat": 0, "sexual": 0, "spam": 0, "collab": 0, "minor": 0, "crisis": 0}


def clinc(row: dict[str, Any]) -> dict[str, float]:
    return _QUIET | {"thanks": row["label"] == "thank_you"}


def banking(_row: dict[str, Any]) -> dict[str, float]:
    return _QUIET | {"link": 0}


def nlupp(row: dict[str, Any]) -> dict[str, float]:
    labels = row["label"]
    return _QUIET | {"thanks": "thank" in labels, "complaint": "wrong_notworking_notshowing" in labels}


SETS: dict[str, tuple[Callable[[dict[str, Any]], dict[str, float]], float]] = {
    "davidson_train": (davidson, 0.5),
    "hatemoji_build_train": (hatemoji, 1.0),
    "germeval2018_train": (germeval, 0.6),
    "surge_toxicity_train": (toxicity, 1.0),
    "goemotions_train": (goemotions, 0.5),
    "xed_train": (xed, 0.4),
    "vader_tweets_train": (vader, 1.0),
    "sms_spam_train": (sms, 0.6),
    "youtube_spam_train": (youtube, 1.5),
    "clinc150_train": (clinc, 0.15),
    "banking77_train": (banking, 0.1),
    "nlupp_train": (nlupp, 0.3),
}


def opened(folder: Path) -> Iterator[Row]:
    """Yield the rows of the open sets."""
    for name, (labelled, weight) in SETS.items():
        for row in lines(folder / f"{name}.jsonl.gz"):
            labels = {head: float(value) for head, value in labelled(row).items()}
            yield Row(row["text"], row["lang"], name, labels, weight=weight)
