"""The adaptive engine beside a plain NumPy loop over the same arithmetic: `python -m tests.bench.cat`.

CPU time of the process, one thread, rounds interleaved so that a busy machine slows every side alike. The floor is
what a reader of a textbook would write with NumPy: information of every item at theta, items given masked, argmax,
posterior on 61 nodes updated by the one new answer. It validates nothing, keeps no history and cannot resume. The
engine goes through `start` and `answer` as delivery does, estimates from the whole history after every answer, and in
the column "state as JSON" writes and reads its state around every call. Both must choose the same items.
"""

import json
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"

import statistics
import time
from collections.abc import Callable

import numpy as np
from catsim.estimation import NumericalSearchEstimator
from catsim.item_bank import ItemBank
from catsim.selection import MaxInfoSelector
from numpy.typing import NDArray

from exams.cat import CatConfig, CatState, ItemParameters, Pool, answer, rng_for, simulate, start
from exams.cat.models import probability
from tests.exams.cat.banks import as_rows, realistic_bank

LENGTH = 30
ROUNDS = 15
TESTS_IN_ROUND = {500: 10, 5_000: 10, 50_000: 3}
CONFIG = CatConfig(min_items=LENGTH, max_items=LENGTH)
TABLED = CatConfig(min_items=LENGTH, max_items=LENGTH, information_table=True)
EXPOSED = CatConfig(min_items=LENGTH, max_items=LENGTH, randomesque=5)
LIKELIHOOD = CatConfig(min_items=LENGTH, max_items=LENGTH, estimator="ml")

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


def engine_test(pool: Pool, config: CatConfig, scores: Scores) -> list[int]:
    step = start(pool, config, rng_for(0, 0) if config.randomesque > 1 else None)
    while step.item is not None:
        rng = rng_for(0, len(step.state.scores) + 1) if config.randomesque > 1 else None
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


def students_of(items: ItemParameters, count: int) -> list[Scores]:
    rng = np.random.default_rng(7)
    return [(rng.random(len(items)) < probability(rng.normal(), items)).astype(np.intp) for _ in range(count)]


def speed(size: int) -> None:
    items = realistic_bank(size, 1)
    pool = Pool.build(items)
    students = students_of(items, TESTS_IN_ROUND[size])
    runs: dict[str, Callable[[Scores], object]] = {
        "floor": lambda scores: floor_test(items, scores),
        "engine": lambda scores: engine_test(pool, CONFIG, scores),
        "engine, state as JSON": lambda scores: engine_test_over_json(pool, CONFIG, scores),
        "engine, randomesque 5": lambda scores: engine_test(pool, EXPOSED, scores),
        "engine, information table": lambda scores: engine_test(pool, TABLED, scores),
        "engine, maximum likelihood": lambda scores: engine_test(pool, LIKELIHOOD, scores),
    }
    for scores in students:
        if not floor_test(items, scores) == engine_test(pool, CONFIG, scores) == runs["engine, state as JSON"](scores):
            raise SystemExit(f"{size} items: the engine and the floor chose different items")
    for run in runs.values():
        run(students[0])
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


def accuracy(seed: int) -> None:
    pool = Pool.build(realistic_bank(500, seed))
    for name, config in (("none", CONFIG), ("randomesque 5", EXPOSED)):
        rng = np.random.default_rng([seed, 1])
        result = simulate(pool, config, rng.normal(size=300), rng)
        top = result.exposure.max()
        print(f"| {seed} | {name} | {result.bias:+.3f} | {result.rmse:.3f} | {top:.2f} |")


def main() -> None:
    print(f"A whole {LENGTH}-item EAP test, median of {ROUNDS} interleaved rounds\n")
    print("| items | | CPU ms a test | times the floor |\n|---:|---|---:|---:|")
    for size in TESTS_IN_ROUND:
        speed(size)
    print(f"\n300 students x {LENGTH} items, bank of 500; goals |bias| < .05, RMSE < .31 (.33 with exposure control)\n")
    print("| seed | exposure control | bias | RMSE | highest exposure |\n|---:|---|---:|---:|---:|")
    for seed in range(6):
        accuracy(seed)


if __name__ == "__main__":
    main()
