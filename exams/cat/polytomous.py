"""Item response models for items of several ordered score categories 0 … m, D = 1.

The graded response model (Samejima, 1969), with rising thresholds b_1 < … < b_m:

    Pr(X >= k) = 1 / (1 + exp(-a (theta - b_k)))

The generalized partial credit model (Muraki, 1992), with steps b_1 … b_m in any order:

    Pr(X = k) proportional to exp(sum over v <= k of a (theta - b_v))

Everything that estimation and selection ask of a model follows from the logarithm l_k of a category's probability and
its first two derivatives in theta, which both models have in closed form without a division:

    graded          l'_k = a (1 - F_k - F_k+1)    l''_k = -a^2 (F_k (1 - F_k) + F_k+1 (1 - F_k+1)),  F_k = Pr(X >= k)
    partial credit  l'_k = a (k - E)              l''_k = -a^2 V,  E and V the mean and variance of the score

A block holds the items of one model. Its functions take theta of any shape S and return arrays of shape S + (K, n), K
the largest number of categories, so that the long axis is the one that NumPy runs along; of an item with fewer, `valid`
marks those that it has, and the others mean nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exams.cat.models import FloatArray


class Block(Protocol):
    """Items of one model."""

    @property
    def a(self) -> FloatArray:
        """Discrimination, (n,)."""

    @property
    def b(self) -> FloatArray:
        """Thresholds or steps, (K - 1, n), infinite past an item's last."""

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Which categories each item has, (K, n)."""

    def take(self, at: NDArray[np.intp]) -> "Block":
        """The items at these places, in that order."""

    def log_probabilities(self, theta: ArrayLike) -> FloatArray:
        """l_k = log Pr(X = k | theta), finite at every finite theta for the categories that an item has."""

    def log_derivatives(self, theta: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """l'_k and l''_k, per logit and per square logit."""

    def information(self, theta: ArrayLike) -> FloatArray:
        """Fisher information, sum over k of Pr(X = k) l'_k^2, >= 0; shape S + (n,)."""


@dataclass(frozen=True, eq=False)
class _Block:
    a: FloatArray
    b: FloatArray
    valid: NDArray[np.bool_]

    def take(self, at: NDArray[np.intp]) -> Self:
        """The items at these places, in that order."""
        return type(self)(self.a[at], self.b[:, at], self.valid[:, at])

    def _logits(self, theta: ArrayLike) -> FloatArray:
        """a (theta - b_k), minus infinity past an item's last threshold."""
        return self.a * (np.asarray(theta, dtype=np.float64)[..., None, None] - self.b)


class Graded(_Block):
    """Items of the graded response model: a > 0 and rising thresholds."""

    def log_probabilities(self, theta: ArrayLike) -> FloatArray:
        """log Pr(X = k | theta).

        With x_k = a (theta - b_k), Pr(X = k) = F(x_k) - F(x_k+1) = F(x_k) F(-x_k+1) (1 - exp(x_k+1 - x_k)), where the
        last factor does not depend on theta: no difference of nearly equal numbers anywhere.
        """
        x = self._logits(theta)
        softplus = np.logaddexp(0, x)
        result = np.zeros((*x.shape[:-2], *self.valid.shape))
        result[..., 1:, :] = x - softplus
        result[..., :-1, :] -= softplus
        result[..., 1:-1, :] += self._gaps
        return result

    def log_derivatives(self, theta: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """l'_k and l''_k."""
        above = self._above(theta)
        first = self.a * (1 - above[..., :-1, :] - above[..., 1:, :])
        spread = above * (1 - above)
        return first, -(self.a**2) * (spread[..., :-1, :] + spread[..., 1:, :])

    def information(self, theta: ArrayLike) -> FloatArray:
        """a^2 sum of P_k (1 - F_k - F_k+1)^2 (Samejima, 1969)."""
        above = self._above(theta)
        tilt = 1 - above[..., :-1, :] - above[..., 1:, :]
        tilt *= tilt
        tilt *= above[..., :-1, :] - above[..., 1:, :]
        result: FloatArray = self.a**2 * tilt.sum(axis=-2)
        return result

    @property
    def _gaps(self) -> FloatArray:
        """log(1 - exp(-a (b_k+1 - b_k))), 0 past an item's last threshold."""
        inner = self.valid[2:]
        wide = np.full(inner.shape, np.inf)
        np.subtract(self.b[1:], self.b[:-1], out=wide, where=inner)
        gaps: FloatArray = np.log(-np.expm1(-self.a * wide))
        return gaps

    def _above(self, theta: ArrayLike) -> FloatArray:
        """Pr(X >= k) for k = 0 … K, of which the first is 1 and the last 0."""
        x = self._logits(theta)
        result = np.zeros((*x.shape[:-2], x.shape[-2] + 2, x.shape[-1]))
        result[..., 0, :] = 1
        # In this form neither tail overflows.
        x *= 0.5
        np.tanh(x, out=x)
        x *= 0.5
        np.add(x, 0.5, out=result[..., 1:-1, :])
        return result


class PartialCredit(_Block):
    """Items of the generalized partial credit model: a > 0 and steps in any order."""

    def log_probabilities(self, theta: ArrayLike) -> FloatArray:
        """log Pr(X = k | theta)."""
        result = self._heights(theta)
        result -= np.log(np.exp(result).sum(axis=-2, keepdims=True))
        return result

    def log_derivatives(self, theta: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """l'_k and l''_k."""
        mean, variance = self._moments(theta)
        first = self.a * (self._ranks - mean[..., None, :])
        second = np.empty_like(first)
        second[...] = (-(self.a**2) * variance)[..., None, :]
        return first, second

    def information(self, theta: ArrayLike) -> FloatArray:
        """a^2 times the variance of the score (Muraki, 1993)."""
        result: FloatArray = self.a**2 * self._moments(theta)[1]
        return result

    @property
    def _ranks(self) -> FloatArray:
        return np.arange(self.valid.shape[0], dtype=np.float64)[:, None]

    def _heights(self, theta: ArrayLike) -> FloatArray:
        """The exponents of the model, less the greatest of each item."""
        steps = self._logits(theta)
        result = np.zeros((*steps.shape[:-2], *self.valid.shape))
        np.cumsum(steps, axis=-2, out=result[..., 1:, :])
        result -= result.max(axis=-2, keepdims=True)
        return result

    def _moments(self, theta: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Mean and variance of the score."""
        weights = self._heights(theta)
        np.exp(weights, out=weights)
        total = weights.sum(axis=-2)
        mean = (weights * self._ranks).sum(axis=-2) / total
        away = self._ranks - mean[..., None, :]
        away *= away
        away *= weights
        return mean, away.sum(axis=-2) / total


BLOCKS: dict[str, type[Graded] | type[PartialCredit]] = {"grm": Graded, "gpcm": PartialCredit}


def block_of(model: str, a: FloatArray, thresholds: Sequence[Sequence[float]]) -> Block:
    """The items of one model, "grm" or "gpcm", with any number of thresholds each."""
    sizes = np.array([len(values) for values in thresholds])
    b = np.full((int(sizes.max()), sizes.size), np.inf)
    for item, values in enumerate(thresholds):
        b[: len(values), item] = values
    return BLOCKS[model](a, b, np.arange(sizes.max() + 1)[:, None] <= sizes)
