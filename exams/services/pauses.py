"""Pausing and going on. The row of the attempt is locked from the first statement on, as for an answer."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.people import Person
from audit import clock
from audit.models import Action
from audit.services import record
from exams import live
from exams.models import Attempt
from exams.problems import NoPauseLeft, Reply
from exams.services.answering import lock_attempt
from exams.services.delivery import state_of
from exams.services.finishing import finish, settle_pause
from exams.timing import PAUSE_FIELDS, end_pause, is_overdue, time_reason
from zones.problems import PermissionRefused


def pause(*, person: Person, attempt_id: UUID) -> Reply:
    """Stop the clock and cover the question. An attempt that is paused or has ended stays as it is.

    Raises NotFound, NoPauseLeft.
    """
    return _change(person, attempt_id, _pause)


def go_on(*, person: Person, attempt_id: UUID) -> Reply:
    """End the pause: the same question again, and the deadline later by the pause. Otherwise nothing changes.

    Raises NotFound.
    """
    return _change(person, attempt_id, _go_on)


def _change(person: Person, attempt_id: UUID, change: Callable[[Attempt, datetime], None]) -> Reply:
    if not person.allows("attempt:create"):
        raise PermissionRefused(permission="attempt:create")
    with transaction.atomic():
        attempt = lock_attempt(attempt_id, person)
        if not attempt.is_finished:
            now = clock.now()
            settle_pause(attempt, now)
            if is_overdue(attempt, now):
                finish(attempt, reason=time_reason(attempt), at=now)
            else:
                change(attempt, now)
    live.publish(attempt)
    return state_of(attempt)


def _pause(attempt: Attempt, now: datetime) -> None:
    if attempt.paused_at is not None:
        return
    if not attempt.pause_seconds_left:
        raise NoPauseLeft()
    attempt.paused_at = now
    _save(attempt, now, {"event": "pause", "seconds_left": attempt.pause_seconds_left})


def _go_on(attempt: Attempt, now: datetime) -> None:
    if attempt.paused_at is None:
        return
    length = end_pause(attempt, now)
    _save(attempt, now, {"event": "go on", "seconds": round(length.total_seconds())})


def _save(attempt: Attempt, now: datetime, details: dict[str, object]) -> None:
    attempt.last_activity_at = now
    attempt.save(update_fields=[*PAUSE_FIELDS, "last_activity_at"])
    record(Action.UPDATE, "attempt", attempt.pk, organization_id=attempt.organization_id, details=details)
