"""Item banks and answer patterns that the tests of the engine and its benchmark share."""

import numpy as np
from numpy.typing import NDArray

from exams.cat import ItemParameters, Pool
from exams.cat.models import probability


def realistic_bank(size: int, seed: int) -> ItemParameters:
    """A 3PL bank like an operational one: a lognormal of median 1.3, b spread as ability, c of four or more options."""
    rng = np.random.default_rng(seed)
    a = rng.lognormal(np.log(1.3), 0.3, size)
    return ItemParameters(a, rng.normal(0.0, 1.1, size), rng.uniform(0.1, 0.25, size))


def four_parameter_bank(size: int, seed: int) -> ItemParameters:
    rng = np.random.default_rng(seed)
    bank = realistic_bank(size, seed)
    return ItemParameters(bank.a, bank.b, bank.c, rng.uniform(0.9, 1.0, size))


def areas_of(size: int) -> list[str]:
    return [("algebra", "geometry", "reading")[i % 3] for i in range(size)]


def pool_with_areas(size: int, seed: int = 0) -> Pool:
    return Pool.build(realistic_bank(size, seed), areas_of(size))


def answers(items: ItemParameters, theta: float, seed: int) -> NDArray[np.intp]:
    """Scores drawn by the model, one for each item."""
    return (np.random.default_rng(seed).random(len(items)) < probability(theta, items)).astype(np.intp)


def as_rows(items: ItemParameters) -> NDArray[np.float64]:
    """The (n, 4) matrix of a, b, c, d that other packages take."""
    return np.column_stack((items.a, items.b, items.c, items.d))
