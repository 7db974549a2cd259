"""Sequences, series and whole numbers."""

# ruff: noqa: E501 (a sentence with formulas reads better whole)

from fractions import Fraction
from math import gcd, lcm, prod

from .framework import Question, bracketed, generator, josa, signed, tex


@generator(
    "arithmetic-term",
    area="sequences",
    base=-2.4,
    step=0.3,
    cases=[(3, 11, 10), (2, 14, 12), (5, -7, 9), (-4, 8, 15)],
    slope=1.0,
)
def arithmetic_term(second: int, sixth: int, n: int) -> Question:
    d = Fraction(sixth - second, 4)
    first = second - d
    answer = first + (n - 1) * d
    return Question(
        ko=f"등차수열 $\\{{a_n\\}}$에 대하여 $a_2={second}$, $a_6={sixth}$일 때, $a_{{{n}}}$의 값은?",
        en=f"In an arithmetic sequence $a_2={second}$ and $a_6={sixth}$. What is $a_{{{n}}}$?",
        answer=answer,
        mistakes=[
            (answer + d, "공차를 한 번 더 더했다.", "The difference was added once too often."),
            (second + (n - 1) * d, "$a_2$를 첫째항으로 보았다.", "$a_2$ was taken for the first term."),
            (first + (n - 1) * Fraction(sixth - second, 5), "간격을 $5$로 나누었다.", "The gap was divided by $5$."),
            (answer - d, "공차를 한 번 덜 더했다.", "The difference was added once too seldom."),
            (first - (n - 1) * d, "공차의 부호를 반대로 보았다.", "The difference got the wrong sign."),
        ],
        ko_steps=f"공차는 $d=\\frac{{{sixth}-{bracketed(second)}}}{{4}}={tex(d)}$이므로 $a_{{{n}}}=a_6+{n - 6}d={tex(answer)}$이다.",
        en_steps=f"The difference is $d=\\frac{{{sixth}-{bracketed(second)}}}{{4}}={tex(d)}$, so $a_{{{n}}}=a_6+{n - 6}d={tex(answer)}$.",
    )


@generator("geometric-sum", area="sequences", base=-0.9, step=0.3, cases=[(1, 2, 6), (2, 3, 4), (3, -2, 5), (5, -3, 4)])
def geometric_sum(a: int, r: int, n: int) -> Question:
    answer = sum(a * r**k for k in range(n))
    return Question(
        ko=f"첫째항이 ${a}$, 공비가 ${r}$인 등비수열의 첫째항부터 제${n}$항까지의 합은?",
        en=f"What is the sum of the first ${n}$ terms of the geometric sequence with first term ${a}$ and ratio ${r}$?",
        answer=answer,
        mistakes=[
            (a * r ** (n - 1), f"제${n}$항을 구했다.", f"This is term number ${n}$."),
            (answer - a * r ** (n - 1), "한 항을 덜 더했다.", "One term too few was added."),
            (answer + a * r**n, "한 항을 더 더했다.", "One term too many was added."),
            (sum(a * abs(r) ** k for k in range(n)), "공비의 부호를 무시했다.", "The sign of the ratio was ignored."),
            (a * (r**n - 1), "$r-1$로 나누지 않았다.", "The division by $r-1$ was left out."),
            (a * r**n, "등비수열의 다음 항을 구했다.", "This is the following term."),
        ],
        ko_steps=f"$\\frac{{{a}\\left({bracketed(r)}^{n}-1\\right)}}{{{r}-1}}={answer}$이다.",
        en_steps=f"$\\frac{{{a}\\left({bracketed(r)}^{n}-1\\right)}}{{{r}-1}}={answer}$.",
    )


@generator("sigma", area="sequences", base=-0.6, step=0.3, cases=[(5, 2), (6, -3), (8, 4), (10, -5)])
def sigma(n: int, b: int) -> Question:
    squares, numbers = n * (n + 1) * (2 * n + 1) // 6, n * (n + 1) // 2
    answer = squares + b * numbers
    return Question(
        ko=f"$\\sum_{{k=1}}^{{{n}}}\\left(k^2{signed(b)}k\\right)$의 값은?",
        en=f"What is the value of $\\sum_{{k=1}}^{{{n}}}\\left(k^2{signed(b)}k\\right)$?",
        answer=answer,
        mistakes=[
            (squares, "$k$의 합을 빠뜨렸다.", "The sum of $k$ was left out."),
            (
                squares + b,
                f"${b}k$의 합을 ${b}${josa(b, '으로/로')} 보았다.",
                f"The sum of ${b}k$ was taken to be ${b}$.",
            ),
            (n * n + b * n, f"$k={n}$일 때의 값을 구했다.", f"This is the value at $k={n}$."),
            (
                numbers**2 + b * numbers,
                "합의 제곱을 제곱의 합으로 보았다.",
                "The square of the sum was taken for the sum of squares.",
            ),
            (squares - b * numbers, "부호를 반대로 계산했다.", "A sign was reversed."),
        ],
        ko_steps=f"$\\frac{{{n}\\times {n + 1}\\times {2 * n + 1}}}{{6}}{signed(b)}\\times\\frac{{{n}\\times {n + 1}}}{{2}}"
        f"={squares}{signed(b * numbers)}={answer}$이다.",
        en_steps=f"$\\frac{{{n}\\times {n + 1}\\times {2 * n + 1}}}{{6}}{signed(b)}\\times\\frac{{{n}\\times {n + 1}}}{{2}}"
        f"={squares}{signed(b * numbers)}={answer}$.",
    )


@generator(
    "recurrence",
    area="sequences",
    base=0.2,
    step=0.35,
    cases=[(1, 2, 1, 6), (2, 3, -1, 5), (3, 2, -4, 7), (2, -2, 3, 7)],
    slope=1.3,
)
def recurrence(first: int, p: int, q: int, n: int) -> Question:
    terms = [first]
    while len(terms) <= n:
        terms.append(p * terms[-1] + q)
    answer, listed = terms[n - 1], ",\\ ".join(map(str, terms[:n]))
    return Question(
        ko=f"수열 $\\{{a_n\\}}$이 $a_1={first}$이고 모든 자연수 $n$에 대하여 $a_{{n+1}}={p}a_n{signed(q)}${josa(q, '을/를')} "
        f"만족시킬 때, $a_{n}$의 값은?",
        en=f"A sequence has $a_1={first}$ and $a_{{n+1}}={p}a_n{signed(q)}$ for every $n\\ge 1$. What is $a_{n}$?",
        answer=answer,
        mistakes=[
            (terms[n - 2], "한 번 덜 계산했다.", "One step too few was taken."),
            (terms[n], "한 번 더 계산했다.", "One step too many was taken."),
            (first * p ** (n - 1), "상수항을 빠뜨렸다.", "The constant was left out."),
            (
                first * p ** (n - 1) + q * (n - 1),
                "상수항에는 계수를 곱하지 않았다.",
                "The constant was not multiplied along.",
            ),
            (
                first * p ** (n - 1) + q,
                "상수항을 마지막에 한 번만 더했다.",
                "The constant was added only once at the end.",
            ),
        ],
        ko_steps=f"차례로 구하면 ${listed}$이므로 $a_{n}={answer}$이다.",
        en_steps=f"Step by step: ${listed}$, so $a_{n}={answer}$.",
    )


@generator(
    "power-remainder",
    area="sequences",
    base=0.8,
    step=0.35,
    cases=[(2, 50, 7), (3, 41, 7), (2, 75, 11), (7, 100, 13)],
    slope=1.4,
)
def power_remainder(base: int, exponent: int, modulus: int) -> Question:
    answer = pow(base, exponent, modulus)
    period = next(k for k in range(1, modulus) if pow(base, k, modulus) == 1)
    return Question(
        ko=f"${base}^{{{exponent}}}$을 ${modulus}${josa(modulus, '으로/로')} 나누었을 때의 나머지는?",
        en=f"What is the remainder when ${base}^{{{exponent}}}$ is divided by ${modulus}$?",
        answer=answer,
        mistakes=[
            (answer * base % modulus, "지수를 하나 더 세었다.", "One power too many was counted."),
            (base * exponent % modulus, "거듭제곱을 곱셈으로 계산했다.", "The power was computed as a product."),
            (exponent % modulus, "지수를 나누었다.", "The exponent was divided instead."),
            (
                exponent % period,
                "주기로 나눈 나머지를 그대로 답했다.",
                "The remainder of the exponent by the period was given.",
            ),
            (modulus - answer, "부호를 반대로 보았다.", "The sign was reversed."),
            (1, "주기가 나누어떨어진다고 보았다.", "The period was taken to divide the exponent."),
            (0, "나누어떨어진다고 보았다.", "It was taken to divide evenly."),
        ],
        ko_steps=f"${base}^{{{period}}}$을 ${modulus}${josa(modulus, '으로/로')} 나눈 나머지가 $1$이므로 나머지는 주기 ${period}${josa(period, '으로/로')} 반복된다. "
        f"${exponent}${josa(exponent, '을/를')} ${period}${josa(period, '으로/로')} 나눈 나머지가 ${exponent % period}$이므로 구하는 나머지는 ${answer}$이다.",
        en_steps=f"${base}^{{{period}}}$ leaves the remainder $1$, so remainders repeat with period ${period}$. "
        f"Since ${exponent}$ leaves ${exponent % period}$ on division by ${period}$, the remainder is ${answer}$.",
    )


@generator(
    "divisor-count",
    area="sequences",
    base=-1.5,
    step=0.3,
    cases=[((2, 3), (3, 1)), ((2, 2), (5, 2)), ((2, 4), (3, 2)), ((2, 3), (3, 2), (5, 1))],
)
def divisor_count(*factors: tuple[int, int]) -> Question:
    number = prod(prime**power for prime, power in factors)
    answer = prod(power + 1 for _, power in factors)
    text = r"\times ".join(f"{prime}^{power}" if power > 1 else str(prime) for prime, power in factors)
    return Question(
        ko=f"자연수 ${number}$의 양의 약수의 개수는?",
        en=f"How many positive divisors does ${number}$ have?",
        answer=answer,
        mistakes=[
            (
                prod(power for _, power in factors),
                "지수에 $1$을 더하지 않고 곱했다.",
                "The exponents were multiplied without adding $1$.",
            ),
            (answer - 1, "$1$ 또는 자기 자신을 빠뜨렸다.", "$1$ or the number itself was left out."),
            (answer - 2, "$1$과 자기 자신을 빠뜨렸다.", "$1$ and the number itself were left out."),
            (
                sum(power + 1 for _, power in factors),
                "곱하지 않고 더했다.",
                "The factors were added instead of multiplied.",
            ),
            (2 * answer, "음의 약수까지 세었다.", "Negative divisors were counted too."),
        ],
        ko_steps=f"${number}={text}$이므로 각 지수에 $1$을 더하여 곱하면 ${answer}$개이다.",
        en_steps=f"${number}={text}$; multiplying the exponents increased by $1$ gives ${answer}$.",
    )


@generator(
    "gcd-times-lcm", area="sequences", base=-2.0, step=0.25, cases=[(12, 18), (20, 30), (24, 36), (42, 70)], slope=1.0
)
def gcd_times_lcm(a: int, b: int) -> Question:
    g, m = gcd(a, b), lcm(a, b)
    return Question(
        ko=f"두 자연수 ${a}$, ${b}$의 최대공약수를 $G$, 최소공배수를 $L$이라 할 때, $G+L$의 값은?",
        en=f"Let $G$ be the greatest common divisor and $L$ the least common multiple of ${a}$ and ${b}$. What is $G+L$?",
        answer=g + m,
        mistakes=[
            (g + a * b, "두 수의 곱을 최소공배수로 보았다.", "The product was taken for the least common multiple."),
            (m, "최대공약수를 더하지 않았다.", "The greatest common divisor was not added."),
            (m - g, "더하지 않고 뺐다.", "Subtracted instead of added."),
            (a + b, "두 수를 더했다.", "The two numbers were added."),
            (2 + m, "최대공약수를 $2$로 보았다.", "The greatest common divisor was taken to be $2$."),
        ],
        ko_steps=f"$G={g}$, $L=\\frac{{{a}\\times {b}}}{{{g}}}={m}$이므로 $G+L={g + m}$이다.",
        en_steps=f"$G={g}$ and $L=\\frac{{{a}\\times {b}}}{{{g}}}={m}$, so $G+L={g + m}$.",
    )


@generator(
    "infinite-series",
    area="sequences",
    base=1.1,
    step=0.35,
    cases=[(6, 1, 3), (8, -1, 2), (10, 2, 5), (12, -3, 4)],
    slope=1.5,
)
def infinite_series(s: int, m: int, n: int) -> Question:
    r = Fraction(m, n)
    first = s * (1 - r)
    answer = first * first / (1 - r * r)
    return Question(
        ko=f"등비수열 $\\{{a_n\\}}$의 공비가 ${tex(r)}$이고 $\\sum_{{n=1}}^{{\\infty}}a_n={s}$일 때, $\\sum_{{n=1}}^{{\\infty}}a_n^2$의 값은?",
        en=f"A geometric sequence with ratio ${tex(r)}$ has $\\sum_{{n=1}}^{{\\infty}}a_n={s}$. What is $\\sum_{{n=1}}^{{\\infty}}a_n^2$?",
        answer=answer,
        mistakes=[
            (s * s, "합을 제곱했다.", "The sum was squared."),
            (first * first / (1 - r), "공비를 제곱하지 않았다.", "The ratio was not squared."),
            (first / (1 - r * r), "첫째항을 제곱하지 않았다.", "The first term was not squared."),
            (first * first, "첫째항의 제곱만 구했다.", "Only the square of the first term was given."),
            (first * first / (1 + r * r), "분모의 부호를 잘못 썼다.", "The sign in the denominator was mistaken."),
        ],
        ko_steps=f"$\\frac{{a_1}}{{1-r}}={s}$에서 $a_1={tex(first)}$이다. $\\{{a_n^2\\}}$은 첫째항이 ${tex(first * first)}$, "
        f"공비가 ${tex(r * r)}$이므로 합은 ${tex(answer)}$이다.",
        en_steps=f"From $\\frac{{a_1}}{{1-r}}={s}$, $a_1={tex(first)}$. The squares start with ${tex(first * first)}$ and have the ratio "
        f"${tex(r * r)}$, so their sum is ${tex(answer)}$.",
    )
