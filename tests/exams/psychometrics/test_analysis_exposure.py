"""Exposure and overlap: worked by hand, against counting pair by pair, refusals."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.psychometrics.analysis import pool_exposure, pool_exposure_from_counts

POOL = 12
sittings = st.lists(st.lists(st.integers(0, POOL - 1), unique=True, max_size=POOL), min_size=2, max_size=12)


def test_three_tests_worked_by_hand() -> None:
    found = pool_exposure([(0, 1), (0, 2), (0, 1)], 5)
    assert found.tests == 3
    assert found.given.tolist() == [3, 2, 1, 0, 0]
    assert found.rates == pytest.approx([1, 2 / 3, 1 / 3, 0, 0])
    assert found.mean_length == pytest.approx(2)
    # Pairs share 1, 2 and 1 of two items.
    assert found.overlap == pytest.approx(4 / 3 / 2)
    assert found.used == pytest.approx(0.6)
    assert found.overused.tolist() == [0, 1, 2]
    assert found.unused.tolist() == [3, 4]
    assert found.unevenness == pytest.approx((0.36 + (2 / 3 - 0.4) ** 2 + (1 / 3 - 0.4) ** 2 + 2 * 0.16) / 0.4)


@given(sittings)
def test_overlap_is_what_pairs_of_students_share(tests: list[list[int]]) -> None:
    found = pool_exposure(tests, POOL)
    shared = np.mean([len(set(one) & set(other)) for one, other in combinations(tests, 2)])
    length = np.mean([len(test) for test in tests])
    if length:
        assert found.overlap == pytest.approx(shared / length)
    else:
        assert np.isnan(found.overlap)
    assert found.rates.sum() == pytest.approx(length)


@given(sittings)
def test_items_are_in_one_list_at_most(tests: list[list[int]]) -> None:
    found = pool_exposure(tests, POOL, least=0.2, most=0.5)
    lists = [*found.overused, *found.underused, *found.unused]
    assert len(lists) == len(set(lists))
    assert found.unevenness >= 0


def test_equal_use_is_even_and_the_same_test_for_all_overlaps_wholly() -> None:
    even = pool_exposure([(0, 1), (2, 3)], 4)
    assert (even.unevenness, even.overlap) == (0, 0)
    assert pool_exposure([(0, 1)] * 5, 4).overlap == pytest.approx(1)
    assert np.isnan(pool_exposure([(0, 1)], 4).overlap)


def test_counts_give_the_same_as_the_tests() -> None:
    one, other = pool_exposure([(0, 1), (0, 2), (3, 1)], 5), pool_exposure_from_counts([2, 2, 1, 1, 0], 3)
    assert (one.overlap, one.unevenness, one.used) == (other.overlap, other.unevenness, other.used)


def test_it_says_which_test_or_count_is_wrong() -> None:
    with pytest.raises(ValueError, match=r"administered\[1\] has an item outside 0 \.\.\. 4: \[5\]"):
        pool_exposure([[0], [5]], 5)
    with pytest.raises(ValueError, match=r"administered\[0\] gives an item twice"):
        pool_exposure([[1, 1]], 5)
    with pytest.raises(ValueError, match=r"given\[1\] = 4"):
        pool_exposure_from_counts([1, 4], 3)
    with pytest.raises(ValueError, match="tests = 0"):
        pool_exposure([], 5)
    with pytest.raises(ValueError, match=r"least = 0\.3 is not below most = 0\.25"):
        pool_exposure([[0]], 5, least=0.3)
