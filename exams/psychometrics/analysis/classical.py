"""Classical item analysis: facility, discrimination, distractors.

Lord & Novick (1968), Statistical theories of mental test scores, chapters 14 and 15; Crocker & Algina (1986), chapter
14. Missing answers are allowed: every statistic uses the students who have what it needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from exams.cat.models import FloatArray
from exams.psychometrics.analysis.answers import BoolArray, IntArray, column, graded

# Haladyna & Downing (1993): an option that fewer than one in twenty choose does no work.
WORKING_SHARE = 0.05


@dataclass(frozen=True, eq=False)
class ItemStatistics:
    """Classical statistics of n items.

    Attributes
    ----------
    answered : array (n,)
        Students who answered the item.
    facility : array (n,)
        Mean score as a share of the highest score, in [0, 1]; the proportion correct of a dichotomous item.
    deviation : array (n,)
        Standard deviation of the score (divisor: answers - 1).
    discrimination : array (n,)
        Pearson correlation of the score with the criterion: point-biserial for a dichotomous item.
    biserial : array (n,)
        Biserial correlation of a dichotomous item; NaN for others.

    What cannot be computed (nobody answered, all answered alike) is NaN.
    """

    answered: IntArray
    facility: FloatArray
    deviation: FloatArray
    discrimination: FloatArray
    biserial: FloatArray


def item_statistics(
    scores: ArrayLike, *, highest: ArrayLike | None = None, criterion: ArrayLike | None = None
) -> ItemStatistics:
    """Facility and corrected discrimination of every item.

    Parameters
    ----------
    scores : array (N, n)
        Scores >= 0, NaN where there is no answer.
    highest : array (n,), optional
        The highest score of each item; 1 for each by default.
    criterion : array (N,), optional
        What a good item should go with, for example an estimate of ability: needed when students were given
        different items, whose rest scores cannot be compared. By default the rest score: the share of the points
        of the *other* answered items that the student earned. Leaving the item itself out is the correction
        (Henrysson, 1963, Psychometrika 28).

    Notes
    -----
    With p the proportion correct, q = 1 - p and y the normal density at its p-quantile, the biserial correlation is
    r_pb sqrt(p q) / y (Lord & Novick, 1968, eq. 15.3.9). It exceeds 1 where the criterion is far from normal.
    """
    x = graded(scores)
    students, size = x.shape
    top = np.ones(size) if highest is None else column(highest, size, "highest")
    if (top <= 0).any():
        index = int(np.argmin(top))
        raise ValueError(f"highest[{index}] = {top[index].item()!r}: an item's highest score is above 0")
    if (over := np.nanmax(np.where(np.isnan(x), 0, x) - top)) > 0:
        raise ValueError(f"scores: a score is {over:g} above the highest score of its item")
    given = ~np.isnan(x)
    against = _rest_scores(x, given, top) if criterion is None else column(criterion, students, "criterion")[:, None]
    answered = given.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        facility = np.nansum(x, axis=0) / answered / top
        deviation = np.sqrt(np.nansum((x - facility * top) ** 2, axis=0) / np.maximum(answered - 1, 0))
        correlation = _correlations(x, np.broadcast_to(against, x.shape))
        two_valued = (np.isnan(x) | (x == 0) | (x == top)).all(axis=0)
        density = stats.norm.pdf(stats.norm.ppf(facility))
        biserial = np.where(two_valued, correlation * np.sqrt(facility * (1 - facility)) / density, np.nan)
    return ItemStatistics(answered, facility, deviation, correlation, biserial)


def _rest_scores(x: FloatArray, given: BoolArray, top: FloatArray) -> FloatArray:
    points = np.where(given, x, 0)
    possible = given * top
    with np.errstate(invalid="ignore", divide="ignore"):
        return (points.sum(axis=1, keepdims=True) - points) / (possible.sum(axis=1, keepdims=True) - possible)


def _correlations(x: FloatArray, y: FloatArray) -> FloatArray:
    """Pearson correlation of each column of x with that of y over the rows where both are known; (n,)."""
    both = ~(np.isnan(x) | np.isnan(y))
    count = both.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        x = np.where(both, x - np.where(both, x, 0).sum(axis=0) / count, 0)
        y = np.where(both, y - np.where(both, y, 0).sum(axis=0) / count, 0)
        spread = (x**2).sum(axis=0) * (y**2).sum(axis=0)
        # Rounding leaves a spread of about 1e-33 where all values are equal; no correlation is defined there.
        return np.where(spread > 1e-20, (x * y).sum(axis=0) / np.sqrt(spread), np.nan)


@dataclass(frozen=True, eq=False)
class DistractorTable:
    """How the k options of one item were chosen.

    Attributes
    ----------
    options : tuple of int
        The options, in the order given.
    key : array (k,) of bool
        Which of them are right.
    count, share : array (k,)
        Students who chose each option; as a share of those who answered.
    mean_ability : array (k,)
        Mean ability of those who chose it; NaN where nobody did.
    discrimination : array (k,)
        Point-biserial correlation of choosing it with ability, among those who answered.
    omitted : int
        Students without an answer.
    omitted_ability : float
        Their mean ability; NaN where there are none.
    """

    options: tuple[int, ...]
    key: BoolArray
    count: IntArray
    share: FloatArray
    mean_ability: FloatArray
    discrimination: FloatArray
    omitted: int
    omitted_ability: float

    @property
    def idle(self) -> BoolArray:
        """Wrong options that fewer than 5 % chose; (k,)."""
        return ~self.key & (self.share < WORKING_SHARE)

    @property
    def misleading(self) -> BoolArray:
        """Wrong options with a positive correlation with ability: abler students prefer them; (k,).

        Usually the key is wrong or a second option can be defended. Options that few chose are left out.
        """
        with np.errstate(invalid="ignore"):
            return ~self.key & ~self.idle & (self.discrimination > 0)


def distractor_table(
    chosen: ArrayLike, key: int | Sequence[int], options: Sequence[int], ability: ArrayLike
) -> DistractorTable:
    """Counts and mean ability for each option of one item.

    Parameters
    ----------
    chosen : array (N,)
        The option that each student chose; NaN, or a negative number in an integer array, where there is no answer.
    key : int or several
        The right option or options.
    options : sequence of int
        All options that the item offers, those that nobody chose among them.
    ability : array (N,)
        Ability estimate or total score of each student.
    """
    picks = np.asarray(chosen, dtype=np.float64)
    if picks.ndim != 1:
        raise ValueError(f"chosen has shape {picks.shape}; expected one option for each student")
    measure = column(ability, picks.size, "ability")
    offered = tuple(int(option) for option in options)
    right = {int(k) for k in np.atleast_1d(key)}
    if len(set(offered)) != len(offered) or min(offered, default=0) < 0:
        raise ValueError(f"options = {offered!r}: every option is there once and is a number >= 0")
    if not right or not right <= set(offered):
        raise ValueError(f"key = {key!r}: not among the options {offered!r}")
    answered = picks >= 0
    unknown = answered & ~np.isin(picks, offered)
    if unknown.any():
        index = int(np.argmax(unknown))
        raise ValueError(f"chosen[{index}] = {picks[index].item()!r}: not among the options {offered!r}")
    took = (picks[answered, None] == np.array(offered)).astype(np.float64)
    count = took.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = count / answered.sum()
        means = took.T @ measure[answered] / count
    return DistractorTable(
        options=offered,
        key=np.isin(offered, list(right)),
        count=count.astype(np.intp),
        share=share,
        mean_ability=means,
        discrimination=_correlations(took, np.broadcast_to(measure[answered, None], took.shape)),
        omitted=int((~answered).sum()),
        omitted_ability=float(measure[~answered].mean()) if not answered.all() else float("nan"),
    )
