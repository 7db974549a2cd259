"""Polynomials, equations, inequalities, exponents and logarithms."""

from .framework import Question, bracketed, generator, josa, poly, signed


@generator("root-squares", area="algebra", base=-1.1, step=0.2, cases=[(3, 1), (5, 2), (-4, 1), (6, -3), (-7, -2)])
def root_squares(p: int, q: int) -> Question:
    equation = poly(1, -p, q)
    return Question(
        ko=f"이차방정식 ${equation}=0$의 두 근을 $\\alpha$, $\\beta$라 할 때, $\\alpha^2+\\beta^2$의 값은?",
        en=f"Let $\\alpha$ and $\\beta$ be the roots of ${equation}=0$. What is $\\alpha^2+\\beta^2$?",
        answer=p * p - 2 * q,
        mistakes=[
            (
                p * p + 2 * q,
                "$2\\alpha\\beta$를 빼지 않고 더했다.",
                "$2\\alpha\\beta$ was added instead of subtracted.",
            ),
            (p * p - q, "$\\alpha\\beta$를 한 번만 뺐다.", "$\\alpha\\beta$ was subtracted only once."),
            (p * p, "$(\\alpha+\\beta)^2$을 그대로 답했다.", "$(\\alpha+\\beta)^2$ was given as the answer."),
            (p * p - 4 * q, "$(\\alpha-\\beta)^2$을 구했다.", "This is $(\\alpha-\\beta)^2$."),
            (-p - 2 * q, "두 근의 합을 제곱하지 않았다.", "The sum of the roots was not squared."),
        ],
        ko_steps=f"근과 계수의 관계에서 $\\alpha+\\beta={p}$, $\\alpha\\beta={q}$이므로 "
        f"$\\alpha^2+\\beta^2=(\\alpha+\\beta)^2-2\\alpha\\beta={p * p}-2\\times {bracketed(q)}={p * p - 2 * q}$이다.",
        en_steps=f"By Vieta's formulas $\\alpha+\\beta={p}$ and $\\alpha\\beta={q}$, so "
        f"$\\alpha^2+\\beta^2=(\\alpha+\\beta)^2-2\\alpha\\beta={p * p}-2\\times {bracketed(q)}={p * p - 2 * q}$.",
    )


@generator(
    "remainder",
    area="algebra",
    base=-2.0,
    step=0.25,
    cases=[(1, 2, 3, 1), (1, -4, 5, 2), (2, 3, -1, -1), (3, -2, 4, -2)],
)
def remainder(a: int, b: int, c: int, r: int) -> Question:
    def at(x: int) -> int:
        return a * x**3 + b * x + c

    text, divisor = poly(a, 0, b, c), poly(1, -r)
    return Question(
        ko=f"다항식 ${text}${josa(c, '을/를')} ${divisor}${josa(r, '으로/로')} 나누었을 때의 나머지는?",
        en=f"What is the remainder when ${text}$ is divided by ${divisor}$?",
        answer=at(r),
        mistakes=[
            (
                at(-r),
                f"$x={-r}${josa(r, '을/를')} 대입하는 부호 실수를 했다.",
                f"The sign was mistaken and $x={-r}$ was put in.",
            ),
            (c, "상수항을 나머지로 보았다.", "The constant term was taken for the remainder."),
            (a + b + c, "모든 계수를 더하였다.", "All coefficients were added."),
            (at(r) - c, "상수항을 빠뜨렸다.", "The constant term was left out."),
            (a * r * r + b * r + c, "$x^3$을 $x^2$으로 계산했다.", "$x^3$ was computed as $x^2$."),
            (a * 3 * r + b * r + c, "$x^3$을 $3x$로 계산했다.", "$x^3$ was computed as $3x$."),
            (at(r) + 2 * c, "상수항의 부호를 잘못 옮겼다.", "The constant term was carried over wrongly."),
        ],
        ko_steps=f"나머지정리에 의하여 나머지는 $x={r}$에서의 함숫값이다. "
        f"${a}\\times {bracketed(r)}^3{signed(b)}\\times {bracketed(r)}{signed(c)}={at(r)}$.",
        en_steps=f"By the remainder theorem it is the value at $x={r}$: "
        f"${a}\\times {bracketed(r)}^3{signed(b)}\\times {bracketed(r)}{signed(c)}={at(r)}$.",
    )


@generator("absolute-count", area="algebra", base=-1.6, step=0.3, cases=[(2, 4), (-1, 6), (3, 8), (-5, 11)])
def absolute_count(centre: int, radius: int) -> Question:
    count = 2 * radius - 1
    return Question(
        ko=f"부등식 $|x{signed(-centre)}|<{radius}${josa(radius, '을/를')} 만족시키는 정수 $x$의 개수는?",
        en=f"How many integers $x$ satisfy $|x{signed(-centre)}|<{radius}$?",
        answer=count,
        mistakes=[
            (2 * radius + 1, "경계의 두 정수를 포함했다.", "The two integers at the ends were counted in."),
            (2 * radius, "구간의 길이를 개수로 보았다.", "The length of the interval was taken for the count."),
            (radius - 1, "중심의 오른쪽만 세었다.", "Only the integers to the right of the centre were counted."),
            (2 * radius - 2, "중심의 정수를 빠뜨렸다.", "The integer in the centre was left out."),
        ],
        ko_steps=f"${centre - radius}<x<{centre + radius}$이므로 정수 $x$는 "
        f"${centre - radius + 1}$부터 ${centre + radius - 1}$까지 ${count}$개이다.",
        en_steps=f"The inequality means ${centre - radius}<x<{centre + radius}$, so $x$ runs from "
        f"${centre - radius + 1}$ to ${centre + radius - 1}$: ${count}$ integers.",
    )


@generator(
    "complex-product",
    area="algebra",
    base=-1.3,
    step=0.2,
    cases=[(1, 2, 3, 1), (2, -1, 1, 3), (3, 2, -1, 4), (-2, 5, 4, 1)],
)
def complex_product(a: int, b: int, c: int, d: int) -> Question:
    real, imaginary = a * c - b * d, a * d + b * c
    product = f"({a}{signed(b)}i)({c}{signed(d)}i)".replace("+1i", "+i").replace("-1i", "-i")
    return Question(
        ko=f"${product}=p+qi$를 만족시키는 두 실수 $p$, $q$에 대하여 $p+q$의 값은? (단, $i=\\sqrt{{-1}}$)",
        en=f"The real numbers $p$ and $q$ satisfy ${product}=p+qi$. What is $p+q$? (Here $i=\\sqrt{{-1}}$.)",
        answer=real + imaginary,
        mistakes=[
            (a * c + b * d + imaginary, "$i^2=1$로 계산했다.", "$i^2$ was taken to be $1$."),
            (a * c + b * d, "실수끼리, 허수끼리만 곱하여 더했다.", "Only like parts were multiplied, and added."),
            (real - imaginary, "$p-q$를 구했다.", "This is $p-q$."),
            (real, "실수부분만 답했다.", "Only the real part was given."),
            (imaginary, "허수부분만 답했다.", "Only the imaginary part was given."),
            (real + a * d - b * c, "허수부분의 한 항의 부호를 바꾸었다.", "A sign in the imaginary part was changed."),
        ],
        ko_steps=f"전개하고 $i^2=-1$을 쓰면 $p={real}$, $q={imaginary}$이므로 $p+q={real + imaginary}$이다.",
        en_steps=f"Expanding with $i^2=-1$ gives $p={real}$ and $q={imaginary}$, so $p+q={real + imaginary}$.",
    )


@generator(
    "powers-of-two", area="algebra", base=-2.7, step=0.25, cases=[(3, 2, 1), (5, 2, 1), (2, 4, 3), (7, 5, 4)], slope=0.9
)
def powers_of_two(a: int, b: int, c: int) -> Question:
    n = a + 2 * b - 3 * c
    return Question(
        ko=f"$2^{a}\\times 4^{b}\\div 8^{c}=2^n$일 때, 정수 $n$의 값은?",
        en=f"If $2^{a}\\times 4^{b}\\div 8^{c}=2^n$, what is the integer $n$?",
        answer=n,
        mistakes=[
            (
                a + b - c,
                "밑을 $2$로 통일하지 않고 지수만 계산했다.",
                "The exponents were combined without a common base.",
            ),
            (a + 2 * b + 3 * c, "나눗셈에서 지수를 더했다.", "The exponent was added where one divides."),
            (a + b + 2 - c - 3, "$4^b$의 지수를 $b+2$로 보았다.", "$4^b$ was taken for $2^{b+2}$."),
            (2 * a * b - 3 * c, "곱셈에서 지수를 곱했다.", "Exponents were multiplied where one multiplies."),
            (a + 2 * b - c, "$8$을 $2$처럼 다루었다.", "$8$ was treated like $2$."),
        ],
        ko_steps=f"$4=2^2$, $8=2^3$이므로 $n={a}+2\\times {b}-3\\times {c}={n}$이다.",
        en_steps=f"Since $4=2^2$ and $8=2^3$, $n={a}+2\\times {b}-3\\times {c}={n}$.",
    )


@generator(
    "log-sum", area="algebra", base=-1.4, step=0.25, cases=[(2, 12, 3, 4), (3, 54, 2, 9), (2, 40, 5, 16), (5, 75, 3, 5)]
)
def log_sum(base: int, first: int, second: int, third: int) -> Question:
    quotient, whole = first // second, _exponent(base, first // second * third)
    part, last = _exponent(base, quotient), _exponent(base, third)
    return Question(
        ko=f"$\\log_{{{base}}} {first}-\\log_{{{base}}} {second}+\\log_{{{base}}} {third}$의 값은?",
        en=f"What is the value of $\\log_{{{base}}} {first}-\\log_{{{base}}} {second}+\\log_{{{base}}} {third}$?",
        answer=whole,
        mistakes=[
            (part - last, "마지막 항을 더하지 않고 뺐다.", "The last term was subtracted instead of added."),
            (part * last, "로그의 합을 로그의 곱으로 계산했다.", "The logarithms were multiplied instead of added."),
            (part, "마지막 항을 빠뜨렸다.", "The last term was left out."),
            (first - second + third, "로그를 무시하고 진수만 계산했다.", "The logarithms were ignored."),
            (quotient * third, "로그를 취하기 전의 값을 답했다.", "The value before taking the logarithm was given."),
            (whole + 1, "지수를 하나 더 세었다.", "One exponent too many was counted."),
        ],
        ko_steps=f"로그의 성질에 의하여 $\\log_{{{base}}} \\frac{{{first}\\times {third}}}{{{second}}}"
        f"=\\log_{{{base}}} {quotient * third}={whole}$이다.",
        en_steps=f"By the laws of logarithms this is $\\log_{{{base}}} \\frac{{{first}\\times {third}}}{{{second}}}"
        f"=\\log_{{{base}}} {quotient * third}={whole}$.",
    )


def _exponent(base: int, power: int) -> int:
    exponent = 0
    while power > 1 and power % base == 0:
        power, exponent = power // base, exponent + 1
    if power != 1:
        raise ValueError(f"{power} is left over: not a power of {base}")
    return exponent


@generator("quadratic-inequality", area="algebra", base=-0.9, step=0.2, cases=[(1, 5), (-2, 4), (-6, 3), (-9, -1)])
def quadratic_inequality(low: int, high: int) -> Question:
    text, count = poly(1, -low - high, low * high), high - low + 1
    total = (low + high) * count // 2
    return Question(
        ko=f"이차부등식 ${text}\\le 0$을 만족시키는 모든 정수 $x$의 값의 합은?",
        en=f"What is the sum of all integers $x$ with ${text}\\le 0$?",
        answer=total,
        mistakes=[
            (total - low - high, "경계의 두 정수를 빼고 더했다.", "The two integers at the ends were left out."),
            (count, "합이 아니라 개수를 답했다.", "The count was given instead of the sum."),
            (low + high, "두 경계의 값만 더했다.", "Only the two ends were added."),
            (-total, "근의 부호를 반대로 보았다.", "The roots were taken with the opposite sign."),
            (total - high, "큰 경계를 빠뜨렸다.", "The upper end was left out."),
            (total - low, "작은 경계를 빠뜨렸다.", "The lower end was left out."),
        ],
        ko_steps=f"좌변을 인수분해하면 $(x{signed(-low)})(x{signed(-high)})\\le 0$이므로 ${low}\\le x\\le {high}$이다. "
        f"정수 {count}개의 합은 ${total}$이다.",
        en_steps=f"Factoring, $(x{signed(-low)})(x{signed(-high)})\\le 0$, so ${low}\\le x\\le {high}$. "
        f"The {count} integers add up to ${total}$.",
    )


@generator(
    "exponential-equation", area="algebra", base=0.5, step=0.25, cases=[(1, 3), (2, 3), (1, 4), (2, 4)], slope=1.5
)
def exponential_equation(m: int, n: int) -> Question:
    s, q = 2**m + 2**n, 2 ** (m + n)
    return Question(
        ko=f"방정식 $4^x-{s}\\times 2^x+{q}=0$의 모든 실근의 합은?",
        en=f"What is the sum of all real solutions of $4^x-{s}\\times 2^x+{q}=0$?",
        answer=m + n,
        mistakes=[
            (s, "$2^x$의 값의 합을 답했다.", "The sum of the values of $2^x$ was given."),
            (q, "$2^x$의 값의 곱을 답했다.", "The product of the values of $2^x$ was given."),
            (m * n, "두 근을 더하지 않고 곱했다.", "The solutions were multiplied."),
            (n, "큰 근만 답했다.", "Only the larger solution was given."),
            (2 * (m + n), "$4^x$을 $2^x$으로 바꾸며 근을 두 배로 했다.", "The solutions were doubled."),
        ],
        ko_steps=f"$2^x=t$ $(t>0)$라 하면 $t^2-{s}t+{q}=0$에서 $t={2**m}$ 또는 $t={2**n}$이다. "
        f"따라서 $x={m}$ 또는 $x={n}$이고 합은 ${m + n}$이다.",
        en_steps=f"With $t=2^x>0$ we get $t^2-{s}t+{q}=0$, so $t={2**m}$ or $t={2**n}$. "
        f"Hence $x={m}$ or $x={n}$, and the sum is ${m + n}$.",
    )
