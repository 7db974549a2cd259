"""Item and model fit: published values, the exact distribution of sum scores, error rates near nominal, power."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from exams.cat import ItemParameters
from exams.cat.models import probability
from exams.psychometrics.analysis import M2, SX2, Population, m2, mean_squares, s_x2, sum_score_distribution
from tests.exams.cat.banks import realistic_bank
from tests.exams.psychometrics.samples import LSAT6_ITEMS, drawn, fitted_2pl, lsat6, lsat7, rasch_items, within_chance


@given(st.lists(st.floats(0, 1), min_size=1, max_size=7))
def test_the_recursion_gives_the_distribution_of_the_sum_score(chances: list[float]) -> None:
    exact = np.zeros(len(chances) + 1)
    for pattern in product((0, 1), repeat=len(chances)):
        exact[sum(pattern)] += np.prod([p if x else 1 - p for p, x in zip(chances, pattern, strict=True)])
    assert sum_score_distribution([chances])[:, 0] == pytest.approx(exact, abs=1e-12)


def test_mean_squares_worked_by_hand() -> None:
    items = rasch_items(np.array([0.0, np.log(3)]))  # at ability 0: P = 1/2 and 1/4
    found = mean_squares([[1, 1], [0, 0], [1, np.nan]], np.zeros(3), items)
    assert found.answers.tolist() == [3, 2]
    assert found.outfit == pytest.approx([1, (3 + 1 / 3) / 2])
    assert found.infit == pytest.approx([1, (9 / 16 + 1 / 16) / (3 / 8)])
    # W = 3/16, C = W (1 - 3 W) = 21/256: the variances are C / W^2 / 2 - 1/2 and (C - W^2) / (2 W^2).
    q = np.sqrt((21 / 256) / (9 / 256) / 2 - 1 / 2)
    assert found.outfit_z[1] == pytest.approx((np.cbrt(5 / 3) - 1) * 3 / q + q / 3)
    assert found.infit_z[1] == pytest.approx((np.cbrt(5 / 3) - 1) * 3 / q + q / 3)
    # A chance of 1/2 has but one squared residual: nothing varies.
    assert np.isnan(found.infit_z[0])


@settings(max_examples=25)
@given(st.integers(0, 2**31), st.booleans())
def test_students_fit_is_items_fit_of_the_turned_table(seed: int, three_parameters: bool) -> None:
    rng = np.random.default_rng(seed)
    items = realistic_bank(6, seed) if three_parameters else rasch_items(rng.standard_normal(6))
    theta = rng.standard_normal(5)
    x = drawn(items, theta, rng)
    x[rng.random(x.shape) < 0.3] = np.nan
    found = mean_squares(x, theta, items, of="students")
    for row in range(5):
        one = mean_squares(x[[row]], theta[[row]], items)
        weights = probability(theta[row], items) * (1 - probability(theta[row], items))
        weights = np.where(one.answers > 0, weights, 0)
        if one.answers.any():
            assert found.infit[row] == pytest.approx(np.nansum(one.infit * weights) / weights.sum())
            assert found.outfit[row] == pytest.approx(np.nanmean(one.outfit))
        else:
            assert np.isnan(found.outfit[row])


def test_mean_squares_are_standard_normal_deviates_when_the_model_holds() -> None:
    rng = np.random.default_rng(11)
    items = realistic_bank(200, 2)
    theta = rng.standard_normal(6000)
    x = drawn(items, theta, rng)
    x[rng.random(x.shape) < 0.9] = np.nan
    found = mean_squares(x, theta, items)
    for z in (found.infit_z, found.outfit_z):
        assert abs(z.mean()) < 0.25
        assert 0.85 < z.std() < 1.15
    assert found.infit.mean() == pytest.approx(1, abs=0.01)


def test_mean_squares_tell_noise_from_regularity() -> None:
    rng = np.random.default_rng(12)
    theta = rng.standard_normal(1500)
    flat, steep = ItemParameters(np.array([0.3]), np.zeros(1)), ItemParameters(np.array([3.0]), np.zeros(1))
    x = np.hstack([drawn(flat, theta, rng), drawn(steep, theta, rng)])
    found = mean_squares(x, theta, rasch_items(np.zeros(2)))
    assert found.infit[0] > 1.1
    assert found.outfit_z[0] > 3
    assert found.infit[1] < 0.9
    assert found.infit_z[1] < -3


def test_s_x2_of_lsat7_as_published() -> None:
    # R's mirt prints S_X2 4.749, 14.453, 1.270, 5.237 and .941 on 2 degrees of freedom for its own 2PL estimates.
    x = lsat7()
    found = s_x2(x, fitted_2pl(x), estimated=2)
    assert found.df.tolist() == [2] * 5
    assert found.statistic == pytest.approx([4.749, 14.453, 1.270, 5.237, 0.941], abs=0.02)
    assert found.p == pytest.approx([0.093, 0.001, 0.530, 0.073, 0.625], abs=0.002)


def test_m2_of_lsat7_as_published() -> None:
    # R's mirt: M2 11.93, 5 degrees of freedom, p .036, RMSEA .037 with .009 to .065, SRMSR .032.
    x = lsat7()
    found = m2(x, fitted_2pl(x), estimated="2pl")
    assert found.df == 5
    assert found.statistic == pytest.approx(11.94, abs=0.02)
    assert (found.p, found.rmsea) == pytest.approx((0.0356, 0.0372), abs=3e-4)
    assert (found.rmsea_lower, found.rmsea_upper) == pytest.approx((0.009, 0.065), abs=5e-4)
    assert found.srmsr == pytest.approx(0.032, abs=5e-4)


def test_lsat6_fits_the_2pl() -> None:
    whole = m2(lsat6(), LSAT6_ITEMS, estimated="2pl")
    assert (whole.statistic, whole.df) == (pytest.approx(4.74, abs=0.02), 5)
    assert whole.rmsea == whole.rmsea_lower == 0
    items = s_x2(lsat6(), LSAT6_ITEMS, estimated=2)
    assert (items.p > 0.3).all()


def test_score_groups_keep_every_student_between_the_extremes() -> None:
    rng = np.random.default_rng(3)
    items = realistic_bank(15, 8)
    x = drawn(items, rng.standard_normal(300), rng)
    found = s_x2(x, items)
    inside = (x.sum(axis=1) > 0) & (x.sum(axis=1) < 15)
    for item, table in enumerate(found.groups):
        lowest, students, observed, expected = table.T
        assert students.sum() == inside.sum()
        assert (students * observed).sum() == pytest.approx(x[inside, item].sum())
        assert (np.diff(lowest) > 0).all()
        assert (students * expected >= 1 - 1e-9).all()
        assert (students * (1 - expected) >= 1 - 1e-9).all()


@pytest.fixture(scope="module")
def replications() -> list[tuple[SX2, M2]]:
    """S-X2 and M2 of a 2PL test of 8 items, estimated anew each time from 800 students for whom it holds."""
    rng = np.random.default_rng(2024)
    items = ItemParameters(rng.uniform(0.8, 1.8, 8), rng.uniform(-1.3, 1.3, 8))
    found = []
    for _ in range(80):
        x = drawn(items, rng.standard_normal(800), rng)
        estimates = fitted_2pl(x)
        found.append((s_x2(x, estimates, estimated=2), m2(x, estimates, estimated="2pl")))
    return found


def test_s_x2_refuses_a_true_model_as_often_as_it_should(replications: list[tuple[SX2, M2]]) -> None:
    p = np.concatenate([fit.p for fit, _ in replications])
    assert within_chance(int((p < 0.05).sum()), p.size)


def test_m2_refuses_a_true_model_as_often_as_it_should(replications: list[tuple[SX2, M2]]) -> None:
    found = [whole for _, whole in replications]
    assert {whole.df for whole in found} == {36 - 16}
    assert within_chance(sum(whole.p < 0.05 for whole in found), len(found))
    # A chi-square has its degrees of freedom as mean and twice them as variance.
    mean = np.mean([whole.statistic for whole in found])
    assert abs(mean - 20) < 3.3 * np.sqrt(40 / len(found))


@pytest.mark.parametrize(("estimated", "df"), [("nothing", 55), ("rasch", 45), ("1pl", 44), ("2pl", 35), ("3pl", 25)])
def test_m2_counts_what_was_estimated(estimated: str, df: int) -> None:
    rng = np.random.default_rng(17)
    items = realistic_bank(10, 17)
    found = m2(drawn(items, rng.standard_normal(500), rng), items, estimated=estimated)  # type: ignore[arg-type]
    assert found.df == df


def test_with_parameters_from_elsewhere_m2_is_a_chi_square_on_all_margins() -> None:
    rng = np.random.default_rng(18)
    items = realistic_bank(6, 3)
    p = [m2(drawn(items, rng.standard_normal(500), rng), items).p for _ in range(200)]
    assert stats.kstest(p, "uniform").pvalue > 0.001


def test_s_x2_finds_the_item_that_does_not_fit() -> None:
    rng = np.random.default_rng(21)
    items = ItemParameters(np.full(20, 1.3), np.linspace(-1.5, 1.5, 20))
    theta = rng.standard_normal(2000)
    x = drawn(items, theta, rng)
    x[:, 7] = drawn(ItemParameters(np.array([0.4]), items.b[[7]]), theta, rng)[:, 0]
    found = s_x2(x, items)
    assert found.p[7] < 1e-6
    assert found.rmsea[7] == found.rmsea.max()
    assert (np.delete(found.p, 7) < 0.001).sum() == 0


def test_m2_finds_a_second_dimension() -> None:
    rng = np.random.default_rng(22)
    items = rasch_items(np.linspace(-1, 1, 5))
    first, own = rng.standard_normal((2, 1000))
    x = np.hstack([drawn(items, theta, rng) for theta in (first, 0.5 * first + 0.75**0.5 * own)])
    found = m2(x, fitted_2pl(x), estimated="2pl")
    assert found.p < 1e-6
    assert found.rmsea_lower > 0.03


def test_the_population_may_be_another() -> None:
    rng = np.random.default_rng(23)
    items = rasch_items(np.linspace(-1, 1, 10))
    x = drawn(items, 1.5 + 0.5 * rng.standard_normal(1500), rng)
    assert m2(x, items).p < 1e-6
    assert m2(x, items, population=Population.normal(1.5, 0.5)).p > 0.01


def test_fit_says_what_it_cannot_do() -> None:
    x, items = lsat6(), LSAT6_ITEMS
    with pytest.raises(ValueError, match="5 columns and there are parameters of 4 items"):
        s_x2(x, items.take(range(4)))
    with pytest.raises(ValueError, match="no degree of freedom"):
        m2(x, items, estimated="3pl")
    with pytest.raises(ValueError, match="estimated = '5pl'"):
        m2(x, items, estimated="5pl")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"scores\[0, 1\] = 2\.0: a dichotomous score"):
        mean_squares([[1, 2]], [0], rasch_items(np.zeros(2)))
    with pytest.raises(ValueError, match=r"theta\[1\] = inf"):
        mean_squares([[1], [0]], [0, np.inf], rasch_items(np.zeros(1)))
    with pytest.raises(ValueError, match=r"weights sum to 0\.9"):
        Population(np.zeros(2), np.array([0.4, 0.5]))
    with pytest.raises(ValueError, match="linearly dependent"):
        m2(x, ItemParameters(np.ones(5), np.array([-60.0, 0, 0, 0, 0])))
