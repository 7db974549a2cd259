"""Classical statistics of items and exams, computed by PostgreSQL over all responses."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Avg, Count, Q, QuerySet, StdDev
from django.utils.translation import gettext as _

from exams.models import Attempt, ContentArea, Item
from exams.selectors.histograms import score_bins
from zones.context import zone_wide

# Where to look: thresholds from the usual handbooks (Ebel & Frisbie 1991, ch. 13), in words on the page.
FEW, EASY, HARD, WEAK, OFTEN = 30, 0.95, 0.2, 0.1, 0.6

_ITEMS = """
SELECT v.item_id, count(*) AS n, avg(r.score::float / v.max_score) AS facility,
       corr(r.score::float / v.max_score, a.theta) AS discrimination, avg(r.elapsed_ms) / 1000.0 AS seconds
FROM exams_response r
JOIN exams_attempt a ON a.id = r.attempt_id
JOIN exams_itemversion v ON v.id = r.version_id
WHERE a.exam_id = %(exam)s AND a.status = 'finished' AND r.score IS NOT NULL
  AND (%(users)s::uuid[] IS NULL OR a.user_id = ANY(%(users)s))
GROUP BY v.item_id
"""

_AREAS = """
SELECT i.area_id, count(*), sum(r.is_correct::int), sum(
    CASE v.model
    WHEN 'logistic' THEN r.guessing + (v.upper - r.guessing) / (1 + exp(-r.discrimination * (a.theta - r.difficulty)))
    WHEN 'grm' THEN 1 / (1 + exp(-r.discrimination * (a.theta - v.thresholds[v.max_score])))
    ELSE 1 / (
        SELECT 1 + sum(exp(-steps)) FROM (
            SELECT sum(r.discrimination * (a.theta - step)) OVER (ORDER BY place DESC) AS steps
            FROM unnest(v.thresholds) WITH ORDINALITY AS step_of (step, place)
        ) AS downwards
    ) END)
FROM exams_response r
JOIN exams_attempt a ON a.id = r.attempt_id
JOIN exams_itemversion v ON v.id = r.version_id
JOIN exams_item i ON i.id = v.item_id
WHERE a.status = 'finished' AND r.is_scored AND r.score IS NOT NULL
  AND (%(users)s::uuid[] IS NULL OR a.user_id = ANY(%(users)s))
  AND (%(exam)s::uuid IS NULL OR a.exam_id = %(exam)s)
GROUP BY i.area_id
"""


@dataclass(frozen=True)
class ItemStatistics:
    """One item within an exam. `discrimination` is the correlation of a right answer with the final ability."""

    item_id: UUID
    code: str
    area: str
    n: int
    facility: float
    discrimination: float | None
    exposure: float
    seconds: float | None
    difficulty: float
    flags: list[str]


def item_statistics(exam_id: UUID, user_ids: list[UUID] | None = None) -> list[ItemStatistics]:
    """Every item that was answered in finished attempts at the exam; `user_ids` confines it to a class.

    facility: share of right answers; exposure: share of the attempts that were given the item. Three queries.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ITEMS, {"exam": exam_id, "users": user_ids})
        rows = cursor.fetchall()
    attempts = _finished(exam_id, user_ids).count()
    items = {
        item.pk: item for item in Item.objects.filter(pk__in=[row[0] for row in rows]).select_related("area", "current")
    }
    return sorted((_item_row(items[row[0]], row, attempts) for row in rows), key=lambda row: row.code)


def _item_row(item: Item, row: tuple, attempts: int) -> ItemStatistics:
    _item, n, facility, discrimination, seconds = row
    exposure = n / attempts if attempts else 0.0
    return ItemStatistics(
        item_id=item.pk,
        code=item.code,
        area=item.area.translated("name"),
        n=n,
        facility=round(float(facility), 3),
        discrimination=None if discrimination is None else round(discrimination, 3),
        exposure=round(exposure, 3),
        seconds=None if seconds is None else round(float(seconds), 1),
        difficulty=round(item.current.difficulty, 2) if item.current else 0.0,
        flags=flags_of(n, float(facility), discrimination, exposure),
    )


def flags_of(n: int, facility: float, discrimination: float | None, exposure: float) -> list[str]:
    """What a teacher should look at, in words; nothing is concluded from fewer than 30 answers."""
    if n < FEW:
        return [_("too few answers to judge")]
    flags = []
    if facility > EASY:
        flags.append(_("nearly everybody is right"))
    if facility < HARD:
        flags.append(_("few are right: is the key correct?"))
    if discrimination is not None and discrimination < WEAK:
        flags.append(_("does not separate strong from weak"))
    if exposure > OFTEN:
        flags.append(_("given very often"))
    return flags


def _finished(exam_id: UUID, user_ids: list[UUID] | None = None) -> QuerySet[Attempt]:
    attempts = Attempt.objects.filter(exam_id=exam_id, status=Attempt.Status.FINISHED)
    return attempts if user_ids is None else attempts.filter(user_id__in=user_ids)


def exam_summary(exam_id: UUID, user_ids: list[UUID] | None = None) -> dict[str, Any]:
    """Counts and score statistics of an exam, of everybody or of the given students. Two queries."""
    attempts = Attempt.objects.filter(exam_id=exam_id)
    attempts = attempts if user_ids is None else attempts.filter(user_id__in=user_ids)
    done = Q(status=Attempt.Status.FINISHED)
    summary = attempts.aggregate(
        started=Count("pk"),
        finished=Count("pk", filter=done),
        mean=Avg("score"),
        sd=StdDev("score"),
        se=Avg("se", filter=done),
    )
    running = summary["started"] - summary["finished"]
    return {**summary, "running": running, "bins": score_bins(attempts)}


# What a question was about, also one of another organization's exam that these students took.
@zone_wide()
def area_profile(user_ids: list[UUID] | None, exam_id: UUID | None = None) -> list[dict[str, Any]]:
    """Right answers and those that the model expects, by content area over finished attempts. Two queries.

    Returns [{area, correct, answered, expected}]; `expected` sums each item's probability of its highest score at
    the attempt's final ability, by the item's own model (exams.selectors.results.chances_of_right says it of one).
    """
    with connection.cursor() as cursor:
        cursor.execute(_AREAS, {"users": user_ids, "exam": exam_id})
        rows = {area: values for area, *values in cursor.fetchall()}
    return [
        {
            "area": area.translated("name"),
            "answered": rows[area.pk][0],
            "correct": rows[area.pk][1],
            "expected": round(float(rows[area.pk][2]), 1),
        }
        for area in ContentArea.objects.filter(pk__in=rows)
    ]
