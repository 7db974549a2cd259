"""Shadow tests: before each item the whole test that remains is assembled, and its best item is given.

The shadow test contains the items that were given and keeps to every constraint of the blueprint, so that whatever is
taken from it, a test that keeps to them can still be completed (van der Linden & Reese, 1998; van der Linden, 2005,
ch. 9). A set of items is begun by its best item; the following items are taken from the set until the shadow test
holds no more of it, then it is closed (van der Linden & Veldkamp, 2004; van der Linden, 2005, sect. 9.4).
"""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from exams.cat.ability import Ability
from exams.cat.areas import criterion_values, scored_count
from exams.cat.assembly import Assembler, Form, Request, assembler_for, nearest_form
from exams.cat.config import CatConfig
from exams.cat.constraints import DISCRETE, Blueprint, MaskArray, open_set
from exams.cat.items import information
from exams.cat.models import FloatArray
from exams.cat.pool import Pool
from exams.cat.selection import UniformSource, progressive, progressive_weight, randomesque, uniforms
from exams.cat.state import CatState

# Programs are started from the basis of the nearest ability on this grid, in logits: the nearer, the fewer the steps.
GRID = 0.25


def next_item(
    pool: Pool, config: CatConfig, state: CatState, ability: Ability, rng: UniformSource | None
) -> int | None:
    """The item of the shadow test that is given next, None when the test is complete. A `session.Design`."""
    values = _values(pool, config, state, ability.theta, rng)
    form = shadow_test(pool, config, state, ability.theta, values)
    blueprint = _blueprint(pool, config)
    given = _scored(pool, state)
    offered = np.zeros(len(pool), dtype=bool)
    offered[list(form.items)] = True
    offered[given] = False
    current = open_set(blueprint, given)
    if current != DISCRETE and offered[blueprint.passage == current].any():
        offered &= blueprint.passage == current
    return randomesque(np.where(offered, values, -np.inf), config.drawn_from, rng)


def shadow_test(pool: Pool, config: CatConfig, state: CatState, theta: float, values: FloatArray) -> Form:
    """The test of `config.max_items` items that contains the items given and whose `values` (n,) have the most sum.

    Without any test that keeps to the blueprint, items that the student was to be spared for the sake of exposure come
    back (van der Linden & Veldkamp, 2004: the constraints on eligibility are dropped). Should there still be none,
    the test that misses the bounds by least is taken: nobody's test ends over a constraint.
    """
    blueprint = _blueprint(pool, config)
    given = np.array(_scored(pool, state), dtype=np.intp)
    free = _free(pool, blueprint, state, given)
    spared = free.copy()
    spared[list(state.excluded)] = False
    assembler = assembler_for(blueprint, config.max_items)
    for allowed in (spared, free) if state.excluded else (free,):
        form = _assemble(assembler, pool, config, Request(values, given, allowed), theta)
        if form is not None:
            return form
    return nearest_form(blueprint, config.max_items, Request(values, given, free))


def _assemble(assembler: Assembler, pool: Pool, config: CatConfig, request: Request, theta: float) -> Form | None:
    near = round(min(max(theta, config.bounds[0]), config.bounds[1]) / GRID) * GRID
    # Fisher information stands for any criterion here: it is near enough for a start, and a matter of ability alone.
    return assembler.form(request, near=near, values_near=partial(information, near, pool.items))


def _blueprint(pool: Pool, config: CatConfig) -> Blueprint:
    if config.blueprint is None:
        raise ValueError("the design 'shadow' needs a blueprint")
    if config.blueprint.size != len(pool):
        raise ValueError(f"the blueprint is of {config.blueprint.size} items, the pool has {len(pool)}")
    return config.blueprint


def _scored(pool: Pool, state: CatState) -> list[int]:
    # Items in field test are slipped in between; they count for no constraint and break up no set.
    return [index for index in state.administered if not pool.field_test[index]]


def _values(pool: Pool, config: CatConfig, state: CatState, theta: float, rng: UniformSource | None) -> FloatArray:
    """What each item is worth at ability theta, (n,): the criterion, or it mixed with chance."""
    values = criterion_values(pool.whole, pool, config, state, theta)
    if config.criterion == "random":
        if rng is None:
            raise ValueError("a random choice needs an rng")
        values = uniforms(int(rng.random() * 2**53), values.size)
    elif config.exposure == "progressive_restricted":
        weight = progressive_weight(scored_count(pool, state), config.max_items, config.acceleration)
        values = progressive(values, weight, rng)
    everything = np.zeros(len(pool))
    everything[pool.whole.members] = values
    return everything


def _free(pool: Pool, blueprint: Blueprint, state: CatState, given: NDArray[np.intp]) -> MaskArray:
    """Items that may be added: scored ones, neither given nor enemies of one that was, nor of a set that is closed."""
    free = ~pool.field_test
    free[blueprint.barred_by(state.administered)] = False
    sets = blueprint.passage
    begun = set(sets[given].tolist()) - {DISCRETE, open_set(blueprint, given.tolist())}
    if begun:
        free &= ~np.isin(sets, list(begun))
    free[given] = False
    return free
