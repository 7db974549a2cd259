"""Ability: beside catpie and catsim, and the laws that hold whatever the answers are."""

from itertools import pairwise, product

import catpie
import numpy as np
import pytest
from catsim import irt
from catsim.estimation import NumericalSearchEstimator
from catsim.item_bank import ItemBank
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.cat.ability import (
    Ability,
    Quadrature,
    expected_a_posteriori,
    expected_a_posteriori_by_sum,
    grid_log_likelihood,
    maximum_a_posteriori,
    maximum_likelihood,
    sum_score_likelihood,
    weighted_likelihood,
)
from exams.cat.items import (
    Items,
    categories_of,
    first_rows,
    information,
    log_probabilities,
    log_probability_table,
    scores_at,
)
from exams.cat.models import ItemParameters, log_likelihood, probability
from tests.exams.cat.banks import answers, as_rows, four_parameter_bank, mixed_bank, realistic_bank

# catpie's score equation is solved by bisection to an interval of 1.22e-4, R's own default for uniroot.
CATPIE_ROOT_TOLERANCE = 1.3e-4
CASES = [(realistic_bank(30, seed), theta, seed) for seed, theta in enumerate((-2.0, -1.0, 0.0, 0.7, 1.5, 2.2))]
CASES += [(four_parameter_bank(20, seed), theta, seed) for seed, theta in ((11, -0.8), (12, 0.4), (13, 1.2))]


def eap(quadrature: Quadrature, items: ItemParameters, scores: object) -> Ability:
    table = log_probability_table(items, quadrature.nodes)
    return expected_a_posteriori(
        quadrature, grid_log_likelihood(table, first_rows(items) + np.asarray(scores, dtype=np.intp))
    )


@pytest.mark.parametrize(("items", "theta", "seed"), CASES)
@pytest.mark.parametrize("prior", [(0.0, 1.0), (0.5, 1.3)])
@pytest.mark.parametrize("size", [33, 61])
def test_eap_agrees_with_catpie_on_the_same_grid(
    items: ItemParameters, theta: float, seed: int, prior: tuple[float, float], size: int
) -> None:
    scores = answers(items, theta, seed)
    ours = eap(Quadrature(*prior, size=size), items, scores)
    rows, grid = as_rows(items).tolist(), (-4, 4, size)
    theirs = catpie.thetaEst(rows, scores.tolist(), method="EAP", priorPar=prior, parInt=grid)
    assert ours.theta == pytest.approx(theirs, abs=1e-6)
    se = catpie.semTheta(theirs, rows, scores.tolist(), method="EAP", priorPar=prior, parInt=grid)
    assert ours.se == pytest.approx(se, abs=1e-6)


@pytest.mark.parametrize(("items", "theta", "seed"), CASES)
def test_the_default_grid_agrees_with_a_very_fine_one(items: ItemParameters, theta: float, seed: int) -> None:
    scores = answers(items, theta, seed)
    coarse, fine = eap(Quadrature(), items, scores), eap(Quadrature(size=2001), items, scores)
    assert coarse.theta == pytest.approx(fine.theta, abs=1e-4)
    assert coarse.se == pytest.approx(fine.se, abs=1e-4)


def catpie_root(
    items: ItemParameters, scores: np.ndarray, method: str, prior: tuple[float, float] = (0.0, 1.0)
) -> float:
    """The root of catpie's score equation, found by its own bisection, but not only to R's default of 1.22e-4."""
    rows, x = as_rows(items).tolist(), scores.tolist()
    estimators = catpie.estimators

    def equation(theta: float) -> float:
        return estimators.r0(theta, rows, method, "norm", prior) + estimators.r(theta, rows, x)

    if equation(-4) * equation(4) > 0:
        return catpie.thetaEst(rows, x, method=method, priorPar=prior)
    return catpie.uniroot(equation, -4, 4, tol=1e-11)


@pytest.mark.parametrize(("items", "theta", "seed"), CASES)
def test_maximum_likelihood_agrees_with_catpie(items: ItemParameters, theta: float, seed: int) -> None:
    scores = answers(items, theta, seed)
    ours = maximum_likelihood(items, scores)
    rows = as_rows(items).tolist()
    assert ours.theta == pytest.approx(catpie_root(items, scores, "ML"), abs=1e-6)
    theirs = catpie.thetaEst(rows, scores.tolist(), method="ML")
    assert ours.theta == pytest.approx(theirs, abs=CATPIE_ROOT_TOLERANCE)
    assert ours.se == pytest.approx(catpie.semTheta(ours.theta, rows, scores.tolist(), method="ML"), abs=1e-6)


@pytest.mark.parametrize(("items", "theta", "seed"), CASES)
@pytest.mark.parametrize("prior", [(0.0, 1.0), (0.5, 1.3)])
def test_maximum_a_posteriori_agrees_with_catpie(
    items: ItemParameters, theta: float, seed: int, prior: tuple[float, float]
) -> None:
    scores = answers(items, theta, seed)
    ours = maximum_a_posteriori(items, scores, Quadrature(*prior))
    rows = as_rows(items).tolist()
    assert ours.theta == pytest.approx(catpie_root(items, scores, "BM", prior), abs=1e-6)
    theirs = catpie.thetaEst(rows, scores.tolist(), method="BM", priorPar=prior)
    assert ours.theta == pytest.approx(theirs, abs=CATPIE_ROOT_TOLERANCE)
    se = catpie.semTheta(ours.theta, rows, scores.tolist(), method="BM", priorPar=prior)
    assert ours.se == pytest.approx(se, abs=1e-6)


@pytest.mark.parametrize(("items", "theta", "seed"), CASES)
def test_weighted_likelihood_agrees_with_catpie(items: ItemParameters, theta: float, seed: int) -> None:
    scores = answers(items, theta, seed)
    ours = weighted_likelihood(items, scores)
    rows = as_rows(items).tolist()
    assert ours.theta == pytest.approx(catpie_root(items, scores, "WL"), abs=1e-6)
    theirs = catpie.thetaEst(rows, scores.tolist(), method="WL")
    assert ours.theta == pytest.approx(theirs, abs=CATPIE_ROOT_TOLERANCE)
    assert ours.se == pytest.approx(catpie.semTheta(ours.theta, rows, scores.tolist(), method="WL"), abs=1e-6)


@pytest.mark.parametrize(("items", "theta", "seed"), CASES)
@pytest.mark.parametrize("method", ["golden", "fibonacci", "ternary", "dichotomous"])
def test_maximum_likelihood_agrees_with_catsim(items: ItemParameters, theta: float, seed: int, method: str) -> None:
    scores = answers(items, theta, seed)
    search = NumericalSearchEstimator(tol=1e-8, method=method)
    theirs = search.estimate(
        item_bank=ItemBank(as_rows(items), validate=False),
        administered_items=list(range(len(items))),
        response_vector=scores.astype(bool).tolist(),
        est_theta=0.0,
    )
    ours = maximum_likelihood(items, scores, bounds=(-6.0, 6.0))
    # Only some of catsim's searches keep to the bounds that it documents.
    assert ours.theta == pytest.approx(np.clip(theirs, -6.0, 6.0), abs=1e-6)
    assert ours.se == pytest.approx(irt.see(ours.theta, as_rows(items)), abs=1e-6)


def log_likelihoods(items: Items, scores: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    return log_probabilities(nodes, items)[:, first_rows(items) + scores].sum(axis=1)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.floats(-2.5, 2.5), st.integers(1, 30), st.sampled_from([(0.0, 1.0), (0.4, 0.7)]))
def test_maximum_a_posteriori_is_the_mode(seed: int, theta: float, size: int, prior: tuple[float, float]) -> None:
    items = mixed_bank(size, seed)
    scores = answers(items, theta, seed)
    found = maximum_a_posteriori(items, scores, Quadrature(*prior)).theta
    nodes = np.append(np.linspace(-4, 4, 4001), found)
    heights = log_likelihoods(items, scores, nodes) - 0.5 * ((nodes - prior[0]) / prior[1]) ** 2
    # A peak between two nodes of the estimator's grid could be higher by no more than this.
    assert heights[-1] >= heights.max() - 1e-3
    step = 1e-4
    around = np.array([found - step, found, found + step])
    left, top, right = log_likelihoods(items, scores, around) - 0.5 * ((around - prior[0]) / prior[1]) ** 2
    assert top > max(left, right)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.floats(-2.5, 2.5), st.integers(1, 30))
def test_maximum_likelihood_of_mixed_items_is_the_highest_point(seed: int, theta: float, size: int) -> None:
    items = mixed_bank(size, seed)
    scores = answers(items, theta, seed)
    found = maximum_likelihood(items, scores)
    heights = log_likelihoods(items, scores, np.append(np.linspace(-4, 4, 2001), found.theta))
    assert heights[-1] >= heights.max() - 1e-3
    assert found.se == pytest.approx(1 / np.sqrt(information(found.theta, items).sum()))


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.floats(-2.5, 2.5), st.integers(1, 25))
def test_weighted_likelihood_is_the_highest_point_of_its_integral(seed: int, theta: float, size: int) -> None:
    """T of the docstring by finite differences of the probabilities, and its integral over a fine grid."""
    items = mixed_bank(size, seed) if seed % 2 else realistic_bank(size, seed)
    scores = answers(items, theta, seed)
    found = weighted_likelihood(items, scores).theta
    nodes, step = np.linspace(-4, 4, 4001), 1e-4
    low, middle, high = (np.exp(log_probabilities(nodes + shift, items)) for shift in (-step, 0.0, step))
    first, second = (high - low) / (2 * step), (high - 2 * middle + low) / step**2
    rows = first_rows(items) + scores
    slope = (first[:, rows] / middle[:, rows]).sum(axis=1)
    slope += (first * second / middle).sum(axis=1) / (2 * (first**2 / middle).sum(axis=1))
    integral = np.concatenate(([0.0], np.cumsum((slope[1:] + slope[:-1]) / 2 * (nodes[1] - nodes[0]))))
    assert np.interp(found, nodes, integral) >= integral.max() - 0.02
    if -4 < found < 4:
        assert abs(np.interp(found, nodes, slope)) < 0.02 * max(1.0, np.abs(slope).max())


def test_weighted_likelihood_is_finite_for_all_right_and_all_wrong_answers() -> None:
    items = ItemParameters(np.full(20, 1.2), np.linspace(-2, 2, 20))
    assert 2 < weighted_likelihood(items, np.ones(20)).theta < 4
    assert -4 < weighted_likelihood(items, np.zeros(20)).theta < -2


def test_weighted_likelihood_is_less_biased_than_maximum_likelihood() -> None:
    items = mixed_bank(12, 5)
    rng = np.random.default_rng(1)
    samples = [scores_at(1.0, items, rng.random(12)) for _ in range(600)]
    bounds = (-6.0, 6.0)
    warm = np.mean([weighted_likelihood(items, x, bounds=bounds).theta for x in samples]) - 1.0
    plain = np.mean([maximum_likelihood(items, x, bounds=bounds).theta for x in samples]) - 1.0
    assert abs(warm) < 0.5 * abs(plain)


@pytest.mark.parametrize("bank", [realistic_bank(7, 3), mixed_bank(5, 4)], ids=["3pl", "mixed"])
def test_sum_score_likelihood_adds_up_all_patterns(bank: Items) -> None:
    nodes = np.linspace(-3, 3, 7)
    p = np.exp(log_probability_table(bank, nodes))
    sizes, first = categories_of(bank), first_rows(bank)
    expected = np.zeros((int(sizes.sum()) - len(bank) + 1, nodes.size))
    for pattern in product(*map(range, sizes)):
        expected[sum(pattern)] += np.prod([p[row + x] for row, x in zip(first, pattern, strict=True)], axis=0)
    found = sum_score_likelihood([p[row : row + size] for row, size in zip(first, sizes, strict=True)])
    np.testing.assert_allclose(found, expected, atol=1e-14)
    np.testing.assert_allclose(found.sum(axis=0), 1, atol=1e-13)


def test_abilities_by_sum_rise_with_the_sum_and_average_the_patterns() -> None:
    items = realistic_bank(8, 1)
    quadrature = Quadrature()
    p = np.exp(log_probability_table(items, quadrature.nodes))
    likelihood = sum_score_likelihood([p[2 * i : 2 * i + 2] for i in range(8)])
    assert len(likelihood) == 9
    abilities = [expected_a_posteriori_by_sum(quadrature, likelihood, total) for total in range(9)]
    assert all(low.theta < high.theta for low, high in pairwise(abilities))
    weights = np.exp(quadrature.log_weights)
    for total in (0, 3, 8):
        patterns = [pattern for pattern in product((0, 1), repeat=8) if sum(pattern) == total]
        chances, means = [], []
        for pattern in patterns:
            rows = first_rows(items) + np.array(pattern)
            chances.append(float(weights @ p[rows].prod(axis=0)))
            means.append(eap(quadrature, items, pattern).theta)
        assert abilities[total].theta == pytest.approx(np.average(means, weights=chances), abs=1e-12)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.floats(-3, 3), st.integers(2, 40))
def test_no_ability_within_the_bounds_is_more_likely_than_the_estimate(seed: int, theta: float, size: int) -> None:
    items = realistic_bank(size, seed)
    scores = answers(items, theta, seed)
    best = maximum_likelihood(items, scores)
    assert -4 <= best.theta <= 4
    heights = log_likelihood(np.linspace(-4, 4, 801), items, scores)
    # Between two nodes of the estimator's grid a second peak could be higher by no more than this.
    assert log_likelihood(best.theta, items, scores) >= heights.max() - 1e-3


@pytest.mark.parametrize("bounds", [(-4.0, 4.0), (-3.0, 5.0)])
def test_all_right_and_all_wrong_answers_meet_the_bounds(bounds: tuple[float, float]) -> None:
    items = realistic_bank(12, 1)
    assert maximum_likelihood(items, np.ones(12), bounds=bounds).theta == bounds[1]
    assert maximum_likelihood(items, np.zeros(12), bounds=bounds).theta == bounds[0]


def test_a_likelihood_with_two_peaks_gives_the_higher_one() -> None:
    # Middling items failed, hard and very discriminating ones solved, perhaps by guessing: Samejima's case.
    a, b, c = [1.0] * 4 + [4.0] * 4, [0.0] * 3 + [-1.0] + [2.5] * 4, [0.0] * 4 + [0.25] * 4
    items = ItemParameters(np.array(a), np.array(b), np.array(c))
    scores = np.array([0, 0, 0, 1, 1, 1, 1, 1])
    nodes = np.linspace(-4, 4, 8001)
    heights = log_likelihood(nodes, items, scores)
    peaks = np.flatnonzero((heights[1:-1] > heights[:-2]) & (heights[1:-1] > heights[2:])) + 1
    assert len(peaks) == 2
    assert maximum_likelihood(items, scores).theta == pytest.approx(nodes[heights.argmax()], abs=1e-3)


def test_maximum_likelihood_needs_an_answer() -> None:
    with pytest.raises(ValueError, match="at least one answer"):
        maximum_likelihood(realistic_bank(3, 0).take([]), [])


def test_weighted_likelihood_needs_an_answer() -> None:
    with pytest.raises(ValueError, match="at least one answer"):
        weighted_likelihood(realistic_bank(3, 0).take([]), [])


def test_no_answer_leaves_the_prior_to_the_mode() -> None:
    assert maximum_a_posteriori(realistic_bank(3, 0).take([]), [], Quadrature(0.3, 0.8)) == Ability(0.3, 0.8)


def test_no_answer_leaves_the_prior() -> None:
    prior = eap(Quadrature(0.3, 0.8), realistic_bank(3, 0).take([]), [])
    # What the grid's ends cut off the prior is in the fourth digit.
    assert prior.theta == pytest.approx(0.3, abs=1e-3)
    assert prior.se == pytest.approx(0.8, abs=1e-3)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.floats(-2.5, 2.5))
def test_the_posterior_error_falls_as_a_test_grows(seed: int, theta: float) -> None:
    """Not after every answer, since a surprise may widen the posterior, but on the mean over all answers it must."""
    items = realistic_bank(1, seed)
    quadrature = Quadrature(mean=theta)
    prior = eap(quadrature, items.take([]), [])
    chance = float(np.exp(quadrature.log_weights) @ probability(quadrature.nodes, items)[:, 0])
    chance /= float(np.exp(quadrature.log_weights).sum())
    after = (1 - chance) * eap(quadrature, items, [0]).se ** 2 + chance * eap(quadrature, items, [1]).se ** 2
    assert after < prior.se**2


@pytest.mark.parametrize("seed", range(5))
def test_the_posterior_error_of_thirty_answers_is_less_than_of_ten(seed: int) -> None:
    items = realistic_bank(30, seed)
    scores = answers(items, 0.5, seed)
    ten = eap(Quadrature(), items.take(range(10)), scores[:10])
    assert eap(Quadrature(), items, scores).se < ten.se < 1


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.integers(0, 29))
def test_one_more_right_answer_never_lowers_the_estimate(seed: int, item: int) -> None:
    items = realistic_bank(30, seed)
    scores = answers(items, 0.0, seed)
    wrong, right = scores.copy(), scores.copy()
    wrong[item], right[item] = 0, 1
    assert eap(Quadrature(), items, right).theta > eap(Quadrature(), items, wrong).theta


def test_a_test_of_thousands_of_items_does_not_underflow() -> None:
    items = realistic_bank(3000, 2)
    found = eap(Quadrature(size=801), items, answers(items, 1.0, 3))
    assert found.theta == pytest.approx(1.0, abs=0.1)
    assert 0 < found.se < 0.05


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"mean": 4.0}, "mean 4.0"), ({"sd": 0.0}, "sd = 0.0"), ({"size": 2}, "2 nodes"), ({"lower": 5.0}, "5.0")],
)
def test_an_impossible_grid_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Quadrature(**changes)
