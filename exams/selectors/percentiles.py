"""A score against the group that took the same exam."""

from django.db.models import Count, Q

from exams.models import Attempt


def percentile_of(attempt: Attempt) -> float | None:
    """The percentile rank of a finished attempt's score in its exam, 0 to 100.

    Share of the group below, plus half of those with the same score. None without a score or a group of one.
    """
    if attempt.score is None:
        return None
    group = Attempt.objects.filter(exam_id=attempt.exam_id, status=Attempt.Status.FINISHED, score__isnull=False)
    counted = group.exclude(pk=attempt.pk).aggregate(
        n=Count("pk"),
        below=Count("pk", filter=Q(score__lt=attempt.score)),
        same=Count("pk", filter=Q(score=attempt.score)),
    )
    if not counted["n"]:
        return None
    return round(100 * (counted["below"] + counted["same"] / 2) / counted["n"], 1)
