"""A whole test through `start` and `answer`: what holds for every configuration, every bank and every student."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.cat import (
    CatConfig,
    CatState,
    ItemParameters,
    Pool,
    Shortage,
    Step,
    answer,
    classify,
    estimate,
    estimate_by_area,
    rng_for,
    shortages,
    start,
    state_from_history,
)
from exams.cat.criteria import CRITERIA, RATIO_CRITERIA
from exams.cat.estimation import ESTIMATORS
from exams.cat.items import information
from tests.exams.cat.banks import answers, areas_of, mixed_bank, pool_with_areas, realistic_bank

POOL = pool_with_areas(60)
AREAS = {"algebra": 0.5, "geometry": 0.3, "reading": 0.2}

EXPOSURE_PARAMETERS = np.random.default_rng(5).uniform(0.2, 1.0, 60)
stops = st.fixed_dictionaries(
    {},
    optional={
        "se_target": st.floats(0.2, 0.6),
        "information_target": st.floats(0.05, 1.0),
        "change_target": st.floats(0.01, 0.2),
        "classification": st.sampled_from(["sprt", "interval"]),
    },
)
exposures = st.one_of(
    st.fixed_dictionaries({"exposure": st.just("none"), "criterion": st.sampled_from(sorted(CRITERIA))}),
    st.fixed_dictionaries({"randomesque": st.integers(1, 8), "criterion": st.sampled_from(sorted(CRITERIA))}),
    st.fixed_dictionaries({"exposure": st.just("sympson_hetter"), "exposure_parameters": st.just(EXPOSURE_PARAMETERS)}),
    st.fixed_dictionaries(
        {"exposure": st.just("progressive_restricted"), "criterion": st.sampled_from(RATIO_CRITERIA)},
        optional={"acceleration": st.floats(0, 3)},
    ),
    st.fixed_dictionaries({"information_table": st.just(True), "randomesque": st.integers(1, 8)}),
)
configs = st.builds(
    lambda exposure, stop, **common: CatConfig(**exposure, **stop, **common, cut_scores=(-1.0, 0.5)),
    exposure=exposures,
    stop=stops,
    estimator=st.sampled_from(sorted(ESTIMATORS)),
    min_items=st.integers(0, 5),
    max_items=st.integers(5, 70),
    area_targets=st.sampled_from([{}, AREAS, {"algebra": 1.0}, {"reading": 2, "geometry": 0}]),
)


def sit(pool: Pool, config: CatConfig, scores: np.ndarray, seed: int, excluded: Collection[int] = ()) -> list[Step]:
    """Every step of one test; the student's answer to item i is scores[i]."""
    steps = [start(pool, config, rng_for(seed, 0), excluded=excluded)]
    while (item := steps[-1].item) is not None:
        rng = rng_for(seed, len(steps))
        steps.append(answer(pool, config, steps[-1].state, int(scores[item]), rng))
    return steps


@settings(deadline=None, max_examples=40)
@given(configs, st.integers(0, 2**32), st.floats(-3, 3))
def test_laws_of_a_whole_test(config: CatConfig, seed: int, theta: float) -> None:
    scores = answers(POOL.items, theta, seed % 1000)
    steps = sit(POOL, config, scores, seed)
    final = steps[-1].state

    assert len(set(final.administered)) == len(final.administered), "an item was given twice"
    assert all(step.reason is None for step in steps[:-1])
    assert final.scores == tuple(scores[list(final.administered)])
    for step in steps:
        assert config.bounds[0] <= step.state.theta <= config.bounds[1]
    check_reason(POOL, config, steps)


def check_reason(pool: Pool, config: CatConfig, steps: list[Step]) -> None:
    """That the test ended for the reason it says, and would not have ended for that reason before."""
    final, reason, length = steps[-1].state, steps[-1].reason, len(steps) - 1
    if reason not in ("length", "pool_exhausted"):
        assert length >= config.min_items
    if reason == "length":
        assert length == config.max_items
    elif reason == "precision":
        assert final.se <= config.se_target
    elif reason == "change":
        assert abs(final.theta - steps[-2].state.theta) < config.change_target
    elif reason == "classification":
        assert classify(pool, config, final.administered, final.scores) is not None
    elif reason == "information":
        left = np.delete(information(final.theta, pool.items), [*final.administered, *final.excluded])
        assert config.area_targets or left.max() < config.information_target
    else:
        assert reason == "pool_exhausted"
        allowed = [name for name, share in config.area_targets.items() if share > 0] or pool.area_names
        reachable = {i for i, area in enumerate(pool.area_index) if pool.area_names[area] in allowed}
        assert set(final.administered) == reachable - set(final.excluded)
    for step in steps[config.min_items : -1]:
        assert config.se_target is None or step.state.se > config.se_target
        if config.classification:
            assert classify(pool, config, step.state.administered, step.state.scores) is None


@settings(deadline=None, max_examples=25)
@given(configs, st.integers(0, 2**128 - 1), st.integers(0, 1000))
def test_a_test_resumed_from_json_at_any_place_goes_on_the_same(config: CatConfig, seed: int, student: int) -> None:
    steps = sit(POOL, config, answers(POOL.items, 0.0, student), seed)
    for position, step in enumerate(steps[:-1]):
        state = CatState.from_json(json.loads(json.dumps(step.state.to_json(), allow_nan=False)))
        assert state == step.state
        score = steps[position + 1].state.scores[-1]
        assert answer(POOL, config, state, score, rng_for(seed, position + 1)) == steps[position + 1]


@settings(deadline=None, max_examples=30)
@given(configs, st.integers(0, 1000))
def test_the_state_is_rebuilt_from_stored_responses(config: CatConfig, seed: int) -> None:
    for step in sit(POOL, config, answers(POOL.items, 0.5, seed), seed)[::4]:
        state = step.state
        history = list(state.administered), list(state.scores), state.item
        assert state_from_history(POOL, config, *history, excluded=state.excluded) == state


def test_a_new_copy_of_the_same_pool_makes_the_same_choices() -> None:
    config = CatConfig(randomesque=5, area_targets=AREAS)
    scores = answers(POOL.items, 1.0, 2)
    assert sit(pool_with_areas(60), config, scores, 5) == sit(POOL, config, scores, 5)


def test_other_seeds_make_other_tests() -> None:
    config, scores = CatConfig(randomesque=5, max_items=10), answers(POOL.items, 0.0, 1)
    assert len({sit(POOL, config, scores, seed)[-1].state.administered for seed in range(20)}) > 15


def test_content_keeps_to_its_shares() -> None:
    pool = pool_with_areas(300)
    config = CatConfig(max_items=20, area_targets={"algebra": 5, "geometry": 3, "reading": 2}, randomesque=3)
    final = sit(pool, config, answers(pool.items, 0.2, 3), 4)[-1].state
    areas = [pool.area_names[pool.area_index[item]] for item in final.administered]
    assert [areas.count(name) for name in ("algebra", "geometry", "reading")] == [10, 6, 4]


def test_an_area_that_runs_out_leaves_its_share_to_the_others() -> None:
    pool = Pool.build(realistic_bank(20, 1), ["rare"] * 2 + ["common"] * 18)
    steps = sit(pool, CatConfig(max_items=12, area_targets={"rare": 0.5, "common": 0.5}), np.ones(20, dtype=int), 0)
    assert steps[-1].reason == "length"
    assert {0, 1} < set(steps[-1].state.administered)


def test_excluded_items_are_never_given() -> None:
    excluded = range(1, 60, 2)
    for targets in ({"area_targets": AREAS}, {"design": "fixed"}, {}):
        config = CatConfig(max_items=60, randomesque=4, **targets)
        steps = sit(POOL, config, answers(POOL.items, 0.0, 1), 3, excluded=excluded)
        assert steps[-1].reason == "pool_exhausted"
        assert set(steps[-1].state.administered) == set(range(0, 60, 2))
        assert CatState.from_json(steps[4].state.to_json()) == steps[4].state
        assert steps[4].state.excluded == tuple(excluded)


def test_a_state_written_before_there_were_exclusions_is_read() -> None:
    data = start(POOL, CatConfig()).state.to_json()
    assert "excluded" not in data
    assert CatState.from_json(data).excluded == ()


def test_the_deadline_ends_the_test_and_keeps_the_answer() -> None:
    config = CatConfig()
    first = start(POOL, config)
    last = answer(POOL, config, first.state, 1, now=100.0, deadline=100.0)
    assert (last.item, last.reason, last.state.scores) == (None, "time", (1,))
    assert start(POOL, config, now=5.0, deadline=4.0).reason == "time"


def test_an_empty_pool_ends_at_once() -> None:
    step = start(Pool.build(ItemParameters(np.array([]), np.array([]))), CatConfig())
    assert (step.item, step.reason) == (None, "pool_exhausted")


def test_maximum_likelihood_starts_at_the_prior_mean_and_writes_no_infinity() -> None:
    first = start(POOL, CatConfig(estimator="ml", prior_mean=0.4))
    assert first.state.theta == 0.4
    assert json.loads(json.dumps(first.state.to_json(), allow_nan=False))["se"] is None
    assert CatState.from_json(first.state.to_json()) == first.state


def test_a_fixed_form_is_given_in_its_order() -> None:
    steps = sit(POOL, CatConfig(criterion="bank_order", max_items=60), answers(POOL.items, 0.0, 1), 0)
    assert steps[-1].state.administered == tuple(range(60))


def test_the_information_table_serves_a_whole_test() -> None:
    scores = answers(POOL.items, 0.3, 1)
    exact = sit(POOL, CatConfig(max_items=20), scores, 0)[-1].state
    for targets in ({}, AREAS):
        config = CatConfig(max_items=20, information_table=True, area_targets=targets)
        tabled = sit(POOL, config, scores, 0)[-1].state
        assert len(set(tabled.administered)) == 20
        assert tabled.se == pytest.approx(exact.se, abs=0.1)


@pytest.mark.parametrize("score", [2, -1, 0.5])
def test_a_score_that_the_item_does_not_have_is_refused(score: object) -> None:
    with pytest.raises(ValueError, match="score"):
        answer(POOL, CatConfig(), start(POOL, CatConfig()).state, score)  # type: ignore[arg-type]


def test_an_answer_after_the_end_is_refused() -> None:
    state = sit(POOL, CatConfig(max_items=3), answers(POOL.items, 0.0, 1), 0)[-1].state
    with pytest.raises(ValueError, match="the test has ended"):
        answer(POOL, CatConfig(max_items=3), state, 1)


def test_a_state_of_a_larger_pool_is_refused() -> None:
    state = replace(start(POOL, CatConfig()).state, item=60)
    with pytest.raises(ValueError, match="item 60 is not in this pool of 60"):
        answer(POOL, CatConfig(), state, 1)
    with pytest.raises(ValueError, match="item -1"):
        estimate(POOL, CatConfig(), [3, -1], [1, 0])


def test_a_state_that_contradicts_itself_is_refused() -> None:
    config, state = CatConfig(), start(POOL, CatConfig()).state
    for broken, message in (
        (replace(state, administered=(4, 4), scores=(1, 0)), "item 4 is in the state twice"),
        (replace(state, administered=(state.item,), scores=(1,)), f"item {state.item} is in the state twice"),
        (replace(state, administered=(4, 5), scores=(1,)), "2 scores for 3 items"),
        (replace(state, administered=(4, 99), scores=(1, 0)), "item 99 is not in this pool of 60"),
        (replace(state, administered=(4, 5), scores=(1, 7)), "score 7: item 5 has scores 0 to 1"),
        (replace(state, administered=(4, 5), scores=(1, -1)), "score -1: item 5 has scores 0 to 1"),
    ):
        with pytest.raises(ValueError, match=message):
            answer(POOL, config, CatState.from_json(broken.to_json()), 1)
    with pytest.raises(ValueError, match="item 60 is not in this pool of 60"):
        start(POOL, config, excluded=[3, 60])


def test_a_likelihood_of_another_pool_or_grid_is_not_taken_over() -> None:
    state = answer(POOL, CatConfig(), start(POOL, CatConfig()).state, 1).state
    for pool, config in ((pool_with_areas(60, 5), CatConfig()), (POOL, CatConfig(nodes=33)), (POOL, CatConfig())):
        bare = CatState.from_json(state.to_json())
        assert bare.likelihood is None
        assert answer(pool, config, state, 0) == answer(pool, config, bare, 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"estimator": "mle"}, "estimator 'mle': choose from eap, map, ml"),
        ({"criterion": "kl"}, "criterion 'kl': choose from"),
        ({"randomesque": 0}, "randomesque = 0"),
        ({"field_test_items": -1}, "field_test_items = -1"),
        ({"field_test_items": 2, "min_items": 2}, "min_items = 2: items in field test"),
        ({"design": "linear"}, "design 'linear': choose from areas"),
        ({"area_targets": {"algebra": -0.1}}, "'algebra' = -0.1"),
        ({"area_targets": {"algebra": 0.0}}, "at least one share"),
        ({"max_items": 0, "min_items": 0}, "max_items = 0"),
        ({"prior_sd": -1.0}, "prior sd = -1.0"),
        ({"bounds": (1.0, 2.0)}, "prior mean 0.0"),
        ({"criterion": "bank_order", "information_table": True}, "information_table"),
    ],
)
def test_an_impossible_configuration_is_refused_when_it_is_made(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CatConfig(**changes)


def test_what_a_pool_lacks_is_told() -> None:
    assert shortages(POOL, CatConfig(max_items=30, area_targets=AREAS)) == []
    assert shortages(POOL, CatConfig(max_items=100, area_targets={"algebra": 0.6, "music": 0.4})) == [
        Shortage(None, 60, 100),
        Shortage("algebra", 20, 60),
        Shortage("music", 0, 40),
    ]


def test_a_pool_needs_one_area_for_each_item() -> None:
    with pytest.raises(ValueError, match="2 areas for 3 items"):
        Pool.build(realistic_bank(3, 0), ["algebra", "reading"])


def test_a_random_source_needs_a_seed_that_is_not_negative() -> None:
    with pytest.raises(ValueError, match="-1"):
        rng_for(-1, 0)
    assert rng_for(7, 3).random() == rng_for(7, 3).random() != rng_for(7, 4).random()


def test_the_engine_runs_without_django_and_scipy() -> None:
    program = "import sys, exams.cat; print(sorted({m.split('.')[0] for m in sys.modules} & {'django', 'scipy'}))"
    root = Path(__file__).parents[3]
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root)
    assert run.stdout.strip() == "[]"


MIXED = Pool.build(mixed_bank(60, 2), areas_of(60))


@settings(deadline=None, max_examples=25)
@given(configs, st.integers(0, 1000))
def test_items_of_several_categories_take_part_in_whole_tests(config: CatConfig, seed: int) -> None:
    steps = sit(MIXED, config, answers(MIXED.items, 0.5, seed), seed)
    final = steps[-1].state
    assert len(set(final.administered)) == len(final.administered)
    assert estimate(MIXED, config, final.administered, final.scores).theta == final.theta
    by_area = estimate_by_area(MIXED, config, final.administered, final.scores)
    assert set(by_area) == {MIXED.area_names[MIXED.area_index[item]] for item in final.administered}
    for area, ability in by_area.items():
        pairs = [
            pair
            for pair in zip(final.administered, final.scores, strict=True)
            if MIXED.area_names[MIXED.area_index[pair[0]]] == area
        ]
        assert ability == estimate(MIXED, config, *zip(*pairs, strict=True))


def test_an_ungraded_answer_counts_for_nothing_but_the_length() -> None:
    config = CatConfig(max_items=3)
    first = start(MIXED, config)
    second = answer(MIXED, config, first.state, None)
    assert (second.state.theta, second.state.se) == (first.state.theta, first.state.se)
    assert second.state.scores == (None,)
    last = answer(MIXED, config, answer(MIXED, config, second.state, 1).state, 0)
    assert last.reason == "length"
    graded = estimate(MIXED, config, last.state.administered, (2, *last.state.scores[1:]))
    assert graded.theta != last.state.theta


def test_a_score_above_the_items_categories_is_refused() -> None:
    item = int(np.argmax(MIXED.items.categories))
    state = replace(start(MIXED, CatConfig()).state, item=item)
    highest = int(MIXED.items.categories[item]) - 1
    assert answer(MIXED, CatConfig(), state, highest).state.scores == (highest,)
    with pytest.raises(ValueError, match=f"score {highest + 1}: item {item} has scores 0 to {highest}"):
        answer(MIXED, CatConfig(), state, highest + 1)


FIELD = Pool.build(mixed_bank(60, 2), areas_of(60), field_test=np.arange(60) % 5 == 0)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 14), st.integers(3, 10), st.sampled_from([{}, AREAS]))
def test_items_in_field_test_are_slipped_in_unscored(seed: int, wanted: int, least: int, targets: dict) -> None:
    config = CatConfig(
        min_items=least, max_items=12, se_target=0.5, field_test_items=wanted, randomesque=3, area_targets=targets
    )
    excluded = [5, 10]
    steps = sit(FIELD, config, answers(FIELD.items, 0.3, seed % 100), seed, excluded)
    final = steps[-1].state
    tested = [place for place, item in enumerate(final.administered) if FIELD.field_test[item]]
    assert len(tested) == min(wanted, 10)
    assert not set(excluded) & set(final.administered)
    assert all(place >= 2 for place in tested)
    assert tested[-1] <= least + len(tested) - 2, "a scored item comes after them before the test may end"
    assert [place for place, score in enumerate(final.scores) if score is None] == tested
    scored = len(final.scores) - len(tested)
    assert least <= scored <= 12
    for place in tested:
        assert steps[place + 1].state.theta == steps[place].state.theta
    for position, step in enumerate(steps[:-1]):
        state = CatState.from_json(json.loads(json.dumps(step.state.to_json())))
        given_score = int(answers(FIELD.items, 0.3, seed % 100)[step.item])
        assert answer(FIELD, config, state, given_score, rng_for(seed, position + 1)) == steps[position + 1]


def test_the_places_of_items_in_field_test_are_evenly_spread() -> None:
    config = CatConfig(min_items=6, max_items=6, field_test_items=2)
    scores = answers(FIELD.items, 0.0, 1)
    counts: Counter[tuple[int, ...]] = Counter()
    for seed in range(2000):
        final = sit(FIELD, config, scores, seed)[-1].state
        counts[tuple(place for place, item in enumerate(final.administered) if FIELD.field_test[item])] += 1
    # Two of the places 2 … 6.
    assert set(counts) == set(combinations(range(2, 7), 2))
    # Five standard errors of a share of one tenth.
    assert max(abs(count / 2000 - 0.1) for count in counts.values()) < 5 * np.sqrt(0.09 / 2000)


def test_items_in_field_test_are_never_chosen_as_scored_ones() -> None:
    for config in (CatConfig(max_items=60), CatConfig(max_items=60, design="fixed"), CatConfig(area_targets=AREAS)):
        final = sit(FIELD, config, answers(FIELD.items, 0.0, 1), 0)[-1].state
        assert not any(FIELD.field_test[list(final.administered)])
    assert shortages(FIELD, CatConfig(max_items=49)) == [Shortage(None, 48, 49)]


def test_what_items_in_field_test_were_answered_with_counts_for_nothing() -> None:
    config = CatConfig(min_items=6, max_items=6, field_test_items=3)
    scores = answers(FIELD.items, 0.0, 4)
    state = sit(FIELD, config, scores, 4)[-1].state
    everything = scores[list(state.administered)].tolist()
    assert state_from_history(FIELD, config, state.administered, everything, None) == state
    assert estimate(FIELD, config, state.administered, everything).theta == state.theta
    by_area = estimate_by_area(FIELD, config, state.administered, everything)
    assert by_area == estimate_by_area(FIELD, config, state.administered, state.scores)


def test_items_in_field_test_need_a_source_of_chance() -> None:
    with pytest.raises(ValueError, match="field test needs an rng"):
        start(FIELD, CatConfig(min_items=5, field_test_items=1))
