"""From an answer to its score, for every kind of item: pure functions without Django and database.

The kinds are those of ItemVersion.Kind; an answer is the JSON that the exam loop takes, with authored positions (from
1) for options and targets:

single {"option": 2} · multiple {"options": [1, 3]} · ordering {"order": [3, 1, 2]} · matching {"pairs": [[1, 2]]} ·
numeric {"text": "3.14"} · text {"text": "서울"} · cloze {"gaps": {"1": 2, "2": "Seoul"}} · essay {"text": "…"}

What is right, and what each part is worth, is said by rows of `Key`:

- multiple: each right option with points above 0; a wrong one may take points off. Right: exactly the right options.
- ordering: each option with its place in `target`. Points are earned by options that stand in their place.
- matching: (option, target) pairs; of several pairs of one option the best one that was given counts, so they are
  alternatives. Right: every option that has a key with a best target of its own, and none of the others matched.
- numeric: `number` ± `tolerance`; text: `text`, for one `language` or all. Rows are alternatives, the best counts.
- cloze: the rows of each gap as above by the gap's kind ("choice": `option`). Right: every gap at its most.

A score is a whole number of categories from 0 to `max_score`. "exact": max_score if all is right, else 0. "partial":
floor(max_score * earned / total) of the points; all of them only if all is right, so that choosing every option of a
multiple choice is never worth the most. An essay has no score until somebody grades it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import floor
from typing import Any, Literal

from exams.numerals import is_within, read_number, written
from exams.spelling import folded, tidied

LONGEST_TEXT, LONGEST_ESSAY = 500, 20_000
# Before it is composed a text may have more characters than after: a syllable of Hangul is three letters.
_DECOMPOSED = 4
# Points are sums of floats: a third and two thirds are all.
_SLACK = 1e-9


@dataclass(frozen=True)
class Key:
    """One thing that is right about an answer (see the module and ItemKey) and what it is worth."""

    gap: int = 0
    option: int | None = None
    target: int | None = None
    language: str = ""
    text: str = ""
    number: float | None = None
    tolerance: float = 0.0
    is_relative: bool = False
    points: float = 1.0


@dataclass(frozen=True)
class AnswerSpec:
    """All that scoring needs to know of an item version.

    `key` is that of single choice; `options` and `targets` count them; `gaps` maps a cloze's gap numbers to "choice",
    "text" or "numeric", `gap_options` those of kind "choice" to the number of their options.
    """

    kind: str
    key: int | None = None
    options: int = 0
    targets: int = 0
    keys: tuple[Key, ...] = ()
    gaps: Mapping[int, str] = field(default_factory=dict)
    gap_options: Mapping[int, int] = field(default_factory=dict)
    scoring: str = "exact"
    max_score: int = 1
    case_sensitive: bool = False

    def keys_of(self, gap: int) -> list[Key]:
        """The rows of one gap; 0 for the item itself."""
        return [key for key in self.keys if key.gap == gap]


@dataclass(frozen=True, slots=True)
class Scored:
    """`score` is None for an essay; `answer` is the canonical form, in which equal answers are equal."""

    score: int | None
    is_correct: bool
    answer: dict[str, Any]


Fault = Literal["shape", "option", "target", "gap", "order", "twice", "empty", "number", "long"]


class InvalidAnswer(ValueError):
    """An answer that is none to this item.

    `fault`: "shape" (`value` is the part that is missing or of another type), "option", "target" or "gap" (there is no
    such number), "order" (not each option once), "twice" (an option matched twice), "empty", "number" (cannot be read
    as one), "long" (`value` is the most characters). `gap` is that of a cloze, else 0.
    """

    def __init__(self, fault: Fault, value: Any = None, gap: int = 0) -> None:
        super().__init__(f"{fault}: {value!r}" + (f" in gap {gap}" if gap else ""))
        self.fault, self.value, self.gap = fault, value, gap


@dataclass(frozen=True, slots=True)
class _Part:
    """What was earned at one place of the answer, and the most that could be."""

    earned: float
    most: float
    is_right: bool


def score(spec: AnswerSpec, answer: Mapping[str, Any], language: str) -> Scored:
    """Score `answer`, which was given to an item shown in `language`. Raises InvalidAnswer."""
    canonical = _READERS[spec.kind](spec, answer, language)
    if spec.kind == "essay":
        return Scored(None, False, canonical)
    parts = _parts(spec, canonical, language)
    is_correct = all(part.is_right for part in parts)
    if is_correct:
        return Scored(spec.max_score, True, canonical)
    if spec.scoring == "exact":
        return Scored(0, False, canonical)
    total, earned = sum(part.most for part in parts), sum(part.earned for part in parts)
    reached = floor(spec.max_score * max(earned, 0.0) / total + _SLACK)
    return Scored(min(reached, spec.max_score - 1), False, canonical)


def right_answer(spec: AnswerSpec, language: str) -> dict[str, Any] | None:
    """The key's own answer, in canonical form, for an item shown in `language`; None for an essay."""
    if spec.kind == "single":
        return {"option": spec.key}
    if spec.kind == "multiple":
        return {"options": sorted(_right_options(spec.keys))}
    if spec.kind == "ordering":
        return {"order": [key.option for key in sorted(spec.keys, key=lambda key: key.target or 0)]}
    if spec.kind == "matching":
        best = {key.option: key.target for key in sorted(spec.keys, key=lambda key: key.points) if key.points > 0}
        return {"pairs": sorted([option, target] for option, target in best.items())}
    if spec.kind == "cloze":
        return {"gaps": {str(gap): _right_in_gap(spec, gap, language) for gap in sorted(spec.gaps)}}
    if spec.kind in {"numeric", "text"}:
        return {"text": _right_in_gap(spec, 0, language)}
    return None


def right_gaps(spec: AnswerSpec, answer: Mapping[str, Any], language: str) -> dict[int, bool]:
    """Whether each gap of a cloze was filled rightly, by its number; `answer` in canonical form."""
    return {gap: _gap(spec, gap, answer["gaps"].get(str(gap)), language).is_right for gap in sorted(spec.gaps)}


# --- Reading: from what was sent to the canonical form ------------------------------------------------------------


def _read_single(spec: AnswerSpec, answer: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {"option": _position(answer.get("option"), spec.options, "option")}


def _read_multiple(spec: AnswerSpec, answer: Mapping[str, Any], language: str) -> dict[str, Any]:
    chosen = {_position(value, spec.options, "option") for value in _list(answer, "options")}
    if not chosen:
        raise InvalidAnswer("empty")
    return {"options": sorted(chosen)}


def _read_ordering(spec: AnswerSpec, answer: Mapping[str, Any], language: str) -> dict[str, Any]:
    order = [_position(value, spec.options, "option") for value in _list(answer, "order")]
    if sorted(order) != list(range(1, spec.options + 1)):
        raise InvalidAnswer("order", spec.options)
    return {"order": order}


def _read_matching(spec: AnswerSpec, answer: Mapping[str, Any], language: str) -> dict[str, Any]:
    pairs: dict[int, int] = {}
    for pair in _list(answer, "pairs"):
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise InvalidAnswer("shape", "pairs")
        option = _position(pair[0], spec.options, "option")
        if option in pairs:
            raise InvalidAnswer("twice", option)
        pairs[option] = _position(pair[1], spec.targets, "target")
    if not pairs:
        raise InvalidAnswer("empty")
    return {"pairs": [[option, pairs[option]] for option in sorted(pairs)]}


def _read_number(spec: AnswerSpec, answer: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {"text": _numeral(_text(answer, LONGEST_TEXT), language)}


def _read_text(spec: AnswerSpec, answer: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {"text": _text(answer, LONGEST_TEXT)}


def _read_essay(spec: AnswerSpec, answer: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {"text": _text(answer, LONGEST_ESSAY)}


def _read_cloze(spec: AnswerSpec, answer: Mapping[str, Any], language: str) -> dict[str, Any]:
    given = answer.get("gaps")
    if not isinstance(given, Mapping):
        raise InvalidAnswer("shape", "gaps")
    names = {str(gap): gap for gap in spec.gaps}
    for name in given:
        if name not in names:
            raise InvalidAnswer("gap", name)
    filled = {}
    # A gap may be left open: who does not know one word shows what they know of the others.
    for name, gap in sorted(names.items(), key=lambda pair: pair[1]):
        value = given.get(name)
        if value is None or (isinstance(value, str) and len(value) <= LONGEST_TEXT and not tidied(value)):
            continue
        filled[name] = _filling(spec, gap, value, language)
    if not filled:
        raise InvalidAnswer("empty")
    return {"gaps": filled}


def _filling(spec: AnswerSpec, gap: int, value: Any, language: str) -> int | str:
    if spec.gaps[gap] == "choice":
        return _position(value, spec.gap_options[gap], "option", gap)
    text = _text({"text": value}, LONGEST_TEXT, gap)
    return _numeral(text, language, gap) if spec.gaps[gap] == "numeric" else text


_READERS: Mapping[str, Callable[[AnswerSpec, Mapping[str, Any], str], dict[str, Any]]] = {
    "single": _read_single,
    "multiple": _read_multiple,
    "ordering": _read_ordering,
    "matching": _read_matching,
    "numeric": _read_number,
    "text": _read_text,
    "cloze": _read_cloze,
    "essay": _read_essay,
}


def _position(value: Any, count: int, fault: Literal["option", "target"], gap: int = 0) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= count:
        raise InvalidAnswer(fault, value, gap)
    return value


def _list(answer: Mapping[str, Any], part: str) -> list[Any]:
    values = answer.get(part)
    if not isinstance(values, (list, tuple)):
        raise InvalidAnswer("shape", part)
    return list(values)


def _text(answer: Mapping[str, Any], longest: int, gap: int = 0) -> str:
    value = answer.get("text")
    if not isinstance(value, str):
        raise InvalidAnswer("shape", "text", gap)
    if len(value) > _DECOMPOSED * longest:
        raise InvalidAnswer("long", longest, gap)
    text = tidied(value)
    if not text:
        raise InvalidAnswer("empty", gap=gap)
    if len(text) > longest:
        raise InvalidAnswer("long", longest, gap)
    return text


def _numeral(text: str, language: str, gap: int = 0) -> str:
    # A slip of the keyboard should be mended, not marked wrong.
    if read_number(text, language) is None:
        raise InvalidAnswer("number", text, gap)
    return text


# --- Points: what each part of a canonical answer earned ----------------------------------------------------------


def _parts(spec: AnswerSpec, answer: Mapping[str, Any], language: str) -> list[_Part]:
    if spec.kind == "single":
        return [_Part(0.0, 1.0, answer["option"] == spec.key)]
    if spec.kind == "multiple":
        return [_chosen(spec.keys, set(answer["options"]))]
    if spec.kind == "ordering":
        standing = dict(enumerate(answer["order"], start=1))
        return [_all_or_none(key.points, standing[key.target or 0] == key.option) for key in spec.keys]
    if spec.kind == "matching":
        pairs = dict(answer["pairs"])
        return [
            _matched([key for key in spec.keys if key.option == option], pairs.get(option))
            for option in range(1, spec.options + 1)
        ]
    if spec.kind == "cloze":
        return [_gap(spec, gap, answer["gaps"].get(str(gap)), language) for gap in spec.gaps]
    return [_gap(spec, 0, answer["text"], language)]


def _right_options(keys: Iterable[Key]) -> set[int]:
    return {key.option for key in keys if key.points > 0 and key.option is not None}


def _chosen(keys: Iterable[Key], options: set[int]) -> _Part:
    keys = list(keys)
    earned = sum(key.points for key in keys if key.option in options)
    return _Part(earned, sum(key.points for key in keys if key.points > 0), options == _right_options(keys))


def _all_or_none(points: float, is_right: bool) -> _Part:
    return _Part(points if is_right else 0.0, points, is_right)


def _best(keys: Iterable[Key], fitting: Callable[[Key], bool]) -> _Part:
    """Alternatives: the best of the rows that fit the answer."""
    keys = list(keys)
    most = max((key.points for key in keys), default=0.0)
    earned = max((key.points for key in keys if fitting(key)), default=0.0)
    return _Part(earned, most, earned >= most > 0)


def _matched(keys: list[Key], target: int | None) -> _Part:
    if max((key.points for key in keys), default=0.0) > 0:
        return _best(keys, lambda key: key.target == target)
    # An option that belongs to no target is right when it is left alone.
    taken = sum(key.points for key in keys if key.target == target)
    return _Part(taken, 0.0, target is None)


def _gap(spec: AnswerSpec, gap: int, value: int | str | None, language: str) -> _Part:
    keys = [key for key in spec.keys_of(gap) if key.language in {"", language}] or spec.keys_of(gap)
    if value is None:
        return _best(keys, lambda key: False)
    if spec.gaps.get(gap, spec.kind) == "choice":
        return _best(keys, lambda key: key.option == value)
    if spec.gaps.get(gap, spec.kind) == "text":
        said = folded(str(value), case_sensitive=spec.case_sensitive)
        return _best(keys, lambda key: folded(key.text, case_sensitive=spec.case_sensitive) == said)
    reading = read_number(str(value), language)
    return _best(
        keys,
        lambda key: (
            reading is not None
            and key.number is not None
            and is_within(reading, key.number, key.tolerance, is_relative=key.is_relative)
        ),
    )


def _right_in_gap(spec: AnswerSpec, gap: int, language: str) -> int | str:
    keys = [key for key in spec.keys_of(gap) if key.language in {"", language}] or spec.keys_of(gap)
    # The first of equals: that is the form which the author thought of first.
    best = max(keys, key=lambda key: key.points)
    kind = spec.gaps.get(gap, spec.kind)
    if kind == "choice":
        return best.option or 0
    return tidied(best.text) if kind == "text" else written(best.number or 0.0, language)
