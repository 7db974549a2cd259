"""Computerized adaptive testing over arrays: item response models, ability, selection, stopping, and one test.

No Django: everything is a function of its arguments. Delivery needs `Pool`, `CatConfig`, `start`, `answer`, `CatState`
and `rng_for` alone. Another model goes beside `models` and `polytomous`, another criterion into `criteria.CRITERIA`,
another estimator into `estimation.ESTIMATORS`, another way to the next item into `session.DESIGNS`.
"""

from exams.cat.ability import Ability, Quadrature
from exams.cat.items import Items, MixedItems, build_items
from exams.cat.models import ItemParameters
from exams.cat.pool import Pool
from exams.cat.session import (
    CatConfig,
    CatState,
    Shortage,
    Step,
    answer,
    class_of,
    classify,
    estimate,
    estimate_by_area,
    rng_for,
    shortages,
    start,
    state_from_history,
)
from exams.cat.simulate import SimulationResult, simulate
from exams.cat.stopping import StopReason

__all__ = [
    "Ability",
    "CatConfig",
    "CatState",
    "ItemParameters",
    "Items",
    "MixedItems",
    "Pool",
    "Quadrature",
    "Shortage",
    "SimulationResult",
    "Step",
    "StopReason",
    "answer",
    "build_items",
    "class_of",
    "classify",
    "estimate",
    "estimate_by_area",
    "rng_for",
    "shortages",
    "simulate",
    "start",
    "state_from_history",
]
