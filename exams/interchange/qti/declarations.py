"""What an item declares: its responses with their keys, and how they are made into a score."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from exams.interchange.qti.nodes import attribute, children, first, inside, name_of, number, text_of, tidy


@dataclass(frozen=True)
class Entry:
    """One line of a mapping: what an answer of `key` is worth."""

    key: str
    points: float
    case_sensitive: bool = True


@dataclass(frozen=True)
class Response:
    """A declared response. `mapping` is None without one, which is not the same as an empty one."""

    identifier: str
    cardinality: str = "single"
    base_type: str = "identifier"
    correct: tuple[str, ...] = ()
    mapping: tuple[Entry, ...] | None = None
    default: float = 0.0
    lower: float | None = None
    upper: float | None = None
    has_areas: bool = False


@dataclass(frozen=True)
class Form:
    """An answer that a rule of the response processing accepts, with what it is worth."""

    value: str
    points: float | None = None
    case_sensitive: bool = True
    tolerance: float = 0.0
    is_relative: bool = False


@dataclass(frozen=True)
class Precision:
    """How near an answer has to come: within `below` and `above` (shares of the number, if relative), or equal to it
    when both are rounded to `figures`.
    """

    below: float = 0.0
    above: float = 0.0
    is_relative: bool = False
    figures: int | None = None
    is_significant: bool = False

    def form(self, value: str, points: float | None = None, case_sensitive: bool = True) -> Form:
        """`value` as an accepted answer: the same interval, around its middle."""
        centre = number(value)
        if centre is None or (self.figures is None and self.below == self.above):
            return Form(value, points, case_sensitive, self.above, self.is_relative)
        if self.figures is None:
            size = abs(centre) if self.is_relative else 1.0
            low, high = centre - self.below * size, centre + self.above * size
            return Form(repr(tidy((low + high) / 2)), points, case_sensitive, tidy((high - low) / 2))
        places = self.figures
        if self.is_significant:
            places -= 1 + math.floor(math.log10(abs(centre))) if centre else 1
        return Form(repr(tidy(round(centre, places))), points, case_sensitive, tidy(0.5 * 10.0**-places))


EXACT = Precision()


@dataclass(frozen=True)
class Processing:
    """How responses become a score, as far as it could be understood.

    `mapped` are the responses that go through their mapping, `indexed` those judged place by place. `separate` says
    that several responses each earn points of their own, instead of all having to be right. `points` is what being
    right earns, by response. `forms` are answers that the rules themselves hold, `any_case` the responses whose key is
    compared without regard to capital letters; `unknown` the names of rules that mean nothing here.
    """

    is_given: bool = False
    mapped: frozenset[str] = frozenset()
    separate: bool = False
    points: Mapping[str, float] = field(default_factory=dict)
    forms: Mapping[str, tuple[Form, ...]] = field(default_factory=dict)
    precisions: Mapping[str, Precision] = field(default_factory=dict)
    any_case: frozenset[str] = frozenset()
    indexed: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()

    @property
    def maximum(self) -> float:
        """The most points that the rules give by themselves; 0 where mappings give some too."""
        earned = {name: max(form.points or 0.0 for form in forms) for name, forms in self.forms.items() if forms}
        for name, points in self.points.items():
            earned[name] = max(points, earned.get(name, 0.0))
        if self.mapped:
            return 0.0
        return sum(earned.values()) if self.separate else max(earned.values(), default=0.0)


_PLUMBING = frozenset(
    {
        "responseprocessing", "responsecondition", "responseif", "responseelseif", "responseelse", "setoutcomevalue",
        "variable", "correct", "mapresponse", "basevalue", "isnull", "not", "and", "or", "match", "equal",
        "equalrounded", "stringmatch", "sum", "gte", "lte", "gt", "lt", "multiple", "ordered", "product",
        "exitresponse", "responseprocessingfragment", "member", "contains", "anyn", "containersize", "default", "null",
        "index",
    }
)  # fmt: skip
_COMPARISONS = frozenset(
    {
        "match", "equal", "equalrounded", "stringmatch", "patternmatch", "member", "contains", "inside",
    }
)  # fmt: skip


def responses(item: etree._Element) -> dict[str, Response]:
    """The declared responses by identifier, in the item's order."""
    return {found.identifier: found for found in map(_response, children(item, "responsedeclaration"))}


def _response(element: etree._Element) -> Response:
    correct = first(element, "correctresponse")
    mapping = first(element, "mapping")
    entries = None
    if mapping is not None:
        entries = tuple(
            Entry(
                attribute(entry, "mapkey"),
                number(attribute(entry, "mappedvalue")) or 0.0,
                attribute(entry, "casesensitive", "true").lower() != "false",
            )
            for entry in children(mapping, "mapentry")
        )
    return Response(
        identifier=attribute(element, "identifier"),
        cardinality=attribute(element, "cardinality", "single").lower(),
        base_type=attribute(element, "basetype", "identifier").lower(),
        correct=() if correct is None else tuple(text_of(value) for value in children(correct, "value")),
        mapping=entries,
        default=0.0 if mapping is None else number(attribute(mapping, "defaultvalue")) or 0.0,
        lower=None if mapping is None else number(attribute(mapping, "lowerbound")),
        upper=None if mapping is None else number(attribute(mapping, "upperbound")),
        has_areas=first(element, "areamapping") is not None,
    )


def outcome_maximum(item: etree._Element) -> float | None:
    """The most points that the item says it is worth: MAXSCORE, or what SCORE may reach."""
    outcomes = {attribute(found, "identifier").upper(): found for found in children(item, "outcomedeclaration")}
    if (maximum := outcomes.get("MAXSCORE")) is not None:
        value = number(text_of(first(maximum, "defaultvalue")))
        if value is not None and value > 0:
            return value
    score = outcomes.get("SCORE")
    value = None if score is None else number(attribute(score, "normalmaximum"))
    return value if value is not None and value > 0 else None


def processing(item: etree._Element, declared: Mapping[str, Response]) -> Processing:
    """How the item scores its responses; without rules of its own as its declarations suggest."""
    element = first(item, "responseprocessing")
    if element is None:
        return Processing(
            mapped=frozenset(name for name, response in declared.items() if _is_mapped_by_nature(response))
        )
    template = attribute(element, "template") or attribute(element, "templatelocation")
    if template and not len(element):
        return _by_template(template, declared)
    if not len(element):
        return Processing(
            mapped=frozenset(name for name, response in declared.items() if _is_mapped_by_nature(response))
        )
    return _by_rules(element, declared)


def _is_mapped_by_nature(response: Response) -> bool:
    return bool(response.mapping) and not response.correct


def _by_template(template: str, declared: Mapping[str, Response]) -> Processing:
    name = template.replace("\\", "/").rstrip("/").rpartition("/")[2].lower().removesuffix(".xml").replace("-", "_")
    if "map_response" in name and "point" not in name:
        return Processing(is_given=True, mapped=frozenset(declared), separate=True)
    if "match" in name:
        return Processing(is_given=True)
    return Processing(is_given=True, unknown=(name[:60],))


def _by_rules(element: etree._Element, declared: Mapping[str, Response]) -> Processing:
    mapped = frozenset(attribute(found, "identifier") for found in inside(element, "mapresponse"))
    points: dict[str, float] = {}
    forms: dict[str, list[Form]] = {}
    precisions: dict[str, Precision] = {}
    any_case: set[str] = set()
    scoring = _scoring_outcomes(element)
    branches: list[frozenset[str]] = []
    for branch in inside(element, "responseif", "responseelseif"):
        worth = _score_set(branch, scoring)
        compared = [found for found in _condition(branch) if _subject(found)]
        if worth is not None and worth <= 0:
            continue
        judged = frozenset(_subject(found) for found in compared)
        if judged and (worth is not None or _sets_score(branch, scoring)):
            branches.append(judged)
        for found in compared:
            subject = _subject(found)
            if name_of(found) in {"equal", "equalrounded"}:
                precisions[subject] = _precision(found)
            if worth is None:
                continue
            if first(found, "correct") is not None:
                points[subject] = max(worth, points.get(subject, 0.0)) if len(judged) == 1 else 1.0
                any_case |= {subject} if _ignores_case(found) else set()
            else:
                forms.setdefault(subject, []).extend(_forms(found, worth))
        for subject, form in _ranges(branch, worth):
            forms.setdefault(subject, []).append(form)
            branches.append(frozenset({subject}))
    involved = {name for branch in branches for name in branch} | mapped
    separate = len(involved) > 1 and (len(mapped) > 1 or all(len(branch) == 1 for branch in branches))
    used = {name_of(found) for found in element.iter()} - _PLUMBING - {""}
    used |= {*_on_outcomes(element, declared), *_misunderstood(element)}
    return Processing(
        is_given=True,
        mapped=mapped,
        separate=separate,
        points=points,
        forms={name: tuple(dict.fromkeys(found)) for name, found in forms.items() if found},
        precisions=precisions,
        any_case=frozenset(any_case),
        indexed=frozenset(_subject(found) for found in inside(element, "index")),
        unknown=tuple(sorted(used)),
    )


def _on_outcomes(element: etree._Element, declared: Mapping[str, Response]) -> Iterator[str]:
    """Comparisons of points that were earned before, such as a score that counts from some number of points on."""
    for found in inside(element, "gte", "gt", "lte", "lt"):
        if _subject(found) and _subject(found) not in declared:
            yield name_of(found)


def _misunderstood(element: etree._Element) -> Iterator[str]:
    """Rules whose names are known, used in ways that mean nothing here."""
    for found in inside(element, "stringmatch"):
        if attribute(found, "substring").lower() == "true":
            yield "substring"
    for found in inside(element, "equal"):
        if "false" in {attribute(found, bound).lower() for bound in ("includelowerbound", "includeupperbound")}:
            yield "bounds"
    for found in inside(element, "or"):
        # An answer that counts wherever it is given.
        if len({_subject(one) for one in found if name_of(one) in _COMPARISONS}) > 1:
            yield "or"


def _scoring_outcomes(element: etree._Element) -> frozenset[str]:
    """The outcomes, in capitals, that the score is made of; none where nothing sets one of that name."""
    parts: dict[str, set[str]] = {}
    for rule in inside(element, "setoutcomevalue", "lookupoutcomevalue"):
        of = parts.setdefault(attribute(rule, "identifier").upper(), set())
        of |= {attribute(variable, "identifier").upper() for variable in inside(rule, "variable")}
        of |= {attribute(variable, "identifier").upper() for variable in _compared_outcomes(rule)}
    found, pending = set(), ["SCORE"] if "SCORE" in parts else []
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += parts.get(name, ())
    return frozenset(found)


def _compared_outcomes(rule: etree._Element) -> Iterator[etree._Element]:
    """What the condition around a rule looks at."""
    for branch in rule.iterancestors():
        if name_of(branch) in {"responseif", "responseelseif"} and len(branch):
            yield from inside(branch[0], "variable")


def _condition(branch: etree._Element) -> Iterator[etree._Element]:
    """The comparisons of a branch's own condition, without those that are negated or in branches inside of it."""
    expression = next(iter(branch), None)
    pending = [] if expression is None else [expression]
    while pending:
        found = pending.pop()
        if name_of(found) in _COMPARISONS:
            yield found
        elif name_of(found) in {"and", "or", "anyn"}:
            pending += reversed(found)


def _subject(comparison: etree._Element) -> str:
    variable = next(inside(comparison, "variable"), None)
    return "" if variable is None else attribute(variable, "identifier")


def _score_rules(branch: etree._Element, scoring: frozenset[str]) -> Iterator[etree._Element]:
    for rule in children(branch, "setoutcomevalue"):
        identifier = attribute(rule, "identifier").upper()
        counts = identifier in scoring if scoring else "FEEDBACK" not in identifier and "COMPLETION" not in identifier
        if counts:
            yield rule


def _sets_score(branch: etree._Element, scoring: frozenset[str]) -> bool:
    return next(_score_rules(branch, scoring), None) is not None


def _score_set(branch: etree._Element, scoring: frozenset[str]) -> float | None:
    """The number that a branch sets the score to, or adds to it."""
    for rule in _score_rules(branch, scoring):
        constants = [found for found in inside(rule, "basevalue") if attribute(found, "basetype") != "identifier"]
        values = [value for found in constants if (value := number(text_of(found))) is not None]
        if len(values) == 1:
            return values[0]
        if not constants and next(inside(rule, "variable"), None) is not None:
            # The highest score is often kept in an outcome of its own.
            return 1.0
    return None


def _forms(comparison: etree._Element, worth: float) -> Iterator[Form]:
    """The answers that a comparison accepts: of several, each is one, or a part of the whole answer."""
    if name_of(comparison) not in {"match", "equal", "equalrounded", "stringmatch", "member"}:
        return
    if name_of(comparison) == "stringmatch" and attribute(comparison, "substring").lower() == "true":
        return
    precision = _precision(comparison)
    for value in inside(comparison, "basevalue"):
        yield precision.form(text_of(value), worth, not _ignores_case(comparison))


def _ignores_case(comparison: etree._Element) -> bool:
    return name_of(comparison) == "stringmatch" and attribute(comparison, "casesensitive", "true").lower() == "false"


def _precision(comparison: etree._Element) -> Precision:
    if name_of(comparison) == "equalrounded":
        figures, mode = number(attribute(comparison, "figures")), attribute(comparison, "roundingmode").lower()
        if figures is None or not 0 <= figures <= 15:
            return EXACT
        return Precision(figures=round(figures), is_significant=mode != "decimalplaces")
    values = [number(part) for part in attribute(comparison, "tolerance").split()]
    widths = [abs(value) for value in values if value is not None]
    mode = attribute(comparison, "tolerancemode", "exact").lower()
    if not widths or mode not in {"relative", "absolute"}:
        return EXACT
    # QTI gives relative ones in percent.
    scale = 0.01 if mode == "relative" else 1.0
    return Precision(widths[0] * scale, widths[-1] * scale, mode == "relative")


def _ranges(branch: etree._Element, worth: float | None) -> Iterator[tuple[str, Form]]:
    """Answers between two bounds, as a number with a tolerance."""
    expression = next(iter(branch), None)
    if expression is None or worth is None or name_of(expression) != "and":
        return
    bounds: dict[str, list[float]] = {}
    for found in children(expression, "gte", "gt", "lte", "lt"):
        bound, subject = number(text_of(next(inside(found, "basevalue"), None))), _subject(found)
        if bound is not None and subject:
            bounds.setdefault(subject, []).append(bound)
    for subject, values in bounds.items():
        if len(values) == 2:
            # Some exporters write the sides of a comparison the wrong way round, so the smaller bound is the lower.
            low, high = sorted(values)
            yield subject, Form(repr(tidy((low + high) / 2)), worth, tolerance=tidy((high - low) / 2))
