"""Answers as a matrix of zeros and ones, so that the expectation step is two matrix products.

A cell is one score of one item; cell j, k has the row offsets[j] + k in every table over the quadrature nodes. The
dense design leaves out what the other columns imply: log-probabilities enter as differences to score 0, and an item
that everybody answered needs no column that says so. The sparse one has a stored 1 for each answer and nothing else.
Both end with a column of ones, which carries the prior into the posterior and collects the posterior's total.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from exams.psychometrics.models import FloatArray
from exams.psychometrics.responses import Responses

# A part of the matrix and its posterior stay within a core's cache.
CHUNK_ELEMENTS = 1 << 18
CHUNK_ROWS = (256, 4096)

Rows = Any


class Design(Protocol):
    n_chunks: int
    chunk_rows: int
    n_columns: int
    n_cells: int
    dtype: type
    weights: FloatArray

    def span(self, chunk: int) -> slice:
        """Which rows of the responses are in this part."""

    def buffer(self) -> Rows: ...

    def rows(self, chunk: int, buffer: Rows) -> Rows: ...

    def table(self, log_table: FloatArray, log_weights: FloatArray) -> NDArray[Any]:
        """Log-probabilities (cells, Q) and log-weights (Q,) as (columns, Q)."""

    def counts(self, gathered: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Sums of the posterior over columns, (columns, Q), as those over cells, (cells, Q), and over all, (Q,)."""


class _Chunked:
    def __init__(self, responses: Responses, offsets: NDArray[np.intp], dtype: type) -> None:
        self.weights = responses.weights
        self.dtype = dtype
        self.offsets = offsets
        self.n_cells = int(offsets[-1])
        self.n_rows = responses.n_rows

    def _divide(self, width: int) -> None:
        self.chunk_rows = int(np.clip(CHUNK_ELEMENTS // max(width, 1), *CHUNK_ROWS))
        self.n_chunks = max(-(-self.n_rows // self.chunk_rows), 1)

    def span(self, chunk: int) -> slice:
        start = chunk * self.chunk_rows
        return slice(start, min(start + self.chunk_rows, self.n_rows))


class DenseDesign(_Chunked):
    """Columns: scores 1, 2, … of each item, "answered" of each item that somebody left out, one."""

    def __init__(self, responses: Responses, offsets: NDArray[np.intp], dtype: type) -> None:
        super().__init__(responses, offsets, dtype)
        scores, sizes = responses.dense(), np.diff(offsets)
        self.item = np.repeat(np.arange(sizes.size), sizes - 1)
        self.score = np.concatenate([np.arange(1, size) for size in sizes])
        self.gaps = np.flatnonzero((scores < 0).any(axis=0))
        self.n_columns = self.item.size + self.gaps.size + 1
        self.encoded = np.ones((self.n_rows, self.n_columns), dtype=np.uint8)
        for k in range(1, int(sizes.max()) if sizes.size else 0):
            at = np.flatnonzero(self.score == k)
            self.encoded[:, at] = scores[:, self.item[at]] == k
        self.encoded[:, self.item.size : -1] = scores[:, self.gaps] >= 0
        self._divide(self.n_columns)

    def buffer(self) -> Rows:
        return np.empty((self.chunk_rows, self.n_columns), dtype=self.dtype)

    def rows(self, chunk: int, buffer: Rows) -> Rows:
        encoded = self.encoded[self.span(chunk)]
        part = buffer[: len(encoded)]
        np.copyto(part, encoded)
        return part

    def table(self, log_table: FloatArray, log_weights: FloatArray) -> NDArray[Any]:
        base = log_table[self.offsets[:-1]]
        result: NDArray[Any] = np.empty((self.n_columns, log_weights.size), dtype=self.dtype)
        result[: self.item.size] = log_table[self.offsets[self.item] + self.score] - base[self.item]
        result[self.item.size : -1] = base[self.gaps]
        complete = np.ones(len(base), dtype=bool)
        complete[self.gaps] = False
        result[-1] = log_weights + base[complete].sum(axis=0)
        return result

    def counts(self, gathered: FloatArray) -> tuple[FloatArray, FloatArray]:
        total = gathered[-1]
        result = np.empty((self.n_cells, total.size))
        # Scores of 0 start as all who answered and lose those who scored more.
        result[self.offsets[:-1]] = total
        result[self.offsets[self.gaps]] = gathered[self.item.size : -1]
        more = gathered[: self.item.size]
        result[self.offsets[self.item] + self.score] = more
        np.subtract.at(result, self.offsets[self.item], more)
        return np.maximum(result, 0, out=result), total


class SparseDesign(_Chunked):
    """Columns: the cells, one."""

    def __init__(self, responses: Responses, offsets: NDArray[np.intp], dtype: type) -> None:
        super().__init__(responses, offsets, dtype)
        self.n_columns = self.n_cells + 1
        stored = responses.scores
        cells = offsets[stored.indices] + stored.data - 1
        pointers = stored.indptr.astype(np.int32)
        # Room for the last column at the end of each row.
        indices = np.full(cells.size + self.n_rows, self.n_cells, dtype=np.int32)
        indices[np.arange(cells.size) + np.repeat(np.arange(self.n_rows), np.diff(pointers))] = cells
        pointers = pointers + np.arange(self.n_rows + 1, dtype=np.int32)
        ones: NDArray[Any] = np.ones(indices.size, dtype=dtype)
        whole = sparse.csr_array((ones, indices, pointers), shape=(self.n_rows, self.n_columns))
        self._divide(64)
        self.parts = [whole[self.span(chunk)] for chunk in range(self.n_chunks)]

    def buffer(self) -> Rows:
        return None

    def rows(self, chunk: int, buffer: Rows) -> Rows:
        return self.parts[chunk]

    def table(self, log_table: FloatArray, log_weights: FloatArray) -> NDArray[Any]:
        return np.concatenate((log_table, log_weights[None])).astype(self.dtype)

    def counts(self, gathered: FloatArray) -> tuple[FloatArray, FloatArray]:
        return gathered[:-1], gathered[-1]


def design_of(responses: Responses, offsets: NDArray[np.intp], dtype: type) -> Design:
    """`offsets` (J + 1,) are where each item's cells begin, and how many there are."""
    kind = SparseDesign if responses.is_sparse else DenseDesign
    return kind(responses, offsets, dtype)
