"""The accuracy that the platform promises, by simulation through the engine itself."""

import numpy as np
import pytest

from exams.cat import CatConfig, Pool, Quadrature, simulate
from exams.cat.constraints import Blueprint, Constraint
from exams.cat.items import information
from exams.cat.simulate import find_exposure_parameters
from exams.psychometrics.analysis.exposure import pool_exposure_from_counts
from tests.exams.cat.banks import areas_of, pool_with_areas, realistic_bank
from tests.exams.cat.blueprints import LENGTH, operational

# The first two banks and groups of students, not picked ones: over the seeds 0 to 39 bias lay within -.036 and .035,
# and RMSE between .214 and .267, with exposure control and without.
# The limits are a property of the bank too: at a median a of 1.0 instead of 1.3, RMSE reaches .32 on some seeds.
SEEDS = (0, 1)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("randomesque", "limit"), [(1, 0.31), (5, 0.33)], ids=["free", "exposure control"])
def test_thirty_items_measure_three_hundred_students(seed: int, randomesque: int, limit: float) -> None:
    pool = Pool.build(realistic_bank(500, seed))
    rng = np.random.default_rng([seed, 1])
    config = CatConfig(min_items=30, max_items=30, randomesque=randomesque)
    result = simulate(pool, config, rng.normal(size=300), rng)
    assert abs(result.bias) < 0.05
    assert result.rmse < limit
    assert result.mean_length == 30
    assert result.reasons == {"length": 300}


def test_exposure_control_spreads_the_items() -> None:
    pool = Pool.build(realistic_bank(300, 4))
    thetas = np.random.default_rng(1).normal(size=60)
    free = simulate(pool, CatConfig(max_items=10), thetas, np.random.default_rng(2))
    controlled = simulate(pool, CatConfig(max_items=10, randomesque=5), thetas, np.random.default_rng(2))
    assert free.exposure.max() == 1.0
    assert controlled.exposure.max() < 0.9
    assert np.count_nonzero(controlled.exposure) > np.count_nonzero(free.exposure)
    assert controlled.exposure.sum() == pytest.approx(10)


def test_precision_ends_tests_early_and_means_what_it_says() -> None:
    pool = pool_with_areas(400)
    thetas = np.random.default_rng(3).normal(size=100)
    result = simulate(pool, CatConfig(min_items=5, max_items=40, se_target=0.35), thetas, np.random.default_rng(4))
    assert result.reasons["precision"] > 90
    assert result.mean_length < 30
    # 100 errors of standard deviation .35 have a root mean square above .44 twice in ten thousand (chi-square).
    assert result.rmse < 0.44


def test_the_same_generator_simulates_the_same_students() -> None:
    pool, config = Pool.build(realistic_bank(80, 5)), CatConfig(max_items=8, randomesque=3)
    first, again = (simulate(pool, config, [0.0, 1.0], np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(first.estimate, again.estimate)
    np.testing.assert_array_equal(first.exposure, again.exposure)


@pytest.mark.parametrize("thetas", [[], [[0.0]], 0.0])
def test_a_simulation_needs_students(thetas: object) -> None:
    with pytest.raises(ValueError, match="N >= 1 students"):
        simulate(Pool.build(realistic_bank(5, 0)), CatConfig(), thetas, np.random.default_rng(0))  # type: ignore[arg-type]


@pytest.mark.parametrize("exposure", ["eligibility", "progressive_restricted"])
def test_no_item_is_given_to_more_than_the_highest_share(exposure: str) -> None:
    pool = Pool.build(realistic_bank(120, 6))
    config = CatConfig(min_items=8, max_items=8, exposure=exposure, exposure_rate=0.3)
    result = simulate(pool, config, np.random.default_rng(1).normal(size=150), np.random.default_rng(2))
    assert result.exposure.max() <= 0.3
    assert result.mean_length == 8
    assert result.spared_in_vain == 0


def test_exposure_parameters_bring_the_best_items_down() -> None:
    pool = Pool.build(realistic_bank(80, 6))
    config = CatConfig(min_items=6, max_items=6, exposure_rate=0.35)
    thetas = np.random.default_rng(1).normal(size=200)
    heard: list[int] = []
    found = find_exposure_parameters(pool, config, thetas, np.random.default_rng(2), rounds=12, listener=heard.append)
    assert found.highest[0] > 0.9
    assert found.converged
    assert heard == list(range(1, 200 * len(found.highest) + 1))
    used = CatConfig(min_items=6, max_items=6, exposure="sympson_hetter", exposure_parameters=found.parameters.tolist())
    fresh = simulate(pool, used, np.random.default_rng(7).normal(size=400), np.random.default_rng(8))
    # Found to .07 from 200 students, and again observed on 400.
    assert fresh.exposure.max() < 0.52


def test_missed_constraints_are_counted_by_name() -> None:
    size = 40
    passage = np.where(np.arange(size) < 4, 0, -1)
    blueprint = Blueprint(size, [Constraint("impossible", np.ones(size), 99)], passage, enemies=[(5, 6)])
    pool, thetas = Pool.build(realistic_bank(size, 3), areas_of(size)), [0.0] * 4
    shadow = CatConfig(min_items=6, max_items=6, design="shadow", blueprint=blueprint)
    assert simulate(pool, shadow, thetas, np.random.default_rng(0)).violations == {"impossible": 4}
    ordinary = CatConfig(min_items=6, max_items=6, blueprint=blueprint)
    assert simulate(pool, ordinary, thetas, np.random.default_rng(0)).violations == {}
    # These shares want five of algebra, of which the pool has two.
    few = Pool.build(realistic_bank(size, 3), ["algebra"] * 2 + ["reading"] * 38)
    shares = CatConfig(min_items=6, max_items=6, area_targets={"algebra": 0.9, "reading": 0.1})
    assert simulate(few, shares, thetas, np.random.default_rng(0)).violations == {"algebra": 4, "reading": 4}


def test_twenty_adaptive_items_measure_as_well_as_the_best_thirty_fixed_ones() -> None:
    bank = realistic_bank(500, 11)
    nodes = Quadrature().nodes
    density = np.exp(-0.5 * nodes**2)
    # The form with the most information where the students are.
    best = np.sort(np.argsort(-(density @ information(nodes, bank)))[:30])
    thetas = np.random.default_rng(12).normal(size=400)
    fixed = CatConfig(design="fixed", criterion="bank_order", min_items=30, max_items=30)
    form = simulate(Pool.build(bank.take(best)), fixed, thetas, np.random.default_rng(13))
    adaptive = CatConfig(min_items=20, max_items=20)
    result = simulate(Pool.build(bank), adaptive, thetas, np.random.default_rng(13))
    assert (form.mean_length, result.mean_length) == (30, 20)
    assert result.rmse <= form.rmse


@pytest.mark.slow
def test_shadow_tests_of_an_operational_pool_reach_what_is_promised() -> None:
    exam, thetas = operational(), np.random.default_rng([0, 1]).normal(size=50)
    free = CatConfig(min_items=LENGTH, max_items=LENGTH)
    unconstrained = simulate(exam.pool, free, thetas, np.random.default_rng(2))
    config = CatConfig(
        min_items=LENGTH,
        max_items=LENGTH,
        design="shadow",
        blueprint=exam.blueprint,
        exposure="eligibility",
        exposure_rate=0.25,
    )
    result = simulate(exam.pool, config, thetas, np.random.default_rng(2))
    assert result.violations == {}
    assert result.exposure.max() <= 0.25
    counts = result.counts
    assert pool_exposure_from_counts(counts.given, counts.students).overlap <= 0.20
    # .03 for constraints and exposure control, and as much for chance among 50 students; tests.bench.shadow takes more.
    assert result.rmse <= unconstrained.rmse + 0.06
