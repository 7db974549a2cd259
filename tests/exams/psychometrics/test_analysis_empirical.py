"""Empirical curves and Wright maps: nobody is lost, intervals cover, bins hold what they should."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from exams.cat import ItemParameters
from exams.cat.models import probability
from exams.psychometrics.analysis import empirical_curve, wilson_interval, wright_map
from tests.exams.psychometrics.samples import drawn

abilities = hnp.arrays(np.float64, st.integers(1, 60), elements=st.sampled_from([-1.0, -0.5, 0.0, 0.25, 1.5, 2.0]))


@given(abilities, st.integers(1, 12))
def test_groups_hold_everybody_once_and_keep_equals_together(theta: np.ndarray, groups: int) -> None:
    x = (theta > 0).astype(float)
    curve = empirical_curve(x, theta, groups=groups)
    assert curve.students.sum() == theta.size
    assert len(curve.students) <= groups
    assert (curve.students > 0).all()
    assert (curve.lowest[1:] > curve.highest[:-1]).all()
    assert (curve.students * curve.observed).sum() == pytest.approx(x.sum())
    assert ((curve.lower <= curve.observed + 1e-12) & (curve.observed <= curve.upper + 1e-12)).all()


def test_groups_are_equal_where_abilities_differ() -> None:
    rng = np.random.default_rng(1)
    curve = empirical_curve(rng.integers(0, 2, 1000), rng.standard_normal(1000))
    assert curve.students.tolist() == [100] * 10


def test_missing_answers_are_left_out() -> None:
    curve = empirical_curve([1, np.nan, 0, 1], [0.0, 9.0, -1.0, 2.0], groups=1)
    assert (curve.students.tolist(), curve.observed[0], curve.highest[0]) == ([3], pytest.approx(2 / 3), 2.0)


def test_the_points_lie_on_the_curve_that_made_them() -> None:
    rng = np.random.default_rng(2)
    item = ItemParameters(np.array([1.5]), np.array([0.2]), np.array([0.2]))
    hits = total = 0
    for _ in range(40):
        theta = rng.standard_normal(3000)
        curve = empirical_curve(drawn(item, theta, rng)[:, 0], theta, groups=15)
        expected = probability(curve.ability, item)[:, 0]
        # The outer groups are wide: the mean of a curved function is not its value at the mean.
        inside = slice(1, -1)
        hits += int(((curve.lower <= expected) & (expected <= curve.upper))[inside].sum())
        total += len(expected[inside])
    assert 0.92 < hits / total < 0.98


def test_wilsons_interval_as_published() -> None:
    # Newcombe (1998, Statistics in Medicine 17), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    lower, upper = wilson_interval([81, 15, 0, 1], [263, 148, 20, 29])
    assert lower == pytest.approx([0.2553, 0.0624, 0.0000, 0.0061], abs=5e-5)
    assert upper == pytest.approx([0.3662, 0.1605, 0.1611, 0.1718], abs=5e-5)


def test_a_wright_map_worked_by_hand() -> None:
    drawing = wright_map([-0.6, 0.1, 0.2, 0.5], [0.9, -0.2, 0.0], width=0.5)
    assert drawing.edges.tolist() == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert drawing.students.tolist() == [1, 0, 2, 1]
    assert drawing.items == ((), (1,), (2,), (0,))


@settings(deadline=None)
@given(
    hnp.arrays(np.float64, st.integers(0, 30), elements=st.floats(-6, 6)),
    hnp.arrays(np.float64, st.integers(1, 30), elements=st.floats(-6, 6)),
    st.sampled_from([0.1, 0.25, 0.5, 1.0]),
)
def test_a_wright_map_holds_everybody_and_every_item_once(theta: np.ndarray, b: np.ndarray, width: float) -> None:
    drawing = wright_map(theta, b, width=width)
    assert drawing.students.sum() == theta.size
    assert sorted(i for held in drawing.items for i in held) == list(range(b.size))
    assert len(drawing.edges) == len(drawing.students) + 1 == len(drawing.items) + 1
    for k, held in enumerate(drawing.items):
        assert all(drawing.edges[k] - 1e-9 <= b[i] <= drawing.edges[k + 1] + 1e-9 for i in held)
        assert list(b[list(held)]) == sorted(b[list(held)])


def test_it_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="groups = 0"):
        empirical_curve([1], [0], groups=0)
    with pytest.raises(ValueError, match=r"scores\[1\] = 0\.5"):
        empirical_curve([1, 0.5], [0, 0])
    with pytest.raises(ValueError, match="both empty"):
        wright_map([], [])
    with pytest.raises(ValueError, match=r"width = 0\.001: \d+ bins"):
        wright_map([-3], [3], width=0.001)
