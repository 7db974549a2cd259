"""Pauses at the same moment as answers, other pauses and the sweep: real threads, real commits."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from audit import clock
from audit.models import AuditEntry
from exams.models import Accommodation
from exams.problems import AttemptPaused
from exams.services import pauses
from exams.services.answering import lock_attempt
from exams.services.finishing import finish_overdue
from tests.concurrency.sitting import begin, call, responses, row
from tests.concurrency.test_races import answering_as
from tests.sample_exam import make_exam
from tests.threads import together
from zones.context import zone_context

THREADS = 6
MINUTE = timedelta(minutes=1)


@pytest.fixture
def exam(committed, univ, cast):
    with zone_context(univ):
        Accommodation.objects.create(user=cast.bob, pause_minutes=10)
        yield make_exam(size=16, min_items=8, max_items=8, time_limit_minutes=30)


def pausing(person, state):
    return lambda: pauses.pause(person=person, attempt_id=uuid.UUID(state["id"]))


def going_on(person, state):
    return lambda: pauses.go_on(person=person, attempt_id=uuid.UUID(state["id"]))


def test_a_pause_from_two_tabs_is_one_pause(cast, univ, exam):
    state = begin(cast.bob, exam)
    replies = together(univ, *[pausing(cast.bob, state)] * THREADS)
    assert {reply["pause"]["paused_at"] for reply in replies} == {row(state).paused_at.isoformat()}
    assert AuditEntry.objects.filter(details__event="pause").count() == 1


def test_going_on_from_two_tabs_moves_the_deadline_once(cast, univ, exam):
    begun = timezone.now()
    with clock.at(begun):
        state = begin(cast.bob, exam)
        pausing(cast.bob, state)()
    with clock.at(begun + 4 * MINUTE):
        replies = together(univ, *[at(begun + 4 * MINUTE, going_on(cast.bob, state)) for _ in range(THREADS)])
    assert {reply["deadline_at"] for reply in replies} == {(begun + 34 * MINUTE).isoformat()}
    assert row(state).pause_seconds_left == 360


def at(moment, call):
    """The call with the clock of its own thread set."""

    def run():
        with clock.at(moment):
            return call()

    return run


def test_an_answer_and_a_pause_at_once_come_one_after_the_other(cast, univ, exam):
    """Either the answer was first and is kept, or the pause was and it is refused: never an answer in a pause."""
    for _ in range(5):
        state = begin(cast.bob, exam)
        answered, paused = together(univ, answering_as(cast.bob, call(state)), pausing(cast.bob, state))
        assert paused["pause"]["paused_at"]
        assert paused["item"] is None
        kept = isinstance(answered, dict)
        assert kept or isinstance(answered, AttemptPaused), answered
        assert len(responses(state)) == paused["progress"]["answered"] == state["progress"]["answered"] + kept
        going_on(cast.bob, state)()


def test_the_sweep_ends_nothing_whose_student_pauses_meanwhile(cast, univ, exam):
    """It found the attempt overdue, but the student goes on from a pause that moves the deadline before it locks."""
    begun = timezone.now()
    with clock.at(begun):
        state = begin(cast.bob, exam)
    with clock.at(begun + 29 * MINUTE):
        pausing(cast.bob, state)()
    late = begun + 34 * MINUTE
    locked, moved = threading.Event(), threading.Event()

    def go_on_slowly():
        with clock.at(late), transaction.atomic():
            lock_attempt(uuid.UUID(state["id"]), cast.bob)
            locked.set()
            going_on(cast.bob, state)()
        moved.set()

    def sweep():
        assert locked.wait(20)
        with clock.at(late):
            first = finish_overdue()
        assert moved.wait(20)
        with clock.at(late):
            return first, finish_overdue()

    _done, ended = together(univ, go_on_slowly, sweep)
    assert ended == (0, 0)
    assert row(state).deadline_at == begun + 35 * MINUTE
