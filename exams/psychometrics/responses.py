"""Answers of persons to items, most of which may be missing.

A fixed form is a dense matrix; an adaptive bank, where a person meets a few items of thousands, keeps only what was
answered. Both are one class, so that nothing above it asks which it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

MISSING = -1
HIGHEST_SCORE = 100

# Below this share of answers, walking along them is cheaper than a matrix product over every cell: a product costs
# about 6 ns a cell, a walk about 50 ns an answer.
SPARSE_BELOW = 0.1

# The keys of equal patterns are equal; those of two different ones of a million agree with a chance of 3e-8.
KEY_SEED = 20_251_120


@dataclass(frozen=True, eq=False)
class Responses:
    """Scores of n persons on J items, each 0, 1, 2, … or missing. Build it with `from_matrix` or `from_answers`.

    Parameters
    ----------
    scores : array (n, J) of int8 with -1 for a missing answer, or a sparse CSR array (n, J) holding score + 1
        Whatever is not stored in the sparse one is missing.
    weights : array (n,)
        How many persons gave each row.
    """

    scores: Any
    weights: NDArray[np.float64]

    @classmethod
    def from_matrix(cls, values: ArrayLike, *, missing: int = MISSING, mask: ArrayLike | None = None) -> "Responses":
        """From an (n, J) matrix of whole scores.

        Parameters
        ----------
        values : array (n, J)
            Scores from 0 to 100; NaN is missing.
        missing : int
            The value that stands for a missing answer.
        mask : array (n, J) of bool, optional
            True where the answer is missing, whatever stands there.

        Raises
        ------
        ValueError
            Naming the row, the column and the value that is no score.
        """
        table = np.asarray(values)
        if table.ndim != 2:
            raise ValueError(f"the responses have {table.ndim} dimensions; expected persons by items")
        absent = table == missing
        if table.dtype.kind == "f":
            absent |= np.isnan(table)
        if mask is not None:
            absent |= np.asarray(mask, dtype=bool)
        with np.errstate(invalid="ignore"):
            scores = table.astype(np.int8)
        wrong = ~absent & ((scores != table) | (scores < 0) | (scores > HIGHEST_SCORE))
        if wrong.any():
            row, column = (int(at) for at in np.argwhere(wrong)[0])
            raise ValueError(f"person {row}, item {column}: {table[row, column].item()!r} is not a whole score from 0")
        scores[absent] = MISSING
        return cls(scores, np.ones(len(scores)))

    @classmethod
    def from_answers(
        cls,
        persons: ArrayLike,
        items: ArrayLike,
        scores: ArrayLike,
        *,
        n_persons: int | None = None,
        n_items: int | None = None,
    ) -> "Responses":
        """From one row an answer: who (0, 1, …), which item (0, 1, …), what score. The order is free.

        Raises
        ------
        ValueError
            Naming the answer that lies outside, is no score, or was given twice.
        """
        person, item = _indices("person", persons), _indices("item", items)
        value = np.asarray(scores)
        if not person.shape == item.shape == value.shape:
            raise ValueError(f"{person.size} persons, {item.size} items and {value.size} scores; expected equally many")
        n = int(person.max(initial=-1)) + 1 if n_persons is None else n_persons
        size = int(item.max(initial=-1)) + 1 if n_items is None else n_items
        _require_inside("person", person, n)
        _require_inside("item", item, size)
        wrong = ~((value >= 0) & (value <= HIGHEST_SCORE) & (value == np.floor(value)))
        if wrong.any():
            at = int(np.argmax(wrong))
            raise ValueError(f"person {person[at]}, item {item[at]}: {value[at].item()!r} is not a whole score from 0")
        _require_once(person, item, size)
        stored = sparse.csr_array((value.astype(np.int8) + np.int8(1), (person, item)), shape=(n, size))
        return cls(stored, np.ones(n))._stored_by_density()

    @property
    def n_rows(self) -> int:
        return int(self.scores.shape[0])

    @property
    def n_items(self) -> int:
        return int(self.scores.shape[1])

    @property
    def n_persons(self) -> float:
        return float(self.weights.sum())

    @property
    def is_sparse(self) -> bool:
        return sparse.issparse(self.scores)

    def answered(self) -> NDArray[np.intp]:
        """How many items each row answered, (n,)."""
        if self.is_sparse:
            return np.diff(self.scores.indptr).astype(np.intp)
        return np.count_nonzero(self.scores >= 0, axis=1).astype(np.intp)

    def category_counts(self, categories: int | None = None) -> NDArray[np.float64]:
        """Persons with score k on item j, (J, K); K is the highest score and one, or more if `categories` says so."""
        highest = self._highest()
        size = max(highest + 1, categories or 0, 1)
        if self.is_sparse:
            key = self.scores.indices.astype(np.intp) * size + (self.scores.data - 1)
            weight = np.repeat(self.weights, self.answered())
            flat = np.bincount(key, weight, minlength=self.n_items * size)
            return flat.reshape(self.n_items, size).astype(np.float64)
        return np.stack([self.weights @ (self.scores == k) for k in range(size)], axis=1).astype(np.float64)

    def take(self, *, rows: ArrayLike | None = None, items: ArrayLike | None = None) -> "Responses":
        """The rows and items at these indices, in that order."""
        scores, weights = self.scores, self.weights
        if rows is not None:
            at = np.asarray(rows)
            scores, weights = scores[at], weights[at]
        if items is not None:
            scores = scores[:, np.asarray(items)]
        return Responses(scores, weights)

    def dense(self) -> NDArray[np.int8]:
        """The (n, J) matrix, -1 for missing."""
        return self.scores.toarray() - np.int8(1) if self.is_sparse else self.scores

    def collapsed(self) -> "Responses":
        """Rows of equal patterns made one, with their weights added; rows that answered nothing are left out.

        Each (item, score) has a random 64-bit number; a pattern's key is their sum modulo 2^64, which does not ask in
        what order they come.
        """
        useful = np.flatnonzero(self.answered())
        kept = self if useful.size == self.n_rows else self.take(rows=useful)
        _, first, inverse = np.unique(kept._keys(), return_index=True, return_inverse=True)
        if first.size == kept.n_rows:
            return kept
        weights = np.bincount(inverse, kept.weights, minlength=first.size).astype(np.float64)
        return Responses(kept.scores[first], weights)

    def _keys(self) -> NDArray[np.uint64]:
        size = self._highest() + 2
        codes = np.random.default_rng(KEY_SEED).integers(0, 2**64, (self.n_items, size), dtype=np.uint64)
        if self.is_sparse:
            values = codes[self.scores.indices, self.scores.data]
            total = np.concatenate((np.zeros(1, np.uint64), np.cumsum(values, dtype=np.uint64)))
            return total[self.scores.indptr[1:]] - total[self.scores.indptr[:-1]]
        keys = np.zeros(self.n_rows, np.uint64)
        for column, code in zip(self.scores.T, codes, strict=True):
            keys += code[column + 1]
        return keys

    def _highest(self) -> int:
        if self.is_sparse:
            return int(self.scores.data.max(initial=1)) - 1
        return max(int(self.scores.max(initial=0)), 0)

    def _stored_by_density(self) -> "Responses":
        cells = self.n_rows * self.n_items
        if cells and self.scores.nnz >= SPARSE_BELOW * cells:
            return Responses(self.dense(), self.weights)
        return self

    def for_estimation(self) -> "Responses":
        """The same answers, sparse where that is the cheaper way to walk through them."""
        if self.is_sparse:
            return self._stored_by_density()
        present = self.scores >= 0
        if np.count_nonzero(present) >= SPARSE_BELOW * self.scores.size:
            return self
        rows, items = np.nonzero(present)
        stored = sparse.csr_array((self.scores[rows, items] + np.int8(1), (rows, items)), shape=self.scores.shape)
        return Responses(stored, self.weights)


def _indices(name: str, values: ArrayLike) -> NDArray[np.intp]:
    given = np.asarray(values)
    if given.size and given.dtype.kind not in "iu":
        raise ValueError(f"{name} indices are {given.dtype}; expected whole numbers")
    return given.astype(np.intp)


def _require_inside(name: str, values: NDArray[np.intp], size: int) -> None:
    outside = (values < 0) | (values >= size)
    if outside.any():
        at = int(np.argmax(outside))
        raise ValueError(f"answer {at}: {name} {values[at]} is outside 0 to {size - 1}")


def _require_once(person: NDArray[np.intp], item: NDArray[np.intp], n_items: int) -> None:
    key = np.sort(person * n_items + item)
    twice = key[1:] == key[:-1]
    if twice.any():
        at = int(key[int(np.argmax(twice))])
        raise ValueError(f"person {at // n_items} answered item {at % n_items} more than once")


def names_or_numbers(names: Sequence[str] | None, n_items: int) -> tuple[str, ...]:
    """What messages call the items: their names, or "item 0", "item 1", …"""
    if names is None:
        return tuple(f"item {index}" for index in range(n_items))
    if len(names) != n_items:
        raise ValueError(f"{len(names)} names for {n_items} items")
    return tuple(names)
