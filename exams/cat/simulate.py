"""Virtual students through the same engine that serves real ones."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exams.cat.models import FloatArray, probability
from exams.cat.pool import Pool
from exams.cat.session import CatConfig, CatState, Step, answer, rng_for, start
from exams.cat.stopping import StopReason


@dataclass(frozen=True, eq=False)
class SimulationResult:
    """What N simulated tests tell of a configuration.

    Attributes
    ----------
    theta, estimate, se : array (N,)
        True ability, final estimate and its standard error, in logits.
    length : array (N,)
        Items given to each student.
    exposure : array (n_items,)
        Share of the students who were given each item.
    reasons : mapping
        How many tests ended for each reason.
    """

    theta: FloatArray
    estimate: FloatArray
    se: FloatArray
    length: NDArray[np.intp]
    exposure: FloatArray
    reasons: Mapping[StopReason, int]

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


def simulate(pool: Pool, config: CatConfig, thetas: ArrayLike, rng: np.random.Generator) -> SimulationResult:
    """Give a test under `config` to one student for each of `thetas` (N,), who answers by the model."""
    true = np.asarray(thetas, dtype=np.float64)
    if true.ndim != 1 or not true.size:
        raise ValueError(f"thetas has shape {true.shape}; expected one ability for each of N >= 1 students")
    given = np.zeros(len(pool))
    finals: list[CatState] = []
    reasons: Counter[StopReason] = Counter()
    for theta in true:
        step = _sit(pool, config, probability(theta, pool.items), rng)
        given[list(step.state.administered)] += 1
        finals.append(step.state)
        if step.reason is not None:
            reasons[step.reason] += 1
    return SimulationResult(
        theta=true,
        estimate=np.array([state.theta for state in finals]),
        se=np.array([state.se for state in finals]),
        length=np.array([len(state.administered) for state in finals], dtype=np.intp),
        exposure=given / true.size,
        reasons=reasons,
    )


def _sit(pool: Pool, config: CatConfig, chances: FloatArray, rng: np.random.Generator) -> Step:
    seed = int(rng.integers(2**63))
    step = start(pool, config, rng_for(seed, 0))
    while step.item is not None:
        score = int(rng.random() < chances[step.item])
        step = answer(pool, config, step.state, score, rng_for(seed, len(step.state.administered) + 1))
    return step
