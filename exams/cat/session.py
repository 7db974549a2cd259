"""One adaptive test as a pure function of its past: `start` gives the first item, `answer` each following one.

Nothing is kept between calls. A caller loads the state, calls `answer` once, stores the new state; the same state,
score and random source always lead to the same step, on any machine.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf

import numpy as np
from numpy.typing import NDArray

from exams.cat.ability import Ability, expected_a_posteriori, grid_log_likelihood, maximum_likelihood
from exams.cat.config import CatConfig
from exams.cat.models import checked_scores
from exams.cat.pool import Pool, Stratum
from exams.cat.selection import CRITERIA, UniformSource, areas_by_need, randomesque
from exams.cat.state import CatState, Step, rng_for

__all__ = [
    "DESIGNS",
    "CatConfig",
    "CatState",
    "Design",
    "Shortage",
    "Step",
    "answer",
    "estimate",
    "rng_for",
    "shortages",
    "start",
    "state_from_history",
]


def start(
    pool: Pool,
    config: CatConfig,
    rng: UniformSource | None = None,
    *,
    excluded: Collection[int] = (),
    now: datetime | float | None = None,
    deadline: datetime | float | None = None,
) -> Step:
    """The first item of a test.

    Parameters
    ----------
    rng : UniformSource, optional
        `rng_for(seed, 0)`; needed when config.randomesque > 1.
    excluded : collection of int
        Pool indices of the items that this student may not be given; kept in the state.
    now, deadline : optional
        See `stopping.StoppingRule.reason`.
    """
    barred = tuple(sorted({int(index) for index in excluded}))
    _require_members(pool, barred)
    return _step(pool, config, CatState((), (), config.prior_mean, inf, None, barred), rng, now, deadline)


def answer(
    pool: Pool,
    config: CatConfig,
    state: CatState,
    score: int,
    rng: UniformSource | None = None,
    *,
    now: datetime | float | None = None,
    deadline: datetime | float | None = None,
) -> Step:
    """Score the item in front of the student, estimate ability, and choose the next item or end the test.

    Parameters
    ----------
    score : int
        0 or 1, for `state.item`.
    rng : UniformSource, optional
        `rng_for(seed, n)` where n counts the answers including this one; needed when config.randomesque > 1.
    now, deadline
        As for `start`.

    Raises
    ------
    ValueError
        When no item is waiting for an answer, the score is neither 0 nor 1, or the state is of another pool.
    """
    if state.item is None:
        raise ValueError("the test has ended: no item is waiting for an answer")
    if score not in (0, 1):
        raise ValueError(f"score {score!r}: a dichotomous score is 0 or 1")
    administered = (*state.administered, state.item)
    _require_members(pool, administered)
    past = CatState(administered, (*state.scores, int(score)), state.theta, state.se, None, state.excluded)
    return _step(pool, config, past, rng, now, deadline)


def state_from_history(
    pool: Pool,
    config: CatConfig,
    administered: Sequence[int],
    scores: Sequence[int],
    item: int | None,
    *,
    excluded: Sequence[int] = (),
) -> CatState:
    """The state rebuilt from stored responses and the item that was in front of the student."""
    ability = estimate(pool, config, administered, scores)
    return CatState(tuple(administered), tuple(scores), ability.theta, ability.se, item, tuple(excluded))


def estimate(pool: Pool, config: CatConfig, administered: Sequence[int], scores: Sequence[int]) -> Ability:
    """Ability from the answers to the items `administered`, by the configuration's estimator."""
    _require_members(pool, administered)
    given = np.array(administered, dtype=np.intp)
    return ESTIMATORS[config.estimator](pool, config, given, checked_scores(scores, given.size))


@dataclass(frozen=True)
class Shortage:
    """Fewer items than a longest test wants: in one area, or (None) in the whole pool."""

    area: str | None
    items: int
    wanted: int


def shortages(pool: Pool, config: CatConfig) -> list[Shortage]:
    """What keeps `config` from running on `pool` as meant; empty when nothing does."""
    found = []
    if len(pool) < config.max_items:
        found.append(Shortage(None, len(pool), config.max_items))
    total = sum(config.area_targets.values())
    for area, share in config.area_targets.items():
        items = pool.strata[pool.area_names.index(area)].members.size if area in pool.area_names else 0
        wanted = int(share / total * config.max_items)
        if items < wanted:
            found.append(Shortage(area, items, wanted))
    return found


def _require_members(pool: Pool, indices: Sequence[int]) -> None:
    if indices and not 0 <= min(indices) <= max(indices) < len(pool):
        wrong = next(index for index in indices if not 0 <= index < len(pool))
        raise ValueError(f"item {wrong!r} is not in this pool of {len(pool)}: the state belongs to another pool")


def _step(
    pool: Pool,
    config: CatConfig,
    past: CatState,
    rng: UniformSource | None,
    now: datetime | float | None,
    deadline: datetime | float | None,
) -> Step:
    given = np.array(past.administered, dtype=np.intp)
    ability = ESTIMATORS[config.estimator](pool, config, given, np.array(past.scores, dtype=np.intp))
    reason = config.rule.reason(len(past.administered), ability.se, now=now, deadline=deadline)
    state = CatState(past.administered, past.scores, ability.theta, ability.se, None, past.excluded)
    if reason is not None:
        return Step(state, reason)
    item = DESIGNS[config.design](pool, config, state, ability, rng)
    return Step(state, "pool_exhausted") if item is None else Step(replace(state, item=item), None)


def _by_areas(
    pool: Pool, config: CatConfig, state: CatState, ability: Ability, rng: UniformSource | None
) -> int | None:
    # Items that may not be given are left out just as those that were.
    given = np.array(state.administered, dtype=np.intp)
    for stratum, taken, barred in _candidates(pool, config, given, np.array(state.excluded, dtype=np.intp)):
        values: NDArray[np.floating]
        if config.information_table:
            values = stratum.tabled_information(ability.theta, config.bounds)
        else:
            values = stratum.values(CRITERIA[config.criterion], ability.theta)
        values[taken] = -np.inf
        values[barred] = -np.inf
        chosen = randomesque(values, config.randomesque, rng)
        if chosen is not None:
            return int(stratum.members[chosen])
    return None


def _in_order(
    pool: Pool, config: CatConfig, state: CatState, ability: Ability, rng: UniformSource | None
) -> int | None:
    gone = {*state.administered, *state.excluded}
    return next((index for index in range(len(pool)) if index not in gone), None)


# Chooses the next item: the pool, the configuration, the state after the last answer (its `item` still None, its
# `theta` and `se` those of the ability), and the random source of this position. None when no item is left.
Design = Callable[[Pool, CatConfig, CatState, Ability, UniformSource | None], int | None]
DESIGNS: dict[str, Design] = {"areas": _by_areas, "fixed": _in_order}


def _candidates(
    pool: Pool, config: CatConfig, given: NDArray[np.intp], barred: NDArray[np.intp]
) -> Iterator[tuple[Stratum, NDArray[np.intp], NDArray[np.intp]]]:
    """Strata to choose from, the most needed first, each with the places of its items given and barred."""
    if not config.area_targets:
        yield pool.whole, given, barred
        return
    areas, closed = pool.area_index[given], pool.area_index[barred]
    wanted = [config.area_targets.get(name, 0.0) for name in pool.area_names]
    total = sum(wanted) or 1.0
    counts = np.bincount(areas, minlength=len(wanted))
    for area in areas_by_need(counts, [share / total for share in wanted]):
        yield pool.strata[area], pool.place[given[areas == area]], pool.place[barred[closed == area]]


def _eap(pool: Pool, config: CatConfig, given: NDArray[np.intp], scores: NDArray[np.intp]) -> Ability:
    grid = grid_log_likelihood(pool.log_table(config.quadrature), given, scores)
    return expected_a_posteriori(config.quadrature, grid)


def _ml(pool: Pool, config: CatConfig, given: NDArray[np.intp], scores: NDArray[np.intp]) -> Ability:
    if not given.size:
        return Ability(config.prior_mean, inf)
    grid = grid_log_likelihood(pool.log_table(config.quadrature), given, scores)
    answered = pool.items.take(given)
    return maximum_likelihood(answered, scores, bounds=config.bounds, grid=(config.quadrature.nodes, grid))


Estimator = Callable[[Pool, CatConfig, NDArray[np.intp], NDArray[np.intp]], Ability]
ESTIMATORS: dict[str, Estimator] = {"eap": _eap, "ml": _ml}
