"""Scores in bins, for charts. PostgreSQL counts them: a group may be a hundred thousand."""

from typing import Any

from django.db.models import Count, F, QuerySet
from django.db.models.fields import IntegerField
from django.db.models.functions import Cast, Floor

from exams.models import Attempt

BIN_WIDTH = 50


def score_bins(attempts: QuerySet[Attempt]) -> list[dict[str, Any]]:
    """Counts of the finished attempts' scores in bins of 50 points without gaps: [{from, to, count}]. One query.

    A bin holds the scores from its lower bound up to, but not including, its upper one.
    """
    number = Cast(Floor(F("score") / BIN_WIDTH), IntegerField())
    finished = attempts.filter(status=Attempt.Status.FINISHED, score__isnull=False).order_by()
    counts = dict(finished.annotate(bin=number).values("bin").annotate(n=Count("pk")).values_list("bin", "n"))
    if not counts:
        return []
    return [
        {"from": place * BIN_WIDTH, "to": (place + 1) * BIN_WIDTH, "count": counts.get(place, 0)}
        for place in range(min(counts), max(counts) + 1)
    ]
