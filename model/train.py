"""Fit all heads, calibrate them, choose thresholds, and write the model file and its card.

    python -m model.train DATA_FOLDER [--out FILE] [--card FILE]

One thread, fixed seeds: the same data give the same bytes.
"""

import argparse
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from goodstanding.adapters.nlp import features, kin, linear, normalise
from goodstanding.adapters.nlp.judging import HARMS, LANGUAGE, MOODS
from goodstanding.adapters.nlp.lists import shipped
from model import calibrate, fit, written
from model.matrix import Extractor
from model.sources import INTENTS, Row, opened

YES_NO = (*HARMS, *INTENTS.values())
OWN_WEIGHT = {"abuse": 15.0, "hate": 8.0, "spam": 4.0}
OWN_WEIGHT_ELSE = 2.0
PENALTY = {"abuse": 8e-5, "hate": 4e-5, "spam": 3e-5, "sentiment": 2e-5, "lang": 3e-6}
PENALTY_ELSE = 3e-5
MILD = 0.4
"""How much a mere jab counts when abuse is learned, beside a clear insult."""
SEEN_MIN = 2
"""A bucket that fewer training rows of a head hold stays zero."""
OUT = Path("goodstanding/adapters/nlp/weights/fast.gsm")


def said(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


class Fitted:
    """Weights of all heads as columns."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        self.columns: list[NDArray[np.float64]] = []
        self.bias: list[float] = []

    def add(self, head: str, column: NDArray[np.float64], bias: float) -> None:
        self.heads.append(head)
        self.columns.append(column)
        self.bias.append(bias)


def groups(rows: Sequence[Row]) -> NDArray[np.int64]:
    names = sorted({row.source for row in rows})
    return np.array([names.index(row.source) for row in rows])


def weights(rows: Sequence[Row], head: str) -> NDArray[np.float64]:
    own = OWN_WEIGHT.get(head, OWN_WEIGHT_ELSE)
    return np.array(
        [own * (MILD if head == "abuse" and row.mild else 1) if row.family else row.weight for row in rows]
    )


def seen_enough(rows: sparse.csr_matrix) -> NDArray[np.bool_]:
    return np.bincount(rows.indices, minlength=rows.shape[1]) >= SEEN_MIN


def fitted(rows: Sequence[Row], matrix: sparse.csr_matrix) -> Fitted:
    """Fit every head on the rows that speak of it."""
    found = Fitted()
    for head in YES_NO:
        at = [k for k, row in enumerate(rows) if head in row.labels]
        some, part = [rows[k] for k in at], matrix[at]
        known = seen_enough(part)
        part = part @ sparse.diags(known.astype(np.float32)).tocsr()
        answers = np.array([row.labels[head] for row in some])
        started = time.monotonic()
        column, bias = fit.one_head(
            part, answers, weights(some, head), groups(some), penalty=PENALTY.get(head, PENALTY_ELSE)
        )
        found.add(head, column, bias)
        said(f"{head}: {len(at):,} rows, {answers.mean():.1%} yes, {time.monotonic() - started:.0f} s")
    _add_classes(
        found,
        rows,
        matrix,
        "sentiment",
        list(MOODS),
        lambda row: int(row.labels["sentiment"]) + 1 if "sentiment" in row.labels else None,
    )
    tongues = sorted({row.lang for row in rows} - {"mixed", "und"})
    _add_classes(
        found,
        rows,
        matrix,
        "lang",
        [LANGUAGE + tongue for tongue in tongues],
        lambda row: (
            tongues.index(row.lang)
            if row.lang in tongues and (row.source.startswith(("xed", "own")) or row.lang == "de")
            else None
        ),
    )
    return found


def _add_classes(
    found: Fitted, rows: Sequence[Row], matrix: sparse.csr_matrix, head: str, names: Sequence[str],
    answer: Callable[[Row], int | None],
) -> None:  # fmt: skip
    at = [k for k, row in enumerate(rows) if answer(row) is not None]
    some, part = [rows[k] for k in at], matrix[at]
    answers = np.array([answer(row) for row in some])
    started = time.monotonic()
    weigh = weights(some, head)
    if head == "lang":
        weigh = 1 / np.sqrt(np.bincount(answers))[answers]
    columns, bias = fit.classes(
        part, answers, len(names), weigh, groups(some) if head != "lang" else np.zeros(len(some), np.int64),
        penalty=PENALTY[head], rounds=60,
    )  # fmt: skip
    for k, name in enumerate(names):
        found.add(name, columns[:, k], float(bias[k]))
    said(f"{head}: {len(at):,} rows, {len(names)} answers, {time.monotonic() - started:.0f} s")


PRUNED_BELOW = 2
"""Steps of a head's weights below which a weight is dropped."""


def quantised(found: Fitted) -> tuple[bytes, tuple[float, ...]]:
    """Return rows of one byte a head, and the size of each head's step."""
    dense = np.stack(found.columns, axis=1)
    scale = np.maximum(np.quantile(np.abs(dense), 0.99995, axis=0), 1e-6) / 127
    steps = np.clip(np.rint(dense / scale), -127, 127).astype(np.int16)
    steps[np.abs(steps) < PRUNED_BELOW] = 0
    return (steps + 128).astype(np.uint8).tobytes(), tuple(float(one) for one in scale)


def dense(weights: linear.Weights) -> NDArray[np.float64]:
    """Return the weights of a model as the product reads them, [bucket, head]."""
    steps = np.frombuffer(weights.rows, np.uint8).reshape(features.BUCKETS, -1).astype(np.float64) - 128
    return np.asarray(steps * np.array(weights.header.scale))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder of the open sets")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    started = time.monotonic()
    own = written.rows()
    rows = [row for row in own if written.part(row.family) == "train"] + list(opened(given.data))
    choice = [row for row in own if written.part(row.family) == "choice"]
    extractor = Extractor()
    said(f"{len(rows):,} rows to learn from, {len(choice):,} to choose by")
    matrix = extractor.rows([row.text for row in rows]).astype(np.float64)
    said(f"read in {time.monotonic() - started:.0f} s, {matrix.nnz / len(rows):.0f} features a text")
    found = fitted(rows, matrix)
    body, scale = quantised(found)
    header = linear.Header(
        name="fast", version=1, made_for=made_for(), heads=tuple(found.heads), scale=scale, bias=tuple(found.bias),
        calibration={}, thresholds={},
    )  # fmt: skip
    quantised_weights = dense(linear.Weights(header, body, digest=""))
    scores = extractor.rows([row.text for row in choice]).astype(np.float64) @ quantised_weights + np.array(
        found.bias
    )
    header = msgspec.structs.replace(
        header,
        calibration=calibrate.calibrations(choice, scores, found.heads),
        thresholds=calibrate.thresholds(choice, scores, found.heads),
    )
    given.out.parent.mkdir(parents=True, exist_ok=True)
    file = linear.packed(header, body)
    given.out.write_bytes(file)
    said(
        f"{given.out}: {len(file) / 1e6:.2f} MB, {linear.read(file).digest}, {time.monotonic() - started:.0f} s"
    )
    return 0


def made_for() -> str:
    return f"{normalise.VERSION}+{features.VERSION}+{shipped().digest[:16]}+{kin.shipped().digest[:16]}"


if __name__ == "__main__":
    sys.exit(main())
