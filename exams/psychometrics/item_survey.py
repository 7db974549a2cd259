"""One item looked at: its points and curve, its options, its months; plain values ready to be stored and drawn."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from exams.psychometrics.analysis import distractor_table, empirical_curve, item_drift, item_statistics
from exams.psychometrics.appraisal import LEAST_IN_GROUP, MOST_GROUPS, dichotomous_parameters, item_fit
from exams.psychometrics.models import POLYTOMOUS, FloatArray, Items
from exams.psychometrics.survey import Sample, rounded

# Fewer answers than this in all say nothing of months.
LEAST_FOR_DRIFT = 60
LEAST_IN_MONTH = 15
# Standard deviations that a correlation must lie above 0: one in a hundred does by chance.
ONE_SIDED = 2.33


def classical_of(scores: FloatArray, theta: FloatArray, highest: int) -> dict[str, Any]:
    """{facility, discrimination, deviation}: the discrimination is the correlation with ability.

    Students were given different items, so that the rest score of one is not that of another; theta is on one scale.
    """
    found = item_statistics(scores[:, None], highest=[highest], criterion=theta)
    return {
        "facility": rounded(found.facility[0]),
        "discrimination": rounded(found.discrimination[0]),
        "deviation": rounded(found.deviation[0]),
    }


def fit_of(sample: Sample, column: int, rows: NDArray[np.intp], scores: FloatArray) -> dict[str, Any]:
    """{infit, outfit, infit_z, outfit_z, difference, difference_z} with the bank's parameters, from the answers `rows`.

    The students' other answers foretell each; those to items in field test are left out of that.
    """
    kept = np.flatnonzero(sample.scored | (np.arange(sample.scored.size) == column))
    responses, items = sample.responses.take(items=kept), sample.items.take(kept)
    found = item_fit(responses, items, int(np.searchsorted(kept, column)), (rows, scores))
    names = ("infit", "outfit", "infit_z", "outfit_z", "difference", "difference_z")
    return dict(zip(names, map(rounded, found), strict=True))


def points_of(scores: FloatArray, theta: FloatArray, highest: int) -> list[dict[str, Any]]:
    """[{theta, p, n, low, high}]: the observed share of the score in groups of rising ability."""
    groups = int(np.clip(scores.size // LEAST_IN_GROUP, 1, MOST_GROUPS))
    curve = empirical_curve(scores, theta, groups=groups, highest=highest)
    rows = zip(curve.ability, curve.observed, curve.students, curve.lower, curve.upper, strict=True)
    names = ("theta", "p", "n", "low", "high")
    return [dict(zip(names, (round(float(v), 4) for v in row), strict=True)) for row in rows]


def options_of(
    chosen: NDArray[np.integer], theta: FloatArray, key: int, count: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The distractor table, and the share of each option in groups of rising ability.

    Returns
    -------
    [{option, key, count, share, ability, discrimination, idle, misleading}]
    [{theta, n, shares: [of each option]}]
    """
    options = list(range(1, count + 1))
    known = (chosen >= 1) & (chosen <= count)
    chosen, theta = chosen[known], theta[known]
    table = distractor_table(chosen, key, options, theta)
    rows = [
        {
            "option": option,
            "key": bool(table.key[k]),
            "count": int(table.count[k]),
            "share": rounded(table.share[k]),
            "ability": rounded(table.mean_ability[k]),
            "discrimination": rounded(table.discrimination[k]),
            "idle": bool(table.idle[k]),
            # A correlation that chance explains would accuse every tenth option of a small group.
            "misleading": bool(table.misleading[k] and table.discrimination[k] * np.sqrt(chosen.size) > ONE_SIDED),
        }
        for k, option in enumerate(options)
    ]
    order = np.argsort(theta, kind="stable")
    groups = int(np.clip(order.size // LEAST_IN_GROUP, 1, 6))
    curves = [
        {
            "theta": round(float(theta[part].mean()), 3),
            "n": int(part.size),
            "shares": [round(float((chosen[part] == option).mean()), 4) for option in options],
        }
        for part in np.array_split(order, groups)
        if part.size
    ]
    return rows, curves


def drift_of(
    scores: FloatArray, before: FloatArray, se: FloatArray, months: NDArray[np.str_], item: Items
) -> dict[str, Any] | None:
    """The item month by month against its parameters; None where there are too few answers or months.

    `before` and `se` are the abilities before the answer, so that no answer is compared with itself; at the first
    question of an attempt they are the prior's.
    """
    if scores.size < LEAST_FOR_DRIFT or set(item.models) & set(POLYTOMOUS):
        return None
    names, counts = np.unique(months, return_counts=True)
    kept = np.isin(months, names[counts >= LEAST_IN_MONTH])
    if np.unique(months[kept]).size < 2:
        return None
    ability = np.where(np.isnan(before), 0.0, before)[kept]
    error = np.where(np.isnan(se), 1.0, se)[kept]
    found = item_drift(scores[kept], ability, months[kept].tolist(), dichotomous_parameters(item), se=error)
    return {
        "months": [
            {
                "month": str(found.periods[t]),
                "n": int(found.answers[t]),
                "observed": rounded(found.observed[t]),
                "expected": rounded(found.expected[t]),
                "difficulty": rounded(found.difficulty[t]),
                "se": rounded(found.se[t]),
                "easier": rounded(found.cusum_easier[t]),
                "harder": rounded(found.cusum_harder[t]),
            }
            for t in range(len(found.periods))
        ],
        "shift": rounded(found.shift),
        "shift_se": rounded(found.shift_se),
        "p": rounded(found.p),
        "flags": [str(flag) for flag in found.flags],
    }
