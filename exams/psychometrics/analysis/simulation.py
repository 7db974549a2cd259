"""What a simulated exam tells: error by ability, length, exposure, constraints, classes; as plain values for JSON."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from exams.cat.config import CatConfig
from exams.cat.exposure import SympsonHetter
from exams.cat.models import FloatArray
from exams.cat.simulate import SimulationResult
from exams.psychometrics.analysis.exposure import pool_exposure_from_counts

Z95 = 1.959963984540054
# Groups of true ability, in logits; the outermost are open to the outside.
EDGES = np.arange(-2.75, 2.76, 0.5)
FEWEST = 5
EXPOSURE_BINS = np.linspace(0.0, 1.0, 41)


def summarise(result: SimulationResult, config: CatConfig) -> dict[str, Any]:
    """Everything that a report shows of a simulation, rounded.

    Returns
    -------
    dict
        students, items; bias, rmse, mean_se, coverage (share of the students within 1.96 standard errors of the
        estimate), mean_length; reliability (squared correlation of estimate and ability); conditional: see
        `by_ability`; lengths: [[length, students]]; reasons; violations: students by constraint; spared_in_vain;
        exposure: see `exposure_of`; classes: see `classes_of`, None without cut scores.
    """
    error = result.estimate - result.theta
    finite = np.isfinite(result.se)
    lengths, students = np.unique(result.length, return_counts=True)
    return {
        "students": int(result.theta.size),
        "items": int(result.counts.given.size),
        "bias": _rounded(error.mean()),
        "rmse": _rounded(np.sqrt(np.mean(error**2))),
        "mean_se": _rounded(result.se[finite].mean()) if finite.any() else None,
        "coverage": _rounded(np.mean(np.abs(error) <= Z95 * result.se)),
        "reliability": _rounded(reliability(result.theta, result.estimate)),
        "mean_length": _rounded(result.length.mean()),
        "conditional": by_ability(result.theta, result.estimate, result.se, result.length),
        "lengths": [[int(length), int(count)] for length, count in zip(lengths, students, strict=True)],
        "reasons": dict(result.reasons),
        "violations": dict(sorted(result.violations.items())),
        "spared_in_vain": result.spared_in_vain,
        "exposure": exposure_of(result),
        "classes": classes_of(result.theta, result.estimate, config.cut_scores) if config.cut_scores else None,
    }


def reliability(theta: FloatArray, estimate: FloatArray) -> float:
    """Squared correlation of the estimates (N,) with the true abilities (N,); 0 when either does not vary."""
    if theta.std() == 0 or estimate.std() == 0:
        return 0.0
    return float(np.corrcoef(theta, estimate)[0, 1] ** 2)


def by_ability(
    theta: FloatArray, estimate: FloatArray, se: FloatArray, length: NDArray[np.intp]
) -> list[dict[str, Any]]:
    """Error by true ability, in groups half a logit wide that have at least five students.

    Each group: theta (mean of its true abilities), students, bias, rmse, empirical_se (standard deviation of the
    error), se (root of the mean of the squared standard errors that were reported), coverage, length.
    """
    groups = np.digitize(theta, EDGES)
    found = []
    for group in range(EDGES.size + 1):
        at = groups == group
        if np.count_nonzero(at) < FEWEST:
            continue
        error, reported = estimate[at] - theta[at], se[at]
        finite = np.isfinite(reported)
        found.append(
            {
                "theta": _rounded(theta[at].mean()),
                "students": int(np.count_nonzero(at)),
                "bias": _rounded(error.mean()),
                "rmse": _rounded(np.sqrt(np.mean(error**2))),
                "empirical_se": _rounded(error.std(ddof=1)),
                "se": _rounded(np.sqrt(np.mean(reported[finite] ** 2))) if finite.any() else None,
                "coverage": _rounded(np.mean(np.abs(error) <= Z95 * reported)),
                "length": _rounded(length[at].mean()),
            }
        )
    return found


def exposure_of(result: SimulationResult) -> dict[str, Any]:
    """Use of the pool: highest rate, overlap (Chen, Ankenmann & Spray, 2003), share of the items used at all.

    rates: of the items by index; bins: [from, to, items] of the rates' distribution, items never given in none.
    """
    used = pool_exposure_from_counts(result.counts.given, result.counts.students)
    given = used.rates[used.rates > 0]
    counts, _edges = np.histogram(given, EXPOSURE_BINS)
    bins = [
        [_rounded(low), _rounded(high), int(count)]
        for low, high, count in zip(EXPOSURE_BINS[:-1], EXPOSURE_BINS[1:], counts, strict=True)
    ]
    return {
        "highest": _rounded(used.rates.max()),
        "overlap": _rounded(used.overlap) if np.isfinite(used.overlap) else None,
        "used": _rounded(used.used),
        "unused": int(used.unused.size),
        "rates": [_rounded(rate) for rate in used.rates],
        "bins": bins,
    }


def classes_of(theta: FloatArray, estimate: FloatArray, cut_scores: Any) -> dict[str, Any]:
    """How often the class by the estimate is the true one.

    Returns accuracy, the share of the students in their true class, and table: rows are true classes, columns those by
    the estimate. A class begins at its cut score.
    """
    cuts = np.asarray(cut_scores, dtype=np.float64)
    true, found = np.searchsorted(cuts, theta, side="right"), np.searchsorted(cuts, estimate, side="right")
    table = np.zeros((cuts.size + 1, cuts.size + 1), dtype=np.intp)
    np.add.at(table, (true, found), 1)
    return {"accuracy": _rounded(np.mean(true == found)), "cuts": cuts.tolist(), "table": table.tolist()}


def parameters_of(found: SympsonHetter) -> dict[str, Any]:
    """Sympson-Hetter parameters: values by index, the highest exposure of each round, whether it came down."""
    return {
        "values": [_rounded(value) for value in found.parameters],
        "highest": [_rounded(value) for value in found.highest],
        "converged": found.converged,
    }


def _rounded(value: Any) -> float:
    return round(float(value), 4)
