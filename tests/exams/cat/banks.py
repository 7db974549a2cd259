"""Item banks and answer patterns that the tests of the engine and its benchmark share."""

import numpy as np
from numpy.typing import NDArray

from exams.cat import ItemParameters, Items, Pool, build_items
from exams.cat.items import information, scores_at


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


def mixed_bank(size: int, seed: int) -> Items:
    """Half 3PL, a quarter each graded and partial credit with two to five categories."""
    rng = np.random.default_rng(seed)
    bank = realistic_bank(size, seed)
    models = [("logistic", "grm", "logistic", "gpcm")[i % 4] for i in range(size)]
    thresholds = []
    for i, model in enumerate(models):
        steps = bank.b[i] + rng.normal(0.0, 0.8, rng.integers(1, 5))
        thresholds.append([] if model == "logistic" else sorted(steps) if model == "grm" else list(steps))
    return build_items(models, bank.a, bank.b, bank.c, np.ones(size), thresholds)


def answers(items: Items, theta: float, seed: int) -> NDArray[np.intp]:
    """Scores drawn by the model, one for each item."""
    return scores_at(theta, items, np.random.default_rng(seed).random(len(items)))


def best_fixed_form(items: Items, length: int) -> list[int]:
    """The items of the most information on the average over N(0, 1): the best form for everybody."""
    nodes = np.linspace(-5, 5, 201)
    average = np.exp(-(nodes**2) / 2) @ information(nodes, items)
    return np.argsort(-average, kind="stable")[:length].tolist()


def as_rows(items: ItemParameters) -> NDArray[np.float64]:
    """The (n, 4) matrix of a, b, c, d that other packages take."""
    return np.column_stack((items.a, items.b, items.c, items.d))
