"""A score against the group that took the same exam."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from exams.models import Attempt

# Answered from the index attempt_exam_score alone.
_RANKS = """
SELECT mine.id, g.n, g.below, g.same
FROM exams_attempt mine
CROSS JOIN LATERAL (
    SELECT count(*) AS n, count(*) FILTER (WHERE other.score < mine.score) AS below,
           count(*) FILTER (WHERE other.score = mine.score) AS same
    FROM exams_attempt other
    WHERE other.exam_id = mine.exam_id AND other.status = 'finished' AND other.score IS NOT NULL
) g
WHERE mine.id = ANY(%s) AND mine.status = 'finished' AND mine.score IS NOT NULL
"""


def percentiles(attempt_ids: Iterable[UUID]) -> dict[UUID, float]:
    """The percentile rank, 0 to 100, of each finished attempt with a score. One query.

    Share of the others below, plus half of those with the same score. Attempts at an exam that nobody else finished
    are left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RANKS, [list(attempt_ids)])
        rows = cursor.fetchall()
    return {pk: round(100 * (below + (same - 1) / 2) / (n - 1), 1) for pk, n, below, same in rows if n > 1}


def percentile_of(attempt: Attempt) -> float | None:
    """The percentile rank of one attempt, None without a score or a group."""
    return None if attempt.score is None else percentiles([attempt.pk]).get(attempt.pk)
