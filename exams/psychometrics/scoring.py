"""Abilities of many persons at once, whatever items each was given and whatever models those have."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from exams.psychometrics.estimation.design import design_of
from exams.psychometrics.estimation.expectation import Expectation
from exams.psychometrics.models import TINY, FloatArray, Items
from exams.psychometrics.responses import Responses

# Six standard deviations on both sides hold every posterior; 121 nodes lie a tenth of a standard deviation apart.
SPAN, NODES = 6.0, 121


@dataclass(frozen=True, eq=False)
class Abilities:
    """Posterior means and standard deviations of n persons, in logits; arrays of shape (n,)."""

    theta: FloatArray
    se: FloatArray


def expected_a_posteriori(responses: Responses, items: Items, *, mean: float = 0.0, sd: float = 1.0) -> Abilities:
    """EAP estimates of every row (Bock & Mislevy, 1982), under the prior N(mean, sd^2).

    Parameters
    ----------
    responses : Responses (n, J)
        A row without an answer keeps the prior.
    items : parameters of the J items
    mean, sd : of the population, in logits
    """
    if len(items) != responses.n_items:
        raise ValueError(f"{len(items)} items for {responses.n_items} columns of answers")
    if not sd > 0:
        raise ValueError(f"sd = {sd!r}: must be positive")
    z = np.linspace(-SPAN, SPAN, NODES)
    nodes = mean + sd * z
    log_weights = -0.5 * z**2
    sizes = items.categories
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.intp)
    table = items.probabilities(nodes)
    cells = np.log(np.concatenate([rows[:size] for rows, size in zip(table, sizes, strict=True)]) + TINY)
    expectation = Expectation(design_of(responses.for_estimation(), offsets, np.float64), NODES, 1)
    theta, se = np.empty((2, responses.n_rows))
    try:
        for _, span, posterior in expectation.posteriors(cells, log_weights):
            theta[span] = posterior @ nodes
            se[span] = np.sqrt(np.maximum(posterior @ nodes**2 - theta[span] ** 2, 0))
    finally:
        expectation.close()
    return Abilities(theta, se)


def without_item(
    responses: Responses, items: Items, column: int, rows: NDArray[np.intp], *, mean: float = 0.0, sd: float = 1.0
) -> Abilities:
    """EAP estimates of these rows from their answers to every item but one: what the item's own answer is held against.

    An estimate that contains the answer lies nearer to it than the student does, the more so the shorter the test.
    """
    others = np.delete(np.arange(len(items)), column)
    if not others.size:
        return Abilities(np.full(rows.size, mean), np.full(rows.size, sd))
    return expected_a_posteriori(responses.take(rows=rows, items=others), items.take(others), mean=mean, sd=sd)
