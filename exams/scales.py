"""Score scales: transformations of ability that scores are reported on. Pure Python; no Django.

A scale is a rising function of ability theta (logits), so the ends of an interval of ability may be transformed to
the ends of the score's interval, and its coverage stays (Kolen & Brennan, 2014, Test Equating, Scaling, and Linking,
chapter 9).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from math import erf, exp, floor, isfinite, pi, sqrt
from typing import Any

KINDS = ("linear", "standard", "stanine", "percentile", "table")
# Two-sided 95 % of a normal distribution.
Z95 = 1.959964


@dataclass(frozen=True)
class Scale:
    """One transformation; refuses impossible values with a ValueError that names them.

    Parameters
    ----------
    kind
        "linear": mean + sd * theta; "standard": mean + sd * z with z = (theta - norm_mean) / norm_sd; "stanine": the
        half standard deviation of the norm group that z lies in, 5 about its mean, 1 to 9; "percentile": 100 times
        the share of a norm group N(norm_mean, norm_sd) below theta; "table": straight lines between `points`,
        (theta, score) with both rising, and the outer scores beyond them.
    minimum, maximum
        Scores beyond are reported as these; None for no limit.
    decimals
        Scores are rounded to so many, halves up.
    """

    kind: str
    mean: float = 50.0
    sd: float = 10.0
    norm_mean: float = 0.0
    norm_sd: float = 1.0
    minimum: float | None = None
    maximum: float | None = None
    decimals: int = 0
    points: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r}: choose from {', '.join(KINDS)}")
        if not (self.sd > 0 and self.norm_sd > 0):
            raise ValueError(f"sd = {self.sd!r}, norm_sd = {self.norm_sd!r}: both must be positive")
        if self.minimum is not None and self.maximum is not None and not self.minimum < self.maximum:
            raise ValueError(f"minimum = {self.minimum!r} must be below maximum = {self.maximum!r}")
        if self.kind == "table" and not rises(self.points):
            raise ValueError(f"points {self.points!r}: at least two pairs of numbers, both rising")

    def value(self, theta: float) -> float:
        """The score of ability `theta`, within the limits and rounded."""
        return self._shown(self._raw(theta))

    def band(self, theta: float, se: float, z: float = Z95) -> tuple[float, float]:
        """The scores of theta - z * se and theta + z * se."""
        return self.value(theta - z * se), self.value(theta + z * se)

    def standard_error(self, theta: float, se: float) -> float | None:
        """The score's standard error by the delta method: se times the slope at theta.

        None for stanines, which are classes and have no slope, and where se is not finite.
        """
        slope = self._slope(theta)
        return None if slope is None or not isfinite(se) else round(slope * se, self.decimals + 1)

    def to_json(self) -> dict[str, Any]:
        """Plain values, of which `from_json` makes this scale again."""
        return {**asdict(self), "points": [list(point) for point in self.points]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Scale":
        """The scale that `to_json` wrote; other keys are left alone."""
        known = {field.name: data[field.name] for field in fields(cls) if field.name in data}
        return cls(**{**known, "points": tuple((float(x), float(y)) for x, y in data.get("points", ()))})

    def _z(self, theta: float) -> float:
        return (theta - self.norm_mean) / self.norm_sd

    def _raw(self, theta: float) -> float:
        if self.kind == "linear":
            return self.mean + self.sd * theta
        if self.kind == "standard":
            return self.mean + self.sd * self._z(theta)
        if self.kind == "stanine":
            return min(9.0, max(1.0, floor(2 * self._z(theta) + 5.5)))
        if self.kind == "percentile":
            return 50 * (1 + erf(self._z(theta) / sqrt(2)))
        return self._interpolated(theta)

    def _interpolated(self, theta: float) -> float:
        (first, lowest), (_last, highest) = self.points[0], self.points[-1]
        if theta <= first:
            return lowest
        for (left, low), (right, high) in pairwise(self.points):
            if theta <= right:
                return low + (high - low) * (theta - left) / (right - left)
        return highest

    def _slope(self, theta: float) -> float | None:
        if self.kind == "linear":
            return self.sd
        if self.kind == "standard":
            return self.sd / self.norm_sd
        if self.kind == "percentile":
            return 100 * exp(-(self._z(theta) ** 2) / 2) / sqrt(2 * pi) / self.norm_sd
        if self.kind == "table":
            steps = ((high - low) / (right - left) for (left, low), (right, high) in self._lines_at(theta))
            return next(steps, 0.0)
        return None

    def _lines_at(self, theta: float) -> list[tuple[tuple[float, float], tuple[float, float]]]:
        return [(start, end) for start, end in pairwise(self.points) if start[0] <= theta <= end[0]]

    def _shown(self, raw: float) -> float:
        if self.minimum is not None:
            raw = max(raw, self.minimum)
        if self.maximum is not None:
            raw = min(raw, self.maximum)
        if not isfinite(raw):
            return raw
        power = 10**self.decimals
        return floor(raw * power + 0.5) / power


def rises(points: Any) -> bool:
    """Whether `points` are at least two pairs of finite numbers, each above the one before in both."""
    try:
        pairs = [(float(x), float(y)) for x, y in points]
    except (TypeError, ValueError):
        return False
    finite = all(isfinite(x) and isfinite(y) for x, y in pairs)
    return finite and len(pairs) > 1 and all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(pairs))
