"""Interactions in which something is written or filled in: numbers, words, gaps, essays."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _
from lxml import etree

from exams.drafts import CriterionText, DraftKey
from exams.interchange.qti.choices import Losing, Words, best_option, note_limit, note_shuffle, position, worth_of
from exams.interchange.qti.declarations import EXACT, Form, Processing, Response, outcome_maximum
from exams.interchange.qti.nodes import attribute, children, inside, name_of, number, text_of
from exams.interchange.qti.questions import Question, Refused, best_of, scored

NUMBERS = frozenset({"integer", "float", "duration"})
LARGEST_RUBRIC = 20
LONGEST_FORM = 500
_PICTURE = re.compile(r"!\[((?:\\.|[^\]\\])*)\]\(asset:[^)]*\)")
_POINTS = re.compile(
    r"^(?P<name>.{1,180}?)\s*[(\[:–-]\s*(?:0\s*[-–~]\s*)?(?P<points>\d{1,2})\s*(?:points?|pts?\.?|marks?|점)?\s*[)\]]?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Gap:
    """One place of a text to fill in. `options` belong to the kind "choice"."""

    kind: str
    keys: tuple[DraftKey, ...]
    options: tuple[str, ...] = ()
    case_sensitive: bool | None = None

    @property
    def most(self) -> float:
        return max((key.points for key in self.keys), default=0.0)


def read_entry(response: Response, rules: Processing, words: Words) -> Gap | None:
    """A text entry as a gap of numbers or words; None when no answer is said to be right."""
    if response.cardinality == "record":
        raise Refused(_("The answer has several fields, which ours cannot hold."))
    forms = _forms(response, rules)
    if not forms:
        return None
    if response.base_type in NUMBERS:
        return _numeric(forms, words)
    keys, sensitive = [], set()
    for form in forms:
        if not form.value or len(form.value) > LONGEST_FORM:
            words.lose(_("An accepted answer was empty, or longer than %(most)s characters.") % {"most": LONGEST_FORM})
            continue
        keys.append(DraftKey(text=form.value, points=1.0 if form.points is None else form.points))
        sensitive.add(form.case_sensitive)
    if len(sensitive) > 1:
        words.lose(_("Capital letters mattered for some of the accepted answers; now they matter for none."))
    return Gap("text", tuple(keys), case_sensitive=sensitive == {True}) if keys else None


def _forms(response: Response, rules: Processing) -> list[Form]:
    """Everything that is accepted, with what it is worth: the mapping, else the key, else what the rules hold."""
    precision = rules.precisions.get(response.identifier, EXACT)
    ranges = [form for form in rules.forms.get(response.identifier, ()) if form.tolerance > 0]
    if ranges and response.base_type in NUMBERS:
        return ranges
    if response.mapping and (response.identifier in rules.mapped or not response.correct):
        entries = [entry for entry in response.mapping if entry.points > 0]
        return [precision.form(entry.key, entry.points, entry.case_sensitive) for entry in entries]
    forms = [form for form in rules.forms.get(response.identifier, ()) if form.points is None or form.points > 0]
    if response.correct and (not forms or response.identifier in rules.points):
        # With other rules beside it, the key is one of several answers, with points of its own.
        points = rules.points.get(response.identifier, 1.0) if forms else 1.0
        values = response.correct if response.cardinality == "single" else response.correct[:1]
        matters = response.identifier not in rules.any_case
        forms = [precision.form(value, points, matters) for value in values] + forms
    return forms


def _numeric(forms: Sequence[Form], words: Words) -> Gap | None:
    keys = []
    for form in forms:
        value = number(form.value)
        if value is None:
            words.lose(_("The answer %(answer)r is no number.") % {"answer": form.value[:60]})
            continue
        points = 1.0 if form.points is None else form.points
        keys.append(DraftKey(number=value, tolerance=form.tolerance, is_relative=form.is_relative, points=points))
    return Gap("numeric", tuple(keys)) if keys else None


def read_inline_choice(
    interaction: etree._Element, response: Response, rules: Processing, words: Words, *, options_in: str
) -> Gap:
    """An inline choice, or a whole single choice inside of a text, as a gap to choose for."""
    choices = list(inside(interaction, options_in))
    identifiers = [attribute(choice, "identifier") for choice in choices]
    key = best_option(worth_of(identifiers, response, rules, words), words)
    note_shuffle(interaction, words)
    return Gap("choice", (DraftKey(option=key),), tuple(words.convert(choice) for choice in choices))


def read_gap_match(
    interaction: etree._Element, response: Response, rules: Processing, words: Words
) -> tuple[dict[str, Gap], bool]:
    """The gaps of a gap match by identifier, each with all the words to choose from; and whether points are partial."""
    choices = [found for found in interaction.iter() if name_of(found) in {"gaptext", "gapimg"}]
    identifiers = [attribute(choice, "identifier") for choice in choices]
    options = tuple(words.convert(choice) for choice in choices)
    is_partial = response.identifier in rules.mapped and response.mapping is not None
    values = [(value, 1.0) for value in response.correct]
    if is_partial and response.mapping:
        values = [(entry.key, entry.points) for entry in response.mapping if entry.points > 0] or values
        if any(entry.points < 0 for entry in response.mapping) or response.default < 0:
            words.lose(_("Points taken off for wrong words were left out."))
        note_limit(response, sum(points for _value, points in values), words)
    note_shuffle(interaction, words)
    places = [attribute(gap, "identifier") for gap in inside(interaction, "gap")]
    keys: dict[str, list[DraftKey]] = {place: [] for place in places}
    for value, points in values:
        names = value.split()
        for word, place in (names, names[::-1]) if len(names) == 2 else ():
            option = position(identifiers, word)
            if option is not None and place in keys and all(key.option != option for key in keys[place]):
                keys[place].append(DraftKey(option=option, points=points))
                break
    if any(attribute(choice, "matchmax", "1") == "1" for choice in choices) and len(places) > 1:
        words.lose(_("A word could be used once; now it can be chosen for several gaps."))
    return {place: Gap("choice", tuple(found), options) for place, found in keys.items()}, is_partial


def one_answer(gap: Gap) -> Question:
    """A single entry as a question of its own: a number or a short text."""
    question = Question(gap.kind, keys=_level(gap.keys), case_sensitive=bool(gap.case_sensitive))
    return best_of(question, [key.points for key in gap.keys])


def _level(keys: Sequence[DraftKey]) -> tuple[DraftKey, ...]:
    """The keys with one point each when all are worth the same."""
    if len({key.points for key in keys}) == 1:
        return tuple(replace(key, points=1.0) for key in keys)
    return tuple(keys)


def cloze(gaps: Mapping[int, Gap], *, is_partial: bool, words: Losing) -> Question:
    """Several entries as a text with gaps."""
    missing = [gap for gap, found in gaps.items() if not any(key.points > 0 for key in found.keys)]
    if missing:
        raise Refused(_("No answer is said to be right for gap %(gap)s.") % {"gap": missing[0]})
    sensitive = {gap.case_sensitive for gap in gaps.values() if gap.case_sensitive is not None}
    if len(sensitive) > 1:
        words.lose(_("Capital letters mattered for some of the accepted answers; now they matter for none."))
    question = Question(
        "cloze",
        gaps={place: gap.kind for place, gap in gaps.items()},
        gap_options={place: gap.options for place, gap in gaps.items() if gap.kind == "choice"},
        keys=tuple(replace(key, gap=place) for place, gap in gaps.items() for key in gap.keys),
        case_sensitive=sensitive == {True},
    )
    if not is_partial:
        level = [replace(key, points=1.0) for key in question.keys if key.points > 0]
        return replace(question, keys=tuple(level))
    return scored(question, [gap.most for gap in gaps.values()], is_partial=True)


def read_slider(interaction: etree._Element, response: Response, rules: Processing, words: Words) -> Question:
    """A slider with a number for its key as a question for that number."""
    gap = read_entry(replace(response, base_type="float"), rules, words)
    if gap is None:
        raise Refused(_("A slider without a number that is right cannot be carried."))
    bounds = {"low": attribute(interaction, "lowerbound"), "high": attribute(interaction, "upperbound")}
    words.lose(_("The slider from %(low)s to %(high)s became a field for a number.") % bounds)
    return one_answer(gap)


def read_essay(item: etree._Element, rubrics: Sequence[etree._Element], model: str, words: Words) -> Question:
    """An essay with the rubric that scorers see; without one with a single criterion of all the points."""
    maximum = outcome_maximum(item)
    found = [criterion for rubric in rubrics for criterion in _criteria(item, rubric, words)]
    said = "" if found else "\n\n".join(filter(None, [*(_words_of(rubric, words) for rubric in rubrics), model]))
    if not found:
        points = max(1, min(LARGEST_RUBRIC, round(maximum or 1)))
        if maximum is not None and abs(maximum - points) > 1e-9:
            words.lose(_("An essay worth %(old)s points is worth %(new)s.") % {"old": f"{maximum:g}", "new": points})
        levels = (*[""] * points, said) if said else ()
        if not said:
            words.lose(_("There was no rubric; one criterion holds all the points."))
        found = [(points, CriterionText(_("Answer"), levels))]
    rubric = tuple(points for points, _text in found)
    return Question("essay", rubric=rubric, criteria=tuple(text for _points, text in found), max_score=sum(rubric))


def _words_of(rubric: etree._Element, words: Words) -> str:
    """The rubric's words; a rubric has no pictures with us."""
    said = words.convert(rubric)
    if _PICTURE.search(said):
        words.lose(_("Pictures of the rubric were left out."))
    return _PICTURE.sub(r"\1", said)


def _criteria(item: etree._Element, rubric: etree._Element, words: Words) -> list[tuple[int, CriterionText]]:
    outcome = attribute(rubric, "dataoutcomeidref")
    if outcome:
        return _criterion_of_outcome(item, rubric, outcome, words)
    found: list[tuple[int, CriterionText]] = []
    for definition in inside(rubric, "dl"):
        found += _defined(definition)
    if not found:
        lines = [
            text_of(line) for line in inside(rubric, "li", "p") if not any(True for _x in inside(line, "ul", "ol"))
        ]
        matched = [_POINTS.match(line) for line in lines if line]
        if matched and all(matched):
            found = [(int(one["points"]), CriterionText(one["name"].strip())) for one in matched if one]
    if not all(1 <= points <= 100 for points, _text in found) or sum(points for points, _text in found) > 100:
        return []
    return found


def _criterion_of_outcome(
    item: etree._Element, rubric: etree._Element, outcome: str, words: Words
) -> list[tuple[int, CriterionText]]:
    declared = {attribute(one, "identifier"): one for one in children(item, "outcomedeclaration")}
    points = number(attribute(declared[outcome], "normalmaximum")) if outcome in declared else None
    if points is None or not 1 <= points <= 100:
        return []
    name = attribute(rubric, "datadepcaption") or outcome
    said, most = _words_of(rubric, words), round(points)
    return [(most, CriterionText(name[:200], (*[""] * most, said) if said else ()))]


def _defined(definition: etree._Element) -> list[tuple[int, CriterionText]]:
    """Criteria as a list of terms: `Content (2)`, followed by what 0, 1 and 2 points stand for."""
    found: list[tuple[str, int, list[str]]] = []
    for part in definition.iter():
        if name_of(part) == "dt":
            matched = _POINTS.match(text_of(part))
            if matched is None:
                return []
            found.append((matched["name"].strip(), int(matched["points"]), []))
        elif name_of(part) == "dd" and found:
            found[-1][2].append(text_of(part))
    return [
        (points, CriterionText(name, tuple(levels) if len(levels) == points + 1 else ()))
        for name, points, levels in found
    ]
