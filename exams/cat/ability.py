"""Estimates of ability from the answers given so far, with their standard errors.

Both estimators start from the log-likelihood on a fixed grid of theta. A pool keeps the logarithms of its items'
probabilities on that grid (`items.log_probability_table`), so that one more answer costs the sum of a few rows.
"""

from dataclasses import dataclass, field
from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exams.cat.items import (
    Items,
    checked_scores,
    first_rows,
    information,
    log_probability_table,
    score_and_curvature,
)
from exams.cat.models import FloatArray

# The grid finds the peak to within one node, from where Newton's steps double the digits; the rest is reserve.
MAX_STEPS = 60
THETA_TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True)
class Ability:
    """An estimate of ability (logits) and its standard error; infinite when the answers tell nothing."""

    theta: float
    se: float


@dataclass(frozen=True, eq=False)
class Quadrature:
    """A normal prior on evenly spaced nodes, integrated by the trapezoid rule.

    The default of 61 nodes on [-4, 4] covers 99.99 % of N(0, 1). On 30-item tests at abilities from -2 to 2.2 its
    estimate and standard error lie within 1e-4 of those of 2,001 nodes, 1e-9 in the middle of the scale. Only the
    prior's density at the nodes matters, not its constant. A wider prior needs a wider grid.

    Parameters
    ----------
    mean, sd : float
        Of the prior, in logits.
    lower, upper : float
        Ends of the grid, in logits; the mean lies between them.
    size : int
        Number of nodes, at least 3.
    """

    mean: float = 0.0
    sd: float = 1.0
    lower: float = -4.0
    upper: float = 4.0
    size: int = 61
    nodes: FloatArray = field(init=False, repr=False)
    log_prior: FloatArray = field(init=False, repr=False)
    powers: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.lower < self.mean < self.upper:
            raise ValueError(f"prior mean {self.mean!r} is outside the grid [{self.lower!r}, {self.upper!r}]")
        if not 0 < self.sd < inf:
            raise ValueError(f"prior sd = {self.sd!r}: must be positive and finite")
        if self.size < 3:
            raise ValueError(f"a grid of {self.size!r} nodes: at least 3 are needed")
        nodes = np.linspace(self.lower, self.upper, self.size)
        log_prior = -0.5 * ((nodes - self.mean) / self.sd) ** 2
        log_prior[[0, -1]] += np.log(0.5)
        powers = np.stack((np.ones_like(nodes), nodes, nodes**2))
        for name, array in {"nodes": nodes, "log_prior": log_prior, "powers": powers}.items():
            array.flags.writeable = False
            object.__setattr__(self, name, array)


def grid_log_likelihood(table: FloatArray, rows: NDArray[np.intp]) -> FloatArray:
    """Log-likelihood of the answers on the nodes of `items.log_probability_table`, (n_nodes,).

    `rows` (k,) are the rows of the answers: that of the item's score 0, plus the score.
    """
    return np.add.reduce(table.take(rows, axis=0), axis=0)


def expected_a_posteriori(quadrature: Quadrature, grid: FloatArray) -> Ability:
    """Mean and standard deviation of the posterior (Bock & Mislevy, 1982).

    theta = sum X W L(X) / sum W L(X), and the same for the second moment, over the nodes X with prior weights W.

    Parameters
    ----------
    quadrature : Quadrature
    grid : array (n_nodes,)
        Log-likelihood of the answers on the quadrature's nodes, up to a constant.
    """
    posterior = grid + quadrature.log_prior
    # Long tests would underflow; the constant cancels.
    posterior -= posterior.max()
    np.exp(posterior, out=posterior)
    total, first, second = (quadrature.powers @ posterior).tolist()
    theta = first / total
    return Ability(theta, sqrt(max(second / total - theta * theta, 0.0)))


def maximum_likelihood(
    items: Items,
    scores: ArrayLike,
    *,
    bounds: tuple[float, float] = (-4.0, 4.0),
    grid: tuple[FloatArray, FloatArray] | None = None,
) -> Ability:
    """Ability of greatest likelihood within `bounds`, with the expected-information standard error.

    The 3PL likelihood may have several maxima (Samejima, 1973), so the highest node of a grid brackets the peak and
    Newton's steps, with bisection wherever one would leave the bracket, sharpen it. All right answers give the upper
    bound and all wrong ones the lower, as does any likelihood that still rises there.

    Parameters
    ----------
    items : ItemParameters or MixedItems
        The k items answered, at least one.
    scores : array (k,)
        From 0 up.
    bounds : (float, float)
        Lowest and highest ability reported, in logits.
    grid : (nodes, log-likelihood on them), optional
        When it is known already; its ends are the bounds.

    Returns
    -------
    Ability
        se = 1 / sqrt(sum of I_i(theta)).
    """
    x = checked_scores(scores, items)
    if not x.size:
        raise ValueError("maximum likelihood needs at least one answer")
    if grid is None:
        nodes = Quadrature(mean=sum(bounds) / 2, lower=bounds[0], upper=bounds[1]).nodes
        values = grid_log_likelihood(log_probability_table(items, nodes), first_rows(items) + x)
    else:
        nodes, values = grid
    theta = _peak(items, x, nodes, int(np.argmax(values)))
    total = float(information(theta, items).sum())
    return Ability(theta, 1 / sqrt(total) if total > 0 else inf)


def _peak(items: Items, scores: NDArray[np.intp], nodes: FloatArray, highest: int) -> float:
    low = float(nodes[max(highest - 1, 0)])
    high = float(nodes[min(highest + 1, nodes.size - 1)])
    theta = float(nodes[highest])
    slope, curvature = score_and_curvature(theta, items, scores)
    if (highest == 0 and slope <= 0) or (highest == nodes.size - 1 and slope >= 0):
        return theta
    for _ in range(MAX_STEPS):
        if slope > 0:
            low = theta
        else:
            high = theta
        step = theta - slope / curvature if curvature < 0 else inf
        # Before asking whether it stays in the bracket: at the peak itself rounding may put the step outside.
        if abs(step - theta) < THETA_TOLERANCE:
            return theta
        following = step if low < step < high else (low + high) / 2
        theta = following
        slope, curvature = score_and_curvature(theta, items, scores)
    return theta
