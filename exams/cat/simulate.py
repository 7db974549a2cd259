"""Virtual students through the same engine that serves real ones."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exams.cat.config import CatConfig
from exams.cat.exposure import ExposureCounts, SympsonHetter, excluded_for, sympson_hetter
from exams.cat.items import scores_at
from exams.cat.models import FloatArray
from exams.cat.pool import Pool
from exams.cat.session import answer, start
from exams.cat.state import CatState, Step, rng_for
from exams.cat.stopping import StopReason

# Told how many students are done.
Listener = Callable[[int], None]
# A place in a student's random source that no item's choice uses: the draw of what the student is spared.
DRAW = 2**31


@dataclass(frozen=True, eq=False)
class SimulationResult:
    """What N simulated tests tell of a configuration.

    Attributes
    ----------
    theta, estimate, se : array (N,)
        True ability, final estimate and its standard error, in logits.
    length : array (N,)
        Items given to each student, those in field test among them.
    counts : ExposureCounts
        How often each item was given, and to how many it might have been.
    reasons : mapping
        How many tests ended for each reason.
    violations : mapping
        How many tests missed each constraint: by its name, those of `Blueprint.violations`, or a content area whose
        number of items is a whole item or more away from its share.
    spared_in_vain : int
        Students who were given an item that they were to be spared, for want of another form.
    """

    theta: FloatArray
    estimate: FloatArray
    se: FloatArray
    length: NDArray[np.intp]
    counts: ExposureCounts
    reasons: Mapping[StopReason, int]
    violations: Mapping[str, int]
    spared_in_vain: int = 0

    @property
    def exposure(self) -> FloatArray:
        """Share of the students who were given each item, (n_items,)."""
        return self.counts.given / self.counts.students

    @property
    def bias(self) -> float:
        """Mean of estimate - theta, in logits."""
        return float(np.mean(self.estimate - self.theta))

    @property
    def rmse(self) -> float:
        """Root of the mean of (estimate - theta)^2, in logits."""
        return float(np.sqrt(np.mean((self.estimate - self.theta) ** 2)))

    @property
    def mean_length(self) -> float:
        """Mean number of items given."""
        return float(self.length.mean())


def simulate(
    pool: Pool, config: CatConfig, thetas: ArrayLike, rng: np.random.Generator, *, listener: Listener | None = None
) -> SimulationResult:
    """Give a test under `config` to one student for each of `thetas` (N,), who answers by the model.

    They come one after another: what a student is spared for the sake of exposure follows from those before.
    """
    true = np.asarray(thetas, dtype=np.float64)
    if true.ndim != 1 or not true.size:
        raise ValueError(f"thetas has shape {true.shape}; expected one ability for each of N >= 1 students")
    counts = ExposureCounts.none(len(pool))
    finals: list[CatState] = []
    reasons: Counter[StopReason] = Counter()
    violations: Counter[str] = Counter()
    in_vain = 0
    for number, theta in enumerate(true.tolist(), start=1):
        step = _sit(pool, config, theta, counts, rng)
        state = step.state
        counts = counts.after(state.administered, state.excluded)
        in_vain += not set(state.administered).isdisjoint(state.excluded)
        violations.update(_missed(pool, config, state))
        finals.append(state)
        if step.reason is not None:
            reasons[step.reason] += 1
        if listener is not None:
            listener(number)
    return SimulationResult(
        theta=true,
        estimate=np.array([state.theta for state in finals]),
        se=np.array([state.se for state in finals]),
        length=np.array([len(state.administered) for state in finals], dtype=np.intp),
        counts=counts,
        reasons=reasons,
        violations=violations,
        spared_in_vain=in_vain,
    )


def _sit(pool: Pool, config: CatConfig, theta: float, counts: ExposureCounts, rng: np.random.Generator) -> Step:
    seed = int(rng.integers(2**63))
    scores = scores_at(theta, pool.items, rng.random(len(pool)))
    excluded = excluded_for(pool, config, counts, rng_for(seed, DRAW))
    step = start(pool, config, rng_for(seed, 0), excluded=excluded)
    while step.item is not None:
        step = answer(pool, config, step.state, int(scores[step.item]), rng_for(seed, len(step.state.administered) + 1))
    return step


def _missed(pool: Pool, config: CatConfig, state: CatState) -> set[str]:
    """Names of the constraints that a whole test missed."""
    scored = [index for index in state.administered if not pool.field_test[index]]
    missed = set()
    if config.blueprint is not None:
        # The ordinary design heeds sets and enemies; a shadow test is of one length, at which its constraints hold.
        counted = config.blueprint if config.design == "shadow" else replace(config.blueprint, constraints=())
        length = config.max_items if config.design == "shadow" and config.min_items == config.max_items else None
        missed = {one.name for one in counted.violations(scored, length)}
    total = sum(config.area_targets.values())
    if config.design == "areas" and total:
        for area, share in config.area_targets.items():
            given = sum(pool.area_names[pool.area_index[index]] == area for index in scored)
            if abs(given - share / total * len(scored)) >= 1:
                missed.add(area)
    return missed


def find_exposure_parameters(
    pool: Pool,
    config: CatConfig,
    thetas: ArrayLike,
    rng: np.random.Generator,
    *,
    rounds: int = 20,
    listener: Listener | None = None,
) -> SympsonHetter:
    """Sympson-Hetter parameters of the pool's items under `config`, its `exposure_rate` being the highest wanted.

    Parameters
    ----------
    thetas : array (N,)
        Abilities of the students of a round.
    listener : callable, optional
        Told how many students are done in all rounds together.
    """
    true = np.asarray(thetas, dtype=np.float64)

    def give(parameters: FloatArray, number: int) -> ExposureCounts:
        def heard(done: int) -> None:
            if listener is not None:
                listener(number * true.size + done)

        tried = replace(config, exposure="sympson_hetter", exposure_parameters=parameters.tolist())
        return simulate(pool, tried, true, rng, listener=heard).counts

    # The sampling error of a rate near the highest one; the greatest of many lies some of them above.
    tolerance = 2 * float(np.sqrt(config.exposure_rate * (1 - config.exposure_rate) / true.size))
    return sympson_hetter(
        give, len(pool), config.exposure_rate, length=config.max_items, rounds=rounds, tolerance=tolerance
    )
