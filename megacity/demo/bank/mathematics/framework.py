"""How a generator describes a question, and how its cases become bank items."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from ..model import BankItem, BankText

OPTIONS = 5
PICTURE = "asset:picture.png"


@dataclass(frozen=True)
class Value:
    """A number that may be an option: what is shown, and what it is worth."""

    latex: str
    number: float

    def __str__(self) -> str:
        return self.latex


Number = int | Fraction | Value
# A wrong value, and the mistake that leads to it in Korean and in English.
Mistake = tuple[Number, str, str]


@dataclass(frozen=True)
class Question:
    """One case of a generator. `mistakes` come in order of preference; the first four usable ones are shown."""

    ko: str
    en: str
    answer: Number
    mistakes: Sequence[Mistake]
    ko_steps: str
    en_steps: str
    picture: bytes | None = None


@dataclass(frozen=True)
class Generator:
    """A kind of question. Cases are in order of difficulty: the n-th has b = base + n · step (n from 0)."""

    name: str
    area: str
    base: float
    step: float
    slope: float
    cases: tuple[tuple[Any, ...], ...]
    build: Callable[..., Question]

    def code(self, index: int) -> str:
        return f"univ-math-{self.name}-{index + 1}"

    def items(self) -> Iterator[BankItem]:
        for index, case in enumerate(self.cases):
            yield self._item(index, self.build(*case))

    def _item(self, index: int, question: Question) -> BankItem:
        code = self.code(index)
        # Seeded by the code alone, so that a new generator leaves every other item as it was.
        rng = random.Random(code)  # noqa: S311 (an even spread of keys, no secret)
        answer = value(question.answer)
        mistakes = usable_mistakes(code, answer, question.mistakes)
        places = rng.sample(range(OPTIONS), OPTIONS)
        shown = [answer, *(wrong for wrong, _, _ in mistakes)]
        options = tuple(f"${shown[place].latex}$" for place in places)
        notes = {
            language: "\n".join(f"- ${mistake[0].latex}$: {mistake[column]}" for mistake in mistakes)
            for column, language in ((1, "ko"), (2, "en"))
        }
        # The generator does not know its code; the picture is named by it.
        ko, en = (stem.replace(PICTURE, f"asset:{code}.png") for stem in (question.ko, question.en))
        return BankItem(
            code=code,
            area=self.area,
            a=round(self.slope + rng.uniform(-0.12, 0.12), 2),
            b=round(self.base + index * self.step, 2),
            c=round(rng.uniform(0.14, 0.21), 2),
            key=places.index(0) + 1,
            ko=BankText(ko, options, f"{question.ko_steps}\n\n오답은 다음과 같은 실수에서 나온다.\n\n{notes['ko']}"),
            en=BankText(
                en,
                options,
                f"{question.en_steps}\n\nThe wrong answers come from these slips.\n\n{notes['en']}",
            ),
            assets=MappingProxyType({} if question.picture is None else {f"{code}.png": question.picture}),
            source=f"mathematics/{self.name}",
        )


GENERATORS: dict[str, Generator] = {}


def generator(
    name: str, *, area: str, base: float, step: float, cases: Sequence[tuple[Any, ...]], slope: float = 1.2
) -> Callable[[Callable[..., Question]], Callable[..., Question]]:
    """Register a function that turns one case into a question."""

    def register(build: Callable[..., Question]) -> Callable[..., Question]:
        if name in GENERATORS:
            raise ValueError(f"mathematics: two generators are named {name!r}")
        GENERATORS[name] = Generator(name, area, base, step, slope, tuple(cases), build)
        return build

    return register


def usable_mistakes(code: str, answer: Value, mistakes: Sequence[Mistake]) -> list[tuple[Value, str, str]]:
    """Return the first four whose values differ from the answer and from one another."""
    chosen: list[tuple[Value, str, str]] = []
    for number, ko, en in mistakes:
        wrong = value(number)
        if all(abs(wrong.number - other.number) > 1e-9 for other in (answer, *(entry[0] for entry in chosen))):
            chosen.append((wrong, ko, en))
        if len(chosen) == OPTIONS - 1:
            return chosen
    raise ValueError(f"{code}: only {len(chosen)} mistakes give values of their own, {OPTIONS - 1} are needed")


def value(number: Number) -> Value:
    return number if isinstance(number, Value) else Value(tex(number), float(number))


def tex(number: int | Fraction) -> str:
    number = Fraction(number)
    if number.denominator == 1:
        return str(number.numerator)
    sign = "-" if number < 0 else ""
    return rf"{sign}\frac{{{abs(number.numerator)}}}{{{number.denominator}}}"


def signed(number: int | Fraction) -> str:
    """`+3` or `-3`, to stand after another term."""
    return tex(number) if number < 0 else f"+{tex(number)}"


def bracketed(number: int | Fraction) -> str:
    """A number as it is put in for a variable: negative ones in parentheses."""
    return f"({tex(number)})" if number < 0 else tex(number)


def poly(*coefficients: int, variable: str = "x") -> str:
    """A polynomial from its coefficients, highest power first."""
    text, degree = "", len(coefficients) - 1
    for power, coefficient in zip(range(degree, -1, -1), coefficients, strict=True):
        if coefficient == 0:
            continue
        size = "" if abs(coefficient) == 1 and power else str(abs(coefficient))
        letter = "" if power == 0 else variable if power == 1 else f"{variable}^{{{power}}}"
        sign = "-" if coefficient < 0 else "+" if text else ""
        text += f"{sign}{size}{letter}"
    return text or "0"


def surd(coefficient: int | Fraction, radicand: int) -> Value:
    r"""coefficient·√radicand with squares drawn out, such as 2\sqrt{3}."""
    outside, inside = Fraction(coefficient), radicand
    for root in range(int(radicand**0.5), 1, -1):
        if inside % (root * root) == 0:
            outside, inside = outside * root, inside // (root * root)
    number = float(outside) * inside**0.5
    if inside == 1:
        return Value(tex(outside), number)
    top = "" if abs(outside.numerator) == 1 else str(abs(outside.numerator))
    sign = "-" if outside < 0 else ""
    root_text = rf"{top}\sqrt{{{inside}}}"
    latex = root_text if outside.denominator == 1 else rf"\frac{{{root_text}}}{{{outside.denominator}}}"
    return Value(sign + latex, number)


def pi_times(coefficient: int | Fraction) -> Value:
    amount = Fraction(coefficient)
    if amount.denominator == 1:
        latex = r"\pi" if amount == 1 else rf"{amount.numerator}\pi"
    else:
        top = "" if amount.numerator == 1 else str(amount.numerator)
        latex = rf"\frac{{{top}\pi}}{{{amount.denominator}}}"
    return Value(latex, float(amount) * 3.141592653589793)


def decimal(number: Fraction, places: int = 4) -> Value:
    return Value(f"{float(number):.{places}f}", float(number))


# How the last digit of a number is pronounced decides the form of the particle after it: 영 일 이 삼 사 오 육 칠 팔 구.
_FINAL_CONSONANT = {0, 1, 3, 6, 7, 8}
_FINAL_RIEUL = {1, 7, 8}


def josa(number: int, pair: str) -> str:
    """The particle that fits after a number: `josa(3, "을/를")` is 을, `josa(7, "으로/로")` is 로."""
    closed, opened = pair.split("/")
    digit = abs(number) % 10
    if closed == "으로" and digit in _FINAL_RIEUL:
        return opened
    return closed if digit in _FINAL_CONSONANT else opened
