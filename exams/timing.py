"""The clock of an attempt: its deadline with extra time, and pauses, during which it stands still. Saves nothing.

The server's clock decides. A pause that is not ended by hand ends by itself once the seconds that are left are used
up; nobody needs to notice at once, because whoever looks next settles it as of that moment.
"""

from datetime import datetime, timedelta
from math import ceil

from exams.models import Attempt, Exam

# The columns that a pause changes.
PAUSE_FIELDS = ["paused_at", "pause_seconds_left", "deadline_at", "presented_at"]


def deadline_of(exam: Exam, started_at: datetime, extra_time_percent: int = 0) -> datetime | None:
    """The earlier of the student's own time and the exam's end, the time until then longer by the extra share.

    With extra time it may lie beyond `closes_at`: for each minute that others have there is 1 + percent / 100. None
    without a time limit and an end.
    """
    own = started_at + timedelta(minutes=exam.time_limit_minutes) if exam.time_limit_minutes else None
    ends = [moment for moment in (own, exam.closes_at) if moment]
    return started_at + (min(ends) - started_at) * (1 + extra_time_percent / 100) if ends else None


def time_reason(attempt: Attempt) -> str:
    """Whether the student's own time ran out or the exam closed for everybody."""
    exam = attempt.exam
    if attempt.deadline_at is None:
        return Attempt.FinishReason.CLOSED
    limit = timedelta(minutes=exam.time_limit_minutes) if exam.time_limit_minutes else None
    closed_first = exam.closes_at is not None and (limit is None or exam.closes_at <= attempt.started_at + limit)
    return Attempt.FinishReason.CLOSED if closed_first else Attempt.FinishReason.TIME


def is_overdue(attempt: Attempt, now: datetime) -> bool:
    """Whether time has run out; never during a pause, which must be settled first."""
    return attempt.paused_at is None and attempt.deadline_at is not None and now > attempt.deadline_at


def pause_left(attempt: Attempt, now: datetime) -> int:
    """The seconds of pauses that are left at `now`.

    A second that was begun is used up: else pauses of less than half a second would cost nothing, however many.
    """
    used = 0 if attempt.paused_at is None else max(0, ceil((now - attempt.paused_at).total_seconds()))
    return max(0, attempt.pause_seconds_left - used)


def pause_is_over(attempt: Attempt, now: datetime) -> bool:
    """Whether the attempt is marked as paused, and the pause has ended by itself."""
    return attempt.paused_at is not None and now >= _pause_end(attempt.paused_at, attempt)


def _pause_end(paused_at: datetime, attempt: Attempt) -> datetime:
    return paused_at + timedelta(seconds=attempt.pause_seconds_left)


def end_pause(attempt: Attempt, at: datetime) -> timedelta:
    """End the attempt's pause at `at`, or when it ended by itself if that was earlier; its length.

    The deadline moves by it, and so does the moment since which the question is shown: how long an answer took leaves
    the pause out.
    """
    if attempt.paused_at is None:
        return timedelta()
    length = max(timedelta(), min(at, _pause_end(attempt.paused_at, attempt)) - attempt.paused_at)
    attempt.pause_seconds_left = pause_left(attempt, attempt.paused_at + length)
    attempt.paused_at = None
    if attempt.deadline_at is not None:
        attempt.deadline_at += length
    if attempt.presented_at is not None:
        attempt.presented_at += length
    return length
