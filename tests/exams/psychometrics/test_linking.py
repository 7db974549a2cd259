"""Linking: the line is found, it is the same whatever the order, and what differs between the sides is named."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.psychometrics.linking import METHODS, link
from exams.psychometrics.models import Items
from tests.exams.psychometrics.simulated import items_of

MODELS = ("2PL",) * 6 + ("3PL",) * 4 + ("GRM",) * 3 + ("GPCM",) * 3
CURVES = ("haebara", "stocking-lord")


def disturbed(items: Items, seed: int) -> Items:
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 0.05, items.b.shape)
    return Items(items.models, items.a * rng.lognormal(0, 0.08, len(items)), items.b + np.sort(noise, 1), items.c)


@settings(max_examples=25, deadline=None)
@given(
    method=st.sampled_from(METHODS),
    slope=st.floats(0.5, 2),
    intercept=st.floats(-1.5, 1.5),
    symmetric=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_a_line_between_equal_items_is_found_exactly(
    method: str, slope: float, intercept: float, symmetric: bool, seed: int
) -> None:
    base = items_of(MODELS, seed)
    new = base.rescaled(1 / slope, -intercept / slope)
    found = link(base, new, method, symmetric=symmetric)
    assert found.slope == pytest.approx(slope, abs=1e-6)
    assert found.intercept == pytest.approx(intercept, abs=1e-6)
    np.testing.assert_allclose(found.items(new).b, base.b, atol=1e-5)
    assert max(found.distances) < 1e-6


def test_moments_are_those_of_the_formulas() -> None:
    base = Items(("2PL",) * 3, [1.0, 1.2, 0.8], [-1.0, 0.2, 1.4])
    new = Items(("2PL",) * 3, [1.3, 1.3, 1.0], [-0.9, 0.1, 0.5])
    by_sigma = link(base, new, "mean-sigma")
    assert by_sigma.slope == pytest.approx(np.std([-1.0, 0.2, 1.4]) / np.std([-0.9, 0.1, 0.5]))
    assert by_sigma.intercept == pytest.approx(0.2 - by_sigma.slope * -0.1)
    by_mean = link(base, new, "mean-mean")
    assert by_mean.slope == pytest.approx(1.2)
    assert by_mean.intercept == pytest.approx(0.2 + 0.12)
    assert by_mean.theta([0.0, 1.0]) == pytest.approx([0.32, 1.52])


@pytest.mark.parametrize("method", CURVES)
def test_no_other_line_has_a_smaller_loss(method: str) -> None:
    base = items_of(MODELS, 3)
    new = disturbed(base.rescaled(0.8, 0.3), 4)
    found = link(base, new, method)
    nodes = np.linspace(-4, 4, 81)
    share = np.exp(-0.5 * nodes**2) / np.exp(-0.5 * nodes**2).sum()

    def loss(slope: float, intercept: float) -> float:
        moved = new.rescaled(slope, intercept)
        if method == "haebara":
            gap = base.probabilities(nodes) - moved.probabilities(nodes)
            return float((gap**2).sum(axis=(0, 1)) @ share)
        gap = base.expected_scores(nodes).sum(axis=0) - moved.expected_scores(nodes).sum(axis=0)
        return float(gap**2 @ share)

    least = loss(found.slope, found.intercept)
    assert found.loss == pytest.approx(least)
    for step in (0.002, 0.02):
        for across, up in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)):
            assert loss(found.slope + step * across, found.intercept + step * up) > least


@pytest.mark.parametrize("method", METHODS)
def test_linking_back_is_the_inverse(method: str) -> None:
    base = items_of(MODELS, 5)
    new = disturbed(base.rescaled(1.3, -0.4), 6)
    there = link(base, new, method, symmetric=True)
    back = link(new, base, method, symmetric=True)
    assert there.slope * back.slope == pytest.approx(1, abs=1e-6)
    assert there.slope * back.intercept + there.intercept == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_items_does_not_matter(method: str) -> None:
    base = items_of(MODELS, 7)
    new = disturbed(base.rescaled(1.2, 0.2), 8)
    order = np.random.default_rng(9).permutation(len(MODELS))
    first, second = link(base, new, method), link(base.take(order), new.take(order), method)
    assert first.slope == pytest.approx(second.slope, abs=1e-8)
    assert first.intercept == pytest.approx(second.intercept, abs=1e-8)


@pytest.mark.parametrize("method", CURVES)
def test_an_item_that_has_changed_stands_out(method: str) -> None:
    base = items_of(("2PL",) * 12, 10)
    b = base.b.copy()
    b[4] += 1.2
    found = link(base, Items(base.models, base.a, b).rescaled(0.9, 0.1), method)
    assert int(np.argmax(found.distances)) == 4
    assert found.distances[4] > 3 * np.median(found.distances)


def test_abilities_where_curves_are_compared_may_be_chosen() -> None:
    base = items_of(MODELS, 11)
    new = disturbed(base, 12)
    low = link(base, new, theta=np.linspace(-4, -1, 20), weights=np.ones(20))
    high = link(base, new, theta=np.linspace(1, 4, 20), weights=np.ones(20))
    assert abs(low.intercept - high.intercept) > 1e-4


@pytest.mark.parametrize(
    ("base", "new", "method", "message"),
    [
        (("2PL", "2PL"), ("2PL",), "haebara", "2 base items and 1 new ones"),
        (("2PL", "GRM"), ("2PL", "GPCM"), "haebara", "item 1 is GRM with 4 scores and GPCM with 4; a common"),
        (("2PL",), ("2PL",), "mean-sigma", "difficulties that differ"),
        (("2PL",), ("2PL",), "median", "method = 'median'"),
    ],
)
def test_what_cannot_be_linked_is_named(base: tuple[str, ...], new: tuple[str, ...], method: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        link(items_of(base, 1), items_of(new, 2), method)


def test_a_negative_slope_is_named() -> None:
    base = items_of(("2PL",) * 3, 1)
    turned = Items(base.models, base.a * [1, -1, 1], base.b)
    with pytest.raises(ValueError, match="new item 1 has a negative discrimination"):
        link(base, turned)
