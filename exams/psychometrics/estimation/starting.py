"""Where estimation begins: slopes of 1 and intercepts that give each score its observed share."""

import numpy as np
from scipy.special import expit, logit

from exams.psychometrics.estimation.priors import Beta, Priors
from exams.psychometrics.models import Family, FloatArray, Logistic, PartialCredit

START_SLOPE = 1.0
START_GUESSING = 0.15
START_UPPER = 0.95
LEAST_SHARE = 1e-3
# A logistic curve averaged over N(0, 1) is flatter by about this (Johnson, Kotz & Balakrishnan, 1995, 23.3).
FLATTENING = float(np.sqrt(1 + START_SLOPE**2 * 3 / np.pi**2 * 1.1))


def starting_parameters(family: Family, models: list[str], counts: FloatArray, priors: Priors) -> FloatArray:
    """Working parameters (J, P) from counts of the scores (J, K)."""
    shares = (counts + LEAST_SHARE) / (counts + LEAST_SHARE).sum(axis=1, keepdims=True)
    w = np.empty((len(models), family.size))
    w[:, 0] = START_SLOPE
    if isinstance(family, PartialCredit):
        w[:, 1:] = np.log(shares[:, 1:] / shares[:, :1])
        return w
    above = np.cumsum(shares[:, ::-1], axis=1)[:, -2::-1]
    if not isinstance(family, Logistic):
        w[:, 1:] = logit(np.clip(above, LEAST_SHARE, 1 - LEAST_SHARE)) * FLATTENING
        return w
    lower = np.where(np.isin(models, ("3PL", "4PL")), _mode(priors.c, START_GUESSING), 0.0)
    upper = np.where(np.asarray(models) == "4PL", _mode(priors.d, START_UPPER), 1.0)
    # An item that is answered worse than its guessing allows begins as a hard one.
    share = np.clip((above[:, 0] - lower) / (upper - lower), 0.05, 0.95)
    share = np.where(lower + 1 - upper > 0, share, np.clip(above[:, 0], LEAST_SHARE, 1 - LEAST_SHARE))
    w[:, 1] = logit(share) * FLATTENING
    with np.errstate(divide="ignore"):
        w[:, 2], w[:, 3] = logit(lower), logit(upper)
    return w


def _mode(prior: Beta | None, otherwise: float) -> float:
    if prior is None or prior.alpha + prior.beta == 2:
        return otherwise
    mode = (prior.alpha - 1) / (prior.alpha + prior.beta - 2)
    return float(np.clip(mode, expit(-6), expit(6)))
