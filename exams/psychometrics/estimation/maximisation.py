"""The maximisation step: Fisher scoring of every item of a formula at once.

For the expected counts r_kq the complete-data log-likelihood of an item is sum r_kq log P_k(X_q); its gradient is
sum r_kq dlog P_k and its expected information sum n_q P_kq dlog P_k dlog P_k' (Bock & Aitkin, 1981; Baker & Kim,
2004, ch. 6). A step that does not raise an item's own objective is halved, so that the likelihood never falls,
whether or not the step was the last one to the maximum.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from exams.psychometrics.estimation.priors import Beta, Priors
from exams.psychometrics.models import Family, FloatArray

# The next expectation step changes the target anyway: exact maxima cost more than they bring.
NEWTON_STEPS = 3
STEP_TOLERANCE = 1e-9
HALVINGS = 12
# No parameter moves further in one step; at the start a quadratic says little so far away.
LONGEST_STEP = 2.0
RIDGE = 1e-8
# At the maximum itself a sum over the nodes may seem to fall by its own rounding.
ROUNDING = 1e-13


@dataclass(frozen=True, eq=False)
class Block:
    """Items of one formula that are estimated together.

    Parameters
    ----------
    family : Family
    at : array (J,)
        Their places in the test.
    w : array (J, P)
        Working parameters.
    free : array (J, P) of bool
    cells : array (J, K)
        Rows of their scores in the tables over the nodes.
    shared_slope : bool
        One slope for all of them (1PL).
    """

    family: Family
    at: NDArray[np.intp]
    w: FloatArray
    free: NDArray[np.bool_]
    cells: NDArray[np.intp]
    shared_slope: bool = False

    def with_parameters(self, w: FloatArray) -> "Block":
        return replace(self, w=w)

    def log_probabilities(self, nodes: FloatArray) -> FloatArray:
        return self.family.log_probabilities(self.w, nodes)

    @property
    def slopes(self) -> FloatArray:
        """The slopes that are parameters of their own: all, or the one that is shared."""
        return self.w[:1, 0] if self.shared_slope else self.w[:, 0]

    def asymptotes(self, priors: Priors) -> list[tuple[int, Beta, NDArray[np.intp]]]:
        """Column, prior and items of the asymptotes that are estimated under a prior."""
        columns = range(self.family.categories, self.family.size)
        known = zip(columns, (priors.c, priors.d), strict=False)
        return [(k, prior, np.flatnonzero(self.free[:, k])) for k, prior in known if prior is not None]


def prior_log_density(block: Block, priors: Priors) -> FloatArray:
    """Of each item's parameters, (J,); -inf where it cannot be; a shared slope counts in the first item alone."""
    total = np.zeros(len(block.w))
    with np.errstate(divide="ignore", invalid="ignore"):
        if priors.a is not None:
            total[: block.slopes.size] += np.where(block.free[: block.slopes.size, 0], _of_slopes(block, priors), 0.0)
        if priors.b is not None:
            density = priors.b.log_density(block.family.difficulties(block.w)).sum(axis=1)
            total += np.where(block.free[:, 1], density, 0.0)
    for column, prior, at in block.asymptotes(priors):
        total[at] += prior.log_density(expit(block.w[at, column]))
    return np.where(np.isnan(total), -np.inf, total)


def _of_slopes(block: Block, priors: Priors) -> FloatArray:
    return priors.a.log_density(block.slopes) if priors.a is not None else np.zeros(block.slopes.size)


def prior_derivatives(block: Block, priors: Priors) -> tuple[FloatArray, FloatArray]:
    """Gradient (J, P) and positive curvature (J, P, P) of the log-density in the working parameters."""
    w, family = block.w, block.family
    gradient = np.zeros_like(w)
    curvature = np.zeros((*w.shape, w.shape[1]))
    if priors.a is not None:
        own = block.slopes.size
        gradient[:own, 0] += priors.a.slope(block.slopes)
        curvature[:own, 0, 0] += priors.a.curvature(block.slopes)
    if priors.b is not None:
        b = family.difficulties(w)
        change = difficulty_jacobian(block)
        gradient += np.einsum("jkp,jk->jp", change, priors.b.slope(b))
        curvature += np.einsum("jkp,jk,jkr->jpr", change, priors.b.curvature(b), change)
    for column, prior, at in block.asymptotes(priors):
        value = expit(w[at, column])
        gradient[at, column] += prior.logit_slope(value)
        curvature[at, column, column] += prior.logit_curvature(value)
    return gradient, curvature


def difficulty_jacobian(block: Block) -> FloatArray:
    """Derivatives of b (J, K - 1) in the working parameters, (J, K - 1, P): b = -L d / a."""
    w, family = block.w, block.family
    result = np.zeros((len(w), family.categories - 1, family.size))
    result[:, :, 0] = -family.difficulties(w) / w[:, :1]
    result[:, :, 1 : family.categories] = -family.difficulty_weights() / w[:, :1, None]
    return result


def maximised(block: Block, counts: FloatArray, nodes: FloatArray, priors: Priors, steps: int = NEWTON_STEPS) -> Block:
    """The block with parameters at least as likely under the expected counts (cells, Q)."""
    expected = counts[block.cells]
    value = _objective(block, expected, nodes, priors)
    for _ in range(steps):
        step = _direction(block, expected, nodes, priors)
        if np.abs(step).max(initial=0) < STEP_TOLERANCE:
            break
        block, value = _climb(block, step, value, expected, nodes, priors)
    return block


def _objective(block: Block, expected: FloatArray, nodes: FloatArray, priors: Priors) -> FloatArray:
    log_likelihood = np.einsum("jkq,jkq->j", expected, block.log_probabilities(nodes))
    return np.where(block.family.feasible(block.w), log_likelihood + prior_log_density(block, priors), -np.inf)


def _direction(block: Block, expected: FloatArray, nodes: FloatArray, priors: Priors) -> FloatArray:
    gradient, information = _derivatives(block, expected, nodes)
    prior_gradient, prior_curvature = prior_derivatives(block, priors)
    gradient += prior_gradient
    information += prior_curvature
    lower, upper = block.family.bounds()
    held = ~block.free | ((block.w <= lower) & (gradient < 0)) | ((block.w >= upper) & (gradient > 0))
    gradient[held] = 0
    information[held[:, :, None] | held[:, None, :]] = 0
    diagonal = np.einsum("jpp->jp", information)
    diagonal *= 1 + RIDGE
    diagonal[held | (diagonal <= 0)] = 1
    solve = _shared_step if block.shared_slope else _own_steps
    step = solve(gradient, information)
    longest = np.abs(step).max(axis=1, keepdims=True)
    if block.shared_slope:
        longest = longest.max(keepdims=True)
    shortened: FloatArray = step * np.minimum(1, LONGEST_STEP / np.maximum(longest, LONGEST_STEP))
    return shortened


def _derivatives(block: Block, expected: FloatArray, nodes: FloatArray) -> tuple[FloatArray, FloatArray]:
    size = len(block.w), block.family.size, -1
    change = block.family.gradients(block.w, nodes)
    gradient = np.einsum("jpkq,jkq->jp", change, expected)
    weight = np.exp(block.log_probabilities(nodes)) * expected.sum(axis=1, keepdims=True)
    information = (change * weight[:, None]).reshape(size) @ change.reshape(size).transpose(0, 2, 1)
    return gradient, information


def _own_steps(gradient: FloatArray, information: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.solve(information, gradient[:, :, None])[:, :, 0], dtype=np.float64)


def _shared_step(gradient: FloatArray, information: FloatArray) -> FloatArray:
    """One slope for all: the other parameters of each item are eliminated, the slope solved for, and put back."""
    across = information[:, 1:, :1]
    sides = np.concatenate((across, gradient[:, 1:, None]), axis=2)
    solved = np.linalg.solve(information[:, 1:, 1:], sides)
    reduced = (across * solved[:, :, :1]).sum(), (across * solved[:, :, 1:]).sum()
    # A held slope has 1 on its diagonal and no gradient.
    slope = (gradient[:, 0].sum() - reduced[1]) / (information[:, 0, 0].sum() - reduced[0])
    step = np.empty_like(gradient)
    step[:, 0] = slope
    step[:, 1:] = solved[:, :, 1] - solved[:, :, 0] * slope
    return step


def _climb(
    block: Block, step: FloatArray, value: FloatArray, expected: FloatArray, nodes: FloatArray, priors: Priors
) -> tuple[Block, FloatArray]:
    lower, upper = block.family.bounds()
    share = np.ones((len(step), 1))
    least = value - ROUNDING * np.abs(value)
    for _ in range(HALVINGS):
        moved = np.where(block.free, np.clip(block.w + share * step, lower, upper), block.w)
        trial = block.with_parameters(moved)
        reached = _objective(trial, expected, nodes, priors)
        if block.shared_slope:
            if reached.sum() >= least.sum():
                return trial, reached
            share /= 2
            continue
        worse = ~(reached >= least)
        if not worse.any():
            return trial, reached
        share[worse] /= 2
    if block.shared_slope:
        return block, value
    # Rounding at the maximum itself: these items stay where they are.
    kept = np.where(worse[:, None], block.w, trial.w)
    return block.with_parameters(kept), np.where(worse, value, reached)
