"""What makes an item the best next one: a value for every candidate, of which the greatest is chosen.

A criterion sees the candidates of one stratum and the `Situation` that the student is in. Those that average over
ability do so on the nodes of the quadrature, from tables that the stratum keeps; nodes whose weight is nothing beside
the greatest are left out, so that an item costs less the more is known of the student.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exams.cat.ability import Quadrature
from exams.cat.items import (
    Items,
    first_rows,
    information,
    log_probabilities,
    log_probability_table,
    probabilities,
)
from exams.cat.models import FloatArray, ItemParameters

# Nodes of less weight than this, beside the greatest, are left out of sums over ability.
NEGLIGIBLE = 1e-10
# Above so many rows a table is read from memory faster than it is summed up, and half the width is twice as fast. The
# criteria then have six digits.
WIDE_ROWS = 40_000
TINY = 1e-300


class Candidates:
    """Items to choose among, with the tables that criteria need of them."""

    def __init__(self, items: Items) -> None:
        self.items = items
        self._tables: dict[tuple[str, tuple[float, float, int]], NDArray[np.floating]] = {}
        self._ranks: NDArray[np.intp] | None = None

    def log_columns(self, quadrature: Quadrature) -> NDArray[np.floating]:
        """log Pr(X_i = x | node) as an array (n_nodes, n_rows), 8 or, of many items, 4 bytes a value; computed once."""
        key = ("log", quadrature.grid_key)
        if key not in self._tables:
            self._tables[key] = _columns(log_probability_table(self.items, quadrature.nodes).T)
        return self._tables[key]

    def columns_above(self, quadrature: Quadrature) -> NDArray[np.floating]:
        """Pr(X_i = x | node) of the scores x above 0, (n_nodes, n_rows - n), computed once.

        The score 0 is what is missing to 1.
        """
        key = ("above", quadrature.grid_key)
        if key not in self._tables:
            table = probabilities(quadrature.nodes, self.items)
            self._tables[key] = _columns(np.delete(table, first_rows(self.items), axis=1))
        return self._tables[key]

    @property
    def discrimination_ranks(self) -> NDArray[np.intp]:
        """Place of each item in ascending order of a, (n,)."""
        if self._ranks is None:
            order = np.argsort(self.items.a, kind="stable")
            ranks = np.empty(order.size, dtype=np.intp)
            ranks[order] = np.arange(order.size)
            self._ranks = ranks
        return self._ranks

    def sum_by_item(self, values: FloatArray, *, above: bool = False) -> FloatArray:
        """Sums (n,) of a value for each row, or for each row of a score above 0."""
        if isinstance(self.items, ItemParameters):
            return values if above else values[0::2] + values[1::2]
        starts = first_rows(self.items) - (np.arange(len(self.items)) if above else 0)
        result: FloatArray = np.add.reduceat(values, starts)
        return result


def _columns(table: FloatArray) -> NDArray[np.floating]:
    return np.ascontiguousarray(table, dtype=np.float32 if table.shape[1] > WIDE_ROWS else np.float64)


def _average(weights: FloatArray, table: NDArray[np.floating]) -> FloatArray:
    """Weights (n_nodes,) times a table (n_nodes, n_rows), in double precision from there on."""
    result: FloatArray = (weights.astype(table.dtype) @ table).astype(np.float64, copy=False)
    return result


@dataclass(frozen=True, slots=True)
class Situation:
    """What a criterion may go by.

    Attributes
    ----------
    theta : float
        The estimate of ability, in logits.
    grid : array (n_nodes,)
        Log-likelihood of the answers on the nodes of the quadrature.
    quadrature : Quadrature
    progress : float
        Share of the longest test that is through, in [0, 1).
    strata : int
        Number of the strata of discrimination.
    """

    theta: float
    grid: FloatArray
    quadrature: Quadrature
    progress: float = 0.0
    strata: int = 1


Criterion = Callable[[Candidates, Situation], FloatArray]


def maximum_information(candidates: Candidates, situation: Situation) -> FloatArray:
    """Fisher information at the current estimate (Lord, 1980)."""
    return information(situation.theta, candidates.items)


def kullback_leibler(candidates: Candidates, situation: Situation) -> FloatArray:
    """Kullback–Leibler information (Chang & Ying, 1996), weighted by the likelihood (Barrada et al., 2009).

    K_i(theta) = sum over x of Pr(X_i = x | t) log(Pr(X_i = x | t) / Pr(X_i = x | theta)), t the current estimate, is
    averaged over theta with the likelihood L(theta) as weight, which draws together around the estimate as answers come
    in and so does the work of Chang and Ying's shrinking interval.
    """
    quadrature = situation.quadrature
    return _divergence(candidates, situation, situation.grid + quadrature.log_weights - quadrature.log_density)


def posterior_kullback_leibler(candidates: Candidates, situation: Situation) -> FloatArray:
    """The same averaged over the posterior (Barrada et al., 2009)."""
    return _divergence(candidates, situation, situation.grid + situation.quadrature.log_weights)


def _divergence(candidates: Candidates, situation: Situation, log_weights: FloatArray) -> FloatArray:
    weights, kept = _normalised(log_weights)
    crossed = _average(weights, candidates.log_columns(situation.quadrature)[kept])
    logs = log_probabilities(situation.theta, candidates.items)
    np.subtract(logs, crossed, out=crossed)
    crossed *= np.exp(logs, out=logs)
    return candidates.sum_by_item(crossed)


def expected_posterior_variance(candidates: Candidates, situation: Situation) -> FloatArray:
    """How much an answer lowers the variance of the posterior, on the average (Owen, 1975; van der Linden, 1998).

    With posterior weights w of sum 1 and mean m, p_ix = sum w Pr(X_i = x | theta) the chance of score x and
    d_ix = sum w (theta - m) Pr(X_i = x | theta), the expected variance after item i is Var - sum over x of
    d_ix^2 / p_ix. The subtrahend is returned: greatest where the expected posterior variance is least. The posterior is
    that under the configuration's prior, whatever the estimator.
    """
    weights, kept = _normalised(situation.grid + situation.quadrature.log_weights)
    nodes = situation.quadrature.nodes[kept]
    table = candidates.columns_above(situation.quadrature)[kept]
    chance = _average(weights, table)
    pull = _average(weights * (nodes - weights @ nodes), table)
    squares = pull * pull
    if isinstance(candidates.items, ItemParameters):
        # d is the same for right and wrong but for its sign, and 1 / p + 1 / (1 - p) = 1 / (p (1 - p)).
        chance -= chance * chance
        squares /= np.maximum(chance, TINY, out=chance)
        return squares
    squares /= np.maximum(chance, TINY)
    rest_chance = 1 - candidates.sum_by_item(chance, above=True)
    rest_pull = candidates.sum_by_item(pull, above=True)
    return candidates.sum_by_item(squares, above=True) + rest_pull**2 / np.maximum(rest_chance, TINY)


def _normalised(log_weights: FloatArray) -> tuple[FloatArray, slice]:
    """Weights of sum 1 on the nodes from the first to the last that counts, and where those are."""
    weights = np.exp(log_weights - log_weights.max())
    counting = np.flatnonzero(weights > NEGLIGIBLE)
    kept = slice(int(counting[0]), int(counting[-1]) + 1)
    return weights[kept] / weights[kept].sum(), kept


def urry(candidates: Candidates, situation: Situation) -> FloatArray:
    """Nearness of the difficulty, or of the mean threshold, to the current estimate (Urry, 1970): -|b - theta|."""
    return -np.abs(candidates.items.b - situation.theta)


def a_stratified(candidates: Candidates, situation: Situation) -> FloatArray:
    """Weakly discriminating items first (Chang & Ying, 1999).

    The items in ascending order of a are cut into strata of equal size, the test into as many stages; a stage takes
    items of its stratum, the nearest difficulty first, and those of the nearest stratum once it is used up.
    """
    items, strata = candidates.items, situation.strata
    # Item of rank r belongs to the last stratum that begins, at floor(s n / strata), not after r.
    stratum = ((candidates.discrimination_ranks + 1) * strata - 1) // max(len(items), 1)
    away = np.abs(stratum - int(situation.progress * strata))
    distance = np.abs(items.b - situation.theta)
    return -(away * (distance.max(initial=0.0) + 1) + distance)


def indifferent(candidates: Candidates, situation: Situation) -> FloatArray:
    """All items alike: the choice among them is chance."""
    return np.zeros(len(candidates.items))


def bank_order(candidates: Candidates, situation: Situation) -> FloatArray:
    """The order of the pool itself; ability plays no part."""
    return -np.arange(len(candidates.items), dtype=np.float64)


CRITERIA: dict[str, Criterion] = {
    "maximum_information": maximum_information,
    "kullback_leibler": kullback_leibler,
    "posterior_kullback_leibler": posterior_kullback_leibler,
    "expected_posterior_variance": expected_posterior_variance,
    "a_stratified": a_stratified,
    "urry": urry,
    "random": indifferent,
    "bank_order": bank_order,
}
# Of these 0 is the value of an item that tells nothing, so that shares of them may be mixed with chance.
RATIO_CRITERIA = (
    "maximum_information",
    "kullback_leibler",
    "posterior_kullback_leibler",
    "expected_posterior_variance",
)
