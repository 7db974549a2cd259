"""Stopping and classification: beside catpie and catsim, and the errors that they promise."""

from itertools import pairwise
from math import log
from statistics import NormalDist

import catpie
import numpy as np
import pytest
from catsim import irt
from catsim.stopping import ConfidenceIntervalStopper
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.cat import CatConfig, CatState, ItemParameters, Pool, answer, class_of, classify, estimate, rng_for, start
from exams.cat.items import information, log_probabilities
from exams.cat.stopping import StoppingRule
from tests.exams.cat.banks import answers, areas_of, as_rows, mixed_bank, realistic_bank

BANK = realistic_bank(80, 6)
POOL = Pool.build(BANK, areas_of(80))


def sit(pool: Pool, config: CatConfig, scores: np.ndarray) -> list:
    steps = [start(pool, config, rng_for(1, 0))]
    while (item := steps[-1].item) is not None:
        steps.append(answer(pool, config, steps[-1].state, int(scores[item]), rng_for(1, len(steps))))
    return steps


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.floats(0.05, 0.6), st.integers(0, 10))
def test_a_test_ends_with_too_little_information_left_when_catpie_says_so(seed: int, target: float, least: int) -> None:
    config = CatConfig(min_items=least, max_items=80, information_target=target)
    steps = sit(POOL, config, answers(BANK, 0.5, seed))
    rows = as_rows(BANK).tolist()
    for answered, step in enumerate(steps):
        state: CatState = step.state
        ended = catpie.checkStopRule(
            state.theta, state.se, answered, ["minInfo"], [target], items=rows, out=state.administered
        ).decision
        if answered < 80:
            assert (step.reason == "information") == (ended and answered >= least)
    assert steps[-1].reason == ("length" if len(steps) == 81 else "information")


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 1000), st.integers(1, 30), st.floats(0.01, 0.3), st.sampled_from([[0.2], [-1.0, 0.0, 1.2]]))
def test_classes_by_interval_are_those_of_catsim_and_catpie(
    seed: int, length: int, error: float, cuts: list[float]
) -> None:
    config = CatConfig(estimator="ml", classification="interval", cut_scores=cuts, classification_error=error)
    scores = answers(BANK, 0.4, seed)[:length].tolist()
    ability = estimate(POOL, config, range(length), scores)
    found = classify(POOL, config, range(length), scores)
    stopper = ConfidenceIntervalStopper(cuts, confidence=1 - 2 * error)
    low, high = irt.confidence_interval(ability.theta, as_rows(BANK)[:length], 1 - 2 * error)
    assert NormalDist().inv_cdf(1 - error) * ability.se == pytest.approx((high - low) / 2, abs=1e-6)
    assert (found is not None) == stopper.stop(administered_items=as_rows(BANK)[:length], theta=ability.theta)
    decided = [
        catpie.checkStopRule(ability.theta, ability.se, length, ["classification"], [cut], alpha=2 * error).decision
        for cut in cuts
    ]
    assert (found is not None) == all(decided)
    if found is not None:
        assert found == class_of(config, ability.theta) == sum(cut <= ability.theta for cut in cuts)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 1000), st.integers(1, 40), st.sampled_from([0.3, 0.1, 0.05]), st.floats(0.05, 0.6))
def test_classes_by_probability_ratio_follow_the_ratios(seed: int, length: int, error: float, zone: float) -> None:
    bank = mixed_bank(60, 2)
    pool, cuts = Pool.build(bank), (-0.5, 0.8)
    config = CatConfig(classification="sprt", cut_scores=cuts, classification_error=error, indifference=zone)
    scores = answers(bank, 0.2, seed)
    rows = bank.first_row[:length] + scores[:length]
    bound = log((1 - error) / error)
    sides = []
    for cut in cuts:
        ratio = (log_probabilities(cut + zone, bank)[rows] - log_probabilities(cut - zone, bank)[rows]).sum()
        sides.append(1 if ratio >= bound else -1 if ratio <= -bound else 0)
    expected = {(-1, -1): 0, (0, -1): None, (1, -1): 1, (1, 0): None, (1, 1): 2, (0, 0): None, (-1, 0): None}
    expected |= {(0, 1): 2, (-1, 1): None}
    found = classify(pool, config, range(length), scores[:length].tolist())
    assert found == expected[tuple(sides)] if tuple(sides) != (-1, 0) else found == 0


@pytest.mark.parametrize("method", ["sprt", "interval"])
def test_few_students_are_put_on_the_wrong_side(method: str) -> None:
    bank = realistic_bank(300, 3)
    pool = Pool.build(bank)
    config = CatConfig(
        estimator="ml", min_items=5, max_items=300, classification=method, cut_scores=(0.0,), indifference=0.3
    )
    wrong, lengths = 0, []
    for seed in range(200):
        theta = 0.3 if seed % 2 else -0.3
        final = sit(pool, config, answers(bank, theta, seed))[-1]
        found = classify(pool, config, final.state.administered, final.state.scores)
        assert (final.reason == "classification") == (found is not None)
        wrong += (class_of(config, final.state.theta) if found is None else found) != (theta > 0)
        lengths.append(len(final.state.scores))
    # Wald's bound of 5 % each way; the interval is looked at again and again, which costs it some of its level.
    assert wrong / 200 <= (0.08 if method == "sprt" else 0.16)
    assert np.mean(lengths) < 120


def test_the_class_is_open_before_the_first_answer() -> None:
    for method in ("sprt", "interval"):
        for estimator in ("ml", "eap"):
            config = CatConfig(estimator=estimator, classification=method, cut_scores=(9.0,), min_items=0)
            assert classify(POOL, config, (), ()) is None
            assert start(POOL, config).reason is None


def test_a_configuration_without_classes_classifies_nobody() -> None:
    with pytest.raises(ValueError, match="no classes"):
        classify(POOL, CatConfig(), [0], [1])
    assert class_of(CatConfig(cut_scores=(-1.0, 1.0)), 1.0) == 2
    assert class_of(CatConfig(), 3.0) == 0


def test_the_change_is_that_of_the_last_answer_that_counts() -> None:
    bank = mixed_bank(60, 2)
    pool = Pool.build(bank)
    config = CatConfig(max_items=60, change_target=0.05)
    steps = sit(pool, config, answers(bank, 0.5, 1))
    moves = [abs(b.state.theta - a.state.theta) for a, b in pairwise(steps)]
    assert steps[-1].reason == "change"
    assert moves[-1] < 0.05 <= min(moves[1:-1])
    # An essay that nobody has graded yet moves nothing, and that is no reason to end.
    ungraded = answer(pool, config, steps[3].state, None)
    assert ungraded.state.theta == steps[3].state.theta
    assert ungraded.reason is None


def test_one_answer_is_no_change() -> None:
    config = CatConfig(min_items=1, max_items=10, change_target=50.0)
    steps = sit(POOL, config, answers(BANK, 0.0, 1))
    assert [len(steps), steps[-1].reason] == [3, "change"]


def test_no_rule_but_time_and_length_ends_a_test_before_its_minimum() -> None:
    config = CatConfig(
        min_items=9,
        max_items=12,
        se_target=5.0,
        information_target=50.0,
        change_target=50.0,
        classification="interval",
        cut_scores=(-3.9,),
        classification_error=0.4,
    )
    steps = sit(POOL, config, answers(BANK, 1.0, 1))
    assert [len(steps) - 1, steps[-1].reason] == [9, "precision"]
    assert answer(POOL, config, steps[2].state, 1, now=5.0, deadline=5.0).reason == "time"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"information_target": 50.0}, "information"),
        ({"change_target": 50.0}, "change"),
        ({"classification": "interval", "cut_scores": (-9.0,)}, "classification"),
        ({"classification": "sprt", "cut_scores": (-9.0,), "indifference": 6.0}, "classification"),
        ({"se_target": 5.0}, "precision"),
    ],
)
def test_each_rule_gives_its_own_reason(changes: dict, reason: str) -> None:
    # Without guessing, so that a right answer speaks against the lowest abilities.
    bank = ItemParameters(BANK.a, BANK.b)
    config = CatConfig(min_items=4, max_items=12, **changes)
    steps = sit(Pool.build(bank), config, answers(bank, 0.0, 2))
    assert [len(steps) - 1, steps[-1].reason] == [4, reason]


def test_information_that_is_left_is_of_items_that_may_still_be_given() -> None:
    best = int(information(0.0, BANK).argmax())
    top = float(information(0.0, BANK)[best])
    config = CatConfig(min_items=0, information_target=top * 0.999)
    assert start(POOL, config).reason is None
    assert start(POOL, config, excluded=[best]).reason == "information"
    other = {area: 1.0 for area in POOL.area_names if area != POOL.area_names[POOL.area_index[best]]}
    assert start(POOL, CatConfig(min_items=0, information_target=top * 0.999, area_targets=other)).reason
    field = Pool.build(BANK, field_test=np.arange(80) == best)
    assert start(field, config).reason == "information"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cut_scores": (0.0, 0.0)}, r"cut_scores = \[0.0, 0.0\]"),
        ({"cut_scores": (float("nan"),)}, r"cut_scores = \[nan\]"),
        ({"classification": "sprt"}, "classification 'sprt' needs at least one of cut_scores"),
        ({"classification": "bayes", "cut_scores": (0.0,)}, "classification 'bayes': choose from '', sprt, interval"),
        ({"classification_error": 0.5}, "classification_error = 0.5"),
        ({"indifference": 0.0}, "indifference = 0.0"),
        ({"information_target": 0.0}, "information_target = 0.0"),
        ({"change_target": -1.0}, "change_target = -1.0"),
        ({"exposure": "sympsonhetter"}, "exposure 'sympsonhetter': choose from none, randomesque"),
        ({"exposure": "sympson_hetter"}, "needs the exposure_parameters"),
        ({"exposure_parameters": [0.2, 1.2]}, r"exposure_parameters\[1\] = 1.2"),
        ({"exposure_rate": 0.0}, "exposure_rate = 0.0"),
        ({"acceleration": -1.0}, "acceleration = -1.0"),
        ({"exposure": "progressive_restricted", "criterion": "urry"}, "does not go with 'urry'"),
        ({"strata": 0}, "strata = 0"),
    ],
)
def test_impossible_rules_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        CatConfig(**changes)


def test_the_rule_says_whether_it_looks_further() -> None:
    assert not StoppingRule(se_target=0.3).looks_further
    assert StoppingRule(change_target=0.1).looks_further
