"""The adaptive engine beside a plain NumPy loop over the same arithmetic: `python -m tests.bench.cat`.

CPU time of the process, one thread, rounds interleaved so that a busy machine slows every side alike. The floor is
what a reader of a textbook would write with NumPy: information of every item at theta, items given masked, argmax,
posterior on 61 nodes updated by the one new answer. It validates nothing, keeps no history and cannot resume. The
engine goes through `start` and `answer` as delivery does; in the row "state as JSON" it writes and reads its state
around every call and sums up all answers again after each. Floor and engine must choose the same items. All estimators,
criteria, exposure controls and stopping rules are given as multiples of the floor in the same rounds.
"""

import json
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from catsim.estimation import NumericalSearchEstimator
from catsim.item_bank import ItemBank
from catsim.selection import MaxInfoSelector
from numpy.typing import NDArray

from exams.cat import CatConfig, CatState, ItemParameters, Items, Pool, answer, rng_for, simulate, start
from exams.cat.criteria import CRITERIA
from exams.cat.estimation import ESTIMATORS
from exams.cat.items import scores_at
from tests.exams.cat.banks import as_rows, best_fixed_form, mixed_bank, realistic_bank

LENGTH = 30
ROUNDS = 15
TESTS_IN_ROUND = {500: 6, 5_000: 4, 50_000: 2}


def config(**changes: Any) -> CatConfig:
    return CatConfig(min_items=LENGTH, max_items=LENGTH, **changes)


CONFIG = config()
EXPOSED = config(randomesque=5)
CONFIGS: dict[str, CatConfig] = {
    "EAP, maximum information": CONFIG,
    "information table": config(information_table=True),
    "information table, randomesque 5": config(information_table=True, randomesque=5),
    **{f"estimator {name}": config(estimator=name) for name in ESTIMATORS if name != "eap"},
    **{f"criterion {name}": config(criterion=name) for name in CRITERIA if name != "maximum_information"},
    "randomesque 5": EXPOSED,
    "progressive": config(exposure="progressive_restricted"),
    # Targets that no test meets, so that every test is of the same length.
    "stop by sprt": CatConfig(max_items=LENGTH, classification="sprt", cut_scores=(0.0,), classification_error=1e-12),
    "stop by interval": CatConfig(
        max_items=LENGTH, classification="interval", cut_scores=(0.0,), classification_error=1e-12
    ),
    "stop by information": CatConfig(max_items=LENGTH, information_target=1e-12),
    "stop by change": CatConfig(max_items=LENGTH, change_target=1e-12),
}
CHANCE = ("randomesque", "progressive", "criterion random")

# One student: a score for every item of the bank, so that every engine meets the same answers.
Scores = NDArray[np.intp]


def floor_test(items: ItemParameters, scores: Scores) -> list[int]:
    a, b, c = items.a, items.b, items.c
    nodes = np.linspace(-4, 4, 61)
    posterior = np.exp(-0.5 * nodes**2)
    posterior[[0, -1]] *= 0.5
    used = np.zeros(len(items), dtype=bool)
    theta, given = 0.0, []
    for _ in range(LENGTH):
        p = c + (1 - c) / (1 + np.exp(-a * (theta - b)))
        information = a**2 * ((p - c) / (1 - c)) ** 2 * (1 - p) / p
        information[used] = -np.inf
        item = int(information.argmax())
        used[item] = True
        given.append(item)
        p = c[item] + (1 - c[item]) / (1 + np.exp(-a[item] * (nodes - b[item])))
        posterior = posterior * (p if scores[item] else 1 - p)
        posterior /= posterior.sum()
        theta = float(posterior @ nodes)
        float(np.sqrt(posterior @ (nodes - theta) ** 2))
    return given


def engine_test(pool: Pool, config: CatConfig, scores: Scores, *, chance: bool = False) -> list[int]:
    step = start(pool, config, rng_for(0, 0) if chance else None)
    while step.item is not None:
        rng = rng_for(0, len(step.state.scores) + 1) if chance else None
        step = answer(pool, config, step.state, int(scores[step.item]), rng)
    return list(step.state.administered)


def engine_test_over_json(pool: Pool, config: CatConfig, scores: Scores) -> list[int]:
    stored = json.dumps(start(pool, config).state.to_json())
    while True:
        state = CatState.from_json(json.loads(stored))
        if state.item is None:
            return list(state.administered)
        stored = json.dumps(answer(pool, config, state, int(scores[state.item])).state.to_json())


def catsim_test(items: ItemParameters, scores: Scores) -> list[int]:
    bank = ItemBank(as_rows(items), validate=False)
    select, estimate = MaxInfoSelector(), NumericalSearchEstimator()
    theta = 0.0
    given: list[int] = []
    for _ in range(LENGTH):
        item = select.select(item_bank=bank, administered_items=given, est_theta=theta)
        if item is None:
            break
        given.append(int(item))
        theta = estimate.estimate(
            item_bank=bank, administered_items=given, response_vector=[bool(scores[i]) for i in given], est_theta=theta
        )
    return given


def cpu_seconds(run: Callable[[Scores], object], students: list[Scores]) -> float:
    began = time.process_time()
    for scores in students:
        run(scores)
    return (time.process_time() - began) / len(students)


def students_of(items: Items, count: int) -> list[Scores]:
    rng = np.random.default_rng(7)
    return [scores_at(rng.normal(), items, rng.random(len(items))) for _ in range(count)]


def runs_of(items: ItemParameters) -> dict[str, Callable[[Scores], object]]:
    pool = Pool.build(items)
    runs: dict[str, Callable[[Scores], object]] = {"floor": partial(floor_test, items)}
    runs |= {
        name: partial(engine_test, pool, config, chance=any(word in name for word in CHANCE))
        for name, config in CONFIGS.items()
    }
    return runs | {"EAP, state as JSON": partial(engine_test_over_json, pool, CONFIG)}


def speed(size: int) -> None:
    items = realistic_bank(size, 1)
    students, runs = students_of(items, TESTS_IN_ROUND[size]), runs_of(items)
    for scores in students:
        chosen = [run(scores) for name, run in runs.items() if name in ("floor", *list(CONFIGS)[:1])]
        if not chosen[0] == chosen[1] == runs["EAP, state as JSON"](scores):
            raise SystemExit(f"{size} items: the engine and the floor chose different items")
    for name, run in runs.items():
        if len(run(students[0])) != LENGTH:  # type: ignore[arg-type]
            raise SystemExit(f"{size} items, {name}: a test of another length")
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            seconds[name].append(cpu_seconds(run, students))
    for name, times in seconds.items():
        ratio = statistics.median(own / least for own, least in zip(times, seconds["floor"], strict=True))
        print(f"| {size:,} | {name} | {statistics.median(times) * 1e3:.2f} | {ratio:.2f} |")
    once = cpu_seconds(lambda scores: catsim_test(items, scores), students[:1])
    floor = statistics.median(seconds["floor"])
    print(f"| {size:,} | catsim (maximum likelihood), once | {once * 1e3:.1f} | {once / floor:.0f} |")


def mixed_speed(size: int) -> None:
    """Half of the items graded or partial credit, beside the floor over as many dichotomous ones."""
    items, plain = mixed_bank(size, 1), realistic_bank(size, 1)
    pool = Pool.build(items)
    students, floor_students = students_of(items, 3), students_of(plain, 3)
    for name in ("EAP, maximum information", "information table", "criterion expected_posterior_variance"):
        engine_test(pool, CONFIGS[name], students[0])
        pairs = [
            (
                cpu_seconds(partial(engine_test, pool, CONFIGS[name]), students),
                cpu_seconds(partial(floor_test, plain), floor_students),
            )
            for _ in range(ROUNDS)
        ]
        own, ratio = statistics.median(a for a, _ in pairs), statistics.median(a / b for a, b in pairs)
        print(f"| {size:,} mixed | {name} | {own * 1e3:.2f} | {ratio:.2f} |")


def accuracy(seed: int) -> None:
    pool = Pool.build(realistic_bank(500, seed))
    for name, config in (("none", CONFIG), ("randomesque 5", EXPOSED)):
        rng = np.random.default_rng([seed, 1])
        result = simulate(pool, config, rng.normal(size=300), rng)
        top = result.exposure.max()
        print(f"| {seed} | {name} | {result.bias:+.3f} | {result.rmse:.3f} | {top:.2f} |")


def efficiency(seed: int) -> None:
    """A CAT beside the best form of thirty items that is the same for everybody, over 2,000 students of N(0, 1)."""
    bank = realistic_bank(500, seed)
    thetas = np.random.default_rng([seed, 9]).normal(size=2_000)
    form = Pool.build(bank.take(best_fixed_form(bank, LENGTH)))
    fixed = simulate(form, config(design="fixed"), thetas, np.random.default_rng([seed, 1]))
    found = [f"{fixed.rmse:.3f}"]
    for length in (10, 15, 20):
        short = CatConfig(min_items=length, max_items=length)
        found.append(f"{simulate(Pool.build(bank), short, thetas, np.random.default_rng([seed, 2])).rmse:.3f}")
    print(f"| {seed} | {' | '.join(found)} |")


def main() -> None:
    print(f"A whole {LENGTH}-item test, median of {ROUNDS} interleaved rounds\n")
    print("| items | | CPU ms a test | times the floor |\n|---:|---|---:|---:|")
    for size in TESTS_IN_ROUND:
        speed(size)
    for size in (500, 5_000):
        mixed_speed(size)
    print(f"\n300 students x {LENGTH} items, bank of 500; goals |bias| < .05, RMSE < .31 (.33 with exposure control)\n")
    print("| seed | exposure control | bias | RMSE | highest exposure |\n|---:|---|---:|---:|---:|")
    for seed in range(6):
        accuracy(seed)
    print(f"\nRMSE of the best fixed form of {LENGTH} items and of adaptive tests from the same bank of 500\n")
    print("| seed | fixed, 30 | adaptive, 10 | adaptive, 15 | adaptive, 20 |\n|---:|---:|---:|---:|---:|")
    for seed in range(3):
        efficiency(seed)


if __name__ == "__main__":
    main()
