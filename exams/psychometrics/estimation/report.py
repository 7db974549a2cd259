"""What a calibration found, how sure it is, and how it came to an end."""

from dataclasses import dataclass

import numpy as np

from exams.psychometrics.models import FloatArray, Items


@dataclass(frozen=True, eq=False)
class StandardErrors:
    """Of a (J,), b (J, M), c (J,), d (J,), and the population's mean and sd; NaN for what was not estimated."""

    a: FloatArray
    b: FloatArray
    c: FloatArray
    d: FloatArray
    mean: float = np.nan
    sd: float = np.nan


@dataclass(frozen=True)
class Convergence:
    """How the search ended.

    Parameters
    ----------
    converged : bool
    cycles : int
        Expectation steps, those of refused extrapolations among them.
    largest_change : float
        Of any parameter in the last step.
    objectives : tuple of float
        Log-posterior (log-likelihood, without priors) at every point that was kept.
    """

    converged: bool
    cycles: int
    largest_change: float
    objectives: tuple[float, ...]

    @property
    def in_words(self) -> str:
        end = "converged" if self.converged else "did not converge"
        return f"{end} after {self.cycles} cycles; the last moved no parameter by more than {self.largest_change:.2g}"


@dataclass(frozen=True, eq=False)
class Calibration:
    """Estimated items on the scale where the population has mean `mean` and standard deviation `sd`."""

    items: Items
    errors: StandardErrors | None
    mean: float
    sd: float
    log_likelihood: float
    log_posterior: float
    n_parameters: int
    n_persons: float
    n_answers: float
    convergence: Convergence
    warnings: tuple[str, ...]

    @property
    def aic(self) -> float:
        return 2 * self.n_parameters - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        return self.n_parameters * float(np.log(self.n_persons)) - 2 * self.log_likelihood
