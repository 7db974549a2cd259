"""Does a model fit its items? Mean squares of residuals, and the S-X2 statistic.

Both take the parameters as given. Mean squares need the students' abilities and bear missing answers; S-X2 groups
students by sum score and therefore needs complete rows. The fit of the whole test is in `limited_information`.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from exams.cat.models import FloatArray, ItemParameters, probability
from exams.psychometrics.analysis.answers import BLOCK, IntArray, column, complete_rows, dichotomous, require_same_items
from exams.psychometrics.analysis.moments import AnyItems, score_moments, scores_for

# Orlando & Thissen (2000): score groups are joined until one correct and one wrong answer are expected in each.
LEAST_EXPECTED = 1.0


@dataclass(frozen=True, eq=False)
class MeanSquares:
    """Infit and outfit of items or of students; arrays of shape (n,) or (N,), NaN where there are no answers.

    Attributes
    ----------
    answers : array
        Answers that each value rests on.
    infit, outfit : array
        Mean squares, >= 0, near 1 when the model holds; above 1 noise, below 1 answers more regular than the model
        says. Infit weights by information, outfit listens to surprises far from the item's difficulty.
    infit_z, outfit_z : array
        The same as standard normal deviates (ZSTD).
    """

    answers: IntArray
    infit: FloatArray
    outfit: FloatArray
    infit_z: FloatArray
    outfit_z: FloatArray


def mean_squares(
    scores: ArrayLike,
    theta: ArrayLike,
    items: AnyItems,
    *,
    of: Literal["items", "students"] = "items",
    se: ArrayLike | None = None,
) -> MeanSquares:
    """Infit and outfit mean squares (Wright & Masters, 1982, Rating scale analysis, pp. 100-103).

    With the residual r = x - E, its variance W and its fourth moment C, for a dichotomous item E = P, W = P (1 - P) and
    C = W (1 - 3 W),

        outfit = mean(r^2 / W),                variance  sum(C / W^2) / m^2 - 1 / m,
        infit  = sum(r^2) / sum(W),            variance  sum(C - W^2) / (sum W)^2,
        z = (cube root of the mean square - 1) (3 / q) + q / 3,   q^2 the variance.

    The formulas ask nothing of E but that it is the model's, so that they hold for every model. Abilities
    that were estimated from the same answers make the mean squares a little smaller than 1.

    Parameters
    ----------
    scores : array (N, n) of 0, 1 and NaN; scores from 0 and NaN when `items` are of any models
    theta : array (N,)
        Abilities, in logits.
    items : parameters of the n items
    of : which fit is wanted, the items' or the students'
    se : array (N,), optional
        Errors of theta. With them E, W and C are those of the predictive distribution over N(theta, se^2): when theta
        comes from other answers than these, the mean squares are then about 1 however short the test was.
    """
    x = scores_for(items, scores)
    require_same_items(x, len(items))
    at = column(theta, len(x), "theta")
    if of not in ("items", "students"):
        raise ValueError(f"of = {of!r}: 'items' or 'students'")
    axis = 0 if of == "items" else 1
    error = None if se is None else column(se, len(x), "se")
    parts = [slice(i, i + BLOCK) for i in range(0, len(x), BLOCK)]
    blocks = [_moments(x[p], score_moments(at[p], items, None if error is None else error[p]), axis) for p in parts]
    count, squares, variance, standardised, infit_part, outfit_part = (
        np.sum(blocks, axis=0) if axis == 0 else np.concatenate(blocks, axis=1)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        infit, outfit = squares / variance, standardised / count
        infit_z = _wilson_hilferty(infit, infit_part / variance**2)
        outfit_z = _wilson_hilferty(outfit, outfit_part / count**2 - 1 / count)
    return MeanSquares(count.astype(np.intp), infit, outfit, infit_z, outfit_z)


def _moments(x: FloatArray, moments: tuple[FloatArray, FloatArray, FloatArray], axis: int) -> FloatArray:
    """Sums along `axis` of 1, r^2, W, r^2 / W, C - W^2 and C / W^2 over what was answered; (6, ...)."""
    expected, variance, fourth = moments
    given = ~np.isnan(x)
    squared = np.where(given, x - expected, 0) ** 2
    terms = (
        given,
        squared,
        given * variance,
        squared / variance,
        given * (fourth - variance**2),
        given * fourth / variance**2,
    )
    return np.stack([term.sum(axis=axis) for term in terms])


def _wilson_hilferty(mean_square: FloatArray, variance: FloatArray) -> FloatArray:
    # Where every P is 1/2 an infit cannot vary: no deviate is defined.
    q = np.sqrt(np.where(variance > 1e-12, variance, np.nan))
    return (np.cbrt(mean_square) - 1) * 3 / q + q / 3


@dataclass(frozen=True, eq=False)
class Population:
    """The distribution of ability as points and weights.

    Attributes
    ----------
    nodes, weights : array (q,)
        Abilities in logits, and their probabilities, which sum to 1.
    """

    nodes: FloatArray
    weights: FloatArray

    def __post_init__(self) -> None:
        if np.ndim(self.nodes) != 1:
            raise ValueError(f"nodes has shape {np.shape(self.nodes)}; expected one dimension")
        nodes = column(self.nodes, np.size(self.nodes), "nodes")
        weights = column(self.weights, nodes.size, "weights")
        if (weights < 0).any() or abs(weights.sum() - 1) > 1e-6:
            raise ValueError(f"weights sum to {weights.sum():.6g}; they must be at least 0 and sum to 1")
        object.__setattr__(self, "nodes", nodes)
        object.__setattr__(self, "weights", weights)

    @classmethod
    def normal(cls, mean: float = 0.0, deviation: float = 1.0, points: int = 61) -> "Population":
        """Equally spaced points over six standard deviations on both sides of `mean`."""
        if points < 2 or not deviation > 0:
            raise ValueError(f"points = {points!r}, deviation = {deviation!r}: at least 2 and above 0 are needed")
        z = np.linspace(-6, 6, points)
        density = np.exp(-(z**2) / 2)
        return cls(mean + deviation * z, density / density.sum())


STANDARD_NORMAL = Population.normal()


def sum_score_distribution(p: ArrayLike) -> FloatArray:
    """Distribution of the number of correct answers given ability, by Lord & Wingersky's recursion.

    f_k(s) = f_{k-1}(s) (1 - P_k) + f_{k-1}(s - 1) P_k (Lord & Wingersky, 1984, Applied Psychological Measurement 8).

    Parameters
    ----------
    p : array (q, n)
        Probability of a correct answer to each of n items at each of q abilities.

    Returns
    -------
    array (n + 1, q)
        Probability of each sum score.
    """
    chances = np.asarray(p, dtype=np.float64)
    if chances.ndim != 2:
        raise ValueError(f"p has shape {chances.shape}; expected (abilities, items)")
    q, n = chances.shape
    f = np.zeros((n + 1, q))
    f[0] = 1
    for k in range(n):
        right = chances[:, k]
        moved = f[: k + 1] * right
        f[: k + 1] -= moved
        f[1 : k + 2] += moved
    return f


@dataclass(frozen=True, eq=False)
class SX2:
    """S-X2 of n items.

    Attributes
    ----------
    statistic, df, p : array (n,)
        Chi-square, its degrees of freedom and p-value; NaN for p where no degree of freedom is left.
    rmsea : array (n,)
        sqrt(max(0, statistic - df) / (N df)): the misfit irrespective of the number of students.
    groups : tuple of n arrays (groups, 4)
        For each item and score group: lowest sum score, students, observed and expected proportion correct.
    students : int
        Students who answered every item.
    """

    statistic: FloatArray
    df: IntArray
    p: FloatArray
    rmsea: FloatArray
    groups: tuple[FloatArray, ...]
    students: int


def s_x2(
    scores: ArrayLike,
    items: ItemParameters,
    *,
    estimated: int = 0,
    population: Population = STANDARD_NORMAL,
    least_expected: float = LEAST_EXPECTED,
) -> SX2:
    """S-X2 item fit (Orlando & Thissen, 2000, Applied Psychological Measurement 24, eqs. 3-7; 2003, 27).

        S-X2_i = sum over k of N_k (O_ik - E_ik)^2 / (E_ik (1 - E_ik)),
        E_ik = integral of P_i f*_i(k - 1) / integral of f(k),

    over the sum scores k = 1 ... n - 1, f the distribution of the sum score given ability and f*_i the same without
    item i. Neighbouring groups are joined until at least `least_expected` correct and wrong answers are expected in
    each; what remains at the upper end joins the last group.

    Parameters
    ----------
    scores : array (N, n) of 0, 1 and NaN; students with a missing answer are left out
    items : parameters of the n >= 2 items
    estimated : int
        Parameters of an item that were estimated from these scores: 1, 2 or 3 for the 1PL, 2PL or 3PL; 0, the
        default, when they come from elsewhere, as a bank's do.
    population : the distribution of ability of these students
    """
    x = dichotomous(scores)
    require_same_items(x, len(items))
    if len(items) < 2:
        raise ValueError("S-X2 needs at least 2 items: it groups students by their sum scores")
    if estimated not in (0, 1, 2, 3, 4):
        raise ValueError(f"estimated = {estimated!r}: an item has 0 to 4 estimated parameters")
    x = complete_rows(x, 1)
    expected = _expected_proportions(items, population)
    total = x.sum(axis=1).astype(np.intp)
    sizes = np.bincount(total, minlength=len(items) + 1)[1:-1].astype(np.float64)
    inside = (total > 0) & (total < len(items))
    right = np.stack([np.bincount(total[inside], x[inside, i], len(items) + 1)[1:-1] for i in range(len(items))])
    tables = tuple(_joined(sizes, right[i], expected[i], least_expected) for i in range(len(items)))
    statistic = np.array([_chi_square(table) for table in tables])
    df = np.array([max(0, len(table) - estimated) for table in tables], dtype=np.intp)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = np.where(df > 0, stats.chi2.sf(statistic, df), np.nan)
        rmsea = np.sqrt(np.maximum(0, statistic - df) / (len(x) * df))
    return SX2(statistic, df, p, np.where(df > 0, rmsea, np.nan), tables, len(x))


def _expected_proportions(items: ItemParameters, population: Population) -> FloatArray:
    """E_ik, the model's proportion correct of item i among those with sum score k; (n, n - 1)."""
    p = probability(population.nodes, items)
    whole = (sum_score_distribution(p) @ population.weights)[1:-1]
    expected = np.empty((len(items), len(items) - 1))
    for i in range(len(items)):
        rest = sum_score_distribution(np.delete(p, i, axis=1))
        # A test so extreme that a score has no probability has nobody in that group either.
        expected[i] = rest[:-1] @ (population.weights * p[:, i]) / np.maximum(whole, np.finfo(float).tiny)
    return np.clip(expected, 0, 1)


def _joined(sizes: FloatArray, right: FloatArray, expected: FloatArray, least: float) -> FloatArray:
    """Score groups joined until they are large enough: rows of lowest score, students, observed and expected share."""
    rows: list[list[float]] = []
    lowest, n, seen, awaited = 1, 0.0, 0.0, 0.0
    for k, size in enumerate(sizes):
        n, seen, awaited = n + size, seen + right[k], awaited + size * expected[k]
        if awaited >= least and n - awaited >= least:
            rows.append([lowest, n, seen, awaited])
            lowest, n, seen, awaited = k + 2, 0.0, 0.0, 0.0
    if n and rows:
        rows[-1][1:] = [rows[-1][1] + n, rows[-1][2] + seen, rows[-1][3] + awaited]
    table = np.array(rows).reshape(-1, 4)
    table[:, 2:] /= table[:, 1:2]
    return table


def _chi_square(table: FloatArray) -> float:
    _, n, observed, expected = table.T
    return float((n * (observed - expected) ** 2 / (expected * (1 - expected))).sum())
