"""The next item by its own merit, from the content area that is most behind its share."""

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from exams.cat.ability import Ability
from exams.cat.config import CatConfig
from exams.cat.constraints import allowed
from exams.cat.criteria import CRITERIA, Situation
from exams.cat.estimation import evidence_of
from exams.cat.items import information
from exams.cat.models import FloatArray
from exams.cat.pool import Pool, Stratum
from exams.cat.selection import (
    UniformSource,
    areas_by_need,
    drawn,
    progressive,
    progressive_weight,
    randomesque,
    randomesque_rank,
)
from exams.cat.state import CatState


def next_item(
    pool: Pool, config: CatConfig, state: CatState, ability: Ability, rng: UniformSource | None
) -> int | None:
    """The best item of the first area that has one, None when no item is left. A `session.Design`."""
    gone = barred(pool, config, state)
    for stratum in _by_need(pool, config, state) if config.area_targets else (pool.whole,):
        if config.information_table and config.exposure != "progressive_restricted":
            item = _from_table(stratum, config, ability.theta, gone, rng)
        else:
            item = _from_values(stratum, pool, config, state, gone, rng)
        if item is not None:
            return item
    return None


def criterion_values(
    stratum: Stratum, pool: Pool, config: CatConfig, state: CatState, theta: float | None = None
) -> FloatArray:
    """The configuration's criterion for every item of the stratum (m,), given or not, after the answers of `state`.

    `theta` stands in for the state's estimate.
    """
    grid = state.likelihood_on(pool.log_table(config.quadrature))
    if grid is None:
        grid = evidence_of(pool, config, state.administered, state.scores).grid
    progress = scored_count(pool, state) / config.max_items
    at = state.theta if theta is None else theta
    return CRITERIA[config.criterion](stratum, Situation(at, grid, config.quadrature, progress, config.strata))


def barred(pool: Pool, config: CatConfig, state: CatState) -> set[int]:
    """Items that may not come next: given or excluded, and by the blueprint enemies and what breaks up a set."""
    gone = {*state.administered, *state.excluded}
    if config.blueprint is None:
        return gone
    free = ~pool.field_test
    free[[*gone, *enemies(config, state)]] = False
    scored = [index for index in state.administered if not pool.field_test[index]]
    return set(np.flatnonzero(~allowed(config.blueprint, scored, free)).tolist())


def enemies(config: CatConfig, state: CatState) -> Collection[int]:
    """Enemies of the items given, by the blueprint."""
    return () if config.blueprint is None else config.blueprint.barred_by(state.administered)


def scored_count(pool: Pool, state: CatState) -> int:
    """Items given that are not in field test."""
    field = pool.field_items
    return len(state.administered) - (len(field.intersection(state.administered)) if field else 0)


def most_information(pool: Pool, config: CatConfig, state: CatState) -> float:
    """The greatest Fisher information at the estimate among the items that may still be given; 0 without any."""
    left = np.ones(len(pool), dtype=bool)
    left[[*pool.field_items, *barred(pool, config, state)]] = False
    if config.area_targets:
        shares = np.array([config.area_targets.get(name, 0.0) for name in pool.area_names])
        left &= shares[pool.area_index] > 0
    return float(information(state.theta, pool.items)[left].max(initial=0.0))


def _from_table(
    stratum: Stratum, config: CatConfig, theta: float, gone: Collection[int], rng: UniformSource | None
) -> int | None:
    rank = 0
    if config.drawn_from > 1:
        left = stratum.members.size - len(gone)
        if left < config.drawn_from:
            left = sum(item not in gone for item in stratum.members.tolist())
        rank = randomesque_rank(config.drawn_from, left, rng)
    return stratum.information_table(config.bounds).choose(theta, rank, gone)


def _from_values(
    stratum: Stratum,
    pool: Pool,
    config: CatConfig,
    state: CatState,
    gone: Collection[int],
    rng: UniformSource | None,
) -> int | None:
    values = criterion_values(stratum, pool, config, state)
    values[_places(stratum, pool, gone)] = -np.inf
    if config.criterion == "random":
        chosen = drawn(values, rng)
    elif config.exposure == "progressive_restricted":
        weight = progressive_weight(scored_count(pool, state), config.max_items, config.acceleration)
        chosen = randomesque(progressive(values, weight, rng), 1, None)
    else:
        chosen = randomesque(values, config.drawn_from, rng)
    return None if chosen is None else int(stratum.members[chosen])


def _places(stratum: Stratum, pool: Pool, gone: Collection[int]) -> NDArray[np.intp] | list[int]:
    """Where the items that are gone stand in the stratum."""
    if stratum.members.size == len(pool):
        return list(gone)
    items = np.array(list(gone), dtype=np.intp)
    if stratum.area is not None:
        items = items[pool.area_index[items] == stratum.area]
    at = (pool.whole_place if stratum.area is None else pool.place)[items]
    # Those in field test have no place.
    return at[at >= 0]


def _by_need(pool: Pool, config: CatConfig, state: CatState) -> Iterator[Stratum]:
    """Strata to choose from, the most needed first."""
    given = np.array(state.administered, dtype=np.intp)
    wanted = [config.area_targets.get(name, 0.0) for name in pool.area_names]
    total = sum(wanted) or 1.0
    counts = np.bincount(pool.area_index[given[~pool.field_test[given]]], minlength=len(wanted))
    for area in areas_by_need(counts, [share / total for share in wanted]):
        yield pool.strata[area]
