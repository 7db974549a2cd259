"""Curves of items to draw: expected scores and information over ability."""

import numpy as np
from numpy.typing import ArrayLike

from exams.psychometrics.models import FloatArray, Items

CURVE = np.linspace(-4.0, 4.0, 81)
CURVE.flags.writeable = False


def information_of(items: Items, theta: ArrayLike = CURVE) -> FloatArray:
    """Fisher information of each item, the sum over scores of (dP/dtheta)^2 / P; (J, Q)."""
    p, slope = items.probabilities(theta), items.probability_slopes(theta)
    result: FloatArray = np.where(p > 1e-12, slope**2 / np.maximum(p, 1e-12), 0).sum(axis=1)
    return result


def expected_shares(items: Items, theta: ArrayLike = CURVE) -> FloatArray:
    """Expected score of each item as a share of its highest; (J, Q)."""
    result: FloatArray = items.expected_scores(theta) / (items.categories - 1)[:, None]
    return result
