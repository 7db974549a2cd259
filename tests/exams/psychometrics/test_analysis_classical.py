"""Facility, discrimination and distractors: LSAT6, tables worked by hand, laws, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from exams.psychometrics.analysis import distractor_table, item_statistics
from tests.exams.psychometrics.samples import lsat6

tables = hnp.arrays(np.float64, st.tuples(st.integers(2, 30), st.integers(2, 6)), elements=st.sampled_from([0.0, 1.0]))
gappy = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 30), st.integers(1, 6)), elements=st.sampled_from([0.0, 1.0, 2.0, np.nan])
)


def test_facilities_of_lsat6() -> None:
    found = item_statistics(lsat6())
    assert found.facility == pytest.approx([0.924, 0.709, 0.553, 0.763, 0.870])
    assert found.answered.tolist() == [1000] * 5


def test_discriminations_of_lsat6_are_the_rest_score_correlations() -> None:
    # As printed by R's ltm::descript for the same data ("excluding item").
    assert item_statistics(lsat6()).discrimination == pytest.approx([0.1128, 0.1532, 0.1728, 0.1444, 0.1216], abs=6e-5)


@given(tables)
def test_discrimination_is_the_correlation_with_the_sum_of_the_other_items(x: np.ndarray) -> None:
    found = item_statistics(x).discrimination
    for item in range(x.shape[1]):
        rest = np.delete(x, item, axis=1).sum(axis=1)
        if x[:, item].std() and rest.std():
            assert found[item] == pytest.approx(np.corrcoef(x[:, item], rest)[0, 1])
        else:
            assert np.isnan(found[item])


@given(tables)
def test_biserial_has_the_sign_of_the_point_biserial_and_is_larger(x: np.ndarray) -> None:
    found = item_statistics(x)
    known = ~np.isnan(found.biserial)
    assert (known == ~np.isnan(found.discrimination)).all()
    assert (np.abs(found.biserial[known]) >= np.abs(found.discrimination[known])).all()
    assert (found.biserial[known] * found.discrimination[known] >= 0).all()


def test_biserial_recovers_the_correlation_of_what_lies_beneath() -> None:
    rng = np.random.default_rng(5)
    ability, noise = rng.standard_normal((2, 20_000))
    beneath = 0.6 * ability + 0.8 * noise
    x = (beneath > 0.7).astype(float)[:, None]
    found = item_statistics(x, criterion=ability)
    assert found.biserial[0] == pytest.approx(0.6, abs=0.02)
    assert found.discrimination[0] == pytest.approx(stats.pointbiserialr(x[:, 0], ability).statistic)


@given(gappy)
def test_missing_answers_are_left_out(x: np.ndarray) -> None:
    found = item_statistics(x, highest=np.full(x.shape[1], 2))
    for item in range(x.shape[1]):
        there = x[~np.isnan(x[:, item]), item]
        assert found.answered[item] == there.size
        if there.size:
            assert found.facility[item] == pytest.approx(there.mean() / 2)
        else:
            assert np.isnan(found.facility[item])
        assert np.isnan(found.deviation[item]) == (there.size < 2)


def test_integers_mark_a_missing_answer_by_minus_one() -> None:
    with_nan = np.array([[1, 0, np.nan], [0, 1, 1], [1, 1, 1], [0, 0, 1]])
    as_integers = np.where(np.isnan(with_nan), -1, with_nan).astype(np.int8)
    first, second = item_statistics(with_nan), item_statistics(as_integers)
    assert np.array_equal(first.discrimination, second.discrimination, equal_nan=True)


def test_partial_credit_counts_by_the_highest_score() -> None:
    found = item_statistics([[0, 1], [2, 0], [4, 1], [3, 0]], highest=[4, 1])
    assert found.facility == pytest.approx([9 / 16, 0.5])
    assert np.isnan(found.biserial[0])
    assert not np.isnan(found.biserial[1])


def test_it_says_which_score_is_wrong() -> None:
    with pytest.raises(ValueError, match=r"scores\[1, 0\] = -3\.0"):
        item_statistics([[0.0, 1.0], [-3.0, 1.0]])
    with pytest.raises(ValueError, match="1 above the highest score"):
        item_statistics([[2, 1]])
    with pytest.raises(ValueError, match=r"highest\[1\] = 0\.0"):
        item_statistics([[0, 0]], highest=[1, 0])
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        item_statistics([0, 1, 1])


def test_a_distractor_table_worked_by_hand() -> None:
    chosen = [1, 1, 1, 2, 2, 3, -1, -1]
    ability = [2.0, 1.0, 0.0, 1.0, -1.0, -2.0, -1.0, -3.0]
    table = distractor_table(chosen, 1, (1, 2, 3, 4), ability)
    assert table.count.tolist() == [3, 2, 1, 0]
    assert table.share == pytest.approx([1 / 2, 1 / 3, 1 / 6, 0])
    assert table.mean_ability[:3] == pytest.approx([1, 0, -2])
    assert np.isnan(table.mean_ability[3])
    assert table.key.tolist() == [True, False, False, False]
    assert (table.omitted, table.omitted_ability) == (2, -2.0)
    assert table.idle.tolist() == [False, False, False, True]
    assert table.discrimination[0] == pytest.approx(np.corrcoef([1, 1, 1, 0, 0, 0], ability[:6])[0, 1])


def test_a_wrong_key_shows_as_a_misleading_option() -> None:
    rng = np.random.default_rng(2)
    ability = rng.standard_normal(400)
    chosen = np.where(rng.random(400) < 1 / (1 + np.exp(-1.5 * ability)), 3, rng.integers(1, 3, 400))
    table = distractor_table(chosen, 1, (1, 2, 3), ability)
    assert table.misleading.tolist() == [False, False, True]
    assert not distractor_table(chosen, 3, (1, 2, 3), ability).misleading.any()


@given(st.lists(st.integers(-1, 3), min_size=1, max_size=40), st.integers(0, 3))
def test_every_student_is_counted_once(chosen: list[int], key: int) -> None:
    table = distractor_table(chosen, key, range(4), np.zeros(len(chosen)))
    assert table.count.sum() + table.omitted == len(chosen)


def test_it_refuses_options_that_the_item_does_not_have() -> None:
    with pytest.raises(ValueError, match=r"chosen\[2\] = 7"):
        distractor_table([1, 2, 7], 1, (1, 2), [0, 0, 0])
    with pytest.raises(ValueError, match="key = 5"):
        distractor_table([1, 2], 5, (1, 2), [0, 0])
    with pytest.raises(ValueError, match="every option is there once"):
        distractor_table([1, 2], 1, (1, 2, 2), [0, 0])
