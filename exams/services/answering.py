"""The way of one answer, kept short: one row locked, one statement written, one commit.

What is locked, in what order, how late: the attempt's row and nothing else, from the first statement to the commit
(docs/concurrency.md). Whatever two tabs, two devices or a retrying client send at once is put in a line by that lock.
"""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from accounts.people import Person
from audit import clock
from audit import services as audit
from exams import live
from exams.cat import session
from exams.cat.session import CatState
from exams.models import Attempt, Response
from exams.pools import LoadedPool, load_pool
from exams.problems import AttemptFinished, AttemptPaused, DeadlinePassed, KeyReused, NotCurrentItem, Reply
from exams.selectors.percentiles import percentile_of
from exams.services.finishing import finish, report_of_attempt, settle_pause
from exams.state import attempt_state, scaled_score
from exams.timing import is_overdue, time_reason
from zones.problems import Invalid, NotFound, PermissionRefused

_COLUMNS = [str(field.column) for field in Attempt._meta.concrete_fields]
_NAMES = [field.attname for field in Attempt._meta.concrete_fields]
_JSON = [_NAMES.index(name) for name in ("state", "report")]
# By hand, because compiling these two statements with the ORM costs more than all the rest of the answer.
_LOCK = f"SELECT {', '.join(_COLUMNS)} FROM exams_attempt WHERE id = %s FOR UPDATE"  # noqa: S608  (our own columns)
_WRITE = f"""
WITH response AS (
    INSERT INTO exams_response (attempt_id, position, version_id, option, score, is_scored, is_correct, discrimination,
        difficulty, guessing, theta, se, presented_at, answered_at, elapsed_ms, client_key)
    VALUES (%s, %s, %s, %s, %s, true, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
), log AS ({audit.INSERT})
UPDATE exams_attempt SET state = %s, answered = %s, correct = %s, theta = %s, se = %s, score = %s, presented_at = %s,
    last_activity_at = %s, status = %s, finish_reason = %s, finished_at = %s, report = %s
WHERE id = %s
"""  # noqa: S608  (our own columns)


def _prepared(statement: str, values: list[Any]) -> psycopg.Cursor:
    """Run one of the statements above, which PostgreSQL parses and plans once for each connection.

    Past Django's cursor, which writes the values into the text and so has it planned anew at every answer.
    """
    with connection.cursor():
        # Opening one connects, and points a new connection at the zone.
        pass
    with connection.wrap_database_errors:
        return psycopg.Cursor(connection.connection).execute(statement, values, prepare=True)


def lock_attempt(attempt_id: UUID, person: Person) -> Attempt:
    """The person's own attempt, locked until the transaction ends.

    Raises NotFound for an id that is nobody's or another person's (they must not learn which).
    """
    row = _prepared(_LOCK, [attempt_id]).fetchone()
    if row is None:
        raise NotFound()
    values = list(row)
    for place in _JSON:
        if isinstance(values[place], str):
            values[place] = json.loads(values[place])
    attempt = Attempt.from_db("default", _NAMES, values)
    if attempt.user_id != person.pk:
        problem = NotFound()
        problem.audited = True
        raise problem
    return attempt


def answer(
    *,
    person: Person,
    attempt_id: UUID,
    client_key: UUID,
    position: int,
    item: int,
    option: int,
    elapsed_ms: int | None = None,
) -> Reply:
    """Score one answer, commit it, and say what comes next.

    Parameters
    ----------
    client_key
        Chosen by the client for this answer; the same call again changes nothing and gets the same reply.
    position
        Counts from 1; `item` is the id that came with the question, `option` the number of the chosen one, from 1.

    Raises NotFound, KeyReused, NotCurrentItem (with `current` position), AttemptFinished, AttemptPaused,
    DeadlinePassed, Invalid.
    """
    if not person.allows("attempt:create"):
        raise PermissionRefused(permission="attempt:create")
    refusal = None
    try:
        with transaction.atomic():
            attempt = lock_attempt(attempt_id, person)
            loaded = load_pool(attempt.pool_id)
            now = clock.now()
            if position <= attempt.answered:
                return _replay(attempt, loaded, client_key, position, item, option)
            if attempt.is_finished:
                raise AttemptFinished()
            settle_pause(attempt, now)
            if attempt.paused_at is not None:
                raise AttemptPaused()
            if is_overdue(attempt, now):
                finish(attempt, reason=time_reason(attempt), at=now)
                refusal = DeadlinePassed()
            else:
                _check_current(attempt, loaded, position, item, option)
                reply = _score(attempt, loaded, client_key, option, elapsed_ms, now)
    except IntegrityError as error:
        # The one constraint that a client can run into here: its key was used at an earlier question.
        if "response_client_key_once" not in str(error):
            raise
        raise KeyReused() from error
    live.publish(attempt)
    if refusal:
        # Raised outside the transaction: that the attempt has ended must stay.
        raise refusal
    return reply


def _check_current(attempt: Attempt, loaded: LoadedPool, position: int, item: int, option: int) -> None:
    index = attempt.state["item"]
    if position != attempt.answered + 1 or item != loaded.versions[index]:
        raise NotCurrentItem(position=attempt.answered + 1, item=str(loaded.versions[index]))
    if not 1 <= option <= loaded.option_counts[index]:
        said = _("There is no option %(option)s; this question has %(count)s.")
        raise Invalid(said % {"option": option, "count": loaded.option_counts[index]})


def _score(
    attempt: Attempt, loaded: LoadedPool, client_key: UUID, option: int, elapsed_ms: int | None, now: datetime
) -> Reply:
    state = CatState.from_json(attempt.state)
    index, position = attempt.state["item"], attempt.answered + 1
    is_correct = option == loaded.keys[index]
    step = session.answer(loaded.pool, loaded.config, state, int(is_correct), session.rng_for(attempt.seed, position))
    # Clocks of two servers may differ by a little; an answer never comes before its question.
    presented_at = attempt.presented_at or now
    answered_at = max(now, presented_at)
    response: list[Any] = [attempt.pk, position, loaded.versions[index], option, int(is_correct), is_correct]
    response += [
        *loaded.parameters(index),
        step.state.theta,
        step.state.se,
        presented_at,
        answered_at,
        elapsed_ms,
        client_key,
    ]

    attempt.state, attempt.answered, attempt.correct = step.state.to_json(), position, attempt.correct + is_correct
    attempt.theta, attempt.se = step.state.theta, step.state.se
    attempt.presented_at = attempt.last_activity_at = answered_at
    if step.reason:
        attempt.status, attempt.finish_reason = Attempt.Status.FINISHED, step.reason
        attempt.finished_at, attempt.score = answered_at, scaled_score(step.state.theta)
        attempt.report = report_of_attempt(attempt)
    log = audit.values(
        audit.Action.UPDATE,
        "attempt",
        attempt.pk,
        details={"event": "answer", "position": position, "finished": step.reason},
    )
    _prepared(_WRITE, [*response, *log, *_attempt_values(attempt)])
    return _reply(attempt, loaded, position, answered_at, step.item)


def _attempt_values(attempt: Attempt) -> list[Any]:
    return [
        json.dumps(attempt.state),
        attempt.answered,
        attempt.correct,
        attempt.theta,
        attempt.se,
        attempt.score,
        attempt.presented_at,
        attempt.last_activity_at,
        attempt.status,
        attempt.finish_reason,
        attempt.finished_at,
        json.dumps(attempt.report),
        attempt.pk,
    ]


def _replay(attempt: Attempt, loaded: LoadedPool, client_key: UUID, position: int, item: int, option: int) -> Reply:
    """The reply that this answer was given when it was first sent."""
    stored = Response.objects.filter(attempt=attempt, client_key=client_key).first()
    if stored is None:
        current = attempt.state["item"]
        raise NotCurrentItem(
            position=attempt.answered + 1, item=None if current is None else str(loaded.versions[current])
        )
    if (stored.position, stored.version_id, stored.option) != (position, item, option):
        raise KeyReused()
    given = attempt.state["administered"]
    following = given[position] if position < len(given) else attempt.state["item"]
    return _reply(attempt, loaded, position, stored.answered_at, following)


def _reply(attempt: Attempt, loaded: LoadedPool, position: int, answered_at: datetime, following: int | None) -> Reply:
    finished = following is None
    percentile = percentile_of(attempt) if finished else None
    state = attempt_state(attempt, loaded, item=following, answered=position, finished=finished, percentile=percentile)
    return {"receipt": {"position": position, "answered_at": answered_at.isoformat()}, **state}
