"""Linking two calibrations through the items that both have.

Two calibrations of the same items differ by a line: theta_base = A theta_new + B, so that a_base = a_new / A and
b_base = A b_new + B, with asymptotes unchanged. Four ways to find A and B (Kolen & Brennan, 2014, ch. 6):

mean/sigma (Marco, 1977): A = sd(b_base) / sd(b_new), B = mean(b_base) - A mean(b_new)
mean/mean (Loyd & Hoover, 1980): A = mean(a_new) / mean(a_base), B as before
Haebara (1980): the least sum over items, categories and abilities of squared differences of probabilities
Stocking & Lord (1983): the least sum over abilities of squared differences of expected test scores

Thresholds and steps of polytomous items count as difficulties; the two curve methods use all categories.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import least_squares

from exams.psychometrics.models import DICHOTOMOUS, FloatArray, Items

METHODS = ("mean-sigma", "mean-mean", "haebara", "stocking-lord")
NODES = 81
SPAN = 4.0


@dataclass(frozen=True)
class Link:
    """theta_base = slope * theta_new + intercept.

    `loss` is the criterion of the curve methods at the solution, the mean over abilities (NaN for the moment methods);
    `distances` are, for each common item, the root mean square difference of its expected score, as a share of its
    maximum, once linked: an item far above the others has changed between the two calibrations.
    """

    slope: float
    intercept: float
    method: str
    loss: float
    distances: tuple[float, ...]

    def items(self, new: Items) -> Items:
        """Items of the new calibration on the base scale."""
        return new.rescaled(self.slope, self.intercept)

    def theta(self, new: ArrayLike) -> FloatArray:
        """Abilities of the new calibration on the base scale; standard errors are multiplied by `slope`."""
        return self.slope * np.asarray(new, dtype=np.float64) + self.intercept


def link(
    base: Items,
    new: Items,
    method: str = "stocking-lord",
    *,
    theta: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    symmetric: bool = False,
) -> Link:
    """The line from the scale of `new` to that of `base`.

    Parameters
    ----------
    base, new : Items
        The common items, in the same order, by each calibration.
    method : "mean-sigma", "mean-mean", "haebara" or "stocking-lord"
    theta, weights : array (Q,), optional
        Abilities at which curves are compared, and their weights; N(0, 1) at 81 points from -4 to 4.
    symmetric : bool
        Compare the curves on both scales, so that linking back gives the inverse line (Haebara, 1980). Otherwise
        on the base scale alone.

    Raises
    ------
    ValueError
        Naming the item that is not the same on both sides, or what the method cannot do.
    """
    if method not in METHODS:
        raise ValueError(f"method = {method!r}: expected one of {', '.join(METHODS)}")
    _require_common(base, new)
    nodes, share = _weighted_abilities(theta, weights)
    if method in ("mean-sigma", "mean-mean"):
        slope, intercept = _by_moments(base, new, method)
        return Link(slope, intercept, method, float("nan"), _distances(base, new, slope, intercept, nodes, share))
    criterion = _Curves(base, new, nodes, share, method == "stocking-lord", symmetric)
    start = _by_moments(base, new, "mean-mean")
    found = least_squares(
        criterion.residuals,
        np.array([np.log(start[0]), start[1]]),
        criterion.jacobian,
        xtol=1e-12,
        ftol=1e-14,
        gtol=1e-12,
    )
    slope, intercept = float(np.exp(found.x[0])), float(found.x[1])
    loss = float(2 * found.cost)
    return Link(slope, intercept, method, loss, _distances(base, new, slope, intercept, nodes, share))


def _weighted_abilities(theta: ArrayLike | None, weights: ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    """Abilities at which curves are compared, and their weights, which sum to 1."""
    nodes = np.linspace(-SPAN, SPAN, NODES) if theta is None else np.asarray(theta, dtype=np.float64)
    share = np.exp(-0.5 * nodes**2) if weights is None else np.asarray(weights, dtype=np.float64)
    if nodes.ndim != 1 or share.shape != nodes.shape or not (share >= 0).all() or not share.sum() > 0:
        raise ValueError(f"{share.shape} weights for {nodes.shape} abilities; expected as many, none negative")
    return nodes, share / share.sum()


def _require_common(base: Items, new: Items) -> None:
    if len(base) != len(new) or not len(base):
        raise ValueError(f"{len(base)} base items and {len(new)} new ones; expected the same common items")
    for index, (mine, theirs) in enumerate(zip(base.models, new.models, strict=True)):
        same = mine == theirs or (mine in DICHOTOMOUS and theirs in DICHOTOMOUS)
        if not same or base.categories[index] != new.categories[index]:
            sizes = f"{mine} with {base.categories[index]} scores and {theirs} with {new.categories[index]}"
            raise ValueError(f"item {index} is {sizes}; a common item is of one kind")
    for name, items in (("base", base), ("new", new)):
        if (items.a < 0).any():
            index = int(np.argmax(items.a < 0))
            raise ValueError(f"{name} item {index} has a negative discrimination {items.a[index]:g}; leave it out")


def _by_moments(base: Items, new: Items, method: str) -> tuple[float, float]:
    mine, theirs = base.b[np.isfinite(base.b)], new.b[np.isfinite(new.b)]
    if method == "mean-mean":
        slope = float(new.a.mean() / base.a.mean())
    elif np.ptp(mine) > 0 and np.ptp(theirs) > 0:
        slope = float(mine.std() / theirs.std())
    else:
        raise ValueError("mean-sigma needs difficulties that differ from each other; use mean-mean")
    return slope, float(mine.mean() - slope * theirs.mean())


class _Curves:
    """Differences of curves as residuals in (log A, B), with their derivatives.

    On the base scale a new item's curve at theta is its own at (theta - B) / A; on the new scale a base item's curve
    is its own at A theta + B.
    """

    def __init__(
        self, base: Items, new: Items, nodes: FloatArray, share: FloatArray, summed: bool, symmetric: bool
    ) -> None:
        self.base, self.new, self.nodes, self.symmetric, self.summed = base, new, nodes, symmetric, summed
        self.root = np.sqrt(share)
        self.scores = np.arange(int(base.categories.max()))

    def residuals(self, at: FloatArray) -> FloatArray:
        slope, intercept = np.exp(at[0]), at[1]
        parts = [self.base.probabilities(self.nodes) - self.new.probabilities((self.nodes - intercept) / slope)]
        if self.symmetric:
            parts.append(self.base.probabilities(slope * self.nodes + intercept) - self.new.probabilities(self.nodes))
        return np.concatenate([self._criterion(part) for part in parts])

    def jacobian(self, at: FloatArray) -> FloatArray:
        slope, intercept = np.exp(at[0]), at[1]
        own = (self.nodes - intercept) / slope
        change = self.new.probability_slopes(own)
        parts = [(change * own, change / slope)]
        if self.symmetric:
            change = self.base.probability_slopes(slope * self.nodes + intercept)
            parts.append((change * slope * self.nodes, change))
        return np.concatenate([np.stack([self._criterion(one) for one in part], axis=1) for part in parts])

    def _criterion(self, table: FloatArray) -> FloatArray:
        weighted = table * self.root
        return np.einsum("k,jkq->q", self.scores, weighted) if self.summed else weighted.ravel()


def _distances(
    base: Items, new: Items, slope: float, intercept: float, nodes: FloatArray, share: FloatArray
) -> tuple[float, ...]:
    gap = base.expected_scores(nodes) - new.rescaled(slope, intercept).expected_scores(nodes)
    return tuple((np.sqrt(gap**2 @ share) / (base.categories - 1)).tolist())
