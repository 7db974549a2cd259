"""A whole draft as a line of JSON, which an export carries beside what QTI has words for."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from exams.drafts import CriterionText, DraftKey, DraftPassage, DraftText, ItemDraft

_ILLEGAL = re.compile("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NUMBERS = (int, float)


def encode(draft: ItemDraft) -> str:
    """The draft without its pictures' contents."""
    said = asdict(replace(draft, assets={}))
    said["assets"] = sorted(draft.assets)
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    # What XML cannot hold, JSON can spell.
    return _ILLEGAL.sub(lambda found: json.dumps(found[0])[1:-1], text)


def decode(text: str, pictures: Mapping[str, bytes]) -> ItemDraft:
    """The draft again. Raises ValueError for anything that `encode` does not write."""
    try:
        said = _of(json.loads(text), dict)
        texts = {_of(language, str): _text(part) for language, part in _of(said["texts"], dict).items()}
        passage = None if said["passage"] is None else _passage(_of(said["passage"], dict))
        return ItemDraft(
            texts=texts,
            key=_optional(said["key"], int),
            a=_number(said["a"]),
            b=_number(said["b"]),
            c=_number(said["c"]),
            d=_number(said["d"]),
            source=_of(said["source"], str),
            kind=_of(said["kind"], str),
            scoring=_of(said["scoring"], str),
            model=_of(said["model"], str),
            assets={name: pictures[name] for name in _list(said["assets"], str)},
            keys=tuple(_key(_of(key, dict)) for key in _of(said["keys"], list)),
            gaps={int(gap): _of(kind, str) for gap, kind in _of(said["gaps"], dict).items()},
            rubric=_list(said["rubric"], int),
            max_score=_of(said["max_score"], int),
            case_sensitive=_of(said["case_sensitive"], bool),
            thresholds=tuple(_number(value) for value in _of(said["thresholds"], list)),
            passage=passage,
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not a draft") from error


def _of(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise ValueError(f"{value!r} is no {kind.__name__}")
    return value


def _optional(value: Any, kind: type) -> Any:
    return None if value is None else _of(value, kind)


def _number(value: Any) -> float:
    if type(value) not in _NUMBERS:
        raise ValueError(f"{value!r} is no number")
    return value


def _list(value: Any, kind: type) -> tuple[Any, ...]:
    return tuple(_of(part, kind) for part in _of(value, list))


def _text(said: Mapping[str, Any]) -> DraftText:
    return DraftText(
        stem=_of(said["stem"], str),
        options=_list(said["options"], str),
        explanation=_of(said["explanation"], str),
        targets=_list(said["targets"], str),
        gap_options={int(gap): _list(options, str) for gap, options in _of(said["gap_options"], dict).items()},
        criteria=tuple(
            CriterionText(_of(part["name"], str), _list(part["levels"], str)) for part in _of(said["criteria"], list)
        ),
    )


def _key(said: Mapping[str, Any]) -> DraftKey:
    return DraftKey(
        gap=_of(said["gap"], int),
        option=_optional(said["option"], int),
        target=_optional(said["target"], int),
        language=_of(said["language"], str),
        text=_of(said["text"], str),
        number=None if said["number"] is None else _number(said["number"]),
        tolerance=_number(said["tolerance"]),
        is_relative=_of(said["is_relative"], bool),
        points=_number(said["points"]),
    )


def _passage(said: Mapping[str, Any]) -> DraftPassage:
    texts, titles = _of(said["texts"], dict), _of(said["titles"], dict)
    return DraftPassage(
        _of(said["code"], str),
        {_of(language, str): _of(text, str) for language, text in texts.items()},
        {_of(language, str): _of(title, str) for language, title in titles.items()},
    )
