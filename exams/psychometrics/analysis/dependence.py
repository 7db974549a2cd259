"""Do two items have more in common than ability? Local dependence by Yen's Q3."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from exams.cat.models import FloatArray
from exams.psychometrics.analysis.answers import BLOCK, IntArray, column, require_same_items
from exams.psychometrics.analysis.moments import AnyItems, score_moments, scores_for

# Christensen, Makransky & Horton (2017): the largest Q3 of independent items stays within .2 of the mean Q3.
CUT = 0.2
# The correlation of independent residuals of 100 students passes the cut once in forty pairs, of fewer more often.
LEAST_STUDENTS = 100


@dataclass(frozen=True)
class DependentPair:
    """Two items, by index, whose residuals correlate above the cut; `excess` is q3 less the mean q3."""

    first: int
    second: int
    q3: float
    excess: float
    students: int


@dataclass(frozen=True, eq=False)
class Q3:
    """Correlations of residuals.

    Attributes
    ----------
    matrix : array (n, n)
        Q3 of each pair; symmetric, NaN on the diagonal and where too few students answered both.
    students : array (n, n)
        Students who answered both.
    mean : float
        Mean over the pairs; about -1 / (n - 1) for independent items (Yen, 1993); NaN without any pair.
    pairs : tuple
        The pairs to look at, most dependent first.
    """

    matrix: FloatArray
    students: IntArray
    mean: float
    pairs: tuple[DependentPair, ...]


def q3(
    scores: ArrayLike,
    theta: ArrayLike,
    items: AnyItems,
    *,
    cut: float = CUT,
    least_students: int = LEAST_STUDENTS,
) -> Q3:
    """Yen's Q3 (Yen, 1984, Applied Psychological Measurement 8, eq. 8): the correlation of d_i and d_j,
    d_i = x_i - E_i(theta), over the students who answered both items.

    A pair is flagged when its Q3 is more than `cut` above the mean Q3 (Christensen, Makransky & Horton, 2017, Applied
    Psychological Measurement 41): abilities estimated from the same answers make every Q3 a little negative, the
    more so the shorter the test, so that a fixed cut would miss dependence in short tests.

    Parameters
    ----------
    scores : array (N, n) of 0, 1 and NaN; scores from 0 and NaN when `items` are of any models
    theta : array (N,), in logits
    items : parameters of the n >= 2 items
    """
    x = scores_for(items, scores)
    require_same_items(x, len(items))
    if len(items) < 2:
        raise ValueError("Q3 is about pairs: at least 2 items are needed")
    if not cut > 0:
        raise ValueError(f"cut = {cut!r}: must be above 0")
    at = column(theta, len(x), "theta")
    matrix, students = _residual_correlations(x, at, items)
    matrix[students < max(least_students, 3)] = np.nan
    np.fill_diagonal(matrix, np.nan)
    first, second = np.triu_indices(len(items), 1)
    values = matrix[first, second]
    known = ~np.isnan(values)
    mean = float(values[known].mean()) if known.any() else float("nan")
    flagged = [k for k in np.argsort(-values) if known[k] and values[k] - mean > cut]
    pairs = tuple(
        DependentPair(int(i), int(j), float(matrix[i, j]), float(matrix[i, j]) - mean, int(students[i, j]))
        for i, j in zip(first[flagged], second[flagged], strict=True)
    )
    return Q3(matrix, students, mean, pairs)


def _residual_correlations(x: FloatArray, theta: FloatArray, items: AnyItems) -> tuple[FloatArray, IntArray]:
    n = len(items)
    count, sums, squares, products = np.zeros((4, n, n))
    for start in range(0, len(x), BLOCK):
        block = x[start : start + BLOCK]
        given = (~np.isnan(block)).astype(np.float64)
        residual = np.where(given > 0, block - score_moments(theta[start : start + BLOCK], items)[0], 0)
        count += given.T @ given
        sums += residual.T @ given
        squares += (residual**2).T @ given
        products += residual.T @ residual
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = squares - sums**2 / count
        matrix = (products - sums * sums.T / count) / np.sqrt(spread * spread.T)
    return np.where(np.isfinite(matrix), np.clip(matrix, -1, 1), np.nan), count.astype(np.intp)
