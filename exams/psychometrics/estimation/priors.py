"""Prior densities of item parameters, for modal estimates where the data alone say too little."""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln

from exams.psychometrics.models import FloatArray

HALF_LOG_TWO_PI = 0.5 * float(np.log(2 * np.pi))


@dataclass(frozen=True)
class Normal:
    """Of a difficulty, threshold or step, in logits."""

    mean: float = 0.0
    sd: float = 2.0

    def __post_init__(self) -> None:
        _require_positive("sd", self.sd)

    def log_density(self, x: FloatArray) -> FloatArray:
        return -0.5 * ((x - self.mean) / self.sd) ** 2 - np.log(self.sd) - HALF_LOG_TWO_PI

    def slope(self, x: FloatArray) -> FloatArray:
        """First derivative of the log-density."""
        return (self.mean - x) / self.sd**2

    def curvature(self, x: FloatArray) -> FloatArray:
        """A positive measure of minus the second derivative."""
        return np.full_like(x, self.sd**-2)


@dataclass(frozen=True)
class LogNormal:
    """Of a discrimination; `mean` and `sd` are those of its logarithm. A slope that is not positive has density 0."""

    mean: float = 0.0
    sd: float = 0.5

    def __post_init__(self) -> None:
        _require_positive("sd", self.sd)

    def log_density(self, x: FloatArray) -> FloatArray:
        positive = np.where(x > 0, x, 1.0)
        y = (np.log(positive) - self.mean) / self.sd
        density = -0.5 * y**2 - np.log(positive) - np.log(self.sd) - HALF_LOG_TWO_PI
        return np.where(x > 0, density, -np.inf)

    def slope(self, x: FloatArray) -> FloatArray:
        return -(1 + (np.log(x) - self.mean) / self.sd**2) / x

    def curvature(self, x: FloatArray) -> FloatArray:
        # Exact where the density is log-concave; elsewhere what its logarithm's scale says.
        exact = (1 - self.sd**2 - (np.log(x) - self.mean)) / (self.sd * x) ** 2
        return np.where(-exact > 0, -exact, 1 / (self.sd * x) ** 2)


@dataclass(frozen=True)
class Beta:
    """Of an asymptote. Its mode is (alpha - 1) / (alpha + beta - 2)."""

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        for name, value in (("alpha", self.alpha), ("beta", self.beta)):
            if not 1 <= value < np.inf:
                raise ValueError(f"{name} = {value!r}: must be at least 1, so that the density has a mode")

    @classmethod
    def with_mean(cls, mean: float, strength: float = 20.0) -> "Beta":
        """As if `strength` answers had been seen before, a share `mean` of them right (Mislevy & Bock, 1990)."""
        return cls(1 + strength * mean, 1 + strength * (1 - mean))

    def log_density(self, x: FloatArray) -> FloatArray:
        return (self.alpha - 1) * np.log(x) + (self.beta - 1) * np.log1p(-x) - betaln(self.alpha, self.beta)

    def logit_slope(self, x: FloatArray) -> FloatArray:
        """Derivative of the log-density of x in logit x."""
        return (self.alpha - 1) * (1 - x) - (self.beta - 1) * x

    def logit_curvature(self, x: FloatArray) -> FloatArray:
        return (self.alpha + self.beta - 2) * x * (1 - x)


@dataclass(frozen=True)
class Priors:
    """One prior for each kind of parameter, or none; without any, estimation is maximum likelihood.

    They hold for every item that is estimated and has the parameter; a shared slope (1PL) has its prior once.
    """

    a: LogNormal | None = None
    b: Normal | None = None
    c: Beta | None = None
    d: Beta | None = None

    @property
    def move_with_scale(self) -> bool:
        """Whether the origin and unit of the ability scale change the prior's density."""
        return self.a is not None or self.b is not None


def _require_positive(name: str, value: float) -> None:
    if not 0 < value < np.inf:
        raise ValueError(f"{name} = {value!r}: must be positive and finite")
