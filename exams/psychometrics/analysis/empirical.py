"""Points to draw beside a model's curves: empirical characteristic curves and Wright maps."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from exams.cat.models import FloatArray
from exams.psychometrics.analysis.answers import IntArray, column, proportion, scores_of_one_item

# A bin of a Wright map may be as fine as this many bins over the whole scale; more cannot be drawn.
MOST_BINS = 400


@dataclass(frozen=True, eq=False)
class EmpiricalCurve:
    """Observed proportions correct of one item in g groups of rising ability; every array has shape (g,).

    Attributes
    ----------
    ability : array
        Mean ability of the group, in logits: where to draw its point.
    lowest, highest : array
        The least and the greatest ability in the group.
    students : array
        Answers in the group.
    observed : array
        Proportion correct, in [0, 1].
    lower, upper : array
        Its confidence interval, within [0, 1].
    """

    ability: FloatArray
    lowest: FloatArray
    highest: FloatArray
    students: IntArray
    observed: FloatArray
    lower: FloatArray
    upper: FloatArray


def empirical_curve(
    scores: ArrayLike, theta: ArrayLike, *, groups: int = 10, confidence: float = 0.95, highest: int = 1
) -> EmpiricalCurve:
    """Proportion correct of one item by ability, in groups of about equal size.

    Students of equal ability stay in one group, so that there may be fewer groups than asked for.

    Parameters
    ----------
    scores : array (m,) from 0 to `highest`, and NaN, which is left out
    theta : array (m,)
        Ability of the student of each answer, in logits.
    groups : int
        Groups wished for, at least 1.
    confidence : of the interval by Wilson (1927, Journal of the American Statistical Association 22), which keeps its
        coverage in small groups and near 0 and 1.
    highest : int
        The highest score. `observed` is the mean score as a share of it; above 1 its interval is mean +- z s / sqrt(n).
    """
    x = scores_of_one_item(scores, highest=highest)
    at = column(theta, x.size, "theta")
    if groups < 1:
        raise ValueError(f"groups = {groups!r}: at least 1")
    proportion(confidence, "confidence")
    known = ~np.isnan(x)
    if not known.any():
        raise ValueError("scores: nobody has answered the item")
    order = np.argsort(at[known], kind="stable")
    x, at = x[known][order], at[known][order]
    starts = _group_starts(at, groups)
    students = np.diff(np.append(starts, at.size))
    right = np.add.reduceat(x, starts) / highest
    if highest == 1:
        lower, upper = wilson_interval(right, students, confidence)
    else:
        squares = np.add.reduceat((x / highest) ** 2, starts) / students
        half = _normal_quantile(confidence) * np.sqrt(np.maximum(squares - (right / students) ** 2, 0) / students)
        lower, upper = np.clip(right / students - half, 0, 1), np.clip(right / students + half, 0, 1)
    return EmpiricalCurve(
        ability=np.add.reduceat(at, starts) / students,
        lowest=at[starts],
        highest=at[starts + students - 1],
        students=students,
        observed=right / students,
        lower=lower,
        upper=upper,
    )


def _group_starts(ordered: FloatArray, groups: int) -> IntArray:
    wished = np.linspace(0, ordered.size, min(groups, ordered.size) + 1)[:-1].round().astype(np.intp)
    # A boundary inside a run of equal abilities moves to the run's beginning.
    starts: IntArray = np.unique(np.searchsorted(ordered, ordered[wished], side="left"))
    return starts


def wilson_interval(right: ArrayLike, total: ArrayLike, confidence: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Wilson's score interval of a proportion: `right` of `total` (arrays of one shape, total >= 1)."""
    z = _normal_quantile(proportion(confidence, "confidence"))
    n = np.asarray(total, dtype=np.float64)
    p = np.asarray(right, dtype=np.float64) / n
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return np.clip(middle - half, 0, 1), np.clip(middle + half, 0, 1)


def _normal_quantile(confidence: float) -> float:
    return float(stats.norm.ppf((1 + confidence) / 2))


@dataclass(frozen=True, eq=False)
class WrightMap:
    """Students and items side by side on the ability scale, in k bins.

    Attributes
    ----------
    edges : array (k + 1,)
        Bin i holds what is in [edges[i], edges[i + 1]).
    students : array (k,)
        Students in each bin.
    items : tuple of k tuples
        Indices of the items in each bin, easiest first.
    """

    edges: FloatArray
    students: IntArray
    items: tuple[tuple[int, ...], ...]


def wright_map(theta: ArrayLike, difficulty: ArrayLike, *, width: float = 0.5) -> WrightMap:
    """Bins of a Wright map (Wright & Stone, 1979): multiples of `width` logits that hold everybody and every item.

    Parameters
    ----------
    theta : array (N,)
    difficulty : array (n,)
        What the items are placed by: b, or for a guessed item the ability where it is most informative.
    width : float
        Of a bin, in logits.
    """
    if not (np.isfinite(width) and width > 0):
        raise ValueError(f"width = {width!r}: must be positive and finite")
    people = column(theta, np.size(theta), "theta")
    places = column(difficulty, np.size(difficulty), "difficulty")
    everything = np.concatenate([people, places])
    if not everything.size:
        raise ValueError("theta and difficulty are both empty: there is nothing to draw")
    first = int(np.floor(everything.min() / width))
    count = int(np.floor(everything.max() / width)) - first + 1
    if count > MOST_BINS:
        raise ValueError(f"width = {width!r}: {count} bins; at most {MOST_BINS} can be drawn")
    person_bins = np.floor(people / width).astype(np.intp) - first
    item_bins = np.floor(places / width).astype(np.intp) - first
    order = np.argsort(places, kind="stable")
    items = tuple(tuple(int(i) for i in order if item_bins[i] == k) for k in range(count))
    edges = np.arange(first, first + count + 1, dtype=np.float64) * width
    return WrightMap(edges, np.bincount(person_bins, minlength=count), items)
