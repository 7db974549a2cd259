"""What an item looks like to a student, what is right, and how it measures: for the console's page of an item."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from django.db import connection
from django.utils.translation import get_language_info

from exams.admin.key_lines import write_marks, write_numbers, write_texts
from exams.cat.items import Items, build_items, expected_scores, information, probabilities
from exams.drafts import DraftText, ItemDraft
from exams.models import ItemGap, ItemVersion
from exams.rendering import inline_to_html, markdown_to_html
from exams.selectors.bank import draft_of

Kind = ItemVersion.Kind
THETA = np.linspace(-4.0, 4.0, 81)
# Points of the observed curve: groups of half a logit with so many answers at least, from the newest answers.
FEWEST, NEWEST = 5, 20_000

_OBSERVED = """
SELECT round(theta * 2) / 2, avg(share), count(*)
FROM (SELECT a.theta, r.score::float / v.max_score AS share
      FROM exams_response r JOIN exams_attempt a ON a.id = r.attempt_id JOIN exams_itemversion v ON v.id = r.version_id
      WHERE r.version_id = %s AND a.status = 'finished' AND a.theta IS NOT NULL AND r.score IS NOT NULL LIMIT %s)
      answers
GROUP BY 1 HAVING count(*) >= %s ORDER BY 1
"""


def preview_of(draft: ItemDraft, version: ItemVersion | None) -> dict[str, Any]:
    """Template context: the item in each of its languages with its key, and its curves as JSON."""
    assets = {asset.name: asset.file.url for asset in version.assets.all()} if version else {}
    return {
        "draft": draft,
        "languages": [_language(draft, code, text, assets) for code, text in draft.texts.items()],
        "icc": json.dumps(curve_of(draft, version)),
        "best_at": most_informative_at(draft),
    }


def _language(draft: ItemDraft, code: str, text: DraftText, assets: Mapping[str, str]) -> dict[str, Any]:
    passage = draft.passage.texts.get(code, "") if draft.passage else ""
    return {
        "code": code,
        "name": _local_name(code),
        "passage_title": draft.passage.titles.get(code, "") if draft.passage else "",
        "passage": markdown_to_html(passage, dict(assets)),
        "stem": markdown_to_html(text.stem, dict(assets), gaps=draft.kind == Kind.CLOZE),
        # What static/js/item_preview.js answers with: the item as the exam's own page gets it.
        "item": json.dumps(_item(draft, code, text, assets)),
        "options": [
            {"html": inline_to_html(option, dict(assets)), "key": draft.kind == Kind.SINGLE and number == draft.key}
            for number, option in enumerate(text.options, start=1)
        ],
        "key": list(_key_lines(draft, text, assets)),
        "criteria": [
            {"name": said.name, "most": most, "levels": said.levels}
            for said, most in zip(text.criteria, draft.rubric, strict=False)
        ],
        "explanation": markdown_to_html(text.explanation, dict(assets)),
    }


def _item(draft: ItemDraft, code: str, text: DraftText, assets: Mapping[str, str]) -> dict[str, Any]:
    def shown(options: tuple[str, ...]) -> list[dict[str, Any]]:
        return [{"id": n, "html": inline_to_html(option, dict(assets))} for n, option in enumerate(options, start=1)]

    gaps = [
        {"number": gap, "kind": kind, "options": shown(text.gap_options.get(gap, ()))}
        for gap, kind in sorted(draft.gaps.items())
    ]
    return {
        "kind": draft.kind,
        "language": code,
        "options": shown(text.options),
        "targets": shown(text.targets),
        "gaps": gaps,
    }


def _key_lines(draft: ItemDraft, text: DraftText, assets: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """What is right, a part a line: {label, html or text}; "?" for an option that the key names but is not there."""

    def option(number: int | None, among: tuple[str, ...]) -> str:
        known = number is not None and 1 <= number <= len(among)
        return inline_to_html(among[number - 1], dict(assets)) if number and known else "?"

    if draft.kind == Kind.ORDERING:
        for key in sorted(draft.keys, key=lambda key: key.target or 0):
            yield {"label": f"{key.target}.", "html": option(key.option, text.options)}
    elif draft.kind == Kind.MATCHING:
        for key in draft.keys:
            pair = f"{option(key.option, text.options)} → {option(key.target, text.targets)}"
            yield {"label": _points(key.points), "html": pair}
    elif draft.kind == Kind.MULTIPLE:
        for key in draft.keys:
            yield {"label": _points(key.points) or "+1", "html": option(key.option, text.options)}
    elif draft.kind == Kind.SINGLE:
        yield {"label": str(draft.key or ""), "html": option(draft.key, text.options)}
    elif draft.kind in {Kind.NUMERIC, Kind.TEXT}:
        writer = write_numbers if draft.kind == Kind.NUMERIC else write_texts
        for line in writer(draft.keys).splitlines():
            yield {"label": "", "text": line}
    for gap, kind in sorted(draft.gaps.items()):
        keys = [key for key in draft.keys if key.gap == gap]
        if kind == ItemGap.Kind.CHOICE:
            among = text.gap_options.get(gap, ())
            marks = [(key.option or 0, key.points) for key in keys]
            right = ", ".join(option(number, among) for number, _share in marks)
            yield {"label": f"[[{gap}]]", "html": f"{right} ({write_marks(marks)})" if marks else ""}
        else:
            writer = write_numbers if kind == ItemGap.Kind.NUMERIC else write_texts
            yield {"label": f"[[{gap}]]", "text": " / ".join(writer(keys).splitlines())}


def _points(points: float) -> str:
    return "" if points == 1 else f"{points:+g}"


def _local_name(code: str) -> str:
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return code


def preview_of_version(version: ItemVersion) -> dict[str, Any]:
    return preview_of(draft_of(version), version)


def _parameters(draft: ItemDraft) -> Items:
    return build_items([draft.model], [draft.a], [draft.b], [draft.c], [draft.d], [draft.thresholds])


def curve_of(draft: ItemDraft, version: ItemVersion | None) -> dict[str, Any]:
    """{"curve": [{theta, p, information}], "categories": [[p of score 0 …]], "observed": [{theta, p, n}]}.

    At 81 abilities; `p` is the expected share of the highest score, in [0, 1]; `categories` is empty for an item with
    two scores. Observed are finished attempts' answers. Parameters that no model takes give empty curves.
    """
    try:
        item = _parameters(draft)
    except ValueError:
        return {"curve": [], "categories": [], "observed": []}
    share = expected_scores(THETA, item)[:, 0] / max(len(draft.thresholds), 1)
    rows = zip(THETA, share, information(THETA, item)[:, 0], strict=True)
    table = np.round(probabilities(THETA, item), 4).T.tolist() if len(draft.thresholds) > 1 else []
    return {
        "curve": [{"theta": round(t, 2), "p": round(p, 4), "information": round(i, 4)} for t, p, i in rows],
        "categories": table,
        "observed": observed(version.pk) if version else [],
    }


def observed(version_id: int) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_OBSERVED, [version_id, NEWEST, FEWEST])
        return [{"theta": theta, "p": round(float(p), 4), "n": n} for theta, p, n in cursor.fetchall()]


def most_informative_at(draft: ItemDraft) -> float | None:
    """The ability (logits) at which the item tells most, to a hundredth; None for parameters that no model takes.

    For three parameters it is b + ln((1 + sqrt(1 + 8c)) / 2) / a (Lord, 1980, eq. 10-4); here it is looked up, for all
    models alike, within four logits of the difficulty.
    """
    try:
        item = _parameters(draft)
    except ValueError:
        return None
    theta = draft.b + np.linspace(-4.0, 4.0, 801)
    return float(theta[np.argmax(information(theta, item)[:, 0])])
