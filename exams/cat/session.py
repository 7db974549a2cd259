"""One adaptive test as a pure function of its past: `start` gives the first item, `answer` each following one.

Nothing is kept between calls. A caller loads the state, calls `answer` once, stores the new state; the same state,
score and random source always lead to the same step, on any machine.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from math import inf, isfinite
from random import Random
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from exams.cat.ability import Ability, Quadrature, expected_a_posteriori, grid_log_likelihood, maximum_likelihood
from exams.cat.models import checked_scores
from exams.cat.pool import Pool, Stratum
from exams.cat.selection import CRITERIA, UniformSource, areas_by_need, randomesque
from exams.cat.stopping import StoppingRule, StopReason


@dataclass(frozen=True)
class CatConfig:
    """How an exam adapts. Refuses impossible values when it is made; `shortages` compares it with a pool.

    Parameters
    ----------
    estimator : "eap" or "ml"
    criterion : a name in `selection.CRITERIA`
        "maximum_information", or "bank_order" for a fixed form.
    min_items, max_items, se_target
        See `stopping.StoppingRule`.
    randomesque : int
        Draw among so many best items; 1 for no exposure control.
    area_targets : mapping of area name to share
        Content balancing; shares are divided by their sum. Empty for none. Otherwise areas not named, or of share 0,
        are never given, and the share of an area that has run out of items goes to the others.
    prior_mean, prior_sd : float
        Normal prior of ability, in logits. Under "ml" the mean only places the first item.
    bounds : (float, float)
        Lowest and highest ability, in logits: the ends of the quadrature and of the maximum-likelihood search.
    nodes : int
        Of the quadrature.
    information_table : bool
        Look information up on a grid of theta instead of computing it: for banks of tens of thousands of items.
    """

    estimator: Literal["eap", "ml"] = "eap"
    criterion: str = "maximum_information"
    min_items: int = 1
    max_items: int = 30
    se_target: float | None = None
    randomesque: int = 1
    area_targets: Mapping[str, float] = field(default_factory=dict)
    prior_mean: float = 0.0
    prior_sd: float = 1.0
    bounds: tuple[float, float] = (-4.0, 4.0)
    nodes: int = 61
    information_table: bool = False

    def __post_init__(self) -> None:
        if self.estimator not in ESTIMATORS:
            raise ValueError(f"estimator {self.estimator!r}: choose from {', '.join(ESTIMATORS)}")
        if self.criterion not in CRITERIA:
            raise ValueError(f"criterion {self.criterion!r}: choose from {', '.join(CRITERIA)}")
        if self.information_table and self.criterion != "maximum_information":
            raise ValueError(f"information_table goes with maximum_information, not with {self.criterion!r}")
        if self.randomesque < 1:
            raise ValueError(f"randomesque = {self.randomesque!r}: at least 1 item to draw from")
        for area, share in self.area_targets.items():
            if not (isfinite(share) and share >= 0):
                raise ValueError(f"share of area {area!r} = {share!r}: must be 0 or more")
        if self.area_targets and not any(self.area_targets.values()):
            raise ValueError("area_targets: at least one share must be positive")
        # Made here so that a bad value is refused now and not in the middle of somebody's test.
        _ = self.rule, self.quadrature

    @cached_property
    def rule(self) -> StoppingRule:
        """The stopping rule."""
        return StoppingRule(self.min_items, self.max_items, self.se_target)

    @cached_property
    def quadrature(self) -> Quadrature:
        """The prior on its grid."""
        return Quadrature(self.prior_mean, self.prior_sd, *self.bounds, self.nodes)


@dataclass(frozen=True, slots=True)
class CatState:
    """Everything that one student's test is, apart from its pool and its configuration.

    Attributes
    ----------
    administered : tuple of int
        Pool indices of the items answered, in order.
    scores : tuple of int
        0 or 1 for each of them.
    theta, se : float
        The estimate after those answers, in logits. se is infinite under "ml" before any answer.
    item : int or None
        The item in front of the student; None once the test has ended.
    """

    administered: tuple[int, ...]
    scores: tuple[int, ...]
    theta: float
    se: float
    item: int | None

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON column; an infinite se, which JSON cannot write, becomes null."""
        return {
            "administered": list(self.administered),
            "scores": list(self.scores),
            "theta": self.theta,
            "se": self.se if self.se < inf else None,
            "item": self.item,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "CatState":
        """The state that `to_json` wrote."""
        se = data["se"]
        return cls(
            tuple(data["administered"]),
            tuple(data["scores"]),
            float(data["theta"]),
            inf if se is None else float(se),
            data["item"],
        )


@dataclass(frozen=True, slots=True)
class Step:
    """What follows an answer: the new state and, when the test has ended, the reason."""

    state: CatState
    reason: StopReason | None

    @property
    def item(self) -> int | None:
        """Pool index of the next item, None when the test has ended."""
        return self.state.item


def rng_for(seed: int, position: int) -> Random:
    """The random source for choosing the item at `position` (0 for the first item of the test).

    A source of its own for each position lets a resumed attempt repeat its choice without replaying the draws before
    it. `seed` is any integer >= 0, such as the attempt's UUID as an integer. The standard library's generator keeps
    its stream from version to version, which numpy does not promise, and is four times cheaper to seed.
    """
    if seed < 0 or position < 0:
        raise ValueError(f"seed {seed!r} and position {position!r} must not be negative")
    return Random((seed << 32) | position)  # noqa: S311 - which of the best items comes is no secret


def start(
    pool: Pool,
    config: CatConfig,
    rng: UniformSource | None = None,
    *,
    available: NDArray[np.bool_] | None = None,
    now: datetime | float | None = None,
    deadline: datetime | float | None = None,
) -> Step:
    """The first item of a test.

    Parameters
    ----------
    rng : UniformSource, optional
        `rng_for(seed, 0)`; needed when config.randomesque > 1.
    available : bool array (n,), optional
        False for items of the pool that this student may not be given.
    now, deadline : optional
        See `stopping.StoppingRule.reason`.
    """
    return _step(pool, config, (), (), rng, available, now, deadline)


def answer(
    pool: Pool,
    config: CatConfig,
    state: CatState,
    score: int,
    rng: UniformSource | None = None,
    *,
    available: NDArray[np.bool_] | None = None,
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
    available, now, deadline
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
    return _step(pool, config, administered, (*state.scores, int(score)), rng, available, now, deadline)


def state_from_history(
    pool: Pool, config: CatConfig, administered: Sequence[int], scores: Sequence[int], item: int | None
) -> CatState:
    """The state rebuilt from stored responses and the item that was in front of the student."""
    ability = estimate(pool, config, administered, scores)
    return CatState(tuple(administered), tuple(scores), ability.theta, ability.se, item)


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
    administered: tuple[int, ...],
    scores: tuple[int, ...],
    rng: UniformSource | None,
    available: NDArray[np.bool_] | None,
    now: datetime | float | None,
    deadline: datetime | float | None,
) -> Step:
    given = np.array(administered, dtype=np.intp)
    ability = ESTIMATORS[config.estimator](pool, config, given, np.array(scores, dtype=np.intp))
    reason = config.rule.reason(len(administered), ability.se, now=now, deadline=deadline)
    item = None
    if reason is None:
        item = _choose(pool, config, given, ability.theta, rng, available)
        reason = "pool_exhausted" if item is None else None
    return Step(CatState(administered, scores, ability.theta, ability.se, item), reason)


def _choose(
    pool: Pool,
    config: CatConfig,
    given: NDArray[np.intp],
    theta: float,
    rng: UniformSource | None,
    available: NDArray[np.bool_] | None,
) -> int | None:
    for stratum, taken in _candidates(pool, config, given):
        values: NDArray[np.floating]
        if config.information_table:
            values = stratum.tabled_information(theta, config.bounds)
        else:
            values = stratum.values(CRITERIA[config.criterion], theta)
        values[taken] = -np.inf
        if available is not None:
            values[~available[stratum.members]] = -np.inf
        chosen = randomesque(values, config.randomesque, rng)
        if chosen is not None:
            return int(stratum.members[chosen])
    return None


def _candidates(pool: Pool, config: CatConfig, given: NDArray[np.intp]) -> Iterator[tuple[Stratum, NDArray[np.intp]]]:
    """Strata to choose from, the most needed first, each with the places of its items that were given."""
    if not config.area_targets:
        yield pool.whole, given
        return
    areas = pool.area_index[given]
    wanted = [config.area_targets.get(name, 0.0) for name in pool.area_names]
    total = sum(wanted) or 1.0
    counts = np.bincount(areas, minlength=len(wanted))
    for area in areas_by_need(counts, [share / total for share in wanted]):
        yield pool.strata[area], pool.place[given[areas == area]]


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
