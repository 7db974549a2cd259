"""Numbers as people write them, read exactly: no database, no Django.

Values are fractions, so that 3.14 ± 0.01 accepts 3.15 and one third equals 1/3.
"""

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

LONGEST = 100
# Languages that write 3,14 and 1.234,5 (CLDR); all others write 3.14 and 1,234.5.
_COMMA_WRITERS = """
    af az be bg bs ca cs da de el es et eu fi fr gl hr hu hy id is it ka kk lt lv mk nb nl nn no pl pt ro ru sk sl sq sr
    sv tr uk uz vi
"""
DECIMAL_COMMA = frozenset(_COMMA_WRITERS.split())
# Beyond these a float, which the keys are, has no room.
_LARGEST, _EXPONENT = Fraction(10) ** 300, 400

_SUPERSCRIPTS = re.compile(r"[⁺⁻]?[⁰¹²³⁴-⁹]+")
_MINUS = str.maketrans({"−": "-", "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "⁄": "/", "∕": "/", "٪": "%"})
_GROUPED_BY_SPACE = re.compile(r"\d{1,3}(?:[ '’]\d{3})+(?=$|[.,])")
_RATIO = re.compile(r"(?:(?P<whole>\d+) +)?(?P<over>[^/]+?) */ *(?P<under>[^/]+)")
_SCIENTIFIC = re.compile(
    r"(?P<mantissa>.+?) *(?:[eE] *(?P<e>[+-]?\d{1,4})|[x×*·⋅∙] *10 *\^ *(?P<power>[+-]?\d{1,4}))"
    r"|10 *\^ *(?P<ten>[+-]?\d{1,4})"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The number that a text says; of "12.5 %" it is 12.5, with `is_percent`."""

    value: Fraction
    is_percent: bool = False


def read_number(text: str, language: str) -> Reading | None:
    """The number in `text`, None when it is none (or larger than 1e300).

    Decimal point or comma, thousands separators (comma, point, space, apostrophe), full-width and other digits, any
    minus, percent, fractions and mixed numbers ("1/2", "1 1/2", "½"), powers of ten ("1.2e-3", "1.2×10^-3", "10³").
    One separator before exactly three digits is ambiguous: it is read as `language` writes numbers.
    """
    if len(text) > LONGEST:
        return None
    said = _plain(text)
    is_percent = said.endswith("%")
    said = said.removesuffix("%").strip()
    sign = -1 if said.startswith("-") else 1
    value = _unsigned(said[1:].strip() if said[:1] in {"-", "+"} else said, language)
    if value is None or value > _LARGEST:
        return None
    return Reading(sign * value, is_percent)


def is_within(reading: Reading, number: float, tolerance: float = 0.0, *, is_relative: bool = False) -> bool:
    """Whether the reading is `number`, give or take `tolerance` (as a share of the number when `is_relative`).

    "12.5 %" is 0.125; where the key is above 1, so that it must itself be a number of percent, it is 12.5 as well.
    """
    # The shortest decimal that is this float: what the author wrote.
    key, margin = Fraction(repr(float(number))), Fraction(repr(float(tolerance)))
    margin *= abs(key) if is_relative else 1
    readings = [reading.value / 100] if reading.is_percent else [reading.value]
    if reading.is_percent and abs(key) > 1:
        readings.append(reading.value)
    return any(abs(value - key) <= margin or float(value) == number for value in readings)


def written(number: float, language: str) -> str:
    """The number as `language` writes it, without thousands separators."""
    text = repr(float(number)).removesuffix(".0")
    return text.replace(".", ",") if _has_decimal_comma(language) else text


def _plain(text: str) -> str:
    text = _SUPERSCRIPTS.sub(lambda run: "^" + run[0], text)
    text = "".join(f" {char}" if "<fraction>" in unicodedata.decomposition(char) else char for char in text)
    text = unicodedata.normalize("NFKC", text).translate(_MINUS)
    text = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)
    return " ".join(text.split())


def _unsigned(said: str, language: str) -> Fraction | None:
    ratio = _RATIO.fullmatch(said)
    if ratio:
        over, under = _decimal(ratio["over"], language), _decimal(ratio["under"], language)
        if over is None or not under:
            return None
        return int(ratio["whole"] or 0) + over / under
    power = _SCIENTIFIC.fullmatch(said)
    if power:
        exponent = int(power["e"] or power["power"] or power["ten"])
        mantissa = _decimal(power["mantissa"], language) if power["mantissa"] else Fraction(1)
        if mantissa is None or abs(exponent) > _EXPONENT:
            return None
        return mantissa * Fraction(10) ** exponent
    return _decimal(said, language)


def _decimal(said: str, language: str) -> Fraction | None:
    said = _GROUPED_BY_SPACE.sub(lambda group: re.sub(r"[ '’]", "", group[0]), said)
    point = _decimal_mark(said, language)
    group = "," if point == "." else "."
    whole, _mark, rest = said.partition(point)
    if group in whole:
        if not re.fullmatch(rf"\d{{1,3}}(?:{re.escape(group)}\d{{3}})+", whole):
            return None
        whole = whole.replace(group, "")
    digits = whole + rest
    if not digits or not all(char in "0123456789" for char in digits):
        return None
    return Fraction(int(digits), 10 ** len(rest))


def _decimal_mark(said: str, language: str) -> str:
    usual = "," if _has_decimal_comma(language) else "."
    other = "." if usual == "," else ","
    if usual in said and other in said:
        return max(usual, other, key=said.rindex)
    mark = usual if usual in said else other
    if said.count(mark) > 1:
        # A mark that is there twice parts thousands.
        return other if mark == usual else usual
    if mark == other and re.fullmatch(rf"[1-9]\d{{0,2}}{re.escape(mark)}\d{{3}}", said):
        return usual
    return mark


def _has_decimal_comma(language: str) -> bool:
    return language.partition("-")[0] in DECIMAL_COMMA
