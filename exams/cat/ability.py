"""Estimates of ability from the answers given so far, with their standard errors.

Most estimators start from the log-likelihood on a fixed grid of theta. A pool keeps the logarithms of its items'
probabilities on that grid (`items.log_probability_table`), so that one more answer costs the sum of a few rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exams.cat.items import (
    Items,
    checked_scores,
    first_rows,
    information,
    log_probability_table,
    score_and_curvature,
    warm_slope,
)
from exams.cat.models import FloatArray

# The grid finds the peak to within one node, from where Newton's steps double the digits; the rest is reserve.
MAX_STEPS = 60
THETA_TOLERANCE = 1e-10
# A sum of exponentials below this has lost digits to underflow.
SMALLEST_SUM = 1e-200
# One each quarter of a logit between the usual bounds: two roots between two nodes are no peak worth finding.
WARM_NODES = 33


class Ability(NamedTuple):
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

    Attributes
    ----------
    nodes : array (size,)
    log_density : array (size,)
        Logarithm of the prior at the nodes, up to a constant.
    log_weights : array (size,)
        The same with the trapezoid rule's halves at the ends.
    powers : array (3, size)
        nodes to the power of 0, 1 and 2.
    grid_key : (float, float, int)
        Equal for quadratures on the same nodes, whatever their priors.
    """

    mean: float = 0.0
    sd: float = 1.0
    lower: float = -4.0
    upper: float = 4.0
    size: int = 61
    nodes: FloatArray = field(init=False, repr=False)
    log_density: FloatArray = field(init=False, repr=False)
    log_weights: FloatArray = field(init=False, repr=False)
    powers: FloatArray = field(init=False, repr=False)
    grid_key: tuple[float, float, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.lower < self.mean < self.upper:
            raise ValueError(f"prior mean {self.mean!r} is outside the grid [{self.lower!r}, {self.upper!r}]")
        if not 0 < self.sd < inf:
            raise ValueError(f"prior sd = {self.sd!r}: must be positive and finite")
        if self.size < 3:
            raise ValueError(f"a grid of {self.size!r} nodes: at least 3 are needed")
        nodes = np.linspace(self.lower, self.upper, self.size)
        log_density = -0.5 * ((nodes - self.mean) / self.sd) ** 2
        log_weights = log_density.copy()
        log_weights[[0, -1]] += np.log(0.5)
        powers = np.stack((np.ones_like(nodes), nodes, nodes**2))
        columns = {"nodes": nodes, "log_density": log_density, "log_weights": log_weights, "powers": powers}
        object.__setattr__(self, "grid_key", (self.lower, self.upper, self.size))
        for name, array in columns.items():
            array.flags.writeable = False
            object.__setattr__(self, name, array)


def grid_log_likelihood(table: FloatArray, rows: Sequence[int] | NDArray[np.intp]) -> FloatArray:
    """Log-likelihood of the answers on the nodes of `items.log_probability_table`, (n_nodes,).

    `rows` (k,) are the rows of the answers: that of the item's score 0, plus the score.
    """
    # Row after row from the first on, just as one more row is added to the sum of those before.
    return np.add.reduce(table.take(np.asarray(rows, dtype=np.intp), 0))


def expected_a_posteriori(quadrature: Quadrature, grid: FloatArray) -> Ability:
    """Mean and standard deviation of the posterior (Bock & Mislevy, 1982).

    theta = sum X W L(X) / sum W L(X), and the same for the second moment, over the nodes X with prior weights W.

    Parameters
    ----------
    quadrature : Quadrature
    grid : array (n_nodes,)
        Log-likelihood of the answers on the quadrature's nodes, up to a constant.
    """
    posterior = grid + quadrature.log_weights
    total, first, second = quadrature.powers.dot(np.exp(posterior, out=posterior)).tolist()
    if not SMALLEST_SUM < total < inf:
        # A long test underflows, a likelihood up to a constant may do the opposite; the constant cancels.
        posterior = grid + quadrature.log_weights
        posterior -= posterior.max()
        total, first, second = quadrature.powers.dot(np.exp(posterior)).tolist()
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
    x = _checked(items, scores, "maximum likelihood")
    nodes, values = _grid(items, x, bounds) if grid is None else grid
    theta = _peak(lambda at: score_and_curvature(at, items, x), nodes, values)
    return Ability(theta, _standard_error(float(information(theta, items).sum())))


def maximum_a_posteriori(
    items: Items, scores: ArrayLike, quadrature: Quadrature, *, grid: FloatArray | None = None
) -> Ability:
    """Mode of the posterior under the quadrature's normal prior (Samejima, 1969; Birnbaum, 1969).

    Parameters
    ----------
    items : ItemParameters or MixedItems
        The k items answered; none gives the prior.
    scores : array (k,)
        From 0 up.
    quadrature : Quadrature
        Its prior; the mode is looked for between its ends.
    grid : array (n_nodes,), optional
        Log-likelihood on its nodes, when it is known already.

    Returns
    -------
    Ability
        se = 1 / sqrt(sum of I_i(theta) + 1 / sd^2).
    """
    x = checked_scores(scores, items)
    precision = 1 / quadrature.sd**2
    if not x.size:
        return Ability(quadrature.mean, quadrature.sd)
    values = _grid(items, x, (quadrature.lower, quadrature.upper), quadrature.size)[1] if grid is None else grid

    def derivatives(theta: float) -> tuple[float, float]:
        slope, curvature = score_and_curvature(theta, items, x)
        return slope - (theta - quadrature.mean) * precision, curvature - precision

    theta = _peak(derivatives, quadrature.nodes, values + quadrature.log_density)
    return Ability(theta, _standard_error(float(information(theta, items).sum()) + precision))


def weighted_likelihood(items: Items, scores: ArrayLike, *, bounds: tuple[float, float] = (-4.0, 4.0)) -> Ability:
    """Warm's weighted likelihood estimate (1989), free of the bias of order 1 / k of maximum likelihood.

    A root within `bounds` of

        T(theta) = sum of l'_i(x_i) + J / (2 I),   J = sum over i and x of P'_ix P''_ix / P_ix,  I = sum over i of I_i

    which for items of several categories is Samejima's (1998). Where T falls through 0 more than once, the root under
    the highest integral of T, which is the weighted likelihood's logarithm; a bound where that still rises there.

    Parameters
    ----------
    items : ItemParameters or MixedItems
        The k items answered, at least one.
    scores : array (k,)
        From 0 up.
    bounds : (float, float)
        Lowest and highest ability reported, in logits.

    Returns
    -------
    Ability
        se = 1 / sqrt(sum of I_i(theta)).
    """
    x = _checked(items, scores, "weighted likelihood")
    nodes = np.linspace(*bounds, WARM_NODES)
    slopes = warm_slope(nodes, items, x)
    height = np.concatenate(([0.0], np.cumsum((slopes[1:] + slopes[:-1]) / 2)))
    falls = np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0))
    # A root between two nodes is as high as the higher of them, to within the error of the trapezoids.
    peaks = [(float(max(height[i], height[i + 1])), int(i)) for i in falls]
    peaks += [(float(height[0]), -1)] if slopes[0] <= 0 else []
    peaks += [(float(height[-1]), nodes.size)] if slopes[-1] > 0 else []
    best = max(peaks)[1]
    if best in (-1, nodes.size):
        theta = float(bounds[best != -1])
    else:
        ends = (float(nodes[best]), float(nodes[best + 1])), (float(slopes[best]), float(slopes[best + 1]))
        theta = _root(lambda at: float(warm_slope(np.array(at), items, x)), *ends)
    return Ability(theta, _standard_error(float(information(theta, items).sum())))


def sum_score_likelihood(tables: Sequence[FloatArray]) -> FloatArray:
    """Likelihood of every sum score on a grid, by the recursion of Lord and Wingersky (1984; Thissen et al., 1995).

    Parameters
    ----------
    tables : sequence of k arrays (categories of the item, n_nodes)
        Pr(X_i = x | node).

    Returns
    -------
    array (highest sum + 1, n_nodes)
        Pr(sum of the X_i = s | node); each column sums to 1.
    """
    nodes = tables[0].shape[1]
    result = np.zeros((1 + sum(len(table) - 1 for table in tables), nodes))
    result[0] = 1.0
    reached = 1
    for table in tables:
        before = result[:reached].copy()
        result[:reached] *= table[0]
        for score in range(1, len(table)):
            result[score : score + reached] += before * table[score]
        reached += len(table) - 1
    return result


def expected_a_posteriori_by_sum(quadrature: Quadrature, likelihood: FloatArray, total: int) -> Ability:
    """Expected a posteriori ability when only the sum of the scores is known (Thissen et al., 1995).

    `likelihood` is that of `sum_score_likelihood` on the quadrature's nodes; its row `total` takes the place of the
    likelihood of the pattern.
    """
    with np.errstate(divide="ignore"):
        return expected_a_posteriori(quadrature, np.log(likelihood[total]))


def _checked(items: Items, scores: ArrayLike, estimator: str) -> NDArray[np.intp]:
    x = checked_scores(scores, items)
    if not x.size:
        raise ValueError(f"{estimator} needs at least one answer")
    return x


def _grid(
    items: Items, scores: NDArray[np.intp], bounds: tuple[float, float], size: int = 61
) -> tuple[FloatArray, FloatArray]:
    nodes = np.linspace(*bounds, size)
    return nodes, grid_log_likelihood(log_probability_table(items, nodes), first_rows(items) + scores)


def _standard_error(told: float) -> float:
    return 1 / sqrt(told) if told > 0 else inf


def _peak(derivatives: Callable[[float], tuple[float, float]], nodes: FloatArray, values: FloatArray) -> float:
    """Where the function with these values on the nodes is greatest; `derivatives` gives its first and second."""
    highest = int(values.argmax())
    last = nodes.size - 1
    low, high = float(nodes[max(highest - 1, 0)]), float(nodes[min(highest + 1, last)])
    theta = float(nodes[highest])
    if 0 < highest < last:
        # The top of the parabola through three nodes saves the first step.
        left, top, right = values[highest - 1 : highest + 2].tolist()
        bend = left - 2 * top + right
        if bend < 0:
            theta += (high - theta) * (left - right) / (2 * bend)
    slope, curvature = derivatives(theta)
    if (highest == 0 and slope <= 0) or (highest == last and slope >= 0):
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
        theta = step if low < step < high else (low + high) / 2
        slope, curvature = derivatives(theta)
    return theta


def _root(slope: Callable[[float], float], ends: tuple[float, float], values: tuple[float, float]) -> float:
    """Where `slope`, above 0 at the first end and not at the second, falls through 0: secants kept in the bracket."""
    (low, high), (above, below) = ends, values
    before, value_before = low, above
    theta, value = high, below
    for _ in range(MAX_STEPS):
        step = theta - value * (theta - before) / (value - value_before) if value != value_before else inf
        if abs(step - theta) < THETA_TOLERANCE:
            return theta
        before, value_before = theta, value
        theta = step if low < step < high else (low + high) / 2
        value = slope(theta)
        if value > 0:
            low = theta
        else:
            high = theta
    return theta
