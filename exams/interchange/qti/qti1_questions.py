"""The questions of QTI 1.2, by their responses and by what Canvas and others call them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from lxml import etree

from exams.drafts import CriterionText, DraftKey
from exams.interchange.qti.entries import LARGEST_RUBRIC, LONGEST_FORM, Gap, cloze, one_answer
from exams.interchange.qti.nodes import attribute, inside, name_of, number, tidy
from exams.interchange.qti.qti1_conditions import Scoring
from exams.interchange.qti.qti1_words import Words
from exams.interchange.qti.questions import Question, Refused, scored

_RESPONSES = ("responselid", "responsestr", "responsenum", "responsexy", "responsegrp")
_NUMBER_KINDS = frozenset({"decimal", "integer", "scientific"})
# An answer that is one of those given; Canvas says it for each.
_PLAIN_ALGORITHMS = frozenset({"", "Equivalence", "TextEquivalence", "TextInChoices"})
# `[name]` in the words of Canvas's questions with gaps; the brackets come escaped.
_BLANK = r"\\?\[{}\\?\]"


@dataclass(frozen=True)
class Asked:
    """An item's presentation with its rules; `kind` is what the exporting system calls it, in small letters."""

    presentation: etree._Element
    rules: Scoring
    kind: str
    words: Words
    points: float | None = None
    case_sensitive: bool = False

    @property
    def responses(self) -> list[etree._Element]:
        return list(inside(self.presentation, *_RESPONSES))


def question_of(asked: Asked) -> tuple[str, Question]:
    """The stem and the question. Raises Refused for what ours cannot ask."""
    responses = asked.responses
    names = {name_of(response) for response in responses}
    if not responses:
        raise Refused(_("The item asks nothing: it is a page to read."))
    if "responsexy" in names or next(inside(asked.presentation, "renderhotspot"), None) is not None:
        raise Refused(
            _("It is answered by a %(kind)s, which ours cannot ask.") % {"kind": _("choice of spots in a picture")}
        )
    if asked.rules.unknown:
        asked.words.lose(
            _("Rules of scoring were left out (%(rules)s); the key alone decides.")
            % {"rules": ", ".join(asked.rules.unknown)}
        )
    if names == {"responsegrp"} and len(responses) == 1:
        raise Refused(_("It is answered by a %(kind)s, which ours cannot ask.") % {"kind": _("pairing")})
    # Groups of their own are what others write as lists (ATutor).
    if names <= {"responselid", "responsegrp"}:
        return _of_labels(asked, responses)
    if names & {"responselid", "responsegrp"}:
        raise Refused(
            _("It asks %(count)s questions in one (%(kinds)s among them); ours ask one each.")
            % {"count": len(responses), "kinds": _("multiple choice")}
        )
    return _of_fields(asked, responses)


def _of_labels(asked: Asked, responses: Sequence[etree._Element]) -> tuple[str, Question]:
    stem = asked.words.own_material(asked.presentation)
    names = _names(responses)
    is_named = all(attribute(response, "ident").startswith("response_") for response in responses)
    if is_named and _are_in(stem, names):
        return _blanks(asked, responses, names, stem)
    if len(responses) == 1 and "matching" not in asked.kind:
        return stem, _choice(asked, responses[0])
    return stem, _matching(asked, responses)


def _names(responses: Sequence[etree._Element]) -> list[str]:
    return [attribute(response, "ident").removeprefix("response_") for response in responses]


def _are_in(stem: str, names: Sequence[str]) -> bool:
    return all(re.search(_BLANK.format(re.escape(_escaped(name))), stem) for name in names)


def _escaped(name: str) -> str:
    """A name as it stands in Markdown."""
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", name)


def _labels(response: etree._Element) -> list[etree._Element]:
    return list(inside(response, "responselabel"))


def _choice(asked: Asked, response: etree._Element) -> Question:
    labels, words = _labels(response), asked.words
    identifiers = [attribute(label, "ident") for label in labels]
    options = tuple(words.block(label) for label in labels)
    cardinality = attribute(response, "rcardinality", "Single").lower()
    name = attribute(response, "ident")
    if next(iter(inside(response, "renderchoice")), None) is not None:
        shuffled = attribute(next(inside(response, "renderchoice")), "shuffle").lower() == "yes"
        if shuffled and cardinality != "ordered":
            words.lose(_("The options were shuffled; they are shown in the order of the file."))
    if cardinality == "ordered" or "order" in asked.kind:
        return _ordering(asked, name, identifiers, options)
    worth = {
        identifiers.index(answer.value) + 1: points
        for answer, points in asked.rules.answers_for(name)
        if answer.value in identifiers
    }
    if not worth:
        raise Refused(_("No option is said to be right."))
    if cardinality == "single" and "multiple_answers" not in asked.kind:
        if len(worth) > 1:
            words.lose(_("Several options earned points; only the best one counts as right."))
        return Question("single", options, key=max(worth, key=lambda option: worth[option]))
    return _multiple(asked, name, identifiers, options, worth)


def _multiple(
    asked: Asked, name: str, identifiers: Sequence[str], options: tuple[str, ...], worth: dict[int, float]
) -> Question:
    adding = [condition for condition in asked.rules.earning if condition.adds and len(condition.answers) == 1]
    if len(adding) < 2:
        return Question("multiple", options, keys=tuple(DraftKey(option=option) for option in sorted(worth)))
    top = max(worth.values())
    keys = {option: points / top for option, points in worth.items()}
    for condition in asked.rules.conditions:
        if condition.points < 0 and len(condition.answers) == 1 and condition.answers[0].value in identifiers:
            keys.setdefault(identifiers.index(condition.answers[0].value) + 1, condition.points / top)
    rows = tuple(DraftKey(option=option, points=keys[option]) for option in sorted(keys))
    return scored(Question("multiple", options, keys=rows), keys.values(), is_partial=True)


def _ordering(asked: Asked, name: str, identifiers: Sequence[str], options: tuple[str, ...]) -> Question:
    for condition in asked.rules.earning:
        order = [answer.value for answer in condition.answers if answer.response == name]
        if sorted(order) == sorted(identifiers):
            keys = tuple(DraftKey(option=identifiers.index(one) + 1, target=n) for n, one in enumerate(order, start=1))
            return Question("ordering", options, keys=keys)
    raise Refused(_("The right order is not given."))


def _matching(asked: Asked, responses: Sequence[etree._Element]) -> Question:
    """Canvas's matching: a response for each option, all with the same labels, known by their words."""
    words = asked.words
    named = [(response, said) for response in responses if (said := words.own_material(response))]
    if len(named) < len(responses):
        words.lose(_("A pair without words was left out."))
    responses, options = [response for response, _said in named], tuple(said for _response, said in named)
    targets: list[str] = []
    keys = []
    for number_, response in enumerate(responses, start=1):
        shown = {attribute(label, "ident"): words.block(label) for label in _labels(response)}
        targets += [text for text in shown.values() if text and text not in targets]
        right = [answer.value for answer, _points in asked.rules.answers_for(attribute(response, "ident"))]
        keys += [DraftKey(option=number_, target=targets.index(shown[one]) + 1) for one in right if shown.get(one)]
    if not keys:
        raise Refused(_("No pair is said to be right."))
    if len({key.option for key in keys}) < len(keys):
        # Categories with several members each: here it is the members that have one place each.
        keys = [DraftKey(option=key.target, target=key.option) for key in keys]
        options, targets = tuple(targets), list(options)
        if len({key.option for key in keys}) < len(keys):
            raise Refused(_("Options of both columns belong to several others, which ours cannot ask."))
    question = Question("matching", options, tuple(targets), keys=tuple(dict.fromkeys(keys)))
    return scored(question, [1.0] * len(keys), is_partial=_adds(asked.rules))


def _adds(rules: Scoring) -> bool:
    return sum(condition.adds for condition in rules.earning) > 1


def _blanks(asked: Asked, responses: Sequence[etree._Element], names: Sequence[str], stem: str) -> tuple[str, Question]:
    """Canvas's gaps: `[name]` in the words, with a response for each name."""
    gaps: dict[int, Gap] = {}
    for place, response in enumerate(responses, start=1):
        labels = _labels(response)
        identifiers = [attribute(label, "ident") for label in labels]
        shown = [asked.words.block(label) for label in labels]
        right = [a.value for a, _points in asked.rules.answers_for(attribute(response, "ident"))]
        places = [identifiers.index(one) + 1 for one in right if one in identifiers]
        chosen = {attribute(label, "answertype") for label in labels} & {"dropdown", "wordbank"}
        # Nobody says which it is: words that differ in more than capitals are a choice.
        differ = not asked.kind and len({text.casefold() for text in shown}) > 1
        if "dropdown" in asked.kind or chosen or differ:
            gaps[place] = Gap("choice", tuple(DraftKey(option=one) for one in places[:1]), tuple(shown))
        else:
            _note_algorithms(asked, labels)
            forms = [" ".join("".join(label.itertext()).split()) for label in labels]
            accepted = [forms[one - 1] for one in places] if places else right
            accepted = forms if len(places) < 2 and "dropdown" not in asked.kind else accepted
            gaps[place] = Gap(
                "text", tuple(DraftKey(text=form) for form in accepted if form), case_sensitive=asked.case_sensitive
            )
    return _with_gaps(stem, names), cloze(gaps, is_partial=_adds(asked.rules), words=asked.words)


def _with_gaps(stem: str, names: Sequence[str]) -> str:
    """The stem with `[[2]]` where the second name stands first, in one pass: a name may be a number."""
    places = {_escaped(name): place for place, name in enumerate(names, start=1)}

    def gap(found: re.Match[str]) -> str:
        place = places.pop(found[1], None)
        return found[0] if place is None else f"[[{place}]]"

    return re.sub(_BLANK.format("(" + "|".join(map(re.escape, places)) + ")"), gap, stem)


def _note_algorithms(asked: Asked, labels: Sequence[etree._Element]) -> None:
    """Canvas can look for a pattern, a part of the answer, or one that is nearly the same."""
    used = {attribute(label, "scoringalgorithm") for label in labels} - _PLAIN_ALGORITHMS
    if "TextRegex" in used:
        raise Refused(_("An answer is right if it fits a pattern, which ours cannot ask."))
    if used:
        asked.words.lose(
            _("Rules of scoring were left out (%(rules)s); the key alone decides.") % {"rules": ", ".join(sorted(used))}
        )


def _of_fields(asked: Asked, responses: Sequence[etree._Element]) -> tuple[str, Question]:
    fields = [(response, label) for response in responses for label in _fields(response)]
    gaps = [_field(asked, response, label, len(fields)) for response, label in fields]
    if len(gaps) == 1:
        stem = asked.words.block(asked.presentation)
        if gaps[0] is None or "essay" in asked.kind:
            return stem, _essay(asked)
        return stem, one_answer(gaps[0])
    marks = {
        id(label if len(list(_fields(response))) > 1 else response): f"[[{n}]]"
        for n, (response, label) in enumerate(fields, start=1)
    }
    found = {}
    for place, gap in enumerate(gaps, start=1):
        if gap is None:
            raise Refused(_("No answer is said to be right for gap %(gap)s.") % {"gap": place})
        found[place] = gap
    is_partial = all(len({answer.response for answer in one.answers}) < 2 for one in asked.rules.earning)
    question = cloze(found, is_partial=is_partial, words=asked.words)
    names, stem = _names(responses), asked.words.block(asked.presentation)
    if len(responses) == len(fields) and _are_in(stem, names):
        return _with_gaps(stem, names), question
    return asked.words.flowing(asked.presentation, marks), question


def _fields(response: etree._Element) -> list[etree._Element]:
    return _labels(response) or [response]


def _field(asked: Asked, response: etree._Element, label: etree._Element, count: int) -> Gap | None:
    """A field for a number or for words; None when nothing is said to be right."""
    name, rules = attribute(response, "ident"), asked.rules
    answers = rules.answers_for(name) or (rules.answers_for(attribute(label, "ident")) if count > 1 else [])
    fib = next(inside(response, "renderfib", "renderslider"), None)
    kind = "" if fib is None else attribute(fib, "fibtype").lower()
    is_number = name_of(response) == "responsenum" or kind in _NUMBER_KINDS or "numerical" in asked.kind
    if is_number:
        return _numeric(asked, name, [answer.value for answer, _points in answers])
    keys, sensitive = [], False
    for answer, points in answers:
        if len(answer.value) <= LONGEST_FORM:
            keys.append(DraftKey(text=answer.value, points=points))
            sensitive = sensitive or answer.case_sensitive
    if not keys:
        return None
    top = max(key.points for key in keys)
    level = tuple(replace(key, points=key.points / top) for key in keys)
    return Gap("text", level, case_sensitive=sensitive)


def _numeric(asked: Asked, name: str, exact: Sequence[str]) -> Gap | None:
    keys = []
    for low, high, _points in asked.rules.ranges_for(name):
        within = [value for one in exact if (value := number(one)) is not None and low <= value <= high]
        centre = (
            within[0] if within and abs((high + low) / 2 - within[0]) < 1e-9 * max(1, abs(high)) else (low + high) / 2
        )
        keys.append(DraftKey(number=tidy(centre), tolerance=tidy((high - low) / 2)))
    known = [key.number for key in keys]
    for one in exact:
        value = number(one)
        if value is None:
            asked.words.lose(_("The answer %(answer)r is no number.") % {"answer": one[:60]})
        elif not any(abs(value - (centre or 0.0)) <= key.tolerance for key, centre in zip(keys, known, strict=False)):
            keys.append(DraftKey(number=value))
    return Gap("numeric", tuple(dict.fromkeys(keys))) if keys else None


def _essay(asked: Asked) -> Question:
    points = max(1, min(LARGEST_RUBRIC, round(asked.points or 1)))
    if asked.points is not None and abs(asked.points - points) > 1e-9:
        said = {"old": f"{asked.points:g}", "new": points}
        asked.words.lose(_("An essay worth %(old)s points is worth %(new)s.") % said)
    asked.words.lose(_("There was no rubric; one criterion holds all the points."))
    return Question("essay", rubric=(points,), criteria=(CriterionText(_("Answer")),), max_score=points)
