"""What a zone offers, for people who are not logged in."""

from typing import Any

from django.core.cache import cache
from django.utils.translation import get_language

from accounts.models import User
from accounts.people import Anonymous
from accounts.permissions import Role
from exams.models import Attempt, Exam, Item
from exams.selectors.exams import visible_exams
from zones.context import zone_wide

SECONDS = 3600


def catalogue() -> dict[str, Any]:
    """{exams, stats} for the landing page, kept in the cache for an hour."""
    key = f"catalogue:{get_language()}"
    found = cache.get(key)
    if found is None:
        found = _read()
        cache.set(key, found, SECONDS)
    return found


# One answer for all visitors, with the zone's own numbers in it.
@zone_wide()
def _read() -> dict[str, Any]:
    exams = visible_exams(Anonymous()).filter(status=Exam.Status.PUBLISHED).order_by("-max_items", "title")
    return {
        "exams": [
            {
                "title": exam.translated("title"),
                "description": exam.translated("description"),
                "kind": exam.kind,
                "max_items": exam.max_items,
                "time_limit_minutes": exam.time_limit_minutes,
            }
            for exam in exams
        ],
        "stats": {
            "items": Item.objects.filter(status=Item.Status.ACTIVE).count(),
            "exams": len(exams),
            "students": User.objects.filter(role=Role.STUDENT).count(),
            "attempts": Attempt.objects.filter(status=Attempt.Status.FINISHED).count(),
        },
    }
