"""Dichotomous and polytomous items in one pool, and what estimation and selection ask of them.

A table with a row for each (item, score) holds every item's categories one after another: the rows of item i begin at
`first_row[i]` and end before `first_row[i + 1]`. Items that are all logistic stay plain `ItemParameters`, whose rows
2 i and 2 i + 1 are the wrong and the right answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exams.cat import models
from exams.cat.models import FloatArray, ItemParameters
from exams.cat.polytomous import BLOCKS, Block, block_of

LOGISTIC = "logistic"
MODELS = (LOGISTIC, *BLOCKS)


@dataclass(frozen=True, eq=False)
class MixedItems:
    """n items of which at least one has several score categories. Build them with `build_items`.

    Attributes
    ----------
    a, b, c, d : array (n,)
        As in `ItemParameters`; b is the mean threshold, c = 0 and d = 1 where the model has thresholds.
    categories : array (n,)
        Number of score categories of each item; its scores are 0 … categories - 1.
    first_row : array (n + 1,)
        Where the rows of each item begin in a table by (item, score).
    logistic : ItemParameters
        Those of the items that are logistic.
    blocks : tuple of Block
        The others, by model.
    owner : array (n,)
        Index into `blocks` of each item's block; -1 for the logistic ones.
    place : array (n,)
        Position of each item within its block.
    """

    a: FloatArray
    b: FloatArray
    c: FloatArray
    d: FloatArray
    categories: NDArray[np.intp]
    first_row: NDArray[np.intp]
    logistic: ItemParameters
    blocks: tuple[Block, ...]
    owner: NDArray[np.intp]
    place: NDArray[np.intp]

    def __len__(self) -> int:
        return self.a.size

    def take(self, indices: ArrayLike) -> "MixedItems":
        """Parameters of the items at `indices` (k,), in that order."""
        at = np.asarray(indices, dtype=np.intp)
        owner, place = self.owner[at], self.place[at]
        blocks = tuple(block.take(place[owner == index]) for index, block in enumerate(self.blocks))
        return _mixed(self.logistic.take(place[owner == -1]), blocks, owner)

    @cached_property
    def parts(self) -> tuple[tuple[Block, NDArray[np.intp], NDArray[np.intp]], ...]:
        """The blocks that have items, each with the indices of its items and the rows of what `valid` marks."""
        found = [(block, np.flatnonzero(self.owner == index)) for index, block in enumerate(self.blocks)]
        return tuple(
            (block, at, (self.first_row[at] + np.arange(block.valid.shape[0])[:, None])[block.valid])
            for block, at in found
            if at.size
        )

    @cached_property
    def plain(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Indices and rows of the logistic items."""
        at = np.flatnonzero(self.owner == -1)
        return at, (self.first_row[at][:, None] + np.arange(2)).ravel()


Items = ItemParameters | MixedItems


def build_items(
    models: Sequence[str],
    a: ArrayLike,
    b: ArrayLike,
    c: ArrayLike,
    d: ArrayLike,
    thresholds: Sequence[Sequence[float]],
) -> Items:
    """Items of any of the models, validated.

    Parameters
    ----------
    models : sequence (n,)
        "logistic" (one to four parameters), "grm" (graded response) or "gpcm" (generalized partial credit).
    a, b, c, d : array (n,)
        As in `ItemParameters`; items with thresholds use `a` alone.
    thresholds : sequence (n,) of sequences
        In logits, one for each score above 0: rising for "grm", in any order for "gpcm", none for "logistic".

    Returns
    -------
    ItemParameters or MixedItems
        The former when every item is logistic.

    Raises
    ------
    ValueError
        Naming the parameter, the index of the item and the value.
    """
    names = list(models)
    if len(thresholds) != len(names):
        raise ValueError(f"{len(thresholds)} lists of thresholds for {len(names)} items: each item has one")
    slopes = _column("a", a, names)
    for index, (model, values) in enumerate(zip(names, thresholds, strict=True)):
        _check(index, model, values, float(slopes[index]))
    plain = np.array([model == LOGISTIC for model in names], dtype=bool)
    columns = [slopes, *(_column(name, values, names) for name, values in (("b", b), ("c", c), ("d", d)))]
    if plain.all():
        return _logistic(columns)
    # Validated in place, so that an error names the index that the caller knows.
    whole = [np.where(plain, column, neutral) for column, neutral in zip(columns, (1.0, 0.0, 0.0, 1.0), strict=True)]
    logistic = _logistic(whole).take(np.flatnonzero(plain))
    owner = np.full(len(names), -1, dtype=np.intp)
    blocks = []
    for number, model in enumerate(dict.fromkeys(name for name in names if name != LOGISTIC)):
        at = [index for index, name in enumerate(names) if name == model]
        owner[at] = number
        blocks.append(block_of(model, slopes[at], [thresholds[index] for index in at]))
    return _mixed(logistic, tuple(blocks), owner)


def _logistic(columns: list[FloatArray]) -> ItemParameters:
    a, b, c, d = columns
    return ItemParameters(a, b, c, d)


def _column(name: str, values: ArrayLike, models: list[str]) -> FloatArray:
    column = np.array(values, dtype=np.float64)
    if column.shape != (len(models),):
        raise ValueError(f"{name} has shape {column.shape}; expected one value for each of the {len(models)} items")
    return column


def _check(index: int, model: str, thresholds: Sequence[float], slope: float) -> None:
    if model not in MODELS:
        raise ValueError(f"models[{index}] = {model!r}: choose from {', '.join(MODELS)}")
    values = np.array(thresholds, dtype=np.float64)
    said = f"thresholds[{index}] = {list(thresholds)!r}"
    if model == LOGISTIC:
        if values.size:
            raise ValueError(f"{said}: a logistic item has none")
        return
    if not (np.isfinite(slope) and slope > 0):
        raise ValueError(f"a[{index}] = {slope!r}: discrimination must be positive")
    if values.ndim != 1 or not values.size or not np.isfinite(values).all():
        raise ValueError(f"{said}: a {model} item has one finite threshold for each score above 0")
    if model == "grm" and (np.diff(values) <= 0).any():
        raise ValueError(f"{said}: the thresholds of a graded item must rise")


def _mixed(logistic: ItemParameters, blocks: tuple[Block, ...], owner: NDArray[np.intp]) -> MixedItems:
    size = owner.size
    columns = {name: np.empty(size) for name in "abcd"}
    categories, place = np.empty(size, dtype=np.intp), np.empty(size, dtype=np.intp)
    at = np.flatnonzero(owner == -1)
    categories[at], place[at] = 2, np.arange(at.size)
    for name, column in columns.items():
        column[at] = getattr(logistic, name)
    for index, block in enumerate(blocks):
        at = np.flatnonzero(owner == index)
        categories[at], place[at] = block.valid.sum(axis=0), np.arange(at.size)
        columns["a"][at], columns["b"][at] = block.a, np.mean(block.b, axis=0, where=block.valid[1:])
        columns["c"][at], columns["d"][at] = 0.0, 1.0
    first_row = np.concatenate(([0], np.cumsum(categories))).astype(np.intp)
    for array in (*columns.values(), categories, first_row, owner, place):
        array.flags.writeable = False
    return MixedItems(
        **columns,
        categories=categories,
        first_row=first_row,
        logistic=logistic,
        blocks=blocks,
        owner=owner,
        place=place,
    )


def information(theta: ArrayLike, items: Items) -> FloatArray:
    """Fisher information at theta (any shape S), >= 0; shape S + (n,)."""
    if isinstance(items, ItemParameters):
        return models.information(theta, items)
    result = np.empty((*np.shape(theta), len(items)))
    result[..., items.plain[0]] = models.information(theta, items.logistic)
    for block, at, _ in items.parts:
        result[..., at] = block.information(theta)
    return result


def log_probabilities(theta: ArrayLike, items: Items) -> FloatArray:
    """log Pr(X_i = x | theta) for every (item, score); shape S + (n_rows,)."""
    if isinstance(items, ItemParameters):
        pairs = models.log_probabilities(theta, items)
        return pairs.reshape(*pairs.shape[:-2], -1)
    result = np.empty((*np.shape(theta), int(items.first_row[-1])))
    result[..., items.plain[1]] = log_probabilities(theta, items.logistic)
    for block, _, rows in items.parts:
        result[..., rows] = block.log_probabilities(theta)[..., block.valid]
    return result


def log_derivatives(theta: ArrayLike, items: Items) -> tuple[FloatArray, FloatArray]:
    """First and second derivative in theta of `log_probabilities`; shapes S + (n_rows,)."""
    if isinstance(items, ItemParameters):
        first, second = models.log_derivatives(theta, items)
        return first.reshape(*first.shape[:-2], -1), second.reshape(*second.shape[:-2], -1)
    shape = (*np.shape(theta), int(items.first_row[-1]))
    first, second = np.empty(shape), np.empty(shape)
    rows = items.plain[1]
    first[..., rows], second[..., rows] = log_derivatives(theta, items.logistic)
    for block, _, rows in items.parts:
        for result, values in zip((first, second), block.log_derivatives(theta), strict=True):
            result[..., rows] = values[..., block.valid]
    return first, second


def score_and_curvature(theta: float, items: Items, scores: NDArray[np.intp]) -> tuple[float, float]:
    """First and second derivative in theta of the log-likelihood of `scores` (n,), checked already."""
    if isinstance(items, ItemParameters):
        return models.score_and_curvature(theta, items, scores)
    rows = items.first_row[:-1] + scores
    first, second = log_derivatives(theta, items)
    return float(first[rows].sum()), float(second[rows].sum())


def warm_slope(theta: FloatArray, items: Items, scores: NDArray[np.intp]) -> FloatArray:
    """Slope in theta of the logarithm of Warm's weighted likelihood of `scores` (n,), checked already; shape S.

    sum of l'_i(x_i) + J / (2 I), where J sums P' P'' / P = P l' (l'' + l'^2) and I sums P l'^2 over all rows.
    """
    if isinstance(items, ItemParameters):
        return models.warm_slope(theta, items, scores)
    first, second = log_derivatives(theta, items)
    weight = probabilities(theta, items) * first
    told = (weight * first).sum(axis=-1)
    drift = (weight * (second + first * first)).sum(axis=-1)
    result: FloatArray = first[..., items.first_row[:-1] + scores].sum(axis=-1) + drift / (2 * told)
    return result


def probabilities(theta: ArrayLike, items: Items) -> FloatArray:
    """Pr(X_i = x | theta) for every (item, score), in (0, 1]; shape S + (n_rows,)."""
    return np.exp(log_probabilities(theta, items))


def expected_scores(theta: ArrayLike, items: Items) -> FloatArray:
    """Mean score of each item, in [0, categories - 1]; shape S + (n,)."""
    weights = row_scores(items) * probabilities(theta, items)
    result: FloatArray = np.add.reduceat(weights, first_rows(items), axis=-1)
    return result


def scores_at(theta: float, items: Items, uniforms: FloatArray) -> NDArray[np.intp]:
    """Scores (n,) of a virtual student, who gets at least x where a number drawn evenly from [0, 1) falls short of
    Pr(X_i >= x | theta). `uniforms` (n,) are those numbers.
    """
    sizes = categories_of(items)
    table = np.zeros((len(items), int(sizes.max(initial=2))))
    table[np.arange(table.shape[1]) < sizes[:, None]] = probabilities(theta, items)
    result: NDArray[np.intp] = (uniforms[:, None] < 1 - np.cumsum(table, axis=1)[:, :-1]).sum(axis=1)
    # Where a short row ends, 1 less its sum may be off 0 by a rounding.
    return np.minimum(result, sizes - 1)


def log_probability_table(items: Items, nodes: FloatArray) -> FloatArray:
    """`log_probabilities` at the nodes as an array (n_rows, n_nodes), each row contiguous; 8 bytes a value."""
    return np.ascontiguousarray(log_probabilities(nodes, items).T)


def categories_of(items: Items) -> NDArray[np.intp]:
    """Number of score categories of each item, (n,)."""
    return np.full(len(items), 2, dtype=np.intp) if isinstance(items, ItemParameters) else items.categories


def first_rows(items: Items) -> NDArray[np.intp]:
    """Row of score 0 of each item, (n,)."""
    if isinstance(items, ItemParameters):
        return np.arange(0, 2 * len(items), 2, dtype=np.intp)
    return items.first_row[:-1]


def row_scores(items: Items) -> NDArray[np.intp]:
    """The score that each row stands for, (n_rows,)."""
    sizes = categories_of(items)
    result: NDArray[np.intp] = np.arange(int(sizes.sum())) - np.repeat(first_rows(items), sizes)
    return result


def checked_scores(scores: ArrayLike, items: Items) -> NDArray[np.intp]:
    """`scores` as an integer array (n,), refused unless every one is a score of its item."""
    if isinstance(items, ItemParameters):
        return models.checked_scores(scores, len(items))
    given = np.asarray(scores)
    if given.shape != (len(items),):
        raise ValueError(f"scores has shape {given.shape}; expected ({len(items)},), one for each item")
    valid = (given >= 0) & (given < items.categories) & (given == np.floor(given))
    if not valid.all():
        index = int(np.argmin(valid))
        highest = int(items.categories[index]) - 1
        raise ValueError(f"scores[{index}] = {given[index].item()!r}: must be a whole number from 0 to {highest}")
    return given.astype(np.intp)
