"""Counting, probability and statistics."""

# ruff: noqa: E501 (a sentence with formulas reads better whole)

from fractions import Fraction
from math import comb, factorial, perm

from .drawing import FILL, GREY, Canvas, bar_chart
from .framework import Question, decimal, generator, josa, tex


@generator("draw-same-colour", area="probability", base=-0.6, step=0.3, cases=[(3, 2), (4, 3), (5, 3), (6, 4)])
def draw_same_colour(white: int, black: int) -> Question:
    total = white + black
    answer = Fraction(comb(white, 2) + comb(black, 2), comb(total, 2))
    with_return = Fraction(white * white + black * black, total * total)
    return Question(
        ko=f"흰 공 {white}개와 검은 공 {black}개가 들어 있는 주머니에서 임의로 두 개의 공을 동시에 꺼낼 때, "
        "두 공의 색이 서로 같을 확률은?",
        en=f"A bag holds {white} white and {black} black balls. Two balls are drawn at random at the same time. "
        "What is the probability that they have the same colour?",
        answer=answer,
        mistakes=[
            (1 - answer, "색이 서로 다를 확률을 구했다.", "This is the probability of different colours."),
            (with_return, "꺼낸 공을 다시 넣는다고 보았다.", "The first ball was treated as if put back."),
            (Fraction(comb(white, 2), comb(total, 2)), "흰 공의 경우만 세었다.", "Only white pairs were counted."),
            (Fraction(comb(black, 2), comb(total, 2)), "검은 공의 경우만 세었다.", "Only black pairs were counted."),
            (
                Fraction(1, 2),
                "같거나 다르거나 둘 중 하나라고 보았다.",
                "Same and different were taken as equally likely.",
            ),
        ],
        ko_steps=f"전체는 ${{}}_{{{total}}}\\mathrm{{C}}_2={comb(total, 2)}$가지, 색이 같은 경우는 "
        f"${{}}_{{{white}}}\\mathrm{{C}}_2+{{}}_{{{black}}}\\mathrm{{C}}_2={comb(white, 2) + comb(black, 2)}$가지이므로 "
        f"확률은 ${tex(answer)}$이다.",
        en_steps=f"There are $\\binom{{{total}}}{{2}}={comb(total, 2)}$ pairs, and "
        f"$\\binom{{{white}}}{{2}}+\\binom{{{black}}}{{2}}={comb(white, 2) + comb(black, 2)}$ of one colour, "
        f"so the probability is ${tex(answer)}$.",
    )


@generator("adjacent-seats", area="probability", base=-0.9, step=0.3, cases=[(4,), (5,), (6,), (7,)])
def adjacent_seats(n: int) -> Question:
    answer = 2 * factorial(n - 1)
    return Question(
        ko=f"A와 B를 포함한 {n}명의 학생을 일렬로 세울 때, A와 B가 서로 이웃하게 되는 경우의 수는?",
        en=f"In how many ways can {n} students, among them A and B, stand in a row so that A and B are neighbours?",
        answer=answer,
        mistakes=[
            (factorial(n - 1), "A와 B의 자리를 바꾸는 경우를 빠뜨렸다.", "The exchange of A and B was left out."),
            (factorial(n), "조건을 쓰지 않았다.", "The condition was not used."),
            (factorial(n) - answer, "이웃하지 않는 경우의 수를 구했다.", "This counts the rows where they are apart."),
            (2 * factorial(n - 2), "두 사람을 뺀 나머지만 배열했다.", "The pair was not placed among the others."),
            (2 * factorial(n), "묶지 않고 두 배 했다.", "All rows were doubled."),
        ],
        ko_steps=f"A와 B를 한 사람으로 보면 ${n - 1}!={factorial(n - 1)}$가지이고, 둘이 자리를 바꾸는 경우가 $2$가지이므로 "
        f"${answer}$가지이다.",
        en_steps=f"Taking A and B as one, there are ${n - 1}!={factorial(n - 1)}$ rows; the two can change places, "
        f"which makes ${answer}$.",
    )


@generator("committee", area="probability", base=0.0, step=0.3, cases=[(4, 3, 2), (5, 4, 3), (6, 3, 3), (5, 5, 4)])
def committee(first: int, second: int, size: int) -> Question:
    total = comb(first + second, size)
    answer = total - comb(first, size)
    return Question(
        ko=f"1학년 학생 {first}명과 2학년 학생 {second}명 중에서 대표 {size}명을 뽑을 때, "
        "2학년 학생이 적어도 한 명 포함되는 경우의 수는?",
        en=f"From {first} first-year and {second} second-year students {size} representatives are chosen. "
        "In how many ways can this be done with at least one second-year student?",
        answer=answer,
        mistakes=[
            (total, "조건을 쓰지 않았다.", "The condition was not used."),
            (
                comb(first, size),
                "2학년이 한 명도 없는 경우를 구했다.",
                "This counts the choices without a second-year student.",
            ),
            (
                total - comb(second, size),
                "1학년이 적어도 한 명인 경우를 구했다.",
                "This has at least one first-year student.",
            ),
            (
                second * comb(first, size - 1),
                "2학년이 꼭 한 명인 경우만 세었다.",
                "Only exactly one second-year student.",
            ),
            (
                second * comb(first + second - 1, size - 1),
                "2학년이 여럿인 경우를 중복하여 세었다.",
                "Some choices were counted twice.",
            ),
            (perm(first + second, size), "순서를 구별하였다.", "The order was distinguished."),
        ],
        ko_steps=f"전체 ${total}$가지에서 모두 1학년인 ${comb(first, size)}$가지를 빼면 ${answer}$가지이다.",
        en_steps=f"From all ${total}$ choices take away the ${comb(first, size)}$ with first-year students alone: ${answer}$.",
    )


@generator(
    "binomial-deviation",
    area="probability",
    base=0.6,
    step=0.3,
    cases=[(100, 1, 5), (48, 1, 4), (72, 1, 3), (150, 2, 5)],
    slope=1.3,
)
def binomial_deviation(n: int, m: int, d: int) -> Question:
    p = Fraction(m, d)
    variance = n * p * (1 - p)
    return Question(
        ko=f"확률변수 $X$가 이항분포 $\\mathrm{{B}}\\left({n},\\ {tex(p)}\\right)$을 따를 때, $\\mathrm{{V}}(2X+1)$의 값은?",
        en=f"The random variable $X$ has the binomial distribution $\\mathrm{{B}}\\left({n},\\ {tex(p)}\\right)$. "
        "What is the variance $\\mathrm{V}(2X+1)$?",
        answer=4 * variance,
        mistakes=[
            (2 * variance, "$2$를 제곱하지 않고 곱했다.", "The factor $2$ was not squared."),
            (variance, "$X$의 분산을 답했다.", "The variance of $X$ was given."),
            (4 * variance + 1, "상수 $1$을 더했다.", "The constant $1$ was added."),
            (2 * n * p + 1, "평균 $\\mathrm{E}(2X+1)$을 구했다.", "This is the mean $\\mathrm{E}(2X+1)$."),
            (4 * n * p, "$1-p$를 곱하지 않았다.", "The factor $1-p$ was left out."),
        ],
        ko_steps=f"$\\mathrm{{V}}(X)={n}\\times{tex(p)}\\times{tex(1 - p)}={tex(variance)}$이고 "
        f"$\\mathrm{{V}}(2X+1)=2^2\\mathrm{{V}}(X)={tex(4 * variance)}$이다.",
        en_steps=f"$\\mathrm{{V}}(X)={n}\\times{tex(p)}\\times{tex(1 - p)}={tex(variance)}$ and "
        f"$\\mathrm{{V}}(2X+1)=2^2\\mathrm{{V}}(X)={tex(4 * variance)}$.",
    )


@generator(
    "expected-value",
    area="probability",
    base=-1.0,
    step=0.3,
    cases=[(1, 2, 5, 4), (0, 3, 6, 5), (2, 4, 10, 6), (-2, 1, 8, 8)],
)
def expected_value(x: int, y: int, z: int, d: int) -> Question:
    weights = (Fraction(1, d), Fraction(2, d), Fraction(d - 3, d))
    answer = sum((v * w for v, w in zip((x, y, z), weights, strict=True)), Fraction(0))
    table = f"| $X$ | ${x}$ | ${y}$ | ${z}$ |\n|---|---|---|---|\n| $\\mathrm{{P}}$ | ${tex(weights[0])}$ | ${tex(weights[1])}$ | $a$ |"
    squares = sum((v * v * w for v, w in zip((x, y, z), weights, strict=True)), Fraction(0))
    return Question(
        ko=f"확률변수 $X$의 확률분포가 다음 표와 같을 때, 기댓값 $\\mathrm{{E}}(X)$의 값은?\n\n{table}",
        en=f"The distribution of the random variable $X$ is given in the table. What is the expected value $\\mathrm{{E}}(X)$?\n\n{table}",
        answer=answer,
        mistakes=[
            (
                Fraction(x + y + z, 3),
                "확률을 곱하지 않고 평균을 구했다.",
                "The values were averaged without their weights.",
            ),
            (answer - z * weights[2], "확률이 $a$인 항을 빠뜨렸다.", "The term with probability $a$ was left out."),
            (z, "확률이 가장 큰 값이라 여겨 답했다.", "A single value was taken for the mean."),
            (squares, "$\\mathrm{E}(X^2)$을 구했다.", "This is $\\mathrm{E}(X^2)$."),
            (answer - z * weights[2] + z, "$a=1$로 보았다.", "$a$ was taken to be $1$."),
            (y, "가운데 값을 답했다.", "The middle value was given."),
        ],
        ko_steps=f"확률의 합이 $1$이므로 $a={tex(weights[2])}$이고, 각 값에 확률을 곱하여 더하면 ${tex(answer)}$이다.",
        en_steps=f"The probabilities add up to $1$, so $a={tex(weights[2])}$; multiplying and adding gives ${tex(answer)}$.",
    )


@generator(
    "two-way-table",
    area="probability",
    base=-0.3,
    step=0.3,
    cases=[(20, 30, 15, 35), (12, 18, 24, 6), (25, 15, 35, 45), (14, 21, 28, 7)],
)
def two_way_table(a: int, b: int, c: int, d: int) -> Question:
    total, answer = a + b + c + d, Fraction(a, a + c)
    return Question(
        ko=f"어느 학교 학생 {total}명의 통학 방법을 조사한 결과가 표와 같다. 이 중에서 임의로 택한 한 명이 버스를 이용할 때, "
        f"이 학생이 1학년일 확률은?\n\n| | 버스 | 도보 |\n|---|---|---|\n| 1학년 | {a} | {b} |\n| 2학년 | {c} | {d} |",
        en=f"The table shows how {total} students come to school. One student is chosen at random and turns out to use the bus. "
        f"What is the probability that this is a first-year student?\n\n"
        f"| | Bus | On foot |\n|---|---|---|\n| First year | {a} | {b} |\n| Second year | {c} | {d} |",
        answer=answer,
        mistakes=[
            (
                Fraction(a, total),
                "버스를 이용하고 1학년일 확률을 구했다.",
                "This is the probability of bus and first year together.",
            ),
            (Fraction(a, a + b), "1학년이 버스를 이용할 확률을 구했다.", "The condition and the event were exchanged."),
            (Fraction(a + b, total), "버스라는 조건을 쓰지 않았다.", "The condition was not used."),
            (1 - answer, "2학년일 확률을 구했다.", "This is the probability of a second-year student."),
            (Fraction(a + c, total), "버스를 이용할 확률을 구했다.", "This is the probability of using the bus."),
            (Fraction(b, b + d), "도보의 경우를 구했다.", "The column for walking was used."),
        ],
        ko_steps=f"버스를 이용하는 학생은 ${a}+{c}={a + c}$명이고 그중 1학년이 ${a}$명이므로 확률은 ${tex(answer)}$이다.",
        en_steps=f"${a}+{c}={a + c}$ students use the bus, and ${a}$ of them are in the first year: ${tex(answer)}$.",
    )


@generator(
    "bar-chart-mean",
    area="probability",
    base=-2.5,
    step=0.35,
    cases=[(2, 4, 3, 1), (2, 5, 2, 3), (3, 2, 6, 1), (1, 4, 6, 5)],
    slope=0.9,
)
def bar_chart_mean(*counts: int) -> Question:
    number, total = sum(counts), sum(score * count for score, count in enumerate(counts, start=1))
    ordered = [score for score, count in enumerate(counts, start=1) for _ in range(count)]
    median = Fraction(ordered[(number - 1) // 2] + ordered[number // 2], 2)
    shown = ", ".join(f"{score}: {count}" for score, count in enumerate(counts, start=1))
    return Question(
        ko="그림은 어느 모둠 학생들이 한 달 동안 읽은 책의 권수(가로축)와 학생 수(세로축)를 나타낸 막대그래프이다. "
        f"읽은 책의 권수의 평균은?\n\n![막대그래프. 권수: 학생 수 – {shown}](asset:picture.png)",
        en="The bar chart shows how many books the students of a group read in a month (across) and the number of students (up). "
        f"What is the mean number of books?\n\n![Bar chart, books: students – {shown}](asset:picture.png)",
        answer=Fraction(total, number),
        mistakes=[
            (Fraction(10, 4), "학생 수를 고려하지 않고 권수만 평균하였다.", "The heights of the bars were ignored."),
            (Fraction(number, 4), "학생 수의 평균을 구했다.", "The heights of the bars were averaged."),
            (median, "중앙값을 구했다.", "This is the median."),
            (Fraction(total, 4), "전체 권수를 막대의 수로 나누었다.", "The total was divided by the number of bars."),
            (counts.index(max(counts)) + 1, "최빈값을 구했다.", "This is the mode."),
            (total, "전체 권수를 답했다.", "This is the total number of books."),
        ],
        ko_steps=f"전체 권수는 ${total}$, 학생은 ${number}$명이므로 평균은 ${tex(Fraction(total, number))}$이다.",
        en_steps=f"There are ${total}$ books and ${number}$ students, so the mean is ${tex(Fraction(total, number))}$.",
        picture=bar_chart(["1", "2", "3", "4"], counts),
    )


# Φ(z) − ½ at z = 0.5, 1.0, 1.5, 2.0 in ten-thousandths, as tables for schools give it.
NORMAL = {Fraction(1, 2): 1915, Fraction(1): 3413, Fraction(3, 2): 4332, Fraction(2): 4772}


def _bell(low: Fraction, high: Fraction) -> bytes:
    canvas = Canvas((-3.4, 3.4), (-0.06, 1.15), size=(720, 400))

    def density(z: float) -> float:
        return 2.718281828459045 ** (-z * z / 2)

    inside = [float(low) + float(high - low) * step / 100 for step in range(101)]
    canvas.area([(float(low), 0), *((z, density(z)) for z in inside), (float(high), 0)], FILL)
    canvas.line([(-3.4, 0), (3.4, 0)], GREY, 2.5)
    canvas.curve(density, -3.4, 3.4)
    canvas.dashed((0, 0), (0, 1))
    canvas.text((0, 0), "m", offset=(0, 22))
    for z, letter in ((low, "a"), (high, "b")):
        canvas.line([(float(z), 0), (float(z), density(float(z)))], width=2)
        canvas.text((float(z), 0), letter, offset=(0, 22))
    return canvas.png()


@generator(
    "normal",
    area="probability",
    base=0.9,
    step=0.35,
    cases=[(50, 10, -1, 2), (60, 8, -2, 1), (170, 6, 1, 3), (200, 20, -3, -1)],
    slope=1.5,
)
def normal(mean: int, deviation: int, low: int, high: int) -> Question:
    # Bounds are given in halves of a standard deviation from the mean.
    za, zb = Fraction(low, 2), Fraction(high, 2)
    a, b = mean + za * deviation, mean + zb * deviation
    sign = 1 if low < 0 < high else -1
    left, right = Fraction(NORMAL[abs(za)], 10000), Fraction(NORMAL[abs(zb)], 10000)
    answer = left + right if sign == 1 else abs(right - left)
    table = "| $z$ | $\\mathrm{P}(0\\le Z\\le z)$ |\n|---|---|\n" + "\n".join(
        f"| ${float(z)}$ | ${share / 10000:.4f}$ |" for z, share in NORMAL.items()
    )
    return Question(
        ko=f"확률변수 $X$가 평균이 ${mean}$, 표준편차가 ${deviation}$인 정규분포를 따른다. 그림과 같이 $a={a}$, $b={b}$일 때, "
        f"$\\mathrm{{P}}(a\\le X\\le b)$를 표를 이용하여 구한 값은?\n\n![정규분포 곡선과 a, b 사이의 색칠된 부분](asset:picture.png)\n\n{table}",
        en=f"$X$ is normal with mean ${mean}$ and standard deviation ${deviation}$. With $a={a}$ and $b={b}$ as shown, "
        f"what does the table give for $\\mathrm{{P}}(a\\le X\\le b)$?\n\n![A normal curve, shaded between a and b](asset:picture.png)\n\n{table}",
        answer=decimal(answer),
        mistakes=[
            (
                decimal(left + right if sign == -1 else abs(right - left)),
                "더할 것과 뺄 것을 바꾸었다.",
                "Adding and subtracting were exchanged.",
            ),
            (decimal(right), "한쪽의 넓이만 구했다.", "Only the area up to $b$ was taken."),
            (decimal(left), "다른 한쪽의 넓이만 구했다.", "Only the area up to $a$ was taken."),
            (decimal(1 - answer), "구간 밖의 확률을 구했다.", "This is the probability outside the interval."),
            (
                decimal(Fraction(1, 2) + right),
                "$b$의 왼쪽 전체 또는 그 짝의 넓이를 구했다.",
                "Half of the whole area was added.",
            ),
        ],
        ko_steps=f"표준화하면 $\\mathrm{{P}}({float(za)}\\le Z\\le {float(zb)})$이고, 대칭성을 이용하면 "
        f"${decimal(max(left, right))}{'+' if sign == 1 else '-'}{decimal(min(left, right))}={decimal(answer)}$이다.",
        en_steps=f"Standardised it is $\\mathrm{{P}}({float(za)}\\le Z\\le {float(zb)})$, and by symmetry "
        f"${decimal(max(left, right))}{'+' if sign == 1 else '-'}{decimal(min(left, right))}={decimal(answer)}$.",
        picture=_bell(za, zb),
    )


@generator("dice-sum", area="probability", base=-1.7, step=0.3, cases=[(4,), (5,), (9,), (10,)], slope=1.0)
def dice_sum(s: int) -> Question:
    ways = 6 - abs(7 - s)
    at_most = sum(6 - abs(7 - t) for t in range(2, s + 1))
    answer = Fraction(ways, 36)
    unordered = sum(1 for x in range(1, 7) if x <= s - x <= 6)
    return Question(
        ko=f"서로 다른 두 개의 주사위를 동시에 던질 때, 나오는 두 눈의 수의 합이 ${s}${josa(s, '이/가')} 될 확률은?",
        en=f"Two different dice are thrown. What is the probability that the two numbers add up to ${s}$?",
        answer=answer,
        mistakes=[
            (
                Fraction(1, 11),
                "합의 값 $11$가지가 모두 같은 정도로 나온다고 보았다.",
                "The $11$ sums were taken as equally likely.",
            ),
            (Fraction(unordered, 21), "두 주사위를 구별하지 않았다.", "The dice were not told apart."),
            (Fraction(at_most, 36), f"합이 ${s}$ 이하일 확률을 구했다.", f"This is the probability of at most ${s}$."),
            (1 - answer, "여사건의 확률을 구했다.", "This is the probability of the opposite."),
            (Fraction(ways + 1, 36), "한 가지를 더 세었다.", "One pair too many was counted."),
        ],
        ko_steps=f"$36$가지 중 합이 ${s}$인 순서쌍은 ${ways}$개이므로 확률은 ${tex(answer)}$이다.",
        en_steps=f"Of $36$ ordered pairs, ${ways}$ have the sum ${s}$, so the probability is ${tex(answer)}$.",
    )
