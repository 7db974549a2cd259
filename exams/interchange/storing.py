"""Drafts as JSON values, for the rows that wait between an import's preview and its confirmation.

Pictures stay outside: they are bytes, and have rows of their own.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from math import isfinite
from typing import Any

from exams.drafts import CriterionText, DraftKey, DraftPassage, DraftText, ItemDraft
from exams.interchange.package import Loss

# What the database cannot store in a text: NUL, and halves of surrogate pairs.
_UNSTORABLE = dict.fromkeys([0, *range(0xD800, 0xE000)], "\ufffd")


def storable(value: Any) -> Any:
    """`value` (texts, numbers, lists, mappings) with every text such that PostgreSQL takes it.

    Raises ValueError for a number that is infinite or none.
    """
    if isinstance(value, str):
        return value.translate(_UNSTORABLE)
    if isinstance(value, Mapping):
        return {storable(str(name)): storable(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [storable(each) for each in value]
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(f"{value} is no number that can be stored")
    return value


def losses_as_json(losses: tuple[Loss, ...]) -> list[dict[str, str]]:
    return storable([{"words": str(loss.words), "where": str(loss.where)} for loss in losses])


def as_json(draft: ItemDraft) -> dict[str, Any]:
    """The draft without its pictures. Raises ValueError for a number that JSON cannot say."""
    return storable(asdict(replace(draft, assets={})))


def from_json(stored: Mapping[str, Any], assets: Mapping[str, bytes]) -> ItemDraft:
    """What `as_json` was given, with these pictures."""
    plain = {each.name: stored[each.name] for each in fields(ItemDraft) if each.name in stored}
    passage = plain.pop("passage", None)
    return ItemDraft(
        **{
            **plain,
            "assets": dict(assets),
            "texts": {language: _text(said) for language, said in stored["texts"].items()},
            "keys": tuple(DraftKey(**key) for key in stored["keys"]),
            "gaps": {int(number): kind for number, kind in stored["gaps"].items()},
            "rubric": tuple(stored["rubric"]),
            "thresholds": tuple(stored["thresholds"]),
            "passage": DraftPassage(**passage) if passage else None,
        }
    )


def _text(said: Mapping[str, Any]) -> DraftText:
    return DraftText(
        **{
            **said,
            "options": tuple(said["options"]),
            "targets": tuple(said["targets"]),
            "gap_options": {int(number): tuple(options) for number, options in said["gap_options"].items()},
            "criteria": tuple(CriterionText(each["name"], tuple(each["levels"])) for each in said["criteria"]),
        }
    )
