"""Shadow tests hold their constraints for every student, whatever is answered and whoever is spared an item."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.cat import CatConfig, Pool, answer, start
from exams.cat.constraints import Blueprint, Constraint
from exams.cat.criteria import CRITERIA
from exams.cat.models import information
from exams.cat.session import rng_for
from exams.cat.shadow import shadow_test
from exams.cat.state import CatState
from tests.exams.cat.banks import realistic_bank
from tests.exams.cat.blueprints import LENGTH, Operational, operational


@pytest.fixture(scope="module")
def exam() -> Operational:
    return operational()


def sit(pool: Pool, config: CatConfig, scores: list[int], excluded: tuple[int, ...] = (), seed: int = 0) -> CatState:
    step = start(pool, config, rng_for(seed, 0), excluded=excluded)
    for position, score in enumerate(scores, start=1):
        if step.item is None:
            break
        step = answer(pool, config, step.state, score, rng_for(seed, position))
    return step.state


def config_of(blueprint: Blueprint, length: int = LENGTH, randomesque: int = 1) -> CatConfig:
    return CatConfig(min_items=length, max_items=length, design="shadow", blueprint=blueprint, randomesque=randomesque)


@given(
    scores=st.lists(st.integers(0, 1), min_size=LENGTH, max_size=LENGTH),
    seed=st.integers(0, 2**32),
    spared=st.sampled_from([0.0, 0.1, 0.4]),
    randomesque=st.sampled_from([1, 4]),
)
@settings(max_examples=12, deadline=None)
def test_every_constraint_is_held(
    exam: Operational, scores: list[int], seed: int, spared: float, randomesque: int
) -> None:
    excluded = tuple(np.flatnonzero(np.random.default_rng(seed).random(len(exam.pool)) < spared).tolist())
    config = config_of(exam.blueprint, randomesque=randomesque)
    state = sit(exam.pool, config, scores, excluded, seed)
    assert state.item is None
    assert len(set(state.administered)) == LENGTH
    assert exam.blueprint.violations(state.administered, LENGTH) == ()
    assert not set(state.administered) & set(excluded)


def test_the_best_item_of_the_shadow_test_comes_first(exam: Operational) -> None:
    config = config_of(exam.blueprint)
    state = start(exam.pool, config).state
    values = information(0.0, exam.pool.items)
    form = shadow_test(exam.pool, config, CatState((), (), 0.0, 1.0, None), 0.0, values)
    assert state.item == max(form.items, key=lambda index: values[index])


def test_without_constraints_it_is_maximum_information() -> None:
    pool = Pool.build(realistic_bank(120, 3))
    scores = [1, 0, 1, 1, 0, 1, 0, 0, 1, 1]
    plain = sit(pool, CatConfig(min_items=10, max_items=10), scores)
    assert sit(pool, config_of(Blueprint(120), 10), scores).administered == plain.administered


def test_eligibility_is_dropped_when_no_form_can_do_without() -> None:
    pool = Pool.build(realistic_bank(20, 1))
    rare = (np.arange(20) < 2).astype(float)
    config = config_of(Blueprint(20, [Constraint("rare", rare, 2, 2)]), 6)
    state = sit(pool, config, [1, 0, 1, 0, 1, 0], excluded=(0, 1, 2))
    assert {0, 1} <= set(state.administered)
    assert config.blueprint.violations(state.administered, 6) == ()


def test_nobodys_test_ends_over_a_constraint() -> None:
    pool = Pool.build(realistic_bank(20, 1))
    config = config_of(Blueprint(20, [Constraint("impossible", np.ones(20), 9)]), 6)
    assert len(sit(pool, config, [1] * 6).administered) == 6


def test_items_of_a_set_come_together_up_to_its_bounds() -> None:
    pool = Pool.build(realistic_bank(40, 2))
    passage = np.where(np.arange(40) < 20, np.arange(40) // 5, -1)
    blueprint = Blueprint(40, passage=passage, items_per_set=(3, 4), sets=(2, 2))
    for seed in range(4):
        scores = np.random.default_rng(seed).integers(0, 2, 12).tolist()
        state = sit(pool, config_of(blueprint, 12, randomesque=3), scores, seed=seed)
        assert blueprint.violations(state.administered, 12) == ()
        assert 6 <= sum(passage[list(state.administered)] >= 0) <= 8


def test_a_blueprint_of_another_pool_is_refused() -> None:
    pool = Pool.build(realistic_bank(20, 1))
    with pytest.raises(ValueError, match="the blueprint is of 19 items, the pool has 20"):
        start(pool, config_of(Blueprint(19), 6))
    with pytest.raises(ValueError, match="needs a blueprint"):
        start(pool, CatConfig(design="shadow"))


@pytest.mark.parametrize("criterion", sorted(set(CRITERIA) - {"bank_order"}))
def test_any_criterion_may_be_the_objective(criterion: str) -> None:
    pool = Pool.build(realistic_bank(60, 4))
    blueprint = Blueprint(60, [Constraint("odd", (np.arange(60) % 2).astype(float), 4, 4)])
    config = CatConfig(min_items=8, max_items=8, design="shadow", blueprint=blueprint, criterion=criterion)
    state = sit(pool, config, [1, 0, 1, 1, 0, 1, 0, 0])
    assert blueprint.violations(state.administered, 8) == ()


@pytest.mark.parametrize("choice", [{"criterion": "random"}, {"exposure": "progressive_restricted"}])
def test_chance_has_its_part_in_the_first_item(choice: dict[str, str]) -> None:
    pool = Pool.build(realistic_bank(60, 4))
    blueprint = Blueprint(60, [Constraint("odd", (np.arange(60) % 2).astype(float), 4, 4)])
    config = CatConfig(min_items=8, max_items=8, design="shadow", blueprint=blueprint, **choice)
    assert len({start(pool, config, rng_for(seed, 0)).item for seed in range(12)}) > 4
