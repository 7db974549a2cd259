"""Shadow tests on a pool of 1,000 items with 36 constraints, sets and enemies: `python -m tests.bench.shadow`.

One selection is one call of the engine after an answer, as delivery makes it: estimate, assemble the rest of the test
by integer programming, choose. Students come one after another, each spared some items by the experiments of item
eligibility, so that none is given to more than a quarter of them. Unconstrained maximum information on the same pool,
with the same students, is what constraints and exposure control are paid from.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"

import time

import numpy as np

from exams.cat import CatConfig, answer, rng_for, simulate, start
from exams.cat.exposure import ExposureCounts, draw_excluded, eligibility
from exams.cat.models import probability
from exams.psychometrics.analysis.exposure import pool_exposure_from_counts
from tests.exams.cat.blueprints import LENGTH, Operational, operational

STUDENTS = 200
RATE = 0.25


def unconstrained(exam: Operational, thetas: np.ndarray) -> tuple[float, float, float]:
    """RMSE, highest exposure and overlap of plain maximum information."""
    result = simulate(exam.pool, CatConfig(min_items=LENGTH, max_items=LENGTH), thetas, np.random.default_rng(2))
    used = pool_exposure_from_counts(np.round(result.exposure * thetas.size), thetas.size)
    return result.rmse, float(used.rates.max()), used.overlap


def shadow(exam: Operational, thetas: np.ndarray) -> None:
    config = CatConfig(min_items=LENGTH, max_items=LENGTH, design="shadow", blueprint=exam.blueprint)
    counts = ExposureCounts.none(len(exam.pool))
    rng = np.random.default_rng(5)
    wall, cpu, errors, violations, returned = [], [], [], 0, 0
    for number, theta in enumerate(thetas):
        chances = probability(theta, exam.pool.items)
        excluded = draw_excluded(eligibility(counts, RATE), rng_for(number, 10_000))
        step = start(exam.pool, config, rng_for(number, 0), excluded=excluded)
        while step.item is not None:
            score, position = int(rng.random() < chances[step.item]), len(step.state.scores) + 1
            began, worked = time.perf_counter(), time.thread_time()
            step = answer(exam.pool, config, step.state, score, rng_for(number, position))
            wall.append(time.perf_counter() - began)
            cpu.append(time.thread_time() - worked)
        administered = step.state.administered
        violations += len(exam.blueprint.violations(administered, LENGTH))
        returned += bool(set(administered) & set(excluded))
        errors.append(step.state.theta - theta)
        counts = counts.after(administered, excluded)
    used = pool_exposure_from_counts(counts.given, counts.students)
    rmse = float(np.sqrt(np.mean(np.square(errors))))
    print(f"| shadow tests | {rmse:.3f} | {used.rates.max():.3f} | {used.overlap:.3f} | {violations} | {returned} |")
    for name, times in (("wall", wall), ("CPU", cpu)):
        middle, late, most = np.percentile(times, [50, 95, 100]) * 1e3
        print(f"\nOne selection, {name}: median {middle:.1f} ms, 95th percentile {late:.1f} ms, longest {most:.0f} ms")


def main() -> None:
    print(f"{STUDENTS} students of N(0, 1), {LENGTH} items; goals: RMSE <= .32, exposure <= .25, overlap <= .20, none")
    print("violated; median 30 ms and 95th percentile 100 ms for one selection")
    for seed in (0, 1):
        exam = operational(seed=seed)
        thetas = np.random.default_rng([seed, 1]).normal(size=STUDENTS)
        print(f"\nPool {seed}\n")
        print(
            "| | RMSE | highest exposure | overlap | violations | eligibility dropped |\n|---|---:|---:|---:|---:|---:|"
        )
        rmse, highest, overlap = unconstrained(exam, thetas)
        print(f"| maximum information | {rmse:.3f} | {highest:.3f} | {overlap:.3f} | | |")
        shadow(exam, thetas)


if __name__ == "__main__":
    main()
