"""Does the exam treat two groups alike? Mantel–Haenszel, logistic regression and Lord's test of every item at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from exams.psychometrics.analysis import ability_strata, logistic_dif, lord_chi_square, mantel_haenszel
from exams.psychometrics.analysis.answers import BoolArray
from exams.psychometrics.estimation import LogNormal, Priors, calibrate
from exams.psychometrics.linking import link
from exams.psychometrics.models import POLYTOMOUS, FloatArray, Items
from exams.psychometrics.responses import Responses
from exams.psychometrics.survey import Sample, rounded

# Of fewer in a group nothing can be said of groups; an item needs this many answers from each.
LEAST_GROUP, LEAST_ANSWERS = 50, 20
# Two calibrations want more.
LEAST_FOR_LORD, LEAST_ITEMS_FOR_LORD = 200, 5
COLUMNS_AT_ONCE = 100
# Twenty strata of fifty students each; fewer students, fewer strata.
MOST_STRATA, IN_STRATUM = 20, 15


def dif_of(sample: Sample, focal: BoolArray, known: BoolArray) -> list[dict[str, Any] | None]:
    """DIF of each item between the attempts that are `focal` and the others; `known` are those that have a group.

    Students are matched on ability, since they may have been given different items. None for an item with several
    scores or with too few answers.

    Returns
    -------
    J times {ets, delta, delta_se, p, uniform_p, nonuniform_p, effect, lord_p, lord_difference}
    """
    at = np.flatnonzero(known & (sample.responses.answered() > 0))
    group = focal[at]
    if min(int(group.sum()), int((~group).sum())) < LEAST_GROUP:
        return [None] * len(sample.items)
    theta = sample.theta[at]
    strata = ability_strata(theta, int(np.clip(at.size // IN_STRATUM, 2, MOST_STRATA)))
    found: list[dict[str, Any] | None] = [None] * len(sample.items)
    responses = sample.responses.take(rows=at)
    usable = _usable(sample, responses, group)
    for start in range(0, usable.size, COLUMNS_AT_ONCE):
        columns = usable[start : start + COLUMNS_AT_ONCE]
        scores = responses.take(items=columns).dense().astype(np.float64)
        scores[scores < 0] = np.nan
        mh = mantel_haenszel(scores, group, strata=strata)
        regression = logistic_dif(scores, group, matching=theta)
        for k, column in enumerate(columns.tolist()):
            found[column] = {
                "ets": mh.ets[k],
                "delta": rounded(mh.delta[k]),
                "delta_se": rounded(mh.delta_se[k]),
                "p": rounded(mh.p[k]),
                "uniform_p": rounded(regression.p_uniform[k]),
                "nonuniform_p": rounded(regression.p_nonuniform[k]),
                "effect": regression.effect[k],
                "lord_p": None,
                "lord_difference": None,
            }
    _add_lord(found, sample, at, group)
    return found


def _usable(sample: Sample, responses: Responses, group: BoolArray) -> NDArray[np.intp]:
    """Dichotomous items that enough of both groups answered."""
    two = ~np.isin(sample.items.models, POLYTOMOUS)
    counts = [responses.take(rows=np.flatnonzero(side)).category_counts().sum(axis=1) for side in (group, ~group)]
    enough: NDArray[np.intp] = np.flatnonzero(two & (np.minimum(*counts) >= LEAST_ANSWERS))
    return enough


def _add_lord(found: list[dict[str, Any] | None], sample: Sample, at: NDArray[np.intp], group: BoolArray) -> None:
    """Lord's chi-square on the difficulties of two 2PL calibrations, linked by mean and sigma."""
    sides = [sample.responses.take(rows=at[side]) for side in (~group, group)]
    enough = np.array([row is not None for row in found])
    for responses in sides:
        counts = responses.category_counts(2)[:, :2]
        enough &= (counts.sum(axis=1) >= LEAST_FOR_LORD) & (counts.min(axis=1) >= LEAST_ANSWERS)
    columns = np.flatnonzero(enough)
    if columns.size < LEAST_ITEMS_FOR_LORD:
        return
    reference, focal = (_difficulties(responses.take(items=columns)) for responses in sides)
    if reference is None or focal is None:
        return
    joined = link(reference[0], focal[0], "mean-sigma")
    variances = reference[1], joined.slope**2 * focal[1]
    usable = np.flatnonzero(np.isfinite(variances[0]) & np.isfinite(variances[1]))
    if not usable.size:
        return
    moved = joined.items(focal[0])
    test = lord_chi_square(reference[0].b[usable, 0], moved.b[usable, 0], variances[0][usable], variances[1][usable])
    for k, place in enumerate(columns[usable].tolist()):
        row = found[place]
        if row is not None:
            row |= {"lord_p": rounded(test.p[k]), "lord_difference": rounded(test.difference[k, 0])}


def _difficulties(responses: Responses) -> tuple[Items, FloatArray] | None:
    """2PL parameters and the variances of the difficulties; None when the search did not come to an end."""
    found = calibrate(responses, "2PL", priors=Priors(a=LogNormal(0.0, 0.5)))
    if not found.convergence.converged or found.errors is None:
        return None
    return found.items, found.errors.b[:, 0] ** 2
