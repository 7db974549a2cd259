"""What a model expects of a score: its mean, variance and fourth central moment, for one formula or for any."""

import numpy as np
from numpy.typing import ArrayLike

from exams.cat.models import FloatArray, ItemParameters, log_probabilities
from exams.psychometrics.analysis.answers import dichotomous, graded
from exams.psychometrics.models import TINY, Items

AnyItems = ItemParameters | Items


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


def score_moments(theta: FloatArray, items: AnyItems) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean, variance and fourth central moment of each score at each ability theta (N,); three arrays (N, n)."""
    if isinstance(items, ItemParameters):
        logs = log_probabilities(theta, items)
        variance = np.exp(logs[..., 0] + logs[..., 1])
        return np.exp(logs[..., 1]), variance, variance * (1 - 3 * variance)
    table = items.probabilities(theta)
    ranks = np.arange(table.shape[1], dtype=np.float64)
    mean = np.einsum("k,jkq->jq", ranks, table)
    squares = (ranks[None, :, None] - mean[:, None]) ** 2
    variance = (squares * table).sum(axis=1)
    fourth = (squares**2 * table).sum(axis=1)
    return mean.T, np.maximum(variance, TINY).T, fourth.T
