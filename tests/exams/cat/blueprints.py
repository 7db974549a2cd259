"""A pool like an operational one with a blueprint of 36 constraints, which the tests and the benchmark share."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exams.cat import ItemParameters, Pool
from exams.cat.constraints import Blueprint, Constraint

LENGTH = 30


@dataclass(frozen=True)
class Operational:
    """A pool and the blueprint of its tests of `LENGTH` items."""

    pool: Pool
    blueprint: Blueprint


def operational(size: int = 1_000, seed: int = 0, median_a: float = 0.92) -> Operational:
    """A 3PL pool with 36 constraints, 20 sets that share a passage (two or three are used), and 30 groups of enemies.

    Constraints: 6 content areas, 12 topics, 4 kinds of items, 3 cognitive levels, 5 places of the key, 3 contexts, the
    words of the whole form and of one area, and the items with a figure.
    """
    rng = np.random.default_rng([seed, size])
    items = ItemParameters(
        rng.lognormal(np.log(median_a), 0.3, size), rng.normal(0.0, 1.1, size), rng.uniform(0.1, 0.25, size)
    )
    area = rng.integers(0, 6, size)
    topic = area * 2 + rng.integers(0, 2, size)
    words = rng.lognormal(np.log(60), 0.4, size).round()
    constraints = [
        *_counted("area", area, [(4, 6)] * 6),
        *_counted("topic", topic, [(1, 4)] * 12),
        *_counted("kind", rng.choice(4, size, p=[0.5, 0.25, 0.15, 0.1]), [(10, 18), (5, 9), (3, 6), (2, 4)]),
        *_counted("level", rng.choice(3, size, p=[0.3, 0.5, 0.2]), [(7, 12), (12, 18), (4, 8)]),
        *_counted("key", rng.integers(0, 5, size), [(4, 8)] * 5),
        *_counted("context", rng.choice(3, size, p=[0.4, 0.4, 0.2]), [(8, 16), (8, 16), (4, 10)]),
        Constraint("words", words, 1_600, 1_900),
        Constraint("words in area 0", np.where(area == 0, words, 0), upper=420),
        Constraint("figures", (rng.random(size) < 0.3).astype(float), 3, 10),
    ]
    passage = np.full(size, -1)
    members = rng.permutation(np.flatnonzero(area == 5))[:120]
    passage[members] = np.arange(members.size) // 6
    enemies = [tuple(rng.choice(size, 3, replace=False).tolist()) for _ in range(30)]
    blueprint = Blueprint(size, constraints, passage, items_per_set=(2, 4), sets=(1, 2), enemies=enemies)
    return Operational(Pool.build(items, [f"area {number}" for number in area]), blueprint)


def _counted(name: str, values: NDArray[np.intp], bounds: list[tuple[int, int]]) -> list[Constraint]:
    return [
        Constraint(f"{name} {number}", (values == number).astype(float), *each) for number, each in enumerate(bounds)
    ]
