"""Exposure control by experiments settled at the start of a test."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.cat.exposure import SETTLING, ExposureCounts, draw_excluded, eligibility, sympson_hetter


def popular_first(chances: np.ndarray, students: int, length: int, rng: np.random.Generator) -> ExposureCounts:
    """Students who all would like the same items best: the first `length` that each may be given."""
    counts = ExposureCounts.none(chances.size)
    for _ in range(students):
        excluded = draw_excluded(chances, rng)
        left = [index for index in range(chances.size) if index not in excluded]
        counts = counts.after(left[:length], excluded)
    return counts


def test_counts_follow_the_students() -> None:
    counts = ExposureCounts.none(4).after([0, 1], [2]).after([1, 2], [0, 2])
    assert counts.students == 2
    assert counts.given.tolist() == [1, 2, 1, 0]
    # Item 2 was given although it was to be spared: nothing could be done without it.
    assert counts.eligible.tolist() == [1, 2, 1, 2]


@given(rate=st.floats(0.05, 0.6), seed=st.integers(0, 1000))
def test_eligibility_never_lets_an_item_above_the_rate(rate: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    size, length = 40, 2
    counts = ExposureCounts.none(size)
    for _ in range(2 * SETTLING):
        excluded = draw_excluded(eligibility(counts, rate), rng)
        left = [index for index in range(size) if index not in excluded]
        counts = counts.after(left[:length], excluded)
    assert counts.given.max() / counts.students <= rate + 1e-9


def test_eligibility_spares_no_item_needlessly() -> None:
    counts = ExposureCounts(1000, np.array([0, 100, 240, 249, 250]), np.array([1000, 1000, 900, 300, 1000]))
    np.testing.assert_allclose(eligibility(counts, 0.25), [1, 1, 0.25 * 900 / 240, 0.25 * 300 / 249, 0])
    np.testing.assert_array_equal(eligibility(counts, 1.0), 1)


def test_sympson_hetter_brings_a_popular_item_to_its_rate() -> None:
    rng = np.random.default_rng(3)
    found = sympson_hetter(lambda chances, _: popular_first(chances, 2_000, 3, rng), 30, 0.3, length=3, rounds=30)
    assert found.highest[0] == 1.0
    assert found.converged
    rates = popular_first(found.parameters, 4_000, 3, rng)
    # .3 is estimated with a standard error of .01 in each of 2,000 students, and the highest of several is told.
    assert rates.given.max() / rates.students < 0.36
    assert (found.parameters < 1).any()
    assert np.count_nonzero(found.parameters == 1) >= 3


@pytest.mark.parametrize("rate", [0.0, 1.2, float("nan")])
def test_a_rate_is_a_share(rate: float) -> None:
    with pytest.raises(ValueError, match="highest exposure is a share"):
        eligibility(ExposureCounts.none(3), rate)
    with pytest.raises(ValueError, match="highest exposure is a share"):
        sympson_hetter(lambda *_: ExposureCounts.none(3), 3, rate, length=1)
