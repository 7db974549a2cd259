"""Polytomous items beside dichotomous ones: the laws of every model, and the same numbers as calibration works with."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exams.cat import ItemParameters, MixedItems, build_items
from exams.cat.items import (
    categories_of,
    expected_scores,
    first_rows,
    information,
    log_derivatives,
    log_probabilities,
    log_probability_table,
    probabilities,
    row_scores,
    score_and_curvature,
    scores_at,
)
from exams.psychometrics.models import Items as CalibratedItems
from tests.exams.cat.banks import mixed_bank, realistic_bank

THETAS = np.linspace(-6, 6, 25)

slopes = st.floats(0.05, 5)
graded = st.lists(st.floats(-5, 5), min_size=1, max_size=6, unique_by=lambda b: round(b, 2)).map(sorted)
partial = st.lists(st.floats(-5, 5), min_size=1, max_size=6)
logistic = st.tuples(st.just("logistic"), slopes, st.floats(-5, 5), st.floats(0, 0.5), st.floats(0.6, 1), st.just([]))
polytomous = st.one_of(
    st.tuples(st.just("grm"), slopes, st.just(0.0), st.just(0.0), st.just(1.0), graded),
    st.tuples(st.just("gpcm"), slopes, st.just(0.0), st.just(0.0), st.just(1.0), partial),
)
banks = st.lists(st.one_of(logistic, polytomous), min_size=1, max_size=8).map(
    lambda rows: build_items(*map(list, zip(*rows, strict=True)))
)


def calibrated(items: MixedItems, models: list[str], thresholds: list[list[float]]) -> CalibratedItems:
    """The same items as calibration describes them."""
    names = {"logistic": "4PL", "grm": "GRM", "gpcm": "GPCM"}
    b = np.full((len(items), max(len(row) for row in thresholds)), np.nan)
    for i, row in enumerate(thresholds):
        values = row or [items.b[i]]
        b[i, : len(values)] = values
    return CalibratedItems(tuple(names[model] for model in models), items.a, b, items.c, items.d)


@settings(deadline=None)
@given(banks, st.floats(-8, 8))
def test_laws_of_every_model(items, theta: float) -> None:
    p, sizes = probabilities(theta, items), categories_of(items)
    assert p.shape == (sizes.sum(),)
    assert (p > 0).all()
    np.testing.assert_allclose(np.add.reduceat(p, first_rows(items)), 1, atol=1e-12)
    assert (information(theta, items) >= 0).all()
    mean = expected_scores(theta, items)
    assert ((mean >= 0) & (mean <= sizes - 1)).all()
    assert (expected_scores(theta + 0.5, items) >= mean - 1e-12).all(), "the able score no less"


@settings(deadline=None)
@given(banks, st.floats(-5, 5))
def test_derivatives_are_those_of_the_log_probabilities(items, theta: float) -> None:
    step = 1e-5
    first, second = log_derivatives(theta, items)
    low, high = log_probabilities(theta - step, items), log_probabilities(theta + step, items)
    np.testing.assert_allclose(first, (high - low) / (2 * step), atol=1e-5)
    change = log_derivatives(theta + step, items)[0] - log_derivatives(theta - step, items)[0]
    np.testing.assert_allclose(second, change / (2 * step), atol=1e-5)


@settings(deadline=None)
@given(banks, st.floats(-6, 6))
def test_information_is_the_expected_square_of_the_score_function(items, theta: float) -> None:
    first, second = log_derivatives(theta, items)
    p = probabilities(theta, items)
    squares = np.add.reduceat(p * first**2, first_rows(items))
    np.testing.assert_allclose(information(theta, items), squares, rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(-np.add.reduceat(p * second, first_rows(items)), squares, rtol=1e-6, atol=1e-9)


def test_the_models_are_those_of_calibration() -> None:
    rng = np.random.default_rng(4)
    models = ["grm", "logistic", "gpcm", "grm", "gpcm", "logistic", "grm"]
    thresholds = [
        sorted(rng.normal(size=3)),
        [],
        list(rng.normal(size=4)),
        [0.3],
        [-0.2],
        [],
        sorted(rng.normal(size=5)),
    ]
    b = rng.normal(size=7)
    items = build_items(models, rng.lognormal(0, 0.4, 7), b, [0.2] * 7, [0.95] * 7, thresholds)
    other = calibrated(items, models, thresholds)
    p, first = probabilities(THETAS, items), log_derivatives(THETAS, items)[0]
    for i, (row, size) in enumerate(zip(first_rows(items), categories_of(items), strict=True)):
        rows = slice(row, row + size)
        np.testing.assert_allclose(p[:, rows].T, other.probabilities(THETAS)[i, :size], atol=1e-13)
        np.testing.assert_allclose((p * first)[:, rows].T, other.probability_slopes(THETAS)[i, :size], atol=1e-13)
    np.testing.assert_allclose(expected_scores(THETAS, items).T, other.expected_scores(THETAS), atol=1e-12)


def test_one_threshold_is_the_two_parameter_model() -> None:
    plain = ItemParameters([1.4], [0.3])
    for model in ("grm", "gpcm"):
        items = build_items([model], [1.4], [0.3], [0.0], [1.0], [[0.3]])
        np.testing.assert_allclose(probabilities(THETAS, items), probabilities(THETAS, plain), atol=1e-14)
        np.testing.assert_allclose(information(THETAS, items), information(THETAS, plain), atol=1e-14)


def test_far_out_everything_stays_finite() -> None:
    items = mixed_bank(40, 3)
    for theta in (-300.0, -40.0, 40.0, 300.0):
        assert np.isfinite(log_probabilities(theta, items)).all()
        assert all(np.isfinite(values).all() for values in log_derivatives(theta, items))
        assert np.isfinite(information(theta, items)).all()


def test_items_that_are_all_logistic_stay_plain() -> None:
    bank = realistic_bank(5, 0)
    items = build_items(["logistic"] * 5, bank.a, bank.b, bank.c, bank.d, [()] * 5)
    assert isinstance(items, ItemParameters)
    np.testing.assert_array_equal(information(THETAS, items), information(THETAS, bank))


@settings(deadline=None)
@given(st.permutations(range(12)), st.integers(0, 12))
def test_taken_items_are_the_same_items(order: list[int], count: int) -> None:
    bank = mixed_bank(12, 1)
    taken, at = bank.take(order[:count]), order[:count]
    np.testing.assert_array_equal(information(0.4, taken), information(0.4, bank)[at])
    np.testing.assert_array_equal(categories_of(taken), categories_of(bank)[at])
    np.testing.assert_array_equal(taken.b, bank.b[at])
    table, whole = log_probability_table(taken, THETAS), log_probability_table(bank, THETAS)
    rows = [row + k for i in at for k, row in enumerate([bank.first_row[i]] * bank.categories[i])]
    np.testing.assert_array_equal(table, whole[rows])


def test_the_slope_of_the_likelihood_sums_over_the_answers() -> None:
    bank = mixed_bank(12, 1)
    scores = scores_at(0.2, bank, np.random.default_rng(0).random(12))
    slope, curvature = score_and_curvature(0.7, bank, scores)
    first, second = log_derivatives(0.7, bank)
    rows = first_rows(bank) + scores
    assert slope == pytest.approx(first[rows].sum())
    assert curvature == pytest.approx(second[rows].sum())


def test_virtual_students_score_by_the_model() -> None:
    bank = mixed_bank(8, 2)
    rng = np.random.default_rng(3)
    drawn = np.array([scores_at(0.5, bank, rng.random(8)) for _ in range(4000)])
    p = probabilities(0.5, bank)
    for row, score, item in zip(range(p.size), row_scores(bank), np.repeat(np.arange(8), bank.categories), strict=True):
        # Five standard errors of a share.
        assert abs((drawn[:, item] == score).mean() - p[row]) < 5 * np.sqrt(p[row] * (1 - p[row]) / 4000) + 1e-9


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"models": ["logistic", "2PL"]}, r"models\[1\] = '2PL': choose from logistic, grm, gpcm"),
        ({"thresholds": [[1.0], [0.0]]}, r"thresholds\[0\] = \[1.0\]: a logistic item has none"),
        ({"thresholds": [[], []]}, r"thresholds\[1\] = \[\]: a grm item has one finite threshold"),
        ({"thresholds": [[], [0.5, 0.5]]}, r"thresholds\[1\] = \[0.5, 0.5\]: .*must rise"),
        ({"thresholds": [[], [float("nan")]]}, r"thresholds\[1\] = \[nan\]"),
        ({"thresholds": [[]]}, "1 lists of thresholds for 2 items"),
        ({"a": [1.0, -0.2]}, r"a\[1\] = -0.2: discrimination must be positive"),
        ({"a": [-1.0, 0.2]}, r"a\[0\] = -1.0: discrimination must be positive"),
        ({"c": [0.9, 0.0], "d": [0.8, 1.0]}, r"d\[0\] = 0.8"),
        ({"b": [0.0]}, r"b has shape \(1,\)"),
    ],
)
def test_impossible_items_are_refused(changes: dict, message: str) -> None:
    good = {
        "models": ["logistic", "grm"],
        "a": [1.0, 1.0],
        "b": [0.0, 0.0],
        "c": [0.0, 0.0],
        "d": [1.0, 1.0],
        "thresholds": [[], [0.0]],
    }
    with pytest.raises(ValueError, match=message):
        build_items(**(good | changes))
