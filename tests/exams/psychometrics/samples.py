"""Published data sets, answers drawn by a model, and a plain maximum-likelihood fit, for the tests of the analyses."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from exams.cat import ItemParameters
from exams.cat.models import probability

FloatArray = NDArray[np.float64]
DATA = Path(__file__).resolve().parents[2] / "data"

# Bock & Lieberman (1970): how many of 1,000 gave each of the answer patterns 00000, 00001, ... 11111.
LSAT7 = (
    *(12, 19, 1, 7, 3, 19, 3, 17, 10, 5, 3, 7, 7, 23, 8, 28),
    *(7, 39, 11, 34, 14, 51, 15, 90, 6, 25, 7, 35, 18, 136, 32, 308),
)
# The 2PL of LSAT6 by marginal maximum likelihood.
LSAT6_ITEMS = ItemParameters(
    np.array([0.8254, 0.7229, 0.8905, 0.6886, 0.6575]), np.array([-3.3597, -1.3696, -0.2799, -1.8659, -3.1236])
)


def lsat6() -> FloatArray:
    return np.loadtxt(DATA / "lsat6.csv", delimiter=",", skiprows=1)


def lsat7() -> FloatArray:
    patterns = np.array([[int(digit) for digit in f"{k:05b}"] for k in range(32)], dtype=np.float64)
    return np.repeat(patterns, LSAT7, axis=0)


def drawn(items: ItemParameters, theta: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Scores (N, n) by the model."""
    return (rng.random((theta.size, len(items))) < probability(theta, items)).astype(np.float64)


def rasch_items(difficulties: FloatArray) -> ItemParameters:
    return ItemParameters(np.ones(difficulties.size), difficulties)


def within_chance(rejected: int, trials: int, rate: float = 0.05) -> bool:
    """Whether so many rejections of a true hypothesis are within the 99.9 % binomial bounds of the nominal rate."""
    lowest, highest = stats.binom.interval(0.999, trials, rate)
    return bool(lowest <= rejected <= highest)


def fitted_2pl(x: FloatArray) -> ItemParameters:
    """Marginal maximum likelihood of the 2PL with N(0, 1), by quasi-Newton on the distinct answer patterns."""
    size = x.shape[1]
    nodes = np.linspace(-5, 5, 31)
    weights = np.exp(-(nodes**2) / 2) / np.exp(-(nodes**2) / 2).sum()
    patterns, counts = np.unique(x, axis=0, return_counts=True)
    # einsum, not @: the threads of a matrix product this small cost a busy machine more than the product.

    def misfit(v: FloatArray) -> tuple[float, FloatArray]:
        logits = np.outer(nodes, v[:size]) + v[size:]
        kernel = np.einsum("ki,qi->kq", patterns, logits) - np.logaddexp(0, logits).sum(axis=1)
        joint = np.exp(kernel) * weights
        marginal = joint.sum(axis=1)
        posterior = joint * (counts / marginal)[:, None]
        expected = posterior.sum(axis=0)[:, None] / (1 + np.exp(-logits))
        pull = np.einsum("kq,ki->qi", posterior, patterns) - expected
        slope = np.concatenate([np.einsum("q,qi->i", nodes, pull), pull.sum(axis=0)])
        return -float((counts * np.log(marginal)).sum()), -slope

    share = x.mean(axis=0)
    start = np.concatenate([np.ones(size), np.log(share / (1 - share))])
    v = optimize.minimize(misfit, start, jac=True, method="BFGS", options={"gtol": 1e-2}).x
    return ItemParameters(v[:size], -v[size:] / v[:size])
