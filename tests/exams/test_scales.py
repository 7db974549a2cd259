"""Score scales: known values, and laws that hold for every scale."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from exams.scales import Scale, rises

THETA = st.floats(-6, 6, allow_nan=False)
SE = st.floats(0.01, 3)
T = Scale("standard", mean=50, sd=10, norm_mean=0.3, norm_sd=0.8)


def _numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, allow_subnormal=False)


@st.composite
def scales(draw: st.DrawFn) -> Scale:
    kind = draw(st.sampled_from(["linear", "standard", "stanine", "percentile", "table"]))
    count = draw(st.integers(2, 6))
    steps = st.lists(_numbers(0.05, 2), min_size=count, max_size=count)
    thetas, scores, points = -4.0, 10.0, []
    for right, up in zip(draw(steps), draw(steps), strict=True):
        thetas, scores = thetas + right, scores + up
        points.append((thetas, scores))
    return Scale(
        kind,
        mean=draw(_numbers(-100, 100)),
        sd=draw(_numbers(0.1, 100)),
        norm_mean=draw(_numbers(-2, 2)),
        norm_sd=draw(_numbers(0.2, 3)),
        minimum=draw(st.none() | _numbers(-500, 0)),
        maximum=draw(st.none() | _numbers(1, 500)),
        decimals=draw(st.integers(0, 3)),
        points=tuple(points),
    )


@given(scales(), THETA, THETA)
def test_whoever_is_abler_never_scores_less(scale, one, other):
    low, high = sorted((one, other))
    assert scale.value(low) <= scale.value(high)


@given(scales(), THETA, SE)
def test_the_band_holds_the_score(scale, theta, se):
    low, high = scale.band(theta, se)
    assert low <= scale.value(theta) <= high


@given(scales(), THETA)
def test_no_score_is_beyond_the_limits(scale, theta):
    # Rounding may end half a unit of the last decimal beyond a limit that is itself not round.
    slack = 0.5 / 10**scale.decimals + 1e-9
    if scale.minimum is not None:
        assert scale.value(theta) >= scale.minimum - slack
    if scale.maximum is not None:
        assert scale.value(theta) <= scale.maximum + slack


@given(scales())
def test_a_stored_scale_is_the_same_scale(scale):
    stored = {"code": "s", "names": {"": "S"}, **scale.to_json()}
    assert Scale.from_json(stored) == scale


@given(scales().filter(lambda scale: scale.kind != "stanine"), THETA, SE)
def test_the_standard_error_is_the_slope_times_that_of_ability(scale, theta, se):
    found = scale.standard_error(theta, se)
    step = 1e-6
    # From the left: at a bend of a table the line before it counts.
    exact = Scale(**{**vars(scale), "minimum": None, "maximum": None})
    slope = (exact._raw(theta) - exact._raw(theta - step)) / step
    assert found == pytest.approx(slope * se, rel=1e-3, abs=0.51 * 10 ** -(scale.decimals + 1) + 1e-4)


@pytest.mark.parametrize(("theta", "score"), [(0.3, 50), (1.1, 60), (-0.5, 40), (0.34, 51), (0.339, 50)])
def test_t_scores_place_the_ability_in_the_norm_group(theta, score):
    assert T.value(theta) == score


def test_t_scores_have_ten_points_a_standard_deviation():
    assert T.standard_error(2.0, 0.4) == 5.0
    assert T.band(0.3, 0.4, z=1.0) == (45.0, 55.0)


def test_stanines_hold_the_shares_of_the_norm_group():
    """4, 7, 12, 17, 20, 17, 12, 7 and 4 per cent, cut at odd quarters of a standard deviation."""
    scale = Scale("stanine", norm_mean=0.5, norm_sd=2.0)
    cuts = [0.5 + 2.0 * (number / 2 - 2.25) for number in range(1, 9)]
    for number, cut in enumerate(cuts, start=1):
        assert (scale.value(cut - 1e-6), scale.value(cut + 1e-6)) == (number, number + 1)
    assert (scale.value(-9), scale.value(9)) == (1, 9)
    assert scale.standard_error(0, 0.3) is None
    shares = [
        round(100 * (norm.cdf(high) - norm.cdf(low)))
        for low, high in zip(
            [-9.0, *(number / 2 - 2.25 for number in range(1, 9))],
            [*(n / 2 - 2.25 for n in range(1, 9)), 9.0],
            strict=True,
        )
    ]
    assert shares == [4, 7, 12, 17, 20, 17, 12, 7, 4]


@given(THETA)
def test_percentiles_are_those_of_the_normal_distribution(theta):
    scale = Scale("percentile", norm_mean=-0.2, norm_sd=1.3, decimals=3)
    assert scale.value(theta) == pytest.approx(100 * norm.cdf(theta, -0.2, 1.3), abs=5.1e-4)


def test_a_table_is_straight_between_its_points_and_flat_beyond():
    scale = Scale("table", points=((-2.0, 0.0), (0.0, 100.0), (1.0, 110.0)))
    assert [scale.value(theta) for theta in (-3, -2, -1, 0, 0.5, 1, 4)] == [0, 0, 50, 100, 105, 110, 110]
    assert scale.standard_error(-1.0, 0.1) == 5.0
    assert scale.standard_error(4.0, 0.1) == 0.0


def test_limits_hold_and_halves_are_rounded_up():
    scale = Scale("linear", mean=0, sd=1, minimum=-2, maximum=2)
    assert [scale.value(theta) for theta in (-3, 0.5, 1.5, 2.5, 7)] == [-2, 1, 2, 2, 2]


@pytest.mark.parametrize(
    ("faulty", "named"),
    [
        ({"kind": "cubic"}, "cubic"),
        ({"kind": "linear", "sd": 0}, "sd = 0"),
        ({"kind": "standard", "norm_sd": -1}, "norm_sd = -1"),
        ({"kind": "linear", "minimum": 5, "maximum": 5}, "minimum = 5"),
        ({"kind": "table", "points": ((0.0, 1.0),)}, "points"),
        ({"kind": "table", "points": ((0.0, 1.0), (1.0, 1.0))}, "points"),
    ],
)
def test_impossible_scales_are_refused_by_name(faulty, named):
    with pytest.raises(ValueError, match=named):
        Scale(**faulty)


@pytest.mark.parametrize("points", ["ab", [1, 2], [(0, 1), (1, float("inf"))], [(0, 1, 2), (3, 4, 5)], [], None])
def test_what_is_no_table_does_not_rise(points):
    assert not rises(points)
