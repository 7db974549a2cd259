"""Local dependence: Q3 against its definition, planted pairs, its mean, missing answers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.cat.models import probability
from exams.psychometrics.analysis import q3
from tests.exams.cat.banks import realistic_bank
from tests.exams.psychometrics.samples import drawn, rasch_items


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.floats(0, 0.5))
def test_q3_is_the_correlation_of_the_residuals_of_those_who_answered_both(seed: int, missing: float) -> None:
    rng = np.random.default_rng(seed)
    items = realistic_bank(4, seed)
    theta = rng.standard_normal(60)
    x = drawn(items, theta, rng)
    x[rng.random(x.shape) < missing] = np.nan
    found = q3(x, theta, items, least_students=3)
    residual = x - probability(theta, items)
    for i in range(4):
        for j in range(i):
            both = ~np.isnan(residual[:, [i, j]]).any(axis=1)
            assert found.students[i, j] == both.sum()
            expected = np.corrcoef(residual[both][:, [i, j]], rowvar=False)[0, 1]
            assert found.matrix[i, j] == pytest.approx(expected, abs=1e-9)
            assert found.matrix[i, j] == found.matrix[j, i]


def test_independent_items_have_no_pair_and_a_mean_of_nothing() -> None:
    rng = np.random.default_rng(1)
    items = realistic_bank(20, 3)
    theta = rng.standard_normal(1000)
    found = q3(drawn(items, theta, rng), theta, items)
    assert found.pairs == ()
    assert found.mean == pytest.approx(0, abs=0.01)


def test_abilities_from_the_same_answers_pull_the_mean_down_by_one_over_the_other_items() -> None:
    rng = np.random.default_rng(2)
    items = rasch_items(np.linspace(-1, 1, 10))
    x = drawn(items, rng.standard_normal(4000), rng)
    x = x[(x.sum(axis=1) > 0) & (x.sum(axis=1) < 10)]
    # The maximum-likelihood ability of a Rasch test is where the expected sum is the sum.
    grid = np.linspace(-5, 5, 2001)
    theta = np.interp(x.sum(axis=1), probability(grid, items).sum(axis=1), grid)
    assert q3(x, theta, items).mean == pytest.approx(-1 / 9, abs=0.015)


def test_a_planted_pair_is_found_and_named_first() -> None:
    rng = np.random.default_rng(3)
    items = realistic_bank(15, 5)
    theta = rng.standard_normal(1500)
    x = drawn(items, theta, rng)
    copied = rng.random(1500) < 0.7
    x[copied, 9] = x[copied, 4]
    found = q3(x, theta, items)
    assert [(pair.first, pair.second) for pair in found.pairs] == [(4, 9)]
    assert found.pairs[0].excess == pytest.approx(found.pairs[0].q3 - found.mean)
    assert found.pairs[0].students == 1500
    assert q3(x, theta, items, cut=0.95).pairs == ()


def test_pairs_that_few_answered_are_left_out() -> None:
    rng = np.random.default_rng(4)
    items = realistic_bank(3, 5)
    theta = rng.standard_normal(500)
    x = drawn(items, theta, rng)
    x[20:, 2] = np.nan
    found = q3(x, theta, items)
    assert np.isnan(found.matrix[0, 2])
    assert not np.isnan(found.matrix[0, 1])
    assert found.students[0, 2] == 20
    assert found.mean == found.matrix[0, 1]


def test_it_refuses_one_item_and_a_cut_of_nothing() -> None:
    with pytest.raises(ValueError, match="at least 2 items"):
        q3([[1], [0]], [0, 0], realistic_bank(1, 1))
    with pytest.raises(ValueError, match="cut = 0"):
        q3([[1, 0], [0, 1]], [0, 0], realistic_bank(2, 1), cut=0)
