"""How a worker takes a run, says how far it is, and ends it. Two workers never do the same run.

A message may come twice, and a worker may die in the middle (docs/concurrency.md): a run is claimed by a conditional
update, and whoever has been silent for SILENCE has lost its claim to the next that asks.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from celery import Task
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from exams.models import Run
from exams.problems import TooManyRuns

R = TypeVar("R", bound=Run)
SILENCE = timedelta(minutes=15)
# A message that has not arrived by then was lost with the broker; sent twice, a run is done once.
PATIENCE = timedelta(minutes=10)
AT_ONCE = 20
# Progress is for people: more often than this nobody looks.
TELL_EVERY = 1.0
# A run whose workers died for so long is what kills them.
HOPELESS = timedelta(hours=3)
# Of one kind, for each organization: each takes a worker for minutes.
MOST_OPEN = 10

logger = logging.getLogger(__name__)


class RunLost(Exception):
    """Another worker has taken the run over, or somebody deleted it; what was computed here is thrown away."""


class Refused(Exception):
    """The run cannot be done, and its message says why in words for the person who asked for it."""


def check_room(model: type[R], organization_id: UUID | None) -> None:
    """Raises TooManyRuns when so many runs of this organization (None: the zone) are open that no other may join."""
    open_runs: Any = model._default_manager.filter(
        organization=organization_id, status__in=[Run.Status.QUEUED, Run.Status.RUNNING]
    )
    if open_runs.count() >= MOST_OPEN:
        raise TooManyRuns(open=MOST_OPEN)


def send_on_commit(task: Task, run: Run) -> None:
    """Tell a worker of the run. Without a broker a later look for what is `overdue` does it: the row is what counts."""

    def send() -> None:
        try:
            task.apply_async([str(run.pk)])
        except Exception:
            logger.exception("No message could be sent for %s %s", run._meta.label, run.pk)

    transaction.on_commit(send)


def give_up(model: type[R]) -> int:
    """End, as failed, the runs that have outlived their workers again and again; the number of them."""
    now = timezone.now()
    silent: Any = model._default_manager.filter(status=Run.Status.RUNNING, heartbeat_at__lt=now - SILENCE)
    return silent.filter(created_at__lt=now - HOPELESS).update(
        status=Run.Status.FAILED,
        step=Run.Step.NONE,
        error=_("The workers that did it died again and again; it may need more memory than they have."),
        finished_at=now,
    )


def claim(model: type[R], run_id: UUID) -> R | None:
    """The run, now running in this process; None when it is finished or somebody else is at it."""
    now, token = timezone.now(), uuid.uuid4()
    open_to_us = Q(status=Run.Status.QUEUED) | Q(status=Run.Status.RUNNING, heartbeat_at__lt=now - SILENCE)
    mine: Any = model._default_manager.filter(open_to_us, pk=run_id)
    taken = mine.update(
        status=Run.Status.RUNNING, claim=token, started_at=now, heartbeat_at=now, progress=0, step=Run.Step.READING
    )
    return model._default_manager.get(pk=run_id) if taken else None


def overdue(model: type[R]) -> list[UUID]:
    """Runs that nobody is at: their message was lost, or their worker died."""
    now = timezone.now()
    lost = Q(status=Run.Status.QUEUED, created_at__lt=now - PATIENCE)
    silent = Q(status=Run.Status.RUNNING, heartbeat_at__lt=now - SILENCE)
    rows: Any = model._default_manager.filter(lost | silent).order_by("created_at")
    return list(rows.values_list("pk", flat=True)[:AT_ONCE])


class Progress:
    """Tells how far a claimed run is: `progress(Run.Step.ESTIMATING, 40)`. Raises RunLost when it is no longer ours."""

    def __init__(self, run: Run, listener: Callable[[str, int], None] | None = None) -> None:
        self.run, self.listener = run, listener
        self._told = 0.0

    def __call__(self, step: str, percent: float) -> None:
        percent = int(min(max(percent, 0), 100))
        if self.listener is not None:
            self.listener(step, percent)
        now = time.monotonic()
        if step == self.run.step and now - self._told < TELL_EVERY:
            return
        self._told = now
        self.run.step, self.run.progress = step, percent
        keep(self.run, step=step, progress=percent, heartbeat_at=timezone.now())


def keep(run: Run, **values: Any) -> None:
    """Write columns of a run that this process has claimed. Raises RunLost when it is no longer ours."""
    rows: Any = type(run)._default_manager.filter(pk=run.pk, status=Run.Status.RUNNING, claim=run.claim)
    if not rows.update(**values):
        raise RunLost(str(run.pk))
    for name, value in values.items():
        setattr(run, name, value)


@contextmanager
def finishing(run: Run) -> Iterator[None]:
    """A transaction in which the result is written; at its end the run is finished, or nothing was written."""
    with transaction.atomic():
        # Locked first, so that a worker that took the run over waits here and then finds it finished.
        keep(run, step=Run.Step.WRITING)
        yield
        keep(run, status=Run.Status.FINISHED, step=Run.Step.NONE, progress=100, finished_at=timezone.now())


def perform(
    model: type[R],
    run_id: UUID,
    work: Callable[[R, Progress], None],
    listener: Callable[[str, int], None] | None = None,
) -> bool:
    """Claim the run and do `work`, which ends it with `finishing`; a failure is written on the run, in words.

    Returns whether it was done here. A Refused is for the person who asked; anything else is raised again, for the log.
    """
    run = claim(model, run_id)
    if run is None:
        return False
    try:
        work(run, Progress(run, listener))
    except RunLost:
        logger.warning("%s %s was taken over by another worker", model._meta.label, run_id)
        return False
    except Refused as refusal:
        _fail(run, str(refusal))
    except Exception:
        _fail(run, _("Something broke on our side; the log of the worker says what."))
        raise
    return True


def _fail(run: Run, words: str) -> None:
    if connection.in_atomic_block and connection.needs_rollback:
        return
    values = {"status": Run.Status.FAILED, "step": Run.Step.NONE, "error": words, "finished_at": timezone.now()}
    try:
        keep(run, **values)
    except RunLost:
        logger.warning("%s %s failed after it was taken over: %s", run._meta.label, run.pk, words)
