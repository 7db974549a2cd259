"""Information about many parameters, gathered from the scores of persons part by part, and its inverse."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from exams.psychometrics.models import FloatArray

# Beyond this the full matrix outgrows memory; with so many items one hardly moves the errors of another.
JOINT_UP_TO = 2000

# A parameter of which less than this share of the information is its own cannot be told from the others.
LEAST_PIVOT = 1e-8


class Information:
    """Sum of w s s' over persons, the whole matrix or, when that would be too large, a band along its diagonal.

    Parameters
    ----------
    size : int
        Number of parameters; those of one item stand side by side.
    band : int
        Most parameters that one item has.
    """

    def __init__(self, size: int, band: int) -> None:
        self.size = size
        self.joint = size <= JOINT_UP_TO
        self.band = min(band, size)
        self.matrix = np.zeros((size, size if self.joint else self.band))

    def add(self, scores: Any, weights: FloatArray) -> None:
        """Scores (n, size), dense or sparse, of persons with these weights (n,)."""
        root = np.sqrt(weights).astype(scores.dtype)
        weighted = sparse.diags_array(root) @ scores if sparse.issparse(scores) else scores * root[:, None]
        if self.joint:
            product = weighted.T @ weighted
            self.matrix += product.toarray() if sparse.issparse(product) else product
            return
        if sparse.issparse(weighted):
            weighted = weighted.tocsc()
        for distance in range(self.band):
            first, second = weighted[:, : self.size - distance], weighted[:, distance:]
            both = first.multiply(second) if sparse.issparse(weighted) else first * second
            self.matrix[: self.size - distance, distance] += np.asarray(both.sum(axis=0)).ravel()

    def add_blocks(self, blocks: FloatArray, at: NDArray[np.intp]) -> None:
        """Matrices (J, P, P) of parameters in columns `at` (J, P); -1 is no parameter."""
        rows, columns = np.broadcast_arrays(at[:, :, None], at[:, None, :])
        kept = (rows >= 0) & (columns >= 0)
        if not self.joint:
            kept = kept & (columns >= rows) & (columns - rows < self.band)
        rows, columns, values = rows[kept], columns[kept], blocks[kept]
        np.add.at(self.matrix, (rows, columns if self.joint else columns - rows), values)

    def covariances(self, blocks: list[NDArray[np.intp]]) -> list[FloatArray]:
        """For each array of columns (J, P) the covariances (J, P, P); 0 where there is no parameter, NaN if unknown."""
        if not self.joint:
            return [_masked(_inverses(self._within(at)), at) for at in blocks]
        whole = _inverses(self.matrix[None])[0]
        return [_masked(whole[at[:, :, None], at[:, None, :]], at) for at in blocks]

    def _within(self, at: NDArray[np.intp]) -> FloatArray:
        result = np.zeros((*at.shape, at.shape[1]))
        for p in range(at.shape[1]):
            for r in range(at.shape[1]):
                first, second = np.minimum(at[:, p], at[:, r]), np.maximum(at[:, p], at[:, r])
                near = (first >= 0) & (second - first < self.band)
                value = self.matrix[np.maximum(first, 0), np.where(near, second - first, 0)]
                result[:, p, r] = np.where(near, value, float(p == r))
        return result


def _inverses(matrices: FloatArray) -> FloatArray:
    """Inverses of symmetric matrices (J, P, P); NaN for those that are not positive definite."""
    result = np.empty_like(matrices)
    for matrix, inverse in zip(matrices, result, strict=True):
        # Slopes and asymptotes differ by orders of magnitude: to unit diagonal first.
        scale = np.sqrt(np.maximum(np.diag(matrix), np.finfo(float).tiny))
        try:
            factor = linalg.cholesky(matrix / np.outer(scale, scale), lower=True)
        except linalg.LinAlgError:
            inverse[:] = np.nan
            continue
        if np.diag(factor).min(initial=1) ** 2 < LEAST_PIVOT:
            inverse[:] = np.nan
            continue
        inverse[:] = linalg.cho_solve((factor, True), np.eye(len(matrix))) / np.outer(scale, scale)
    return result


def _masked(covariances: FloatArray, at: NDArray[np.intp]) -> FloatArray:
    known = (at < 0)[:, :, None] | (at < 0)[:, None, :]
    return np.where(known, 0.0, covariances)
