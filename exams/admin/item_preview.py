"""What an item looks like to a student, and how it measures: for the console's page of an item."""

import json
from typing import Any

import numpy as np
from django.db import connection
from django.utils.translation import get_language_info

from exams.cat.models import ItemParameters, information, probability
from exams.drafts import ItemDraft
from exams.models import ItemVersion
from exams.rendering import inline_to_html, markdown_to_html
from exams.selectors.bank import draft_of

THETA = np.linspace(-4.0, 4.0, 81)
# Points of the observed curve: groups of half a logit with so many answers at least, from the newest answers.
FEWEST, NEWEST = 5, 20_000

_OBSERVED = """
SELECT round(theta * 2) / 2, avg(is_correct::int), count(*)
FROM (SELECT a.theta, r.is_correct FROM exams_response r JOIN exams_attempt a ON a.id = r.attempt_id
      WHERE r.version_id = %s AND a.status = 'finished' AND a.theta IS NOT NULL LIMIT %s) answers
GROUP BY 1 HAVING count(*) >= %s ORDER BY 1
"""


def preview_of(draft: ItemDraft, version: ItemVersion | None) -> dict[str, Any]:
    """Template context: the item in each of its languages, and its characteristic curve as JSON."""
    assets = {asset.name: asset.file.url for asset in version.assets.all()} if version else {}
    return {
        "draft": draft,
        "languages": [
            {
                "code": code,
                "name": _local_name(code),
                "stem": markdown_to_html(text.stem, assets),
                "options": [
                    {"html": inline_to_html(option, assets), "key": number == draft.key}
                    for number, option in enumerate(text.options, start=1)
                ],
                "explanation": markdown_to_html(text.explanation, assets),
            }
            for code, text in draft.texts.items()
        ],
        "icc": json.dumps(curve_of(draft, version)),
        "best_at": most_informative_at(draft),
    }


def _local_name(code: str) -> str:
    try:
        return get_language_info(code)["name_local"]
    except KeyError:
        return code


def preview_of_version(version: ItemVersion) -> dict[str, Any]:
    return preview_of(draft_of(version), version)


def _parameters(draft: ItemDraft) -> ItemParameters:
    return ItemParameters(a=np.array([draft.a]), b=np.array([draft.b]), c=np.array([draft.c]))


def curve_of(draft: ItemDraft, version: ItemVersion | None) -> dict[str, Any]:
    """{"curve": [{theta, p, information}], "observed": [{theta, p, n}]}; observed are finished attempts' answers."""
    item = _parameters(draft)
    rows = zip(THETA, probability(THETA, item)[:, 0], information(THETA, item)[:, 0], strict=True)
    curve = [{"theta": round(t, 2), "p": round(p, 4), "information": round(i, 4)} for t, p, i in rows]
    return {"curve": curve, "observed": observed(version.pk) if version else []}


def observed(version_id: int) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_OBSERVED, [version_id, NEWEST, FEWEST])
        return [{"theta": theta, "p": round(float(p), 4), "n": n} for theta, p, n in cursor.fetchall()]


def most_informative_at(draft: ItemDraft) -> float:
    """The ability (logits) at which the item tells most: b + ln((1 + sqrt(1 + 8c)) / 2) / a (Lord, 1980, eq. 10-4)."""
    return float(draft.b + np.log((1 + np.sqrt(1 + 8 * draft.c)) / 2) / draft.a)
