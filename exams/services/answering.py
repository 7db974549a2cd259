"""The way of one answer, kept short: one row locked, one statement written, one commit.

What is locked, in what order, how late: the attempt's row and nothing else, from the first statement to the commit
(docs/concurrency.md). Whatever two tabs, two devices or a retrying client send at once is put in a line by that lock.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from django.db import IntegrityError, connection, transaction

from accounts.people import Person
from audit import clock
from audit import services as audit
from exams import live
from exams.answer_problems import both_given, refusal_of
from exams.cat import session
from exams.cat.session import CatState
from exams.content import content_of
from exams.models import Attempt, ItemVersion, Response
from exams.pools import LoadedPool, load_pool
from exams.presentation import authored_answer
from exams.problems import AttemptFinished, AttemptPaused, DeadlinePassed, KeyReused, NotCurrentItem, Reply
from exams.scoring import InvalidAnswer, score
from exams.selectors.percentiles import percentile_of
from exams.services.finishing import finish, report_of_attempt, settle_pause
from exams.state import attempt_state, scaled_score
from exams.timing import is_overdue, time_reason
from zones.context import exists_in_zone
from zones.problems import Invalid, NotFound, PermissionRefused

_COLUMNS = [str(field.column) for field in Attempt._meta.concrete_fields]
_NAMES = [field.attname for field in Attempt._meta.concrete_fields]
_JSON = [_NAMES.index(name) for name in ("state", "report")]
# By hand, because compiling these two statements with the ORM costs more than all the rest of the answer.
_LOCK = f"SELECT {', '.join(_COLUMNS)} FROM exams_attempt WHERE id = %s FOR UPDATE"  # noqa: S608  (our own columns)
_WRITE = f"""
WITH response AS (
    INSERT INTO exams_response (attempt_id, position, version_id, option, answer, score, is_scored, is_correct,
        discrimination, difficulty, guessing, theta, se, presented_at, answered_at, elapsed_ms, client_key)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
), log AS ({audit.INSERT})
UPDATE exams_attempt SET state = %s, answered = %s, correct = %s, ungraded = %s, theta = %s, se = %s, score = %s,
    presented_at = %s, last_activity_at = %s, status = %s, finish_reason = %s, finished_at = %s, report = %s
WHERE id = %s
"""  # noqa: S608  (our own columns)

SINGLE = ItemVersion.Kind.SINGLE.value

# The option of a single choice, or the answer of any other kind, as the client sent it.
Sent = tuple[int | None, Mapping[str, Any] | None]


class Given(NamedTuple):
    """An answer as it is stored; `score` is None where a person must give it."""

    option: int | None
    answer: dict[str, Any] | None
    score: int | None
    is_correct: bool


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
        raise NotFound(audited=exists_in_zone(Attempt, pk=attempt_id))
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
    option: int | None = None,
    answer: Mapping[str, Any] | None = None,
    elapsed_ms: int | None = None,
) -> Reply:
    """Score one answer, commit it, and say what comes next.

    Parameters
    ----------
    client_key
        Chosen by the client for this answer; the same call again changes nothing and gets the same reply.
    position
        Counts from 1; `item` is the id that came with the question.
    option, answer
        Of a single choice the number of the chosen option, from 1; of every other kind the answer as exams.scoring
        describes it, with the ids that came with the question. One of the two.

    Raises NotFound, KeyReused, NotCurrentItem (with `current` position), AttemptFinished, AttemptPaused,
    DeadlinePassed, Invalid.
    """
    if not person.allows("attempt:create"):
        raise PermissionRefused(permission="attempt:create")
    if option is not None and answer is not None:
        raise both_given(option)
    sent = (option, answer)
    try:
        with transaction.atomic():
            attempt = lock_attempt(attempt_id, person)
            loaded = load_pool(attempt.pool_id)
            if position <= attempt.answered:
                return _replay(attempt, loaded, client_key, position, item, sent)
            outcome = _take(attempt, loaded, client_key, position, item, sent, elapsed_ms)
    except IntegrityError as error:
        # The one constraint that a client can run into here: its key was used at an earlier question.
        if "response_client_key_once" not in str(error):
            raise
        raise KeyReused() from error
    live.publish(attempt)
    if isinstance(outcome, DeadlinePassed):
        # Raised outside the transaction: that the attempt has ended must stay.
        raise outcome
    return outcome


def _take(
    attempt: Attempt,
    loaded: LoadedPool,
    client_key: UUID,
    position: int,
    item: int,
    sent: Sent,
    elapsed_ms: int | None,
) -> Reply | DeadlinePassed:
    """Score an answer to the question that is open, or end the attempt whose time is over."""
    now = clock.now()
    if attempt.is_finished:
        raise AttemptFinished()
    settle_pause(attempt, now)
    if attempt.paused_at is not None:
        raise AttemptPaused()
    if is_overdue(attempt, now):
        finish(attempt, reason=time_reason(attempt), at=now)
        return DeadlinePassed()
    _check_current(attempt, loaded, position, item)
    given = _read(attempt, loaded, attempt.state["item"], sent)
    return _score(attempt, loaded, client_key, given, elapsed_ms, now)


def _check_current(attempt: Attempt, loaded: LoadedPool, position: int, item: int) -> None:
    index = attempt.state["item"]
    if position != attempt.answered + 1 or item != loaded.versions[index]:
        raise NotCurrentItem(position=attempt.answered + 1, item=str(loaded.versions[index]))


def _read(attempt: Attempt, loaded: LoadedPool, index: int, sent: Sent) -> Given:
    """Read and score what was sent for one item of the pool. Raises Invalid, naming the part that is at fault."""
    spec, version = loaded.answers[index], loaded.versions[index]
    option, answer = sent
    if spec.kind == SINGLE:
        if option is None:
            raise refusal_of(InvalidAnswer("shape", "option"), spec)
        if not 1 <= option <= spec.options:
            raise refusal_of(InvalidAnswer("option", option), spec)
        is_correct = option == spec.key
        return Given(option, None, int(is_correct), is_correct)
    # Judged in the language that it was asked in, which is another one where the attempt's has no text.
    language = content_of(version, attempt.language).language
    try:
        scored = score(spec, authored_answer(spec, answer or {}, version, attempt.seed), language)
    except InvalidAnswer as error:
        raise refusal_of(error, spec) from error
    return Given(None, scored.answer, scored.score, scored.is_correct)


def _score(
    attempt: Attempt, loaded: LoadedPool, client_key: UUID, given: Given, elapsed_ms: int | None, now: datetime
) -> Reply:
    state = CatState.from_json(attempt.state)
    index, position = attempt.state["item"], attempt.answered + 1
    step = session.answer(loaded.pool, loaded.config, state, given.score, session.rng_for(attempt.seed, position))
    # Clocks of two servers may differ by a little; an answer never comes before its question.
    presented_at = attempt.presented_at or now
    answered_at = max(now, presented_at)
    is_scored = index not in loaded.field_test
    answer = None if given.answer is None else json.dumps(given.answer)
    response: list[Any] = [attempt.pk, position, loaded.versions[index], given.option, answer, given.score]
    response += [is_scored, given.is_correct]
    response += [
        *loaded.parameters(index),
        step.state.theta,
        step.state.se,
        presented_at,
        answered_at,
        elapsed_ms,
        client_key,
    ]

    attempt.state, attempt.answered = step.state.to_json(), position
    attempt.correct += is_scored and given.is_correct
    attempt.ungraded += given.score is None
    attempt.theta, attempt.se = step.state.theta, step.state.se if isfinite(step.state.se) else None
    attempt.presented_at = attempt.last_activity_at = answered_at
    if step.reason:
        attempt.status, attempt.finish_reason = Attempt.Status.FINISHED, step.reason
        attempt.finished_at, attempt.report = answered_at, report_of_attempt(attempt)
        attempt.score = scaled_score(step.state.theta) if attempt.report["scored"] else None
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
        attempt.ungraded,
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


def _replay(attempt: Attempt, loaded: LoadedPool, client_key: UUID, position: int, item: int, sent: Sent) -> Reply:
    """The reply that this answer was given when it was first sent."""
    stored = Response.objects.filter(attempt=attempt, client_key=client_key).first()
    if stored is None:
        current = attempt.state["item"]
        raise NotCurrentItem(
            position=attempt.answered + 1, item=None if current is None else str(loaded.versions[current])
        )
    given = attempt.state["administered"]
    if (stored.position, stored.version_id) != (position, item):
        raise KeyReused()
    try:
        again = _read(attempt, loaded, given[position - 1], sent)
    except Invalid as error:
        raise KeyReused() from error
    if (stored.option, stored.answer) != (again.option, again.answer):
        raise KeyReused()
    following = given[position] if position < len(given) else attempt.state["item"]
    return _reply(attempt, loaded, position, stored.answered_at, following)


def _reply(attempt: Attempt, loaded: LoadedPool, position: int, answered_at: datetime, following: int | None) -> Reply:
    finished = following is None
    percentile = percentile_of(attempt) if finished else None
    state = attempt_state(attempt, loaded, item=following, answered=position, finished=finished, percentile=percentile)
    return {"receipt": {"position": position, "answered_at": answered_at.isoformat()}, **state}
