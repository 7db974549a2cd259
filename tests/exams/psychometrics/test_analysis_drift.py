"""Drift: a stable item raises no more alarms than it should, a leaked one is found, its difficulty is recovered."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from exams.cat import ItemParameters
from exams.psychometrics.analysis import Drift, DriftFlag, item_drift
from tests.exams.psychometrics.samples import drawn

ITEM = ItemParameters(np.array([1.2]), np.array([0.3]), np.array([0.2]))
MONTHS = [f"2025-{month:02}" for month in range(1, 13)]


def year(rng: np.random.Generator, shifts: np.ndarray, answers: int = 100) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Scores, abilities and months of `answers` students a month; the difficulty moved by `shifts` (12,)."""
    theta = rng.standard_normal((12, answers))
    moved = [
        drawn(ItemParameters(ITEM.a, ITEM.b + shift, ITEM.c), theta[month], rng)[:, 0]
        for month, shift in enumerate(shifts)
    ]
    return np.concatenate(moved), theta.ravel(), [name for name in MONTHS for _ in range(answers)]


@pytest.fixture(scope="module")
def stable_years() -> list[Drift]:
    rng = np.random.default_rng(3)
    return [item_drift(*year(rng, np.zeros(12)), ITEM) for _ in range(250)]


def test_the_chi_square_of_a_stable_item_is_one(stable_years: list[Drift]) -> None:
    assert stats.kstest([found.p for found in stable_years], "uniform").pvalue > 0.001
    z = np.concatenate([found.z for found in stable_years])
    assert abs(z.mean()) < 0.06
    assert z.std() == pytest.approx(1, abs=0.05)


def test_a_stable_item_rarely_raises_an_alarm_within_a_year(stable_years: list[Drift]) -> None:
    alarms = sum(bool({DriftFlag.EASIER, DriftFlag.HARDER} & set(found.flags)) for found in stable_years)
    # One false alarm in 168 months is 7 % a year at most.
    assert stats.binom.sf(alarms - 1, len(stable_years), 0.07) > 0.001


def test_the_shift_of_a_stable_item_is_within_its_error(stable_years: list[Drift]) -> None:
    deviates = np.array([found.shift / found.shift_se for found in stable_years])
    assert stats.binom.interval(0.999, 250, 0.05)[0] <= (np.abs(deviates) > 1.96).sum() <= 25


@pytest.mark.parametrize(("shift", "flag"), [(-0.8, DriftFlag.EASIER), (0.8, DriftFlag.HARDER)])
def test_an_item_that_changed_in_july_is_found_by_september(shift: float, flag: DriftFlag) -> None:
    rng = np.random.default_rng(5)
    found = item_drift(*year(rng, np.where(np.arange(12) < 6, 0, shift), 400), ITEM)
    assert flag in found.flags
    assert found.periods == tuple(MONTHS)
    sums = found.cusum_easier if shift < 0 else found.cusum_harder
    assert (sums[:6] < 4).all()
    assert sums[8] > 4
    assert (found.difficulty[6:] - 0.3).mean() == pytest.approx(shift, abs=0.15)
    assert (found.difficulty[:6] - 0.3).mean() == pytest.approx(0, abs=0.15)


def test_seasons_show_as_unstable_and_not_as_a_trend() -> None:
    rng = np.random.default_rng(6)
    found = item_drift(*year(rng, np.tile([0.4, -0.4], 6), 150), ITEM)
    assert found.flags == (DriftFlag.UNSTABLE,)
    assert found.p < 1e-6
    assert abs(found.shift) < 0.1


def test_a_slight_shift_is_left_alone_however_many_answers_prove_it() -> None:
    rng = np.random.default_rng(7)
    found = item_drift(*year(rng, np.full(12, -0.1), 5000), ITEM)
    assert found.p < 1e-6
    assert found.flags == ()
    assert found.shift == pytest.approx(-0.1, abs=0.03)
    assert DriftFlag.EASIER in item_drift(*year(rng, np.full(12, -0.1), 5000), ITEM, least_shift=0.05).flags


def test_uncertain_abilities_are_averaged_over() -> None:
    rng = np.random.default_rng(8)
    seen = 0.8**0.5 * rng.standard_normal(20_000) * 2
    true = seen + 1.0 * rng.standard_normal(20_000)
    x = drawn(ItemParameters(np.array([2.0]), np.array([1.5])), true, rng)[:, 0]
    item, months = ItemParameters(np.array([2.0]), np.array([1.5])), ["2025-01"] * 20_000
    assert abs(item_drift(x, seen, months, item, se=np.ones(20_000)).shift) < 0.05
    assert item_drift(x, seen, months, item).shift < -0.1


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31))
def test_the_order_of_the_answers_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, theta, months = year(rng, np.zeros(12), 8)
    x[rng.random(x.size) < 0.2] = np.nan
    order = rng.permutation(x.size)
    one, other = (
        item_drift(x, theta, months, ITEM),
        item_drift(x[order], theta[order], [months[k] for k in order], ITEM),
    )
    assert one.periods == other.periods
    assert one.z == pytest.approx(other.z)
    assert one.difficulty == pytest.approx(other.difficulty)
    assert (one.answers.sum(), one.flags) == ((~np.isnan(x)).sum(), other.flags)


def test_the_difficulty_of_a_rasch_item_makes_the_expected_sum_the_sum() -> None:
    item = ItemParameters(np.ones(1), np.zeros(1))
    theta = np.array([-1.0, 0.0, 0.5, 2.0])
    found = item_drift([0, 1, 0, 1], theta, [1, 1, 1, 1], item)
    assert (1 / (1 + np.exp(-(theta - found.difficulty[0])))).sum() == pytest.approx(2)


def test_all_right_or_all_wrong_stays_finite() -> None:
    found = item_drift([1, 1, 0, 0], [0.0, 60.0, 0.0, -60.0], ["a", "a", "b", "b"], ITEM)
    assert np.isfinite(found.z).all()
    assert np.isfinite(found.difficulty).all()
    assert (found.observed == [1, 0]).all()


def test_it_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match=r"periods has 1 entries; expected 2"):
        item_drift([1, 0], [0, 0], ["a"], ITEM)
    with pytest.raises(ValueError, match="parameters of 2 items"):
        item_drift([1], [0], ["a"], ITEM.take([0, 0]))
    with pytest.raises(ValueError, match=r"se\[1\] = -0\.1"):
        item_drift([1, 0], [0, 0], ["a", "a"], ITEM, se=[0.2, -0.1])
    with pytest.raises(ValueError, match="nobody has answered"):
        item_drift([np.nan], [0], ["a"], ITEM)
