"""What keeps an item from being shown to students, in words for its author."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from math import isfinite
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from exams.drafts import LANGUAGE, DraftText, ItemDraft, shown_pictures
from exams.key_problems import key_problems
from exams.models import Item, ItemVersion, Passage
from exams.pictures import is_named_rightly, kind_of
from exams.rendering import broken_formulas, gaps_in
from exams.spelling import stream_safe

Kind = ItemVersion.Kind
PICTURE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.(png|jpe?g|webp|gif)")
LARGEST_PICTURE = 2 * 1024 * 1024
MOST_POINTS, FARTHEST_THRESHOLD = 100, 8.0
MEAN_WITHIN = 0.001
TO_CHOOSE_FROM = frozenset({Kind.SINGLE, Kind.MULTIPLE, Kind.ORDERING})


def item_problems(draft: ItemDraft, *, kept_pictures: Collection[str] = ()) -> list[str]:
    """Everything that keeps `draft` from being shown to students, in words for its author; empty when nothing does.

    `kept_pictures` are the names of pictures that the version before has.
    """
    if draft.kind not in Kind.values:
        return [_("There is no kind of item %(kind)r.") % {"kind": draft.kind}]
    return [
        *_parameter_problems(draft),
        *_score_problems(draft),
        *_language_problems(draft),
        *(problem for language, text in draft.texts.items() for problem in _text_problems(language, text, draft)),
        *_part_problems(draft),
        *_passage_problems(draft),
        *_picture_problems(draft, set(kept_pictures)),
    ]


def tag_problems(tags: Collection[str]) -> list[str]:
    """What is wrong with the tags of an item."""
    column = Item._meta.get_field("tags")
    try:
        column.clean(list(tags), None)
    except ValidationError as error:
        return [f"{column.verbose_name}: {message}" for message in error.messages]
    return []


def _parameter_problems(draft: ItemDraft) -> Iterator[str]:
    columns = {column.name: column for column in ItemVersion._meta.concrete_fields}
    parameters = (("discrimination", draft.a), ("difficulty", draft.b), ("guessing", draft.c), ("upper", draft.d))
    for name, value in parameters:
        column = columns[name]
        try:
            if not isfinite(value):
                raise ValidationError(_("It must be a number."))
            column.clean(value, None)
        except ValidationError as error:
            yield f"{column.verbose_name} = {value}: {' '.join(error.messages)}"
    if isfinite(draft.c) and isfinite(draft.d) and draft.c >= draft.d:
        yield _("The upper asymptote %(d)s must be above guessing, %(c)s.") % {"d": draft.d, "c": draft.c}
    if draft.source not in ItemVersion.Source.values:
        yield _("%(source)r is no source of parameters.") % {"source": draft.source}
    for name, word, known in (
        ("model", draft.model, ItemVersion.Model.values),
        ("scoring", draft.scoring, ItemVersion.Scoring.values),
    ):
        if word not in known:
            said = _("%(value)r is none of %(known)s.") % {"value": word, "known": ", ".join(known)}
            yield f"{columns[name].verbose_name}: {said}"


def _score_problems(draft: ItemDraft) -> Iterator[str]:
    if not 1 <= draft.max_score <= MOST_POINTS:
        yield _("The highest score is %(score)s; it must be between 1 and %(most)s.") % {
            "score": draft.max_score,
            "most": MOST_POINTS,
        }
    if draft.max_score > 1 and draft.scoring == ItemVersion.Scoring.EXACT and draft.kind != Kind.ESSAY:
        yield _("All or nothing gives 0 or 1, so that the highest score must be 1 and not %(score)s.") % {
            "score": draft.max_score
        }
    if draft.scoring == ItemVersion.Scoring.PARTIAL and draft.kind in {Kind.SINGLE, Kind.ESSAY}:
        yield _("A single choice or an essay has no partial credit by its key.")
    if draft.model == ItemVersion.Model.LOGISTIC:
        if draft.max_score > 1 or draft.thresholds:
            yield _("A logistic item is right or wrong: its highest score is 1, and it has no thresholds.")
    elif draft.model in ItemVersion.Model.values:
        yield from _threshold_problems(draft)


def _threshold_problems(draft: ItemDraft) -> Iterator[str]:
    thresholds = draft.thresholds
    if len(thresholds) != draft.max_score:
        yield _("A highest score of %(score)s needs as many thresholds; there are %(count)s.") % {
            "score": draft.max_score,
            "count": len(thresholds),
        }
    wrong = [value for value in thresholds if not (isfinite(value) and abs(value) <= FARTHEST_THRESHOLD)]
    if wrong:
        yield _("A threshold is %(value)s; it must be between -%(most)s and %(most)s logits.") % {
            "value": wrong[0],
            "most": FARTHEST_THRESHOLD,
        }
    elif thresholds and abs(sum(thresholds) / len(thresholds) - draft.b) > MEAN_WITHIN:
        mean = round(sum(thresholds) / len(thresholds), 4)
        yield _("The difficulty is %(b)s, but the mean of the thresholds is %(mean)s.") % {"b": draft.b, "mean": mean}
    if draft.model == ItemVersion.Model.GRADED and not all(low < high for low, high in pairwise(thresholds)):
        yield _("The thresholds of a graded response item must rise.")
    if draft.c or draft.d != 1:
        yield _("An item with several scores has no guessing and no upper asymptote: c = 0, d = 1.")


def _language_problems(draft: ItemDraft) -> Iterator[str]:
    if not draft.texts:
        yield _("The question has no text in any language.")
        return
    for language in draft.texts:
        if not LANGUAGE.fullmatch(language):
            yield _("%(language)r is no language code.") % {"language": language}
    yield from _count_problems(draft)
    yield from key_problems(draft)


def _count_problems(draft: ItemDraft) -> Iterator[str]:
    counts = {language: len(text.options) for language, text in draft.texts.items()}
    if len(set(counts.values())) > 1:
        yield _("Every language needs the same number of options (%(counts)s).") % {"counts": _listed(counts)}
    fewest = min(counts.values())
    if draft.kind in TO_CHOOSE_FROM and fewest < 2:
        yield _("A question needs two options at least.")
    if draft.kind == Kind.MATCHING and not fewest:
        yield _("A matching question needs an option at least.")
    if draft.kind not in {*TO_CHOOSE_FROM, Kind.MATCHING} and max(counts.values()):
        yield _("An item of the kind “%(kind)s” has no options.") % {"kind": Kind(draft.kind).label}
    targets = {language: len(text.targets) for language, text in draft.texts.items()}
    if len(set(targets.values())) > 1:
        yield _("Every language needs the same number of targets (%(counts)s).") % {"counts": _listed(targets)}
    if draft.kind == Kind.MATCHING and not min(targets.values()):
        yield _("A matching question needs a target at least.")
    if draft.kind != Kind.MATCHING and max(targets.values()):
        yield _("Only a matching question has targets.")


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{language}: {count}" for language, count in counts.items())


def _text_problems(language: str, text: DraftText, draft: ItemDraft) -> Iterator[str]:
    parts = {_("stem"): text.stem, _("explanation"): text.explanation}
    parts |= {f"{_('option')} {number}": option for number, option in enumerate(text.options, start=1)}
    parts |= {f"{_('target')} {number}": target for number, target in enumerate(text.targets, start=1)}
    for gap, options in text.gap_options.items():
        parts |= {
            _("gap %(gap)s, option %(number)s") % {"gap": gap, "number": number}: option
            for number, option in enumerate(options, start=1)
        }
    for name, value in parts.items():
        where = f"{language}, {name}"
        # An item may do without an explanation, but not without a question.
        if not value.strip() and value is not text.explanation:
            yield _("%(where)s: is empty.") % {"where": where}
        yield from _markdown_problems(where, value)
    for options in (text.options, text.targets, *text.gap_options.values()):
        yield from _repetitions(language, options)
    yield from _gap_problems(language, text, draft)
    yield from _criterion_problems(language, text, draft)


def _markdown_problems(where: str, value: str) -> Iterator[str]:
    if "\x00" in value:
        yield _("%(where)s: has a character that cannot be stored.") % {"where": where}
    for formula in broken_formulas(value) if "$" in value else ():
        yield _("%(where)s: the formula %(formula)s cannot be shown.") % {"where": where, "formula": formula}


def _repetitions(language: str, options: Collection[str]) -> Iterator[str]:
    for option, times in Counter(map(_normalised, options)).items():
        if times > 1 and option:
            yield _("%(language)s: the option %(option)r is there %(times)s times.") % {
                "language": language,
                "option": option,
                "times": times,
            }


def _normalised(option: str) -> str:
    # Case is kept: in chemistry and genetics it is often the whole difference.
    return " ".join(unicodedata.normalize("NFC", stream_safe(option)).split())


def _gap_problems(language: str, text: DraftText, draft: ItemDraft) -> Iterator[str]:
    if draft.kind != Kind.CLOZE:
        return
    shown = Counter(gaps_in(text.stem))
    for gap in sorted(set(draft.gaps) - set(shown)):
        yield _("%(language)s: the stem has no place [[%(gap)s]].") % {"language": language, "gap": gap}
    for gap in sorted(set(shown) - set(draft.gaps)):
        yield _("%(language)s: the stem has a place [[%(gap)s]], but there is no such gap.") % {
            "language": language,
            "gap": gap,
        }
    for gap, times in sorted(shown.items()):
        if times > 1:
            yield _("%(language)s: the place [[%(gap)s]] is there %(times)s times.") % {
                "language": language,
                "gap": gap,
                "times": times,
            }


def _criterion_problems(language: str, text: DraftText, draft: ItemDraft) -> Iterator[str]:
    if len(text.criteria) != len(draft.rubric):
        yield _("%(language)s: the rubric has %(count)s criteria, but texts of %(texts)s.") % {
            "language": language,
            "count": len(draft.rubric),
            "texts": len(text.criteria),
        }
        return
    for number, (said, most) in enumerate(zip(text.criteria, draft.rubric, strict=True), start=1):
        where = f"{language}, {_('criterion')} {number}"
        if not said.name.strip() or len(said.name) > 200:
            yield _("%(where)s: needs a name of 200 characters at most.") % {"where": where}
        if said.levels and len(said.levels) != most + 1:
            yield _("%(where)s: %(levels)s levels are described, but 0 to %(most)s points are %(wanted)s.") % {
                "where": where,
                "levels": len(said.levels),
                "most": most,
                "wanted": most + 1,
            }
        if any("\x00" in part for part in (said.name, *said.levels)):
            yield _("%(where)s: has a character that cannot be stored.") % {"where": where}


def _part_problems(draft: ItemDraft) -> Iterator[str]:
    if draft.kind != Kind.ESSAY and draft.rubric:
        yield _("Only an essay has a rubric.")
    if draft.kind == Kind.ESSAY:
        if not draft.rubric:
            yield _("An essay needs a rubric with a criterion at least.")
        elif min(draft.rubric) < 1:
            yield _("A criterion of the rubric needs 1 point at least.")
        elif sum(draft.rubric) != draft.max_score:
            yield _("The highest score is %(score)s, but the criteria of the rubric sum to %(sum)s.") % {
                "score": draft.max_score,
                "sum": sum(draft.rubric),
            }
    gap_options: dict[str, Any] = {language: text.gap_options for language, text in draft.texts.items()}
    if draft.kind != Kind.CLOZE and (draft.gaps or any(gap_options.values())):
        yield _("Only a text with gaps has gaps.")


def _passage_problems(draft: ItemDraft) -> Iterator[str]:
    passage = draft.passage
    if passage is None:
        return
    try:
        next(column for column in Passage._meta.concrete_fields if column.name == "code").clean(passage.code, None)
    except ValidationError as error:
        yield f"{_('passage')} {passage.code!r}: {' '.join(error.messages)}"
    for language in sorted(set(draft.texts) - set(passage.texts)):
        yield _("The passage has no text in %(language)s, in which the question is.") % {"language": language}
    for language in sorted(set(passage.titles) - set(passage.texts)):
        yield _("The passage has a title in %(language)s, but no text.") % {"language": language}
    for language, text in passage.texts.items():
        where = f"{language}, {_('passage')}"
        if not LANGUAGE.fullmatch(language):
            yield _("%(language)r is no language code.") % {"language": language}
        if not text.strip():
            yield _("%(where)s: is empty.") % {"where": where}
        title = passage.titles.get(language, "")
        if len(title) > 200 or "\x00" in title:
            yield _("%(where)s: its title is longer than 200 characters, or has one that cannot be stored.") % {
                "where": where
            }
        yield from _markdown_problems(where, text)


def _picture_problems(draft: ItemDraft, kept: set[str]) -> Iterator[str]:
    shown = shown_pictures(draft)
    for name in sorted(shown - set(draft.assets) - kept):
        yield _("The text shows the picture %(name)r, which is not there.") % {"name": name}
    for name in sorted(set(draft.assets) - shown):
        yield _("The picture %(name)r is not shown by any text.") % {"name": name}
    for name, content in draft.assets.items():
        if not PICTURE_NAME.fullmatch(name):
            yield _(
                "%(name)r is no name for a picture (letters, digits, . _ -, ending in .png, .jpg, .webp or .gif)."
            ) % {"name": name}
        if len(content) > LARGEST_PICTURE:
            yield _("The picture %(name)r is larger than %(size)s MB.") % {"name": name, "size": 2}
            continue
        kind = kind_of(content)
        if kind is None:
            yield _("%(name)r is no picture that can be read.") % {"name": name}
        elif not is_named_rightly(name, kind):
            yield _("%(name)r is a picture of another kind (%(kind)s) than its name says.") % {
                "name": name,
                "kind": kind,
            }
