"""Bringing new items onto the scale of a bank: its items keep their parameters and carry the scale.

Field-test items are answered beside items of the bank. With the bank's items fixed and the mean and standard deviation
of the group free, one estimation puts the new items where the bank is (fixed-parameter calibration with the population
updated at every cycle; Kim, 2006), whoever the group was.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from exams.psychometrics.estimation import Calibration, Priors, Progress, Settings, calibrate
from exams.psychometrics.models import Items
from exams.psychometrics.responses import Responses

# A scale carried by fewer drifts with each of them (Kolen & Brennan, 2014, 8.1, ask for more still).
FEW_ANCHORS = 5


def calibrate_with_anchors(
    responses: Responses | ArrayLike,
    models: str | Sequence[str] = "2PL",
    *,
    anchors: Items,
    at: ArrayLike,
    categories: ArrayLike | None = None,
    priors: Priors | None = None,
    settings: Settings | None = None,
    names: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Estimate the items that are not anchors on the scale of those that are.

    Parameters
    ----------
    responses : Responses, or a matrix (n, J) with -1 or NaN for missing answers
    models : one name for all new items, or J names; those of anchors are their own whatever stands there
    anchors : Items
        Parameters that stay.
    at : array (k,)
        Which columns of the responses the anchors are, in the order of `anchors`.
    others : as in `exams.psychometrics.estimation.calibrate`
        New 1PL items beside 1PL anchors take the anchors' slope.

    Returns
    -------
    Calibration
        All J items, the anchors unchanged and without standard errors; `mean` and `sd` of the group on their scale.

    Raises
    ------
    ValueError
        When no anchor was answered, or an index of an anchor is wrong.
    """
    answers = responses if isinstance(responses, Responses) else Responses.from_matrix(responses)
    places = _checked_places(at, anchors, answers)
    found = calibrate(
        answers,
        _models_of_all(models, answers.n_items, places, anchors),
        categories=categories,
        priors=priors,
        settings=settings,
        names=names,
        known=(places, anchors),
        free_population=True,
        progress=progress,
    )
    return found if len(anchors) >= FEW_ANCHORS else _warned(found, len(anchors))


def _models_of_all(models: str | Sequence[str], size: int, places: np.ndarray, anchors: Items) -> list[str]:
    chosen = [models] * size if isinstance(models, str) else list(models)
    if len(chosen) != size:
        raise ValueError(f"{len(chosen)} models for {size} items")
    for place, model in zip(places, anchors.models, strict=True):
        chosen[place] = model
    return chosen


def _warned(found: Calibration, anchors: int) -> Calibration:
    few = f"only {anchors} anchors carry the scale; at least {FEW_ANCHORS} are wanted"
    return replace(found, warnings=(*found.warnings, few))


def _checked_places(at: ArrayLike, anchors: Items, answers: Responses) -> np.ndarray:
    places = np.asarray(at, dtype=np.intp)
    if places.ndim != 1 or places.size != len(anchors):
        raise ValueError(f"{places.size} places for {len(anchors)} anchors")
    outside = (places < 0) | (places >= answers.n_items)
    if outside.any():
        raise ValueError(f"an anchor is at column {places[outside][0]}; there are {answers.n_items} columns")
    if np.unique(places).size != places.size:
        raise ValueError("two anchors are at the same column")
    if not answers.category_counts()[places].any():
        raise ValueError("nobody answered an anchor; nothing connects these answers with the bank's scale")
    return places
