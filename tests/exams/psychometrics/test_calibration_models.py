"""Response functions: probabilities, the gradients that estimation relies on, and parameters that cannot be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.cat import ItemParameters
from exams.cat.models import probability
from exams.psychometrics.models import Graded, Items, Logistic, PartialCredit
from tests.exams.psychometrics.simulated import items_of

NODES = np.linspace(-3, 3, 13)
ALL = ("1PL", "2PL", "3PL", "4PL", "GRM", "GRM", "GPCM", "GPCM")


def test_dichotomous_curves_are_those_of_delivery() -> None:
    items = items_of(("1PL", "2PL", "3PL", "4PL"), 1)
    delivery = ItemParameters(items.a, items.difficulty, items.c, items.d)
    np.testing.assert_allclose(items.probabilities(NODES)[:, 1], probability(NODES, delivery).T, atol=1e-12)


def test_polytomous_probabilities_are_those_of_the_formula() -> None:
    items = Items(("GRM", "GPCM"), [1.5, 1.5], [[-1.0, 0.5], [0.5, -1.0]])
    found = items.probabilities([0.3])[:, :, 0]
    above = 1 / (1 + np.exp(-1.5 * (0.3 - np.array([-1.0, 0.5]))))
    np.testing.assert_allclose(found[0], [1 - above[0], above[0] - above[1], above[1]], atol=1e-12)
    terms = np.exp([0, 1.5 * (0.3 - 0.5), 1.5 * (0.3 - 0.5) + 1.5 * (0.3 + 1.0)])
    np.testing.assert_allclose(found[1], terms / terms.sum(), atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_probabilities_add_up_and_their_slopes_are_slopes(seed: int) -> None:
    items = items_of(ALL, seed)
    table = items.probabilities(NODES)
    np.testing.assert_allclose(table.sum(axis=1), 1, atol=1e-12)
    step = 1e-5
    numeric = (items.probabilities(NODES + step) - items.probabilities(NODES - step)) / (2 * step)
    np.testing.assert_allclose(items.probability_slopes(NODES), numeric, atol=1e-8)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000), family=st.sampled_from([Logistic(), Graded(4), PartialCredit(4), Graded(2)]))
def test_gradients_are_gradients(seed: int, family: Logistic | Graded | PartialCredit) -> None:
    rng = np.random.default_rng(seed)
    w = rng.uniform(-1, 1, (3, family.size))
    w[:, 0] = rng.uniform(0.5, 2, 3)
    if isinstance(family, Logistic):
        w[:, 2:] = [-2.0, 3.0]
    if isinstance(family, Graded):
        w[:, 1:] = np.linspace(1.5, -1.5, family.size - 1) + rng.uniform(-0.3, 0.3, w[:, 1:].shape)
    gradients = family.gradients(w, NODES)
    for p in range(family.size):
        step = np.zeros(family.size)
        step[p] = 1e-5
        numeric = (family.log_probabilities(w + step, NODES) - family.log_probabilities(w - step, NODES)) / 2e-5
        np.testing.assert_allclose(gradients[:, p], numeric, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000), slope=st.floats(0.3, 3), intercept=st.floats(-2, 2))
def test_another_unit_and_origin_change_no_probability(seed: int, slope: float, intercept: float) -> None:
    items = items_of(ALL, seed)
    moved = items.rescaled(slope, intercept)
    np.testing.assert_allclose(moved.probabilities(slope * NODES + intercept), items.probabilities(NODES), atol=1e-10)
    for family, at in ((Logistic(), [1, 2]), (Graded(4), [4, 5]), (PartialCredit(4), [6, 7])):
        w = family.working(items.take(at))
        shifted = family.shifted(w, intercept, slope)
        # theta = intercept + slope * z.
        expected = family.log_probabilities(w, intercept + slope * NODES)
        np.testing.assert_allclose(family.log_probabilities(shifted, NODES), expected, atol=1e-8)


def test_working_parameters_come_back() -> None:
    items = items_of(ALL, 3)
    for family, at in ((Logistic(), [0, 1, 2, 3]), (Graded(4), [4, 5]), (PartialCredit(4), [6, 7])):
        part = items.take(at)
        b = family.difficulties(family.working(part))
        np.testing.assert_allclose(b, part.b[:, : family.categories - 1], atol=1e-12)


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ((("5PL",), [1.0], [0.0]), r"models\[0\] = '5PL'"),
        ((("2PL", "2PL"), [1.0, 0.0], [0.0, 0.0]), r"a\[1\] = 0\.0"),
        ((("3PL",), [1.0], [0.0], [1.2]), r"c\[0\] = 1\.2"),
        ((("4PL",), [1.0], [0.0], [0.3], [0.2]), r"d\[0\] = 0\.2"),
        ((("GRM",), [1.0], [[0.5, -0.5]]), r"b\[0\] = \[0\.5, -0\.5\]: thresholds of a graded item must rise"),
        ((("2PL",), [1.0], [[0.5, 0.7]]), r"b\[0\].*one difficulty"),
        ((("GPCM",), [1.0], [[np.nan, 0.7]]), r"b\[0\].*finite values first"),
        ((("2PL", "2PL"), [1.0], [0.0, 0.0]), r"a has shape \(1,\)"),
    ],
)
def test_a_parameter_that_cannot_be_is_named(items: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Items(*items)
