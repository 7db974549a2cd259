"""Starting, resuming and handing in; the answers between are in exams.services.answering."""

import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.people import Person, known
from audit import clock
from audit.models import Action
from audit.services import record
from exams import live
from exams.cat import session
from exams.models import Accommodation, Attempt, Exam, IdempotentCall
from exams.pools import current_pool, load_pool, pool_problems
from exams.problems import AttemptsExhausted, ExamNotOpen, ExamNotReady, KeyReused, Reply
from exams.selectors.exams import get_exam
from exams.selectors.exposure import excluded_items
from exams.selectors.percentiles import percentile_of
from exams.services.accommodations import pinned
from exams.services.answering import lock_attempt
from exams.services.finishing import finish, settle_pause
from exams.state import attempt_state
from exams.timing import deadline_of, is_overdue, pause_is_over, time_reason
from zones.context import exists_in_zone
from zones.problems import Conflict, Invalid, NotFound, PermissionRefused


def start(*, person: Person, exam_id: UUID, client_key: UUID, language: str = "") -> Reply:
    """Open an attempt, or come back to the one that is open, and give its item.

    `language` is one of the exam's; empty takes the first. The same call again gets the same reply.

    Raises NotFound, ExamNotOpen, AttemptsExhausted, ExamNotReady, KeyReused, Invalid.
    """
    if not person.allows("attempt:create"):
        raise PermissionRefused(permission="attempt:create")
    exam = get_exam(person, exam_id)
    if language and language not in exam.languages:
        said = _("This exam is not given in %(language)r; choose from %(languages)s.")
        raise Invalid(said % {"language": language, "languages": ", ".join(exam.languages)})
    body = {"exam": str(exam_id), "language": language}
    reply = _once(person, "start", client_key, body, lambda: _start(person, exam, language or exam.languages[0]))
    # The stored reply shows the question, which a pause covers.
    paused = Attempt.objects.filter(pk=reply["id"], paused_at__isnull=False).exists() if reply.get("pause") else False
    return {**reply, "item": None} if paused else reply


def _start(person: Person, exam: Exam, language: str) -> Reply:
    now = clock.now()
    attempt = _open_attempt(person, exam)
    if attempt is None:
        _check_may_start(person, exam, now)
        attempt = _create(person, exam, language, now)
    _settle(attempt, now)
    transaction.on_commit(lambda: live.publish(attempt))
    return state_of(attempt)


def _settle(attempt: Attempt, now: datetime) -> None:
    """End what has ended by itself in a locked attempt: its pause, and itself."""
    settle_pause(attempt, now)
    if is_overdue(attempt, now):
        finish(attempt, reason=time_reason(attempt), at=now)


def _open_attempt(person: Person, exam: Exam) -> Attempt | None:
    return (
        Attempt.objects.select_for_update()
        .filter(exam=exam, user_id=known(person), status=Attempt.Status.IN_PROGRESS)
        .first()
    )


def _check_may_start(person: Person, exam: Exam, now: datetime) -> None:
    if not exam.is_open:
        raise ExamNotOpen(opens_at=_iso(exam.opens_at), closes_at=_iso(exam.closes_at))
    _check_attempts_left(person, exam)


def _check_attempts_left(person: Person, exam: Exam) -> None:
    # Only those that have ended count: to one that another device opened just now, this start comes back.
    if exam.attempts_allowed is not None:
        ended = Attempt.objects.filter(exam=exam, user_id=known(person), status=Attempt.Status.FINISHED)
        if ended.count() >= exam.attempts_allowed:
            raise AttemptsExhausted(allowed=exam.attempts_allowed)


def _create(person: Person, exam: Exam, language: str, now: datetime) -> Attempt:
    pool = current_pool(exam)
    if not pool.versions:
        raise ExamNotReady(problems=[_("There are no active items in the exam's areas and languages.")])
    loaded = load_pool(pool.pk)
    problems = pool_problems(loaded)
    if problems:
        raise ExamNotReady(problems=problems)
    seed = secrets.randbits(48)
    rng = session.rng_for(seed, 0)
    step = session.start(loaded.pool, loaded.config, rng, excluded=excluded_items(loaded, rng))
    kept = pinned(Accommodation.objects.filter(user_id=known(person)).first())
    fields = {
        **kept,
        "organization_id": person.organization_id,
        "pool": pool,
        "language": language,
        "started_at": now,
        "deadline_at": deadline_of(exam, now, kept.get("extra_time_percent", 0)),
        "last_activity_at": now,
        "presented_at": now,
        "seed": seed,
        "state": step.state.to_json(),
    }
    try:
        with transaction.atomic():
            attempt = Attempt.objects.create(exam=exam, user_id=known(person), **fields)
    except IntegrityError as error:
        # Another device started at this very moment; its attempt is the one.
        running = _open_attempt(person, exam)
        if running is None:
            # It has ended already; the student may start again.
            raise Conflict() from error
        return running
    # A whole attempt may have been opened and ended since the first check; while ours is open, none can be.
    _check_attempts_left(person, exam)
    details = {"event": "start", "exam": str(exam.pk), "pool": pool.pk}
    record(Action.CREATE, "attempt", attempt.pk, organization_id=person.organization_id, details=details)
    return attempt


def submit(*, person: Person, attempt_id: UUID, client_key: UUID) -> Reply:
    """Hand in. An attempt that has ended already is not changed: the reply shows how it ended."""
    if not person.allows("attempt:create"):
        raise PermissionRefused(permission="attempt:create")

    def run() -> Reply:
        attempt = lock_attempt(attempt_id, person)
        if not attempt.is_finished:
            now = clock.now()
            settle_pause(attempt, now)
            late = is_overdue(attempt, now)
            finish(attempt, reason=time_reason(attempt) if late else Attempt.FinishReason.SUBMITTED, at=now)
            transaction.on_commit(lambda: live.publish(attempt))
        return state_of(attempt)

    return _once(person, "submit", client_key, {"attempt": str(attempt_id)}, run)


def resume(*, person: Person, attempt_id: UUID) -> Reply:
    """The attempt as it stands: the very item that was on the screen, on whichever device.

    Raises NotFound. Overdue attempts are finished on the way, pauses that are over are ended.
    """
    attempt = Attempt.objects.filter(pk=attempt_id).first()
    if attempt is None:
        raise NotFound(audited=exists_in_zone(Attempt, pk=attempt_id))
    if attempt.user_id != person.pk:
        problem = NotFound()
        problem.audited = True
        raise problem
    now = clock.now()
    if not attempt.is_finished and (is_overdue(attempt, now) or pause_is_over(attempt, now)):
        with transaction.atomic():
            attempt = lock_attempt(attempt_id, person)
            if not attempt.is_finished:
                _settle(attempt, now)
        live.publish(attempt)
    return state_of(attempt)


def state_of(attempt: Attempt) -> Reply:
    """The reply that shows an attempt as it is now."""
    return attempt_state(
        attempt,
        load_pool(attempt.pool_id),
        item=attempt.state["item"],
        answered=attempt.answered,
        finished=attempt.is_finished,
        percentile=percentile_of(attempt) if attempt.is_finished else None,
    )


def _once(person: Person, operation: str, client_key: UUID, body: dict[str, Any], run: Callable[[], Reply]) -> Reply:
    """Run at most once for this person, operation and key; afterwards give the stored reply.

    Two calls with one key at the same time: the second waits for the first one's row and then finds it.
    """
    body_hash = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    identity = {"user_id": person.pk, "operation": operation, "client_key": client_key}
    with transaction.atomic():
        call, is_new = IdempotentCall.objects.get_or_create(**identity, defaults={"body_hash": body_hash, "reply": {}})
        if is_new:
            call.reply = run()
            call.save(update_fields=["reply"])
    if call.body_hash != body_hash:
        raise KeyReused()
    return call.reply


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
