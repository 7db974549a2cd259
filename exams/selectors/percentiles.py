"""A score against the group that took the same exam."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from exams.models import Attempt

# One pass over each exam's scores, in the order of the index attempt_exam_score.
_RANKS = """
SELECT id, n, below, same FROM (
    SELECT id, count(*) OVER (PARTITION BY exam_id) AS n,
           rank() OVER (PARTITION BY exam_id ORDER BY score) - 1 AS below,
           count(*) OVER (PARTITION BY exam_id, score) AS same
    FROM exams_attempt
    WHERE status = 'finished' AND score IS NOT NULL
      AND exam_id IN (SELECT exam_id FROM exams_attempt WHERE id = ANY(%(ids)s))
) ranked WHERE id = ANY(%(ids)s)
"""
# For one attempt counting is cheaper than ranking everybody; it stands on the way of an exam's last answer.
_RANK = """
SELECT count(*), count(*) FILTER (WHERE score < %(score)s), count(*) FILTER (WHERE score = %(score)s)
FROM exams_attempt WHERE exam_id = %(exam)s AND status = 'finished' AND score IS NOT NULL
"""


def percentiles(attempt_ids: Iterable[UUID]) -> dict[UUID, float]:
    """The percentile rank, 0 to 100, of each finished attempt with a score. One query.

    Share of the others below, plus half of those with the same score. Attempts at an exam that nobody else finished
    are left out.
    """
    ids = list(attempt_ids)
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_RANKS, {"ids": ids})
        rows = cursor.fetchall()
    return {pk: _percentile(n, below, same) for pk, n, below, same in rows if n > 1}


def percentile_of(attempt: Attempt) -> float | None:
    """The percentile rank of one finished attempt, None without a score or a group."""
    if attempt.score is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_RANK, {"exam": attempt.exam_id, "score": attempt.score})
        n, below, same = cursor.fetchone()
    return _percentile(n, below, same) if n > 1 else None


def _percentile(n: int, below: int, same: int) -> float:
    return round(100 * (below + (same - 1) / 2) / (n - 1), 1)
