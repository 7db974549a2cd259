"""What a student sees of an item version, rendered once a process.

A version never changes, so its rendering may be kept for ever; the cache is bounded by count.
"""

from dataclasses import dataclass
from functools import lru_cache

from exams.models import ItemAsset, ItemText
from exams.rendering import inline_to_html, markdown_to_html
from zones.context import current_zone_id


@dataclass(frozen=True)
class Content:
    """One item version in one language: HTML of stem, options (in position order, from 1) and explanation."""

    language: str
    stem: str
    options: tuple[str, ...]
    explanation: str


def content_of(version_id: int, language: str) -> Content:
    """The content in `language`, or in the version's first language when it was not written in that one.

    Raises LookupError for a version without any text.
    """
    return _render(current_zone_id(), version_id, language)


@lru_cache(maxsize=20_000)
def _render(schema: str, version_id: int, language: str) -> Content:
    texts = {
        text.language: text
        for text in ItemText.objects.filter(version_id=version_id).order_by("pk").prefetch_related("options")
    }
    if not texts:
        raise LookupError(f"Item version {version_id} of zone {schema} has no text.")
    text = texts.get(language) or next(iter(texts.values()))
    assets = {asset.name: asset.file.url for asset in ItemAsset.objects.filter(version_id=version_id)}
    return Content(
        language=text.language,
        stem=markdown_to_html(text.stem, assets),
        options=tuple(inline_to_html(option.text, assets) for option in text.options.all()),
        explanation=markdown_to_html(text.explanation, assets),
    )
