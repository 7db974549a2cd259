"""Exposure control by what each student may be given at all, settled before the test starts.

Item eligibility (van der Linden & Veldkamp, 2004, Journal of Educational and Behavioral Statistics 29; 2007): for
each student and item an experiment decides whether the item is eligible, with probabilities that follow the counts of
the students before. Sympson-Hetter (Sympson & Hetter, 1985) is the same experiment with probabilities that were found
by simulation: an item is given if it is selected and its experiment succeeds, and whether the coin is tossed before or
after the selection changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from exams.cat.config import CatConfig
from exams.cat.models import FloatArray
from exams.cat.pool import Pool
from exams.cat.selection import UniformSource

# Until so many students have come, an item may be given to as many as it might be to all of these.
SETTLING = 40


@dataclass(frozen=True, eq=False)
class ExposureCounts:
    """What the students so far were given.

    Attributes
    ----------
    students : int
    given : array (n,)
        Students who were given each item.
    eligible : array (n,)
        Students who might have been.
    """

    students: int
    given: NDArray[np.intp]
    eligible: NDArray[np.intp]

    @classmethod
    def none(cls, size: int) -> "ExposureCounts":
        """Before the first student, for a pool of `size` items."""
        return cls(0, np.zeros(size, dtype=np.intp), np.zeros(size, dtype=np.intp))

    def after(self, administered: ArrayLike, excluded: ArrayLike) -> "ExposureCounts":
        """The counts with one more student, who was given and spared these pool indices."""
        given, eligible = self.given.copy(), self.eligible + 1
        given[np.asarray(administered, dtype=np.intp)] += 1
        eligible[np.asarray(excluded, dtype=np.intp)] -= 1
        # An item that was given although it was to be spared (no form could do without it) was eligible after all.
        eligible[np.intersect1d(administered, excluded).astype(np.intp)] += 1
        return ExposureCounts(self.students + 1, given, eligible)


def eligibility(counts: ExposureCounts, rate: float) -> FloatArray:
    """Probabilities that each item is eligible for the next student, (n,).

    min(1, rate * eligible / given), 1 for an item that was never given (van der Linden & Veldkamp, 2004). That holds
    the expected rate; so that the observed one stays below it too, an item `at_the_limit` is spared altogether.

    Parameters
    ----------
    rate : float
        The highest share of students that may be given an item, in (0, 1].
    """
    if not 0 < rate <= 1:
        raise ValueError(f"rate = {rate!r}: the highest exposure is a share in (0, 1]")
    if rate == 1:
        return np.ones(counts.given.size)
    given = np.maximum(counts.given, 1)
    chance = np.where(counts.given > 0, np.minimum(1.0, rate * counts.eligible / given), 1.0)
    chance[at_the_limit(counts, rate)] = 0.0
    return chance


def at_the_limit(counts: ExposureCounts, rate: float) -> NDArray[np.bool_]:
    """Items that one more student would lift above the highest exposure, (n,) (Revuelta & Ponsoda, 1998)."""
    return counts.given + 1 > rate * max(counts.students + 1, SETTLING)


def draw_excluded(chances: FloatArray, rng: UniformSource) -> tuple[int, ...]:
    """Pool indices of the items that are not eligible for one student, by independent experiments."""
    return tuple(index for index, chance in enumerate(chances.tolist()) if chance < 1 and rng.random() >= chance)


def excluded_for(pool: Pool, config: CatConfig, counts: ExposureCounts, rng: UniformSource) -> tuple[int, ...]:
    """What a student who starts now is spared under the configuration's exposure control, as pool indices.

    Items in field test are never spared: they are there to be answered. So many items stay that the longest test can
    be filled; where fewer would, those that were given least come back. Controls that need no counts spare nothing.
    """
    if config.exposure == "eligibility":
        excluded = draw_excluded(eligibility(counts, config.exposure_rate), rng)
    elif config.exposure == "progressive_restricted" and config.exposure_rate < 1:
        excluded = tuple(np.flatnonzero(at_the_limit(counts, config.exposure_rate)).tolist())
    else:
        return ()
    excluded = tuple(index for index in excluded if not pool.field_test[index])
    lacking = config.max_items - (len(pool) - len(pool.field_items) - len(excluded))
    if lacking <= 0:
        return excluded
    least_given = sorted(excluded, key=lambda index: (counts.given[index], index))
    return tuple(sorted(least_given[lacking:]))


@dataclass(frozen=True, eq=False)
class SympsonHetter:
    """Parameters found by simulation.

    Attributes
    ----------
    parameters : array (n,)
        Probability that each item is given once it is selected.
    highest : tuple of float
        The highest exposure rate of each round of simulation.
    converged : bool
        Whether the last round's highest rate was within the tolerance of the target.
    """

    parameters: FloatArray
    highest: tuple[float, ...]
    converged: bool


def sympson_hetter(
    give: Callable[[FloatArray, int], ExposureCounts],
    size: int,
    rate: float,
    *,
    length: int,
    rounds: int = 20,
    tolerance: float = 0.02,
) -> SympsonHetter:
    """Exposure parameters by iterated simulation (Sympson & Hetter, 1985; Hetter & Sympson, 1997).

    A round simulates many students with the present parameters K. An item's share of selections is estimated by the
    share of those who might be given it that were, P(S); then K = 1 where P(S) <= rate, else rate / P(S). As in the
    original procedure the `length` greatest are set to 1, so that a test can always be completed.

    Parameters
    ----------
    give : callable
        Simulates a round: takes the parameters (n,) and the round's number, returns the counts.
    size : int
        n.
    rate : float
        The highest exposure wanted, in (0, 1].
    length : int
        Items of the longest test.
    rounds : int
        The most rounds.
    tolerance : float
        Sampling error that the highest rate may be above `rate`.
    """
    if not 0 < rate <= 1:
        raise ValueError(f"rate = {rate!r}: the highest exposure is a share in (0, 1]")
    if rounds < 1:
        raise ValueError(f"rounds = {rounds!r}: at least one is needed")
    parameters, highest = np.ones(size), []
    best, least = parameters, np.inf
    for number in range(rounds):
        counts = give(parameters, number)
        highest.append(float(counts.given.max()) / counts.students)
        if highest[-1] < least:
            best, least = parameters, highest[-1]
        if least <= rate + tolerance:
            break
        parameters = _adjusted(counts, rate, length)
    return SympsonHetter(best, tuple(highest), least <= rate + tolerance)


def _adjusted(counts: ExposureCounts, rate: float, length: int) -> FloatArray:
    selected = counts.given / np.maximum(counts.eligible, 1)
    parameters = np.minimum(1.0, rate / np.maximum(selected, rate))
    greatest = np.argsort(-parameters, kind="stable")[:length]
    parameters[greatest] = 1.0
    return parameters
