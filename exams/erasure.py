"""What exams forget of a person who is erased, beside what their tables say (exams.privacy).

Attempts, answers and scores stay under the account's id: items were measured by them. What somebody wrote does not:
texts, clozes and essays are emptied, and so are the comments on them and the name under grades that the person gave.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

import redis
from django.db.models import QuerySet

from exams import live
from exams.models import Attempt, Grade, ItemVersion, Response

WRITTEN = (ItemVersion.Kind.TEXT, ItemVersion.Kind.ESSAY)


def erase(user_id: UUID, *, dry_run: bool) -> Iterator[tuple[str, int]]:
    """Empty what the person wrote; yields what was (or would be) done, and to how many rows."""
    mine = Response.objects.filter(attempt__user_id=user_id, answer__isnull=False)
    given = Grade.objects.filter(grader_id=user_id)
    steps: list[tuple[str, QuerySet[Any], dict[str, Any]]] = [
        ("exams.Response.answer", mine.filter(version__kind__in=WRITTEN), {"answer": {"text": ""}}),
        ("exams.Response.answer", mine.filter(version__kind=ItemVersion.Kind.CLOZE), {"answer": {"gaps": {}}}),
        ("exams.Grade.comment", Grade.objects.filter(response__attempt__user_id=user_id), {"comment": ""}),
        ("exams.Grade.grader_name", given, {"grader_name": "", "comment": ""}),
    ]
    for name, rows, values in steps:
        yield name, rows.count() if dry_run else rows.update(**values)
    if not dry_run:
        attempts = Attempt.objects.filter(user_id=user_id).values_list("pk", flat=True)
        # Copies; where Redis is away they end by themselves within a day.
        with suppress(redis.RedisError):
            live.forget(attempts)
