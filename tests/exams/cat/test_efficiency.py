"""What adapting is worth: with twenty items the precision of the best form of thirty that is the same for everybody."""

import numpy as np
import pytest

from exams.cat import CatConfig, Pool, simulate
from exams.cat.items import information
from tests.exams.cat.banks import best_fixed_form, mixed_bank, realistic_bank

STUDENTS = 400
FIXED = CatConfig(design="fixed", min_items=30, max_items=30)


@pytest.mark.parametrize("criterion", ["maximum_information", "expected_posterior_variance", "kullback_leibler"])
def test_twenty_adaptive_items_are_worth_the_best_thirty_fixed_ones(criterion: str) -> None:
    bank = realistic_bank(500, 0)
    thetas = np.random.default_rng(9).normal(size=STUDENTS)
    form = Pool.build(bank.take(best_fixed_form(bank, 30)))
    fixed = simulate(form, FIXED, thetas, np.random.default_rng(1))
    config = CatConfig(min_items=20, max_items=20, criterion=criterion)
    adaptive = simulate(Pool.build(bank), config, thetas, np.random.default_rng(2))
    assert fixed.mean_length == 30
    assert adaptive.mean_length == 20
    assert adaptive.rmse < fixed.rmse
    assert abs(adaptive.bias) < 0.05


@pytest.mark.parametrize("bank", [realistic_bank(200, 1), mixed_bank(200, 1)], ids=["3pl", "mixed"])
def test_no_other_form_has_more_information_on_the_average(bank) -> None:
    thetas = np.random.default_rng(3).normal(size=4000)
    average = information(thetas, bank).mean(axis=0)
    form = best_fixed_form(bank, 30)
    assert len(set(form)) == 30
    # The average over a sample instead of the population itself may prefer another form by a little.
    assert average[form].sum() > 0.999 * np.sort(average)[-30:].sum()


@pytest.mark.parametrize("estimator", ["map", "ml", "wle", "eap_sum"])
def test_every_estimator_measures(estimator: str) -> None:
    pool = Pool.build(mixed_bank(300, 4))
    thetas = np.random.default_rng(5).normal(size=100)
    result = simulate(
        pool, CatConfig(min_items=25, max_items=25, estimator=estimator), thetas, np.random.default_rng(6)
    )
    # Four standard errors of a mean whose errors have a standard deviation of about a quarter of a logit.
    assert abs(result.bias) < 0.1
    assert result.rmse < 0.35
    assert np.corrcoef(result.estimate, thetas)[0, 1] > 0.95
