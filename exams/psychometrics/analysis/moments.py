"""What a model expects of a score: its mean, variance and fourth central moment, for one formula or for any."""

import numpy as np
from numpy.typing import ArrayLike

from exams.cat.models import FloatArray, ItemParameters, log_probabilities, probability
from exams.psychometrics.analysis.answers import dichotomous, graded
from exams.psychometrics.models import TINY, Items

AnyItems = ItemParameters | Items
# Gauss–Hermite points over the error of an ability: 15 integrate a curve to 1e-6 for errors up to a logit.
ERROR_POINTS = 15


def scores_for(items: AnyItems, scores: ArrayLike) -> FloatArray:
    """`scores` (N, n) as float64 with NaN, refused unless each is one that its item can have."""
    if isinstance(items, ItemParameters):
        return dichotomous(scores)
    x = graded(scores)
    if x.shape[1] == len(items):
        over = np.nanmax(np.where(np.isnan(x), 0, x) - (items.categories - 1), axis=0)
        if (over > 0).any():
            raise ValueError(f"item {int(np.argmax(over > 0))}: a score above its highest")
    return x


def score_moments(
    theta: FloatArray, items: AnyItems, se: FloatArray | None = None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean, variance and fourth central moment of each score at each ability theta (N,); three arrays (N, n).

    With `se` (N,) they are those of the predictive distribution, its probabilities averaged over N(theta, se^2).
    """
    if se is not None:
        return _of_table(_predictive(theta, se, items))
    if isinstance(items, ItemParameters):
        logs = log_probabilities(theta, items)
        variance = np.exp(logs[..., 0] + logs[..., 1])
        return np.exp(logs[..., 1]), variance, variance * (1 - 3 * variance)
    return _of_table(items.probabilities(theta))


def _predictive(theta: FloatArray, se: FloatArray, items: AnyItems) -> FloatArray:
    """Probabilities averaged over the error of theta, (n, K, N)."""
    z, weights = np.polynomial.hermite_e.hermegauss(ERROR_POINTS)
    weights = weights / weights.sum()
    nodes = theta[:, None] + se[:, None] * z
    if isinstance(items, ItemParameters):
        right = probability(nodes, items) * weights[:, None]
        p = right.sum(axis=1).T
        return np.stack((1 - p, p), axis=1)
    table = items.probabilities(nodes.ravel())
    return table.reshape(*table.shape[:2], *nodes.shape) @ weights


def _of_table(table: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Moments of scores with the probabilities `table` (n, K, N)."""
    ranks = np.arange(table.shape[1], dtype=np.float64)
    mean = np.einsum("k,jkq->jq", ranks, table)
    squares = (ranks[None, :, None] - mean[:, None]) ** 2
    variance = (squares * table).sum(axis=1)
    fourth = (squares**2 * table).sum(axis=1)
    return mean.T, np.maximum(variance, TINY).T, fourth.T
