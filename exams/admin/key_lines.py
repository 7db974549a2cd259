"""Keys as an author writes them, one part a line: `서울`, `[en] Seoul | 0.5`, `3.14 ± 0.01`, `100 ± 5 %`, `2 | 0.5`.

What follows the last stroke is the part's points; without it a part is worth 1. Reading what was written gives the same
keys again.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from fractions import Fraction

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from exams.drafts import LANGUAGE, DraftKey
from exams.numerals import read_number

_POINTS = re.compile(r"\|\s*(?P<points>[+-]?\d+(?:[.,]\d+)?)\s*$")
_LANGUAGE = re.compile(rf"\[(?P<language>{LANGUAGE.pattern})\]\s*(?P<text>.*)")
_PLUS_MINUS = re.compile(r"±|\+/?-")


def read_texts(written: str) -> list[DraftKey]:
    """A key for each accepted form. Raises ValidationError."""
    keys = []
    for line in _lines(written):
        text, points = _with_points(line)
        marked = _LANGUAGE.fullmatch(text)
        language, text = (marked["language"], marked["text"]) if marked else ("", text)
        keys.append(DraftKey(language=language, text=text, points=points))
    return keys


def read_numbers(written: str) -> list[DraftKey]:
    """A key for each accepted number with its tolerance. Raises ValidationError naming every line that is none."""
    keys, wrong = [], []
    for line in _lines(written):
        text, points = _with_points(line)
        number, *tolerances = _PLUS_MINUS.split(text)
        values = [_number(number), *map(_number, tolerances)]
        if len(values) > 2 or None in values or _is_percent(number):
            wrong.append(
                _("“%(line)s” is no number. Write for example 3.14, or 3.14 ± 0.01, or 100 ± 5 %%.") % {"line": line}
            )
            continue
        relative = bool(tolerances) and _is_percent(tolerances[0])
        tolerance = (values[1] or Fraction(0)) / (100 if relative else 1) if tolerances else Fraction(0)
        keys.append(
            DraftKey(
                number=float(values[0] or 0),
                tolerance=float(tolerance),
                is_relative=relative,
                points=points,
            )
        )
    if wrong:
        raise ValidationError(wrong)
    return keys


def read_marks(written: str) -> list[tuple[int, float]]:
    """Numbers of options with their points: `2`, `1, 3`, `2 | 0.5`. Raises ValidationError."""
    marks = []
    for part in re.split(r"[,\n]", written.replace("\r", "")):
        if not part.strip():
            continue
        number, points = _with_points(part.strip())
        if not (number.isascii() and number.isdigit()):
            raise ValidationError(_("“%(part)s” is no number of an option.") % {"part": part.strip()})
        marks.append((int(number), points))
    return marks


def write_texts(keys: Iterable[DraftKey]) -> str:
    return "\n".join(_line(f"[{key.language}] {key.text}" if key.language else key.text, key.points) for key in keys)


def write_numbers(keys: Iterable[DraftKey]) -> str:
    return "\n".join(_line(_number_text(key), key.points) for key in keys)


def write_marks(marks: Iterable[tuple[int, float]]) -> str:
    return ", ".join(_line(str(number), points) for number, points in marks)


def _lines(written: str) -> Iterator[str]:
    return (line.strip() for line in written.splitlines() if line.strip())


def _with_points(line: str) -> tuple[str, float]:
    said = _POINTS.search(line)
    if said is None:
        return line, 1.0
    return line[: said.start()].strip(), float(said["points"].replace(",", "."))


def _number(text: str) -> Fraction | None:
    reading = read_number(text.strip(), "en")
    return None if reading is None else reading.value


def _is_percent(text: str) -> bool:
    return text.strip().endswith("%")


def _line(text: str, points: float) -> str:
    # A form that has a stroke of its own must not lose what follows it.
    return text if points == 1 and _POINTS.search(text) is None else f"{text} | {_plain(points)}"


def _number_text(key: DraftKey) -> str:
    number = _plain(key.number or 0.0)
    if not key.tolerance:
        return number
    if key.is_relative:
        return f"{number} ± {(Decimal(repr(key.tolerance)) * 100).normalize()} %"
    return f"{number} ± {_plain(key.tolerance)}"


def _plain(value: float) -> str:
    return repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
