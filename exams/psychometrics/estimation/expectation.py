"""The expectation step of Bock and Aitkin (1981): expected counts of each score at each quadrature node.

With the answers as a matrix U of zeros and ones, the log-likelihood of every person at every node is U log P, and the
expected counts are U' times the posterior; both are matrix products, taken part by part so that the posterior of all
persons is never held at once.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exams.psychometrics.estimation.design import Design
from exams.psychometrics.models import FloatArray


@dataclass(frozen=True, eq=False)
class Expected:
    """Expected counts (cells, Q), their total over persons (Q,), and the log-likelihood of the data."""

    counts: FloatArray
    nodes: FloatArray
    log_likelihood: float


def posterior_of(
    rows: Any, table: NDArray[Any], weights: FloatArray, out: NDArray[Any]
) -> tuple[NDArray[Any], FloatArray]:
    """Posterior at the nodes (n, Q), each row's sum its weight, and the log-likelihood of each row (n,)."""
    dense = isinstance(rows, np.ndarray)
    posterior = np.matmul(rows, table, out=out[: len(rows)]) if dense else rows @ table
    peak = posterior.max(axis=1, keepdims=True)
    posterior -= peak
    np.exp(posterior, out=posterior)
    total = posterior.sum(axis=1, keepdims=True)
    posterior *= (weights[:, None] / total).astype(posterior.dtype)
    return posterior, (np.log(total.astype(np.float64)) + peak)[:, 0]


class Expectation:
    """The answers, ready to be gone through again and again.

    Parameters
    ----------
    design : Design
    n_nodes : int
    workers : int
        Threads that share the parts; NumPy releases the interpreter in products and exponentials.
    """

    def __init__(self, design: Design, n_nodes: int, workers: int) -> None:
        self.design = design
        self.workers = max(min(workers, design.n_chunks), 1)
        self._pool = ThreadPoolExecutor(self.workers) if self.workers > 1 else None
        self._rows = [design.buffer() for _ in range(self.workers)]
        self._posterior: NDArray[Any] = np.empty((self.workers, design.chunk_rows, n_nodes), dtype=design.dtype)

    def run(self, log_table: FloatArray, log_weights: FloatArray) -> Expected:
        """Expected counts under log-probabilities (cells, Q) and the log-weights (Q,) of the nodes."""
        table = self.design.table(log_table, log_weights)
        if self._pool is None:
            parts = [self._share(0, table)]
        else:
            # The same chunks for the same thread every time: sums do not depend on which was faster.
            parts = list(self._pool.map(self._share, range(self.workers), [table] * self.workers))
        gathered = np.sum([part[0] for part in parts], axis=0)
        counts, nodes = self.design.counts(gathered)
        return Expected(counts, nodes, sum(part[1] for part in parts))

    def _share(self, worker: int, table: NDArray[Any]) -> tuple[FloatArray, float]:
        gathered = np.zeros(table.shape)
        log_likelihood = 0.0
        for chunk in range(worker, self.design.n_chunks, self.workers):
            rows = self.design.rows(chunk, self._rows[worker])
            weights = self.design.weights[self.design.span(chunk)]
            posterior, row_log_likelihood = posterior_of(rows, table, weights, self._posterior[worker])
            gathered += rows.T @ posterior
            log_likelihood += float(weights @ row_log_likelihood)
        return gathered, log_likelihood

    def posteriors(self, log_table: FloatArray, log_weights: FloatArray) -> Iterator[tuple[Any, slice, NDArray[Any]]]:
        """Part by part: its rows of the design, which they are, and their posterior, each row's sum 1.

        Each is overwritten by the next.
        """
        table = self.design.table(log_table, log_weights)
        for chunk in range(self.design.n_chunks):
            span = self.design.span(chunk)
            rows = self.design.rows(chunk, self._rows[0])
            yield rows, span, posterior_of(rows, table, np.ones(span.stop - span.start), self._posterior[0])[0]

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()
