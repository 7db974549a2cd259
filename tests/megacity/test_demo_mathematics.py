"""The keys of the generated mathematics are recomputed in another way: by brute force, numerically, by definition."""

import itertools
import math
import re
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from io import BytesIO
from statistics import NormalDist

import numpy as np
import pytest
from PIL import Image

from megacity.demo.bank import BankItem
from megacity.demo.bank.mathematics import GENERATORS

CASES = [(name, index) for name, entry in GENERATORS.items() for index in range(len(entry.cases))]


@cache
def items_of(name: str) -> list[BankItem]:
    return list(GENERATORS[name].items())


def item_of(name: str, index: int) -> BankItem:
    return items_of(name)[index]


def number(option: str) -> float:
    r"""What an option such as `$-\frac{3\sqrt{2}}{5}$` is worth."""
    text = option.strip("$")
    text = re.sub(r"\\sqrt\{(\d+)\}", r"*math.sqrt(\1)", text)
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"(1*(1\1)/(\2))" if r"\frac{*" in text else r"((\1)/(\2))", text)
    text = text.replace(r"\pi", "*math.pi")
    text = re.sub(r"(^|\(|-)\*", r"\g<1>1*", text)
    return float(eval(text, {"math": math}))  # noqa: S307 (our own options)


def formula(item: BankItem, place: int = 0) -> Callable[[float], float]:
    """The formula in x that stands in the English stem, as a function."""
    text = re.findall(r"\$([^$]*)\$", item.en.stem)[place]
    text = re.sub(r"^[a-z](\(x\))?=|=0$|\\le 0$", "", text)
    text = re.sub(r"\^\{(\d+)\}", r"**\1", text)
    text = re.sub(r"(\d)x", r"\1*x", text)
    return lambda x: eval(text, {"x": x})  # noqa: S307 (our own stem)


def integral(f: Callable[[float], float], low: float, high: float, steps: int = 20000) -> float:
    width = (high - low) / steps
    return sum(f(low + (step + 0.5) * width) for step in range(steps)) * width


def slope(f: Callable[[float], float], x: float) -> float:
    return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5


def integers(holds: Callable[[int], bool]) -> list[int]:
    return [n for n in range(-200, 201) if holds(n)]


def share(outcomes: list[bool]) -> float:
    return sum(outcomes) / len(outcomes)


def rows_with_neighbours(n: int) -> int:
    rows = itertools.permutations(range(n))
    return sum(abs(row.index(0) - row.index(1)) == 1 for row in rows)


def drawn_alike(white: int, black: int) -> float:
    return share([a == b for a, b in itertools.combinations("w" * white + "b" * black, 2)])


def committees(first: int, second: int, size: int) -> int:
    people = ["first"] * first + ["second"] * second
    return sum("second" in chosen for chosen in itertools.combinations(people, size))


def binomial_variance(n: int, m: int, d: int) -> float:
    p = m / d
    weights = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    values = [2 * k + 1 for k in range(n + 1)]
    mean = sum(v * w for v, w in zip(values, weights, strict=True))
    return sum((v - mean) ** 2 * w for v, w in zip(values, weights, strict=True))


def foot_of_altitude(a: int, b: int) -> float:
    return min(math.hypot(a * t / 5000, b * (1 - t / 5000)) for t in range(5001))


def third_side(b: int, c: int, angle: int) -> float:
    corner = c * complex(math.cos(math.radians(angle)), math.sin(math.radians(angle)))
    return abs(corner - b)


def base_angle(inscribed: int) -> float:
    a, b = (complex(math.cos(math.radians(t)), math.sin(math.radians(t))) for t in (0, 2 * inscribed))
    return abs(math.degrees(math.acos(((-a) * (b - a).conjugate()).real / abs(b - a))))


def nearest_point(a: int, b: int, c: int, x: int, y: int) -> float:
    t = -(a * x + b * y + c) / (a * a + b * b)
    return math.hypot(a * t, b * t)


def radius_of(p: int, q: int, r: int) -> float:
    # The highest point of the circle above its centre (-p/2, -q/2).
    ys = np.roots([1, q, p * p / 4 - p * p / 2 + r])
    return float(max(ys) + q / 2)


def length_of_sum(u: int, v: int, angle: int) -> float:
    return abs(u + v * complex(math.cos(math.radians(angle)), math.sin(math.radians(angle)))) ** 2


def expected(x: int, y: int, z: int, d: int) -> float:
    drawn = [x] + [y] * 2 + [z] * (d - 3)
    return sum(drawn) / len(drawn)


def normal_share(mean: int, deviation: int, low: int, high: int) -> float:
    curve = NormalDist(mean, deviation)
    return curve.cdf(mean + high * deviation / 2) - curve.cdf(mean + low * deviation / 2)


def nth_by_steps(first: int, p: int, q: int, n: int) -> int:
    return first if n == 1 else p * nth_by_steps(first, p, q, n - 1) + q


def product_of_sine_and_cosine(m: int, n: int) -> float:
    # sin t and cos t are the roots of z² − kz + q with q such that their squares add up to 1.
    low, high = -1.0, 0.5
    for _ in range(80):
        q = (low + high) / 2
        low, high = (low, q) if sum(abs(z) ** 2 for z in np.roots([1, -m / n, q]).real) < 1 else (q, high)
    return (low + high) / 2


RECOMPUTED: dict[str, Callable[..., float]] = {
    "root-squares": lambda p, q: float(sum(np.roots([1, -p, q]) ** 2).real),
    "remainder": lambda a, b, c, r: np.polydiv([a, 0, b, c], [1, -r])[1][-1],
    "absolute-count": lambda centre, radius: len(integers(lambda x: abs(x - centre) < radius)),
    "complex-product": lambda a, b, c, d: sum(((z := complex(a, b) * complex(c, d)).real, z.imag)),
    "powers-of-two": lambda a, b, c: math.log2(2**a * 4**b / 8**c),
    "log-sum": lambda base, x, y, z: (math.log(x) - math.log(y) + math.log(z)) / math.log(base),
    "quadratic-inequality": lambda a, b: sum(integers(lambda x: (x - a) * (x - b) <= 0)),
    "exponential-equation": lambda m, n: float(sum(np.log2(np.roots([1, -(2**m) - 2**n, 2 ** (m + n)])))),
    "composite": lambda a, b, c, k: float(np.polyval([a, b], np.polyval([1, 0, c], k))),
    "inverse": lambda a, b, k: float(np.roots([a, b - k])[0]),
    "parabola-graph": lambda a, p, q, k: np.polyval(np.polyfit([p - 1, p, p + 1], [q + a, q, q + a], 2), k),
    "line-graph": lambda x0, y0, x1, y1, k: np.polyval(np.polyfit([x0, x1], [y0, y1], 1), k),
    "sine-graph": lambda a, c: a + 2 * math.pi / math.pi + c,
    "asymptotes": lambda a, b, c: round((a * 1e9 + b) / (1e9 - c), 3) + c,
    "trigonometric-product": product_of_sine_and_cosine,
    "hypotenuse-height": foot_of_altitude,
    "cosine-rule": third_side,
    "inscribed-angle": base_angle,
    "sector": lambda r, angle: integral(lambda t: r * r / 2, 0, math.radians(angle), 10),
    "point-line-distance": nearest_point,
    "division-point": lambda a, b, m, n: a + (b - a) * m / (m + n),
    "circle-radius": radius_of,
    "dot-product": length_of_sum,
    "limit-factor": lambda a, b: ((a + 1e-6 - a) * (a + 1e-6 - b)) / 1e-6,
    "derivative": lambda a, b, c, k: slope(lambda x: a * x**3 + b * x**2 + c * x + 1, k),
    "tangent": lambda b, k: k**3 + b * k - k * slope(lambda x: x**3 + b * x, k),
    "local-maximum": lambda m, b: max(x**3 - 3 * m * m * x + b for x in np.linspace(-m - 0.5, 0, 20001)),
    "definite-integral": lambda a, b, low, high: integral(lambda x: a * x * x + b, low, high),
    "parabola-area": lambda low, high: integral(lambda x: abs((x - low) * (x - high)), low, high),
    "distance-travelled": lambda turn, end: integral(lambda t: abs(2 * t - 2 * turn), 0, end),
    "continuity": lambda k, m, n: k * k + m * k + n - 2 * k,
    "draw-same-colour": drawn_alike,
    "adjacent-seats": rows_with_neighbours,
    "committee": committees,
    "binomial-deviation": binomial_variance,
    "expected-value": expected,
    "two-way-table": lambda a, b, c, d: share([True] * a + [False] * c),
    "bar-chart-mean": lambda *counts: float(np.average([1, 2, 3, 4], weights=counts)),
    "normal": normal_share,
    "dice-sum": lambda s: share([a + b == s for a, b in itertools.product(range(1, 7), repeat=2)]),
    "arithmetic-term": lambda second, sixth, n: np.polyval(np.polyfit([2, 6], [second, sixth], 1), n),
    "geometric-sum": lambda a, r, n: a * (1 - r**n) / (1 - r),
    "sigma": lambda n, b: sum(k * k + b * k for k in range(1, n + 1)),
    "recurrence": nth_by_steps,
    "power-remainder": lambda base, exponent, modulus: base**exponent % modulus,
    "divisor-count": lambda *f: sum(math.prod(p**e for p, e in f) % d == 0 for d in range(1, 1000)),
    "gcd-times-lcm": lambda a, b: (
        max(d for d in range(1, a + 1) if a % d == b % d == 0)
        + min(m for m in range(b, a * b + 1) if m % a == m % b == 0)
    ),
    "infinite-series": lambda s, m, n: sum((s * (1 - m / n) * (m / n) ** k) ** 2 for k in range(400)),
    "interval-maximum": lambda p, low, high, q: (
        max(v := [(x - p) ** 2 + q for x in np.linspace(low, high, 5041)]) + min(v)
    ),
}
# Tables and grids are exact to these many digits only.
TOLERANCES = {"normal": 2e-4, "interval-maximum": 1e-5, "limit-factor": 1e-5}


def test_every_generator_is_recomputed() -> None:
    assert set(RECOMPUTED) == set(GENERATORS)


@pytest.mark.parametrize(("name", "index"), CASES)
def test_the_key_and_no_other_option_is_right(name: str, index: int) -> None:
    item, case = item_of(name, index), GENERATORS[name].cases[index]
    truth, tolerance = RECOMPUTED[name](*case), TOLERANCES.get(name, 1e-6)
    right = [place for place, option in enumerate(item.en.options, start=1) if abs(number(option) - truth) < tolerance]
    assert right == [item.key], (truth, item.en.options)


STEMS: dict[str, Callable[[Callable[[float], float], tuple[int, ...]], float]] = {
    "remainder": lambda f, case: f(case[3]),
    "derivative": lambda f, case: slope(f, case[3]),
    "tangent": lambda f, case: f(case[1]) - case[1] * slope(f, case[1]),
    "local-maximum": lambda f, case: f(-case[0]),
    "quadratic-inequality": lambda f, case: sum(integers(lambda x: f(x) <= 0)),
}


@pytest.mark.parametrize(("name", "index"), [case for case in CASES if case[0] in STEMS])
def test_the_formula_in_the_stem_is_the_one_that_the_key_belongs_to(name: str, index: int) -> None:
    item = item_of(name, index)
    place = 1 if name in ("quadratic-inequality", "tangent") else 0
    truth = STEMS[name](formula(item, place), GENERATORS[name].cases[index])
    assert number(item.en.options[item.key - 1]) == pytest.approx(truth, abs=1e-5)


def test_options_are_the_same_numbers_in_both_languages() -> None:
    for name, index in CASES:
        item = item_of(name, index)
        assert item.ko.options == item.en.options


def test_the_generators_always_make_the_same_items() -> None:
    first, second = ([item for g in GENERATORS.values() for item in g.items()] for _ in range(2))
    assert first == second


def test_pictures_are_pictures() -> None:
    drawn = [picture for name, index in CASES for picture in item_of(name, index).assets.values()]
    assert len(drawn) >= 12
    for picture in drawn:
        with Image.open(BytesIO(picture)) as image:
            # Twice the size at which it is shown, and neither empty nor a solid block.
            assert image.size[0] == 720
            dark = np.asarray(image.convert("L")) < 128
            assert 0.001 < dark.mean() < 0.5


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        (r"$-\frac{3}{4}$", -0.75),
        (r"$2\sqrt{3}$", 2 * math.sqrt(3)),
        (r"$\sqrt{5}$", math.sqrt(5)),
        (r"$\frac{5\pi}{2}$", 5 * math.pi / 2),
        (r"$\pi$", math.pi),
        ("$0.5328$", 0.5328),
        (f"${Fraction(7)}$", 7),
    ],
)
def test_the_reader_of_options_reads(text: str, worth: float) -> None:
    assert number(text) == pytest.approx(worth)
