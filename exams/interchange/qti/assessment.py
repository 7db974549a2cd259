"""Tests of QTI 2 and 3 as fixed forms."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

from django.utils.translation import gettext as _
from lxml import etree

from exams.interchange.package import Loss, ReadTest
from exams.interchange.qti.nodes import attribute, children, first, inside, name_of, number, text_of

MOST_SECTIONS = 2_000

# From an address in the test's file to the identifier of an item, or to the root of a section's own file.
FindItem = Callable[[str], str | None]
FindSection = Callable[[str], etree._Element | None]


@dataclass
class _Form:
    where: str
    find_item: FindItem
    find_section: FindSection
    items: list[str] = field(default_factory=list)
    lost: dict[str, None] = field(default_factory=dict)
    sections: int = 0

    def lose(self, words: str) -> None:
        self.lost[words] = None


def read_test(root: etree._Element, *, where: str, find_item: FindItem, find_section: FindSection) -> ReadTest:
    """The test's items in their order; everything that makes it more than a fixed form is a loss."""
    form = _Form(where, find_item, find_section)
    limit = _time_limit(root)
    parts = children(root, "testpart") or [root]
    for part in parts:
        part_limit = _time_limit(part) if part is not root else None
        if part_limit is not None and len(parts) == 1 and limit is None:
            limit = part_limit
        elif part_limit is not None:
            form.lose(_("Time limits of single parts, sections or items were left out."))
        _note_rules(part, form)
        if attribute(part, "submissionmode").lower() == "simultaneous":
            form.lose(_("All answers were sent at the end; now each is sent when it is given."))
        for section in children(part, "assessmentsection", "assessmentsectionref", "assessmentitemref"):
            _walk(section, form, depth=0)
    if len(parts) > 1:
        form.lose(_("The parts of the test became one."))
    if not form.items:
        form.lose(_("The test has no items."))
    _note_whole(root, form)
    return ReadTest(
        identifier=attribute(root, "identifier") or where,
        title=attribute(root, "title") or attribute(root, "identifier") or where,
        items=tuple(form.items),
        time_limit_minutes=None if limit is None else max(1, ceil(limit / 60)),
        losses=tuple(Loss(words, where) for words in form.lost),
    )


def _time_limit(element: etree._Element) -> float | None:
    limits = first(element, "timelimits")
    seconds = None if limits is None else number(attribute(limits, "maxtime"))
    return seconds if seconds is not None and 0 < seconds <= 10_000_000 else None


def _walk(element: etree._Element, form: _Form, *, depth: int) -> None:
    form.sections += 1
    if form.sections > MOST_SECTIONS * 10 or depth > 50:
        form.lose(_("The test has more sections than can be read."))
        return
    _note_rules(element, form)
    if _time_limit(element) is not None:
        form.lose(_("Time limits of single parts, sections or items were left out."))
    if name_of(element) == "assessmentitemref":
        _take(element, form)
        return
    if name_of(element) == "assessmentsectionref":
        section = form.find_section(attribute(element, "href"))
        if section is None:
            form.lose(_("The section %(name)s is not in the file.") % {"name": attribute(element, "href")[:100]})
        else:
            _walk(section, form, depth=depth + 1)
        return
    _note_section(element, form)
    for child in children(element, "assessmentsection", "assessmentsectionref", "assessmentitemref"):
        _walk(child, form, depth=depth + 1)


def _take(reference: etree._Element, form: _Form) -> None:
    href, name = attribute(reference, "href"), attribute(reference, "identifier")
    identifier = form.find_item(href) or form.find_item(name)
    if identifier is None:
        form.lose(_("The item %(name)s is not in the file.") % {"name": (name or href)[:100]})
    elif identifier in form.items:
        form.lose(_("The item %(name)s was given twice; now it is given once.") % {"name": identifier[:100]})
    else:
        form.items.append(identifier)
    weights = [number(attribute(weight, "value")) for weight in children(reference, "weight")]
    if any(weight not in {None, 1.0} for weight in weights):
        form.lose(_("Weights of items were left out."))
    if children(reference, "templatedefault"):
        form.lose(_("Values given to templates of items were left out."))


def _note_section(section: etree._Element, form: _Form) -> None:
    selection, ordering = first(section, "selection"), first(section, "ordering")
    if selection is not None:
        form.lose(_("Some of a section's items were drawn at random; now all are given."))
    if ordering is not None and attribute(ordering, "shuffle").lower() == "true":
        form.lose(_("The items of a section were shuffled; now they keep the order of the file."))
    if any(text_of(block) for block in children(section, "rubricblock")):
        form.lose(_("Instructions of sections were left out."))
    if children(section, "adaptiveselection"):
        form.lose(_("The items of a section were chosen adaptively; now all are given."))


def _note_rules(element: etree._Element, form: _Form) -> None:
    if children(element, "branchrule"):
        form.lose(_("Rules to jump to other parts of the test were left out."))
    if children(element, "precondition"):
        form.lose(_("Conditions for giving an item or a section were left out."))
    control = first(element, "itemsessioncontrol")
    if control is not None and attribute(control, "maxattempts", "1") not in {"1", ""}:
        form.lose(_("Items could be tried several times; now they are answered once."))


def _note_whole(root: etree._Element, form: _Form) -> None:
    rules = first(root, "outcomeprocessing")
    if rules is not None and any(True for _rule in inside(rules, "outcomecondition", "lookupoutcomevalue")):
        form.lose(_("Rules that make grades of the points were left out."))
    if children(root, "testfeedback") or any(children(part, "testfeedback") for part in children(root, "testpart")):
        form.lose(_("Feedback at the end of the test was left out."))
    if any(text_of(block) for block in children(root, "rubricblock")):
        form.lose(_("Instructions of sections were left out."))
