"""How precisely a whole test measures: alpha, omega, standard errors of measurement, test information."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from exams.cat.models import FloatArray, ItemParameters, information, probability
from exams.psychometrics.analysis.answers import complete_rows, graded, proportion

# A loading beyond this is a Heywood case: the factor would explain more than the item's variance.
LARGEST_LOADING = 0.9999
SETTLED = 1e-10
MOST_SWEEPS = 5000


@dataclass(frozen=True)
class Alpha:
    """Coefficient alpha with its confidence interval.

    Attributes
    ----------
    value, lower, upper : float
        The estimate and the ends of the interval; each at most 1, negative where items go against each other.
    sem : float
        Standard error of measurement of the sum score, in points.
    students, items : int
        What it was computed from; students with a missing answer are left out.
    """

    value: float
    lower: float
    upper: float
    sem: float
    students: int
    items: int


def alpha(scores: ArrayLike, *, confidence: float = 0.95) -> Alpha:
    """Coefficient alpha of the sum score (Cronbach, 1951, Psychometrika 16, eq. 2).

    alpha = n / (n - 1) (1 - sum of the items' variances / variance of the sum).

    Parameters
    ----------
    scores : array (N, n)
        N >= 2 complete rows, n >= 2 items.
    confidence : float
        Of the interval by Feldt (1965, Psychometrika 30): (1 - rho) / (1 - alpha) is distributed as F with N - 1 and
        (N - 1)(n - 1) degrees of freedom when the items are essentially tau-equivalent.
    """
    proportion(confidence, "confidence")
    x = complete_rows(_several_items(graded(scores), 2), 2)
    students, size = x.shape
    total_variance = float(x.sum(axis=1).var(ddof=1))
    if total_variance == 0:
        raise ValueError("scores: every student has the same sum score, so that no reliability is defined")
    value = size / (size - 1) * (1 - float(x.var(axis=0, ddof=1).sum()) / total_variance)
    tail = (1 - confidence) / 2
    freedom = (students - 1, (students - 1) * (size - 1))
    lower, upper = (1 - (1 - value) * float(stats.f.ppf(q, *freedom)) for q in (1 - tail, tail))
    return Alpha(value, lower, upper, measurement_error(total_variance**0.5, value), students, size)


def measurement_error(deviation: float, reliability: float) -> float:
    """Standard error of measurement, deviation sqrt(1 - reliability), in points (Lord & Novick, 1968, eq. 3.8.6)."""
    if not deviation >= 0:
        raise ValueError(f"deviation = {deviation!r}: a standard deviation is at least 0")
    if not reliability <= 1:
        raise ValueError(f"reliability = {reliability!r}: at most 1")
    return float(deviation * (1 - reliability) ** 0.5)


@dataclass(frozen=True, eq=False)
class Omega:
    """Omega total of the sum score.

    Attributes
    ----------
    value : float
        Share of the sum score's variance that the common factor explains, in [0, 1].
    loadings : array (n,)
        Standardised loadings on the factor; their sum is not negative.
    residual : float
        Root mean square of the correlations that the factor leaves over: above about .08, one factor is too few.
    students : int
        Students without a missing answer.
    """

    value: float
    loadings: FloatArray
    residual: float
    students: int


def omega(scores: ArrayLike) -> Omega:
    """Omega total by a one-factor minimum-residual solution (McDonald, 1999, Test theory, eq. 6.20a).

    With the loadings l_i of the standardised items (Harman & Jones, 1966, Psychometrika 31: least squares on the
    correlations off the diagonal) and the items' standard deviations s_i,

        omega = (sum s_i l_i)^2 / ((sum s_i l_i)^2 + sum s_i^2 (1 - l_i^2)).

    Parameters
    ----------
    scores : array (N, n)
        N >= 3 complete rows, n >= 3 items (two items do not identify a factor), each with some variance.
    """
    x = complete_rows(_several_items(graded(scores), 3), 3)
    deviations = x.std(axis=0, ddof=1)
    if (deviations == 0).any():
        raise ValueError(f"item {int(np.argmin(deviations))}: everybody has the same score; leave it out for omega")
    correlations = np.corrcoef(x, rowvar=False)
    loadings = one_factor(correlations)
    common = float(deviations @ loadings) ** 2
    unique = float(deviations**2 @ (1 - loadings**2))
    above = np.triu_indices(len(loadings), 1)
    left = (correlations - np.outer(loadings, loadings))[above]
    return Omega(common / (common + unique), loadings, float(np.sqrt(np.mean(left**2))), len(x))


def one_factor(correlations: ArrayLike) -> FloatArray:
    """Loadings (n,) of one factor by minimum residuals: least squares on `correlations` (n, n) off the diagonal.

    Harman & Jones' Gauss-Seidel process: given the others, the best loading of item k is sum r_kj l_j / sum l_j^2 over
    j != k, kept within +-LARGEST_LOADING; every step lowers the misfit.
    """
    r = np.array(correlations, dtype=np.float64)
    if r.ndim != 2 or r.shape[0] != r.shape[1] or len(r) < 3:
        raise ValueError(f"correlations has shape {r.shape}; expected a square matrix of at least 3 items")
    np.fill_diagonal(r, 0)
    values, vectors = np.linalg.eigh(r + np.diag(np.abs(r).max(axis=1)))
    loadings: FloatArray = np.clip(vectors[:, -1] * np.sqrt(max(values[-1], 0)), -0.95, 0.95)
    total = float(loadings @ loadings)
    for _ in range(MOST_SWEEPS):
        furthest = 0.0
        for k, row in enumerate(r):
            old = float(loadings[k])
            others = total - old * old
            best = float(row @ loadings) / others if others > 0 else 0.0
            new = min(max(best, -LARGEST_LOADING), LARGEST_LOADING)
            loadings[k], total, furthest = new, others + new * new, max(furthest, abs(new - old))
        if furthest < SETTLED:
            break
        # The running sum gathers rounding errors.
        total = float(loadings @ loadings)
    return loadings if loadings.sum() >= 0 else -loadings


@dataclass(frozen=True, eq=False)
class Precision:
    """What a fixed set of items tells at each ability; every array has the shape of theta.

    Attributes
    ----------
    theta : array
        Ability, in logits.
    information : array
        Test information, the sum of the items'.
    se : array
        Conditional standard error of the ability estimate, 1 / sqrt(information), in logits; inf where there is none.
    true_score : array
        Expected sum score, in points.
    sem : array
        Conditional standard error of measurement of the sum score, in points.
    """

    theta: FloatArray
    information: FloatArray
    se: FloatArray
    true_score: FloatArray
    sem: FloatArray


def conditional_precision(theta: ArrayLike, items: ItemParameters) -> Precision:
    """Test information and conditional standard errors (Lord, 1980, eqs. 5-3, 5-6 and 4-3).

    I(theta) = sum I_i(theta); the variance of the sum score given theta is sum P_i (1 - P_i).
    """
    at = np.asarray(theta, dtype=np.float64)
    if not np.isfinite(at).all():
        raise ValueError(f"theta = {at[~np.isfinite(at)].flat[0].item()!r}: must be finite")
    total = information(at, items).sum(axis=-1)
    p = probability(at, items)
    with np.errstate(divide="ignore"):
        se = 1 / np.sqrt(total)
    return Precision(at, total, se, p.sum(axis=-1), np.sqrt((p * (1 - p)).sum(axis=-1)))


def marginal_reliability(theta: ArrayLike, se: ArrayLike) -> float:
    """Reliability of ability estimates: var(theta) / (var(theta) + mean of se^2).

    For estimates that are shrunk to the prior mean (EAP), whose variance lacks the error's (Green et al., 1984,
    Journal of Educational Measurement 21; Bechger et al., 2003).

    Parameters
    ----------
    theta, se : array (N,), N >= 2
        EAP estimates and their posterior standard deviations.
    """
    at = np.asarray(theta, dtype=np.float64)
    error = np.asarray(se, dtype=np.float64)
    if at.ndim != 1 or at.size < 2 or error.shape != at.shape:
        raise ValueError(f"theta has shape {at.shape} and se {error.shape}; expected (N,) for both, N >= 2")
    if not (np.isfinite(at).all() and np.isfinite(error).all() and (error >= 0).all()):
        raise ValueError("theta and se must be finite, and se at least 0")
    spread = float(at.var(ddof=1))
    noise = float(np.mean(error**2))
    return spread / (spread + noise) if spread + noise else float("nan")


def _several_items(x: FloatArray, least: int) -> FloatArray:
    if x.shape[1] < least:
        raise ValueError(f"scores has {x.shape[1]} items; at least {least} are needed")
    return x
