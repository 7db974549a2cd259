"""QTI 1.2 (Canvas, Blackboard, Respondus, Common Cartridge): its items, and its assessments as tests."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from django.utils.translation import gettext as _
from lxml import etree

from exams.drafts import DraftPassage, DraftText, ItemDraft
from exams.interchange.package import Loss, ReadItem, ReadTest, Unreadable
from exams.interchange.qti.item import Source, draft_of, language_of, slug, worth_words
from exams.interchange.qti.nodes import attribute, children, inside, name_of, number, text_of
from exams.interchange.qti.qti1_conditions import Scoring, scoring
from exams.interchange.qti.qti1_questions import Asked, question_of
from exams.interchange.qti.qti1_words import Words
from exams.interchange.qti.questions import Refused
from exams.interchange.safexml import XML_LANG
from exams.item_problems import item_problems

ROOTS = frozenset({"questestinterop"})
# Names that Canvas, Blackboard and Common Cartridge give to kinds that ours cannot ask.
_REFUSED = (
    "calculated",
    "file_upload",
    "formula",
    "hot_spot",
    "hotspot",
    "jumbled",
    "quiz bowl",
    "text_only",
    "opinion",
)
_PARENT = "parent_stimulus_item_ident"
_ASKING = ("responselid", "responsestr", "responsenum", "responsexy", "responsegrp")
_SHOWN_FEEDBACK = re.compile(r"^(general_fb|correct(_fb)?|solution|general)$", re.IGNORECASE)
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?")


def read(root: etree._Element, source: Source) -> tuple[list[ReadItem], list[ReadTest]]:
    """Every item of the file, in its order, and its assessments."""
    found = {attribute(item, "ident"): item for item in inside(root, "item")}
    parents = {_metadata(item).get(_PARENT, "") for item in found.values()}
    stimuli = {
        name: item for name, item in found.items() if name and name in parents and not any(inside(item, *_ASKING))
    }
    items = [
        _read_item(item, _identifier(item, number, source), source, stimuli)
        for number, item in enumerate(inside(root, "item"), start=1)
        if attribute(item, "ident") not in stimuli
    ]
    tests = [_read_test(found, source.where) for found in inside(root, "assessment")]
    tests = [replace(test, items=tuple(name for name in test.items if name not in stimuli)) for test in tests]
    return items, [test for test in tests if test.items]


def _identifier(item: etree._Element, number: int, source: Source) -> str:
    """Blackboard says it in its metadata; who says none gets the file's name with a number."""
    said = attribute(item, "ident") or _metadata(item).get("bbmd_asi_object_id", "")
    return said or f"{posixpath.splitext(posixpath.basename(source.where))[0]}-{number}"


def _read_item(
    item: etree._Element, identifier: str, source: Source, stimuli: Mapping[str, etree._Element]
) -> ReadItem:
    title = attribute(item, "title")
    words = Words(source)
    try:
        draft = _draft(item, source, words, stimuli)
        problems = item_problems(draft)
    except (Refused, Unreadable) as refusal:
        return ReadItem(identifier, None, title, losses=(Loss(str(refusal), source.where),))
    losses = [Loss(loss, source.where) for loss in words.losses]
    if problems:
        refused = [Loss(problem, source.where) for problem in problems]
        return ReadItem(identifier, None, title, losses=(*refused, *losses))
    return ReadItem(identifier, draft, title, losses=tuple(losses))


def _draft(item: etree._Element, source: Source, words: Words, stimuli: Mapping[str, etree._Element]) -> ItemDraft:
    said = _metadata(item)
    kind = (said.get("question_type") or said.get("bbmd_questiontype") or said.get("qmd_itemtype") or "").lower()
    if any(mark in kind for mark in _REFUSED):
        raise Refused(_("It is a question of the kind “%(kind)s”, which ours cannot ask.") % {"kind": kind[:60]})
    presentation = next(inside(item, "presentation"), None)
    if presentation is None:
        raise Refused(_("The item has no body."))
    rules: Scoring = scoring(item)
    asked = Asked(
        presentation,
        rules,
        kind or said.get("cc_profile", "").lower(),
        words,
        number(said.get("points_possible", "")),
        said.get("case_sensitive", "").lower() == "true",
    )
    stem, question = question_of(asked)
    if not stem.strip():
        stem = words.plain(attribute(item, "title"))
        words.lose(_("The question has no words; its title stands for them."))
    worth = asked.points or 0.0
    if question.kind != "essay" and worth > 0 and abs(worth - question.max_score) > 1e-9:
        words.lose(worth_words(worth, question.max_score))
    language = language_of(item.get(XML_LANG) or "", source.language)
    text = DraftText(
        stem=stem,
        options=question.options,
        explanation=_explanation(item, words),
        targets=question.targets,
        gap_options=question.gap_options,
        criteria=question.criteria,
    )
    passage = _passage(stimuli.get(said.get(_PARENT, "")), language, words)
    return draft_of(question, {language: text}, assets=words.assets, passage=passage)


def _passage(stimulus: etree._Element | None, language: str, words: Words) -> DraftPassage | None:
    """Canvas keeps a text that several items ask about in an item that asks nothing."""
    text = "" if stimulus is None else words.block(stimulus)
    if stimulus is None or not text:
        return None
    title = attribute(stimulus, "title")[:200]
    return DraftPassage(slug(attribute(stimulus, "ident")) or "passage", {language: text}, {language: title})


def _metadata(item: etree._Element) -> Mapping[str, str]:
    """Labelled fields, and Blackboard's and the older standard's elements of their own."""
    said = {
        text_of(next(inside(found, "fieldlabel"), None)).lower(): text_of(next(inside(found, "fieldentry"), None))
        for found in inside(item, "qtimetadatafield")
    }
    for found in inside(item, "itemmetadata"):
        for child in found:
            if not len(child) and text_of(child):
                said.setdefault(str(child.tag).rpartition("}")[2].lower(), text_of(child))
    return said


def _explanation(item: etree._Element, words: Words) -> str:
    said, others = [], False
    for feedback in inside(item, "itemfeedback"):
        if not text_of(feedback):
            continue
        if _SHOWN_FEEDBACK.match(attribute(feedback, "ident")) or next(inside(feedback, "solution"), None) is not None:
            said.append(words.block(feedback))
        else:
            others = True
        if next(inside(feedback, "hint"), None) is not None:
            words.lose(_("Hints were left out."))
    if others:
        words.lose(_("Feedback to single answers was left out."))
    return "\n\n".join(dict.fromkeys(filter(None, said)))


def _read_test(root: etree._Element, where: str) -> ReadTest:
    lost: dict[str, None] = {}
    for found in root.iter():
        name = name_of(found)
        if name == "selectionordering" and next(inside(found, "selection"), None) is not None:
            lost[_("Some of a section's items were drawn at random; now all are given.")] = None
        if name in {"sourcebankref", "sourcebankcontext", "itemref", "bankentryitem"}:
            lost[_("Items that are drawn from banks elsewhere are not in the file.")] = None
        if name in {"outcomesprocessing", "outcomes_processing"}:
            lost[_("Rules that make grades of the points were left out.")] = None
    items = dict.fromkeys(attribute(item, "ident") for item in inside(root, "item"))
    return ReadTest(
        identifier=attribute(root, "ident") or where,
        title=attribute(root, "title") or attribute(root, "ident") or where,
        items=tuple(name for name in items if name),
        time_limit_minutes=_time_limit(root),
        losses=tuple(Loss(words, where) for words in lost),
    )


def _time_limit(root: etree._Element) -> int | None:
    for minutes in _limits(root):
        if 0 < minutes <= 100_000:
            return max(1, round(minutes))
    return None


def _limits(root: etree._Element) -> Iterator[float]:
    for duration in children(root, "duration"):
        found = _DURATION.fullmatch(text_of(duration))
        if found:
            days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
            yield days * 1440 + hours * 60 + minutes + seconds / 60
    for metadata in children(root, "qtimetadata"):
        said = _metadata(metadata)
        yield number(said.get("qmd_timelimit", "")) or 0.0
