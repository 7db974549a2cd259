"""Answers that follow a model exactly, for the tests of calibration and linking."""

import numpy as np
from numpy.typing import NDArray

from exams.psychometrics.models import Items


def items_of(models: tuple[str, ...], seed: int, categories: int = 4) -> Items:
    """Items in the middle of the scale, polytomous ones with `categories` scores."""
    rng = np.random.default_rng(seed)
    size = len(models)
    polytomous = np.isin(models, ("GRM", "GPCM"))
    b = np.full((size, categories - 1 if polytomous.any() else 1), np.nan)
    b[:, 0] = rng.permutation(np.linspace(-1.5, 1.5, size))
    b[polytomous] = rng.uniform(-0.5, 0.5, (polytomous.sum(), 1)) + np.linspace(-1.2, 1.2, categories - 1)[: b.shape[1]]
    a = rng.uniform(0.8, 1.8, size)
    a[np.asarray(models) == "1PL"] = 1.2
    c = np.where(np.isin(models, ("3PL", "4PL")), 0.2, 0.0)
    d = np.where(np.asarray(models) == "4PL", 0.95, 1.0)
    return Items(models, a, b, c, d)


def answers_of(items: Items, theta: NDArray[np.float64], seed: int) -> NDArray[np.int8]:
    """Scores (n, J) of persons at theta (n,)."""
    rng = np.random.default_rng(seed)
    cumulative = np.cumsum(items.probabilities(theta), axis=1)
    scores = (cumulative < rng.random((len(items), 1, theta.size))).sum(axis=1)
    return np.minimum(scores, (items.categories - 1)[:, None]).T.astype(np.int8)


def abilities(n: int, seed: int) -> NDArray[np.float64]:
    """A sample whose mean is exactly 0 and standard deviation 1, as the scale's."""
    theta = np.random.default_rng(seed).standard_normal(n)
    return (theta - theta.mean()) / theta.std()
