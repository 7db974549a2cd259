"""Ending attempts: by time, by hand, or because everything was answered."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q, Value

from audit import clock
from audit.models import Action
from audit.services import record
from exams import live
from exams.cat.session import CatState
from exams.models import Attempt
from exams.pools import load_pool
from exams.reporting import report_of_state
from exams.state import scaled_score
from exams.timing import PAUSE_FIELDS, end_pause, is_overdue, pause_is_over, time_reason

# An attempt without any deadline is not kept open for ever.
ABANDONED_AFTER = timedelta(days=30)


def report_of_attempt(attempt: Attempt) -> dict[str, Any]:
    """The attempt's `report` for its `state` as it is now, by the rules of its pool.

    For whoever ends an attempt, and after a grade has changed the state of one that has ended.
    """
    return report_of_state(load_pool(attempt.pool_id), CatState.from_json(attempt.state))


def finish(attempt: Attempt, *, reason: str, at: datetime) -> None:
    """End a locked attempt as it stands. Must run in the transaction that holds the lock.

    Nothing answered that counts: no score. The item on the screen is withdrawn, and a pause ends.
    """
    end_pause(attempt, at)
    attempt.status, attempt.finish_reason, attempt.finished_at = Attempt.Status.FINISHED, reason, at
    attempt.state = {**attempt.state, "item": None}
    attempt.report = report_of_attempt(attempt)
    if attempt.report["scored"]:
        attempt.score = scaled_score(attempt.state["theta"])
    ended = ["status", "finish_reason", "finished_at", "state", "score", "report"]
    attempt.save(update_fields=[*ended, *PAUSE_FIELDS])
    details = {"event": "finish", "reason": str(reason), "answered": attempt.answered}
    record(Action.UPDATE, "attempt", attempt.pk, organization_id=attempt.organization_id, details=details)


def settle_pause(attempt: Attempt, now: datetime) -> bool:
    """End the pause of a locked attempt if it is over by itself; whether it was."""
    if not pause_is_over(attempt, now):
        return False
    length = end_pause(attempt, now)
    attempt.save(update_fields=PAUSE_FIELDS)
    details = {"event": "pause over", "seconds": round(length.total_seconds())}
    record(Action.UPDATE, "attempt", attempt.pk, organization_id=attempt.organization_id, details=details)
    return True


def finish_overdue(*, limit: int = 500) -> int:
    """Finish attempts whose deadline passed and those left for a month; the number that were ended.

    Each in its own transaction; one that its student is answering at this moment is left to the next run.
    """
    now = clock.now()
    ended = 0
    for pk in list(_overdue(now).order_by("deadline_at").values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            attempt = (
                Attempt.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(pk=pk, status=Attempt.Status.IN_PROGRESS)
                .first()
            )
            if attempt is None:
                continue
            settle_pause(attempt, now)
            # A pause that its student began or ended since has moved the deadline.
            if not (is_overdue(attempt, now) or _is_abandoned(attempt, now)):
                continue
            finish(attempt, reason=time_reason(attempt), at=attempt.deadline_at or now)
        live.publish(attempt)
        ended += 1
    return ended


def _overdue(now: datetime) -> Any:
    """Open attempts whose time is up; of paused ones those whose pause is over and whose moved deadline passed."""
    left = ExpressionWrapper(F("pause_seconds_left") * Value(timedelta(seconds=1)), output_field=DurationField())
    open_attempts = Attempt.objects.filter(status=Attempt.Status.IN_PROGRESS).alias(left=left)
    running = Q(paused_at=None, deadline_at__lt=now)
    paused = Q(paused_at__lte=now - F("left"), deadline_at__lt=now - F("left"))
    abandoned = Q(deadline_at=None, last_activity_at__lt=now - ABANDONED_AFTER)
    return open_attempts.filter(running | paused | abandoned)


def _is_abandoned(attempt: Attempt, now: datetime) -> bool:
    return attempt.deadline_at is None and attempt.last_activity_at < now - ABANDONED_AFTER
