"""Which attempts a person sees in lists; one of them is read through exams.selectors.results."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.people import Person
from accounts.permissions import ZONE_WIDE, Role
from accounts.selectors import visible_students
from exams.models import Attempt, ContentArea, ItemVersion
from exams.pools import load_pool
from exams.problems import AttemptRunning
from exams.selectors.results import get_attempt


def visible_attempts(person: Person) -> QuerySet[Attempt]:
    """A student's own attempts; for others those of the students whose reports they may read."""
    attempts = Attempt.objects.select_related("exam", "user")
    if person.role == Role.STUDENT:
        return attempts.filter(user=person.pk)
    if person.role in ZONE_WIDE:
        # Without a join, so that the newest of many are read from the index.
        return attempts
    return attempts.filter(user__in=visible_students(person).order_by().values("pk"))


def get_finished_attempt(person: Person, attempt_id: UUID) -> Attempt:
    """An attempt whose report may be shown. Raises NotFound, or AttemptRunning while its items are still secret."""
    attempt = get_attempt(person, attempt_id)
    if not attempt.is_finished:
        raise AttemptRunning()
    return attempt


def answers_of(attempt: Attempt) -> list[dict[str, Any]]:
    """[{response, version, area}] in their order; `version` is None where its item is another organization's.

    Who may see an attempt sees all of its answers, and what they were about; an item of the bank they see only where
    they may read it (exams.row_security).
    """
    responses = list(attempt.responses.order_by("position"))
    versions = ItemVersion.objects.select_related("item").in_bulk([response.version_id for response in responses])
    loaded, names = load_pool(attempt.pool_id), {area.pk: str(area) for area in ContentArea.objects.all()}
    area_of = {
        version: names.get(int(loaded.pool.area_names[area]), "")
        for version, area in zip(loaded.versions, loaded.pool.area_index, strict=True)
    }
    return [
        {"response": each, "version": versions.get(each.version_id), "area": area_of.get(each.version_id, "")}
        for each in responses
    ]
