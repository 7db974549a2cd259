"""Criteria: beside catpie and catsim, and beside their definitions written out."""

from random import Random

import catpie
import numpy as np
import pytest
from catsim.item_bank import ItemBank
from catsim.selection import AStratSelector, MaxInfoSelector, UrrySelector
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.cat import criteria
from exams.cat.ability import Quadrature, expected_a_posteriori
from exams.cat.criteria import CRITERIA, Candidates, Situation
from exams.cat.items import (
    Items,
    categories_of,
    first_rows,
    information,
    log_probabilities,
    log_probability_table,
    probabilities,
)
from exams.cat.models import ItemParameters
from exams.cat.selection import progressive, progressive_weight, uniforms
from tests.exams.cat.banks import answers, as_rows, four_parameter_bank, mixed_bank, realistic_bank

DICHOTOMOUS = [realistic_bank(60, 8), four_parameter_bank(60, 9)]
BANKS = [*DICHOTOMOUS, mixed_bank(60, 3)]
IDS = ["3pl", "4pl", "mixed"]


def situation_after(bank: Items, given_items: list[int], theta: float, quadrature: Quadrature) -> Situation:
    """The situation at theta after answers to these items, drawn by the model."""
    rows = first_rows(bank)[given_items] + answers(bank, theta, 5)[given_items]
    return Situation(theta, log_probability_table(bank, quadrature.nodes)[rows].sum(axis=0), quadrature)


@pytest.mark.parametrize("bank", DICHOTOMOUS, ids=IDS[:2])
@pytest.mark.parametrize("theta", [-1.7, 0.0, 1.1])
@pytest.mark.parametrize("length", [0, 1, 8])
@pytest.mark.parametrize("prior", [(0.0, 1.0), (0.4, 1.2)])
def test_kullback_leibler_agrees_with_catpie(bank: ItemParameters, theta: float, length: int, prior) -> None:
    quadrature = Quadrature(*prior, size=33)
    taken = list(range(length))
    rows, x = as_rows(bank).tolist(), answers(bank, theta, 5)[taken].tolist()
    situation = situation_after(bank, taken, theta, quadrature)
    likelihood = catpie.likelihood(x, [rows[i] for i in taken], quadrature.nodes.tolist())
    for name, theirs in (("kullback_leibler", "KL"), ("posterior_kullback_leibler", "KLP")):
        ours = CRITERIA[name](Candidates(bank), situation)
        weights = np.array(likelihood) * ([catpie.dnorm(t, *prior) for t in quadrature.nodes] if theirs == "KLP" else 1)
        total = catpie.integrateCatR(quadrature.nodes.tolist(), weights.tolist())
        for item in range(length, 60, 7):
            options = {"theta": theta, "type": theirs, "priorPar": prior, "lik": likelihood}
            value = catpie.kl(rows, item, x, [rows[i] for i in taken], **options)
            assert ours[item] == pytest.approx(value / total, abs=1e-6)
        best = catpie.nextItem(rows, theta, taken, criterion=theirs, x=x, priorPar=prior)
        ours[taken] = -np.inf
        assert int(ours.argmax()) == best.item


@pytest.mark.parametrize("bank", BANKS, ids=IDS)
@pytest.mark.parametrize("length", [0, 3, 20])
def test_kullback_leibler_is_the_average_divergence(bank: Items, length: int) -> None:
    quadrature = Quadrature()
    situation = situation_after(bank, list(range(length)), 0.6, quadrature)
    weights = np.exp(situation.grid)
    weights[[0, -1]] /= 2
    here, there = log_probabilities(0.6, bank), log_probabilities(quadrature.nodes, bank)
    divergence = np.add.reduceat(np.exp(here) * (here - there), first_rows(bank), axis=1)
    expected = weights @ divergence / weights.sum()
    np.testing.assert_allclose(criteria.kullback_leibler(Candidates(bank), situation), expected, atol=1e-8)


@pytest.mark.parametrize("bank", BANKS, ids=IDS)
@pytest.mark.parametrize("length", [0, 3, 20])
def test_expected_posterior_variance_is_the_average_over_the_next_score(bank: Items, length: int) -> None:
    quadrature = Quadrature(0.2, 0.9)
    situation = situation_after(bank, list(range(length)), 0.6, quadrature)
    ours = criteria.expected_posterior_variance(Candidates(bank), situation)
    table = log_probability_table(bank, quadrature.nodes)
    posterior = np.exp(situation.grid + quadrature.log_weights)
    now = expected_a_posteriori(quadrature, situation.grid).se ** 2
    for item in range(0, 60, 5):
        expected = 0.0
        for score in range(categories_of(bank)[item]):
            row = table[first_rows(bank)[item] + score]
            chance = posterior @ np.exp(row) / posterior.sum()
            expected += chance * expected_a_posteriori(quadrature, situation.grid + row).se ** 2
        assert now - ours[item] == pytest.approx(expected, abs=1e-8)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(BANKS), st.floats(-4, 4), st.integers(0, 50), st.sampled_from(sorted(criteria.RATIO_CRITERIA)))
def test_an_answer_never_tells_less_than_nothing(bank: Items, theta: float, length: int, name: str) -> None:
    values = CRITERIA[name](Candidates(bank), situation_after(bank, list(range(length)), theta, Quadrature()))
    assert values.shape == (60,)
    assert (values >= -1e-12).all()


@pytest.mark.parametrize("name", ["kullback_leibler", "posterior_kullback_leibler", "expected_posterior_variance"])
@pytest.mark.parametrize("bank", BANKS, ids=IDS)
def test_narrow_tables_of_large_banks_keep_five_digits(name: str, bank: Items, monkeypatch) -> None:
    situation = situation_after(bank, list(range(8)), 0.3, Quadrature())
    wide = CRITERIA[name](Candidates(bank), situation)
    monkeypatch.setattr(criteria, "WIDE_ROWS", 10)
    np.testing.assert_allclose(CRITERIA[name](Candidates(bank), situation), wide, atol=2e-5 * wide.max())


def test_a_likelihood_far_below_the_smallest_number_still_chooses() -> None:
    bank = DICHOTOMOUS[0]
    situation = situation_after(bank, list(range(8)), 0.3, Quadrature())
    low = Situation(situation.theta, situation.grid - 5000.0, situation.quadrature)
    for name in criteria.RATIO_CRITERIA:
        expected = CRITERIA[name](Candidates(bank), situation)
        np.testing.assert_allclose(CRITERIA[name](Candidates(bank), low), expected, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("bank", DICHOTOMOUS, ids=IDS[:2])
@pytest.mark.parametrize("theta", [-2.5, -0.4, 0.0, 1.1, 3.0])
def test_information_and_urry_choose_as_catsim_and_catpie_do(bank: ItemParameters, theta: float) -> None:
    rows, situation = as_rows(bank), Situation(theta, np.zeros(61), Quadrature())
    for name, theirs, selector in (
        ("maximum_information", "MFI", MaxInfoSelector()),
        ("urry", "bOpt", UrrySelector()),
    ):
        values = CRITERIA[name](Candidates(bank), situation)
        taken: list[int] = []
        for _ in range(10):
            found = catpie.nextItem(rows.tolist(), theta, taken, criterion=theirs)
            ours = int(values.argmax())
            assert ours == found.item
            assert abs(values[ours]) == pytest.approx(found.info, abs=1e-6)
            assert ours == selector.select(
                item_bank=ItemBank(rows, validate=False), administered_items=taken, est_theta=theta
            )
            values[ours] = -np.inf
            taken.append(ours)


def test_a_stratified_takes_its_strata_as_catsim_does_and_the_nearest_difficulty_of_each() -> None:
    bank, length = realistic_bank(60, 2), 20
    selector = AStratSelector(length)
    ascending, taken = bank.a.argsort(), []
    for answered in range(length):
        situation = Situation(0.4, np.zeros(61), Quadrature(), answered / length, length)
        values = criteria.a_stratified(Candidates(bank), situation)
        chosen = int(values.argmax())
        _slices, low, high = selector._get_stratum(ItemBank(as_rows(bank), validate=False), answered)
        stratum = ascending[low:high]
        assert chosen in stratum
        assert abs(bank.b[chosen] - 0.4) == np.abs(bank.b[stratum] - 0.4).min()
        taken.append(chosen)
    assert (np.diff(bank.a[taken]) > 0).all()


def test_a_used_up_stratum_is_helped_out_by_its_neighbour() -> None:
    bank = realistic_bank(12, 2)
    situation = Situation(0.0, np.zeros(61), Quadrature(), 0.0, 4)
    order = np.argsort(-criteria.a_stratified(Candidates(bank), situation), kind="stable")
    strata = np.argsort(np.argsort(bank.a)) // 3
    assert strata[order].tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3


@pytest.mark.parametrize("acceleration", [0.0, 1.0, 2.5])
@pytest.mark.parametrize("length", [0, 1, 7, 19])
def test_the_progressive_choice_agrees_with_catpie(acceleration: float, length: int) -> None:
    bank = DICHOTOMOUS[0]

    class Drawn(Random):
        """The draws of ours, one after another, in the place of catpie's."""

        def __init__(self, shares: list[float]) -> None:
            super().__init__(0)
            self.shares = iter(shares)

        def uniform(self, low: float, high: float) -> float:
            return low + (high - low) * next(self.shares)

    for seed in range(10):
        taken, rng = list(range(length)), Random(seed)
        values = information(0.3, bank)
        values[taken] = -np.inf
        weight = progressive_weight(length, 20, acceleration)
        ours = progressive(values, weight, rng)
        shares = uniforms(int(Random(seed).random() * 2**53), 60).tolist()
        theirs = catpie.nextItem(
            as_rows(bank).tolist(),
            0.3,
            taken,
            criterion="progressive",
            thr=20,
            AP=acceleration,
            rng=Drawn(shares),
        )
        assert int(ours.argmax()) == theirs.item
        assert weight == pytest.approx(
            catpie.selection._progressiveWeight(length, "length", 20, None, acceleration, 50)
        )


def test_random_is_indifferent_and_bank_order_goes_down_the_bank() -> None:
    situation = Situation(0.0, np.zeros(61), Quadrature())
    assert set(CRITERIA["random"](Candidates(BANKS[2]), situation)) == {0.0}
    assert np.argsort(-CRITERIA["bank_order"](Candidates(BANKS[2]), situation)).tolist() == list(range(60))


@pytest.mark.parametrize("name", sorted(CRITERIA))
@pytest.mark.parametrize("bank", BANKS, ids=IDS)
def test_a_criterion_of_no_items_is_empty(name: str, bank: Items) -> None:
    situation = Situation(0.0, np.zeros(61), Quadrature(), 0.5, 3)
    assert CRITERIA[name](Candidates(bank.take([])), situation).shape == (0,)


def test_the_variance_that_an_item_takes_away_can_be_written_out_by_hand() -> None:
    """Three nodes' worth of everything, so that a reader can follow the numbers."""
    bank = ItemParameters([1.0], [0.0])
    quadrature = Quadrature(size=3, lower=-1.0, upper=1.0)
    p = probabilities(quadrature.nodes, bank)[:, 1]
    weights = np.exp(quadrature.log_weights)
    weights /= weights.sum()
    mean = {x: (weights * (p if x else 1 - p)) @ quadrature.nodes for x in (0, 1)}
    chance = {x: float(weights @ (p if x else 1 - p)) for x in (0, 1)}
    expected = sum(mean[x] ** 2 / chance[x] for x in (0, 1))
    ours = criteria.expected_posterior_variance(Candidates(bank), Situation(0.0, np.zeros(3), quadrature))
    assert ours[0] == pytest.approx(expected)
