"""The review of a finished attempt: what was asked, what was answered, what is right, and what it was worth."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from exams.content import Content, content_of
from exams.models import Grade, Response
from exams.numerals import written
from exams.scoring import AnswerSpec, Key, right_answer, right_gaps

ReviewItem = dict[str, Any]


def review_of(
    responses: Sequence[Response],
    specs: Mapping[int, AnswerSpec],
    areas: Sequence[str],
    *,
    answered_in: str,
    language: str,
) -> list[ReviewItem]:
    """One row for each response, with the same keys whatever its kind; what the kind does not have is empty.

    `specs` are by version, `areas` names of content areas in the order of the responses. `answered_in` is the
    attempt's language, in which answers are judged, `language` that of the texts.

    Returns
    -------
    list of dict
        position, area, kind, language, passage_html (or None), stem_html, explanation_html, difficulty, seconds (or
        None); `correct`; `score` (None: not graded yet) of `max_score`; `scored` false for an item in field test;
        `pending` while an essay waits for its grade.

        `options` (single, multiple): {html, chosen, key}. `order` (ordering, as the student put it): {html, right,
        place: the right one, from 1}. `pairs` (matching): {option_html, target_html or None, right, key_html or None}.
        `gaps` (cloze): {number, html or None, right, key_html}; the stem has their places. `text` (number, short
        text, essay) as it was typed; `accepted` (number, short text): the accepted forms, the best first.
        `criteria` (essay): {name, most, levels, points or None, level: what the points stand for}; `grade`:
        {score, comment, grader, graded_at} or None.
    """
    grades = newest_grades(responses)
    return [
        _row(response, specs[response.version_id], area, grades.get(response.pk), answered_in, language)
        for response, area in zip(responses, areas, strict=True)
    ]


def newest_grades(responses: Sequence[Response]) -> dict[int, Grade]:
    """The grade that counts of each response that was graded: no query unless one has no score of its own."""
    waiting = [response.pk for response in responses if response.score is None]
    if not waiting:
        return {}
    # In rising order, so that the newest of each response stays.
    return {grade.response_id: grade for grade in Grade.objects.filter(response__in=waiting).order_by("pk")}


def _row(
    response: Response, spec: AnswerSpec, area: str, grade: Grade | None, answered_in: str, language: str
) -> ReviewItem:
    content = content_of(response.version_id, language)
    score = grade.score if grade else response.score
    asked_in = content_of(response.version_id, answered_in).language
    return {
        "position": response.position,
        "area": area,
        "kind": spec.kind,
        "language": content.language,
        "passage_html": content.passage or None,
        "stem_html": content.stem,
        "correct": score == spec.max_score if grade else response.is_correct,
        "score": score,
        "max_score": spec.max_score,
        "scored": response.is_scored,
        "pending": score is None,
        "options": [],
        "order": [],
        "pairs": [],
        "gaps": [],
        "text": None,
        "accepted": [],
        "criteria": _criteria(content, grade),
        "grade": None if grade is None else grade_shown(grade),
        "explanation_html": content.explanation,
        "difficulty": round(response.difficulty, 2),
        "seconds": None if response.elapsed_ms is None else round(response.elapsed_ms / 1000),
        **_answered(response, spec, content, asked_in),
    }


def grade_shown(grade: Grade) -> dict[str, Any]:
    return {
        "score": grade.score,
        "comment": grade.comment,
        "grader": grade.grader_name,
        "graded_at": grade.created_at,
    }


def _criteria(content: Content, grade: Grade | None) -> list[dict[str, Any]]:
    points: Sequence[int | None] = grade.points if grade else [None] * len(content.rubric)
    return [
        {
            "name": criterion.name,
            "most": criterion.most,
            "levels": list(criterion.levels),
            "points": given,
            "level": criterion.levels[given] if given is not None and criterion.levels else "",
        }
        for criterion, given in zip(content.rubric, points, strict=True)
    ]


def _answered(response: Response, spec: AnswerSpec, content: Content, asked_in: str) -> dict[str, Any]:
    if spec.kind == "single":
        return {"options": _choices(content, {response.option}, {spec.key})}
    answer = response.answer or {}
    right = right_answer(spec, asked_in) or {}
    match spec.kind:
        case "multiple":
            return {"options": _choices(content, set(answer["options"]), set(right["options"]))}
        case "ordering":
            return {"order": _order(content, answer["order"], right["order"])}
        case "matching":
            return {"pairs": _pairs(spec, content, dict(answer["pairs"]), dict(right["pairs"]))}
        case "cloze":
            return {"gaps": _gaps(spec, content, answer, asked_in)}
        case "essay":
            return {"text": answer["text"]}
    return {"text": answer["text"], "accepted": accepted_forms(spec, 0, asked_in)}


def _choices(content: Content, chosen: set[int | None], keys: set[int | None]) -> list[dict[str, Any]]:
    return [
        {"html": html, "chosen": number in chosen, "key": number in keys}
        for number, html in enumerate(content.options, start=1)
    ]


def _order(content: Content, given: Sequence[int], right: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {"html": content.options[option - 1], "right": right[place] == option, "place": right.index(option) + 1}
        for place, option in enumerate(given)
    ]


def _pairs(spec: AnswerSpec, content: Content, given: Mapping[int, int], right: Mapping[int, int]) -> list[dict]:
    best = {option: max((key.points for key in spec.keys if key.option == option), default=0.0) for option in right}
    accepted = {(key.option, key.target) for key in spec.keys if key.points >= best.get(key.option or 0, 1.0) > 0}
    return [
        {
            "option_html": html,
            "target_html": content.targets[given[option] - 1] if option in given else None,
            "right": (option, given.get(option)) in accepted or option not in {*right, *given},
            "key_html": content.targets[right[option] - 1] if option in right else None,
        }
        for option, html in enumerate(content.options, start=1)
    ]


def _gaps(spec: AnswerSpec, content: Content, answer: Mapping[str, Any], asked_in: str) -> list[dict[str, Any]]:
    rows = []
    for gap, is_right in right_gaps(spec, answer, asked_in).items():
        value = answer["gaps"].get(str(gap))
        options = content.gap_options.get(gap, ())
        if spec.gaps[gap] == "choice":
            html = options[value - 1] if value is not None else None
            right = [options[key.option - 1] for key in _best(spec.keys_of(gap)) if key.option]
        else:
            # Typed by a student or an author as plain text: escaped, not rendered.
            html = None if value is None else escape(value)
            right = [escape(form) for form in accepted_forms(spec, gap, asked_in)]
        rows.append({"number": gap, "html": html, "right": is_right, "key_html": right[0]})
    return rows


def accepted_forms(spec: AnswerSpec, gap: int, language: str) -> list[str]:
    """The forms of a number or a short text that are worth the most, as `language` writes them: "3.14 ± 0.01"."""
    keys = [key for key in spec.keys_of(gap) if key.language in {"", language}] or spec.keys_of(gap)
    return [_form(key, language) for key in _best(keys)]


def _best(keys: Sequence[Key]) -> list[Key]:
    most = max(key.points for key in keys)
    return [key for key in keys if key.points == most]


def _form(key: Key, language: str) -> str:
    if key.number is None:
        return key.text
    if not key.tolerance:
        return written(key.number, language)
    percent = f"{written(round(key.tolerance * 100, 10), language)} %"
    return f"{written(key.number, language)} ± {percent if key.is_relative else written(key.tolerance, language)}"
