"""What an author hands in: the contents of an item version or of an exam, and what is wrong with them."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from math import isfinite
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image

from exams.models import Exam, ItemVersion
from exams.rendering import broken_formulas, pictures_in

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
PICTURE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.(png|jpe?g|webp|gif)")
LARGEST_PICTURE = 2 * 1024 * 1024
SHARES_SUM_WITHIN = 1e-6


@dataclass(frozen=True)
class CriterionText:
    """A rubric's criterion in one language: its name, and what 0, 1, 2 … points stand for."""

    name: str
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class DraftText:
    """An item in one language: Markdown, with formulas between dollar signs and pictures as `asset:NAME`.

    `options` are those of the item itself (to choose, to order, the first column to match); `targets` the second
    column of a matching item; `gap_options` the options of each gap of kind "choice" by the gap's number, whose place
    the stem shows as `[[number]]`; `criteria` the texts of `ItemDraft.rubric`, in its order.
    """

    stem: str
    options: tuple[str, ...] = ()
    explanation: str = ""
    targets: tuple[str, ...] = ()
    gap_options: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    criteria: tuple[CriterionText, ...] = ()


@dataclass(frozen=True)
class DraftKey:
    """One row of ItemKey, which says what each column means."""

    gap: int = 0
    option: int | None = None
    target: int | None = None
    language: str = ""
    text: str = ""
    number: float | None = None
    tolerance: float = 0.0
    is_relative: bool = False
    points: float = 1.0


@dataclass(frozen=True)
class DraftPassage:
    """A passage that items share: Markdown by language. The same code with other texts makes its next version."""

    code: str
    texts: Mapping[str, str]
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ItemDraft:
    """The contents of one item version; D = 1.

    Single choice has `key` (from 1), every other kind but the essay has `keys`; an essay has `rubric`, the most points
    of each criterion, and its `max_score` is their sum. `gaps` maps a cloze's gap numbers to "choice", "text" or
    "numeric". `thresholds` (one for each score above 0) belong to the models "grm" and "gpcm", whose `b` is their mean.
    `assets` are new pictures by name; those of the version before stay as long as the text still shows them.
    """

    texts: Mapping[str, DraftText]
    key: int | None
    a: float
    b: float
    c: float
    source: str = ItemVersion.Source.ASSUMED
    assets: Mapping[str, bytes] = field(default_factory=dict)
    kind: str = ItemVersion.Kind.SINGLE
    keys: tuple[DraftKey, ...] = ()
    gaps: Mapping[int, str] = field(default_factory=dict)
    rubric: tuple[int, ...] = ()
    scoring: str = ItemVersion.Scoring.EXACT
    max_score: int = 1
    case_sensitive: bool = False
    model: str = ItemVersion.Model.LOGISTIC
    d: float = 1.0
    thresholds: tuple[float, ...] = ()
    passage: DraftPassage | None = None


@dataclass(frozen=True)
class ExamDraft:
    """Everything that an author decides of an exam. `blueprint` maps area codes to shares, `form` lists item codes."""

    title: str
    kind: str = Exam.Kind.ADAPTIVE
    visibility: str = Exam.Visibility.PUBLIC
    description: str = ""
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    languages: tuple[str, ...] = ("ko", "en")
    blueprint: Mapping[str, float] = field(default_factory=dict)
    form: tuple[str, ...] = ()
    min_items: int = 20
    max_items: int = 20
    se_target: float | None = None
    randomesque: int = 5
    time_limit_minutes: int | None = None
    attempts_allowed: int | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None


@dataclass(frozen=True)
class AreaDraft:
    """A content area; `translations` maps languages to its name there."""

    code: str
    name: str
    translations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NewItem:
    """An item that does not exist yet."""

    code: str
    area_id: int
    draft: ItemDraft
    status: str
    organization_id: UUID | None = None


def item_problems(draft: ItemDraft, *, kept_pictures: Collection[str] = ()) -> list[str]:
    """Everything that keeps `draft` from being shown to students, in words for its author; empty when nothing does.

    `kept_pictures` are the names of pictures that the version before has.
    """
    return [
        *_parameter_problems(draft),
        *_language_problems(draft),
        *(problem for language in draft.texts for problem in _text_problems(language, draft.texts[language])),
        *_picture_problems(draft, set(kept_pictures)),
    ]


def shown_pictures(draft: ItemDraft) -> set[str]:
    """The names of the pictures that any text of the draft shows."""
    texts = [part for text in draft.texts.values() for part in (text.stem, text.explanation, *text.options)]
    return {name for text in texts if "asset:" in text for name in pictures_in(text)}


def _parameter_problems(draft: ItemDraft) -> Iterator[str]:
    columns = {column.name: column for column in ItemVersion._meta.concrete_fields}
    for name, value in (("discrimination", draft.a), ("difficulty", draft.b), ("guessing", draft.c)):
        column = columns[name]
        try:
            if not isfinite(value):
                raise ValidationError(_("It must be a number."))
            column.clean(value, None)
        except ValidationError as error:
            yield f"{column.verbose_name} = {value}: {' '.join(error.messages)}"
    if draft.source not in ItemVersion.Source.values:
        yield _("%(source)r is no source of parameters.") % {"source": draft.source}


def _language_problems(draft: ItemDraft) -> Iterator[str]:
    if not draft.texts:
        yield _("The question has no text in any language.")
        return
    for language in draft.texts:
        if not LANGUAGE.fullmatch(language):
            yield _("%(language)r is no language code.") % {"language": language}
    counts = {language: len(text.options) for language, text in draft.texts.items()}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{language}: {count}" for language, count in counts.items())
        yield _("Every language needs the same number of options (%(counts)s).") % {"counts": listed}
    fewest = min(counts.values())
    if fewest < 2:
        yield _("A question needs two options at least.")
    elif not 1 <= (draft.key or 0) <= fewest:
        yield _("The key is %(key)s, but there are %(count)s options.") % {"key": draft.key, "count": fewest}


def _text_problems(language: str, text: DraftText) -> Iterator[str]:
    parts = {_("stem"): text.stem, _("explanation"): text.explanation}
    parts |= {f"{_('option')} {number}": option for number, option in enumerate(text.options, start=1)}
    for name, value in parts.items():
        where = f"{language}, {name}"
        # An item may do without an explanation, but not without a question.
        if not value.strip() and value is not text.explanation:
            yield _("%(where)s: is empty.") % {"where": where}
        if "\x00" in value:
            yield _("%(where)s: has a character that cannot be stored.") % {"where": where}
        for formula in broken_formulas(value) if "$" in value else ():
            yield _("%(where)s: the formula %(formula)s cannot be shown.") % {"where": where, "formula": formula}
    for option, times in Counter(map(_normalised, text.options)).items():
        if times > 1 and option:
            yield _("%(language)s: the option %(option)r is there %(times)s times.") % {
                "language": language,
                "option": option,
                "times": times,
            }


def _normalised(option: str) -> str:
    # Case is kept: in chemistry and genetics it is often the whole difference.
    return " ".join(unicodedata.normalize("NFC", option).split())


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
        elif not _is_picture(content):
            yield _("%(name)r is no picture that can be read.") % {"name": name}


def _is_picture(content: bytes) -> bool:
    try:
        with Image.open(BytesIO(content), formats=["PNG", "JPEG", "WEBP", "GIF"]) as picture:
            picture.verify()
    except Exception:
        # Pillow raises errors of many classes on broken files.
        return False
    return True


def share_problems(blueprint: Mapping[str, float]) -> list[str]:
    """What is wrong with the shares of an adaptive exam's content areas."""
    if not blueprint:
        return [_("An adaptive exam needs content areas in its blueprint.")]
    total = sum(blueprint.values())
    if abs(total - 1) > SHARES_SUM_WITHIN:
        return [_("The shares of the blueprint sum to %(total)s instead of 1.") % {"total": round(total, 4)}]
    return []


def field_values(draft: ExamDraft) -> dict[str, Any]:
    """The draft as columns of Exam."""
    relations = {"blueprint", "form"}
    values = {name: getattr(draft, name) for name in draft.__dataclass_fields__ if name not in relations}
    translations = {language: dict(said) for language, said in draft.translations.items()}
    return {**values, "languages": list(draft.languages), "translations": translations}
