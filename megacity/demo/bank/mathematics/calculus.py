"""Limits, derivatives and integrals."""

# ruff: noqa: E501 (a sentence with formulas reads better whole)

from fractions import Fraction

from .drawing import Canvas
from .framework import Question, bracketed, generator, josa, poly, signed, tex


@generator("limit-factor", area="calculus", base=-1.4, step=0.3, cases=[(1, 3), (2, -5), (-3, 1), (4, -7)])
def limit_factor(a: int, b: int) -> Question:
    top = poly(1, -a - b, a * b)
    return Question(
        ko=f"$\\lim_{{x \\to {a}}}\\frac{{{top}}}{{{poly(1, -a)}}}$의 값은?",
        en=f"What is the value of $\\lim_{{x \\to {a}}}\\frac{{{top}}}{{{poly(1, -a)}}}$?",
        answer=a - b,
        mistakes=[
            (0, "분자에 대입한 값 $0$을 답했다.", "The value of the numerator, $0$, was given."),
            (a + b, "인수의 부호를 반대로 보았다.", "The sign in the factor was reversed."),
            (b - a, "대입할 때 부호를 바꾸었다.", "The sign was changed on putting in."),
            (-a - b, "분자의 일차항의 계수를 답했다.", "The coefficient of $x$ in the numerator was given."),
            (a * b, "상수항을 답했다.", "The constant term was given."),
            (2 * a, "$x^2$만 미분했다.", "Only $x^2$ was differentiated."),
        ],
        ko_steps=f"분자를 인수분해하면 $(x{signed(-a)})(x{signed(-b)})$이므로 극한값은 "
        f"${a}-{bracketed(b)}={a - b}$이다.",
        en_steps=f"The numerator is $(x{signed(-a)})(x{signed(-b)})$, so the limit is ${a}-{bracketed(b)}={a - b}$.",
    )


@generator(
    "derivative",
    area="calculus",
    base=-1.9,
    step=0.3,
    cases=[(1, 2, 1, 1), (2, -3, 4, 2), (1, -5, -2, -1), (-1, 4, 3, -2)],
)
def derivative(a: int, b: int, c: int, k: int) -> Question:
    slope = 3 * a * k * k + 2 * b * k + c
    return Question(
        ko=f"함수 $f(x)={poly(a, b, c, 1)}$에 대하여 $f'({k})$의 값은?",
        en=f"For $f(x)={poly(a, b, c, 1)}$, what is $f'({k})$?",
        answer=slope,
        mistakes=[
            (
                a * k**3 + b * k * k + c * k + 1,
                f"미분하지 않고 $f({k})$의 값을 구했다.",
                f"This is $f({k})$; nothing was differentiated.",
            ),
            (a * k * k + b * k + c, "지수를 계수에 곱하지 않았다.", "The exponents were not multiplied in."),
            (slope + 1, "상수항을 남겨 두었다.", "The constant term was kept."),
            (3 * a * k * k + 2 * b * k, "일차항을 미분하여 $0$으로 보았다.", "The linear term was taken to vanish."),
            (3 * a * k * k - 2 * b * k + c, "부호를 잘못 계산했다.", "A sign was mistaken."),
            (slope - 1, "상수항의 미분을 $-1$로 보았다.", "The constant was taken to give $-1$."),
        ],
        ko_steps=f"$f'(x)={poly(3 * a, 2 * b, c)}$이므로 $f'({k})={slope}$이다.",
        en_steps=f"$f'(x)={poly(3 * a, 2 * b, c)}$, so $f'({k})={slope}$.",
    )


@generator("tangent", area="calculus", base=-0.2, step=0.3, cases=[(2, 1), (3, 2), (-5, -1), (-2, 3)], slope=1.4)
def tangent(b: int, k: int) -> Question:
    at, slope = k**3 + b * k, 3 * k * k + b
    answer = at - slope * k
    return Question(
        ko=f"곡선 $y={poly(1, 0, b, 0)}$ 위의 점 $({k},\\ {at})$에서의 접선의 $y$절편은?",
        en=f"What is the $y$-intercept of the tangent to $y={poly(1, 0, b, 0)}$ at the point $({k},\\ {at})$?",
        answer=answer,
        mistakes=[
            (at + slope * k, "접점의 $x$좌표의 부호를 잘못 썼다.", "The sign of the point's $x$ was mistaken."),
            (slope, "접선의 기울기를 답했다.", "The slope of the tangent was given."),
            (at, "접점의 $y$좌표를 답했다.", "The $y$ of the point was given."),
            (-answer, "부호를 반대로 계산했다.", "The sign was reversed."),
            (at - slope, "기울기에 $x$좌표를 곱하지 않았다.", "The slope was not multiplied by $x$."),
            (0, "접선이 원점을 지난다고 보았다.", "The tangent was taken to pass through the origin."),
        ],
        ko_steps=f"$y'={poly(3, 0, b)}$이므로 기울기는 ${slope}$이고 접선은 "
        f"$y={slope}(x{signed(-k)}){signed(at)}$이다. $x=0$을 대입하면 ${answer}$이다.",
        en_steps=f"$y'={poly(3, 0, b)}$, so the slope is ${slope}$ and the tangent is "
        f"$y={slope}(x{signed(-k)}){signed(at)}$. At $x=0$ it gives ${answer}$.",
    )


@generator("local-maximum", area="calculus", base=0.3, step=0.3, cases=[(1, 4), (2, 3), (1, -5), (3, -10)], slope=1.5)
def local_maximum(m: int, b: int) -> Question:
    text, high, low = poly(1, 0, -3 * m * m, b), 2 * m**3 + b, -2 * m**3 + b
    return Question(
        ko=f"함수 $f(x)={text}$의 극댓값은?",
        en=f"What is the local maximum value of $f(x)={text}$?",
        answer=high,
        mistakes=[
            (low, "극솟값을 구했다.", "This is the local minimum value."),
            (-m, "극대가 되는 $x$의 값을 답했다.", "The $x$ of the maximum was given."),
            (m, "극소가 되는 $x$의 값을 답했다.", "The $x$ of the minimum was given."),
            (b, "상수항을 답했다.", "The constant term was given."),
            (2 * m**3, "상수항을 더하지 않았다.", "The constant term was not added."),
            (4 * m**3 + b, "$x^3$의 부호를 잘못 계산했다.", "The sign of $x^3$ was mistaken."),
        ],
        ko_steps=f"$f'(x)=3x^2-{3 * m * m}=3(x+{m})(x-{m})$이므로 $x={-m}$에서 극대이고 $f({-m})={high}$이다.",
        en_steps=f"$f'(x)=3x^2-{3 * m * m}=3(x+{m})(x-{m})$, so the maximum is at $x={-m}$ and $f({-m})={high}$.",
    )


@generator(
    "definite-integral",
    area="calculus",
    base=-0.9,
    step=0.3,
    cases=[(3, 2, 1, 3), (6, -4, 1, 2), (3, -2, -1, 2), (1, 3, 1, 3)],
)
def definite_integral(a: int, b: int, low: int, high: int) -> Question:
    def antiderivative(x: int) -> Fraction:
        return Fraction(a * x**3, 3) + b * x

    def integrand(x: int) -> int:
        return a * x * x + b

    answer = antiderivative(high) - antiderivative(low)
    return Question(
        ko=f"$\\int_{{{low}}}^{{{high}}}({poly(a, 0, b)})\\,dx$의 값은?",
        en=f"What is the value of $\\int_{{{low}}}^{{{high}}}({poly(a, 0, b)})\\,dx$?",
        answer=answer,
        mistakes=[
            (
                integrand(high) - integrand(low),
                "적분하지 않고 함숫값의 차를 구했다.",
                "The integrand itself was evaluated.",
            ),
            (answer - b * (high - low) + b, "상수항을 적분하지 않았다.", "The constant term was not integrated."),
            (-answer, "위끝과 아래끝을 바꾸었다.", "The limits were exchanged."),
            (
                Fraction(a * (high**3 - low**3), 1) + b * (high - low),
                "$3$으로 나누지 않았다.",
                "The division by $3$ was left out.",
            ),
            (antiderivative(high) + antiderivative(low), "두 값을 빼지 않고 더했다.", "The two values were added."),
            (2 * a * (high - low), "적분 대신 미분했다.", "The integrand was differentiated."),
        ],
        ko_steps=f"한 부정적분이 ${_cubic(a, b)}$이므로 값은 ${tex(antiderivative(high))}-{bracketed(antiderivative(low))}={tex(answer)}$이다.",
        en_steps=f"An antiderivative is ${_cubic(a, b)}$, so it is ${tex(antiderivative(high))}-{bracketed(antiderivative(low))}={tex(answer)}$.",
    )


def _cubic(a: int, b: int) -> str:
    if a % 3 == 0:
        return poly(a // 3, 0, b, 0)
    return rf"{tex(Fraction(a, 3))}x^3{signed(b)}x"


def _parabola_area(low: int, high: int) -> bytes:
    def f(x: float) -> float:
        return (x - low) * (x - high)

    bottom = f((low + high) / 2)
    canvas = Canvas((min(low, 0) - 1, max(high, 0) + 1), (bottom - 0.6, max(2.5, -bottom * 0.7)))
    inside = [low + (high - low) * step / 100 for step in range(101)]
    canvas.area([(x, f(x)) for x in inside])
    canvas.axes(grid=False)
    canvas.curve(f, *canvas.x)
    for x, offset in ((low, -18), (high, 18)):
        if x:
            canvas.text((x, 0), str(x), offset=(offset, 22), size=26)
    return canvas.png()


@generator("parabola-area", area="calculus", base=0.3, step=0.3, cases=[(0, 3), (1, 4), (-1, 3), (-2, 3)], slope=1.4)
def parabola_area(low: int, high: int) -> Question:
    text, width = poly(1, -low - high, low * high), high - low
    answer = Fraction(width**3, 6)
    # Without a constant term the formula ends in the letter x.
    particle = josa(low * high, "과/와") if low * high else "와"
    return Question(
        ko=f"그림과 같이 곡선 $y={text}${particle} $x$축으로 둘러싸인 부분의 넓이는?\n\n"
        f"![x축과 x={low}, x={high}에서 만나는 포물선과 x축 사이의 색칠된 부분](asset:picture.png)",
        en=f"What is the area of the region enclosed by $y={text}$ and the $x$-axis as shown?\n\n"
        f"![The shaded region between the x-axis and a parabola that meets it at {low} and {high}](asset:picture.png)",
        answer=answer,
        mistakes=[
            (-answer, "정적분의 값을 그대로 답했다.", "The value of the integral was given with its sign."),
            (Fraction(width**3, 3), "$6$이 아니라 $3$으로 나누었다.", "It was divided by $3$ instead of $6$."),
            (Fraction(width**3, 12), "$12$로 나누었다.", "It was divided by $12$."),
            (Fraction(width**2, 6), "세제곱이 아니라 제곱을 썼다.", "The square was used instead of the cube."),
            (Fraction(width**3, 4), "밑변과 높이를 곱한 값을 구했다.", "Base times height was taken."),
        ],
        ko_steps=f"$x$축과 만나는 점은 $x={low}$, $x={high}$이고 그 사이에서 $y<0$이므로 넓이는 "
        f"$-\\int_{{{low}}}^{{{high}}}({text})\\,dx=\\frac{{{width}^3}}{{6}}={tex(answer)}$이다.",
        en_steps=f"The curve meets the axis at $x={low}$ and $x={high}$ and lies below it in between, so the area is "
        f"$-\\int_{{{low}}}^{{{high}}}({text})\\,dx=\\frac{{{width}^3}}{{6}}={tex(answer)}$.",
        picture=_parabola_area(low, high),
    )


@generator(
    "distance-travelled", area="calculus", base=1.3, step=0.35, cases=[(1, 3), (2, 5), (2, 6), (3, 5)], slope=1.7
)
def distance_travelled(turn: int, end: int) -> Question:
    displacement = end * end - 2 * turn * end
    answer = turn * turn + (end - turn) ** 2
    return Question(
        ko=f"수직선 위를 움직이는 점 $P$의 시각 $t$에서의 속도가 $v(t)=2t-{2 * turn}$이다. "
        f"$t=0$부터 $t={end}$까지 점 $P$가 움직인 거리는?",
        en=f"A point moves on a line with velocity $v(t)=2t-{2 * turn}$ at time $t$. "
        f"What distance does it travel from $t=0$ to $t={end}$?",
        answer=answer,
        mistakes=[
            (
                abs(displacement),
                "움직인 거리가 아니라 위치의 변화량을 구했다.",
                "This is the displacement, not the distance.",
            ),
            ((end - turn) ** 2, "방향을 바꾼 뒤의 거리만 구했다.", "Only the part after turning was counted."),
            (turn * turn, "방향을 바꾸기 전의 거리만 구했다.", "Only the part before turning was counted."),
            (end * end, "속도를 $2t$로 보았다.", "The velocity was taken as $2t$."),
            (2 * end - 2 * turn, "마지막 순간의 속도를 구했다.", "This is the final velocity."),
            (2 * answer, "두 배로 계산했다.", "It was doubled."),
            (answer + turn, "방향을 바꾸는 시각을 더했다.", "The time of turning was added."),
        ],
        ko_steps=f"$t={turn}$에서 방향이 바뀐다. 움직인 거리는 "
        f"$\\int_0^{{{turn}}}({2 * turn}-2t)\\,dt+\\int_{{{turn}}}^{{{end}}}(2t-{2 * turn})\\,dt={turn * turn}+{(end - turn) ** 2}={answer}$이다.",
        en_steps=f"It turns at $t={turn}$. The distance is "
        f"$\\int_0^{{{turn}}}({2 * turn}-2t)\\,dt+\\int_{{{turn}}}^{{{end}}}(2t-{2 * turn})\\,dt={turn * turn}+{(end - turn) ** 2}={answer}$.",
    )


@generator("continuity", area="calculus", base=-0.6, step=0.3, cases=[(2, 3, 1), (1, -4, 5), (-1, 2, 7), (3, 1, -8)])
def continuity(k: int, m: int, n: int) -> Question:
    right = k * k + m * k + n
    answer = right - 2 * k
    return Question(
        ko=f"함수\n\n$$f(x)=\\begin{{cases}} 2x+a & (x<{k}) \\\\ {poly(1, m, n)} & (x\\ge {k}) \\end{{cases}}$$\n\n"
        "가 실수 전체의 집합에서 연속일 때, 상수 $a$의 값은?",
        en=f"The function\n\n$$f(x)=\\begin{{cases}} 2x+a & (x<{k}) \\\\ {poly(1, m, n)} & (x\\ge {k}) \\end{{cases}}$$\n\n"
        "is continuous on the real numbers. What is the constant $a$?",
        answer=answer,
        mistakes=[
            (right, f"$x={k}$에서의 함숫값을 그대로 답했다.", f"The value of the function at $x={k}$ was given."),
            (right + 2 * k, "이항할 때 부호를 바꾸지 않았다.", "The sign was kept when the term was moved."),
            (n, "$x=0$에서 두 식을 같게 놓았다.", "The two formulas were equated at $x=0$."),
            (2 * k + m - 2, "도함수를 같게 놓았다.", "The derivatives were equated."),
            (-answer, "부호를 반대로 계산했다.", "The sign was reversed."),
            (right - k, "$2x$를 $x$로 계산했다.", "$2x$ was computed as $x$."),
        ],
        ko_steps=f"$x={k}$에서 연속이려면 $2\\times {bracketed(k)}+a={right}$이어야 하므로 $a={answer}$이다.",
        en_steps=f"Continuity at $x={k}$ needs $2\\times {bracketed(k)}+a={right}$, so $a={answer}$.",
    )
