"""What every form drawn from a pool must keep to: counts and sums within bounds, sets of items, enemies.

A blueprint is a set of linear constraints on the indicator x_i of each item of a pool (van der Linden, 2005, Linear
Models for Optimal Test Design, ch. 3), on the sets that share a passage, and on items that give each other away.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exams.cat.models import FloatArray

MaskArray = NDArray[np.bool_]

DISCRETE = -1
"""The set of an item that stands alone."""


@dataclass(frozen=True, eq=False)
class Constraint:
    """lower <= sum of q_i x_i <= upper over the items of a form.

    Parameters
    ----------
    name : str
        What its author calls it.
    coefficients : array (n,)
        q: 1 for each item that counts, or its words.
    lower, upper : float
        Either may be infinite.

    Raises
    ------
    ValueError
        When the bounds are out of order or a coefficient is not finite.
    """

    name: str
    coefficients: FloatArray
    lower: float = -inf
    upper: float = inf

    def __post_init__(self) -> None:
        coefficients = np.array(self.coefficients, dtype=np.float64)
        if coefficients.ndim != 1 or not np.isfinite(coefficients).all():
            raise ValueError(f"constraint {self.name!r}: one finite coefficient for each item is needed")
        # `not <=` refuses NaN too.
        if not self.lower <= self.upper:
            raise ValueError(f"constraint {self.name!r}: its least {self.lower!r} is above its most {self.upper!r}")
        coefficients.flags.writeable = False
        object.__setattr__(self, "coefficients", coefficients)


@dataclass(frozen=True)
class Violation:
    """A constraint that a form does not keep to: the value that it reaches, and its bounds."""

    name: str
    reached: float
    lower: float
    upper: float


@dataclass(frozen=True, eq=False)
class Blueprint:
    """The constraints on forms from a pool of `size` items; their length is the configuration's.

    Parameters
    ----------
    size : int
        n, the items of the pool.
    constraints : sequence of Constraint
    passage : array (n,), optional
        The set that each item belongs to, numbered from 0; -1 for one that stands alone.
    items_per_set : (int, int)
        Fewest and most items of a set that a form uses at all.
    sets : (int, int)
        Fewest and most sets of a form.
    enemies : sequence of groups of pool indices
        At most one item of each group is in a form. Pairs will do; those that are all of each other's enemies are
        joined into one constraint.

    Raises
    ------
    ValueError
        Naming what does not fit the pool.
    """

    size: int
    constraints: Sequence[Constraint] = ()
    passage: NDArray[np.intp] = None  # type: ignore[assignment]
    items_per_set: tuple[int, int] = (1, 10_000)
    sets: tuple[int, int] = (0, 10_000)
    enemies: Sequence[Sequence[int]] = ()

    def __post_init__(self) -> None:
        for constraint in self.constraints:
            if constraint.coefficients.size != self.size:
                raise ValueError(
                    f"constraint {constraint.name!r} has {constraint.coefficients.size} coefficients; "
                    f"the pool has {self.size} items"
                )
        passage = np.full(self.size, DISCRETE) if self.passage is None else np.array(self.passage, dtype=np.intp)
        if passage.shape != (self.size,) or (passage < DISCRETE).any():
            raise ValueError(f"passage has shape {passage.shape}; expected a set >= 0, or -1, for each of {self.size}")
        for name, (least, most) in (("items_per_set", self.items_per_set), ("sets", self.sets)):
            if not 0 <= least <= most:
                raise ValueError(f"{name} = ({least!r}, {most!r}): must rise and not be negative")
        for group in self.enemies:
            if any(not 0 <= index < self.size for index in group):
                raise ValueError(f"enemies {tuple(group)!r}: an index is not in this pool of {self.size}")
        passage.flags.writeable = False
        object.__setattr__(self, "passage", passage)

    @cached_property
    def set_count(self) -> int:
        """How many sets there are."""
        return int(self.passage.max(initial=DISCRETE)) + 1

    @cached_property
    def cliques(self) -> tuple[tuple[int, ...], ...]:
        """Groups of items that are all enemies of each other, which together say all that `enemies` says.

        One constraint on a whole group bounds the relaxed program tighter than a constraint on each pair.
        """
        found: list[tuple[int, ...]] = []
        neighbours = self.enemies_of
        left = {frozenset((one, other)) for one, others in neighbours.items() for other in others}
        for edge in sorted(map(sorted, left)):
            if frozenset(edge) not in left:
                continue
            clique = list(edge)
            for candidate in sorted(neighbours[edge[0]] & neighbours[edge[1]]):
                if all(candidate in neighbours[member] for member in clique):
                    clique.append(candidate)
            left -= {frozenset((one, other)) for one in clique for other in clique if one != other}
            found.append(tuple(sorted(clique)))
        return tuple(found)

    @cached_property
    def enemies_of(self) -> dict[int, frozenset[int]]:
        """The enemies of each item that has any."""
        found: dict[int, set[int]] = {}
        for group in self.enemies:
            for index in group:
                found.setdefault(int(index), set()).update(int(other) for other in group if other != index)
        return {index: frozenset(others) for index, others in found.items() if others}

    def barred_by(self, given: Iterable[int]) -> list[int]:
        """The enemies of the items `given`."""
        return sorted({enemy for index in given for enemy in self.enemies_of.get(int(index), ())})

    def violations(self, form: ArrayLike, length: int | None = None) -> tuple[Violation, ...]:
        """What a whole form (k distinct indices, in their order) does not keep to; empty when nothing.

        Beside the constraints themselves: "length" (when one is wanted), "sets", "items_per_set", "enemies", and
        "consecutive", the number of times that a form comes back to a set it had left.
        """
        items = np.asarray(form, dtype=np.intp)
        checks = [(one.name, float(one.coefficients[items].sum()), one.lower, one.upper) for one in self.constraints]
        if length is not None:
            checks.append(("length", float(items.size), float(length), float(length)))
        used = self.passage[items]
        numbers, counts = np.unique(used[used != DISCRETE], return_counts=True)
        checks.append(("sets", float(numbers.size), self.sets[0], self.sets[1]))
        least, most = self.items_per_set
        checks += [("items_per_set", float(count), least, most) for count in counts]
        begun = (np.diff(used, prepend=DISCRETE) != 0) & (used != DISCRETE)
        checks.append(("consecutive", float(np.count_nonzero(begun) - numbers.size), 0.0, 0.0))
        chosen = frozenset(items.tolist())
        pairs = sum(len(self.enemies_of.get(index, frozenset()) & chosen) for index in chosen) // 2
        checks.append(("enemies", float(pairs), 0.0, 0.0))
        return tuple(Violation(*one) for one in checks if not one[2] - 1e-6 <= one[1] <= one[3] + 1e-6)


def open_set(blueprint: Blueprint, given: Sequence[int]) -> int:
    """The set that the last of the items `given` belongs to, which may be gone on with; -1 for none."""
    return int(blueprint.passage[given[-1]]) if len(given) else DISCRETE


def allowed(blueprint: Blueprint, given: Sequence[int], free: MaskArray) -> MaskArray:
    """Which items may come next in an ordinary adaptive test, which keeps to sets and enemies but counts nothing.

    A set that was begun is gone on with until it has given its most or has run out, then it is never come back to. A
    set is begun only while it has its fewest items free and the form has room for another set.

    Parameters
    ----------
    given : sequence of pool indices, in order
    free : bool array (n,)
        Items that were not given and may be.
    """
    mask = free.copy()
    mask[blueprint.barred_by(given)] = False
    if not blueprint.set_count:
        return mask
    sets = blueprint.passage
    taken = np.bincount(sets[list(given)] + 1, minlength=blueprint.set_count + 1)[1:]
    current = open_set(blueprint, given)
    if current != DISCRETE and taken[current] < blueprint.items_per_set[1]:
        rest = mask & (sets == current)
        if rest.any():
            return rest
    may_begin = (taken == 0) & (_at_most_one_enemy(blueprint, mask) >= blueprint.items_per_set[0])
    if np.count_nonzero(taken) >= blueprint.sets[1]:
        may_begin[:] = False
    return mask & np.concatenate((may_begin, [True]))[sets]


def _at_most_one_enemy(blueprint: Blueprint, mask: MaskArray) -> NDArray[np.intp]:
    # How many items of each set can be given together: of enemies within one set, one alone.
    countable = mask.copy()
    for clique in blueprint.cliques:
        for number in set(blueprint.passage[list(clique)].tolist()) - {DISCRETE}:
            within = [index for index in clique if blueprint.passage[index] == number and countable[index]]
            countable[within[1:]] = False
    return np.bincount(blueprint.passage[countable] + 1, minlength=blueprint.set_count + 1)[1:]
