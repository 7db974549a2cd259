"""The item response models: their laws, their numbers beside catsim and catpie, and what they refuse."""

import catpie
import numpy as np
import pytest
from catsim import irt
from hypothesis import given
from hypothesis import strategies as st

from exams.cat.models import (
    ItemParameters,
    derivative,
    information,
    log_likelihood,
    log_probabilities,
    probability,
    score_and_curvature,
)
from tests.exams.cat.banks import answers, as_rows, four_parameter_bank, realistic_bank

# Both peers compute the same closed form; only the order of the operations differs.
TOLERANCE = 1e-6
BANKS = [realistic_bank(200, 3), four_parameter_bank(200, 4)]
THETAS = np.linspace(-4, 4, 33)

abilities = st.floats(-50, 50)


@st.composite
def single_items(draw: st.DrawFn) -> ItemParameters:
    c = draw(st.floats(0, 0.5))
    d = draw(st.one_of(st.just(1.0), st.floats(0.6, 1)))
    return ItemParameters(
        np.array([draw(st.floats(0.05, 8))]), np.array([draw(st.floats(-8, 8))]), np.array([c]), np.array([d])
    )


@given(single_items(), abilities)
def test_probability_lies_between_the_asymptotes(item: ItemParameters, theta: float) -> None:
    p = probability(theta, item)[0]
    assert item.c[0] - 1e-15 <= p <= item.d[0] + 1e-15


@given(single_items(), abilities, st.floats(0, 10))
def test_probability_never_falls_with_ability(item: ItemParameters, theta: float, more: float) -> None:
    assert probability(theta + more, item)[0] >= probability(theta, item)[0]


@given(single_items(), st.one_of(abilities, st.floats(-1e6, 1e6)))
def test_information_is_finite_and_never_negative(item: ItemParameters, theta: float) -> None:
    value = information(theta, item)[0]
    assert np.isfinite(value)
    assert value >= 0


@given(single_items(), st.floats(-6, 6))
def test_information_is_the_squared_derivative_over_the_variance(item: ItemParameters, theta: float) -> None:
    # Within the range where 1 - P itself still has digits to compare with.
    p = probability(theta, item)[0]
    if 1e-9 < p < 1 - 1e-9:
        expected = derivative(theta, item)[0] ** 2 / (p * (1 - p))
        assert information(theta, item)[0] == pytest.approx(expected, rel=1e-6, abs=1e-300)


@given(single_items(), abilities)
def test_probabilities_of_both_scores_sum_to_one(item: ItemParameters, theta: float) -> None:
    logs = log_probabilities(theta, item)[0]
    assert np.isfinite(logs).all()
    assert np.exp(logs).sum() == pytest.approx(1, abs=1e-12)


def test_an_item_without_upper_asymptote_is_the_same_in_a_mixed_bank() -> None:
    alone = ItemParameters(np.array([1.2]), np.array([0.3]), np.array([0.2]))
    mixed = ItemParameters(np.array([1.2, 1.0]), np.array([0.3, 0.0]), np.array([0.2, 0.1]), np.array([1.0, 0.95]))
    for theta in (-400.0, -3.0, 0.0, 3.0, 400.0):
        assert information(theta, mixed)[0] == pytest.approx(information(theta, alone)[0], rel=1e-12, abs=1e-60)
        assert information(theta, mixed.take([0]))[0] == pytest.approx(information(theta, mixed)[0], rel=1e-15)


def test_derivatives_of_the_log_likelihood_agree_with_differences() -> None:
    for bank in BANKS:
        scores = answers(bank, 0.4, 5)
        for theta in (-2.0, 0.1, 1.7):
            score, curvature = score_and_curvature(theta, bank, scores)
            h = 1e-4
            low, mid, high = log_likelihood(np.array([theta - h, theta, theta + h]), bank, scores)
            assert score == pytest.approx((high - low) / (2 * h), rel=1e-5, abs=1e-5)
            assert curvature == pytest.approx((high - 2 * mid + low) / h**2, rel=1e-4, abs=1e-4)


def test_theta_may_have_any_shape() -> None:
    bank = BANKS[0]
    thetas = THETAS.reshape(3, 11)
    assert probability(0.0, bank).shape == (200,)
    for function in (probability, information, derivative):
        assert function(thetas, bank).shape == (3, 11, 200)
        np.testing.assert_array_equal(function(thetas, bank)[1, 2], function(thetas[1, 2], bank))
    assert log_likelihood(thetas, bank, np.ones(200)).shape == (3, 11)


@pytest.mark.parametrize("bank", BANKS, ids=["3pl", "4pl"])
def test_probability_and_information_agree_with_catsim(bank: ItemParameters) -> None:
    rows = as_rows(bank)
    for theta in THETAS:
        np.testing.assert_allclose(probability(theta, bank), irt.icc_hpc(theta, rows), rtol=0, atol=TOLERANCE)
        np.testing.assert_allclose(information(theta, bank), irt.inf_hpc(theta, rows), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("bank", BANKS, ids=["3pl", "4pl"])
@pytest.mark.parametrize("scale", [1.0, 1.702])
def test_probability_derivative_and_information_agree_with_catpie(bank: ItemParameters, scale: float) -> None:
    ours = ItemParameters(bank.a, bank.b, bank.c, bank.d, scale)
    rows = as_rows(bank)
    for theta in THETAS[::4]:
        curves = [catpie.pi(theta, row, D=scale) for row in rows]
        np.testing.assert_allclose(probability(theta, ours), [curve.P for curve in curves], rtol=0, atol=TOLERANCE)
        np.testing.assert_allclose(derivative(theta, ours), [curve.dP for curve in curves], rtol=0, atol=TOLERANCE)
        theirs = [catpie.ii(theta, row, D=scale).Ii for row in rows]
        np.testing.assert_allclose(information(theta, ours), theirs, rtol=0, atol=TOLERANCE)


def test_log_likelihood_agrees_with_catsim() -> None:
    bank = BANKS[0].take(range(40))
    scores = answers(bank, -0.5, 6)
    for theta in THETAS:
        theirs = irt.log_likelihood(theta, scores.astype(bool).tolist(), as_rows(bank))
        assert log_likelihood(theta, bank, scores) == pytest.approx(theirs, abs=TOLERANCE)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"a": [1.0, -1.0]}, r"a\[1\] = -1.0"),
        ({"b": [float("nan"), 0.0]}, r"b\[0\] = nan"),
        ({"c": [0.2, 1.0]}, r"c\[1\] = 1.0"),
        ({"c": [-0.1, 0.0]}, r"c\[0\] = -0.1"),
        ({"c": [0.3, 0.0], "d": [0.3, 1.0]}, r"d\[0\] = 0.3"),
        ({"d": [1.0, 1.2]}, r"d\[1\] = 1.2"),
        ({"b": [0.0]}, r"b has shape \(1,\)"),
        ({"scale": 0.0}, "scale = 0.0"),
    ],
)
def test_impossible_parameters_are_refused_by_name_index_and_value(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ItemParameters(**{"a": [1.0, 1.0], "b": [0.0, 0.0]} | changes)


def test_parameters_cannot_change_after_they_were_made() -> None:
    a = np.array([1.0, 2.0])
    items = ItemParameters(a, np.zeros(2))
    a[0] = 5.0
    assert items.a[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        items.b[0] = 1.0


@pytest.mark.parametrize("scores", [[0, 2], [0, 0.5], [1], [-1, 0]])
def test_scores_other_than_0_and_1_are_refused(scores: list) -> None:
    with pytest.raises(ValueError, match="score"):
        log_likelihood(0.0, BANKS[0].take([0, 1]), scores)
