"""Interactions in which options are chosen, put in order or matched."""

from collections.abc import Sequence
from typing import Protocol

from django.utils.translation import gettext as _
from lxml import etree

from exams.drafts import DraftKey
from exams.interchange.qti.declarations import Processing, Response
from exams.interchange.qti.nodes import attribute, children, inside, number
from exams.interchange.qti.questions import Question, Refused, scored


class Losing(Protocol):
    """What notes a loss."""

    def lose(self, loss: str) -> None: ...


class Words(Losing, Protocol):
    """What turns an element into Markdown."""

    def convert(self, element: etree._Element) -> str: ...


def position(identifiers: Sequence[str], wanted: str) -> int | None:
    """From 1: where `wanted` stands; capitals and spaces may differ when nothing is spelt as it is."""
    if wanted in identifiers:
        return identifiers.index(wanted) + 1
    folded = [identifier.casefold() for identifier in identifiers]
    return folded.index(wanted.casefold()) + 1 if wanted.casefold() in folded else None


def _identified(elements: Sequence[etree._Element]) -> list[str]:
    return [attribute(element, "identifier") for element in elements]


def note_shuffle(interaction: etree._Element, words: Losing) -> None:
    if attribute(interaction, "shuffle").lower() == "true":
        words.lose(_("The options were shuffled; they are shown in the order of the file."))


def read_choice(interaction: etree._Element, response: Response, rules: Processing, words: Words) -> Question:
    """Single or multiple choice, by the cardinality of its response."""
    choices = list(inside(interaction, "simplechoice"))
    identifiers = _identified(choices)
    options = tuple(words.convert(choice) for choice in choices)
    worth = worth_of(identifiers, response, rules, words)
    note_shuffle(interaction, words)
    if response.cardinality == "single" or (
        response.cardinality != "multiple" and attribute(interaction, "maxchoices") == "1"
    ):
        return Question("single", options, key=best_option(worth, words))
    right = [points for points in worth.values() if points > 0]
    if not right:
        raise Refused(_("No option is said to be right."))
    most = number(attribute(interaction, "maxchoices")) or 0
    if 0 < most < len(options):
        words.lose(_("Only %(most)d of the options could be chosen; now any number can.") % {"most": most})
    is_partial = response.identifier in rules.mapped and response.mapping is not None
    if is_partial:
        _note_bounds(response, worth, words)
    keys = tuple(DraftKey(option=option, points=points) for option, points in worth.items() if points)
    if not is_partial:
        keys = tuple(DraftKey(option=key.option) for key in keys if key.points > 0)
    return scored(Question("multiple", options, keys=keys), right, is_partial=is_partial)


def worth_of(identifiers: Sequence[str], response: Response, rules: Processing, words: Words) -> dict[int, float]:
    """The points of each option, by its position from 1, as far as any are given."""
    worth: dict[int, float] = {}
    if response.identifier in rules.mapped and response.mapping is not None:
        said = {entry.key: entry.points for entry in response.mapping}
        for number, identifier in enumerate(identifiers, start=1):
            worth[number] = said.get(identifier, response.default)
        return worth
    values = [(value, 1.0) for value in response.correct]
    if not values:
        values = [(form.value, form.points or 1.0) for form in rules.forms.get(response.identifier, ())]
    if not values and response.mapping:
        values = [(entry.key, entry.points) for entry in response.mapping]
    for value, points in values:
        place = position(identifiers, value)
        if place is None:
            words.lose(_("The key names an option %(name)r, which is not there.") % {"name": value[:60]})
        else:
            worth[place] = points
    return worth


def best_option(worth: dict[int, float], words: Words) -> int:
    """The option that is worth most, from 1; raises Refused when none is worth anything."""
    right = {option: points for option, points in worth.items() if points > 0}
    if not right:
        raise Refused(_("No option is said to be right."))
    if len(right) > 1:
        words.lose(_("Several options earned points; only the best one counts as right."))
    if any(points < 0 for points in worth.values()):
        words.lose(_("Points taken off for wrong options were left out."))
    return max(right, key=lambda option: right[option])


def note_limit(response: Response, positive: float, words: Losing) -> None:
    """Note a limit below the sum of the points that can be earned."""
    if response.upper is not None and response.upper < positive:
        words.lose(_("The limit of %(limit)s points was left out.") % {"limit": f"{response.upper:g}"})


def _note_bounds(response: Response, worth: dict[int, float], words: Words) -> None:
    positive, negative = (sum(p for p in worth.values() if (p > 0) == up) for up in (True, False))
    note_limit(response, positive, words)
    if negative < 0 and (response.lower is None or response.lower < 0):
        words.lose(_("A score below 0 counts as 0."))


def read_order(interaction: etree._Element, response: Response, rules: Processing, words: Words) -> Question:
    """Putting all options in order."""
    choices = list(inside(interaction, "simplechoice"))
    identifiers = _identified(choices)
    order = response.correct or tuple(form.value for form in rules.forms.get(response.identifier, ()))
    if len(order) == 1 and len(identifiers) > 1:
        order = tuple(order[0].replace(",", " ").split())
    places = [position(identifiers, value) for value in order]
    if not places:
        raise Refused(_("The right order is not given."))
    if sorted(place or 0 for place in places) != list(range(1, len(identifiers) + 1)):
        raise Refused(_("Only some of the options are to be put in order, which ours cannot ask."))
    is_mapped = response.identifier in rules.mapped and bool(response.mapping)
    is_partial = is_mapped or response.identifier in rules.indexed
    options = tuple(words.convert(choice) for choice in choices)
    keys = tuple(DraftKey(option=option, target=place) for place, option in enumerate(places, start=1))
    if is_mapped:
        words.lose(_("Points of single options in an order became one for each in its right place."))
    return scored(Question("ordering", options, keys=keys), [1.0] * len(keys), is_partial=is_partial)


Pair = tuple[int, int, float]


def read_match(interaction: etree._Element, response: Response, rules: Processing, words: Words) -> Question:
    """Matching the first set's choices with those of the second."""
    sets = children(interaction, "simplematchset")
    if len(sets) != 2:
        raise Refused(_("Matching needs two columns; the file has %(count)s.") % {"count": len(sets)})
    columns = [list(inside(column, "simpleassociablechoice")) for column in sets]
    pairs = _pairs([_identified(column) for column in columns], response, rules, words)
    if len({option for option, _target, points in pairs if points > 0}) < sum(p[2] > 0 for p in pairs):
        # Several targets of one option would be alternatives with us; the other way round each target has one option.
        pairs = [(target, option, points) for option, target, points in pairs]
        columns.reverse()
        if len({option for option, _target, points in pairs if points > 0}) < sum(p[2] > 0 for p in pairs):
            raise Refused(_("Options of both columns belong to several others, which ours cannot ask."))
        words.lose(_("The two columns changed places, since one option belongs to several of the other column."))
    return _matching(columns, pairs, response, rules, words)


def read_associate(interaction: etree._Element, response: Response, rules: Processing, words: Words) -> Question:
    """Pairs within one set, sorted into two columns where every option belongs to one pair at most."""
    choices = list(inside(interaction, "simpleassociablechoice"))
    identifiers = _identified(choices)
    pairs = [pair for pair in _pairs([identifiers, identifiers], response, rules, words) if pair[2] > 0]
    firsts, seconds = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    if len({*firsts, *seconds}) < 2 * len(pairs):
        raise Refused(_("An option belongs to several pairs, which ours cannot ask."))
    words.lose(_("The options to pair were sorted into two columns."))
    others = [number for number in range(1, len(choices) + 1) if number not in {*firsts, *seconds}]
    columns = [[choices[n - 1] for n in firsts], [choices[n - 1] for n in (*seconds, *others)]]
    sorted_pairs = [(number, number, pair[2]) for number, pair in enumerate(pairs, start=1)]
    return _matching(columns, sorted_pairs, response, rules, words)


def _pairs(columns: Sequence[Sequence[str]], response: Response, rules: Processing, words: Words) -> list[Pair]:
    values: list[tuple[str, float]] = [(value, 1.0) for value in response.correct]
    if response.identifier in rules.mapped and response.mapping is not None:
        values = [(entry.key, entry.points) for entry in response.mapping if entry.points > 0] or values
        if any(entry.points < 0 for entry in response.mapping) or response.default < 0:
            words.lose(_("Points taken off for wrong pairs were left out."))
        note_limit(response, sum(points for _value, points in values), words)
    if not values:
        values = [(form.value, form.points or 1.0) for form in rules.forms.get(response.identifier, ())]
    pairs = []
    for value, points in values:
        names = value.split()
        if len(names) != 2:
            words.lose(_("The key has a pair %(pair)r that cannot be read.") % {"pair": value[:60]})
            continue
        places = position(columns[0], names[0]), position(columns[1], names[1])
        if None in places:
            places = position(columns[0], names[1]), position(columns[1], names[0])
        if places[0] is None or places[1] is None:
            words.lose(_("The key has a pair %(pair)r of options that are not there.") % {"pair": value[:60]})
            continue
        pairs.append((places[0], places[1], points))
    if not any(points > 0 for *_places, points in pairs):
        raise Refused(_("No pair is said to be right."))
    return list(dict.fromkeys(pairs))


def _matching(
    columns: Sequence[Sequence[etree._Element]],
    pairs: Sequence[Pair],
    response: Response,
    rules: Processing,
    words: Words,
) -> Question:
    options, targets = (tuple(words.convert(choice) for choice in column) for column in columns)
    keys = tuple(DraftKey(option=option, target=target, points=points) for option, target, points in pairs)
    is_partial = response.identifier in rules.mapped and response.mapping is not None
    if not is_partial:
        keys = tuple(DraftKey(option=key.option, target=key.target) for key in keys)
    question = Question("matching", options, targets, keys=keys)
    return scored(question, [key.points for key in keys], is_partial=is_partial)
