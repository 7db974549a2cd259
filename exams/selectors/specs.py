"""What scoring needs to know of item versions, read once for a pool or a review."""

from collections.abc import Sequence

from django.db import connection

from exams.models import ItemGap, ItemKey, ItemVersion
from exams.scoring import AnswerSpec, Key

_KEY_COLUMNS = tuple(Key.__dataclass_fields__)
# Every language has as many; the primary keys of a version's texts are all that the join reads.
_COUNTS = """
SELECT t.version_id, o.gap, o.is_target, max(o.position)
FROM exams_itemtext t JOIN exams_itemoption o ON o.text_of_id = t.id
WHERE t.version_id = ANY(%s) GROUP BY 1, 2, 3
"""


def answer_specs(versions: Sequence[int]) -> dict[int, AnswerSpec]:
    """The spec of each version: two queries when all are single choices, four otherwise, however many."""
    columns = ("kind", "key", "scoring", "max_score", "case_sensitive")
    rows = {pk: said for pk, *said in ItemVersion.objects.filter(pk__in=versions).values_list("pk", *columns)}
    counts = _option_counts(versions)
    others = [pk for pk, said in rows.items() if said[0] != ItemVersion.Kind.SINGLE]
    keys, gaps = (_keys(others), _gaps(others)) if others else ({}, {})
    return {
        pk: AnswerSpec(
            kind=kind,
            key=key,
            options=counts.get(pk, {}).get((0, False), 0),
            targets=counts.get(pk, {}).get((0, True), 0),
            keys=tuple(keys.get(pk, ())),
            gaps=gaps.get(pk, {}),
            gap_options={gap: count for (gap, _is_target), count in counts.get(pk, {}).items() if gap},
            scoring=scoring,
            max_score=max_score,
            case_sensitive=case_sensitive,
        )
        for pk, (kind, key, scoring, max_score, case_sensitive) in rows.items()
    }


def _option_counts(versions: Sequence[int]) -> dict[int, dict[tuple[int, bool], int]]:
    counts: dict[int, dict[tuple[int, bool], int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [list(versions)])
        for version, gap, is_target, count in cursor.fetchall():
            counts.setdefault(version, {})[gap, is_target] = count
    return counts


def _keys(versions: Sequence[int]) -> dict[int, list[Key]]:
    found: dict[int, list[Key]] = {}
    rows = ItemKey.objects.filter(version__in=versions).order_by("pk").values_list("version_id", *_KEY_COLUMNS)
    for version, *values in rows:
        found.setdefault(version, []).append(Key(*values))
    return found


def _gaps(versions: Sequence[int]) -> dict[int, dict[int, str]]:
    found: dict[int, dict[int, str]] = {}
    rows = ItemGap.objects.filter(version__in=versions).order_by("number")
    for version, number, kind in rows.values_list("version_id", "number", "kind"):
        found.setdefault(version, {})[number] = kind
    return found
