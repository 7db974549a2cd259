"""Functions and their graphs."""

# ruff: noqa: E501 (a sentence with formulas reads better whole)

import math
from fractions import Fraction

from .drawing import Canvas
from .framework import Question, bracketed, generator, josa, poly, signed, tex


@generator(
    "composite",
    area="functions",
    base=-2.3,
    step=0.3,
    cases=[(2, 1, 3, 2), (3, -2, 1, 2), (2, -5, 4, -1), (-3, 4, -2, 3)],
)
def composite(a: int, b: int, c: int, k: int) -> Question:
    def f(x: int) -> int:
        return a * x + b

    def g(x: int) -> int:
        return x * x + c

    return Question(
        ko=f"두 함수 $f(x)={poly(a, b)}$, $g(x)={poly(1, 0, c)}$에 대하여 $(f\\circ g)({k})$의 값은?",
        en=f"For $f(x)={poly(a, b)}$ and $g(x)={poly(1, 0, c)}$, what is $(f\\circ g)({k})$?",
        answer=f(g(k)),
        mistakes=[
            (g(f(k)), "합성의 순서를 바꾸었다.", "The order of composition was reversed."),
            (f(k) * g(k), "합성을 곱으로 보았다.", "Composition was taken for a product."),
            (g(k), "안쪽 함수의 값만 구했다.", "Only the inner value was found."),
            (f(k) + g(k), "두 함숫값을 더했다.", "The two values were added."),
            (f(k), "$f$의 값만 구했다.", "Only the value of $f$ was found."),
        ],
        ko_steps=f"$g({k})={bracketed(k)}^2{signed(c)}={g(k)}$이므로 "
        f"$f(g({k}))={a}\\times {bracketed(g(k))}{signed(b)}={f(g(k))}$이다.",
        en_steps=f"$g({k})={bracketed(k)}^2{signed(c)}={g(k)}$, so "
        f"$f(g({k}))={a}\\times {bracketed(g(k))}{signed(b)}={f(g(k))}$.",
    )


@generator("inverse", area="functions", base=-1.7, step=0.3, cases=[(3, 1, 10), (2, -5, 4), (4, 7, 1), (-3, 2, 7)])
def inverse(a: int, b: int, k: int) -> Question:
    answer = Fraction(k - b, a)
    return Question(
        ko=f"함수 $f(x)={poly(a, b)}$의 역함수 $f^{{-1}}(x)$에 대하여 $f^{{-1}}({k})$의 값은?",
        en=f"The function $f(x)={poly(a, b)}$ has the inverse $f^{{-1}}$. What is $f^{{-1}}({k})$?",
        answer=answer,
        mistakes=[
            (a * k + b, f"역함수가 아니라 $f({k})$를 구했다.", f"This is $f({k})$, not a value of the inverse."),
            (
                Fraction(k + b, a),
                "상수항을 이항할 때 부호를 바꾸지 않았다.",
                "The constant kept its sign when it was moved.",
            ),
            (Fraction(1, a * k + b), "역함수를 역수로 보았다.", "The inverse was taken for the reciprocal."),
            (k - b, "일차항의 계수로 나누지 않았다.", "The division by the coefficient of $x$ was left out."),
            (-answer, "부호를 반대로 계산했다.", "The sign was reversed."),
            (a * (k - b), "나누어야 할 것을 곱했다.", "Multiplied where one divides."),
        ],
        ko_steps=f"$f^{{-1}}({k})=t$라 하면 $f(t)={k}$이다. ${poly(a, b, variable='t')}={k}$에서 $t={tex(answer)}$이다.",
        en_steps=f"Let $f^{{-1}}({k})=t$; then $f(t)={k}$. From ${poly(a, b, variable='t')}={k}$, $t={tex(answer)}$.",
    )


def _parabola(a: int, p: int, q: int) -> bytes:
    high = max(q, q + a * 4, 2) + 1
    low = min(q, q + a * 4, -1) - 1
    canvas = Canvas((min(p - 4, -2), max(p + 4, 3)), (low, high))
    canvas.axes()
    canvas.curve(lambda x: a * (x - p) ** 2 + q, p - 4, p + 4)
    canvas.dot((p, q), "#c2410c")
    canvas.dot((p + 1, q + a), "#c2410c")
    return canvas.png()


@generator(
    "parabola-graph",
    area="functions",
    base=-0.5,
    step=0.3,
    cases=[(1, 1, -3, 5), (-1, 2, 4, 6), (2, -1, -5, 2), (-2, -2, 6, 2)],
)
def parabola_graph(a: int, p: int, q: int, k: int) -> Question:
    def at(x: int) -> int:
        return a * (x - p) ** 2 + q

    return Question(
        ko=f"이차함수 $y=f(x)$의 그래프가 그림과 같다. 꼭짓점과 표시된 점의 좌표를 이용하여 구한 $f({k})$의 값은?\n\n"
        f"![포물선. 꼭짓점 ({p}, {q}), 지나는 점 ({p + 1}, {q + a})](asset:picture.png)",
        en=f"The graph of the quadratic function $y=f(x)$ is shown with its vertex and one more point marked. "
        f"What is $f({k})$?\n\n![A parabola with vertex ({p}, {q}) through ({p + 1}, {q + a})](asset:picture.png)",
        answer=at(k),
        mistakes=[
            (
                -a * (k - p) ** 2 + q,
                "이차항의 계수의 부호를 반대로 보았다.",
                "The leading coefficient got the wrong sign.",
            ),
            (
                a * (k + p) ** 2 + q,
                "꼭짓점의 $x$좌표의 부호를 잘못 썼다.",
                "The sign of the vertex's $x$ was mistaken.",
            ),
            (a * (k - p) ** 2, "꼭짓점의 $y$좌표를 더하지 않았다.", "The vertex's $y$ was not added."),
            (
                a * (k - p) ** 2 - q,
                "꼭짓점의 $y$좌표의 부호를 잘못 썼다.",
                "The sign of the vertex's $y$ was mistaken.",
            ),
            (a * (k - p) + q, "제곱하지 않았다.", "The square was forgotten."),
        ],
        ko_steps=f"꼭짓점이 $({p},\\ {q})$이므로 $f(x)=a(x{signed(-p)})^2{signed(q)}$이고, $f({p + 1})={q + a}$에서 "
        f"$a={a}$이다. 따라서 $f({k})={at(k)}$이다.",
        en_steps=f"The vertex is $({p},\\ {q})$, so $f(x)=a(x{signed(-p)})^2{signed(q)}$; $f({p + 1})={q + a}$ gives "
        f"$a={a}$. Hence $f({k})={at(k)}$.",
        picture=_parabola(a, p, q),
    )


def _line_graph(first: tuple[int, int], second: tuple[int, int]) -> bytes:
    (x0, y0), (x1, y1) = first, second
    slope = (y1 - y0) / (x1 - x0)
    canvas = Canvas((min(x0, x1, 0) - 2, max(x0, x1, 0) + 2), (min(y0, y1, 0) - 2, max(y0, y1, 0) + 2))
    canvas.axes()
    canvas.curve(lambda x: y0 + slope * (x - x0), *canvas.x)
    for point in (first, second):
        canvas.dot(point, "#c2410c")
    return canvas.png()


@generator(
    "line-graph",
    area="functions",
    base=-2.6,
    step=0.35,
    cases=[(0, 1, 2, 5, 6), (0, 4, 2, 0, 7), (1, -1, 3, 3, 8), (-2, 3, 2, 1, 10)],
)
def line_graph(x0: int, y0: int, x1: int, y1: int, k: int) -> Question:
    slope = Fraction(y1 - y0, x1 - x0)
    answer = y0 + slope * (k - x0)
    return Question(
        ko=f"일차함수 $y=f(x)$의 그래프가 그림과 같이 두 점을 지날 때, $f({k})$의 값은?\n\n"
        f"![직선. 지나는 두 점 ({x0}, {y0}), ({x1}, {y1})](asset:picture.png)",
        en=f"The graph of the linear function $y=f(x)$ passes through the two marked points. What is $f({k})$?\n\n"
        f"![A straight line through ({x0}, {y0}) and ({x1}, {y1})](asset:picture.png)",
        answer=answer,
        mistakes=[
            (y0 - slope * (k - x0), "기울기의 부호를 반대로 보았다.", "The slope got the wrong sign."),
            (y0 + Fraction(1) / slope * (k - x0), "기울기를 역수로 구했다.", "The slope was turned upside down."),
            (slope * k, "$y$절편을 더하지 않았다.", "The $y$-intercept was not added."),
            (
                y0 + slope * (k - x1),
                "점의 $x$좌표를 섞어 썼다.",
                "The $x$ of one point was used with the $y$ of the other.",
            ),
            (y0 + k - x0, "기울기를 $1$로 보았다.", "The slope was taken to be $1$."),
            (answer + slope, "한 칸을 더 세었다.", "One step too many was counted."),
        ],
        ko_steps=f"기울기는 $\\frac{{{y1}-{bracketed(y0)}}}{{{x1}-{bracketed(x0)}}}={tex(slope)}$이므로 "
        f"$f({k})={y0}+{bracketed(slope)}\\times({k}-{bracketed(x0)})={tex(answer)}$이다.",
        en_steps=f"The slope is $\\frac{{{y1}-{bracketed(y0)}}}{{{x1}-{bracketed(x0)}}}={tex(slope)}$, so "
        f"$f({k})={y0}+{bracketed(slope)}\\times({k}-{bracketed(x0)})={tex(answer)}$.",
        picture=_line_graph((x0, y0), (x1, y1)),
    )


def _sine_graph(a: int, c: int) -> bytes:
    canvas = Canvas((-1, 7), (min(c - a, 0) - 1, max(c + a, 0) + 1))
    canvas.axes(grid=False)
    canvas.curve(lambda x: a * math.sin(2 * x) + c, -1, 7)
    for height in (c + a, c - a):
        if height:
            canvas.dashed((0, height), (7, height))
            canvas.text((0, height), str(height), offset=(-22, 0), size=26)
    canvas.dashed((math.pi, 0), (math.pi, c))
    canvas.text((math.pi, 0), "T", offset=(0, 22 if c >= 0 else -22), size=28)
    return canvas.png()


@generator("sine-graph", area="functions", base=0.5, step=0.3, cases=[(3, 1), (2, 3), (4, -1)], slope=1.5)
def sine_graph(a: int, c: int) -> Question:
    answer = a + 2 + c
    return Question(
        ko=f"함수 $y=a\\sin bx+c$의 그래프가 그림과 같을 때, 세 상수 $a$, $b$, $c$에 대하여 $a+b+c$의 값은? "
        f"(단, $a>0$, $b>0$이고 그림의 $T$는 주기로서 $T=\\pi$이다.)\n\n![최댓값 {a + c}, 최솟값 {c - a}, 주기 π인 사인 곡선](asset:picture.png)",
        en=f"The graph of $y=a\\sin bx+c$ is shown, where $a>0$, $b>0$ and the marked period is $T=\\pi$. What is $a+b+c$?\n\n"
        f"![A sine curve with maximum {a + c}, minimum {c - a} and period π](asset:picture.png)",
        answer=answer,
        mistakes=[
            (a + 1 + c, "주기를 $\\pi b$로 보고 $b=1$이라 했다.", "The period was taken to be $\\pi b$, so $b=1$."),
            (a + c, "$b$를 더하지 않았다.", "$b$ was not added."),
            (
                2 * a + 2 + c,
                "진폭을 최댓값과 최솟값의 차로 보았다.",
                "The amplitude was taken as maximum minus minimum.",
            ),
            (a + 2 + 2 * c, "최댓값을 진폭으로 보았다.", "The maximum was taken for the amplitude."),
            (a + 2 - c, "$c$의 부호를 반대로 보았다.", "The sign of $c$ was reversed."),
        ],
        ko_steps=f"최댓값 $a+c={a + c}$, 최솟값 $-a+c={c - a}$에서 $a={a}$, $c={c}$이다. "
        f"주기 $\\frac{{2\\pi}}{{b}}=\\pi$에서 $b=2$이므로 합은 ${answer}$이다.",
        en_steps=f"From $a+c={a + c}$ and $-a+c={c - a}$ we get $a={a}$, $c={c}$. "
        f"The period $\\frac{{2\\pi}}{{b}}=\\pi$ gives $b=2$, so the sum is ${answer}$.",
        picture=_sine_graph(a, c),
    )


@generator("asymptotes", area="functions", base=-0.4, step=0.3, cases=[(2, 1, 3), (-3, 4, 1), (4, -1, -2), (5, 3, -4)])
def asymptotes(a: int, b: int, c: int) -> Question:
    top, bottom = poly(a, b), poly(1, -c)
    return Question(
        ko=f"유리함수 $y=\\frac{{{top}}}{{{bottom}}}$의 그래프의 두 점근선의 교점의 좌표를 $(p,\\ q)$라 할 때, $p+q$의 값은?",
        en=f"The asymptotes of $y=\\frac{{{top}}}{{{bottom}}}$ meet at the point $(p,\\ q)$. What is $p+q$?",
        answer=a + c,
        mistakes=[
            (a - c, "수직 점근선의 부호를 반대로 보았다.", "The vertical asymptote got the wrong sign."),
            (c, "수평 점근선을 $x$축으로 보았다.", "The $x$-axis was taken for the horizontal asymptote."),
            (b + c, "분자의 상수항을 수평 점근선으로 보았다.", "The numerator's constant was taken for the asymptote."),
            (a * c + b, "분자에 $x$의 값을 대입했다.", "The value of $x$ was put into the numerator."),
            (a * c, "두 좌표를 곱했다.", "The coordinates were multiplied."),
            (-a - c, "두 부호를 모두 바꾸었다.", "Both signs were reversed."),
        ],
        ko_steps=f"분모가 $0$이 되는 $x={c}$와, $x$가 한없이 커질 때의 극한 $y={a}${josa(a, '이/가')} 점근선이다. "
        f"교점은 $({c},\\ {a})$이고 $p+q={a + c}$이다.",
        en_steps=f"The asymptotes are $x={c}$, where the denominator is $0$, and $y={a}$, the limit for large $x$. "
        f"They meet at $({c},\\ {a})$, so $p+q={a + c}$.",
    )


@generator(
    "trigonometric-product", area="functions", base=0.4, step=0.25, cases=[(1, 2), (1, 3), (2, 3), (4, 3)], slope=1.5
)
def trigonometric_product(m: int, n: int) -> Question:
    k = Fraction(m, n)
    answer = (k * k - 1) / 2
    return Question(
        ko=f"$\\sin\\theta+\\cos\\theta={tex(k)}$일 때, $\\sin\\theta\\cos\\theta$의 값은?",
        en=f"If $\\sin\\theta+\\cos\\theta={tex(k)}$, what is $\\sin\\theta\\cos\\theta$?",
        answer=answer,
        mistakes=[
            (k * k - 1, "$2$로 나누지 않았다.", "The division by $2$ was left out."),
            (-answer, "부호를 반대로 계산했다.", "The sign was reversed."),
            (k * k / 2, "$\\sin^2\\theta+\\cos^2\\theta=1$을 빼지 않았다.", "The $1$ was not subtracted."),
            ((k * k + 1) / 2, "$1$을 빼지 않고 더했다.", "The $1$ was added instead of subtracted."),
            ((k - 1) / 2, "양변을 제곱하지 않았다.", "The equation was not squared."),
        ],
        ko_steps=f"양변을 제곱하면 $1+2\\sin\\theta\\cos\\theta={tex(k * k)}$이므로 $\\sin\\theta\\cos\\theta={tex(answer)}$이다.",
        en_steps=f"Squaring gives $1+2\\sin\\theta\\cos\\theta={tex(k * k)}$, so $\\sin\\theta\\cos\\theta={tex(answer)}$.",
    )


@generator(
    "interval-maximum",
    area="functions",
    base=-0.2,
    step=0.3,
    cases=[(2, 0, 5, 1), (1, -2, 2, 3), (-1, -3, 3, -4), (3, 1, 4, -2)],
)
def interval_maximum(p: int, low: int, high: int, q: int) -> Question:
    text = poly(1, -2 * p, p * p + q)
    top = max((low - p) ** 2, (high - p) ** 2) + q
    total = top + q
    other = min((low - p) ** 2, (high - p) ** 2) + q
    return Question(
        ko=f"${low}\\le x\\le {high}$에서 이차함수 $y={text}$의 최댓값과 최솟값의 합은?",
        en=f"On ${low}\\le x\\le {high}$, what is the sum of the greatest and the least value of $y={text}$?",
        answer=total,
        mistakes=[
            (top + other, "양 끝의 값만 비교했다.", "Only the values at the two ends were compared."),
            (other + q, "꼭짓점에서 가까운 쪽의 끝을 최대로 보았다.", "The nearer end was taken for the maximum."),
            (top, "최댓값만 답했다.", "Only the greatest value was given."),
            (top - q, "합이 아니라 차를 구했다.", "The difference was given instead of the sum."),
            (p * p + q + top, "$x=0$에서의 값을 최솟값으로 보았다.", "The value at $x=0$ was taken for the least."),
            (q, "최솟값만 답했다.", "Only the least value was given."),
        ],
        ko_steps=f"$y=(x{signed(-p)})^2{signed(q)}$이므로 $x={p}$에서 최솟값 ${q}$, "
        f"꼭짓점에서 먼 쪽의 끝에서 최댓값 ${top}${josa(top, '을/를')} 갖는다. 합은 ${total}$이다.",
        en_steps=f"$y=(x{signed(-p)})^2{signed(q)}$ has its least value ${q}$ at $x={p}$ and its greatest value ${top}$ "
        f"at the end farther from the vertex. The sum is ${total}$.",
    )
