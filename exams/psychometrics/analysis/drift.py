"""Does an item get easier or harder over the months? Its answers against its parameters in the bank."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from exams.cat.models import FloatArray, ItemParameters, derivative, probability
from exams.psychometrics.analysis.answers import IntArray, column, proportion, scores_of_one_item

# Half of the shift, in standard errors a month, that the sum is to find soon (Page, 1954; Montgomery, 2013, ch. 9).
ALLOWANCE = 0.5
# With that allowance a stable item raises an alarm on either side once in 168 months on average.
DECISION = 4.0
# The customary bound of Rasch programmes; it moves a chance of 1/2 by .075. With many answers chance explains less
# than this, and without a bound every item would be flagged.
LEAST_SHIFT = 0.3
# Over +-6 standard errors these points integrate the logistic curve to 1e-8.
ERROR_POINTS = 21
# An item that all or none answered correctly has no finite difficulty; this far from the bank's it is beyond doubt.
FURTHEST = 6.0
MOST_STEPS = 50
# Keeps answers that the model holds for certain from dividing 0 by 0.
LEAST_VARIANCE = 1e-12


class DriftFlag(StrEnum):
    """Why an item should be looked at."""

    EASIER = "easier"  # the sum of the months' residuals has risen: leaked, taught, or its neighbours changed
    HARDER = "harder"  # it has fallen: outdated, wrongly displayed, no longer taught
    UNSTABLE = "unstable"  # the months differ from the bank more than chance, and the difficulty by more than a little


@dataclass(frozen=True, eq=False)
class Drift:
    """One item over T periods; every array has shape (T,).

    Attributes
    ----------
    periods : tuple
        The periods, in their order.
    answers : array
        Answers in each.
    observed, expected : array
        Proportion correct, and what the bank's parameters say of the same students.
    z : array
        Standardised residual: positive when the item was easier than in the bank.
    difficulty, se : array
        Difficulty estimated from the period with the bank's a, c and d, and its standard error, in logits.
    cusum_easier, cusum_harder : array
        The two one-sided cumulative sums, >= 0.
    chi_square, p : float
        Sum of z^2 on T degrees of freedom, and its p-value.
    shift, shift_se : float
        Difficulty of all periods together less the bank's, in logits.
    flags : tuple of DriftFlag
        Empty when there is nothing to look at.
    """

    periods: tuple[Hashable, ...]
    answers: IntArray
    observed: FloatArray
    expected: FloatArray
    z: FloatArray
    difficulty: FloatArray
    se: FloatArray
    cusum_easier: FloatArray
    cusum_harder: FloatArray
    chi_square: float
    p: float
    shift: float
    shift_se: float
    flags: tuple[DriftFlag, ...]


def item_drift(
    scores: ArrayLike,
    theta: ArrayLike,
    periods: Sequence[Hashable],
    item: ItemParameters,
    *,
    se: ArrayLike | None = None,
    significance: float = 0.05,
    least_shift: float = LEAST_SHIFT,
    decision: float = DECISION,
) -> Drift:
    """Compare one item's answers, period by period, with its parameters in the bank.

    For the answers x_j of period t, with P_j the probability by the bank's parameters,

        z_t = sum (x_j - P_j) / sqrt(sum P_j (1 - P_j)),   chi-square = sum z_t^2,
        S+_t = max(0, S+_{t-1} + z_t - k),   S-_t = max(0, S-_{t-1} - z_t - k)

    (cumulative sums: Veerkamp & Glas, 2000, Journal of Educational and Behavioral Statistics 25). The difficulty of a
    period is its maximum-likelihood estimate by Fisher scoring.

    Parameters
    ----------
    scores : array (m,) of 0, 1 and NaN
        All answers to the item; NaN is left out.
    theta : array (m,)
        Ability of the student of each answer, in logits. An estimate that contains this very answer pulls the
        residuals towards 0; the estimate before it was given (or without it) does not.
    periods : sequence of m
        The period of each answer: anything that can be sorted, such as "2025-03". Empty periods do not appear.
    item : parameters of the one item
    se : array (m,), optional
        Standard errors of theta. With them P_j is averaged over N(theta, se^2), the predictive probability when theta
        and se are a posterior mean and deviation; without them theta counts as known.
    significance : of the chi-square
    least_shift : shift of the difficulty, in logits, that some period must reach before anything is flagged
    decision : bound of the cumulative sums, in standard errors
    """
    proportion(significance, "significance")
    if not (least_shift >= 0 and decision > 0):
        raise ValueError(f"least_shift = {least_shift!r}, decision = {decision!r}: at least 0, and above 0")
    x, at, error = _checked(scores, theta, periods, item, se)
    known = ~np.isnan(x)
    if not known.any():
        raise ValueError("scores: nobody has answered the item")
    names = tuple(sorted({period for period, there in zip(periods, known, strict=True) if there}))  # type: ignore[type-var]
    place = {name: t for t, name in enumerate(names)}
    when = np.array([place[period] for period, there in zip(periods, known, strict=True) if there], dtype=np.intp)
    curve = _Curve(x[known], at[known], error[known], item)
    return _judged(curve, when, names, significance, least_shift, decision)


def _checked(
    scores: ArrayLike, theta: ArrayLike, periods: Sequence[Hashable], item: ItemParameters, se: ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Scores, abilities and their errors, one for each answer."""
    if len(item) != 1:
        raise ValueError(f"item has parameters of {len(item)} items; drift is followed one by one")
    x = scores_of_one_item(scores)
    at = column(theta, x.size, "theta")
    error = np.zeros(x.size) if se is None else column(se, x.size, "se")
    if (error < 0).any():
        raise ValueError(f"se[{int(np.argmin(error))}] = {error.min().item()!r}: a standard error is at least 0")
    if len(periods) != x.size:
        raise ValueError(f"periods has {len(periods)} entries; expected {x.size}, one for each answer")
    return x, at, error


class _Curve:
    """The item's curve at the abilities of its answers, shifted by logits of difficulty."""

    def __init__(self, scores: FloatArray, theta: FloatArray, se: FloatArray, item: ItemParameters) -> None:
        self.scores, self.item = scores, item
        if se.any():
            z = np.linspace(-6, 6, ERROR_POINTS)
            weights = np.exp(-(z**2) / 2)
            self.nodes, self.weights = theta[:, None] + se[:, None] * z, weights / weights.sum()
        else:
            self.nodes, self.weights = theta[:, None], np.ones(1)

    def at(self, shift: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Probability of each answer's being right, and its derivative in the shift; (m,)."""
        nodes = self.nodes - shift[:, None]
        right = probability(nodes, self.item)[..., 0] @ self.weights
        return right, -derivative(nodes, self.item)[..., 0] @ self.weights


def _judged(
    curve: _Curve,
    when: IntArray,
    names: tuple[Hashable, ...],
    significance: float,
    least_shift: float,
    decision: float,
) -> Drift:
    size = len(names)
    p, _ = curve.at(np.zeros(when.size))
    answers = np.bincount(when, minlength=size)
    right, awaited = np.bincount(when, curve.scores, size), np.bincount(when, p, size)
    z = (right - awaited) / np.sqrt(np.bincount(when, _variance(p), size))
    shifts, errors = _shifts(curve, when, size)
    whole, whole_error = _shifts(curve, np.zeros_like(when), 1)
    easier, harder = _one_sided_sums(z), _one_sided_sums(-z)
    chi_square = float(z @ z)
    chance = float(stats.chi2.sf(chi_square, size))
    reasons = {
        DriftFlag.EASIER: easier.max() > decision and shifts.min() <= -least_shift,
        DriftFlag.HARDER: harder.max() > decision and shifts.max() >= least_shift,
        DriftFlag.UNSTABLE: chance < significance and np.abs(shifts).max() >= least_shift,
    }
    return Drift(
        periods=names,
        answers=answers,
        observed=right / answers,
        expected=awaited / answers,
        z=z,
        difficulty=curve.item.b[0] + shifts,
        se=errors,
        cusum_easier=easier,
        cusum_harder=harder,
        chi_square=chi_square,
        p=chance,
        shift=float(whole[0]),
        shift_se=float(whole_error[0]),
        flags=tuple(flag for flag, holds in reasons.items() if holds),
    )


def _shifts(curve: _Curve, when: IntArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Maximum-likelihood shift of the difficulty in each period, within +-FURTHEST, and its standard error."""
    shift = np.zeros(size)
    for _ in range(MOST_STEPS):
        p, slope = curve.at(shift[when])
        weight = slope / _variance(p)
        information = np.maximum(np.bincount(when, weight * slope, size), LEAST_VARIANCE)
        step = np.clip(np.bincount(when, weight * (curve.scores - p), size) / information, -1, 1)
        moved = np.clip(shift + step, -FURTHEST, FURTHEST)
        done = np.abs(moved - shift).max() < 1e-8
        shift = moved
        if done:
            break
    p, slope = curve.at(shift[when])
    return shift, 1 / np.sqrt(np.maximum(np.bincount(when, slope**2 / _variance(p), size), LEAST_VARIANCE))


def _variance(p: FloatArray) -> FloatArray:
    return np.maximum(p * (1 - p), LEAST_VARIANCE)


def _one_sided_sums(z: FloatArray) -> FloatArray:
    sums, total = np.empty(z.size), 0.0
    for t, value in enumerate(z):
        total = max(0.0, total + value - ALLOWANCE)
        sums[t] = total
    return sums
