"""A question as Moodle's formats say it, before it is one of ours: what GIFT and Moodle XML have in common."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from exams.drafts import CriterionText, DraftKey, DraftText, ItemDraft
from exams.interchange import assumed
from exams.interchange.prose import to_plain
from exams.models import ItemVersion

Kind = ItemVersion.Kind
# Moodle's fractions are rounded to seven digits, and 33.333 to three.
_NEAR = 1e-3
_LONGEST_FORM = 500
# Of a question's text, with all that is marked up in it; ours are a tenth of it.
LONGEST_TEXT = 200_000
_PICTURE = re.compile(r"data:image/[\w.+-]{1,40};base64,[A-Za-z0-9+/=\s]*+", re.IGNORECASE)


class Unusable(Exception):
    """This question cannot be carried; the message says why."""


@dataclass(frozen=True)
class Rich:
    """A text in our Markdown, what was lost of it (in words), and the pictures that it shows."""

    markdown: str = ""
    losses: tuple[str, ...] = ()
    assets: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Words:
    """Turns texts of one question into Markdown; `form` is the format of texts that do not say theirs."""

    form: str
    turn: Callable[[str, str], Rich]

    def of(self, text: str) -> Rich:
        return self.turn(text, self.form) if text.strip() else Rich()


@dataclass(frozen=True)
class Option:
    """`share` of the whole score, from -1 to 1."""

    text: Rich
    share: float


@dataclass(frozen=True)
class Form:
    """An accepted form of a short text; `*` stands for anything, `\\*` for itself."""

    text: str
    share: float


@dataclass(frozen=True)
class Number:
    number: float
    tolerance: float
    share: float


@dataclass(frozen=True)
class Gap:
    """A gap of a cloze: kind "choice", "text" or "numeric", its options or keys, and its weight in the whole."""

    kind: str
    weight: float = 1.0
    options: tuple[Option, ...] = ()
    forms: tuple[Form, ...] = ()
    numbers: tuple[Number, ...] = ()


@dataclass(frozen=True)
class Question:
    """`kind`: choice, multiple, truefalse, short, numeric, matching, ordering, essay or cloze (`[[1]]` in the stem)."""

    language: str
    stem: Rich
    kind: str = ""
    explanation: Rich = field(default_factory=Rich)
    options: tuple[Option, ...] = ()
    is_true: bool = False
    # Whether several options are worth something only all together.
    is_all_or_nothing: bool = False
    forms: tuple[Form, ...] = ()
    case_sensitive: bool = False
    numbers: tuple[Number, ...] = ()
    # Left and right; a pair without a left is a distractor.
    pairs: tuple[tuple[Rich, Rich], ...] = ()
    order: tuple[Rich, ...] = ()
    gaps: tuple[Gap, ...] = ()
    points: int = 1
    grader_notes: str = ""
    # How many single answers have feedback of their own.
    feedback: int = 0
    losses: tuple[str, ...] = ()


def check_length(text: str) -> None:
    """Raise Unusable for a text that nobody wrote by hand; pictures written into it do not count."""
    if len(text) > LONGEST_TEXT and len(_PICTURE.sub("", text)) > LONGEST_TEXT:
        raise Unusable(too_long())


def too_long() -> str:
    return _("Its text is longer than %(most)d characters.") % {"most": LONGEST_TEXT}


def short(text: Rich) -> str:
    """The beginning of a text, as a title."""
    plain = " ".join(to_plain(text.markdown)[0].split())
    return plain if len(plain) <= 80 else f"{plain[:79]}…"


def item(asked: Question) -> tuple[ItemDraft, tuple[str, ...]]:
    """The question as a draft, and in words what it lost. Raises Unusable."""
    makers: dict[str, Callable[[Question, list[str]], dict[str, Any]]] = {
        "choice": _single,
        "multiple": _multiple,
        "truefalse": _true_false,
        "short": _short,
        "numeric": _numeric,
        "matching": _matching,
        "ordering": _ordering,
        "essay": _essay,
        "cloze": _cloze,
    }
    losses: list[str] = list(asked.losses)
    parts = makers[asked.kind](asked, losses)
    text = {"stem": asked.stem.markdown, "explanation": asked.explanation.markdown, **parts.pop("text", {})}
    rich = [asked.stem, asked.explanation, *parts.pop("rich", ())]
    for each in rich:
        losses += each.losses
    if asked.feedback:
        said = ngettext(
            "Feedback on %(number)d single answer; here a question has one explanation.",
            "Feedback on %(number)d single answers; here a question has one explanation.",
            asked.feedback,
        )
        losses.append(said % {"number": asked.feedback})
    draft = ItemDraft(
        texts={asked.language: DraftText(**text)},
        assets={name: content for each in rich for name, content in each.assets.items()},
        **{"key": None, **parts},
    )
    return draft, tuple(dict.fromkeys(losses))


def _single(asked: Question, losses: list[str]) -> dict[str, Any]:
    options = _told_apart(asked.options)
    right = [number for number, option in enumerate(options, start=1) if option.share >= 1 - _NEAR]
    if not right:
        best = max((option.share for option in options), default=0.0)
        if best <= 0:
            raise Unusable(_("It has no right answer."))
        right = [next(number for number, option in enumerate(options, start=1) if option.share == best)]
        losses.append(
            _("Its best answer is worth %(percent)s %% only; here it is right.") % {"percent": _percent(best)}
        )
    if len(right) > 1:
        more = ", ".join(f"“{short(options[number - 1].text)}”" for number in right[1:])
        losses.append(
            _("A single choice has one right answer here; counted as wrong: %(answers)s.") % {"answers": more}
        )
    partly = [o for n, o in enumerate(options, start=1) if n not in right and o.share]
    if partly:
        said = ", ".join(f"“{short(option.text)}” ({_percent(option.share)} %)" for option in partly)
        losses.append(_("Part of the points, or points taken off, for wrong answers: %(answers)s.") % {"answers": said})
    return {
        "kind": Kind.SINGLE,
        "key": right[0],
        "text": {"options": tuple(option.text.markdown for option in options)},
        "rich": [option.text for option in options],
        **assumed.single_choice(len(options)),
    }


def _told_apart(options: Sequence[Option]) -> Sequence[Option]:
    if len(options) < 2:
        raise Unusable(_("It has fewer than two options."))
    return options


def _multiple(asked: Question, losses: list[str]) -> dict[str, Any]:
    options = _told_apart(asked.options)
    right = [option.share for option in options if option.share > 0]
    if not right:
        raise Unusable(_("It has no right answer."))
    if abs(sum(right) - 1) > 0.02:
        losses.append(_("Its right answers sum to %(percent)s %%; here to 100.") % {"percent": _percent(sum(right))})
    scores = 1 if asked.is_all_or_nothing else min(len(right), assumed.MOST_CATEGORIES)
    unit = (len(right) if asked.is_all_or_nothing else scores) / sum(right)
    return {
        "kind": Kind.MULTIPLE,
        "keys": tuple(
            DraftKey(option=number, points=_points(option.share * unit))
            for number, option in enumerate(options, start=1)
            if option.share
        ),
        "text": {"options": tuple(option.text.markdown for option in options)},
        "rich": [option.text for option in options],
        **assumed.open_answer(scores),
    }


def _points(value: float) -> float:
    """Moodle rounds a third to 33.33333 %: the nearest tenth, sixth or the like is what was meant."""
    for divisor in range(1, 13):
        whole = round(value * divisor)
        if abs(value - whole / divisor) < _NEAR:
            return whole / divisor
    return round(value, 6)


def _true_false(asked: Question, losses: list[str]) -> dict[str, Any]:
    with override(asked.language):
        options = (_("True"), _("False"))
    key = 1 if asked.is_true else 2
    return {"kind": Kind.SINGLE, "key": key, "text": {"options": options}, **assumed.single_choice(2)}


def _short(asked: Question, losses: list[str]) -> dict[str, Any]:
    keys, shares = _forms(asked.forms, losses)
    if not keys:
        raise Unusable(_("It has no accepted form without a wildcard."))
    return {
        "kind": Kind.TEXT,
        "case_sensitive": asked.case_sensitive,
        **_shared(keys, shares, losses),
    }


def _forms(forms: Sequence[Form], losses: list[str]) -> tuple[list[DraftKey], list[float]]:
    keys, shares = [], []
    for form in forms:
        if form.share <= 0:
            if form.text.strip() != "*":
                losses.append(_("The wrong answer “%(form)s”, which was foreseen.") % {"form": form.text[:60]})
            continue
        plain = form.text.replace("\\*", "\x00")
        if "*" in plain:
            losses.append(_("The form “%(form)s”: here an answer has no wildcards.") % {"form": form.text[:60]})
            continue
        text = " ".join(plain.replace("\x00", "*").split())
        if not text or len(text) > _LONGEST_FORM:
            losses.append(_("An accepted form that is empty or longer than %(most)d characters.") % {"most": 500})
            continue
        keys.append(DraftKey(text=text))
        shares.append(min(form.share, 1.0))
    return keys, shares


def _numeric(asked: Question, losses: list[str]) -> dict[str, Any]:
    keys, shares = _numbers(asked.numbers, losses)
    if not keys:
        raise Unusable(_("No number is right."))
    return {"kind": Kind.NUMERIC, **_shared(keys, shares, losses)}


def _numbers(numbers: Sequence[Number], losses: list[str]) -> tuple[list[DraftKey], list[float]]:
    keys, shares = [], []
    for each in numbers:
        if not (isfinite(each.number) and isfinite(each.tolerance)):
            raise Unusable(_("A number in it is infinite, or none at all."))
        if each.share > 0:
            keys.append(DraftKey(number=each.number, tolerance=each.tolerance))
            shares.append(min(each.share, 1.0))
        else:
            losses.append(_("The wrong answer “%(form)s”, which was foreseen.") % {"form": f"{each.number:g}"})
    return keys, shares


def _shared(keys: Sequence[DraftKey], shares: Sequence[float], losses: list[str]) -> dict[str, Any]:
    """Keys with their points, of an answer that may be worth a part of the whole."""
    scores = assumed.categories(shares)
    if not assumed.are_whole(shares, scores):
        losses.append(_("Its parts of a point are rounded to tenths."))
    points = [_points(share * scores) for share in shares]
    _note_best(shares, losses)
    with_points = tuple(_worth(key, value) for key, value in zip(keys, points, strict=True))
    return {"keys": with_points, **assumed.open_answer(scores)}


def _note_best(shares: Sequence[float], losses: list[str]) -> None:
    if max(shares) < 1 - _NEAR:
        losses.append(_("Its best answer is worth %(percent)s %% only.") % {"percent": _percent(max(shares))})


def _worth(key: DraftKey, points: float) -> DraftKey:
    return DraftKey(**{**key.__dict__, "points": points})


def _matching(asked: Question, losses: list[str]) -> dict[str, Any]:
    targets: list[Rich] = []
    for _left, right in asked.pairs:
        if right.markdown and right.markdown not in [target.markdown for target in targets]:
            targets.append(right)
    places = {target.markdown: number for number, target in enumerate(targets, start=1)}
    pairs = [(left, right) for left, right in asked.pairs if left.markdown and right.markdown]
    if len(pairs) < 2 or len(targets) < 2:
        raise Unusable(_("A matching question needs two pairs at least."))
    scores = min(len(pairs), assumed.MOST_CATEGORIES)
    share = _points(scores / len(pairs))
    return {
        "kind": Kind.MATCHING,
        "keys": tuple(
            DraftKey(option=number, target=places[right.markdown], points=share)
            for number, (_left, right) in enumerate(pairs, start=1)
        ),
        "text": {
            "options": tuple(left.markdown for left, _right in pairs),
            "targets": tuple(target.markdown for target in targets),
        },
        "rich": [*(left for left, _right in pairs), *targets],
        **assumed.open_answer(scores),
    }


def _ordering(asked: Question, losses: list[str]) -> dict[str, Any]:
    if len(asked.order) < 2:
        raise Unusable(_("It has fewer than two options."))
    return {
        "kind": Kind.ORDERING,
        "keys": tuple(DraftKey(option=place, target=place) for place in range(1, len(asked.order) + 1)),
        "text": {"options": tuple(step.markdown for step in asked.order)},
        "rich": asked.order,
        **assumed.open_answer(),
    }


def _essay(asked: Question, losses: list[str]) -> dict[str, Any]:
    points = max(1, min(asked.points, assumed.MOST_CATEGORIES))
    if points != asked.points:
        said = {"points": asked.points, "here": points}
        losses.append(_("%(points)d points; here it has %(here)d.") % said)
    with override(asked.language):
        name = _("Answer as a whole")
    levels = tuple([""] * points + [asked.grader_notes]) if asked.grader_notes else ()
    return {
        "kind": Kind.ESSAY,
        "rubric": (points,),
        "text": {"criteria": (CriterionText(name, levels),)},
        **assumed.essay(points),
    }


def _cloze(asked: Question, losses: list[str]) -> dict[str, Any]:
    if not asked.gaps:
        raise Unusable(_("It has no gap."))
    scores = min(len(asked.gaps), assumed.MOST_CATEGORIES)
    whole = sum(gap.weight for gap in asked.gaps) or 1.0
    keys: list[DraftKey] = []
    options: dict[int, tuple[str, ...]] = {}
    rich: list[Rich] = []
    for number, gap in enumerate(asked.gaps, start=1):
        keys += _gap_keys(number, gap, gap.weight / whole * scores, losses)
        if gap.kind == "choice":
            options[number] = tuple(option.text.markdown for option in gap.options)
            rich += [option.text for option in gap.options]
    return {
        "kind": Kind.CLOZE,
        "case_sensitive": asked.case_sensitive,
        "gaps": {number: gap.kind for number, gap in enumerate(asked.gaps, start=1)},
        "keys": tuple(keys),
        "text": {"gap_options": options},
        "rich": rich,
        **assumed.open_answer(scores),
    }


def _gap_keys(number: int, gap: Gap, points: float, losses: list[str]) -> list[DraftKey]:
    match gap.kind:
        case "choice":
            shared = [(DraftKey(option=place), o.share) for place, o in enumerate(gap.options, start=1)]
            keys, shares = [key for key, share in shared if share > 0], [share for _key, share in shared if share > 0]
        case "text":
            keys, shares = _forms(gap.forms, losses)
        case _:
            keys, shares = _numbers(gap.numbers, losses)
    if not keys:
        raise Unusable(_("Gap %(number)d has no right answer that can be carried.") % {"number": number})
    _note_best(shares, losses)
    return [
        DraftKey(**{**key.__dict__, "gap": number, "points": _points(share * points)})
        for key, share in zip(keys, shares, strict=True)
    ]


def _percent(share: float) -> str:
    return f"{100 * share:g}"
