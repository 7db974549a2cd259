"""Standard errors by the cross-products of every person's score (the gradient of his own log-likelihood).

The information is sum_i w_i s_i s_i' with s_i = sum_q h_iq dlog P(x_i | X_q), where h_i is the posterior: the score of
the observed data is the expected score of the complete data (Louis, 1982). The priors' curvature is added; errors of
a, b, c, d follow by the delta method.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit

from exams.psychometrics.estimation.expectation import Expectation
from exams.psychometrics.estimation.information import Information
from exams.psychometrics.estimation.maximisation import Block, difficulty_jacobian, prior_derivatives
from exams.psychometrics.estimation.priors import Priors
from exams.psychometrics.estimation.problem import Problem
from exams.psychometrics.estimation.report import StandardErrors
from exams.psychometrics.models import FloatArray
from exams.psychometrics.responses import Responses

ANSWERS_AT_ONCE = 16_384


def standard_errors(
    problem: Problem,
    patterns: Responses,
    expectation: Expectation,
    standard: FloatArray,
    log_weights: FloatArray,
    priors: Priors,
) -> StandardErrors:
    """Standard errors at the estimate; parameters on their bounds count as known and have NaN."""
    scorer = _Scorer(problem, patterns, problem.nodes(standard), expectation.design.dtype)
    band = max((block.family.size for block in problem.blocks), default=2)
    information = Information(scorer.n_columns, max(band, 2))
    for rows, span, posterior in expectation.posteriors(problem.log_table(scorer.nodes), log_weights):
        del rows
        information.add(scorer.scores(span, posterior), patterns.weights[span])
    for block, at in zip(problem.blocks, scorer.columns, strict=True):
        information.add_blocks(prior_derivatives(block, priors)[1], at)
    return _reported(problem, scorer, information, patterns.n_items)


class _Scorer:
    """Scores of persons in all parameters, one column for each."""

    def __init__(self, problem: Problem, patterns: Responses, nodes: FloatArray, dtype: type) -> None:
        self.problem, self.patterns, self.nodes, self.dtype = problem, patterns, nodes, dtype
        self.columns: list[NDArray[np.intp]] = []
        self.n_columns = 0
        for block in problem.blocks:
            self.columns.append(self._columns(block))
        self.gradients: list[NDArray[Any]] = [b.family.gradients(b.w, nodes).astype(dtype) for b in problem.blocks]
        self.population = np.empty(0, np.intp)
        if problem.population.free:
            self.population = np.arange(self.n_columns, self.n_columns + 2)
            self.n_columns += 2

    def _columns(self, block: Block) -> NDArray[np.intp]:
        """The column of each parameter (J, P), -1 where it is not estimated or lies on its bound."""
        lower, upper = block.family.bounds()
        estimated = block.free & (block.w > lower) & (block.w < upper)
        at = np.full(block.w.shape, -1, dtype=np.intp)
        if block.shared_slope and estimated[:, 0].all():
            at[:, 0] = self.n_columns
            self.n_columns += 1
            estimated[:, 0] = False
        size = int(estimated.sum())
        at[estimated] = np.arange(self.n_columns, self.n_columns + size)
        self.n_columns += size
        return at

    def scores(self, span: slice, posterior: NDArray[Any]) -> Any:
        answers = self.patterns.scores[span]
        if self.patterns.is_sparse:
            return self._sparse_scores(answers, posterior)
        result: NDArray[Any] = np.zeros((len(answers), self.n_columns), dtype=self.dtype)
        for block, columns, gradient in zip(self.problem.blocks, self.columns, self.gradients, strict=True):
            given = answers[:, block.at]
            for p in range(block.family.size):
                at = columns[:, p]
                kept = at >= 0
                if not kept.any():
                    continue
                part = sum(
                    (given[:, kept] == k) * (posterior @ gradient[kept, p, k].T) for k in range(block.family.categories)
                )
                if p == 0 and block.shared_slope:
                    result[:, at[0]] = part.sum(axis=1)
                else:
                    result[:, at[kept]] = part
        result[:, self.population] = self._population_scores(posterior)
        return result

    def _population_scores(self, posterior: NDArray[Any]) -> NDArray[Any]:
        """In the mean and the log sd of ability, (n, 2), or (n, 0)."""
        if not self.population.size:
            return np.empty((len(posterior), 0), dtype=self.dtype)
        sd = self.problem.population.sd
        z = (self.nodes - self.problem.population.mean) / sd
        return posterior @ np.stack((z / sd, z**2 - 1), axis=1).astype(self.dtype)

    def _sparse_scores(self, answers: Any, posterior: NDArray[Any]) -> Any:
        person = np.repeat(np.arange(answers.shape[0]), np.diff(answers.indptr))
        rows, columns, values = [], [], []
        for block, at, gradient in zip(self.problem.blocks, self.columns, self.gradients, strict=True):
            place = np.full(answers.shape[1], -1)
            place[block.at] = np.arange(block.at.size)
            mine = np.flatnonzero(place[answers.indices] >= 0)
            for part in np.array_split(mine, -(-mine.size // ANSWERS_AT_ONCE) or 1):
                item, score = place[answers.indices[part]], answers.data[part] - 1
                value = np.einsum("mq,mpq->mp", posterior[person[part]], gradient[item, :, score])
                kept = at[item] >= 0
                rows.append(np.broadcast_to(person[part][:, None], kept.shape)[kept])
                columns.append(at[item][kept])
                values.append(value[kept])
        population = self._population_scores(posterior)
        rows.append(np.repeat(np.arange(len(population)), population.shape[1]))
        columns.append(np.tile(self.population, len(population)))
        values.append(population.ravel())
        entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
        return sparse.csr_array(entries, shape=(answers.shape[0], self.n_columns))


def _reported(problem: Problem, scorer: _Scorer, information: Information, n_items: int) -> StandardErrors:
    most = max((block.family.categories for block in problem.blocks), default=2) - 1
    a, b = np.full(n_items, np.nan), np.full((n_items, most), np.nan)
    c, d = np.full(n_items, np.nan), np.full(n_items, np.nan)
    covariances = information.covariances([*scorer.columns, scorer.population[None]])
    for block, covariance in zip(problem.blocks, covariances, strict=False):
        split = block.family.categories
        a[block.at] = _root(covariance[:, 0, 0])
        change = difficulty_jacobian(block)
        b[block.at, : split - 1] = _root(np.einsum("jkp,jpr,jkr->jk", change, covariance, change))
        for column, errors in zip(range(split, block.family.size), (c, d), strict=False):
            value = expit(block.w[:, column])
            errors[block.at] = _root(covariance[:, column, column]) * value * (1 - value)
    if not problem.population.free:
        return StandardErrors(a, b, c, d)
    own = covariances[-1][0]
    mean, log_sd = _root(own[0, 0]), _root(own[1, 1])
    return StandardErrors(a, b, c, d, float(mean), float(log_sd) * problem.population.sd)


def _root(variance: FloatArray) -> FloatArray:
    return np.sqrt(np.where(variance > 0, variance, np.nan))
