"""What a student sees of an item version, rendered once a process.

A version never changes, so its rendering may be kept for ever; the cache is bounded by count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape

from exams.models import ItemAsset, ItemText, ItemVersion, PassageText, RubricText
from exams.rendering import inline_to_html, markdown_to_html
from zones.context import current_zone_id, zone_wide


@dataclass(frozen=True)
class Criterion:
    """A criterion of an essay's rubric in one language; `levels` (0 points first) may be empty. Plain text."""

    name: str
    most: int
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Content:
    """One item version in one language, as HTML; options and targets in position order, from 1.

    `passage` is empty for an item without one; `gap_options` has the gaps that are chosen for.
    """

    language: str
    stem: str
    options: tuple[str, ...]
    explanation: str
    targets: tuple[str, ...] = ()
    gap_options: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    passage: str = ""
    rubric: tuple[Criterion, ...] = ()


def content_of(version_id: int, language: str) -> Content:
    """The content in `language`, or in the version's first language when it was not written in that one.

    Raises LookupError for a version without any text.
    """
    return _render(current_zone_id(), version_id, language)


# Kept for everybody, whoever was the first to ask; who may see it is decided where an attempt or an item is opened.
@lru_cache(maxsize=20_000)
@zone_wide()
def _render(schema: str, version_id: int, language: str) -> Content:
    texts = {
        text.language: text
        for text in ItemText.objects.filter(version_id=version_id)
        .order_by("pk")
        .select_related("version")
        .prefetch_related("options")
    }
    if not texts:
        raise LookupError(f"Item version {version_id} of zone {schema} has no text.")
    text = texts.get(language) or next(iter(texts.values()))
    assets = {asset.name: asset.file.url for asset in ItemAsset.objects.filter(version_id=version_id)}
    columns: dict[tuple[int, bool], list[str]] = {}
    for option in text.options.all():
        columns.setdefault((option.gap, option.is_target), []).append(inline_to_html(option.text, assets))
    return Content(
        language=text.language,
        stem=markdown_to_html(text.stem, assets, gaps=text.version.kind == ItemVersion.Kind.CLOZE),
        options=tuple(columns.get((0, False), ())),
        explanation=markdown_to_html(text.explanation, assets),
        targets=tuple(columns.get((0, True), ())),
        gap_options={gap: tuple(options) for (gap, _is_target), options in columns.items() if gap},
        passage=_passage(text, assets),
        rubric=_rubric(text) if text.version.kind == ItemVersion.Kind.ESSAY else (),
    )


def _passage(text: ItemText, assets: dict[str, str]) -> str:
    """The passage, under its title, in the language of the item's text: every language of an item has one."""
    if text.version.passage_id is None:
        return ""
    passage = PassageText.objects.get(passage_id=text.version.passage_id, language=text.language)
    title = f"<h2>{escape(passage.title)}</h2>\n" if passage.title else ""
    return title + markdown_to_html(passage.text, assets)


def _rubric(text: ItemText) -> tuple[Criterion, ...]:
    rows = RubricText.objects.filter(criterion__version_id=text.version_id, language=text.language)
    return tuple(
        Criterion(row.name, row.criterion.max_points, tuple(row.levels))
        for row in rows.select_related("criterion").order_by("criterion__position")
    )
