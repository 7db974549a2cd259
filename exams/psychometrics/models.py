"""Item response models for dichotomous and polytomous items, with the gradients that estimation needs.

The logistic models of one to four parameters (Birnbaum, 1968; Barton & Lord, 1981):

    P(theta) = c + (d - c) / (1 + exp(-a (theta - b)))

the graded response model (Samejima, 1969), with rising thresholds b_1 < b_2 < …:

    Pr(X >= k) = 1 / (1 + exp(-a (theta - b_k)))

and the generalized partial credit model (Muraki, 1992), with steps b_1, b_2, … in any order:

    Pr(X = k) proportional to exp(sum over v <= k of a (theta - b_v))

theta and b are in logits, a is per logit, the constant D is 1. Estimation works on slopes and intercepts, in which
the complete-data likelihood is concave or nearly so: z = a theta + d_k, where d_k = -a b_k (graded and logistic) or
-a (b_1 + … + b_k) (partial credit); asymptotes as their logits.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, log_expit, logit

FloatArray = NDArray[np.float64]

DICHOTOMOUS = ("1PL", "2PL", "3PL", "4PL")
POLYTOMOUS = ("GRM", "GPCM")
MODELS = DICHOTOMOUS + POLYTOMOUS

# Asymptotes are estimated within these; an estimate that ends on one is reported as such.
LEAST_ASYMPTOTE = 1e-4
LARGEST_GUESSING = 0.6
LEAST_UPPER = 0.6
LARGEST_SLOPE = 12.0
LARGEST_INTERCEPT = 80.0

TINY = 1e-300


@dataclass(frozen=True, eq=False)
class Items:
    """Parameters of J items of any of the models.

    Parameters
    ----------
    models : J names out of "1PL", "2PL", "3PL", "4PL", "GRM", "GPCM"
    a : array (J,)
        Discrimination; not 0. A negative one describes an item that the able answer worse, mostly a wrong key.
    b : array (J, M) or (J,)
        Difficulty in the first column; thresholds or steps of polytomous items in as many as they have, then NaN.
    c, d : array (J,), optional
        Lower and upper asymptotes; 0 and 1.

    Raises
    ------
    ValueError
        Naming the parameter, the index of the item and the value.
    """

    models: tuple[str, ...]
    a: FloatArray
    b: FloatArray
    c: FloatArray = None  # type: ignore[assignment]
    d: FloatArray = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        size = len(self.models)
        thresholds = np.array(self.b, dtype=np.float64)
        columns = {
            "models": tuple(self.models),
            "a": np.array(self.a, dtype=np.float64),
            "b": thresholds[:, None] if thresholds.ndim == 1 else thresholds,
            "c": np.zeros(size) if self.c is None else np.array(self.c, dtype=np.float64),
            "d": np.ones(size) if self.d is None else np.array(self.d, dtype=np.float64),
        }
        for name, column in columns.items():
            object.__setattr__(self, name, column)
        self._check(size)
        for name in "abcd":
            getattr(self, name).flags.writeable = False

    def _check(self, size: int) -> None:
        for index, model in enumerate(self.models):
            if model not in MODELS:
                raise ValueError(f"models[{index}] = {model!r}: expected one of {', '.join(MODELS)}")
        for name in "abcd":
            column = getattr(self, name)
            if len(column) != size or column.ndim != (2 if name == "b" else 1):
                raise ValueError(f"{name} has shape {column.shape}; expected one row for each of the {size} items")
        _require(np.isfinite(self.a) & (self.a != 0), "a", self.a, "a slope must be finite and not 0")
        _require((self.c >= 0) & (self.c < 1), "c", self.c, "the lower asymptote must be in [0, 1)")
        _require((self.d > self.c) & (self.d <= 1), "d", self.d, "the upper asymptote must be above c and at most 1")
        used = np.arange(self.b.shape[1]) < (self.categories - 1)[:, None]
        whole = (np.isfinite(self.b) == used).all(axis=1) & (self.categories >= 2)
        _require(whole, "b", self.b, "finite values first, one for a dichotomous item, NaN after them")
        two = ~np.isin(self.models, POLYTOMOUS)
        _require(~two | (self.categories == 2), "b", self.b, "a dichotomous item has one difficulty")
        graded = np.asarray(self.models) == "GRM"
        falling = (np.diff(self.b, axis=1) <= 0).any(axis=1)
        _require(~(graded & falling), "b", self.b, "thresholds of a graded item must rise")

    def __len__(self) -> int:
        return len(self.models)

    @property
    def categories(self) -> NDArray[np.intp]:
        """Number of score categories of each item, (J,)."""
        return np.isfinite(self.b).sum(axis=1) + 1

    @property
    def difficulty(self) -> FloatArray:
        """b of dichotomous items, the mean threshold or step of others, (J,)."""
        return np.nanmean(self.b, axis=1)

    def take(self, indices: ArrayLike) -> "Items":
        at = np.asarray(indices, dtype=np.intp)
        return Items(tuple(self.models[i] for i in at), self.a[at], self.b[at], self.c[at], self.d[at])

    def rescaled(self, slope: float, intercept: float) -> "Items":
        """The same items for the ability slope * theta + intercept; every probability stays."""
        return Items(self.models, self.a / slope, self.b * slope + intercept, self.c, self.d)

    def probabilities(self, theta: ArrayLike) -> FloatArray:
        """Pr(X_j = k | theta), shape (J, K, Q) for Q abilities; 0 in categories that an item does not have."""
        nodes = np.atleast_1d(np.asarray(theta, dtype=np.float64))
        result = np.zeros((len(self), int(self.categories.max(initial=2)), nodes.size))
        for family, at in families_of(self.models, self.categories):
            result[at, : family.categories] = np.exp(family.log_probabilities(family.working(self.take(at)), nodes))
        return result

    def probability_slopes(self, theta: ArrayLike) -> FloatArray:
        """Derivatives of the probabilities in theta, (J, K, Q).

        A shift of theta by m is a shift of the intercepts, so that no formula needs a derivative of its own for it.
        """
        nodes = np.atleast_1d(np.asarray(theta, dtype=np.float64))
        result = np.zeros((len(self), int(self.categories.max(initial=2)), nodes.size))
        for family, at in families_of(self.models, self.categories):
            w, size = family.working(self.take(at)), family.categories
            moved = family.shifted(w[:, :size], 1.0, 1.0)[:, 1:] - w[:, 1:size]
            slopes = np.einsum("jp,jpkq->jkq", moved, family.gradients(w, nodes)[:, 1:size])
            result[at, :size] = slopes * np.exp(family.log_probabilities(w, nodes))
        return result

    def expected_scores(self, theta: ArrayLike) -> FloatArray:
        """Mean score of each item at each ability, (J, Q)."""
        table = self.probabilities(theta)
        return np.einsum("k,jkq->jq", np.arange(table.shape[1]), table)


def _require(valid: NDArray[np.bool_], name: str, column: FloatArray, rule: str) -> None:
    if not valid.all():
        index = int(np.argmin(valid))
        raise ValueError(f"{name}[{index}] = {column[index].tolist()!r}: {rule}")


class Family(Protocol):
    """Items that share a formula and a number of categories, by working parameters W (J, P).

    The first column of W is the slope, the next `categories` - 1 are intercepts.
    """

    @property
    def categories(self) -> int: ...

    @property
    def size(self) -> int: ...

    def log_probabilities(self, w: FloatArray, nodes: FloatArray) -> FloatArray:
        """log Pr(X = k | node), (J, K, Q)."""

    def gradients(self, w: FloatArray, nodes: FloatArray) -> FloatArray:
        """Derivatives of the log-probabilities in the working parameters, (J, P, K, Q)."""

    def working(self, items: Items) -> FloatArray: ...

    def difficulties(self, w: FloatArray) -> FloatArray:
        """b, (J, K - 1)."""

    def difficulty_weights(self) -> FloatArray:
        """L (K - 1, K - 1) with b = -L d / a."""

    def shifted(self, w: FloatArray, mean: float, sd: float) -> FloatArray:
        """Working parameters for (theta - mean) / sd in the place of theta."""

    def feasible(self, w: FloatArray) -> NDArray[np.bool_]: ...

    def bounds(self) -> tuple[FloatArray, FloatArray]: ...


@dataclass(frozen=True)
class Logistic:
    """One to four parameters; W is a, d = -a b, logit c, logit of the upper asymptote (infinite when it is 1)."""

    categories: int = 2
    size: int = 4

    def log_probabilities(self, w: FloatArray, nodes: FloatArray) -> FloatArray:
        z, lower, upper = self._parts(w, nodes)
        result = np.empty((len(w), 2, nodes.size))
        if (lower == 0).all() and (upper == 1).all():
            log_expit(z, out=result[:, 1])
            np.subtract(result[:, 1], z, out=result[:, 0])
            return result
        right, wrong = expit(z), expit(-z)
        np.log((1 - upper) * right + (1 - lower) * wrong + TINY, out=result[:, 0])
        np.log(upper * right + lower * wrong + TINY, out=result[:, 1])
        return result

    def gradients(self, w: FloatArray, nodes: FloatArray) -> FloatArray:
        z, lower, upper = self._parts(w, nodes)
        right, wrong = expit(z), expit(-z)
        change = np.empty((len(w), self.size, 1, nodes.size))
        np.multiply((upper - lower) * right, wrong, out=change[:, 1, 0])
        np.multiply(change[:, 1, 0], nodes, out=change[:, 0, 0])
        np.multiply(lower * (1 - lower), wrong, out=change[:, 2, 0])
        np.multiply(upper * (1 - upper), right, out=change[:, 3, 0])
        scores = np.empty((len(w), 1, 2, nodes.size))
        np.divide(-1, (1 - upper) * right + (1 - lower) * wrong + TINY, out=scores[:, 0, 0])
        np.divide(1, upper * right + lower * wrong + TINY, out=scores[:, 0, 1])
        return change * scores

    def _parts(self, w: FloatArray, nodes: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        z = w[:, :1] * nodes + w[:, 1:2]
        return z, expit(w[:, 2:3]), expit(w[:, 3:4])

    def working(self, items: Items) -> FloatArray:
        with np.errstate(divide="ignore"):
            return np.stack((items.a, -items.a * items.b[:, 0], logit(items.c), logit(items.d)), axis=1)

    def difficulties(self, w: FloatArray) -> FloatArray:
        return -w[:, 1:2] / w[:, :1]

    def difficulty_weights(self) -> FloatArray:
        return np.ones((1, 1))

    def shifted(self, w: FloatArray, mean: float, sd: float) -> FloatArray:
        result = w.copy()
        result[:, 0] *= sd
        result[:, 1] += w[:, 0] * mean
        return result

    def feasible(self, w: FloatArray) -> NDArray[np.bool_]:
        return np.asarray(w[:, 2] < w[:, 3])

    def bounds(self) -> tuple[FloatArray, FloatArray]:
        low, high = logit(LEAST_ASYMPTOTE), logit(1 - LEAST_ASYMPTOTE)
        lower = np.array([-LARGEST_SLOPE, -LARGEST_INTERCEPT, low, logit(LEAST_UPPER)])
        return lower, np.array([LARGEST_SLOPE, LARGEST_INTERCEPT, logit(LARGEST_GUESSING), high])


@dataclass(frozen=True)
class _Polytomous:
    categories: int

    @property
    def size(self) -> int:
        return self.categories

    def bounds(self) -> tuple[FloatArray, FloatArray]:
        upper = np.full(self.size, LARGEST_INTERCEPT)
        upper[0] = LARGEST_SLOPE
        return -upper, upper


class Graded(_Polytomous):
    """Samejima's model; W is a, d_1 > d_2 > … with d_k = -a b_k."""

    def log_probabilities(self, w: FloatArray, nodes: FloatArray) -> FloatArray:
        above = self._cumulative(w, nodes)
        below = self._cumulative_below(w, nodes)
        # Of two nearly equal numbers, subtract those that are near 0 rather than near 1.
        gap = np.where(above[:, 1:] < 0.5, above[:, :-1] - above[:, 1:], below[:, 1:] - below[:, :-1])
        return np.log(np.maximum(gap, TINY))

    def gradients(self, w: FloatArray, nodes: FloatArray) -> FloatArray:
        above, below = self._cumulative(w, nodes), self._cumulative_below(w, nodes)
        gap = np.where(above[:, 1:] < 0.5, above[:, :-1] - above[:, 1:], below[:, 1:] - below[:, :-1])
        density = above * below
        result = np.zeros((len(w), self.size, self.categories, nodes.size))
        result[:, 0] = (density[:, :-1] - density[:, 1:]) * nodes
        for k in range(1, self.categories):
            result[:, k, k] = density[:, k]
            result[:, k, k - 1] = -density[:, k]
        return result / np.maximum(gap, TINY)[:, None]

    def _logits(self, w: FloatArray, nodes: FloatArray) -> FloatArray:
        return w[:, :1, None] * nodes + w[:, 1:, None]

    def _cumulative(self, w: FloatArray, nodes: FloatArray) -> FloatArray:
        """Pr(X >= k) for k = 0 … K, (J, K + 1, Q)."""
        result = np.zeros((len(w), self.categories + 1, nodes.size))
        result[:, 0] = 1
        expit(self._logits(w, nodes), out=result[:, 1:-1])
        return result

    def _cumulative_below(self, w: FloatArray, nodes: FloatArray) -> FloatArray:
        """1 - Pr(X >= k), exact where that is small."""
        result = np.zeros((len(w), self.categories + 1, nodes.size))
        result[:, -1] = 1
        expit(-self._logits(w, nodes), out=result[:, 1:-1])
        return result

    def working(self, items: Items) -> FloatArray:
        b = items.b[:, : self.categories - 1]
        return np.concatenate((items.a[:, None], -items.a[:, None] * b), axis=1)

    def difficulties(self, w: FloatArray) -> FloatArray:
        return -w[:, 1:] / w[:, :1]

    def difficulty_weights(self) -> FloatArray:
        return np.eye(self.categories - 1)

    def shifted(self, w: FloatArray, mean: float, sd: float) -> FloatArray:
        result = w + w[:, :1] * mean
        result[:, 0] = w[:, 0] * sd
        return result

    def feasible(self, w: FloatArray) -> NDArray[np.bool_]:
        return np.asarray((np.diff(w[:, 1:], axis=1) < 0).all(axis=1))


class PartialCredit(_Polytomous):
    """Muraki's model; W is a, e_1, e_2, … with e_k = -a (b_1 + … + b_k)."""

    def log_probabilities(self, w: FloatArray, nodes: FloatArray) -> FloatArray:
        z = np.zeros((len(w), self.categories, nodes.size))
        z[:, 1:] = self._ranks[1:, None] * (w[:, :1, None] * nodes) + w[:, 1:, None]
        z -= z.max(axis=1, keepdims=True)
        z -= np.log(np.exp(z).sum(axis=1, keepdims=True))
        return z

    def gradients(self, w: FloatArray, nodes: FloatArray) -> FloatArray:
        p = np.exp(self.log_probabilities(w, nodes))
        result = np.empty((len(w), self.size, self.categories, nodes.size))
        mean = np.einsum("k,jkq->jq", self._ranks, p)
        result[:, 0] = (self._ranks[:, None] - mean[:, None]) * nodes
        for k in range(1, self.categories):
            result[:, k] = -p[:, k : k + 1]
            result[:, k, k] += 1
        return result

    @property
    def _ranks(self) -> FloatArray:
        return np.arange(self.categories, dtype=np.float64)

    def working(self, items: Items) -> FloatArray:
        steps = np.cumsum(items.b[:, : self.categories - 1], axis=1)
        return np.concatenate((items.a[:, None], -items.a[:, None] * steps), axis=1)

    def difficulties(self, w: FloatArray) -> FloatArray:
        return -np.diff(w[:, 1:], axis=1, prepend=0) / w[:, :1]

    def difficulty_weights(self) -> FloatArray:
        return np.eye(self.categories - 1) - np.eye(self.categories - 1, k=-1)

    def shifted(self, w: FloatArray, mean: float, sd: float) -> FloatArray:
        result = w + w[:, :1] * mean * self._ranks
        result[:, 0] = w[:, 0] * sd
        return result

    def feasible(self, w: FloatArray) -> NDArray[np.bool_]:
        return np.ones(len(w), dtype=bool)


def family_of(model: str, categories: int) -> Family:
    if model in DICHOTOMOUS:
        return Logistic()
    return Graded(categories) if model == "GRM" else PartialCredit(categories)


def families_of(models: tuple[str, ...], categories: ArrayLike) -> list[tuple[Family, NDArray[np.intp]]]:
    """The items of each formula, so that it is worked out for all of them at once."""
    kinds: dict[tuple[str, int], list[int]] = {}
    for index, (model, size) in enumerate(zip(models, np.asarray(categories).tolist(), strict=True)):
        kind = ("logistic", 2) if model in DICHOTOMOUS else (model, size)
        kinds.setdefault(kind, []).append(index)
    return [(family_of(models[at[0]], kind[1]), np.array(at)) for kind, at in kinds.items()]
