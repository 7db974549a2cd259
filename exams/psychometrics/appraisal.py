"""How well items fit the answers that they were estimated from: one answer after the other, whatever is missing.

Everything goes item by item over the answers that there are, so that 2,000 items of which each person met 30 cost no
more than those answers. S-X2 alone needs persons who answered everything, and is NaN where there are too few.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from exams.cat.models import ItemParameters
from exams.psychometrics.analysis import (
    EmpiricalCurve,
    Population,
    empirical_curve,
    item_statistics,
    mean_squares,
    s_x2,
)
from exams.psychometrics.analysis.moments import score_moments
from exams.psychometrics.models import POLYTOMOUS, FloatArray, Items
from exams.psychometrics.responses import Responses
from exams.psychometrics.scoring import expected_a_posteriori, without_item

# S-X2 compares score groups; of fewer persons it says little.
LEAST_COMPLETE = 200
# Beyond this its recursion over all sum scores takes minutes.
MOST_ITEMS = 150
# Points of an empirical curve: a tenth of the answers each, but not fewer than this.
LEAST_IN_GROUP, MOST_GROUPS = 15, 10
# Mean squares of so many answers are known to a hundredth.
MOST_FOR_FIT = 5_000


@dataclass(frozen=True, eq=False)
class Appraisal:
    """Fit of J items to the answers of n persons; arrays (J,) with NaN for what cannot be said.

    Attributes
    ----------
    theta, se : array (n,)
        EAP estimates of the persons with these parameters.
    answers : array (J,)
    facility, item_total : mean score as a share of the highest; correlation of the score with theta
    infit, outfit, infit_z, outfit_z : mean squares and their deviates
    difference, difference_z : observed less expected mean score, as a share of the highest, and its standard deviate
    s_x2, s_x2_df, s_x2_p, s_x2_rmsea
    curves : tuple of J empirical curves, None where nobody answered
    """

    theta: FloatArray
    se: FloatArray
    answers: NDArray[np.intp]
    facility: FloatArray
    item_total: FloatArray
    infit: FloatArray
    outfit: FloatArray
    infit_z: FloatArray
    outfit_z: FloatArray
    difference: FloatArray
    difference_z: FloatArray
    s_x2: FloatArray
    s_x2_df: FloatArray
    s_x2_p: FloatArray
    s_x2_rmsea: FloatArray
    curves: tuple[EmpiricalCurve | None, ...]


def appraise(
    responses: Responses, items: Items, *, mean: float = 0.0, sd: float = 1.0, estimated: bool = True
) -> Appraisal:
    """Everything that one should see of the items before using them.

    Parameters
    ----------
    responses : Responses (n, J), each row one person
    items : their parameters
    mean, sd : of the population that they were estimated with
    estimated : whether the parameters were estimated from these answers
    """
    persons = expected_a_posteriori(responses, items, mean=mean, sd=sd)
    by_item = _by_item(responses)
    rows = [
        (
            *_classical(by_item, persons.theta, items, j),
            *item_fit(responses, items, j, answers_of(by_item, j), mean, sd),
        )
        for j in range(len(items))
    ]
    curves = tuple(_curve(by_item, persons.theta, items, j) for j in range(len(items)))
    columns = np.array(rows, dtype=np.float64).reshape(len(items), -1).T
    sums = _s_x2(responses, items, mean, sd, estimated)
    values: dict[str, Any] = dict(zip(COLUMNS, (*columns[1:], *sums), strict=True))
    return Appraisal(theta=persons.theta, se=persons.se, answers=columns[0].astype(np.intp), curves=curves, **values)


# The arrays of an Appraisal in the order in which they are computed.
COLUMNS = (
    "facility",
    "item_total",
    "infit",
    "outfit",
    "infit_z",
    "outfit_z",
    "difference",
    "difference_z",
    "s_x2",
    "s_x2_df",
    "s_x2_p",
    "s_x2_rmsea",
)


def _by_item(responses: Responses) -> sparse.csc_array:
    """Scores and one, by item: what is not stored is missing."""
    stored = responses.scores if responses.is_sparse else sparse.csr_array(responses.scores + np.int8(1))
    return sparse.csc_array(stored)


def answers_of(by_item: sparse.csc_array, j: int) -> tuple[NDArray[np.intp], FloatArray]:
    """Who answered item j, and the scores."""
    span = slice(int(by_item.indptr[j]), int(by_item.indptr[j + 1]))
    return by_item.indices[span], by_item.data[span].astype(np.float64) - 1


def _classical(by_item: sparse.csc_array, theta: FloatArray, items: Items, j: int) -> tuple[float, float, float]:
    who, scores = answers_of(by_item, j)
    if not who.size:
        return 0.0, np.nan, np.nan
    top = int(items.categories[j]) - 1
    found = item_statistics(scores[:, None], highest=[top], criterion=theta[who])
    return float(who.size), float(found.facility[0]), float(found.discrimination[0])


def item_fit(
    responses: Responses,
    items: Items,
    j: int,
    answers: tuple[NDArray[np.intp], FloatArray],
    mean: float = 0.0,
    sd: float = 1.0,
) -> tuple[float, float, float, float, float, float]:
    """Infit, outfit, their deviates, observed less expected share of the score, and its deviate, of item j.

    Each answer is held against what the student's other answers foretell (`scoring.without_item`), with the error of
    that. Of many answers a part that is spread evenly over them tells as much.
    """
    who, scores = answers
    if not who.size:
        return (np.nan,) * 6
    if who.size > MOST_FOR_FIT:
        some = np.linspace(0, who.size - 1, MOST_FOR_FIT).astype(np.intp)
        who, scores = who[some], scores[some]
    rest = without_item(responses, items, j, who, mean=mean, sd=sd)
    item, top = items.take([j]), int(items.categories[j]) - 1
    fit = mean_squares(scores[:, None], rest.theta, item, se=rest.se)
    expected, variance, _ = score_moments(rest.theta, item, rest.se)
    residual = float((scores - expected[:, 0]).sum())
    deviates = float(fit.infit_z[0]), float(fit.outfit_z[0])
    total = float(np.sqrt(variance.sum()))
    return float(fit.infit[0]), float(fit.outfit[0]), *deviates, residual / who.size / top, residual / total


def _curve(by_item: sparse.csc_array, theta: FloatArray, items: Items, j: int) -> EmpiricalCurve | None:
    who, scores = answers_of(by_item, j)
    if not who.size:
        return None
    groups = int(np.clip(who.size // LEAST_IN_GROUP, 1, MOST_GROUPS))
    return empirical_curve(scores, theta[who], groups=groups, highest=int(items.categories[j]) - 1)


def _s_x2(responses: Responses, items: Items, mean: float, sd: float, estimated: bool) -> tuple[FloatArray, ...]:
    size = len(items)
    nothing = tuple(np.full(size, np.nan) for _ in range(4))
    complete = np.flatnonzero(responses.answered() == size)
    if complete.size < LEAST_COMPLETE or not 2 <= size <= MOST_ITEMS or set(items.models) & set(POLYTOMOUS):
        return nothing
    parameters = {"1PL": 1, "2PL": 2, "3PL": 3, "4PL": 4}
    counted = max(parameters[model] for model in items.models) if estimated else 0
    found = s_x2(
        responses.take(rows=complete).dense(),
        dichotomous_parameters(items),
        estimated=counted,
        population=Population.normal(mean, sd),
    )
    return found.statistic, found.df.astype(np.float64), found.p, found.rmsea


def dichotomous_parameters(items: Items) -> ItemParameters:
    """Logistic items as the adaptive engine has them. Negative slopes, which it refuses, become nearly flat."""
    return ItemParameters(a=np.maximum(items.a, 1e-3), b=items.b[:, 0], c=items.c, d=items.d)


def connected(responses: Responses) -> NDArray[np.intp]:
    """Which items some chain of persons connects: the number of its group for each item, (J,)."""
    stored = _by_item(responses)
    # Ones of a wide type: products of small integers would wrap round to 0.
    met = sparse.csc_array((np.ones(stored.nnz, dtype=np.int64), stored.indices, stored.indptr), shape=stored.shape)
    _, labels = csgraph.connected_components(met.T @ met, directed=False)
    groups: NDArray[np.intp] = labels.astype(np.intp)
    return groups
