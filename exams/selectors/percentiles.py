"""A score against the group that took the same exam."""

from collections.abc import Iterable
from uuid import UUID

import numpy as np
from django.core.cache import cache
from django.db import connection
from django.db.models import Count

from exams.models import Attempt
from zones.context import zone_wide

# Lists show ranks in groups that change by the minute at most; one's own result is counted fresh.
SECONDS = 60
_RANK = """
SELECT count(*), count(*) FILTER (WHERE score < %(score)s), count(*) FILTER (WHERE score = %(score)s)
FROM exams_attempt WHERE exam_id = %(exam)s AND status = 'finished' AND score IS NOT NULL
"""


def percentiles(attempts: Iterable[Attempt]) -> dict[UUID, float]:
    """The percentile rank, 0 to 100, of each finished attempt with a score, among the group of a minute ago at most.

    Share of the others below, plus half of those with the same score. Attempts at an exam that nobody else finished
    are left out. One query an exam, once a minute.
    """
    ranks = {}
    groups: dict[UUID, tuple[list[float], list[int]]] = {}
    for attempt in attempts:
        if attempt.score is None or not attempt.is_finished:
            continue
        if attempt.exam_id not in groups:
            groups[attempt.exam_id] = _group(attempt.exam_id)
        scores, counts = groups[attempt.exam_id]
        below = int(np.sum(counts, where=np.less(scores, attempt.score)))
        same = int(np.sum(counts, where=np.equal(scores, attempt.score)))
        if (n := sum(counts)) > 1:
            ranks[attempt.pk] = _percentile(n, below, max(same, 1))
    return ranks


# A rank is among everybody in the zone, and names nobody.
@zone_wide()
def _group(exam_id: UUID) -> tuple[list[float], list[int]]:
    """The different scores of everybody who finished the exam, and how many have each."""
    key = f"scores:{exam_id}"
    found = cache.get(key)
    if found is None:
        finished = Attempt.objects.filter(exam_id=exam_id, status=Attempt.Status.FINISHED, score__isnull=False)
        rows = list(finished.order_by().values_list("score").annotate(n=Count("pk")))
        found = [score for score, _n in rows], [n for _score, n in rows]
        cache.set(key, found, SECONDS)
    return found


@zone_wide()
def percentile_of(attempt: Attempt) -> float | None:
    """The percentile rank of one finished attempt, counted now; None without a score or a group."""
    if attempt.score is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_RANK, {"exam": attempt.exam_id, "score": attempt.score})
        n, below, same = cursor.fetchone()
    return _percentile(n, below, same) if n > 1 else None


def _percentile(n: int, below: int, same: int) -> float:
    return round(100 * (below + (same - 1) / 2) / (n - 1), 1)
