"""Logistic item response models for dichotomous items.

The three-parameter logistic model (Birnbaum, 1968), with an optional upper asymptote d (Barton & Lord, 1981):

    P(theta) = c + (d - c) / (1 + exp(-D a (theta - b)))

theta and b are in logits on the same scale (standard deviations of the reference population when the prior is
N(0, 1)); a is per logit; c and d are probabilities. D = 1 by default, the metric in which the bank's parameters are
stored; D = 1.702 reads parameters that were estimated in the normal-ogive metric.

Every function takes theta of any shape S and returns an array of shape S + (n_items,), a scalar theta giving
(n_items,).
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

# exp(150) to the fourth power is still a finite float64, and at 150 logits every curve has met its asymptote.
MAX_LOGIT = 150.0
LEAST_ODDS = float(np.exp(-MAX_LOGIT))


@dataclass(frozen=True, eq=False)
class ItemParameters:
    """Parameters of n items, validated and immutable.

    Parameters
    ----------
    a : array (n,)
        Discrimination, > 0.
    b : array (n,)
        Difficulty, in logits.
    c : array (n,) or one value for all items
        Lower asymptote ("guessing"), 0 <= c < d.
    d : array (n,) or one value for all items
        Upper asymptote, c < d <= 1.
    scale : float
        The constant D.

    Raises
    ------
    ValueError
        Naming the parameter, the index of the item and the value.
    """

    a: FloatArray
    b: FloatArray
    c: FloatArray = 0.0  # type: ignore[assignment]
    d: FloatArray = 1.0  # type: ignore[assignment]
    scale: float = 1.0
    slope: FloatArray = field(init=False, repr=False)
    intercept: FloatArray = field(init=False, repr=False)
    information_factor: FloatArray = field(init=False, repr=False)
    upper_is_one: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        size = np.size(self.a)
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"scale = {self.scale!r}: the constant D must be positive and finite")
        a = _column("a", self.a, size)
        b = _column("b", self.b, size)
        c = _column("c", np.full(size, self.c) if np.ndim(self.c) == 0 else self.c, size)
        d = _column("d", np.full(size, self.d) if np.ndim(self.d) == 0 else self.d, size)
        _require(a > 0, "a", a, "discrimination must be positive")
        _require((c >= 0) & (c < 1), "c", c, "the lower asymptote must be in [0, 1)")
        _require((d > c) & (d <= 1), "d", d, "the upper asymptote must be above c and at most 1")
        slope = self.scale * a
        upper_is_one = bool((d == 1).all())
        factor = slope**2 * (1 - c) if upper_is_one else slope**2 * (d - c) ** 2
        derived = {"a": a, "b": b, "c": c, "d": d, "slope": slope, "intercept": slope * b, "information_factor": factor}
        for name, column in derived.items():
            column.flags.writeable = False
            object.__setattr__(self, name, column)
        object.__setattr__(self, "upper_is_one", upper_is_one)

    def __len__(self) -> int:
        return self.a.size

    def take(self, indices: ArrayLike) -> "ItemParameters":
        """Parameters of the items at `indices` (k,), in that order."""
        at = np.asarray(indices, dtype=np.intp)
        # A part of what was validated is valid: an estimate after every answer need not pay for it again.
        taken = object.__new__(ItemParameters)
        for name in ("a", "b", "c", "d", "slope", "intercept", "information_factor"):
            column = getattr(self, name)[at]
            column.flags.writeable = False
            object.__setattr__(taken, name, column)
        object.__setattr__(taken, "scale", self.scale)
        object.__setattr__(taken, "upper_is_one", self.upper_is_one)
        return taken


def _column(name: str, values: ArrayLike, size: int) -> FloatArray:
    # A copy, so that freezing it never freezes the caller's array and the caller cannot change it afterwards.
    column = np.array(values, dtype=np.float64, order="C")
    if column.ndim != 1 or column.size != size:
        raise ValueError(f"{name} has shape {column.shape}; expected one value for each of the {size} items of a")
    _require(np.isfinite(column), name, column, "must be finite")
    return column


def _require(valid: NDArray[np.bool_], name: str, column: FloatArray, rule: str) -> None:
    if not valid.all():
        index = int(np.argmin(valid))
        raise ValueError(f"{name}[{index}] = {column[index].item()!r}: {rule}")


def _inverse_odds(theta: ArrayLike, items: ItemParameters) -> FloatArray:
    """exp(-D a (theta - b)), bounded above so that no power used here overflows."""
    x = items.intercept - items.slope * np.asarray(theta, dtype=np.float64)[..., None]
    np.minimum(x, MAX_LOGIT, out=x)
    return np.exp(x, out=x)


def probability(theta: ArrayLike, items: ItemParameters) -> FloatArray:
    """Probability of a correct answer, in [c, d]; shape theta.shape + (n,)."""
    odds = _inverse_odds(theta, items)
    return items.c + (items.d - items.c) / (1 + odds)


def derivative(theta: ArrayLike, items: ItemParameters) -> FloatArray:
    """dP/dtheta = D a (P - c)(d - P) / (d - c), >= 0; shape theta.shape + (n,)."""
    odds = _inverse_odds(theta, items)
    return items.slope * (items.d - items.c) * odds / (1 + odds) ** 2


def information(theta: ArrayLike, items: ItemParameters) -> FloatArray:
    """Fisher information P'^2 / (P (1 - P)), >= 0; shape theta.shape + (n,).

    With E = exp(-D a (theta - b)) it is written (Lord, 1980, eq. 5-9, and Magis, 2013, for d < 1)

        I = (D a)^2 (d - c)^2 E^2 / ((1 + E)^2 (d + c E) ((1 - d) + (1 - c) E))

    which for d = 1 is (D a)^2 (1 - c) E / ((1 + E)^2 (1 + c E)): one exponential and one division an item, and no
    difference of nearly equal numbers at either asymptote. This is where an adaptive test spends its time, hence the
    work in place.
    """
    odds = _inverse_odds(theta, items)
    if not items.upper_is_one:
        return _information_below_one(odds, items)
    denominator = odds + 1
    denominator *= denominator
    third = items.c * odds
    third += 1
    denominator *= third
    odds *= items.information_factor
    odds /= denominator
    return odds


def _information_below_one(odds: FloatArray, items: ItemParameters) -> FloatArray:
    # An item with d = 1 in a mixed bank is 0 / 0 once its odds underflow.
    odds = np.maximum(odds, LEAST_ODDS)
    denominator = (1 + odds) ** 2 * (items.d + items.c * odds) * ((1 - items.d) + (1 - items.c) * odds)
    return items.information_factor * odds**2 / denominator


def log_probabilities(theta: ArrayLike, items: ItemParameters) -> FloatArray:
    """Logarithms of (1 - P, P), so that the last axis is indexed by the score.

    Returns
    -------
    array theta.shape + (n, 2)
        [..., i, x] = log Pr(X_i = x | theta), finite everywhere.
    """
    odds = np.maximum(_inverse_odds(theta, items), LEAST_ODDS)
    log_sum = np.log1p(odds)
    wrong = np.log((1 - items.d) + (1 - items.c) * odds) - log_sum
    right = np.log(items.d + items.c * odds) - log_sum
    return np.stack((wrong, right), axis=-1)


def log_likelihood(theta: ArrayLike, items: ItemParameters, scores: ArrayLike) -> FloatArray:
    """Log-likelihood of `scores` (n,), each 0 or 1, given theta; shape theta.shape.

    Local independence: the sum over items of log Pr(X_i = x_i | theta).
    """
    x = checked_scores(scores, len(items))
    return log_probabilities(theta, items)[..., np.arange(x.size), x].sum(axis=-1)


def score_and_curvature(theta: float, items: ItemParameters, scores: NDArray[np.intp]) -> tuple[float, float]:
    """First and second derivative in theta of the log-likelihood of `scores` (n,), checked already.

    With r = P' / (P (1 - P)) the first is sum r (x - P), and the second is
    sum [P'' / P' - r (1 - 2 P)] r (x - P) - r P', where P'' / P' = D a (E - 1) / (E + 1) (Baker & Kim, 2004, ch. 3).
    """
    odds = np.maximum(_inverse_odds(theta, items), LEAST_ODDS)
    total = odds + 1
    right = (items.d + items.c * odds) / total
    wrong = ((1 - items.d) + (1 - items.c) * odds) / total
    slope = items.slope * (items.d - items.c) * odds / (total * total)
    ratio = slope / (right * wrong)
    # x - P without cancellation near the asymptotes.
    pull = ratio * np.where(scores, wrong, -right)
    bend = items.slope * (odds - 1) / total - ratio * (wrong - right)
    return float(pull.sum()), float((bend * pull - ratio * slope).sum())


def warm_slope(theta: FloatArray, items: ItemParameters, scores: NDArray[np.intp]) -> FloatArray:
    """Slope in theta of the logarithm of Warm's (1989) weighted likelihood of `scores` (n,); shape theta.shape.

    sum of r (x - P) + J / (2 I) with r = P' / (P (1 - P)), I = sum of r P' and J = sum of r P''.
    """
    odds = np.maximum(_inverse_odds(theta, items), LEAST_ODDS)
    total = odds + 1
    right = (items.d + items.c * odds) / total
    wrong = ((1 - items.d) + (1 - items.c) * odds) / total
    slope = items.slope * (items.d - items.c) * odds / (total * total)
    ratio = slope / (right * wrong)
    told = ratio * slope
    ratio *= np.where(scores, wrong, -right)
    drift = (told * (items.slope * (odds - 1) / total)).sum(axis=-1)
    result: FloatArray = ratio.sum(axis=-1) + drift / (2 * told.sum(axis=-1))
    return result


def log_derivatives(theta: ArrayLike, items: ItemParameters) -> tuple[FloatArray, FloatArray]:
    """First and second derivative in theta of `log_probabilities`, each theta.shape + (n, 2).

    l'_1 = P' / P and l'_0 = -P' / (1 - P); l'' = (P'' / P' - l') l' for both, where P'' / P' = D a (E - 1) / (E + 1).
    """
    odds = np.maximum(_inverse_odds(theta, items), LEAST_ODDS)
    total = odds + 1
    right = (items.d + items.c * odds) / total
    wrong = ((1 - items.d) + (1 - items.c) * odds) / total
    slope = items.slope * (items.d - items.c) * odds / (total * total)
    bend = items.slope * (odds - 1) / total
    first = np.stack((-slope / wrong, slope / right), axis=-1)
    return first, (bend[..., None] - first) * first


def checked_scores(scores: ArrayLike, size: int) -> NDArray[np.intp]:
    """`scores` as an integer array (size,), refused unless every one is 0 or 1."""
    given = np.asarray(scores)
    if given.shape != (size,):
        raise ValueError(f"scores has shape {given.shape}; expected ({size},), one for each item")
    valid = (given == 0) | (given == 1)
    if not valid.all():
        index = int(np.argmin(valid))
        raise ValueError(f"scores[{index}] = {given[index].item()!r}: a dichotomous score is 0 or 1")
    return given.astype(np.intp)
