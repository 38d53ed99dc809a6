"""Fit the heads of the semantic extra, weigh them beside the fast path, measure both, and write the file.

    python -m model.semantic [DATA_FOLDER] [--cache FILE] [--out FILE] [--card FILE]

The vectors of the texts are kept in `--cache`, outside the tree; what is missing there is embedded first (some thirty
texts a second). Fitted on the train families and the open sets, weighed on the choice families, measured on the test
families, which nothing else here looks at. One thread and fixed seeds: the same data give the same bytes.
"""

import argparse
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from goodstanding.adapters.nlp import embed, heads
from goodstanding.adapters.nlp.classifier import Classifier
from goodstanding.adapters.nlp.judging import HARMS, MOODS, UNTOLD
from goodstanding.adapters.nlp.semantic import FOREIGN_LEAST
from goodstanding.core.signals import Signals
from model import evaluate, written
from model.calibrate import FLOOR, FLOOR_ELSE, platt
from model.embedded import CACHE, DATA, Cache, Preparer, all_rows, said
from model.sources import Row

Floats = NDArray[np.float64]
OUT = Path("goodstanding/adapters/nlp/weights/semantic.gsh")
CARD = Path("goodstanding/adapters/nlp/weights/semantic-card.json")
NAME = "semantic-1"
UNITS = 96
"""Units that see all numbers; 0 makes every head linear."""
ROUNDS = 14
STEP = 256
RATE = 2e-3
SHRINK = 1.5
"""Weights are drawn to nothing by this share of the rate at every step."""
OWN_WEIGHT = 1.5
SPARE_POSITIVE = 0.5
"""Share of the way in which a rare answer is weighed up to a common one."""
_SEED = 7
_LANGUAGES = ("nl", "en")
_YES_MIN = 8


class Learned:
    """Answers and weights of every row for every head; a weight of 0 where the row says nothing."""

    def __init__(self, rows: Sequence[Row]) -> None:
        weight = np.array([OWN_WEIGHT if row.family else row.weight for row in rows])
        self.harms = np.array([[row.labels.get(head, 0.0) for head in HARMS] for row in rows])
        told = np.array([[head in row.labels for head in HARMS] for row in rows])
        self.harm_weights = told * weight[:, None]
        yes = (self.harms * self.harm_weights).sum(0) / self.harm_weights.sum(0)
        self.harm_weights *= np.where(self.harms > 0, (0.5 / yes) ** SPARE_POSITIVE, 1.0)
        self.moods = np.array([int(row.labels.get("sentiment", 0)) + 1 for row in rows])
        self.mood_weights = np.array(["sentiment" in row.labels for row in rows]) * weight
        counts = np.bincount(self.moods, weights=self.mood_weights, minlength=3)
        self.mood_weights *= (counts.sum() / 3 / counts)[self.moods] ** SPARE_POSITIVE


class Net:
    """Heads over standardised vectors: linear, and through units that are 0 below a bound."""

    def __init__(self, vectors: Floats, units: int) -> None:
        chance = np.random.default_rng(_SEED)
        width, count = vectors.shape[1], len(HARMS) + len(MOODS)
        self.mean, self.spread = vectors.mean(0), vectors.std(0)
        self.parts = {
            "units": chance.normal(0, width**-0.5, (width, units)), "unit_bias": np.zeros(units),
            "direct": np.zeros((width, count)),
            "through": chance.normal(0, 0.1 * max(units, 1) ** -0.5, (units, count)), "bias": np.zeros(count),
        }  # fmt: skip
        self._first = {name: np.zeros_like(part) for name, part in self.parts.items()}
        self._second = {name: np.zeros_like(part) for name, part in self.parts.items()}
        self._steps = 0

    def fit(self, vectors: Floats, learned: Learned, rounds: int) -> None:
        chance = np.random.default_rng(_SEED + 1)
        seen = (vectors - self.mean) / self.spread
        total = rounds * (len(seen) // STEP)
        for _ in range(rounds):
            order = chance.permutation(len(seen))
            for at in range(0, len(order) - STEP + 1, STEP):
                self._step(seen, learned, order[at : at + STEP], RATE * (1 - self._steps / (total + 1)))

    def _step(self, seen: Floats, learned: Learned, some: NDArray[np.int64], rate: float) -> None:
        x, p = seen[some], self.parts
        raw = x @ p["units"] + p["unit_bias"]
        hidden = np.maximum(raw, 0)
        scores = x @ p["direct"] + hidden @ p["through"] + p["bias"]
        harms = len(HARMS)
        back = np.empty_like(scores)
        back[:, :harms] = (1 / (1 + np.exp(-scores[:, :harms])) - learned.harms[some]) * learned.harm_weights[
            some
        ]
        moods = np.exp(scores[:, harms:] - scores[:, harms:].max(1, keepdims=True))
        moods /= moods.sum(1, keepdims=True)
        moods[np.arange(len(some)), learned.moods[some]] -= 1
        back[:, harms:] = moods * learned.mood_weights[some, None]
        back /= len(some)
        inner = (back @ p["through"].T) * (raw > 0)
        slopes = {
            "units": x.T @ inner, "unit_bias": inner.sum(0), "direct": x.T @ back, "through": hidden.T @ back,
            "bias": back.sum(0),
        }  # fmt: skip
        self._steps += 1
        for name, slope in slopes.items():
            self._first[name] = 0.9 * self._first[name] + 0.1 * slope
            self._second[name] = 0.999 * self._second[name] + 0.001 * slope**2
            first = self._first[name] / (1 - 0.9**self._steps)
            second = self._second[name] / (1 - 0.999**self._steps)
            p[name] -= rate * first / (np.sqrt(second) + 1e-8)
            if not name.endswith("bias"):
                p[name] *= 1 - rate * SHRINK

    def numbers(self) -> list[float]:
        """Return the numbers of the file, for vectors as the engine gives them."""
        p = self.parts
        units, direct = p["units"] / self.spread[:, None], p["direct"] / self.spread[:, None]
        unit_bias, bias = p["unit_bias"] - self.mean @ units, p["bias"] - self.mean @ direct
        out = [value for k in range(units.shape[1]) for value in (*units[:, k], unit_bias[k])]
        return [float(value) for value in (*out, *direct.T.ravel(), *p["through"].T.ravel(), *bias)]


def scored(numbers: Sequence[float], units: int, vectors: Floats) -> Floats:
    """Return the scores of all rows as the product reads the file: numbers in half precision."""
    stored = np.array(numbers, np.float16).astype(np.float64)
    width, count = vectors.shape[1], len(HARMS) + len(MOODS)
    first, rest = np.split(stored, [units * (width + 1)])
    rows = first.reshape(units, width + 1)
    direct, through, bias = np.split(rest, [count * width, count * (width + units)])
    hidden = np.maximum(vectors @ rows[:, :width].T + rows[:, width], 0)
    result: Floats = (
        vectors @ direct.reshape(count, width).T + hidden @ through.reshape(count, units).T + bias
    )
    return result


def odds(milli: Floats) -> Floats:
    inner = np.clip(milli, 2, 998) / 1000
    return np.asarray(np.log(inner / (1 - inner)))


def weighed(fast: Floats, scores: Floats, true: Floats) -> heads.Together:
    """Return the weighing of least log loss; neither path may speak against itself."""

    def loss(point: Floats) -> float:
        z = point[0] * fast + point[1] * scores + point[2]
        return float((np.logaddexp(0, z) - true * z).sum() + (point[0] - 0.5) ** 2 + (point[1] - 0.5) ** 2)

    found = minimize(loss, np.array([0.5, 0.5, 0.0]), method="L-BFGS-B", bounds=[(0, 3), (0, 3), (-8, 8)])
    return heads.Together(*(round(float(value), 4) for value in found.x))


def moods_weighed(fast: Floats, scores: Floats, true: NDArray[np.int64]) -> heads.Moods:
    """Return the weighing of moods of least log loss, every mood counting alike."""
    seen = np.column_stack([fast, np.abs(fast), scores, np.ones(len(fast))])
    share = (len(true) / 3 / np.bincount(true, minlength=3))[true] ** 0.5

    def loss(flat: Floats) -> tuple[float, Floats]:
        rows = flat.reshape(3, -1)
        sums = seen @ rows.T
        sums -= sums.max(1, keepdims=True)
        p = np.exp(sums) / np.exp(sums).sum(1, keepdims=True)
        value = -(share * np.log(p[np.arange(len(true)), true])).sum() + 0.5 * (flat**2).sum()
        p[np.arange(len(true)), true] -= 1
        return float(value), ((p * share[:, None]).T @ seen + rows).ravel()

    found = minimize(loss, np.zeros(3 * seen.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    return heads.Moods(
        tuple(tuple(round(float(value), 4) for value in row) for row in found.x.reshape(3, -1))
    )


def header_of(
    rows: Sequence[Row], scores: Floats, fast: Sequence[Signals], digest: str, units: int
) -> heads.Header:
    """Return what stands beside the weights, fitted on the choice families."""
    alone: dict[str, dict[str, Any]] = {}
    together: dict[str, dict[str, heads.Together]] = {}
    tongue = np.array([one.language for one in fast])
    for at, head in enumerate(HARMS):
        true = np.array([row.labels[head] for row in rows])
        column = scores[:, at]
        alone[head], together[head] = {UNTOLD: platt(column, true, FLOOR.get(head, FLOOR_ELSE))}, {}
        milli = np.array([np.nan if (m := getattr(one, f"{head}_milli")) is None else m for one in fast])
        for lang in _LANGUAGES:
            here = tongue == lang
            spoke = here & ~np.isnan(milli)
            if _YES_MIN <= true[spoke].sum() <= spoke.sum() - _YES_MIN:
                alone[head][lang] = platt(column[here], true[here], FLOOR.get(head, FLOOR_ELSE))
                together[head][lang] = weighed(odds(milli[spoke]), column[spoke], true[spoke])
        spoke = ~np.isnan(milli)
        together[head][UNTOLD] = weighed(odds(milli[spoke]), column[spoke], true[spoke])
    felt = np.array([(one.sentiment_milli or 0) / 1000 for one in fast])
    mood = np.array([int(row.labels["sentiment"]) + 1 for row in rows])
    parts = {lang: tongue == lang for lang in _LANGUAGES} | {UNTOLD: np.ones(len(rows), bool)}
    moods = {
        lang: moods_weighed(felt[at], scores[at][:, len(HARMS) :], mood[at]) for lang, at in parts.items()
    }
    return heads.Header(
        name=NAME, made_for=f"multilingual-e5-small-q4+{embed.VERSION}", fast=digest, heads=(*HARMS, *MOODS),
        width=embed.WIDTH, units=units, alone=alone, together=together, moods=moods,
    )  # fmt: skip


class Paths:
    """The three ways of reading a text, for measuring."""

    def __init__(self, found: heads.Heads, fast: Sequence[Signals], scores: Floats) -> None:
        self._heads, self._fast, self._scores = found, fast, scores.tolist()

    def harm(self, head: str, way: str) -> Floats:
        """Return the probability of a harm for each text: by the fast path, semantic alone, or together."""
        out = []
        for one, scores in zip(self._fast, self._scores, strict=True):
            milli = getattr(one, f"{head}_milli")
            if way == "fast":
                out.append(milli or 0)
                continue
            own = self._heads.harm(
                head, scores, fast=None if way == "semantic" else milli, language=one.language
            )
            out.append(own if milli is not None or own >= FOREIGN_LEAST else 0)
        return np.array(out) / 1000

    def mood(self, way: str) -> NDArray[np.int64]:
        out = []
        for one, scores in zip(self._fast, self._scores, strict=True):
            if way == "semantic":
                out.append(int(np.argmax(scores[len(HARMS) :])) - 1)
            else:
                fast = one.sentiment_milli
                milli = fast or 0
                if way != "fast" and fast is not None:
                    milli = self._heads.mood(scores, fast=fast, language=one.language)
                out.append(evaluate.mood(milli))
        return np.array(out)


WAYS = ("fast", "semantic", "together")


def measured(rows: Sequence[Row], paths: Paths) -> dict[str, Any]:
    """Return the figures of the three ways on some rows of our own."""
    out: dict[str, Any] = {"rows": {}, "harms": {}, "sentiment": {}}
    friendly = evaluate.friendly_of(rows)
    felt = np.array([int(row.labels["sentiment"]) for row in rows])
    for lang in _LANGUAGES:
        at = np.array([row.source == f"own-{lang}" for row in rows])
        out["rows"][lang] = int(at.sum())
        for way in WAYS:
            for head in HARMS:
                true = np.array([row.labels[head] > 0 for row in rows])[at]
                one = evaluate.measured(head, lang, paths.harm(head, way)[at], true, friendly[at])
                out["harms"].setdefault(head, {}).setdefault(lang, {})[way] = asdict(one)
            mood = paths.mood(way)[at]
            each = [evaluate.f1_of(mood == k, felt[at] == k) for k in (-1, 0, 1)]
            out["sentiment"].setdefault(lang, {})[way] = {
                "macro_recall": float(np.mean([r for _, r, _ in each])), "macro_f1": float(np.mean([f for *_, f in each])),
            }  # fmt: skip
    return out


def table(found: dict[str, Any]) -> str:
    """Return the figures as a table for the model card."""
    out = ["| head | language | yes / rows | macro F1: fast | semantic | both | friendly alarms: fast | semantic | both |",
           "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]  # fmt: skip
    for head, by_lang in found["harms"].items():
        for lang, ways in by_lang.items():
            f1 = " | ".join(f"{ways[way]['macro_f1']:.2f}" for way in WAYS)
            alarms = " | ".join(f"{ways[way]['false_alarms']:.1%}" for way in WAYS)
            out.append(
                f"| {head} | {lang} | {ways['fast']['yes']} / {ways['fast']['rows']} | {f1} | {alarms} |"
            )
    for lang, ways in found["sentiment"].items():
        f1 = " | ".join(f"{ways[way]['macro_f1']:.2f}" for way in WAYS)
        out.append(f"| sentiment (three) | {lang} | {found['rows'][lang]} | {f1} | | | |")
    return "\n".join(out)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--card", type=Path, default=CARD)
    given = parser.parse_args()
    started = time.monotonic()
    rows, preparer, cache = all_rows(given.data), Preparer(), Cache(given.cache)
    texts = [preparer.plain(row.text) for row in rows]
    cache.fill(texts)
    vectors = cache.matrix(texts)
    parts = np.array([written.part(row.family) if row.family else "train" for row in rows])
    train, choice, test = (np.flatnonzero(parts == name) for name in ("train", "choice", "test"))
    said(f"{len(train):,} rows to learn from, {len(choice):,} to weigh by, {len(test):,} to measure on")
    net = Net(vectors[train], UNITS)
    net.fit(vectors[train], Learned([rows[at] for at in train]), ROUNDS)
    numbers = net.numbers()
    said(f"fitted in {time.monotonic() - started:.0f} s")
    fast = Classifier()
    chosen = [rows[at] for at in choice]
    header = header_of(
        chosen,
        scored(numbers, UNITS, vectors[choice]),
        fast.signals([row.text for row in chosen]),
        fast.weights.digest,
        UNITS,
    )
    body = heads.packed(header, numbers)
    given.out.write_bytes(body)
    found = heads.read(body)
    tested = [rows[at] for at in test]
    paths = Paths(found, fast.signals([row.text for row in tested]), scored(numbers, UNITS, vectors[test]))
    figures = measured(tested, paths) | {"model": found.model, "fast": fast.weights.digest}
    given.card.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(table(figures))
    said(f"{given.out}: {len(body) / 1000:.0f} kB, {found.model}, {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
