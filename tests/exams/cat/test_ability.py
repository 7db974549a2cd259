"""Ability: beside catpie and catsim, and the laws that hold whatever the answers are."""

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
    grid_log_likelihood,
    maximum_likelihood,
)
from exams.cat.items import first_rows, log_probability_table
from exams.cat.models import ItemParameters, log_likelihood, probability
from tests.exams.cat.banks import answers, as_rows, four_parameter_bank, realistic_bank

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


@pytest.mark.parametrize(("items", "theta", "seed"), CASES)
def test_maximum_likelihood_agrees_with_catpie(items: ItemParameters, theta: float, seed: int) -> None:
    scores = answers(items, theta, seed)
    ours = maximum_likelihood(items, scores)
    rows = as_rows(items).tolist()
    theirs = catpie.thetaEst(rows, scores.tolist(), method="ML")
    assert ours.theta == pytest.approx(theirs, abs=CATPIE_ROOT_TOLERANCE)
    assert ours.se == pytest.approx(catpie.semTheta(ours.theta, rows, scores.tolist(), method="ML"), abs=1e-6)


@pytest.mark.parametrize(("items", "theta", "seed"), CASES)
def test_maximum_likelihood_agrees_with_catsim(items: ItemParameters, theta: float, seed: int) -> None:
    scores = answers(items, theta, seed)
    search = NumericalSearchEstimator(tol=1e-9, method="bounded")
    theirs = search.estimate(
        item_bank=ItemBank(as_rows(items), validate=False),
        administered_items=list(range(len(items))),
        response_vector=scores.astype(bool).tolist(),
        est_theta=0.0,
    )
    # SciPy's bounded search, as catsim calls it, stops at its own xatol of 1e-5.
    ours = maximum_likelihood(items, scores, bounds=(-6.0, 6.0))
    assert ours.theta == pytest.approx(theirs, abs=2e-5)
    assert ours.se == pytest.approx(irt.see(ours.theta, as_rows(items)), abs=1e-6)


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
