"""Marginal maximum likelihood and marginal maximum a posteriori by expectation–maximisation (Bock & Aitkin, 1981)."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from threadpoolctl import threadpool_limits

from exams.psychometrics.estimation.acceleration import Driver, Path, Step
from exams.psychometrics.estimation.design import design_of
from exams.psychometrics.estimation.expectation import Expectation
from exams.psychometrics.estimation.maximisation import Block, maximised
from exams.psychometrics.estimation.priors import Priors
from exams.psychometrics.estimation.problem import Population, Problem, problem_of
from exams.psychometrics.estimation.report import Calibration, Convergence, StandardErrors
from exams.psychometrics.estimation.standard_errors import standard_errors
from exams.psychometrics.models import (
    DICHOTOMOUS,
    LARGEST_SLOPE,
    LEAST_ASYMPTOTE,
    MODELS,
    FloatArray,
    Items,
)
from exams.psychometrics.responses import Responses, names_or_numbers

# Patterns times nodes up to which double precision costs no time that anybody would notice.
DOUBLE_UP_TO = 500_000

# What rounding takes from the log-likelihood, as a share of it.
ROUNDING: dict[type, float] = {np.float32: 1e-9, np.float64: 1e-13}

# A slope this flat puts a difficulty nowhere.
FLAT_SLOPE = 0.05


@dataclass(frozen=True)
class Settings:
    """How the search is done.

    Parameters
    ----------
    nodes, span : int, float
        Evenly spaced quadrature nodes from -span to span standard deviations of the population. With 100 items a
        posterior is about 0.2 wide; 61 nodes, 0.17 apart, integrate it to 1e-9, and 21 do not.
    tolerance : float
        The search ends when one step changes no slope, intercept or asymptote by more.
    max_cycles : int
        Most expectation steps.
    accelerate : bool
        SQUAREM over the steps; without it the likelihood rises at every step, only more slowly.
    precision : "auto", "single" or "double"
        Of the products over persons; sums are always double. "auto" takes single for many patterns.
    workers : int
        Threads over the persons; the cores, at most 2, when 0.
    standard_errors : bool
    """

    nodes: int = 61
    span: float = 5.0
    tolerance: float = 1e-5
    max_cycles: int = 2000
    accelerate: bool = True
    precision: str = "auto"
    workers: int = 0
    standard_errors: bool = True

    def __post_init__(self) -> None:
        if self.nodes < 5 or not self.span > 0:
            raise ValueError(f"nodes = {self.nodes!r}, span = {self.span!r}: at least 5 nodes over a positive span")
        if not self.tolerance > 0 or self.max_cycles < 1:
            raise ValueError(f"tolerance = {self.tolerance!r}, max_cycles = {self.max_cycles!r}: must be positive")
        if self.precision not in ("auto", "single", "double"):
            raise ValueError(f"precision = {self.precision!r}: expected auto, single or double")


# Told after every expectation step: how many there were, the log-posterior, the largest change.
Progress = Callable[[int, float, float], None]


def calibrate(
    responses: Responses | ArrayLike,
    models: str | Sequence[str] = "2PL",
    *,
    categories: ArrayLike | None = None,
    priors: Priors | None = None,
    settings: Settings | None = None,
    names: Sequence[str] | None = None,
    known: tuple[ArrayLike, Items] | None = None,
    free_population: bool = False,
    progress: Progress | None = None,
) -> Calibration:
    """Estimate item parameters from answers, on the scale where ability is N(0, 1).

    Parameters
    ----------
    responses : Responses, or a matrix (n, J) with -1 or NaN for missing answers
    models : one of "1PL", "2PL", "3PL", "4PL", "GRM", "GPCM" for all items, or one for each
        Items that are 1PL share one slope, which is estimated.
    categories : array (J,), optional
        Number of scores of each item; the highest observed and one when it is not given.
    priors, settings : optional
        No priors: maximum likelihood.
    names : J strings, optional
        What messages call the items.
    known : (indices, Items), optional
        Items whose parameters stay; see `exams.psychometrics.anchors`.
    free_population : bool
        Estimate mean and sd of ability; needs known items.
    progress : callable, optional

    Raises
    ------
    ValueError
        Naming the items of which nothing can be estimated, and why.
    """
    answers = responses if isinstance(responses, Responses) else Responses.from_matrix(responses)
    labels = names_or_numbers(names, answers.n_items)
    chosen = [models] * answers.n_items if isinstance(models, str) else list(models)
    fixed = None if known is None else (np.asarray(known[0], dtype=np.intp), known[1])
    sizes = _checked_categories(answers, chosen, labels, categories, fixed)
    priors, settings = priors or Priors(), settings or Settings()
    patterns = answers.collapsed().for_estimation()
    with threadpool_limits(1, user_api="blas"):
        problem = problem_of(patterns, chosen, sizes, priors, Population(free=free_population), fixed)
        return _Search(problem, patterns, priors, settings, progress).found(chosen, labels)


class _Search:
    """The map of one expectation and one maximisation step, and what is reported of its fixed point."""

    def __init__(
        self, problem: Problem, patterns: Responses, priors: Priors, settings: Settings, progress: Progress | None
    ) -> None:
        self.problem, self.patterns, self.priors, self.settings = problem, patterns, priors, settings
        self.progress = progress
        self.standard = np.linspace(-settings.span, settings.span, settings.nodes)
        weights = np.exp(-0.5 * self.standard**2)
        self.log_weights = np.log(weights / weights.sum())
        design = design_of(patterns, problem.offsets, self._precision())
        workers = settings.workers or min(os.cpu_count() or 1, 2)
        self.expectation = Expectation(design, settings.nodes, workers)
        self.cycles = 0

    def _precision(self) -> type:
        small = self.patterns.n_rows * self.settings.nodes <= DOUBLE_UP_TO
        double = self.settings.precision == "double" or (self.settings.precision == "auto" and small)
        return np.float64 if double else np.float32

    def found(self, models: list[str], labels: tuple[str, ...]) -> Calibration:
        """Search, report, and let go of the threads."""
        try:
            return self.report(self.run(), models, labels)
        finally:
            self.expectation.close()

    def run(self) -> Path:
        slack = ROUNDING[self.expectation.design.dtype]
        settings = self.settings
        driver = Driver(self.step, self.problem.admissible, settings.tolerance, settings.max_cycles, slack)
        return (driver.squared if self.settings.accelerate else driver.plain)(self.problem.point())

    def step(self, point: FloatArray) -> Step:
        problem = self.problem.at(point)
        nodes = problem.nodes(self.standard)
        expected = self.expectation.run(problem.log_table(nodes), self.log_weights)
        blocks = tuple(maximised(block, expected.counts, nodes, self.priors) for block in problem.blocks)
        following = replace(problem, blocks=blocks).with_population_of(expected.nodes, nodes, self.priors)
        objective = expected.log_likelihood + problem.log_prior(self.priors)
        change = following.largest_change(problem)
        self.cycles += 1
        if self.progress is not None:
            self.progress(self.cycles, objective, change)
        return Step(following.point(), objective, change)

    def report(self, path: Path, models: list[str], labels: tuple[str, ...]) -> Calibration:
        problem = self.problem.at(path.point)
        items = _items(problem, models)
        errors = None
        if self.settings.standard_errors:
            errors = standard_errors(
                problem, self.patterns, self.expectation, self.standard, self.log_weights, self.priors
            )
        convergence = Convergence(path.converged, path.evaluations, path.change, path.objectives)
        log_prior = problem.log_prior(self.priors)
        return Calibration(
            items=items,
            errors=errors,
            mean=problem.population.mean,
            sd=problem.population.sd,
            log_likelihood=path.objectives[-1] - log_prior,
            log_posterior=path.objectives[-1],
            n_parameters=_n_parameters(problem),
            n_persons=self.patterns.n_persons,
            n_answers=float(self.patterns.weights @ self.patterns.answered()),
            convergence=convergence,
            warnings=_warnings(problem, convergence, errors, labels),
        )


def _items(problem: Problem, models: list[str]) -> Items:
    most = max(block.family.categories for block in (*problem.blocks, *problem.known)) - 1
    a, b = np.empty(len(models)), np.full((len(models), most), np.nan)
    c, d = np.zeros(len(models)), np.ones(len(models))
    for block in (*problem.blocks, *problem.known):
        a[block.at] = block.w[:, 0]
        b[block.at, : block.family.categories - 1] = block.family.difficulties(block.w)
        for column, values in zip(range(block.family.categories, block.family.size), (c, d), strict=False):
            values[block.at] = expit(block.w[:, column])
    return Items(tuple(models), a, b, c, d)


def _n_parameters(problem: Problem) -> int:
    free = sum(int(b.free[:, 1:].sum() + b.free[: b.slopes.size, 0].sum()) for b in problem.blocks)
    return free + 2 * problem.population.free


def _warnings(
    problem: Problem, convergence: Convergence, errors: StandardErrors | None, labels: tuple[str, ...]
) -> tuple[str, ...]:
    found = [] if convergence.converged else [convergence.in_words]
    for block in problem.blocks:
        for index, w in zip(block.at.tolist(), block.w, strict=True):
            if abs(w[0]) < FLAT_SLOPE:
                found.append(
                    f"{labels[index]}: discrimination {w[0]:.2f} is as good as none; its difficulty says nothing"
                )
            elif w[0] < 0:
                found.append(f"{labels[index]}: discrimination {w[0]:.2f} is negative; look at its key")
            if abs(w[0]) >= LARGEST_SLOPE:
                found.append(f"{labels[index]}: discrimination reached its bound {LARGEST_SLOPE:g}")
        found += _asymptote_warnings(block, labels)
    if errors is not None and any(np.isnan(errors.b[block.at, 0]).any() for block in problem.blocks):
        found.append(
            "standard errors could not be had for every item: there are too few answers for so many parameters"
        )
    return tuple(found)


def _asymptote_warnings(block: Block, labels: tuple[str, ...]) -> list[str]:
    found = []
    for column, name in zip(range(block.family.categories, block.family.size), ("lower", "upper"), strict=False):
        value = expit(block.w[:, column])
        bound = np.isclose(value, LEAST_ASYMPTOTE) | np.isclose(value, 1 - LEAST_ASYMPTOTE)
        for index in block.at[bound & block.free[:, column]].tolist():
            found.append(f"{labels[index]}: the {name} asymptote reached its bound; a prior would hold it")
    return found


def _checked_categories(
    answers: Responses,
    models: list[str],
    labels: tuple[str, ...],
    categories: ArrayLike | None,
    known: tuple[NDArray[np.intp], Items] | None,
) -> NDArray[np.intp]:
    if len(models) != answers.n_items:
        raise ValueError(f"{len(models)} models for {answers.n_items} items")
    unknown = [model for model in models if model not in MODELS]
    if unknown:
        raise ValueError(f"unknown model {unknown[0]!r}: expected one of {', '.join(MODELS)}")
    counts = answers.category_counts()
    observed = counts.shape[1] - (counts[:, ::-1] > 0).argmax(axis=1)
    two = np.isin(models, DICHOTOMOUS)
    sizes = np.where(two, 2, np.maximum(observed, 2)) if categories is None else np.array(categories, dtype=np.intp)
    if known is not None:
        sizes[known[0]] = known[1].categories
    estimated = np.ones(len(models), dtype=bool)
    if known is not None:
        estimated[known[0]] = False
    problems = [] if known is not None else _too_few(models)
    for index, (label, row) in enumerate(zip(labels, counts, strict=True)):
        problems += _problems(label, row, int(sizes[index]), bool(two[index]), bool(estimated[index]))
    if problems:
        more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise ValueError("; ".join(problems[:5]) + more)
    return sizes.astype(np.intp)


def _too_few(models: list[str]) -> list[str]:
    """Without a known item, one slope needs two items to show in, and slopes of their own three."""
    least = 2 if set(models) == {"1PL"} else 3
    return [f"{len(models)} items cannot tell their slopes; at least {least} are needed"] if len(models) < least else []


def _problems(label: str, counts: FloatArray, size: int, two: bool, estimated: bool) -> list[str]:
    total = counts.sum()
    highest = int(np.flatnonzero(counts)[-1]) if total else -1
    if highest >= size:
        return [f"{label}: a score of {highest}, but its scores go from 0 to {size - 1}"]
    if two and size != 2:
        return [f"{label}: {size} categories, but a dichotomous model has 2"]
    if not estimated:
        return []
    if total == 0:
        return [f"{label}: nobody answered it"]
    if two and (counts[:2] == 0).any():
        return [f"{label}: all {total:.0f} answers are {'right' if counts[1] else 'wrong'}"]
    unused = np.flatnonzero(counts[:size] == 0)
    if size > counts.size or unused.size:
        score = int(unused[0]) if unused.size else counts.size
        return [f"{label}: nobody scored {score} of 0 to {size - 1}; join it with its neighbour"]
    return []
