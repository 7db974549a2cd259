"""A draft as its importer sees it before it is an item: rendered texts, and the key in words."""

import base64
from typing import Any

from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from exams.drafts import DraftText, ItemDraft
from exams.interchange.columns import keys_text
from exams.models import ItemVersion
from exams.rendering import inline_to_html, markdown_to_html

Kind = ItemVersion.Kind
_TYPES = {"png": "png", "jpg": "jpeg", "jpeg": "jpeg", "webp": "webp", "gif": "gif"}


def shown(draft: ItemDraft, kept: dict[str, str] | None = None) -> dict[str, Any]:
    """Template context: {kind, key, languages [{code, name, passage, stem, options, targets, gaps, explanation}]}.

    Pictures are in the page itself, since nobody but their importer may see them yet; `kept` has the addresses of those
    that the item shows already.
    """
    assets = {**(kept or {}), **{name: _as_address(name, content) for name, content in draft.assets.items()}}
    return {
        "kind": Kind(draft.kind).label if draft.kind in Kind.values else draft.kind,
        "key": _key(draft),
        "languages": [_language(draft, code, text, assets) for code, text in draft.texts.items()],
    }


def _as_address(name: str, content: bytes) -> str:
    kind = _TYPES.get(name.rsplit(".", 1)[-1].lower(), "png")
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _key(draft: ItemDraft) -> list[str]:
    """The rows of the key, for every kind that shows it in no other way."""
    if draft.kind == Kind.ESSAY:
        return [_("up to %(points)d points") % {"points": points} for points in draft.rubric]
    if draft.kind in (Kind.SINGLE, Kind.MULTIPLE):
        return []
    return keys_text(draft.kind, draft.keys, draft.gaps).split("\n")


def _language(draft: ItemDraft, code: str, text: DraftText, assets: dict[str, str]) -> dict[str, Any]:
    worth = {key.option: key.points for key in draft.keys} if draft.kind == Kind.MULTIPLE else {draft.key: 1.0}
    try:
        name = get_language_info(code)["name_local"]
    except KeyError:
        name = code
    return {
        "code": code,
        "name": name,
        "passage": markdown_to_html(draft.passage.texts.get(code, ""), assets) if draft.passage else "",
        "stem": markdown_to_html(text.stem, assets),
        "options": [
            {"html": inline_to_html(option, assets), "key": worth.get(number, 0) > 0}
            for number, option in enumerate(text.options, start=1)
        ],
        "targets": [inline_to_html(target, assets) for target in text.targets],
        "gaps": [
            {"number": number, "options": [inline_to_html(option, assets) for option in options]}
            for number, options in text.gap_options.items()
        ],
        "criteria": [criterion.name for criterion in text.criteria],
        "explanation": markdown_to_html(text.explanation, assets),
    }
