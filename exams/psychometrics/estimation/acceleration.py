"""SQUAREM: an expectation–maximisation map driven to its fixed point in fewer evaluations (Varadhan & Roland, 2008).

From two steps of the map, r = F(x) - x and v = F(F(x)) - F(x) - r, the next point is x + 2 s r + s^2 v with the
length s = |r| / |v| (their scheme S3). A point where the objective is lower than before is thrown away and the second
step of the map taken in its place, so that the objective never ends lower than plain steps would leave it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from exams.psychometrics.models import FloatArray

LONGEST_LENGTH = 64.0


@dataclass(frozen=True, eq=False)
class Step:
    """One evaluation of the map: where it leads from x, and the objective at x."""

    following: FloatArray
    objective: float
    change: float


@dataclass(frozen=True, eq=False)
class Path:
    """Where the map was driven to, and the objective at every point that was kept."""

    point: FloatArray
    converged: bool
    evaluations: int
    change: float
    objectives: tuple[float, ...]


class Driver:
    """Follows a map from a starting point.

    Parameters
    ----------
    evaluate : callable
        x -> Step.
    admissible : callable
        (x, fallback) -> x with whatever is out of bounds replaced.
    tolerance : float
        Largest change of one step at the fixed point.
    limit : int
        Most evaluations.
    slack : float
        Share of the objective that its rounding may take; a smaller fall is no fall.
    """

    def __init__(
        self,
        evaluate: Callable[[FloatArray], Step],
        admissible: Callable[[FloatArray, FloatArray], FloatArray],
        tolerance: float,
        limit: int,
        slack: float,
    ) -> None:
        self.evaluate = evaluate
        self.admissible = admissible
        self.tolerance = tolerance
        self.limit = limit
        self.slack = slack
        self.evaluations = 0
        self.objectives: list[float] = []

    def plain(self, start: FloatArray) -> Path:
        point, step = start, self._take(start)
        while step.change > self.tolerance and self.evaluations < self.limit:
            self.objectives.append(step.objective)
            point = step.following
            step = self._take(point)
        return self._path(point, step)

    def squared(self, start: FloatArray) -> Path:
        point, first = start, self._take(start)
        longest = 4.0
        while first.change > self.tolerance and self.evaluations < self.limit:
            self.objectives.append(first.objective)
            middle, second = first.following, self._take(first.following)
            if second.change <= self.tolerance or self.evaluations >= self.limit:
                return self._path(middle, second)
            self.objectives.append(second.objective)
            ahead, length = self._extrapolated(point, middle, second.following, longest)
            step = self._take(ahead)
            if step.objective >= second.objective - self.slack * abs(second.objective):
                point, first = ahead, step
                if length >= longest:
                    longest = min(4 * longest, LONGEST_LENGTH)
            else:
                longest = max(longest / 4, 1.0)
                point, first = second.following, self._take(second.following)
        return self._path(point, first)

    def _extrapolated(
        self, point: FloatArray, middle: FloatArray, end: FloatArray, longest: float
    ) -> tuple[FloatArray, float]:
        r = middle - point
        v = end - middle - r
        norm = float(np.linalg.norm(v))
        length = float(np.clip(np.linalg.norm(r) / norm, 1.0, longest)) if norm > 0 else 1.0
        return self.admissible(point + 2 * length * r + length**2 * v, end), length

    def _take(self, point: FloatArray) -> Step:
        self.evaluations += 1
        return self.evaluate(point)

    def _path(self, point: FloatArray, step: Step) -> Path:
        self.objectives.append(step.objective)
        return Path(point, step.change <= self.tolerance, self.evaluations, step.change, tuple(self.objectives))
