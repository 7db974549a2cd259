"""What a finished attempt is reported as: scores on the exam's scales, abilities by content area, the class.

Computed from the attempt's own state and the rules of its pool alone, and stored on the attempt: whatever becomes of
the exam or of a scale later, the report stays.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from exams.cat import session
from exams.cat.session import CatState
from exams.pools import LoadedPool
from exams.scales import Scale

Report = dict[str, Any]


def report_of_state(loaded: LoadedPool, state: CatState) -> Report:
    """The report of an attempt that ended in `state`.

    Returns
    -------
    dict
        `scored`: answers that counted; `scales`: [{code, names, the transformation, value, se, low, high}], the last
        two the ends of the 95 % band; `areas`: [{area: id, items, theta, se, scales: [{code, value, se, low, high}]}]
        of an exam with sub-scales; `class` (from 0) and `cut_scores` of one with cut scores. Without an answer that
        counts there is neither scale nor class.
    """
    scored = sum(score is not None for score in state.scores)
    report: Report = {"scored": scored}
    if not scored:
        return report
    report["scales"] = [{**rule, **_score(rule, state.theta, state.se)} for rule in loaded.rules.get("scales", ())]
    if loaded.rules.get("subscales"):
        report["areas"] = _areas(loaded, state)
    if cuts := loaded.rules.get("cut_scores"):
        report |= {"class": bisect_right(cuts, state.theta), "cut_scores": cuts}
    return report


def _score(rule: Mapping[str, Any], theta: float, se: float) -> dict[str, Any]:
    scale = Scale.from_json(rule)
    low, high = scale.band(theta, se) if isfinite(se) else (None, None)
    return {"value": scale.value(theta), "se": scale.standard_error(theta, se), "low": low, "high": high}


def _areas(loaded: LoadedPool, state: CatState) -> list[dict[str, Any]]:
    """Each area that was asked about with its ability, by the exam's own estimator from the area's answers alone."""
    abilities = session.estimate_by_area(loaded.pool, loaded.config, state.administered, state.scores)
    names, index = loaded.pool.area_names, loaded.pool.area_index
    answers = zip(state.administered, state.scores, strict=True)
    asked = Counter(names[index[item]] for item, score in answers if score is not None)
    scales = loaded.rules.get("scales", ())
    return [
        {
            "area": area,
            "items": asked[area],
            "theta": abilities[area].theta,
            "se": abilities[area].se if isfinite(abilities[area].se) else None,
            "scales": list(_area_scores(scales, abilities[area].theta, abilities[area].se)),
        }
        for area in names
        if asked[area]
    ]


def _area_scores(rules: Iterable[Mapping[str, Any]], theta: float, se: float) -> Iterable[dict[str, Any]]:
    return ({"code": rule["code"], **_score(rule, theta, se)} for rule in rules)
