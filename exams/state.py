"""An attempt as its student's client sees it. Keys and item parameters never appear here."""

from datetime import datetime
from typing import Any

from audit import clock
from exams.models import Attempt
from exams.pools import LoadedPool
from exams.presentation import shown_item

SCORE_MEAN, SCORE_PER_LOGIT = 500.0, 100.0


def scaled_score(theta: float) -> float:
    """The reporting scale: mean 500 and 100 points a logit, between 0 and 1000."""
    return round(min(1000.0, max(0.0, SCORE_MEAN + SCORE_PER_LOGIT * theta)), 1)


def attempt_state(
    attempt: Attempt,
    loaded: LoadedPool,
    *,
    item: int | None,
    answered: int,
    finished: bool,
    percentile: float | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """The reply to every call of the exam loop.

    `item` is the pool index of the question to show next, `answered` how many came before it. They are parameters,
    because the reply to a repeated call is that of the moment when it was first made. During a pause the question is
    covered: there is no item.
    """
    minimum, maximum = loaded.lengths
    covered = attempt.paused_at is not None and not finished
    return {
        "id": str(attempt.pk),
        "exam": {"id": loaded.exam_id, "title": loaded.title(attempt.language), "kind": loaded.kind},
        "status": Attempt.Status.FINISHED.value if finished else Attempt.Status.IN_PROGRESS.value,
        "started_at": _iso(attempt.started_at),
        "deadline_at": _iso(attempt.deadline_at),
        "server_time": _iso(now or clock.now()),
        "progress": {"answered": answered, "minimum": minimum, "maximum": maximum},
        "item": None if item is None or covered else _item(attempt, loaded, item, answered + 1),
        "pause": None if finished else _pause(attempt),
        "accommodation": _accommodation(attempt),
        "finish_reason": attempt.finish_reason or None if finished else None,
        "result": _result(attempt, percentile) if finished else None,
    }


def _item(attempt: Attempt, loaded: LoadedPool, index: int, position: int) -> dict[str, Any]:
    return shown_item(loaded.answers[index], loaded.versions[index], position, attempt.language, attempt.seed)


def _pause(attempt: Attempt) -> dict[str, Any] | None:
    """Since when a pause lasts, and the seconds of pauses that were left then (or are, outside of one).

    None without any left.
    """
    if attempt.paused_at is None and not attempt.pause_seconds_left:
        return None
    return {"seconds_left": attempt.pause_seconds_left, "paused_at": _iso(attempt.paused_at)}


def _accommodation(attempt: Attempt) -> dict[str, Any] | None:
    if not (attempt.extra_time_percent or attempt.large_print):
        return None
    return {"extra_time_percent": attempt.extra_time_percent, "large_print": attempt.large_print}


def _result(attempt: Attempt, percentile: float | None) -> dict[str, Any]:
    return {
        "theta": attempt.theta,
        "se": attempt.se,
        "score": attempt.score,
        "percentile": percentile,
        "correct": attempt.correct,
        "answered": attempt.scored,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
