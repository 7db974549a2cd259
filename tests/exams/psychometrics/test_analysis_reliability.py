"""Alpha, omega and standard errors: LSAT6, known structures, coverage, laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.cat import ItemParameters
from exams.cat.models import information
from exams.psychometrics.analysis import (
    alpha,
    conditional_precision,
    marginal_reliability,
    measurement_error,
    omega,
    one_factor,
    sum_score_distribution,
)
from tests.exams.cat.banks import realistic_bank
from tests.exams.psychometrics.samples import lsat6


def test_alpha_of_lsat6() -> None:
    found = alpha(lsat6())
    assert found.value == pytest.approx(0.295, abs=5e-4)
    assert (found.students, found.items) == (1000, 5)
    assert found.lower < found.value < found.upper
    assert found.sem == pytest.approx(lsat6().sum(axis=1).std(ddof=1) * (1 - found.value) ** 0.5)


def test_alpha_of_two_items_is_the_spearman_brown_formula_for_equal_variances() -> None:
    x = np.array([[1, 1], [1, 1], [1, 0], [0, 1], [0, 0], [0, 0]])
    r = np.corrcoef(x, rowvar=False)[0, 1]
    assert alpha(x).value == pytest.approx(2 * r / (1 + r))


def test_alpha_is_one_when_the_items_are_copies() -> None:
    x = np.repeat(np.arange(5.0)[:, None], 4, axis=1)
    assert alpha(x).value == pytest.approx(1)
    assert alpha(x).sem == pytest.approx(0, abs=1e-7)


def test_feldts_interval_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(9)
    size, students, rounds = 8, 60, 400
    true = size / (size + 2)  # items of variance 1 + 2 with covariance 1
    hits = 0
    for _ in range(rounds):
        x = rng.standard_normal((students, 1)) + rng.standard_normal((students, size)) * 2**0.5
        found = alpha(x - x.min(), confidence=0.9)
        hits += found.lower <= true <= found.upper
    # 0.9 +- 3.3 binomial standard errors.
    assert 0.85 < hits / rounds < 0.95


def test_students_with_a_missing_answer_are_left_out() -> None:
    x = lsat6()
    gaps = np.vstack([x, [1, np.nan, 0, 1, 1]])
    assert alpha(gaps).value == alpha(x).value
    with pytest.raises(ValueError, match="0 of 2 students answered every item"):
        alpha([[1, np.nan], [np.nan, 0]])


def test_alpha_refuses_what_has_no_reliability() -> None:
    with pytest.raises(ValueError, match="same sum score"):
        alpha([[1, 0], [0, 1]])
    with pytest.raises(ValueError, match="1 items; at least 2"):
        alpha([[1], [0]])
    with pytest.raises(ValueError, match=r"confidence = 1\.0"):
        alpha(lsat6(), confidence=1.0)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(0.1, 0.95), min_size=3, max_size=8))
def test_one_factor_finds_the_loadings_that_made_the_correlations(loadings: list[float]) -> None:
    given_loadings = np.array(loadings)
    correlations = np.outer(given_loadings, given_loadings)
    np.fill_diagonal(correlations, 1)
    assert one_factor(correlations) == pytest.approx(given_loadings, abs=2e-3)


def test_omega_is_alpha_when_the_items_are_parallel_and_larger_when_they_are_not() -> None:
    rng = np.random.default_rng(4)
    factor = rng.standard_normal((20_000, 1))
    parallel = 10 + 0.7 * factor + np.sqrt(1 - 0.49) * rng.standard_normal((20_000, 6))
    assert omega(parallel).value == pytest.approx(alpha(parallel).value, abs=0.002)
    loadings = np.array([0.9, 0.9, 0.5, 0.3, 0.2, 0.2])
    unequal = 10 + factor * loadings + np.sqrt(1 - loadings**2) * rng.standard_normal((20_000, 6))
    true = loadings.sum() ** 2 / (loadings.sum() ** 2 + (1 - loadings**2).sum())
    found = omega(unequal)
    assert found.value == pytest.approx(true, abs=0.01)
    assert found.value > alpha(unequal).value + 0.02
    assert found.loadings == pytest.approx(loadings, abs=0.02)
    assert found.residual < 0.02


def test_a_second_factor_shows_in_the_residual() -> None:
    rng = np.random.default_rng(6)
    two = np.repeat(rng.standard_normal((5000, 2)), 4, axis=1)
    assert omega(10 + two + rng.standard_normal((5000, 8))).residual > 0.15


def test_omega_names_the_item_without_variance() -> None:
    x = lsat6()
    x[:, 2] = 1
    with pytest.raises(ValueError, match="item 2: everybody has the same score"):
        omega(x)


def test_the_conditional_error_of_the_sum_score_is_that_of_its_distribution() -> None:
    items = realistic_bank(12, 1)
    theta = np.array([-1.5, 0.0, 2.0])
    found = conditional_precision(theta, items)
    scores = np.arange(13)
    distribution = sum_score_distribution(written_out(theta, items))
    mean = scores @ distribution
    assert found.true_score == pytest.approx(mean)
    assert found.sem**2 == pytest.approx(scores**2 @ distribution - mean**2)


def written_out(theta: np.ndarray, items: ItemParameters) -> np.ndarray:
    # The 3PL written out, apart from the engine's own code.
    return items.c + (1 - items.c) / (1 + np.exp(-items.a * (theta[:, None] - items.b)))


@given(st.floats(-6, 6), st.integers(1, 20))
def test_more_items_never_tell_less(theta: float, size: int) -> None:
    items = realistic_bank(21, 7)
    fewer = conditional_precision(theta, items.take(range(size)))
    more = conditional_precision(theta, items.take(range(size + 1)))
    assert more.information >= fewer.information
    assert more.se <= fewer.se
    assert fewer.information == pytest.approx(information(theta, items.take(range(size))).sum())


def test_marginal_reliability_and_measurement_error() -> None:
    assert marginal_reliability([-1, 0, 1], [0.5, 0.5, 0.5]) == pytest.approx(0.8)
    assert measurement_error(4, 0.75) == 2
    with pytest.raises(ValueError, match=r"reliability = 1\.2"):
        measurement_error(4, 1.2)
    with pytest.raises(ValueError, match="theta = nan"):
        conditional_precision([0, np.nan], realistic_bank(2, 1))
