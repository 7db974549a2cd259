"""What is to be estimated: blocks of items, which parameters are free, and the ability distribution."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from exams.psychometrics.estimation.maximisation import Block, prior_log_density
from exams.psychometrics.estimation.priors import Priors
from exams.psychometrics.estimation.starting import starting_parameters
from exams.psychometrics.models import DICHOTOMOUS, FloatArray, Items, families_of
from exams.psychometrics.responses import Responses

# The free columns of W of each dichotomous model: a, d, lower, upper.
FREE_COLUMNS = {"1PL": 2, "2PL": 2, "3PL": 3, "4PL": 4}


@dataclass(frozen=True)
class Population:
    """Normal distribution of ability in the group that answered; the scale's own when it is not free."""

    mean: float = 0.0
    sd: float = 1.0
    free: bool = False


@dataclass(frozen=True, eq=False)
class Problem:
    """Blocks that are estimated, blocks that are known, and the population.

    A point of the search is the vector of all free working parameters, then the mean and log sd if they are free.
    """

    blocks: tuple[Block, ...]
    known: tuple[Block, ...]
    population: Population
    offsets: NDArray[np.intp]

    @property
    def scale_is_free(self) -> bool:
        """Nothing but the population fixes origin and unit, so that both may move and be put back."""
        return not self.known and not self.population.free and all(block.free[:, :2].all() for block in self.blocks)

    def point(self) -> FloatArray:
        parts = [block.w[block.free] for block in self.blocks]
        if self.population.free:
            parts.append(np.array([self.population.mean, np.log(self.population.sd)]))
        return np.concatenate(parts) if parts else np.empty(0)

    def at(self, point: FloatArray) -> "Problem":
        blocks, start = [], 0
        for block in self.blocks:
            w = block.w.copy()
            size = int(block.free.sum())
            w[block.free] = point[start : start + size]
            blocks.append(block.with_parameters(w))
            start += size
        population = self.population
        if population.free:
            population = Population(float(point[start]), float(np.exp(point[start + 1])), free=True)
        return replace(self, blocks=tuple(blocks), population=population)

    def nodes(self, standard: FloatArray) -> FloatArray:
        return self.population.mean + self.population.sd * standard

    def log_table(self, nodes: FloatArray) -> FloatArray:
        """Log-probabilities of all cells, (cells, Q)."""
        table = np.empty((int(self.offsets[-1]), nodes.size))
        for block in (*self.blocks, *self.known):
            table[block.cells] = block.log_probabilities(nodes)
        return table

    def log_prior(self, priors: Priors) -> float:
        return float(sum(prior_log_density(block, priors).sum() for block in self.blocks))

    def admissible(self, point: FloatArray, fallback: FloatArray) -> FloatArray:
        """`point` within the bounds; items that are out of order take their values from `fallback`."""
        wanted, otherwise = self.at(point), self.at(fallback)
        blocks = []
        for block, other in zip(wanted.blocks, otherwise.blocks, strict=True):
            w = np.where(block.free, np.clip(block.w, *block.family.bounds()), block.w)
            # Through zero the difficulty leaves for infinity and comes back on the other side.
            valid = block.family.feasible(w) & (w[:, 0] * other.w[:, 0] > 0)
            if block.shared_slope:
                valid[:] = valid.all()
            blocks.append(block.with_parameters(np.where(valid[:, None], w, other.w)))
        return replace(wanted, blocks=tuple(blocks)).point()

    def within_bounds(self) -> bool:
        pairs = ((block, *block.family.bounds()) for block in self.blocks)
        return all((~block.free | ((block.w >= lower) & (block.w <= upper))).all() for block, lower, upper in pairs)

    def largest_change(self, other: "Problem") -> float:
        """Of slopes, intercepts, asymptotes, mean and sd: what a probability can feel."""
        changes = [abs(self.population.mean - other.population.mean), abs(self.population.sd - other.population.sd)]
        for mine, theirs in zip(self.blocks, other.blocks, strict=True):
            split = mine.family.categories
            changes.append(float(np.abs(mine.w[:, :split] - theirs.w[:, :split]).max(initial=0)))
            asymptotes = np.abs(expit(mine.w[:, split:]) - expit(theirs.w[:, split:]))
            changes.append(float(asymptotes.max(initial=0)))
        return max(changes)

    def shifted(self, mean: float, sd: float) -> "Problem":
        return replace(self, blocks=tuple(b.with_parameters(b.family.shifted(b.w, mean, sd)) for b in self.blocks))

    def with_population_of(self, counts: FloatArray, nodes: FloatArray, priors: Priors) -> "Problem":
        """After the items, the ability distribution takes the mean and sd of the posterior.

        Where nothing else fixes the scale they are then put back to 0 and 1, and every item with them: the
        parameter-expanded step (Liu, Rubin & Wu, 1998), which takes away the two directions in which plain steps
        creep, since a shift of all difficulties shifts the posterior after it.
        """
        if not self.population.free and not self.scale_is_free:
            return self
        total = counts.sum()
        mean = float(counts @ nodes / total)
        sd = float(np.sqrt(counts @ (nodes - mean) ** 2 / total))
        if self.population.free:
            return replace(self, population=Population(mean, sd, free=True))
        if priors.move_with_scale:
            mean, sd = self._scale_under_priors(total, mean, sd, priors)
        moved = self.shifted(mean, sd)
        # Clipped to the bounds it would be another model, and less likely.
        return moved if moved.within_bounds() else self

    def _scale_under_priors(self, total: float, mean: float, sd: float, priors: Priors) -> tuple[float, float]:
        def loss(at: FloatArray) -> float:
            spread = np.exp(at[1])
            latent = -total * at[1] - total * (sd**2 + (mean - at[0]) ** 2) / (2 * spread**2)
            return -(latent + self.shifted(float(at[0]), float(spread)).log_prior(priors))

        start = np.zeros(2)
        found = minimize(loss, start, method="BFGS", options={"maxiter": 10})
        best = found.x if found.fun < loss(start) else start
        return float(best[0]), float(np.exp(best[1]))


def problem_of(
    responses: Responses,
    models: Sequence[str],
    categories: NDArray[np.intp],
    priors: Priors,
    population: Population,
    known: tuple[NDArray[np.intp], Items] | None = None,
) -> Problem:
    """Blocks with their starting values; the items `known` (places, parameters) stay as they are."""
    offsets = np.concatenate((np.zeros(1, np.intp), np.cumsum(categories)))
    counts = responses.category_counts(int(categories.max()))
    fixed = np.zeros(len(models), dtype=bool)
    known_blocks: list[Block] = []
    if known is not None:
        places, items = known
        fixed[places] = True
        for family, at in families_of(items.models, items.categories):
            cells = offsets[places[at]][:, None] + np.arange(family.categories)
            w = family.working(items.take(at))
            known_blocks.append(Block(family, places[at], w, np.zeros(w.shape, dtype=bool), cells))
    blocks = []
    for shared in (True, False):
        chosen = np.flatnonzero(~fixed & ((np.asarray(models) == "1PL") == shared))
        kinds = families_of(tuple(models[i] for i in chosen.tolist()), categories[chosen])
        for family, within in kinds:
            at = chosen[within]
            names = [models[i] for i in at.tolist()]
            cells = offsets[at][:, None] + np.arange(family.categories)
            w = starting_parameters(family, names, counts[at][:, : family.categories], priors)
            block = Block(family, at, w, _free_columns(names, family.size), cells, shared)
            blocks.append(_with_known_slope(block, known) if shared else block)
    return Problem(tuple(blocks), tuple(known_blocks), population, offsets)


def _free_columns(models: list[str], size: int) -> NDArray[np.bool_]:
    free = [FREE_COLUMNS[model] if model in DICHOTOMOUS else size for model in models]
    return np.arange(size) < np.array(free)[:, None]


def _with_known_slope(block: Block, known: tuple[NDArray[np.intp], Items] | None) -> Block:
    """One-parameter items beside known ones have their slope: it is what makes the model one."""
    if known is None:
        return block
    slopes = np.unique(known[1].a[np.asarray(known[1].models) == "1PL"])
    if slopes.size == 0:
        return block
    if np.ptp(slopes) > 1e-9 * np.abs(slopes).max():
        raise ValueError(f"known 1PL items have slopes from {slopes[0]:g} to {slopes[-1]:g}; expected one slope")
    w, free = block.w.copy(), block.free.copy()
    w[:, 0] = slopes[0]
    free[:, 0] = False
    return replace(block, w=w, free=free)
