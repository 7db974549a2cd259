"""Differential item functioning by logistic regression: uniform and non-uniform, with effect sizes."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from exams.cat.models import FloatArray
from exams.psychometrics.analysis.answers import BoolArray, IntArray, column, dichotomous, proportion
from exams.psychometrics.analysis.dif import counted, purified, two_groups

# Jodoin & Gierl (2001): bounds of the change in R^2 between negligible, moderate and large.
MODERATE, LARGE = 0.035, 0.070
# Where right and wrong answers are separated the likelihood creeps to its bound; its differences settle long before.
MOST_STEPS = 40
SETTLED = 1e-9
MOST_HALVINGS = 12
# Keeps the Hessian of a separated item invertible without moving any estimate that exists.
RIDGE = 1e-9

Against = Literal["both", "uniform", "nonuniform"]


@dataclass(frozen=True, eq=False)
class LogisticDif:
    """Logistic-regression DIF of n items; arrays (n,), NaN where all answered alike or only one group answered.

    Attributes
    ----------
    uniform, nonuniform, both : likelihood-ratio chi-squares on 1, 1 and 2 degrees of freedom: the group's effect given
        ability, its interaction with ability, and the two together
    p_uniform, p_nonuniform, p_both : their p-values
    group : the group's coefficient in the model of uniform DIF, in logits; negative when harder for the focal group
    r2 : Nagelkerke's R^2 of ability alone
    r2_change : what the wanted effect adds to it
    effect : tuple of n of "A" (negligible), "B" (moderate), "C" (large) and "" (nothing can be said)
    answers : answers to each item
    anchor : items of the matching score, those that purification left
    stable : whether purification came to rest
    """

    uniform: FloatArray
    nonuniform: FloatArray
    both: FloatArray
    p_uniform: FloatArray
    p_nonuniform: FloatArray
    p_both: FloatArray
    group: FloatArray
    r2: FloatArray
    r2_change: FloatArray
    effect: tuple[str, ...]
    answers: IntArray
    anchor: BoolArray
    stable: bool


def logistic_dif(
    scores: ArrayLike,
    focal: ArrayLike,
    *,
    matching: ArrayLike | None = None,
    against: Against = "both",
    purify: bool = True,
    significance: float = 0.05,
) -> LogisticDif:
    """DIF by logistic regression (Swaminathan & Rogers, 1990, Journal of Educational Measurement 27).

    logit P(x = 1) = t0 + t1 s + t2 g + t3 s g with the matching score s and the group g; t3 = 0 is compared with the
    whole model (non-uniform), t2 = t3 = 0 with t3 = 0 (uniform) and with the whole model (both).

    Parameters
    ----------
    scores : array (N, n) of 0, 1 and NaN
        NaN only together with `matching`.
    focal : array (N,) of bool
    matching : array (N,), optional
        What students are matched on instead of the sum score, for example ability estimates of an adaptive test;
        taken as it is: nothing is purified.
    against : the effect that flags an item, in purification and in its class
    purify : whether flagged items leave the matching score
    significance : of the flag
    """
    x = dichotomous(scores)
    in_focal = two_groups(focal, len(x))
    proportion(significance, "significance")
    if against not in ("both", "uniform", "nonuniform"):
        raise ValueError(f"against = {against!r}: 'both', 'uniform' or 'nonuniform'")
    given = None if matching is None else column(matching, len(x), "matching")

    def test(columns: FloatArray, score: FloatArray) -> FloatArray:
        return _compared(columns, score, in_focal, against)

    found, anchor, stable = purified(x, given, test, significance, purify=purify)
    return _reported(found, (~np.isnan(x)).sum(axis=0), anchor, stable, significance)


def _reported(
    found: FloatArray, answers: IntArray, anchor: BoolArray, stable: bool, significance: float
) -> LogisticDif:
    _, p, uniform, nonuniform, both, group, r2, change = found
    return LogisticDif(
        uniform=uniform,
        nonuniform=nonuniform,
        both=both,
        p_uniform=stats.chi2.sf(uniform, 1),
        p_nonuniform=stats.chi2.sf(nonuniform, 1),
        p_both=stats.chi2.sf(both, 2),
        group=group,
        r2=r2,
        r2_change=change,
        effect=effect_classes(change, p, significance=significance),
        answers=answers,
        anchor=anchor,
        stable=stable,
    )


def effect_classes(r2_change: ArrayLike, p: ArrayLike, *, significance: float = 0.05) -> tuple[str, ...]:
    """Effect classes by the change in R^2 (Jodoin & Gierl, 2001, Applied Measurement in Education 14).

    A: not significant, or below .035; B: from .035 up to .070; C: .070 and more; "" where nothing is known.
    """
    change, chance = (np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (r2_change, p))
    proportion(significance, "significance")
    unknown = np.isnan(change) | np.isnan(chance)
    with np.errstate(invalid="ignore"):
        negligible = (chance >= significance) | (change < MODERATE)
        moderate = change < LARGE
    return tuple(str(c) for c in np.select([unknown, negligible, moderate], ["", "A", "B"], default="C"))


def _compared(x: FloatArray, score: FloatArray, in_focal: BoolArray, against: Against) -> FloatArray:
    """Results (8, n) in the order in which `logistic_dif` reads them."""
    labels, *counts = counted(x, in_focal, score)
    rights, trials = (by_group.reshape(-1, x.shape[1]) for by_group in counts)
    spread = score.std()
    s = np.repeat((labels - score.mean()) / (spread if spread > 0 else 1), 2)
    group = np.tile([0.0, 1.0], len(labels))
    design = np.column_stack([np.ones(len(s)), s, group, s * group])
    answers, right = trials.sum(axis=0), rights.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = right / answers
        empty = right * np.log(share) + (answers - right) * np.log1p(-share)
    one, start = log_likelihoods(design[:, :2], rights, trials)
    two, start = log_likelihoods(design[:, :3], rights, trials, start)
    group_effect = start[:, 2]
    three, _ = log_likelihoods(design, rights, trials, start)
    uniform, nonuniform = 2 * np.maximum(two - one, 0), 2 * np.maximum(three - two, 0)
    both = uniform + nonuniform
    lower, upper, statistic, df = {
        "both": (one, three, both, 2),
        "uniform": (one, two, uniform, 1),
        "nonuniform": (two, three, nonuniform, 1),
    }[against]
    change = nagelkerke(upper, empty, answers) - nagelkerke(lower, empty, answers)
    p = stats.chi2.sf(statistic, df)
    r2 = nagelkerke(one, empty, answers)
    results = np.stack([statistic, p, uniform, nonuniform, both, group_effect, r2, change])
    # An item that all answered alike, or only one group answered, tells nothing of groups.
    by_group = trials.reshape(-1, 2, x.shape[1]).sum(axis=0)
    results[:, ~((right > 0) & (right < answers) & (by_group > 0).all(axis=0))] = np.nan
    return results


def nagelkerke(fitted: FloatArray, empty: FloatArray, answers: ArrayLike) -> FloatArray:
    """Nagelkerke's (1991, Biometrika 78) R^2 from log-likelihoods of the model and of the constant alone; (n,)."""
    n = np.asarray(answers, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        r2: FloatArray = -np.expm1(2 * (empty - fitted) / n) / -np.expm1(2 * empty / n)
    return r2


def log_likelihoods(
    design: FloatArray, right: FloatArray, trials: FloatArray, start: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Maximise the likelihood of n logistic regressions on one design at once, by Newton's method.

    Parameters
    ----------
    design : array (K, p)
        A row for each answer, or for all answers that share it.
    right, trials : array (K, n)
        Right answers and all answers of each row to each item.
    start : array (n, fewer than p), optional: coefficients of the model without the last columns

    Returns
    -------
    log-likelihoods (n,) and coefficients (n, p)
    """
    width = design.shape[1]
    beta = np.zeros((right.shape[1], width))
    if start is not None:
        beta[:, : start.shape[1]] = start
    crossed = (design[:, :, None] * design[:, None, :]).reshape(len(design), width * width)
    eta = design @ beta.T
    reached = _log_likelihood(eta, right, trials)
    for _ in range(MOST_STEPS):
        p = 1 / (1 + np.exp(-np.clip(eta, -700, 700)))
        gradient = (right - trials * p).T @ design
        hessian = ((trials * p * (1 - p)).T @ crossed).reshape(-1, width, width) + RIDGE * np.eye(width)
        step = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        before = reached
        for _ in range(MOST_HALVINGS):
            moved = beta + step
            eta = design @ moved.T
            reached = _log_likelihood(eta, right, trials)
            worse = reached < before - SETTLED
            if not worse.any():
                break
            step[worse] /= 2
        beta = moved
        if (np.abs(reached - before) < SETTLED * (1 + np.abs(before))).all():
            break
    return reached, beta


def _log_likelihood(eta: FloatArray, right: FloatArray, trials: FloatArray) -> FloatArray:
    total: FloatArray = (right * eta - trials * np.logaddexp(0, eta)).sum(axis=0)
    return total
