"""Differential item functioning: do students of equal ability but of another group find an item harder?

Here the Mantel-Haenszel statistic with the ETS classes, and Lord's chi-square between two calibrations. Logistic
regression, which also finds items that discriminate differently, is in `dif_logistic`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse, stats

from exams.cat.models import FloatArray
from exams.psychometrics.analysis.answers import BoolArray, IntArray, dichotomous, flags_of, proportion

# Holland & Thayer (1985): the delta scale of ETS, on which an item of 50 % has 13 and 4 units are a standard deviation.
DELTA = -2.35
# Zieky (1993): below 1 negligible, from 1.5 on large.
SLIGHT, LARGE = 1.0, 1.5
MOST_ROUNDS = 10

Test = Callable[[FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True, eq=False)
class StratifiedOdds:
    """Mantel-Haenszel statistics of tables (..., K, 2, 2); every array has the shape (...).

    Attributes
    ----------
    statistic, p : chi-square on one degree of freedom, and its p-value; NaN where no stratum has both groups and both
        scores
    odds_ratio : common odds ratio, above 1 when the first row does better
    log_se : standard error of its logarithm
    """

    statistic: FloatArray
    p: FloatArray
    odds_ratio: FloatArray
    log_se: FloatArray


def stratified_odds(tables: ArrayLike, *, correction: bool = True) -> StratifiedOdds:
    """Mantel & Haenszel's (1959) test and common odds ratio of 2 x 2 tables in K strata.

    With A, B (first row) and C, D (second) of each stratum and T its total,

        odds ratio = sum(A D / T) / sum(B C / T),
        statistic  = (|sum A - sum E(A)| - 1/2)^2 / sum Var(A),

    E and Var hypergeometric given the margins. The standard error of the logarithm is that of Robins, Breslow &
    Greenland (1986, Biometrics 42); the continuity correction never exceeds the difference that it corrects.

    Parameters
    ----------
    tables : array (..., K, 2, 2)
        Counts: rows reference and focal group, columns right and wrong.
    """
    t = np.asarray(tables, dtype=np.float64)
    if t.ndim < 3 or t.shape[-2:] != (2, 2):
        raise ValueError(f"tables has shape {t.shape}; expected (..., K, 2, 2)")
    if not (np.isfinite(t).all() and (t >= 0).all()):
        raise ValueError(f"tables: the least value is {t.min():g}; counts are finite and at least 0")
    a, b, c, d = t[..., 0, 0], t[..., 0, 1], t[..., 1, 0], t[..., 1, 1]
    total = np.maximum(a + b + c + d, 1)
    expected = (a + b) * (a + c) / total
    variance = (expected * (c + d) * (b + d) / (total * np.maximum(total - 1, 1))).sum(axis=-1)
    difference = np.abs((a - expected).sum(axis=-1))
    for_first, for_second = a * d / total, b * c / total
    r, s = for_first.sum(axis=-1), for_second.sum(axis=-1)
    agreeing, crossing = (a + d) / total, (b + c) / total
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = (difference - np.minimum(0.5, difference) * correction) ** 2 / variance
        log_variance = (
            (agreeing * for_first).sum(axis=-1) / (2 * r**2)
            + (agreeing * for_second + crossing * for_first).sum(axis=-1) / (2 * r * s)
            + (crossing * for_second).sum(axis=-1) / (2 * s**2)
        )
        return StratifiedOdds(statistic, stats.chi2.sf(statistic, 1), r / s, np.sqrt(log_variance))


@dataclass(frozen=True, eq=False)
class MantelHaenszel:
    """Mantel-Haenszel DIF of n items; every array has shape (n,).

    Attributes
    ----------
    statistic, p : chi-square on one degree of freedom, and its p-value
    odds_ratio : of reference to focal group
    delta, delta_se : MH D-DIF = -2.35 ln(odds ratio) and its standard error; negative when the item is harder for the
        focal group than for students of the reference group with the same score
    ets : tuple of n of "A" (negligible), "B" (slight), "C" (large) and "" (nothing can be said)
    reference, focal : students of each group who answered
    anchor : items of the matching score, those that purification left
    stable : whether purification came to rest
    """

    statistic: FloatArray
    p: FloatArray
    odds_ratio: FloatArray
    delta: FloatArray
    delta_se: FloatArray
    ets: tuple[str, ...]
    reference: IntArray
    focal: IntArray
    anchor: BoolArray
    stable: bool


def mantel_haenszel(
    scores: ArrayLike,
    focal: ArrayLike,
    *,
    strata: ArrayLike | None = None,
    purify: bool = True,
    correction: bool = True,
    significance: float = 0.05,
) -> MantelHaenszel:
    """Mantel-Haenszel DIF of every item (Holland & Thayer, 1988, in Wainer & Braun, Test validity, ch. 9).

    Students are matched on the sum score, the studied item included. Purification leaves flagged items out of the
    matching score of the others, over and over until the same items are flagged.

    Parameters
    ----------
    scores : array (N, n) of 0, 1 and NaN
        NaN only together with `strata`: sum scores of different items cannot be compared.
    focal : array (N,) of bool
        True for the group whose disadvantage is looked for, false for the reference group.
    strata : array (N,), optional
        What students are matched on instead, each distinct value a stratum; for adaptive tests `ability_strata` of
        the estimates. It is taken as it is: nothing is purified.
    purify : whether flagged items leave the matching score
    correction : whether the continuity correction is made; it keeps the test a little below its nominal level
    significance : of the flag, in purification and in the ETS classes
    """
    x = dichotomous(scores)
    in_focal = two_groups(focal, len(x))
    proportion(significance, "significance")

    def test(columns: FloatArray, matching: FloatArray) -> FloatArray:
        odds = stratified_odds(_tables(columns, in_focal, matching), correction=correction)
        return np.stack([odds.statistic, odds.p, odds.odds_ratio, odds.log_se])

    found, anchor, stable = purified(x, strata, test, significance, purify=purify)
    return _reported(found, ~np.isnan(x), in_focal, anchor, stable, significance)


def _reported(
    found: FloatArray, given: BoolArray, in_focal: BoolArray, anchor: BoolArray, stable: bool, significance: float
) -> MantelHaenszel:
    statistic, p, odds_ratio, log_se = found
    with np.errstate(divide="ignore"):
        delta = DELTA * np.log(odds_ratio)
    return MantelHaenszel(
        statistic=statistic,
        p=p,
        odds_ratio=odds_ratio,
        delta=delta,
        delta_se=abs(DELTA) * log_se,
        ets=ets_classes(delta, abs(DELTA) * log_se, p, significance=significance),
        reference=given[~in_focal].sum(axis=0),
        focal=given[in_focal].sum(axis=0),
        anchor=anchor,
        stable=stable,
    )


def ets_classes(delta: ArrayLike, se: ArrayLike, p: ArrayLike, *, significance: float = 0.05) -> tuple[str, ...]:
    """ETS classes of items by MH D-DIF (Zieky, 1993, in Holland & Wainer, Differential item functioning, ch. 16).

    A: |delta| < 1 or not significantly different from 0; C: |delta| >= 1.5 and significantly above 1 (one-sided);
    B: all others; "" where delta or p is not known.

    Parameters
    ----------
    delta, se, p : array (n,)
        MH D-DIF, its standard error, the p-value of the Mantel-Haenszel test.
    """
    size, error, chance = (np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (delta, se, p))
    size = np.abs(size)
    bound = stats.norm.ppf(1 - proportion(significance, "significance"))
    with np.errstate(invalid="ignore"):
        negligible = (size < SLIGHT) | (chance >= significance)
        large = (size >= LARGE) & (size - SLIGHT > bound * error)
    unknown = np.isnan(size) | np.isnan(chance)
    return tuple(str(name) for name in np.select([unknown, negligible, large], ["", "A", "C"], default="B"))


def ability_strata(theta: ArrayLike, count: int = 20) -> IntArray:
    """Strata 0 ... count - 1 of about equal size by ability, for students who were given different items.

    Parameters
    ----------
    theta : array (N,), finite
    count : int
        Strata wished for; equal abilities stay together. Few strata leave a difference of ability within each, which
        passes for DIF when the groups differ in ability.
    """
    at = np.asarray(theta, dtype=np.float64)
    if at.ndim != 1 or not at.size or not np.isfinite(at).all():
        raise ValueError(f"theta has shape {at.shape}; expected a finite ability for each student")
    if count < 1:
        raise ValueError(f"count = {count!r}: at least 1")
    bounds = np.unique(np.quantile(at, np.arange(1, count) / count))
    places: IntArray = np.searchsorted(bounds, at, side="right")
    return places


def two_groups(focal: ArrayLike, students: int) -> BoolArray:
    """`focal` (N,) as booleans, refused unless both groups have somebody."""
    in_focal = flags_of(focal, students, "focal")
    if in_focal.all() or not in_focal.any():
        raise ValueError(f"focal: {int(in_focal.sum())} of {students} students are in the focal group; both need some")
    return in_focal


def purified(
    x: FloatArray, strata: ArrayLike | None, test: Test, significance: float, *, purify: bool
) -> tuple[FloatArray, BoolArray, bool]:
    """Run `test` on every item, purifying the matching score.

    Some DIF in one direction shifts the matching score enough to flag every item, so that nothing would be left to
    match on. Half of the items, those with the least statistics, therefore always stay: that most items treat both
    groups alike is what every internal matching score takes for granted.

    Parameters
    ----------
    test : from answers (N, k) and a matching score (N,) to results (r, k): first the statistic, then its p-value

    Returns
    -------
    results (r, n), which items the matching score holds (n,), and whether purification came to rest
    """
    everything = np.ones(x.shape[1], dtype=np.bool_)
    if strata is not None:
        labels = np.asarray(strata)
        if labels.shape != (len(x),):
            raise ValueError(f"strata has shape {labels.shape}; expected ({len(x)},)")
        if labels.dtype.kind == "f" and np.isnan(labels).any():
            raise ValueError(f"strata[{int(np.argmax(np.isnan(labels)))}] is NaN: leave out students without a stratum")
        return test(x, labels), everything, True
    if np.isnan(x).any():
        row, item = (int(i) for i in np.argwhere(np.isnan(x))[0])
        raise ValueError(f"scores[{row}, {item}] is missing: give strata, for sum scores of different items differ")
    anchor = everything
    found = _matched(x, anchor, test)
    seen = [anchor]
    while purify:
        clean = _clean(found, significance)
        if (clean == anchor).all():
            break
        # Flagging that goes in circles never comes to rest.
        if len(seen) > MOST_ROUNDS or any((clean == old).all() for old in seen):
            return found, anchor, False
        anchor = clean
        seen.append(anchor)
        found = _matched(x, anchor, test)
    return found, anchor, True


def _clean(found: FloatArray, significance: float) -> BoolArray:
    with np.errstate(invalid="ignore"):
        clean: BoolArray = ~(found[1] < significance)
    half = (clean.size + 1) // 2
    if clean.sum() < half:
        clean[np.argsort(np.nan_to_num(found[0]), kind="stable")[:half]] = True
    return clean


def _matched(x: FloatArray, anchor: BoolArray, test: Test) -> FloatArray:
    base = x[:, anchor].sum(axis=1)
    inside = test(x[:, anchor], base)
    found = np.empty((len(inside), x.shape[1]))
    found[:, anchor] = inside
    for item in np.flatnonzero(~anchor):
        found[:, [item]] = test(x[:, [item]], base + x[:, item])
    return found


def _tables(x: FloatArray, in_focal: BoolArray, matching: FloatArray) -> FloatArray:
    """Counts (n, K, 2, 2) of right and wrong answers by item, stratum and group."""
    _, right, answers = counted(x, in_focal, matching)
    return np.stack([right, answers - right], axis=-1).transpose(2, 0, 1, 3)


def counted(x: FloatArray, in_focal: BoolArray, matching: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The K distinct matching scores, and by score, group and item the right answers and all answers, (K, 2, n)."""
    labels, stratum = np.unique(matching, return_inverse=True)
    member = sparse.csr_array(
        (np.ones(len(x)), (2 * stratum + in_focal, np.arange(len(x)))), shape=(2 * len(labels), len(x))
    )
    given = ~np.isnan(x)
    shape = (len(labels), 2, x.shape[1])
    return labels, (member @ np.where(given, x, 0)).reshape(shape), (member @ given.astype(np.float64)).reshape(shape)


@dataclass(frozen=True, eq=False)
class LordDif:
    """Lord's chi-square of n items; arrays of shape (n,).

    Attributes
    ----------
    statistic, p : array (n,)
    df : int
        Parameters compared.
    difference : array (n, p)
        Focal less reference parameters.
    """

    statistic: FloatArray
    df: int
    p: FloatArray
    difference: FloatArray


def lord_chi_square(
    reference: ArrayLike, focal: ArrayLike, reference_covariance: ArrayLike, focal_covariance: ArrayLike
) -> LordDif:
    """Lord's test that items have the same parameters in both groups (Lord, 1980, Applications of IRT, ch. 14).

    chi-square = v' (S_R + S_F)^-1 v with v the difference of the parameters, on as many degrees of freedom.

    Parameters
    ----------
    reference, focal : array (n, p) or (n,)
        Parameters of each item in the two calibrations, in one order, for example (a, b) or b alone. Both must be on
        one scale already (see the linking functions): a difference of scale would pass for DIF. The lower asymptote
        is usually left out or fixed, for its errors swamp the test (Lord, 1980, p. 218).
    reference_covariance, focal_covariance : array (n, p, p), or (n,) of variances
        Of the estimates; after linking, on the linked scale.
    """
    first, second = _parameters(reference, "reference"), _parameters(focal, "focal")
    if first.shape != second.shape:
        raise ValueError(f"reference has shape {first.shape} and focal {second.shape}: the same items and parameters")
    n, p = first.shape
    spread = _covariances(reference_covariance, n, p, "reference_covariance") + _covariances(
        focal_covariance, n, p, "focal_covariance"
    )
    lowest = np.linalg.eigvalsh(spread)[:, 0]
    if (lowest <= 0).any():
        index = int(np.argmax(lowest <= 0))
        raise ValueError(f"item {index}: the covariances' sum is not positive definite (eigenvalue {lowest[index]:g})")
    difference = second - first
    statistic = (difference * np.linalg.solve(spread, difference[..., None])[..., 0]).sum(axis=1)
    return LordDif(statistic, p, stats.chi2.sf(statistic, p), difference)


def _parameters(values: ArrayLike, name: str) -> FloatArray:
    v = np.asarray(values, dtype=np.float64)
    v = v[:, None] if v.ndim == 1 else v
    if v.ndim != 2 or not v.size or not np.isfinite(v).all():
        raise ValueError(f"{name} has shape {v.shape}; expected finite parameters (n,) or (n, p)")
    return v


def _covariances(values: ArrayLike, n: int, p: int, name: str) -> FloatArray:
    v = np.asarray(values, dtype=np.float64)
    v = v[:, None, None] if v.ndim == 1 else v
    if v.shape != (n, p, p) or not np.isfinite(v).all():
        raise ValueError(f"{name} has shape {v.shape}; expected finite covariances ({n}, {p}, {p})")
    if not np.allclose(v, v.transpose(0, 2, 1)):
        raise ValueError(f"{name}: a covariance matrix is symmetric")
    return v
