"""Ending attempts: by time, by hand, or because everything was answered."""

from datetime import datetime, timedelta

from django.db import transaction

from audit import clock
from audit.models import Action
from audit.services import record
from exams import live
from exams.models import Attempt
from exams.state import scaled_score

# An attempt without any deadline is not kept open for ever.
ABANDONED_AFTER = timedelta(days=30)


def finish(attempt: Attempt, *, reason: str, at: datetime) -> None:
    """End a locked attempt as it stands. Must run in the transaction that holds the lock.

    Nothing answered: no score. The item on the screen is withdrawn.
    """
    attempt.status, attempt.finish_reason, attempt.finished_at = Attempt.Status.FINISHED, reason, at
    attempt.state = {**attempt.state, "item": None}
    if attempt.answered:
        attempt.score = scaled_score(attempt.state["theta"])
    attempt.save(update_fields=["status", "finish_reason", "finished_at", "state", "score"])
    details = {"event": "finish", "reason": str(reason), "answered": attempt.answered}
    record(Action.UPDATE, "attempt", attempt.pk, organization_id=attempt.organization_id, details=details)


def finish_overdue(*, limit: int = 500) -> int:
    """Finish attempts whose deadline passed and those left for a month; the number that were ended.

    Each in its own transaction; one that its student is answering at this moment is left to the next run.
    """
    now = clock.now()
    open_attempts = Attempt.objects.filter(status=Attempt.Status.IN_PROGRESS)
    overdue = open_attempts.filter(deadline_at__lt=now) | open_attempts.filter(
        deadline_at=None, last_activity_at__lt=now - ABANDONED_AFTER
    )
    ended = 0
    for pk in list(overdue.order_by("deadline_at").values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            attempt = (
                Attempt.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(pk=pk, status=Attempt.Status.IN_PROGRESS)
                .first()
            )
            if attempt is None:
                continue
            finish(attempt, reason=time_reason(attempt), at=attempt.deadline_at or now)
        live.publish(attempt)
        ended += 1
    return ended


def time_reason(attempt: Attempt) -> str:
    """Whether the student's own time ran out or the exam closed for everybody."""
    if attempt.deadline_at is None or attempt.deadline_at == attempt.exam.closes_at:
        return Attempt.FinishReason.CLOSED
    return Attempt.FinishReason.TIME
