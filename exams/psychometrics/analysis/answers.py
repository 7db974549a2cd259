"""What students answered, as arrays: the checks that every analysis begins with.

A matrix of scores has a row for each student and a column for each item; NaN, or -1 in an array of integers, stands
for an item that the student was not given or did not answer. The checks copy nothing when the array is float64
already, and never write to it.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exams.cat.models import FloatArray

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.intp]

# Rows of a matrix of residuals that are worked on at once: those of 50,000 students by 500 items would fill the memory.
BLOCK = 4096
# What stands for a missing answer among integers, which have no NaN.
MISSING = -1


def graded(scores: ArrayLike, name: str = "scores") -> FloatArray:
    """`scores` (N, n) as float64, refused unless every one is a finite number >= 0 or NaN."""
    x = _with_nan(scores)
    if x.ndim != 2 or not x.size:
        raise ValueError(f"{name} has shape {x.shape}; expected a row for each student and a column for each item")
    _refuse_first(name, x, np.isnan(x) | ((x >= 0) & np.isfinite(x)), "a score is a finite number >= 0, or NaN")
    return x


def dichotomous(scores: ArrayLike, name: str = "scores") -> FloatArray:
    """`scores` (N, n) as float64, refused unless every one is 0, 1 or NaN."""
    x = graded(scores, name)
    _refuse_first(name, x, np.isnan(x) | (x == 0) | (x == 1), "a dichotomous score is 0, 1 or NaN (not answered)")
    return x


def scores_of_one_item(scores: ArrayLike, name: str = "scores", *, highest: int = 1) -> FloatArray:
    """`scores` (m,) of one item as float64, refused unless every one is 0, 1 … `highest` or NaN."""
    x = _with_nan(scores)
    if x.ndim != 1:
        raise ValueError(f"{name} has shape {x.shape}; expected one score for each answer to the item")
    if highest == 1:
        valid, rule = np.isnan(x) | (x == 0) | (x == 1), "a dichotomous score is 0, 1 or NaN (not answered)"
    else:
        with np.errstate(invalid="ignore"):
            valid = np.isnan(x) | ((x >= 0) & (x <= highest) & (x == np.floor(x)))
        rule = f"a score is a whole number from 0 to {highest}, or NaN (not answered)"
    _refuse_first(name, x, valid, rule)
    return x


def column(values: ArrayLike, size: int, name: str) -> FloatArray:
    """`values` (size,) as float64, refused unless every one is finite."""
    x = np.asarray(values, dtype=np.float64)
    if x.shape != (size,):
        raise ValueError(f"{name} has shape {x.shape}; expected ({size},)")
    _refuse_first(name, x, np.isfinite(x), "must be finite")
    return x


def flags_of(values: ArrayLike, size: int, name: str) -> BoolArray:
    """`values` (size,) as booleans, refused unless every one is true or false (0 or 1)."""
    x = np.asarray(values)
    if x.shape != (size,):
        raise ValueError(f"{name} has shape {x.shape}; expected ({size},)")
    _refuse_first(name, x, (x == 0) | (x == 1), "must be true or false")
    return x.astype(np.bool_)


def complete_rows(x: FloatArray, least: int) -> FloatArray:
    """The rows of `x` without NaN; refused when fewer than `least` are left."""
    whole = ~np.isnan(x).any(axis=1)
    if whole.sum() < least:
        raise ValueError(
            f"{int(whole.sum())} of {len(x)} students answered every item; at least {least} are needed. "
            "Leave out items that few were given, or score omitted answers first."
        )
    return x if whole.all() else x[whole]


def proportion(value: float, name: str) -> float:
    """`value`, refused unless it lies strictly between 0 and 1."""
    if not 0 < value < 1:
        raise ValueError(f"{name} = {value!r}: must lie strictly between 0 and 1")
    return float(value)


def require_same_items(x: FloatArray, size: int) -> None:
    """Refuse scores whose columns are not the `size` items whose parameters are given."""
    if x.shape[1] != size:
        raise ValueError(f"scores has {x.shape[1]} columns and there are parameters of {size} items")


def _with_nan(scores: ArrayLike) -> FloatArray:
    given = np.asarray(scores)
    x = given.astype(np.float64, copy=False)
    return np.where(given == MISSING, np.nan, x) if given.dtype.kind == "i" else x


def _refuse_first(name: str, x: NDArray[np.generic], valid: BoolArray, rule: str) -> None:
    if not valid.all():
        index = np.unravel_index(int(np.argmin(valid)), x.shape)
        place = ", ".join(str(int(i)) for i in index)
        raise ValueError(f"{name}[{place}] = {x[index].item()!r}: {rule}")
