"""What tests of the consoles look at: their lists, what is in them, what the log says."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from audit.models import Action, AuditEntry
from exams.models import Attempt, Exam
from exams.pools import current_pool

LISTS = (
    "/accounts/organization/",
    "/accounts/user/",
    "/accounts/classroom/",
    "/accounts/parentlink/",
    "/accounts/outgoingmail/",
    "/exams/contentarea/",
    "/exams/item/",
    "/exams/exam/",
    "/exams/attempt/",
    "/exams/scorescale/",
    "/exams/accommodation/",
    "/exams/importbatch/",
    "/exams/simulationrun/",
    "/audit/auditentry/",
)


def rows(response: Any) -> int:
    return len(response.context["cl"].result_list)


def written(resource: str, action: str = Action.UPDATE) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(resource_type=resource, action=action))


def attempt_of(user: User, exam: Exam) -> Attempt:
    """An attempt that has just begun, without a state to go on from."""
    now = timezone.now()
    return Attempt.objects.create(
        exam=exam,
        user=user,
        organization=user.organization,
        pool=current_pool(exam),
        language="ko",
        started_at=now,
        last_activity_at=now,
        seed=1,
        state={},
    )
