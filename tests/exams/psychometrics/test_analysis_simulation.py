"""What a simulation tells, on results whose truth is planted."""

from dataclasses import replace

import numpy as np
import pytest

from exams.cat import CatConfig
from exams.cat.exposure import ExposureCounts
from exams.cat.simulate import SimulationResult
from exams.psychometrics.analysis.simulation import summarise

N = 40_000


def planted(bias: float = 0.1, noise: float = 0.3, reported: float = 0.3) -> SimulationResult:
    """Students of N(0, 1) whose estimates err by N(bias, noise^2), and two items of which one is given to everybody."""
    rng = np.random.default_rng(0)
    theta = rng.normal(size=N)
    counts = ExposureCounts(N, np.array([N, N // 4, 0]), np.array([N, N, N]))
    return SimulationResult(
        theta=theta,
        estimate=theta + rng.normal(bias, noise, N),
        se=np.full(N, reported),
        length=np.where(np.arange(N) < N // 4, 2, 1),
        counts=counts,
        reasons={"length": N},
        violations={"words": 3},
    )


def test_it_finds_what_was_planted() -> None:
    found = summarise(planted(), CatConfig())
    # Standard errors of these: .3 / sqrt(40,000) = .0015.
    assert found["bias"] == pytest.approx(0.1, abs=0.006)
    assert found["rmse"] == pytest.approx(np.hypot(0.1, 0.3), abs=0.006)
    assert found["reliability"] == pytest.approx(1 / 1.09, abs=0.005)
    assert found["mean_length"] == 1.25
    assert found["lengths"] == [[1, N - N // 4], [2, N // 4]]
    assert found["violations"] == {"words": 3}
    assert found["classes"] is None
    assert sum(row["students"] for row in found["conditional"]) == N
    for row in found["conditional"]:
        error = 4 * 0.3 / np.sqrt(row["students"])
        assert row["bias"] == pytest.approx(0.1, abs=error)
        assert row["empirical_se"] == pytest.approx(0.3, abs=error)
        assert row["se"] == 0.3


@pytest.mark.parametrize(("reported", "coverage"), [(0.3, 0.95), (0.15, 0.6729), (0.6, 0.9999)])
def test_coverage_tells_whether_standard_errors_are_true(reported: float, coverage: float) -> None:
    found = summarise(planted(bias=0.0, reported=reported), CatConfig())
    assert found["coverage"] == pytest.approx(coverage, abs=0.01)


def test_exposure_and_overlap() -> None:
    exposure = summarise(planted(), CatConfig())["exposure"]
    assert exposure["highest"] == 1.0
    assert exposure["rates"] == [1.0, 0.25, 0.0]
    # Two students share the first item and, one time in sixteen, the second: 1.0625 of 1.25 items.
    assert exposure["overlap"] == pytest.approx(1.0625 / 1.25, abs=1e-3)
    assert exposure["unused"] == 1
    assert sum(count for _low, _high, count in exposure["bins"]) == 2


def test_classes_by_cut_scores() -> None:
    result = planted(bias=0.0)
    exact = replace(result, estimate=result.theta)
    config = CatConfig(cut_scores=(-0.5, 0.5))
    assert summarise(exact, config)["classes"]["accuracy"] == 1.0
    table = np.array(summarise(result, config)["classes"]["table"])
    assert table.sum() == N
    assert table.sum(axis=1) / N == pytest.approx([0.3085, 0.3829, 0.3085], abs=0.01)
    assert 0.75 < np.trace(table) / N < 0.9
    # At a cut score the class above begins.
    at_cut = replace(result, theta=np.array([0.5]), estimate=np.array([0.5]), se=np.ones(1), length=np.ones(1, int))
    assert summarise(at_cut, config)["classes"]["table"][2][2] == 1


def test_estimates_without_a_standard_error_leave_a_gap() -> None:
    result = planted()
    found = summarise(replace(result, se=np.full(N, np.inf)), CatConfig())
    assert found["mean_se"] is None
    assert all(row["se"] is None for row in found["conditional"])
    assert found["coverage"] == 1.0
