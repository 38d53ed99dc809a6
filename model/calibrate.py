"""Calibration and thresholds, on families that training did not see."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from goodstanding.adapters.nlp.judging import HARMS, UNTOLD
from goodstanding.adapters.nlp.linear import Calibration
from model.sources import INTENTS, Row

LANGUAGES = ("nl", "en")
BUDGET = 0.005
"""Share of friendly texts that may score above the upper threshold."""
FLOOR = {"abuse": 0.28, "hate": 0.18, "spam": 0.06}
FLOOR_ELSE = 0.08
_YES_MIN = 8


def platt(scores: NDArray[np.float64], said: NDArray[np.float64], floor: float) -> Calibration:
    """Return slope and offset of least log loss, drawn a little towards (1, 0).

    A head that fewer than `floor` of the texts have is calibrated as if `floor` of them had it: a half is then the
    point where asking a person begins to pay, not where the rare thing becomes the likelier one.
    """
    share = said.mean()
    weigh = (
        np.where(said > 0, floor * (1 - share) / ((1 - floor) * share), 1.0)
        if 0 < share < floor
        else np.ones(len(said))
    )
    weigh /= weigh.mean()

    def loss(point: NDArray[np.float64]) -> float:
        z = point[0] * scores + point[1]
        fit = weigh * (np.logaddexp(0, z) - said * z)
        return float(fit.sum() + 2 * (point[0] - 1) ** 2 + 0.1 * point[1] ** 2)

    found = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead", options={"maxiter": 2000})
    return Calibration(round(float(max(0.05, found.x[0])), 4), round(float(found.x[1]), 4))


def calibrations(
    rows: Sequence[Row], scores: NDArray[np.float64], heads: Sequence[str]
) -> dict[str, dict[str, Calibration]]:
    """Return head -> language -> calibration; only languages with enough of both answers are supported."""
    found: dict[str, dict[str, Calibration]] = {"sentiment": {}}
    for head in (*HARMS, *INTENTS.values()):
        column = scores[:, heads.index(head)]
        answers = np.array([row.labels[head] for row in rows])
        floor = FLOOR.get(head, FLOOR_ELSE)
        found[head] = {UNTOLD: platt(column, answers, floor)}
        for lang in LANGUAGES:
            some = np.array([row.source == f"own-{lang}" for row in rows])
            if _YES_MIN <= answers[some].sum() <= some.sum() - _YES_MIN:
                found[head][lang] = platt(column[some], answers[some], floor)
    for lang in LANGUAGES:
        found["sentiment"][lang] = Calibration()
    return found


def thresholds(
    rows: Sequence[Row], scores: NDArray[np.float64], heads: Sequence[str]
) -> dict[str, dict[str, tuple[int, int]]]:
    """Return head -> language -> (automate below, act above) in thousandths.

    Above: the score that at most `BUDGET` of the texts without the harm pass. Below: the score under which at most
    one in twenty of the harmful texts hide.
    """
    calibrated = calibrations(rows, scores, heads)
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for head in HARMS:
        for lang in LANGUAGES:
            at = np.array([row.source == f"own-{lang}" for row in rows])
            if lang not in calibrated[head]:
                continue
            milli = np.array([calibrated[head][lang].milli(score) for score in scores[at, heads.index(head)]])
            answers = np.array([row.labels[head] for row in rows])[at]
            above = int(np.quantile(milli[answers == 0], 1 - BUDGET)) + 1
            below = int(np.quantile(milli[answers == 1], 0.05))
            found.setdefault(head, {})[lang] = (min(below, above), max(below, above))
    return found
