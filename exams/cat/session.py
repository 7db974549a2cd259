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
from exams.cat.constraints import allowed as allowed_next
from exams.cat.items import checked_scores
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
    "estimate_by_area",
    "rng_for",
    "shortages",
    "start",
    "state_from_history",
]

FIRST_FIELD_TEST_PLACE = 2


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
    score: int | None,
    rng: UniformSource | None = None,
    *,
    now: datetime | float | None = None,
    deadline: datetime | float | None = None,
) -> Step:
    """Score the item in front of the student, estimate ability, and choose the next item or end the test.

    Parameters
    ----------
    score : int or None
        For `state.item`, from 0 up; None when it is not graded yet. That of an item in field test is not kept.
    rng : UniformSource, optional
        `rng_for(seed, n)` where n counts the answers including this one; needed when config.randomesque > 1.
    now, deadline
        As for `start`.

    Raises
    ------
    ValueError
        When no item is waiting for an answer, the item has no such score, or the state is of another pool.
    """
    if state.item is None:
        raise ValueError("the test has ended: no item is waiting for an answer")
    _require_members(pool, (state.item,))
    counted: int | None = None
    if score is not None:
        if not 0 <= score < pool.categories[state.item] or score != int(score):
            raise ValueError(f"score {score!r}: item {state.item} has scores 0 to {pool.categories[state.item] - 1}")
        counted = None if state.item in pool.field_items else int(score)
    administered, scores = (*state.administered, state.item), (*state.scores, counted)
    past = CatState(administered, scores, state.theta, state.se, None, state.excluded)
    return _step(pool, config, past, rng, now, deadline)


def state_from_history(
    pool: Pool,
    config: CatConfig,
    administered: Sequence[int],
    scores: Sequence[int | None],
    item: int | None,
    *,
    excluded: Sequence[int] = (),
) -> CatState:
    """The state rebuilt from stored responses and the item that was in front of the student."""
    ability = estimate(pool, config, administered, scores)
    return CatState(tuple(administered), tuple(scores), ability.theta, ability.se, item, tuple(excluded))


def estimate(pool: Pool, config: CatConfig, administered: Sequence[int], scores: Sequence[int | None]) -> Ability:
    """Ability from the answers to the items `administered`, by the configuration's estimator; None does not count."""
    _require_members(pool, administered)
    given, counted = _scored(administered, scores)
    return ESTIMATORS[config.estimator](pool, config, given, _checked(pool, given, counted))


def estimate_by_area(
    pool: Pool, config: CatConfig, administered: Sequence[int], scores: Sequence[int | None]
) -> dict[str, Ability]:
    """Ability in each content area from the answers to its items alone, for the areas that have any."""
    _require_members(pool, administered)
    given, counted = _scored(administered, scores)
    checked = _checked(pool, given, counted)
    areas = pool.area_index[given]
    return {
        name: ESTIMATORS[config.estimator](pool, config, given[areas == area], checked[areas == area])
        for area, name in enumerate(pool.area_names)
        if (areas == area).any()
    }


def _scored(administered: Sequence[int], scores: Sequence[int | None]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Items and scores without the answers that count for nothing."""
    if len(administered) != len(scores):
        raise ValueError(f"{len(scores)} scores for {len(administered)} items: each item has one, or None")
    if None in scores:
        pairs = [(item, score) for item, score in zip(administered, scores, strict=True) if score is not None]
        administered, scores = [item for item, _ in pairs], [score for _, score in pairs]
    return np.array(administered, dtype=np.intp), np.array(scores, dtype=np.intp)


def _checked(pool: Pool, given: NDArray[np.intp], scores: NDArray[np.intp]) -> NDArray[np.intp]:
    return checked_scores(scores, pool.items.take(given))


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
    ability = ESTIMATORS[config.estimator](pool, config, *_scored(past.administered, past.scores))
    tested = len(pool.field_items.intersection(past.administered)) if pool.field_items else 0
    reason = config.rule.reason(len(past.administered) - tested, ability.se, now=now, deadline=deadline)
    state = CatState(past.administered, past.scores, ability.theta, ability.se, None, past.excluded)
    if reason is not None:
        return Step(state, reason)
    item = _field_item(pool, config, state, tested, rng) if config.field_test_items and pool.field_items else None
    if item is None:
        item = DESIGNS[config.design](pool, config, state, ability, rng)
    return Step(state, "pool_exhausted") if item is None else Step(replace(state, item=item), None)


def _field_item(pool: Pool, config: CatConfig, state: CatState, tested: int, rng: UniformSource | None) -> int | None:
    """The item in field test that comes at this place, or None when a scored one does.

    The places are a random subset of those from the third to the last but one before min_items scored items are
    through. Each is decided as it comes, with the probability (still to give) / (places left), by which every subset
    is equally likely (Fan, Muller & Rezucha, 1962).
    """
    if rng is None:
        raise ValueError(f"slipping in {config.field_test_items} items in field test needs an rng")
    allowed = pool.field_items.difference(state.excluded)
    wanted = min(config.field_test_items, len(allowed) if state.excluded else len(pool.field_items))
    position = len(state.administered)
    places = config.min_items + wanted - 1 - position
    if position < FIRST_FIELD_TEST_PLACE or tested >= wanted or rng.random() * places >= wanted - tested:
        return None
    left = sorted(allowed.difference(state.administered, _enemies(config, state)))
    return left[int(rng.random() * len(left))] if left else None


def _by_areas(
    pool: Pool, config: CatConfig, state: CatState, ability: Ability, rng: UniformSource | None
) -> int | None:
    # Items that may not be given are left out just as those that were.
    given = np.array(state.administered, dtype=np.intp)
    for stratum, taken, barred in _candidates(pool, config, given, _unfit(pool, config, state)):
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


def _unfit(pool: Pool, config: CatConfig, state: CatState) -> NDArray[np.intp]:
    """Pool indices of the items that may not come next: excluded ones, enemies, and those that break up a set."""
    if config.blueprint is None:
        return np.array(state.excluded, dtype=np.intp)
    free = ~pool.field_test
    free[[*state.administered, *state.excluded, *_enemies(config, state)]] = False
    scored = [index for index in state.administered if not pool.field_test[index]]
    return np.flatnonzero(~allowed_next(config.blueprint, scored, free))


def _enemies(config: CatConfig, state: CatState) -> Collection[int]:
    return () if config.blueprint is None else config.blueprint.barred_by(state.administered)


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
    "areas": _by_areas,
    "fixed": _in_order,
    "shadow": _by_shadow_test,
    "multistage": _by_modules,
}


def _candidates(
    pool: Pool, config: CatConfig, given: NDArray[np.intp], barred: NDArray[np.intp]
) -> Iterator[tuple[Stratum, NDArray[np.intp], NDArray[np.intp]]]:
    """Strata to choose from, the most needed first, each with the places of its items given and barred."""
    if not config.area_targets:
        yield pool.whole, _places(pool.whole_place, given), _places(pool.whole_place, barred)
        return
    # Those in field test have no place among the candidates.
    given, barred = given[~pool.field_test[given]], barred[~pool.field_test[barred]]
    areas, closed = pool.area_index[given], pool.area_index[barred]
    wanted = [config.area_targets.get(name, 0.0) for name in pool.area_names]
    total = sum(wanted) or 1.0
    counts = np.bincount(areas, minlength=len(wanted))
    for area in areas_by_need(counts, [share / total for share in wanted]):
        yield pool.strata[area], pool.place[given[areas == area]], pool.place[barred[closed == area]]


def _places(place: NDArray[np.intp], items: NDArray[np.intp]) -> NDArray[np.intp]:
    at = place[items]
    return at[at >= 0]


def _eap(pool: Pool, config: CatConfig, given: NDArray[np.intp], scores: NDArray[np.intp]) -> Ability:
    grid = grid_log_likelihood(pool.log_table(config.quadrature), pool.first_row[given] + scores)
    return expected_a_posteriori(config.quadrature, grid)


def _ml(pool: Pool, config: CatConfig, given: NDArray[np.intp], scores: NDArray[np.intp]) -> Ability:
    if not given.size:
        return Ability(config.prior_mean, inf)
    grid = grid_log_likelihood(pool.log_table(config.quadrature), pool.first_row[given] + scores)
    answered = pool.items.take(given)
    return maximum_likelihood(answered, scores, bounds=config.bounds, grid=(config.quadrature.nodes, grid))


Estimator = Callable[[Pool, CatConfig, NDArray[np.intp], NDArray[np.intp]], Ability]
ESTIMATORS: dict[str, Estimator] = {"eap": _eap, "ml": _ml}
