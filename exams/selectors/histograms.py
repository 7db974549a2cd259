"""Scores in bins, for charts."""

from collections.abc import Iterable
from typing import Any

import numpy as np

BIN_WIDTH = 50


def score_bins(scores: Iterable[float]) -> list[dict[str, Any]]:
    """Counts of scores in bins of 50 points, [{from, to, count}]; empty without scores."""
    values = np.fromiter(scores, dtype=float)
    if not values.size:
        return []
    low = int(values.min() // BIN_WIDTH * BIN_WIDTH)
    high = int(values.max() // BIN_WIDTH * BIN_WIDTH + BIN_WIDTH)
    counts, edges = np.histogram(values, bins=np.arange(low, high + 1, BIN_WIDTH))
    return [{"from": int(edges[i]), "to": int(edges[i + 1]), "count": int(n)} for i, n in enumerate(counts)]
