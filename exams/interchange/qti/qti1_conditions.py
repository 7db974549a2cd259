"""The response processing of QTI 1.2: which answers earn points."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from exams.interchange.qti.nodes import attribute, children, inside, name_of, number, text_of

_BOUNDS = frozenset({"vargte", "vargt", "varlte", "varlt"})


@dataclass(frozen=True)
class Answer:
    """One comparison of a condition that earns points."""

    response: str
    value: str
    case_sensitive: bool = False


@dataclass(frozen=True)
class Condition:
    """A condition that earns (or takes) points: all that must hold, or, with `alternatives`, any of it."""

    answers: tuple[Answer, ...]
    points: float
    alternatives: bool = False
    ranges: tuple[tuple[str, float, float], ...] = ()
    adds: bool = False
    negated: tuple[Answer, ...] = ()


@dataclass(frozen=True)
class Scoring:
    """All conditions of an item that change its score."""

    conditions: tuple[Condition, ...] = ()
    unknown: tuple[str, ...] = field(default=())

    @property
    def earning(self) -> tuple[Condition, ...]:
        return tuple(condition for condition in self.conditions if condition.points > 0)

    def answers_for(self, response: str) -> list[tuple[Answer, float]]:
        """What earns points for one response, the first time that it is said."""
        found: dict[Answer, float] = {}
        for condition in self.earning:
            for answer in condition.answers:
                if answer.response == response:
                    found[answer] = max(found.get(answer, 0.0), condition.points)
        return list(found.items())

    def ranges_for(self, response: str) -> list[tuple[float, float, float]]:
        """Lower bound, upper bound and points of every range of numbers that earns points for one response."""
        return [
            (low, high, condition.points)
            for condition in self.earning
            for name, low, high in condition.ranges
            if name == response
        ]


def scoring(item: etree._Element) -> Scoring:
    """The rules of an item."""
    found = [condition for rule in inside(item, "respcondition") if (condition := _condition(rule)) is not None]
    unknown = {name_of(part) for rule in inside(item, "resprocessing") for part in rule.iter()}
    return Scoring(tuple(found), tuple(sorted(unknown & {"varsubstring", "durequal", "varextension", "varinside"})))


def _points(rule: etree._Element) -> tuple[float, bool] | None:
    """The points that a condition sets or adds, and whether it adds; None when it changes no score."""
    for variable in children(rule, "setvar"):
        said = text_of(variable)
        value = number(said)
        if value is None:
            # Blackboard names the most and the fewest points instead of giving them.
            value = 1.0 if said.lower().endswith(".max") else 0.0 if said.lower().endswith(".min") else None
        if value is not None and math.isfinite(value):
            action = attribute(variable, "action", "Set").lower()
            return (-value if action == "subtract" else value), action in {"add", "subtract"}
    links = {attribute(link, "linkrefid").lower() for link in children(rule, "displayfeedback")}
    if attribute(rule, "title").lower() == "correct" or "correct" in links:
        return 1.0, False
    return None


def _condition(rule: etree._Element) -> Condition | None:
    points, variables = _points(rule), next(iter(children(rule, "conditionvar")), None)
    if points is None or variables is None:
        return None
    answers = list(_answers(variables, "varequal", "varsubset"))
    negated = [found for no in inside(variables, "not") for found in _answers_of(no)]
    has_or = next(inside(variables, "or"), None) is not None
    return Condition(
        answers=tuple(answers),
        points=points[0],
        alternatives=has_or,
        ranges=tuple(_ranges(variables)),
        adds=points[1],
        negated=tuple(negated),
    )


def _answers(variables: etree._Element, *names: str) -> Iterator[Answer]:
    """Comparisons that must hold, in the order of the file."""
    pending = list(reversed(variables))
    while pending:
        found = pending.pop()
        if name_of(found) in names:
            yield from _split(found)
        elif name_of(found) in {"and", "or"}:
            pending += reversed(found)


def _answers_of(parent: etree._Element) -> Iterator[Answer]:
    for found in inside(parent, "varequal"):
        yield from _split(found)


def _split(found: etree._Element) -> Iterator[Answer]:
    response, value = attribute(found, "respident"), (found.text or "").strip()
    sensitive = attribute(found, "case", "No").lower() in {"yes", "true"}
    if name_of(found) == "varsubset":
        for part in value.split(","):
            yield Answer(response, part.strip(), sensitive)
    elif value:
        yield Answer(response, value, sensitive)


def _ranges(variables: etree._Element) -> Iterator[tuple[str, float, float]]:
    """Ranges between a lower and an upper bound, wherever both stand side by side."""
    for parent in variables.iter():
        bounds: dict[str, list[float]] = {}
        for child in parent:
            value = number(text_of(child)) if name_of(child) in _BOUNDS else None
            if value is not None:
                bounds.setdefault(attribute(child, "respident"), []).append(value)
        for response, values in bounds.items():
            if len(values) >= 2:
                yield response, min(values), max(values)
