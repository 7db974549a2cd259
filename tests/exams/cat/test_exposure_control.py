"""Exposure control: what is drawn for each student, how often, and what it leaves."""

from collections import Counter
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.cat import CatConfig, Pool, answer, rng_for, start
from exams.cat.selection import drawn, progressive, progressive_weight, sympson_hetter, uniforms
from tests.exams.cat.banks import answers, areas_of, mixed_bank

BANK = mixed_bank(60, 4)
POOL = Pool.build(BANK, areas_of(60), field_test=np.arange(60) >= 55)
K = np.where(np.arange(60) % 2, 0.4, 1.0)


def test_the_generator_is_splitmix64() -> None:
    # The first outputs for the seeds 0 and 1234567 in the authors' own implementation.
    expected = [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]
    assert uniforms(0, 3).tolist() == [(value >> 11) * 2.0**-53 for value in expected]
    assert uniforms(1234567, 1).tolist() == [(6457827717110365317 >> 11) * 2.0**-53]


@given(st.integers(0, 2**53 - 1))
def test_draws_are_even(seed: int) -> None:
    draws = uniforms(seed, 4000)
    assert ((draws >= 0) & (draws < 1)).all()
    # Six standard errors of a mean and of a share.
    assert abs(draws.mean() - 0.5) < 6 * np.sqrt(1 / 12 / 4000)
    assert np.abs(np.bincount((draws * 10).astype(int), minlength=10) / 4000 - 0.1).max() < 6 * np.sqrt(0.09 / 4000)


def test_an_item_fails_its_sympson_hetter_draw_as_often_as_it_should() -> None:
    rng, parameters = Random(1), np.array([0.0, 0.25, 0.7, 1.0])
    failed: Counter[int] = Counter()
    for _ in range(4000):
        failed.update(sympson_hetter(parameters, (), 0, rng))
    for item, k in enumerate(parameters):
        assert abs(failed[item] / 4000 - (1 - k)) <= 5 * np.sqrt(k * (1 - k) / 4000)


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 30), st.sets(st.integers(0, 29), max_size=10))
def test_the_draw_leaves_enough_items(seed: int, least: int, barred: set[int]) -> None:
    failed = sympson_hetter(np.full(30, 0.3), barred, least, Random(seed))
    assert not set(failed) & barred
    assert 30 - len(barred) - len(failed) >= min(least, 30 - len(barred))
    assert failed == sorted(set(failed))


def test_an_item_is_given_to_no_more_than_its_share_of_the_students() -> None:
    config = CatConfig(max_items=8, exposure="sympson_hetter", exposure_parameters=K)
    given_items: Counter[int] = Counter()
    for seed in range(400):
        step = start(POOL, config, rng_for(seed, 0))
        scores, excluded = answers(BANK, 0.0, seed), step.state.excluded
        assert all(item % 2 and item < 55 for item in excluded), "spared without a draw"
        while step.item is not None:
            step = answer(POOL, config, step.state, int(scores[step.item]))
        assert step.state.excluded == excluded
        assert not set(excluded) & set(step.state.administered)
        given_items.update(step.state.administered)
    # Five standard errors of a share of 0.4.
    assert max(given_items[item] for item in range(1, 60, 2)) / 400 < 0.4 + 5 * np.sqrt(0.24 / 400)


def test_the_exposure_parameters_are_those_of_the_pool() -> None:
    config = CatConfig(exposure="sympson_hetter", exposure_parameters=K[:10])
    with pytest.raises(ValueError, match="10 exposure_parameters for a pool of 60 items"):
        start(POOL, config, rng_for(1, 0))


@pytest.mark.parametrize(
    "config",
    [
        CatConfig(exposure="sympson_hetter", exposure_parameters=K),
        CatConfig(exposure="progressive_restricted"),
        CatConfig(criterion="random"),
        CatConfig(randomesque=3),
        CatConfig(randomesque=3, information_table=True),
    ],
    ids=lambda config: f"{config.exposure}-{config.criterion}",
)
def test_chance_needs_a_source(config: CatConfig) -> None:
    with pytest.raises(ValueError, match="needs an rng"):
        start(POOL, config)


def test_the_progressive_choice_is_chance_first_and_the_criterion_at_last() -> None:
    values = np.array([3.0, 1.0, 2.0, -np.inf])
    first = Counter(int(progressive(values, 0.0, Random(seed)).argmax()) for seed in range(3000))
    assert max(abs(first[item] / 3000 - 1 / 3) for item in range(3)) < 5 * np.sqrt(2 / 9 / 3000)
    assert {int(progressive(values, 1.0, Random(seed)).argmax()) for seed in range(20)} == {0}
    assert progressive_weight(0, 1, 0.0) == 0.0


@given(st.integers(1, 60), st.floats(0, 4))
def test_the_weight_of_the_criterion_grows_from_none_to_all(max_items: int, acceleration: float) -> None:
    weights = [progressive_weight(answered, max_items, acceleration) for answered in range(max_items)]
    assert weights[0] == 0.0
    assert all(low < high for low, high in pairwise(weights))
    assert max_items == 1 or weights[-1] == 1.0
    if acceleration == 0.0 and max_items > 1:
        np.testing.assert_allclose(weights, np.arange(max_items) / (max_items - 1))


def test_a_random_choice_gives_every_item_the_same_chance() -> None:
    values = np.array([5.0, -np.inf, 0.0, 1.0])
    counts = Counter(drawn(values, Random(seed)) for seed in range(3000))
    assert set(counts) == {0, 2, 3}
    assert max(abs(count / 3000 - 1 / 3) for count in counts.values()) < 5 * np.sqrt(2 / 9 / 3000)
    assert drawn(np.full(3, -np.inf), Random(0)) is None


def test_controls_lower_the_highest_exposure() -> None:
    scores = [answers(BANK, theta, seed) for seed, theta in enumerate(np.random.default_rng(2).normal(size=150))]
    highest = {}
    for exposure in ("none", "randomesque", "progressive_restricted"):
        config = CatConfig(max_items=10, exposure=exposure, randomesque=5)
        given_items: Counter[int] = Counter()
        for seed, x in enumerate(scores):
            step = start(POOL, config, rng_for(seed, 0))
            while step.item is not None:
                step = answer(POOL, config, step.state, int(x[step.item]), rng_for(seed, len(step.state.scores) + 1))
            given_items.update(step.state.administered)
        highest[exposure] = max(given_items.values()) / 150
    assert highest["none"] == 1.0
    assert highest["randomesque"] < 0.95
    assert highest["progressive_restricted"] < 0.95
