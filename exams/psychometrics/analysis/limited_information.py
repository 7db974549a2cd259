"""Does the model fit the test as a whole? M2, from how often items and pairs of items were answered correctly.

Maydeu-Olivares & Joe (2005), Journal of the American Statistical Association 100; (2006), Psychometrika 71.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, optimize, special, stats

from exams.cat.models import FloatArray, ItemParameters, derivative, probability
from exams.psychometrics.analysis.answers import complete_rows, dichotomous, proportion, require_same_items
from exams.psychometrics.analysis.fit import STANDARD_NORMAL, Population

Estimated = Literal["nothing", "rasch", "1pl", "2pl", "3pl"]
# The covariance matrix of the margins of 120 items takes 420 MB; the time grows with the sixth power of the items.
MOST_ITEMS = 120


@dataclass(frozen=True)
class M2:
    """M2 and what is derived from it.

    Attributes
    ----------
    statistic, df, p : float, int, float
        Chi-square, its degrees of freedom and p-value.
    rmsea, rmsea_lower, rmsea_upper : float
        RMSEA2 and its confidence interval; up to .05 / (answer categories - 1) is a close fit (Maydeu-Olivares &
        Joe, 2014, Multivariate Behavioral Research 49): the p-value of a large sample refuses every model.
    srmsr : float
        Root mean square of the differences between the observed correlations and the model's.
    students : int
        Students who answered every item.
    """

    statistic: float
    df: int
    p: float
    rmsea: float
    rmsea_lower: float
    rmsea_upper: float
    srmsr: float
    students: int


def m2(
    scores: ArrayLike,
    items: ItemParameters,
    *,
    estimated: Estimated = "nothing",
    population: Population = STANDARD_NORMAL,
    confidence: float = 0.9,
) -> M2:
    """Limited-information goodness of fit (Maydeu-Olivares & Joe, 2006, eqs. 10-12).

    With e the observed less the expected proportions of students who answered each item, and each pair of items,
    correctly, N Xi^-1 their precision under the model and D their derivatives in the estimated parameters,

        M2 = N e' (Xi^-1 - Xi^-1 D (D' Xi^-1 D)^-1 D' Xi^-1) e,   df = n (n + 1) / 2 - rank D.

    Parameters
    ----------
    scores : array (N, n) of 0, 1 and NaN; students with a missing answer are left out
    items : parameters of the n items
    estimated : what was estimated from these scores by maximum likelihood
        "rasch" the difficulties, "1pl" those and one slope (or the variance of ability), "2pl" a and b,
        "3pl" a, b and c; "nothing" when the parameters come from elsewhere.
    population : the distribution of ability of these students
    confidence : of the interval of RMSEA2
    """
    proportion(confidence, "confidence")
    x = _complete_scores(scores, items)
    p = probability(population.nodes, items)
    pairs = np.triu_indices(len(items), 1)
    expected, covariance = _margins(p, population.weights, pairs)
    together = x.T @ x / len(x)
    observed = np.concatenate([np.diag(together), together[pairs]])
    slopes = _derivatives(items, estimated, population, p, pairs)
    statistic, rank = _quadratic_form(observed - expected, covariance, slopes)
    statistic, df = len(x) * statistic, len(observed) - rank
    if df < 1:
        raise ValueError(f"{len(items)} items leave no degree of freedom to test the {estimated} model with M2")
    misfit = _correlation_misfit(observed, expected, pairs)
    return _reported(statistic, df, _noncentrality(statistic, df, confidence), misfit, len(x))


def _complete_scores(scores: ArrayLike, items: ItemParameters) -> FloatArray:
    x = dichotomous(scores)
    require_same_items(x, len(items))
    if not 2 <= len(items) <= MOST_ITEMS:
        raise ValueError(f"{len(items)} items: M2 is computed for 2 to {MOST_ITEMS}")
    return complete_rows(x, 2)


def _reported(statistic: float, df: int, noncentrality: tuple[float, float], misfit: float, students: int) -> M2:
    scale = students * df
    lower, upper = noncentrality
    return M2(
        statistic=statistic,
        df=df,
        p=float(stats.chi2.sf(statistic, df)),
        rmsea=float(np.sqrt(max(0.0, statistic - df) / scale)),
        rmsea_lower=float(np.sqrt(lower / scale)),
        rmsea_upper=float(np.sqrt(upper / scale)),
        srmsr=misfit,
        students=students,
    )


def _margins(p: FloatArray, weights: FloatArray, pairs: tuple[np.ndarray, ...]) -> tuple[FloatArray, FloatArray]:
    """Expected first and second margins, and N times the covariance of the observed ones."""
    size = p.shape[1]
    first, second = pairs
    products = np.concatenate([p, p[:, first] * p[:, second]], axis=1)
    expected = weights @ products
    joint = (products * weights[:, None]).T @ products
    # Margins that share an item: its probability counts once, not squared.
    for i in range(size):
        holding = np.concatenate([[i], size + np.flatnonzero((first == i) | (second == i))])
        others = np.delete(p, i, axis=1)
        rest = np.concatenate([np.ones((len(p), 1)), others], axis=1)
        joint[np.ix_(holding, holding)] = (rest * (weights * p[:, i])[:, None]).T @ rest
    np.fill_diagonal(joint, expected)
    joint -= np.outer(expected, expected)
    return expected, joint


def _derivatives(
    items: ItemParameters, estimated: Estimated, population: Population, p: FloatArray, pairs: tuple[np.ndarray, ...]
) -> FloatArray:
    """Derivatives of the expected margins in the estimated parameters, (margins, parameters)."""
    by_item = _curve_derivatives(items, estimated, population.nodes, p)
    first, second = pairs
    size, margins = p.shape[1], p.shape[1] + len(first)
    columns = []
    for slope in by_item:
        block = np.zeros((margins, size))
        block[np.arange(size), np.arange(size)] = population.weights @ slope
        crossed = (slope * population.weights[:, None]).T @ p
        rows = size + np.arange(len(first))
        block[rows, first] = crossed[first, second]
        block[rows, second] = crossed[second, first]
        columns.append(block)
    if estimated == "1pl":
        columns[1] = columns[1].sum(axis=1, keepdims=True)
    return np.concatenate(columns, axis=1) if columns else np.zeros((margins, 0))


def _curve_derivatives(
    items: ItemParameters, estimated: Estimated, nodes: FloatArray, p: FloatArray
) -> list[FloatArray]:
    """dP/db, dP/da and dP/dc at the nodes, as far as they were estimated; each (q, n)."""
    by_theta = derivative(nodes, items)
    in_b = -by_theta
    in_a = by_theta * (nodes[:, None] - items.b) / items.a
    in_c = (items.d - p) / (items.d - items.c)
    choices: dict[str, list[FloatArray]] = {
        "nothing": [],
        "rasch": [in_b],
        "1pl": [in_b, in_a],
        "2pl": [in_b, in_a],
        "3pl": [in_b, in_a, in_c],
    }
    if estimated not in choices:
        raise ValueError(f"estimated = {estimated!r}: one of {', '.join(choices)}")
    return choices[estimated]


def _quadratic_form(e: FloatArray, covariance: FloatArray, slopes: FloatArray) -> tuple[float, int]:
    """e' C e, C the precision within what the parameters cannot fit, and the rank of `slopes`."""
    try:
        factor = linalg.cholesky(covariance, lower=True, overwrite_a=True, check_finite=False)
    except linalg.LinAlgError as error:
        raise ValueError(
            "the expected margins are linearly dependent: an item is answered by (nearly) all or none, or twice there"
        ) from error
    whitened = linalg.solve_triangular(factor, np.column_stack([slopes, e]), lower=True, check_finite=False)
    basis, rest = whitened[:, :-1], whitened[:, -1]
    if not basis.shape[1]:
        return float(rest @ rest), 0
    # Columns of unit length, so that the rank does not hang on the units of a, b and c.
    lengths = np.linalg.norm(basis, axis=0)
    left, values, _ = linalg.svd(basis / np.where(lengths > 0, lengths, 1), full_matrices=False)
    rank = int((values > values[0] * 1e-9).sum())
    rest = rest - left[:, :rank] @ (left[:, :rank].T @ rest)
    return float(rest @ rest), rank


def _noncentrality(statistic: float, df: int, confidence: float) -> tuple[float, float]:
    """Confidence interval of the non-centrality, by turning the non-central chi-square round (Steiger, 1990)."""
    tail = (1 - confidence) / 2

    def solve(target: float) -> float:
        if stats.chi2.cdf(statistic, df) <= target:
            return 0.0
        most = statistic + 10 * np.sqrt(2 * df + 4 * statistic) + 10
        return float(optimize.brentq(lambda nc: special.chndtr(statistic, df, nc) - target, 0, most))

    return solve(1 - tail), solve(tail)


def _correlation_misfit(observed: FloatArray, expected: FloatArray, pairs: tuple[np.ndarray, ...]) -> float:
    """SRMSR: root mean square difference of the observed and expected correlations (Maydeu-Olivares, 2013)."""
    first, second = pairs
    size = len(observed) - len(first)

    def correlations(margins: FloatArray) -> FloatArray:
        means = margins[:size]
        deviation = np.sqrt(means * (1 - means))
        with np.errstate(invalid="ignore", divide="ignore"):
            phi: FloatArray = (margins[size:] - means[first] * means[second]) / (deviation[first] * deviation[second])
        return phi

    difference = correlations(observed) - correlations(expected)
    # An item that all answered alike has no correlations.
    known = np.isfinite(difference)
    return float(np.sqrt(np.mean(difference[known] ** 2))) if known.any() else float("nan")
