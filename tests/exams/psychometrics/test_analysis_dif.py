"""Differential item functioning: published tables, planted items, false alarms at the nominal level, classes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from exams.psychometrics.analysis import (
    ability_strata,
    effect_classes,
    ets_classes,
    logistic_dif,
    lord_chi_square,
    mantel_haenszel,
    stratified_odds,
)
from exams.psychometrics.analysis.dif_logistic import log_likelihoods
from tests.exams.psychometrics.samples import drawn, rasch_items, within_chance

SIMULATIONS = 200
counts = hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.just(2), st.just(2)), elements=st.integers(0, 30))


def test_admissions_to_berkeley_as_published() -> None:
    # Bickel, Hammel & O'Connell (1975) by department: men and women, admitted and refused. R's mantelhaen.test says
    # 1.4269, p .2323 (1.5246, .2169 without correction), odds ratio .9046968 with .7719074 to 1.0603298.
    departments = [
        [[512, 313], [89, 19]],
        [[353, 207], [17, 8]],
        [[120, 205], [202, 391]],
        [[138, 279], [131, 244]],
        [[53, 138], [94, 299]],
        [[22, 351], [24, 317]],
    ]
    found, plain = stratified_odds(departments), stratified_odds(departments, correction=False)
    assert (found.statistic, found.p) == (pytest.approx(1.4269, abs=5e-5), pytest.approx(0.2323, abs=5e-5))
    assert (plain.statistic, plain.p) == (pytest.approx(1.5246, abs=5e-5), pytest.approx(0.2169, abs=5e-5))
    assert found.odds_ratio == pytest.approx(0.9046968, abs=5e-8)
    interval = found.odds_ratio * np.exp(np.array([-1, 1]) * stats.norm.ppf(0.975) * found.log_se)
    assert interval == pytest.approx([0.7719074, 1.0603298], abs=1e-6)


def test_penicillin_and_rabbits_as_published() -> None:
    # Agresti (1990), pp. 231-237: p = .047.
    doses = [[[0, 6], [0, 5]], [[3, 3], [0, 6]], [[6, 0], [2, 4]], [[5, 1], [6, 0]], [[2, 0], [5, 0]]]
    found = stratified_odds(doses)
    assert (found.statistic, found.p) == (pytest.approx(3.9286, abs=5e-5), pytest.approx(0.04747, abs=5e-6))
    assert found.odds_ratio == pytest.approx(7)


def test_one_stratum_is_the_plain_odds_ratio_with_woolfs_error() -> None:
    found = stratified_odds([[[20, 10], [15, 30]]])
    assert found.odds_ratio == pytest.approx(20 * 30 / (10 * 15))
    assert found.log_se == pytest.approx(np.sqrt(1 / 20 + 1 / 10 + 1 / 15 + 1 / 30))


@given(counts)
def test_exchanging_the_groups_turns_the_odds_ratio_round(tables: np.ndarray) -> None:
    one, other = stratified_odds(tables), stratified_odds(tables[:, ::-1])
    assert np.isnan(one.statistic) == np.isnan(other.statistic)
    if not np.isnan(one.statistic):
        assert one.statistic == pytest.approx(other.statistic, abs=1e-9)
    if 0 < one.odds_ratio < np.inf:
        assert one.odds_ratio * other.odds_ratio == pytest.approx(1)
        assert one.log_se == pytest.approx(other.log_se)


@given(counts)
def test_the_correction_only_lowers_the_statistic(tables: np.ndarray) -> None:
    corrected, plain = stratified_odds(tables).statistic, stratified_odds(tables, correction=False).statistic
    assert np.isnan(plain) or 0 <= corrected <= plain


def test_the_tables_are_those_of_the_sum_score() -> None:
    rng = np.random.default_rng(1)
    x = (rng.random((300, 6)) < 0.6).astype(float)
    focal = rng.random(300) < 0.4
    found = mantel_haenszel(x, focal, purify=False)
    tables = np.zeros((7, 2, 2))
    for row, group in zip(x, focal, strict=True):
        tables[int(row.sum()), int(group), int(1 - row[2])] += 1
    by_hand = stratified_odds(tables)
    assert found.statistic[2] == pytest.approx(by_hand.statistic)
    assert found.delta[2] == pytest.approx(-2.35 * np.log(by_hand.odds_ratio))
    assert found.delta_se[2] == pytest.approx(2.35 * by_hand.log_se)
    assert (found.reference[0], found.focal[0]) == ((~focal).sum(), focal.sum())


def test_the_ets_classes_follow_the_rules() -> None:
    delta = [0.9, -1.2, -1.2, 1.6, -1.6, 1.4, np.nan, 2.6]
    se = [0.1, 0.1, 2.0, 0.3, 0.5, 0.1, 0.1, 0.97]
    p = [0.001, 0.001, 0.3, 0.001, 0.001, 0.001, 0.001, 0.01]
    # 1.6 is .6 above 1: more than 1.645 errors of .3, fewer of .5; 2.6 is 1.6 above, 1.645 errors of .97 are 1.596.
    assert ets_classes(delta, se, p) == ("A", "B", "A", "C", "B", "B", "", "C")


def test_the_effect_classes_follow_the_rules() -> None:
    assert effect_classes([0.08, 0.08, 0.0349, 0.035, 0.0699, 0.07, np.nan], [0.2, *[0.01] * 6]) == (
        *("A", "C", "A", "B", "B", "C", ""),
    )


def planted(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Thirty Rasch items for two groups that differ by half a logit in ability; items 3 and 11 harder for the focal
    group by 1 logit, item 20 easier."""
    rng = np.random.default_rng(seed)
    items = rasch_items(np.linspace(-1.5, 1.5, 30))
    focal = np.repeat([False, True], 800)
    shift = np.zeros(30)
    shift[[3, 11, 20]] = 1, 1, -1
    theta = rng.standard_normal(1600) - 0.5 * focal
    x = drawn(items, theta, rng)
    x[focal] = drawn(rasch_items(items.b + shift), theta[focal], rng)
    return x, focal


def test_planted_items_are_found_and_classed() -> None:
    found = mantel_haenszel(*planted(1))
    assert [found.ets[i] for i in (3, 11, 20)] == ["C", "C", "C"]
    # One logit is 2.35 units of delta.
    assert found.delta[[3, 11, 20]] == pytest.approx([-2.35, -2.35, 2.35], abs=0.8)
    assert found.ets.count("C") == 3
    assert not found.anchor[[3, 11, 20]].any()
    assert found.stable


def test_logistic_regression_finds_the_same_items() -> None:
    found = logistic_dif(*planted(1))
    assert (found.p_uniform[[3, 11, 20]] < 1e-6).all()
    assert found.group[[3, 11, 20]] == pytest.approx([-1, -1, 1], abs=0.35)
    assert [found.effect[i] for i in (3, 11, 20)] != ["A", "A", "A"]
    assert set(np.delete(found.effect, [3, 11, 20])) == {"A"}


def test_only_logistic_regression_finds_crossing_curves() -> None:
    rng = np.random.default_rng(7)
    items = rasch_items(np.linspace(-1, 1, 20))
    focal = np.repeat([False, True], 1000)
    theta = rng.standard_normal(2000)
    x = drawn(items, theta, rng)
    x[focal, 9] = rng.random(1000) < 1 / (1 + np.exp(-0.1 * (theta[focal] - items.b[9])))
    x[~focal, 9] = rng.random(1000) < 1 / (1 + np.exp(-2.5 * (theta[~focal] - items.b[9])))
    crossed = logistic_dif(x, focal)
    assert crossed.p_nonuniform[9] < 1e-10
    assert crossed.effect[9] == "C"
    assert mantel_haenszel(x, focal).ets[9] == "A"
    assert logistic_dif(x, focal, against="nonuniform").effect[9] == "C"


def test_purification_clears_the_items_that_others_made_suspect() -> None:
    rng = np.random.default_rng(13)
    items = rasch_items(np.linspace(-1, 1, 16))
    focal = np.repeat([False, True], 1500)
    theta = rng.standard_normal(3000)
    harder = np.where(np.arange(16) < 5, 1.2, 0)
    x = np.where(focal[:, None], drawn(rasch_items(items.b + harder), theta, rng), drawn(items, theta, rng))
    before, after = mantel_haenszel(x, focal, purify=False), mantel_haenszel(x, focal)
    assert (before.p[5:] < 0.05).sum() > 6
    assert (after.p[5:] < 0.05).sum() <= 2
    assert after.delta[:5] == pytest.approx(np.full(5, -2.35 * 1.2), abs=0.7)


@pytest.mark.parametrize(("difference", "purify"), [(0.0, False), (0.7, False), (0.0, True)])
def test_mantel_haenszel_raises_false_alarms_at_the_nominal_level(difference: float, purify: bool) -> None:
    rng = np.random.default_rng(31)
    items = rasch_items(np.linspace(-1.5, 1.5, 20))
    focal = np.repeat([False, True], 250)
    rejected = corrected = large = 0
    for _ in range(SIMULATIONS):
        x = drawn(items, rng.standard_normal(500) - difference * focal, rng)
        found = mantel_haenszel(x, focal, correction=False, purify=purify)
        rejected += int((found.p < 0.05).sum())
        if not purify:
            again = mantel_haenszel(x, focal, purify=False)
            corrected += int((again.p < 0.05).sum())
            large += again.ets.count("C")
    if purify:
        # Nearly the same items are flagged as without; the tests of one sample are not quite independent.
        assert 0.03 < rejected / (SIMULATIONS * 20) < 0.07
    else:
        assert within_chance(rejected, SIMULATIONS * 20)
        assert 0.02 < corrected / (SIMULATIONS * 20) < 0.05
        assert large / (SIMULATIONS * 20) < 0.02


def test_logistic_regression_raises_false_alarms_at_the_nominal_level() -> None:
    rng = np.random.default_rng(32)
    items = rasch_items(np.linspace(-1.5, 1.5, 15))
    focal = np.repeat([False, True], 200)
    p = []
    for _ in range(SIMULATIONS):
        x = drawn(items, rng.standard_normal(400), rng)
        found = logistic_dif(x, focal, purify=False)
        p.append([found.p_uniform, found.p_nonuniform, found.p_both])
    for test in range(3):
        assert within_chance(int((np.array(p)[:, test] < 0.05).sum()), SIMULATIONS * 15)


def test_the_regressions_are_at_their_maximum() -> None:
    rng = np.random.default_rng(8)
    design = np.column_stack([np.ones(400), rng.standard_normal((400, 2))])
    y = (rng.random((400, 3)) < 1 / (1 + np.exp(-design @ [[0.5, -1, 2], [1, 0, -1], [0, 0.3, 1]]))).astype(float)
    given_answers = rng.random((400, 3)) < 0.8
    reached, beta = log_likelihoods(design, y * given_answers, given_answers.astype(float))
    for item in range(3):
        rows = given_answers[:, item]
        p = 1 / (1 + np.exp(-design[rows] @ beta[item]))
        assert design[rows].T @ (y[rows, item] - p) == pytest.approx(np.zeros(3), abs=1e-3)
        assert reached[item] == pytest.approx(np.where(y[rows, item], np.log(p), np.log1p(-p)).sum())


def test_separated_answers_do_not_stop_it() -> None:
    ability = np.linspace(-1, 1, 40)
    x = np.column_stack([ability > 0, ability > 0.5, np.ones(40)]).astype(float)
    found = logistic_dif(x, np.arange(40) % 2, matching=ability)
    assert np.isfinite(found.p_both[:2]).all()
    assert np.isnan(found.p_both[2])
    assert found.effect[2] == ""


def test_an_item_of_one_group_alone_tells_nothing() -> None:
    rng = np.random.default_rng(9)
    x, focal = rng.integers(0, 2, (60, 3)).astype(float), np.arange(60) % 2 == 1
    x[focal, 1] = np.nan
    ability = rng.standard_normal(60)
    regression, odds = (
        logistic_dif(x, focal, matching=ability),
        mantel_haenszel(x, focal, strata=ability_strata(ability, 5)),
    )
    assert np.isnan(regression.p_both[1])
    assert (regression.effect[1], odds.ets[1]) == ("", "")
    assert not np.isnan(regression.p_both[[0, 2]]).any()
    assert odds.focal.tolist() == [30, 0, 30]


def test_adaptive_answers_are_matched_on_ability() -> None:
    rng = np.random.default_rng(41)
    items = rasch_items(np.linspace(-1.5, 1.5, 40))
    focal = np.repeat([False, True], 2000)
    theta = rng.standard_normal(4000) - 0.4 * focal
    harder = np.where(np.arange(40) == 12, 1.2, 0)
    x = np.where(focal[:, None], drawn(rasch_items(items.b + harder), theta, rng), drawn(items, theta, rng))
    x[rng.random(x.shape) < 0.6] = np.nan
    strata = ability_strata(theta, 40)
    assert np.bincount(strata).tolist() == [100] * 40
    by_strata, by_score = mantel_haenszel(x, focal, strata=strata), logistic_dif(x, focal, matching=theta)
    assert by_strata.ets[12] == "C"
    assert by_strata.ets.count("C") == 1
    assert by_score.p_uniform[12] < 1e-6
    assert (np.delete(by_score.p_uniform, 12) < 0.001).sum() == 0
    with pytest.raises(ValueError, match=r"scores\[\d+, \d+\] is missing: give strata"):
        mantel_haenszel(x, focal)


def test_lords_chi_square_of_one_parameter_is_the_squared_deviate() -> None:
    found = lord_chi_square([0.0, 1.0], [0.5, 1.0], [0.02, 0.01], [0.02, 0.03])
    assert found.statistic == pytest.approx([0.25 / 0.04, 0])
    assert (found.df, found.p[1]) == (1, 1.0)
    assert found.difference[:, 0] == pytest.approx([0.5, 0])


def test_lords_chi_square_raises_false_alarms_at_the_nominal_level() -> None:
    rng = np.random.default_rng(51)
    items = 4000
    first, second = (np.array([[0.02, 0.006], [0.006, 0.03]]) * k for k in (1, 2.5))
    true = rng.standard_normal((items, 2))
    estimates = [true + rng.multivariate_normal(np.zeros(2), s, items) for s in (first, second)]
    found = lord_chi_square(*estimates, np.tile(first, (items, 1, 1)), np.tile(second, (items, 1, 1)))
    assert within_chance(int((found.p < 0.05).sum()), items)
    moved = lord_chi_square(
        estimates[0], estimates[1] + [0, 1.5], *(np.tile(s, (items, 1, 1)) for s in (first, second))
    )
    assert (moved.p < 0.05).mean() > 0.95


@given(st.integers(0, 2**31))
def test_lords_chi_square_does_not_hang_on_the_scale(seed: int) -> None:
    rng = np.random.default_rng(seed)
    v, w = rng.standard_normal((2, 4, 2))
    root = rng.standard_normal((4, 2, 2)) + 3 * np.eye(2)
    covariance = root @ root.transpose(0, 2, 1)
    change = np.array([[0.5, 0.0], [0.2, 2.0]])
    moved = change @ covariance @ change.T
    one = lord_chi_square(v, w, covariance, covariance)
    other = lord_chi_square(v @ change.T, w @ change.T, moved, moved)
    assert one.statistic == pytest.approx(other.statistic)


def test_dif_says_what_is_wrong() -> None:
    x = np.ones((4, 3))
    with pytest.raises(ValueError, match="0 of 4 students are in the focal group"):
        mantel_haenszel(x, [0, 0, 0, 0])
    with pytest.raises(ValueError, match=r"focal\[3\] = 2"):
        mantel_haenszel(x, [0, 1, 0, 2])
    with pytest.raises(ValueError, match="against = 'all'"):
        logistic_dif(x, [0, 1, 0, 1], against="all")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="item 1: the covariances' sum is not positive definite"):
        lord_chi_square([0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [1.0, 0.0])
    with pytest.raises(ValueError, match="the least value is -1"):
        stratified_odds([[[1, 2], [3, -1]]])
