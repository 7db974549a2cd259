"""One adaptive test as a pure function of its past: `start` gives the first item, `answer` each following one.

Nothing is kept between calls but what the state carries. A caller loads the state, calls `answer` once, stores the new
state; the same state, score and random source always lead to the same step, on any machine.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from exams.cat import areas
from exams.cat.ability import Ability
from exams.cat.config import CatConfig
from exams.cat.estimation import (
    ESTIMATORS,
    Evidence,
    class_of,
    classify,
    counting,
    decided_class,
    estimate,
    estimate_by_area,
    evidence_of,
    require_members,
    unscored,
)
from exams.cat.pool import Pool
from exams.cat.selection import UniformSource, sympson_hetter
from exams.cat.state import CatState, Step, rng_for
from exams.cat.stopping import StopReason

__all__ = [
    "DESIGNS",
    "ESTIMATORS",
    "CatConfig",
    "CatState",
    "Design",
    "Shortage",
    "Step",
    "answer",
    "class_of",
    "classify",
    "estimate",
    "estimate_by_area",
    "rng_for",
    "shortages",
    "start",
    "state_from_history",
]

# An item in field test is not among the first two, where a test still finds its level.
FIRST_FIELD_TEST_PLACE = 2

Moment = datetime | float


def _in_order(
    pool: Pool, config: CatConfig, state: CatState, ability: Ability, rng: UniformSource | None
) -> int | None:
    gone = {*state.administered, *state.excluded}
    return next((index for index in pool.whole.members.tolist() if index not in gone), None)


def _by_shadow_test(
    pool: Pool, config: CatConfig, state: CatState, ability: Ability, rng: UniformSource | None
) -> int | None:
    # Only exams that are assembled this way load the solver.
    from exams.cat.shadow import next_item

    return next_item(pool, config, state, ability, rng)


def _by_modules(
    pool: Pool, config: CatConfig, state: CatState, ability: Ability, rng: UniformSource | None
) -> int | None:
    if config.modules is None:
        raise ValueError("the design 'multistage' needs modules")
    return config.modules.next_item(state.administered, ability.theta)


# Chooses the next item: the pool, the configuration, the state after the last answer (its `item` still None, its
# `theta` and `se` those of the ability), and the random source of this position. None when no item is left.
Design = Callable[[Pool, CatConfig, CatState, Ability, UniformSource | None], int | None]
DESIGNS: dict[str, Design] = {
    "areas": areas.next_item,
    "fixed": _in_order,
    "shadow": _by_shadow_test,
    "multistage": _by_modules,
}


def start(
    pool: Pool,
    config: CatConfig,
    rng: UniformSource | None = None,
    *,
    excluded: Collection[int] = (),
    now: Moment | None = None,
    deadline: Moment | None = None,
) -> Step:
    """The first item of a test.

    Parameters
    ----------
    rng : UniformSource, optional
        `rng_for(seed, 0)`; needed where `config` leaves anything to chance.
    excluded : collection of int
        Pool indices of the items that this student may not be given; kept in the state. Under Sympson–Hetter exposure
        control those that the student's draw rules out join them.
    now, deadline : optional
        See `stopping.StoppingRule.reason`.

    Raises
    ------
    ValueError
        Naming what in `config` or `excluded` does not go with the pool.
    """
    barred = {int(index) for index in excluded}
    require_members(pool, sorted(barred))
    if config.exposure == "sympson_hetter":
        if len(config.exposure_parameters) != len(pool):
            raise ValueError(f"{len(config.exposure_parameters)} exposure_parameters for a pool of {len(pool)} items")
        least = config.max_items + len(pool.field_items)
        # Items in field test are there to be given.
        acceptance = np.where(pool.field_test, 1.0, config.acceptance)
        barred.update(sympson_hetter(acceptance, barred, least, rng))
    evidence = evidence_of(pool, config, (), ())
    return _step(pool, config, (), (), tuple(sorted(barred)), evidence, None, rng, now, deadline)


def answer(
    pool: Pool,
    config: CatConfig,
    state: CatState,
    score: int | None,
    rng: UniformSource | None = None,
    *,
    now: Moment | None = None,
    deadline: Moment | None = None,
) -> Step:
    """Score the item in front of the student, estimate ability, and choose the next item or end the test.

    Parameters
    ----------
    score : int or None
        For `state.item`, from 0 up; None when it is not graded yet. That of an item in field test is not kept.
    rng : UniformSource, optional
        `rng_for(seed, n)` where n counts the answers including this one; needed where `config` leaves anything to
        chance.
    now, deadline
        As for `start`.

    Raises
    ------
    ValueError
        When no item is waiting for an answer, the item has no such score, or the state is of another pool.
    """
    item = state.item
    if item is None:
        raise ValueError("the test has ended: no item is waiting for an answer")
    if not 0 <= item < len(pool.scores):
        raise ValueError(f"item {item!r} is not in this pool of {len(pool)}: the state belongs to another pool")
    if score is not None and score not in pool.scores[item]:
        raise ValueError(f"score {score!r}: item {item} has scores 0 to {pool.scores[item][-1]}")
    counted = None if score is None or item in pool.field_items else int(score)
    administered, scores = (*state.administered, item), (*state.scores, counted)
    evidence = _evidence(pool, config, state, item, counted, administered, scores)
    before = None if counted is None else state.theta
    return _step(pool, config, administered, scores, state.excluded, evidence, before, rng, now, deadline)


def _evidence(
    pool: Pool,
    config: CatConfig,
    state: CatState,
    item: int,
    score: int | None,
    administered: tuple[int, ...],
    scores: tuple[int | None, ...],
) -> Evidence:
    """The evidence of the state with one more answer: from the likelihood it carries, or from all its answers."""
    table = pool.log_table(config.quadrature)
    grid = state.likelihood_on(table)
    if grid is None or item in state.administered:
        return evidence_of(pool, config, administered, scores)
    if score is not None:
        grid = grid + table[pool.first_row[item] + score]
    return Evidence(pool, *counting(administered, scores), grid, table)


def _step(
    pool: Pool,
    config: CatConfig,
    administered: tuple[int, ...],
    scores: tuple[int | None, ...],
    excluded: tuple[int, ...],
    evidence: Evidence,
    before: float | None,
    rng: UniformSource | None,
    now: Moment | None,
    deadline: Moment | None,
) -> Step:
    ability = ESTIMATORS[config.estimator](config, evidence)
    state = CatState(administered, scores, ability.theta, ability.se, None, excluded, (evidence.table, evidence.grid))
    tested = len(pool.field_items.intersection(administered)) if pool.field_items else 0
    reason = config.rule.reason(len(administered) - tested, ability.se, now=now, deadline=deadline)
    if reason is None and config.rule.looks_further:
        reason = _further_reason(pool, config, state, len(administered) - tested, evidence, ability, before)
    if reason is not None:
        return Step(state, reason)
    item = _field_item(pool, config, state, tested, rng) if config.field_test_items and pool.field_items else None
    if item is None:
        item = DESIGNS[config.design](pool, config, state, ability, rng)
    if item is None:
        return Step(state, "pool_exhausted")
    # Nobody else has seen this state yet, and a copy would cost as much as the estimate.
    object.__setattr__(state, "item", item)
    return Step(state, None)


def _further_reason(
    pool: Pool,
    config: CatConfig,
    state: CatState,
    answered: int,
    evidence: Evidence,
    ability: Ability,
    before: float | None,
) -> StopReason | None:
    """The rules that look beyond length and standard error; none of them ends a test before min_items."""
    if answered < config.min_items:
        return None
    if config.classification and decided_class(config, evidence, ability) is not None:
        return "classification"
    moved = None if before is None or answered < 2 else abs(ability.theta - before)
    if config.change_target is not None and moved is not None and moved < config.change_target:
        return "change"
    if config.information_target is not None:
        most = areas.most_information(pool, config, state)
        if 0 < most < config.information_target:
            return "information"
    return None


def _field_item(pool: Pool, config: CatConfig, state: CatState, tested: int, rng: UniformSource | None) -> int | None:
    """The item in field test that comes at this place, or None when a scored one does.

    The places are a random subset of those from the third to the last but one before min_items scored items are
    through. Each is decided as it comes, with the probability (still to give) / (places left), by which every subset
    is equally likely (Fan, Muller & Rezucha, 1962).
    """
    if rng is None:
        raise ValueError(f"slipping in {config.field_test_items} items in field test needs an rng")
    allowed = pool.field_items.difference(state.excluded)
    wanted = min(config.field_test_items, len(allowed))
    position = len(state.administered)
    places = config.min_items + wanted - 1 - position
    if position < FIRST_FIELD_TEST_PLACE or tested >= wanted or rng.random() * places >= wanted - tested:
        return None
    left = sorted(allowed.difference(state.administered, areas.enemies(config, state)))
    return left[int(rng.random() * len(left))] if left else None


def state_from_history(
    pool: Pool,
    config: CatConfig,
    administered: Sequence[int],
    scores: Sequence[int | None],
    item: int | None,
    *,
    excluded: Sequence[int] = (),
) -> CatState:
    """The state rebuilt from stored responses and the item that was in front of the student.

    Scores of items in field test count for nothing and are left out, whether they are passed on or not.
    """
    scores = unscored(pool, administered, scores)
    evidence = evidence_of(pool, config, administered, scores)
    ability = ESTIMATORS[config.estimator](config, evidence)
    return CatState(
        tuple(administered),
        tuple(scores),
        ability.theta,
        ability.se,
        item,
        tuple(excluded),
        (evidence.table, evidence.grid),
    )


@dataclass(frozen=True)
class Shortage:
    """Fewer items than a longest test wants: in one area, or (None) in the whole pool."""

    area: str | None
    items: int
    wanted: int


def shortages(pool: Pool, config: CatConfig) -> list[Shortage]:
    """What keeps `config` from running on `pool` as meant; empty when nothing does."""
    found = []
    scored = len(pool) - len(pool.field_items)
    if scored < config.max_items:
        found.append(Shortage(None, scored, config.max_items))
    total = sum(config.area_targets.values())
    for area, share in config.area_targets.items():
        items = pool.strata[pool.area_names.index(area)].members.size if area in pool.area_names else 0
        wanted = int(share / total * config.max_items)
        if items < wanted:
            found.append(Shortage(area, items, wanted))
    return found
