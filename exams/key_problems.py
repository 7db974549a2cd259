"""What is wrong with the key of an item, in words for its author; how a key is read stands in exams.scoring."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite

from django.utils.translation import gettext as _

from exams.drafts import DraftKey, ItemDraft
from exams.models import ItemGap, ItemVersion
from exams.scoring import LONGEST_TEXT
from exams.spelling import folded

Kind = ItemVersion.Kind
MOST_GAPS = 100


def key_problems(draft: ItemDraft) -> Iterator[str]:
    """Everything that keeps an answer from being scored; the draft has a text in one language at least."""
    options = min(len(text.options) for text in draft.texts.values())
    if draft.kind == Kind.SINGLE:
        # The count itself is named already when it is too small.
        if options >= 2 and not 1 <= (draft.key or 0) <= options:
            yield _("The key is %(key)s, but there are %(count)s options.") % {"key": draft.key, "count": options}
    elif draft.key is not None:
        yield _("Only a single choice has one option as its key.")
    if draft.kind in {Kind.SINGLE, Kind.ESSAY}:
        if draft.keys:
            yield _("A single choice or an essay has no rows of a key.")
        return
    yield from _row_problems(draft)
    yield from _CHECKS[draft.kind](draft)


def _row_problems(draft: ItemDraft) -> Iterator[str]:
    gaps = set(draft.gaps) if draft.kind == Kind.CLOZE else {0}
    for row in draft.keys:
        if row.gap not in gaps:
            yield _("The key is of gap %(gap)s, which is not there.") % {"gap": row.gap}
        if not (isfinite(row.points) and row.points and abs(row.points) <= 100):
            yield _("A part of the key is worth %(points)s points; it must be a number, and not 0.") % {
                "points": row.points
            }
        kind = draft.gaps.get(row.gap) if row.gap else draft.kind
        used = {name for name, is_used in _used(row).items() if is_used}
        for name in sorted(used - _COLUMNS.get(kind or "", used)):
            yield _("%(name)s is no part of a key of the kind “%(kind)s”.") % {"name": _names()[name], "kind": kind}


def _used(row: DraftKey) -> dict[str, bool]:
    return {
        "option": row.option is not None,
        "target": row.target is not None,
        "text": bool(row.text),
        "language": bool(row.language),
        "number": row.number is not None,
        "tolerance": bool(row.tolerance) or row.is_relative,
    }


_COLUMNS: Mapping[str, set[str]] = {
    Kind.MULTIPLE: {"option"},
    Kind.ORDERING: {"option", "target"},
    Kind.MATCHING: {"option", "target"},
    Kind.NUMERIC: {"number", "tolerance"},
    Kind.TEXT: {"text", "language"},
    ItemGap.Kind.CHOICE: {"option"},
}


def _names() -> dict[str, str]:
    return {
        "option": _("option"),
        "target": _("target"),
        "text": _("accepted form"),
        "language": _("language"),
        "number": _("number"),
        "tolerance": _("tolerance"),
    }


def _multiple(draft: ItemDraft) -> Iterator[str]:
    count = min(len(text.options) for text in draft.texts.values())
    yield from _choice_problems(draft.keys, count, "")


def _choice_problems(rows: Sequence[DraftKey], count: int, where: str) -> Iterator[str]:
    for row in rows:
        if not 1 <= (row.option or 0) <= count:
            yield where + _("The key is %(key)s, but there are %(count)s options.") % {
                "key": row.option,
                "count": count,
            }
    for option, times in Counter(row.option for row in rows).items():
        if times > 1:
            yield where + _("Option %(option)s is there %(times)s times in the key.") % {
                "option": option,
                "times": times,
            }
    yield from _nothing_right(rows, where)


def _nothing_right(rows: Sequence[DraftKey], where: str) -> Iterator[str]:
    if not any(row.points > 0 for row in rows):
        yield where + _("Nothing is right: the key needs a part that is worth points.")


def _ordering(draft: ItemDraft) -> Iterator[str]:
    count = min(len(text.options) for text in draft.texts.values())
    wanted = list(range(1, count + 1))
    options, places = ([getattr(row, name) or 0 for row in draft.keys] for name in ("option", "target"))
    if sorted(options) != wanted or sorted(places) != wanted:
        yield _("The key must give each of the %(count)s options a place of its own, from 1.") % {"count": count}
    if any(row.points < 0 for row in draft.keys):
        yield _("A place in an order takes no points off.")


def _matching(draft: ItemDraft) -> Iterator[str]:
    options = min(len(text.options) for text in draft.texts.values())
    targets = min(len(text.targets) for text in draft.texts.values())
    for row in draft.keys:
        if not (1 <= (row.option or 0) <= options and 1 <= (row.target or 0) <= targets):
            yield _(
                "The key pairs %(option)s with %(target)s; there are %(options)s options and %(targets)s targets."
            ) % {
                "option": row.option,
                "target": row.target,
                "options": options,
                "targets": targets,
            }
    for (option, target), times in Counter((row.option, row.target) for row in draft.keys).items():
        if times > 1:
            yield _("The pair %(option)s, %(target)s is there %(times)s times in the key.") % {
                "option": option,
                "target": target,
                "times": times,
            }
    yield from _nothing_right(draft.keys, "")


def _numeric(draft: ItemDraft) -> Iterator[str]:
    yield from _number_problems(draft.keys, "")


def _number_problems(rows: Sequence[DraftKey], where: str) -> Iterator[str]:
    for row in rows:
        if row.number is None or not isfinite(row.number) or abs(row.number) > 1e300:
            yield where + _("The number of the key is %(number)s.") % {"number": row.number}
        if not (isfinite(row.tolerance) and row.tolerance >= 0):
            yield where + _("The tolerance is %(tolerance)s; it must be 0 or more.") % {"tolerance": row.tolerance}
    yield from _nothing_right(rows, where)


def _text(draft: ItemDraft) -> Iterator[str]:
    yield from _wording_problems(draft, draft.keys, "")


def _wording_problems(draft: ItemDraft, rows: Sequence[DraftKey], where: str) -> Iterator[str]:
    for row in rows:
        # What folds to nothing could be matched by nothing that a student may send.
        if not folded(row.text) or len(row.text) > LONGEST_TEXT or "\x00" in row.text:
            yield where + _("The accepted form %(text)r is empty, or longer than %(most)s characters.") % {
                "text": row.text[:60],
                "most": LONGEST_TEXT,
            }
        if row.language and row.language not in draft.texts:
            yield where + _("An accepted form is in %(language)s, in which the question is not.") % {
                "language": row.language
            }
    for language in draft.texts:
        if not any(row.points > 0 and row.language in {"", language} for row in rows):
            yield where + _("No form is accepted in %(language)s.") % {"language": language}


def _cloze(draft: ItemDraft) -> Iterator[str]:
    if not draft.gaps:
        yield _("A text with gaps needs a gap at least.")
    for gap, kind in draft.gaps.items():
        where = _("gap %(gap)s") % {"gap": gap} + ": "
        if not 1 <= gap <= MOST_GAPS:
            yield where + _("its number must be between 1 and %(most)s.") % {"most": MOST_GAPS}
        rows = [row for row in draft.keys if row.gap == gap]
        counts = {language: len(text.gap_options.get(gap, ())) for language, text in draft.texts.items()}
        if kind not in ItemGap.Kind.values:
            yield where + _("there is no kind of gap %(kind)r.") % {"kind": kind}
        elif kind == ItemGap.Kind.CHOICE:
            if len(set(counts.values())) > 1 or min(counts.values()) < 2:
                yield where + _("it needs two options at least, and as many in every language.")
            else:
                yield from _choice_problems(rows, min(counts.values()), where)
        else:
            if any(counts.values()):
                yield where + _("only a gap to choose for has options.")
            is_text = kind == ItemGap.Kind.TEXT
            yield from _wording_problems(draft, rows, where) if is_text else _number_problems(rows, where)
    stray = {gap for text in draft.texts.values() for gap in text.gap_options} - set(draft.gaps)
    for gap in sorted(stray):
        yield _("There are options for gap %(gap)s, which is not there.") % {"gap": gap}


_CHECKS: Mapping[str, Callable[[ItemDraft], Iterator[str]]] = {
    Kind.MULTIPLE: _multiple,
    Kind.ORDERING: _ordering,
    Kind.MATCHING: _matching,
    Kind.NUMERIC: _numeric,
    Kind.TEXT: _text,
    Kind.CLOZE: _cloze,
}
