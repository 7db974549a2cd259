"""Blueprints: what a form misses, which enemies and sets bar an item."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exams.cat import CatConfig, Pool, answer, rng_for, start
from exams.cat.constraints import Blueprint, Constraint, allowed
from tests.exams.cat.banks import areas_of, realistic_bank


def small() -> Blueprint:
    """Items 0 and 1 alone; 2, 3, 4 share a passage, 5 and 6 another."""
    return Blueprint(7, passage=np.array([-1, -1, 0, 0, 0, 1, 1]), items_per_set=(2, 2), sets=(0, 1), enemies=[(0, 5)])


def free(*indices: int) -> np.ndarray:
    mask = np.zeros(7, dtype=bool)
    mask[list(indices)] = True
    return mask


def may_come(blueprint: Blueprint, administered: list[int], mask: np.ndarray) -> list[int]:
    return np.flatnonzero(allowed(blueprint, administered, mask)).tolist()


def test_a_form_is_told_all_that_it_misses() -> None:
    blueprint = Blueprint(
        7,
        [Constraint("words", [10, 20, 30, 40, 50, 60, 70], 50, 100), Constraint("first", [1, 0, 0, 0, 0, 0, 0], 1)],
        small().passage,
        items_per_set=(2, 2),
        sets=(0, 1),
        enemies=[(1, 5), (1, 2)],
    )
    assert blueprint.violations([0, 2, 3], length=3) == ()
    found = {one.name: (one.reached, one.lower, one.upper) for one in blueprint.violations([2, 1, 3, 5], length=3)}
    assert found == {
        "words": (150, 50, 100),
        "first": (0, 1, np.inf),
        "length": (4, 3, 3),
        "sets": (2, 0, 1),
        "items_per_set": (1, 2, 2),
        "consecutive": (1, 0, 0),
        "enemies": (2, 0, 0),
    }


def test_a_set_is_gone_on_with_and_then_closed() -> None:
    blueprint, everything = small(), free(*range(7))
    assert may_come(blueprint, [], everything) == list(range(7))
    assert may_come(blueprint, [2], everything & ~free(2)) == [3, 4]
    # Two of it is the most; one set is the most, so that the other is not begun either.
    assert may_come(blueprint, [2, 3], everything & ~free(2, 3)) == [0, 1]
    assert may_come(blueprint, [2, 3, 0], everything & ~free(2, 3, 0)) == [1]


def test_a_set_is_not_begun_without_its_fewest_items() -> None:
    assert may_come(small(), [], free(0, 2, 5, 6)) == [0, 5, 6]
    # 0 and 5 are enemies: once 0 was given the second set has one item left, and needs two.
    assert may_come(small(), [0], free(1, 2, 3, 5, 6)) == [1, 2, 3]


@given(st.lists(st.lists(st.integers(0, 11), min_size=2, max_size=5, unique=True), max_size=12))
def test_cliques_say_exactly_what_the_enemies_say(groups: list[list[int]]) -> None:
    blueprint = Blueprint(12, enemies=groups)
    said = {frozenset(pair) for group in groups for pair in itertools.combinations(group, 2)}
    assert {frozenset(pair) for clique in blueprint.cliques for pair in itertools.combinations(clique, 2)} == said


def test_pairs_of_mutual_enemies_become_one_group() -> None:
    assert Blueprint(5, enemies=[(0, 1), (1, 2), (2, 0), (3, 4)]).cliques == ((0, 1, 2), (3, 4))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Constraint("words", [1.0, np.nan]), "'words': one finite coefficient"),
        (lambda: Constraint("words", [1.0], 3, 2), "its least 3 is above its most 2"),
        (lambda: Constraint("words", [1.0], np.nan), "above its most"),
        (lambda: Blueprint(2, [Constraint("words", [1.0])]), "'words' has 1 coefficients; the pool has 2 items"),
        (lambda: Blueprint(2, passage=np.array([0])), "passage has shape"),
        (lambda: Blueprint(2, passage=np.array([0, -2])), "a set >= 0, or -1"),
        (lambda: Blueprint(2, items_per_set=(3, 2)), "items_per_set"),
        (lambda: Blueprint(2, sets=(-1, 2)), "sets"),
        (lambda: Blueprint(2, enemies=[(0, 2)]), r"enemies \(0, 2\): an index is not in this pool of 2"),
    ],
)
def test_it_refuses_what_does_not_fit(make: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()  # type: ignore[operator]


@given(seed=st.integers(0, 10_000), tried=st.integers(0, 3))
def test_an_ordinary_adaptive_test_heeds_enemies_and_sets(seed: int, tried: int) -> None:
    rng = np.random.default_rng(seed)
    size = 60
    passage = np.where(rng.random(size) < 0.5, rng.integers(0, 6, size), -1)
    enemies = [tuple(rng.choice(size, 2, replace=False).tolist()) for _ in range(25)]
    blueprint = Blueprint(size, [Constraint("ignored", np.ones(size), 99)], passage, (2, 3), (0, 3), enemies)
    pool = Pool.build(realistic_bank(size, seed), areas_of(size), field_test=np.arange(size) >= size - 2 * tried)
    shares = {"algebra": 0.4, "geometry": 0.3, "reading": 0.3} if seed % 2 else {}
    config = CatConfig(min_items=12, max_items=12, blueprint=blueprint, area_targets=shares, field_test_items=tried)
    step = start(pool, config, rng_for(seed, 0))
    while step.item is not None:
        step = answer(pool, config, step.state, int(rng.integers(2)), rng_for(seed, len(step.state.scores) + 1))
    administered = step.state.administered
    scored = [index for index in administered if not pool.field_test[index]]
    missed = {one.name for one in blueprint.violations(scored)}
    assert "enemies" not in {one.name for one in blueprint.violations(administered)}
    # The fewest of a set may be missed when its last items are in an area that has had its share's worth or barred.
    assert not missed & {"consecutive", "sets"}
    assert np.bincount(passage[scored] + 1, minlength=7)[1:].max() <= 3
