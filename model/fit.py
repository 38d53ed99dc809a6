"""Fitting: masked logistic regression over sparse rows, full batches, L-BFGS; deterministic on one thread.

Every data set has its own unpunished intercept for each head, left out of the model: sets differ in how often they
say yes, and the words should not have to explain that.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize

Array = NDArray[np.float64]


def one_head(
    rows: sparse.csr_matrix,
    said: Array,
    weight: Array,
    group: NDArray[np.int64],
    *,
    penalty: float,
    rounds: int = 120,
) -> tuple[Array, float]:
    """Return (weights, intercept) of one yes-or-no head."""
    groups = int(group.max()) + 1
    width = rows.shape[1]
    columns = rows.T.tocsr()
    total = weight.sum()

    def loss(point: Array) -> tuple[float, Array]:
        w, b = point[:width], point[width:]
        score = rows @ w + b[group]
        value = np.logaddexp(0, score) - said * score
        slope = weight * (1 / (1 + np.exp(-score)) - said) / total
        grad = np.concatenate([columns @ slope + penalty * w, np.bincount(group, slope, groups)])
        return float((weight * value).sum() / total + penalty / 2 * (w @ w)), grad

    found = minimize(loss, np.zeros(width + groups), jac=True, method="L-BFGS-B", options={"maxiter": rounds})
    shares = np.bincount(group, weight, groups)
    return found.x[:width], float(found.x[width:] @ shares / shares.sum())


def classes(
    rows: sparse.csr_matrix, said: NDArray[np.int64], count: int, weight: Array, group: NDArray[np.int64], *,
    penalty: float, rounds: int = 120,
) -> tuple[Array, Array]:  # fmt: skip
    """Return (weights [width, count], intercepts) of one head with several answers (softmax)."""
    groups = int(group.max()) + 1
    width = rows.shape[1]
    columns = rows.T.tocsr()
    total = weight.sum()
    places = np.arange(len(said))

    def loss(point: Array) -> tuple[float, Array]:
        w = point[: width * count].reshape(width, count)
        b = point[width * count :].reshape(groups, count)
        score = rows @ w + b[group]
        score -= score.max(axis=1, keepdims=True)
        odds = np.exp(score)
        whole = odds.sum(axis=1, keepdims=True)
        value = np.log(whole[:, 0]) - score[places, said]
        slope = odds / whole
        slope[places, said] -= 1
        slope *= (weight / total)[:, None]
        near = columns @ slope + penalty * w
        bias = np.stack([np.bincount(group, slope[:, k], groups) for k in range(count)], axis=1)
        return float((weight * value).sum() / total + penalty / 2 * (w * w).sum()), np.concatenate(
            [near.ravel(), bias.ravel()]
        )

    found = minimize(
        loss, np.zeros((width + groups) * count), jac=True, method="L-BFGS-B", options={"maxiter": rounds}
    )
    shares = np.bincount(group, weight, groups)
    intercept = found.x[width * count :].reshape(groups, count)
    return found.x[: width * count].reshape(width, count), shares @ intercept / shares.sum()
