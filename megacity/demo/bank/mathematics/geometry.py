"""Triangles, circles, coordinates and vectors."""

# ruff: noqa: E501 (a sentence with formulas reads better whole)

import math
from fractions import Fraction

from .drawing import Canvas, Point, arc_points
from .framework import Question, bracketed, generator, josa, pi_times, signed, surd, tex


def _right_triangle(a: int, b: int) -> bytes:
    canvas = Canvas((-0.5, a + 0.5), (-0.5, b + 0.5), equal=True, margin=60)
    corner = min(a, b) * 0.08
    canvas.polygon([(0, 0), (a, 0), (0, b)])
    canvas.line([(corner, 0), (corner, corner), (0, corner)], width=2)
    for point, letter, offset in (((0, 0), "C", (-22, 20)), ((a, 0), "B", (22, 20)), ((0, b), "A", (-10, -26))):
        canvas.text(point, letter, offset=offset)
    canvas.text((a / 2, 0), str(a), offset=(0, 26))
    canvas.text((0, b / 2), str(b), offset=(-28, 0))
    return canvas.png()


@generator("hypotenuse-height", area="geometry", base=-0.8, step=0.3, cases=[(4, 3), (8, 6), (12, 5), (15, 8)])
def hypotenuse_height(a: int, b: int) -> Question:
    c = math.isqrt(a * a + b * b)
    answer = Fraction(a * b, c)
    return Question(
        ko="그림과 같이 $\\angle C=90^\\circ$인 직각삼각형 $ABC$의 꼭짓점 $C$에서 빗변 $AB$에 내린 수선의 길이는?\n\n"
        f"![직각을 낀 두 변의 길이가 {a}, {b}인 직각삼각형 ABC](asset:picture.png)",
        en="Triangle $ABC$ has a right angle at $C$ as shown. How long is the perpendicular from $C$ to $AB$?\n\n"
        f"![A right triangle ABC whose legs measure {a} and {b}](asset:picture.png)",
        answer=answer,
        mistakes=[
            (c, "빗변의 길이를 구했다.", "This is the length of the hypotenuse."),
            (Fraction(a * b, 2), "삼각형의 넓이를 구했다.", "This is the area of the triangle."),
            (Fraction(a * b, 2 * c), "넓이를 빗변으로 나누고 $2$를 곱하지 않았다.", "The factor $2$ was forgotten."),
            (Fraction(c, 2), "빗변의 절반, 곧 중선의 길이를 구했다.", "This is the median, half the hypotenuse."),
            (
                Fraction(a * b, a + b),
                "빗변을 두 변의 합으로 보았다.",
                "The hypotenuse was taken as the sum of the legs.",
            ),
        ],
        ko_steps=f"$\\overline{{AB}}=\\sqrt{{{a}^2+{b}^2}}={c}$이고, 넓이를 두 가지로 나타내면 "
        f"$\\frac{{1}}{{2}}\\times {a}\\times {b}=\\frac{{1}}{{2}}\\times {c}\\times h$이므로 $h={tex(answer)}$이다.",
        en_steps=f"$\\overline{{AB}}=\\sqrt{{{a}^2+{b}^2}}={c}$. Writing the area in two ways, "
        f"$\\frac{{1}}{{2}}\\times {a}\\times {b}=\\frac{{1}}{{2}}\\times {c}\\times h$, so $h={tex(answer)}$.",
        picture=_right_triangle(a, b),
    )


def _angle_triangle(b: int, c: int, angle: int) -> bytes:
    top = (c * math.cos(math.radians(angle)), c * math.sin(math.radians(angle)))
    canvas = Canvas((min(0, top[0]) - 0.4, max(b, top[0]) + 0.4), (-0.4, top[1] + 0.4), equal=True, margin=60)
    canvas.polygon([(0, 0), (b, 0), top])
    radius = min(b, c) * 0.16
    canvas.arc((0, 0), radius, 0, angle, "#c2410c")
    middle = arc_points((0, 0), radius * 1.75, angle / 2, angle / 2)[0]
    canvas.text(middle, f"{angle}°", size=24, colour="#c2410c")
    canvas.text((0, 0), "A", offset=(-22, 18))
    canvas.text((b, 0), "C", offset=(22, 18))
    canvas.text(top, "B", offset=(0, -26))
    canvas.text((b / 2, 0), str(b), offset=(0, 26))
    canvas.text((top[0] / 2, top[1] / 2), str(c), offset=(-28, -14))
    return canvas.png()


@generator(
    "cosine-rule",
    area="geometry",
    base=0.1,
    step=0.25,
    cases=[(8, 5, 60), (5, 3, 120), (7, 4, 60), (6, 4, 120)],
    slope=1.5,
)
def cosine_rule(b: int, c: int, angle: int) -> Question:
    sign = 1 if angle == 60 else -1
    squares = b * b + c * c
    square = squares - sign * b * c
    cosine = "\\frac{1}{2}" if sign == 1 else "-\\frac{1}{2}"
    return Question(
        ko="그림과 같은 삼각형 $ABC$에서 변 $BC$의 길이는?\n\n"
        f"![두 변의 길이가 {b}, {c}이고 끼인각의 크기가 {angle}도인 삼각형 ABC](asset:picture.png)",
        en="In triangle $ABC$ as shown, how long is the side $BC$?\n\n"
        f"![Triangle ABC with sides {b} and {c} enclosing an angle of {angle} degrees](asset:picture.png)",
        answer=surd(1, square),
        mistakes=[
            (surd(1, squares + sign * b * c), "코사인 항의 부호를 반대로 썼다.", "The cosine term got the wrong sign."),
            (
                surd(1, squares),
                "직각삼각형으로 보고 피타고라스 정리를 썼다.",
                "The angle was treated as a right angle.",
            ),
            (
                surd(1, abs(squares - 2 * sign * b * c)),
                "코사인값 $\\frac{1}{2}$을 빠뜨렸다.",
                "The cosine $\\frac{1}{2}$ was forgotten.",
            ),
            (square, "제곱근을 구하지 않았다.", "The square root was not taken."),
            (b + c, "두 변의 길이를 더했다.", "The two sides were added."),
        ],
        ko_steps=f"코사인법칙에 의하여 $\\overline{{BC}}^2={b}^2+{c}^2-2\\times {b}\\times {c}\\times "
        f"\\left({cosine}\\right)={square}$이므로 $\\overline{{BC}}={surd(1, square)}$이다.",
        en_steps=f"By the law of cosines $\\overline{{BC}}^2={b}^2+{c}^2-2\\times {b}\\times {c}\\times "
        f"\\left({cosine}\\right)={square}$, so $\\overline{{BC}}={surd(1, square)}$.",
        picture=_angle_triangle(b, c, angle),
    )


def _inscribed(angle: int) -> bytes:
    canvas = Canvas((-1.25, 1.25), (-1.25, 1.25), equal=True, margin=20)
    left, right = -90 - angle, -90 + angle
    a, b, p = (arc_points((0, 0), 1, at, at)[0] for at in (left, right, 90))
    canvas.arc((0, 0), 1, 0, 360)
    for start in (p, (0, 0)):
        canvas.line([a, start, b])
    canvas.dot((0, 0))
    canvas.arc(p, 0.22, -90 - angle / 2, -90 + angle / 2, "#c2410c")
    canvas.text(p, f"{angle}°", offset=(0, 92), size=24, colour="#c2410c")
    canvas.text((0, 0), "O", offset=(0, -26))
    for point, letter in ((a, "A"), (b, "B"), (p, "P")):
        canvas.text((point[0] * 1.13, point[1] * 1.13), letter)
    return canvas.png()


@generator("inscribed-angle", area="geometry", base=-2.2, step=0.3, cases=[(40,), (55,), (65,), (48,)], slope=1.0)
def inscribed_angle(angle: int) -> Question:
    answer = 90 - angle
    return Question(
        ko=f"그림과 같이 중심이 $O$인 원에서 $\\angle APB={angle}^\\circ$일 때, $\\angle OAB$의 크기는 몇 도인가?\n\n"
        f"![원 위의 세 점 A, B, P와 중심 O. 원주각 APB의 크기는 {angle}도](asset:picture.png)",
        en=f"In the circle with centre $O$ as shown, $\\angle APB={angle}^\\circ$. How many degrees is $\\angle OAB$?\n\n"
        f"![Points A, B, P on a circle with centre O; the inscribed angle APB is {angle} degrees](asset:picture.png)",
        answer=answer,
        mistakes=[
            (2 * angle, "중심각 $\\angle AOB$의 크기를 답했다.", "This is the central angle $\\angle AOB$."),
            (angle, "원주각과 같다고 보았다.", "It was taken to equal the inscribed angle."),
            (180 - 2 * angle, "$2$로 나누지 않았다.", "The division by $2$ was left out."),
            (
                Fraction(180 - angle, 2),
                "중심각을 원주각과 같게 두었다.",
                "The central angle was taken to equal the inscribed one.",
            ),
            (180 - angle, "원주각을 $180^\\circ$에서 뺐다.", "The inscribed angle was subtracted from $180^\\circ$."),
        ],
        ko_steps=f"중심각은 원주각의 두 배이므로 $\\angle AOB={2 * angle}^\\circ$이다. $\\overline{{OA}}=\\overline{{OB}}$이므로 "
        f"$\\angle OAB=\\frac{{180^\\circ-{2 * angle}^\\circ}}{{2}}={answer}^\\circ$이다.",
        en_steps=f"The central angle is twice the inscribed one: $\\angle AOB={2 * angle}^\\circ$. Since "
        f"$\\overline{{OA}}=\\overline{{OB}}$, $\\angle OAB=\\frac{{180^\\circ-{2 * angle}^\\circ}}{{2}}={answer}^\\circ$.",
        picture=_inscribed(angle),
    )


def _sector(radius: int, angle: int) -> bytes:
    arc = arc_points((0, 0), radius, 0, angle)
    xs, ys = [0.0, *(x for x, _ in arc)], [0.0, *(y for _, y in arc)]
    canvas = Canvas((min(xs), max(xs)), (min(ys), max(ys)), equal=True, margin=70)
    canvas.polygon([(0, 0), *arc])
    canvas.arc((0, 0), radius * 0.18, 0, angle, "#c2410c")
    middle: Point = arc_points((0, 0), radius * 0.36, angle / 2, angle / 2)[0]
    canvas.text(middle, f"{angle}°", size=24, colour="#c2410c")
    canvas.text((radius / 2, 0), str(radius), offset=(0, 26))
    canvas.text((0, 0), "O", offset=(-18, 20))
    return canvas.png()


@generator("sector", area="geometry", base=-1.6, step=0.3, cases=[(6, 60), (8, 45), (6, 150), (9, 40)], slope=1.1)
def sector(radius: int, angle: int) -> Question:
    answer = Fraction(angle * radius * radius, 360)
    arc = Fraction(angle * radius, 180)
    return Question(
        ko=f"그림은 반지름의 길이가 ${radius}$, 중심각의 크기가 ${angle}^\\circ$인 부채꼴이다. 이 부채꼴의 넓이는?\n\n"
        f"![반지름 {radius}, 중심각 {angle}도인 부채꼴](asset:picture.png)",
        en=f"What is the area of the sector shown, with radius ${radius}$ and central angle ${angle}^\\circ$?\n\n"
        f"![A sector of radius {radius} and central angle {angle} degrees](asset:picture.png)",
        answer=pi_times(answer),
        mistakes=[
            (pi_times(arc), "호의 길이를 구했다.", "This is the length of the arc."),
            (
                pi_times(2 * answer),
                "$\\frac{1}{2}r^2\\theta$에서 $\\frac{1}{2}$을 빠뜨렸다.",
                "The $\\frac{1}{2}$ was left out.",
            ),
            (
                pi_times(radius * radius - answer),
                "나머지 부분의 넓이를 구했다.",
                "This is the area of the rest of the disc.",
            ),
            (pi_times(radius * radius), "원 전체의 넓이를 구했다.", "This is the area of the whole disc."),
            (pi_times(answer / 2), "$2$로 한 번 더 나누었다.", "It was halved once more."),
        ],
        ko_steps=f"$\\pi\\times {radius}^2\\times\\frac{{{angle}}}{{360}}={pi_times(answer)}$이다.",
        en_steps=f"$\\pi\\times {radius}^2\\times\\frac{{{angle}}}{{360}}={pi_times(answer)}$.",
        picture=_sector(radius, angle),
    )


@generator(
    "point-line-distance",
    area="geometry",
    base=-0.3,
    step=0.3,
    cases=[(3, 4, 5, 2, 1), (4, -3, 2, 1, 7), (5, 12, -6, -1, 2), (8, -15, 3, 2, -3)],
)
def point_line_distance(a: int, b: int, c: int, x: int, y: int) -> Question:
    norm, top = math.isqrt(a * a + b * b), a * x + b * y + c
    line = f"{a}x{signed(b)}y{signed(c)}=0"
    return Question(
        ko=f"점 $({x},\\ {y})$에서 직선 ${line}$까지의 거리는?",
        en=f"What is the distance between the point $({x},\\ {y})$ and the line ${line}$?",
        answer=Fraction(abs(top), norm),
        mistakes=[
            (abs(top), "$\\sqrt{a^2+b^2}$으로 나누지 않았다.", "The division by $\\sqrt{a^2+b^2}$ was left out."),
            (Fraction(abs(top - c), norm), "상수항을 빠뜨렸다.", "The constant term was left out."),
            (
                Fraction(abs(top), norm * norm),
                "제곱근을 구하지 않고 나누었다.",
                "The root in the denominator was not taken.",
            ),
            (
                Fraction(abs(a * x - b * y + c), norm),
                "$y$의 계수의 부호를 잘못 썼다.",
                "The sign of the $y$ term was mistaken.",
            ),
            (
                Fraction(abs(top), abs(a) + abs(b)),
                "분모를 $|a|+|b|$로 썼다.",
                "The denominator was taken as $|a|+|b|$.",
            ),
            (Fraction(abs(top - 2 * c), norm), "상수항의 부호를 잘못 썼다.", "The sign of the constant was mistaken."),
        ],
        ko_steps=f"$\\frac{{|{a}\\times {bracketed(x)}{signed(b)}\\times {bracketed(y)}{signed(c)}|}}"
        f"{{\\sqrt{{{a}^2+{bracketed(b)}^2}}}}=\\frac{{{abs(top)}}}{{{norm}}}$이므로 거리는 ${tex(Fraction(abs(top), norm))}$이다.",
        en_steps=f"$\\frac{{|{a}\\times {bracketed(x)}{signed(b)}\\times {bracketed(y)}{signed(c)}|}}"
        f"{{\\sqrt{{{a}^2+{bracketed(b)}^2}}}}=\\frac{{{abs(top)}}}{{{norm}}}$, so the distance is ${tex(Fraction(abs(top), norm))}$.",
    )


@generator(
    "division-point",
    area="geometry",
    base=-1.2,
    step=0.25,
    cases=[(0, 6, 2, 1), (-1, 9, 3, 2), (2, -5, 3, 4), (-7, 5, 5, 3)],
)
def division_point(a: int, b: int, m: int, n: int) -> Question:
    answer = Fraction(m * b + n * a, m + n)
    return Question(
        ko=f"수직선 위의 두 점 $A({a})$, $B({b})$에 대하여 선분 $AB$를 ${m}:{n}${josa(n, '으로/로')} 내분하는 점의 좌표는?",
        en=f"On a number line, which point divides the segment from $A({a})$ to $B({b})$ internally in the ratio ${m}:{n}$?",
        answer=answer,
        mistakes=[
            (Fraction(m * a + n * b, m + n), "비를 반대로 적용했다.", "The ratio was applied the other way round."),
            (Fraction(a + b, 2), "중점을 구했다.", "This is the midpoint."),
            (Fraction(m * b - n * a, m + n), "더해야 할 항을 뺐다.", "A term was subtracted instead of added."),
            (m * b + n * a, "$m+n$으로 나누지 않았다.", "The division by $m+n$ was left out."),
            (Fraction(m * (b - a), m + n), "점 $A$의 좌표를 더하지 않았다.", "The coordinate of $A$ was not added."),
            (b - answer, "끝점에서의 거리를 답했다.", "This is a distance from the end point."),
            (answer + 1, "한 칸을 더 세었다.", "One step too many was counted."),
        ],
        ko_steps=f"$\\frac{{{m}\\times {bracketed(b)}+{n}\\times {bracketed(a)}}}{{{m}+{n}}}={tex(answer)}$이다.",
        en_steps=f"$\\frac{{{m}\\times {bracketed(b)}+{n}\\times {bracketed(a)}}}{{{m}+{n}}}={tex(answer)}$.",
    )


@generator(
    "circle-radius", area="geometry", base=-0.7, step=0.3, cases=[(4, 2, -4), (-6, 8, 9), (-2, -10, 10), (6, -8, 5)]
)
def circle_radius(p: int, q: int, r: int) -> Question:
    square = Fraction(p * p + q * q, 4) - r
    root, whole = surd(1, int(square)), p * p // 4 + q * q // 4
    constant = signed(r) if r else ""
    equation = f"x^2+y^2{signed(p)}x{signed(q)}y{constant}=0"
    return Question(
        ko=f"원 ${equation}$의 반지름의 길이는?",
        en=f"What is the radius of the circle ${equation}$?",
        answer=root,
        mistakes=[
            (int(square), "제곱근을 구하지 않았다.", "The square root was not taken."),
            (
                surd(1, whole + r),
                "상수항을 이항할 때 부호를 바꾸지 않았다.",
                "The constant kept its sign when it was moved.",
            ),
            (
                surd(1, abs(p * p + q * q - r)),
                "계수를 $2$로 나누지 않고 제곱했다.",
                "The coefficients were not halved.",
            ),
            (surd(1, whole), "상수항을 빠뜨렸다.", "The constant term was left out."),
            (surd(2, int(square)), "지름의 길이를 구했다.", "This is the diameter."),
            (surd(1, p * p + q * q), "계수의 제곱의 합을 그대로 썼다.", "The squares of the coefficients were added."),
        ],
        ko_steps=f"완전제곱식으로 고치면 $(x{signed(p // 2)})^2+(y{signed(q // 2)})^2={int(square)}$이므로 "
        f"반지름의 길이는 ${root}$이다.",
        en_steps=f"Completing squares, $(x{signed(p // 2)})^2+(y{signed(q // 2)})^2={int(square)}$, so the radius is ${root}$.",
    )


@generator(
    "dot-product",
    area="geometry",
    base=0.7,
    step=0.3,
    cases=[(3, 4, 60), (2, 5, 120), (4, 3, 120), (3, 2, 60)],
    slope=1.5,
)
def dot_product(u: int, v: int, angle: int) -> Question:
    sign = 1 if angle == 60 else -1
    square = u * u + v * v + sign * u * v
    return Question(
        ko=f"두 벡터 $\\vec{{a}}$, $\\vec{{b}}$에 대하여 $|\\vec{{a}}|={u}$, $|\\vec{{b}}|={v}$이고 두 벡터가 이루는 각의 크기가 "
        f"${angle}^\\circ$일 때, $|\\vec{{a}}+\\vec{{b}}|^2$의 값은?",
        en=f"Vectors $\\vec{{a}}$ and $\\vec{{b}}$ have lengths $|\\vec{{a}}|={u}$ and $|\\vec{{b}}|={v}$ and form an angle of "
        f"${angle}^\\circ$. What is $|\\vec{{a}}+\\vec{{b}}|^2$?",
        answer=square,
        mistakes=[
            (u * u + v * v - sign * u * v, "내적의 부호를 반대로 썼다.", "The inner product got the wrong sign."),
            (u * u + v * v, "내적을 빠뜨렸다.", "The inner product was left out."),
            ((u + v) ** 2, "두 벡터의 방향을 무시했다.", "The directions were ignored."),
            (
                Fraction(2 * (u * u + v * v) + sign * u * v, 2),
                "내적을 두 배 하지 않았다.",
                "The inner product was not doubled.",
            ),
            ((u - v) ** 2, "두 길이의 차를 제곱했다.", "The difference of the lengths was squared."),
        ],
        ko_steps=f"$|\\vec{{a}}+\\vec{{b}}|^2={u}^2+2\\vec{{a}}\\cdot\\vec{{b}}+{v}^2$이고 "
        f"$\\vec{{a}}\\cdot\\vec{{b}}={u}\\times {v}\\times\\cos {angle}^\\circ={tex(Fraction(sign * u * v, 2))}$이므로 값은 ${square}$이다.",
        en_steps=f"$|\\vec{{a}}+\\vec{{b}}|^2={u}^2+2\\vec{{a}}\\cdot\\vec{{b}}+{v}^2$ and "
        f"$\\vec{{a}}\\cdot\\vec{{b}}={u}\\times {v}\\times\\cos {angle}^\\circ={tex(Fraction(sign * u * v, 2))}$, so it is ${square}$.",
    )
