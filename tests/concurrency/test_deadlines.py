"""Time runs out: at the student's own deadline, at the exam's end, and after a month without either."""

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from audit import clock
from audit.models import AuditEntry
from exams import live
from exams.models import Attempt
from exams.problems import DeadlinePassed
from exams.services import delivery
from exams.services.answering import lock_attempt
from exams.services.finishing import ABANDONED_AFTER, finish_overdue
from tests.cast import make_person
from tests.concurrency.sitting import begin, give, give_many, hand_in, responses, row
from tests.sample_exam import make_exam
from tests.threads import together
from zones.context import zone_context

SECOND = timedelta(seconds=1)
MINUTES = 30


@pytest.fixture
def exam(in_univ, cast):
    return make_exam(size=12, min_items=6, max_items=6, time_limit_minutes=MINUTES)


def overdue(person, exam, answers=2):
    """An attempt that was begun an hour ago, and its deadline."""
    with clock.at(timezone.now() - timedelta(hours=1)):
        state = give_many(person, begin(person, exam), answers)
    return state, row(state).deadline_at


def test_an_answer_at_the_very_deadline_counts(cast, exam):
    state = begin(cast.bob, exam)
    with clock.at(row(state).deadline_at):
        assert give(cast.bob, state)["receipt"]["position"] == 1


def test_an_answer_after_it_is_refused_and_the_attempt_ends_with_what_was_answered(cast, exam):
    state = give_many(cast.bob, begin(cast.bob, exam), 2)
    before = row(state)
    with clock.at(before.deadline_at + SECOND), pytest.raises(DeadlinePassed):
        give(cast.bob, state)
    after = row(state)
    assert (after.status, after.finish_reason, after.finished_at) == ("finished", "time", before.deadline_at + SECOND)
    assert (after.answered, after.theta, after.correct) == (2, before.theta, before.correct)
    assert after.score is not None
    assert len(responses(state)) == 2
    assert after.state["item"] is None
    # Whoever watches sees at once that it has ended.
    assert live.states([after.pk])[after.pk]["status"] == "finished"


def test_the_api_says_so_with_its_code_and_then_shows_the_result(cast, exam, api_for):
    state, _deadline = overdue(cast.bob, exam)
    bob = api_for(cast.bob)
    item = state["item"]
    body = {"client_key": str(uuid.uuid4()), "position": item["position"], "item": item["id"], "option": 1}
    refused = bob.post(f"/api/v1/attempts/{state['id']}/answer", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "deadline_passed")
    shown = bob.get(f"/api/v1/attempts/{state['id']}").json()
    assert (shown["status"], shown["finish_reason"], shown["result"]["answered"]) == ("finished", "time", 2)
    again = bob.post(f"/api/v1/attempts/{state['id']}/answer", body)
    assert (again.status_code, again.json()["code"]) == (409, "attempt_finished")


def test_an_acknowledged_answer_is_confirmed_after_the_deadline_too(cast, exam):
    state = begin(cast.bob, exam)
    key = uuid.uuid4()
    reply = give(cast.bob, state, client_key=key)
    with clock.at(row(state).deadline_at + SECOND):
        assert give(cast.bob, state, client_key=key)["receipt"] == reply["receipt"]
    assert not row(state).is_finished


@pytest.mark.parametrize("step", ["resume", "submit", "start"])
def test_whatever_comes_after_the_deadline_ends_the_attempt_by_time(cast, exam, step):
    state, _deadline = overdue(cast.bob, exam)
    pk = uuid.UUID(state["id"])
    shown = {
        "resume": lambda: delivery.resume(person=cast.bob, attempt_id=pk),
        "submit": lambda: hand_in(cast.bob, state),
        "start": lambda: begin(cast.bob, exam),
    }[step]()
    assert (shown["id"], shown["status"], shown["finish_reason"]) == (state["id"], "finished", "time")
    assert shown["result"]["answered"] == 2


def test_an_exam_that_closes_first_ends_the_attempt_as_closed(cast, in_univ):
    closes_at = timezone.now() + timedelta(minutes=10)
    exam = make_exam(size=12, min_items=6, max_items=6, time_limit_minutes=MINUTES, closes_at=closes_at)
    state = give(cast.bob, begin(cast.bob, exam))
    assert row(state).deadline_at == closes_at
    with clock.at(closes_at + SECOND), pytest.raises(DeadlinePassed):
        give(cast.bob, state)
    assert (row(state).finish_reason, row(state).answered) == ("closed", 1)


def test_an_exam_that_closes_later_leaves_the_student_their_own_time(cast, in_univ):
    exam = make_exam(
        size=12, min_items=6, max_items=6, time_limit_minutes=MINUTES, closes_at=timezone.now() + timedelta(days=1)
    )
    state = begin(cast.bob, exam)
    assert row(state).deadline_at - row(state).started_at == timedelta(minutes=MINUTES)


def test_the_sweep_ends_what_is_overdue_at_its_deadline_and_nothing_else(cast, exam):
    late, deadline = overdue(cast.bob, exam)
    unanswered, _deadline = overdue(cast.otto, exam, answers=0)
    running = begin(make_person("Nara", organization=cast.hana), exam)
    assert finish_overdue() == 2
    assert (row(late).finish_reason, row(late).finished_at, row(late).answered) == ("time", deadline, 2)
    assert (row(unanswered).status, row(unanswered).score) == ("finished", None)
    assert row(running).status == Attempt.Status.IN_PROGRESS
    assert live.states([row(late).pk])[row(late).pk]["status"] == "finished"
    assert finish_overdue() == 0


def test_an_attempt_without_a_deadline_ends_after_a_month_of_silence(cast, in_univ):
    exam = make_exam(size=12, min_items=6, max_items=6, time_limit_minutes=None)
    state = begin(cast.bob, exam)
    assert row(state).deadline_at is None
    with clock.at(row(state).last_activity_at + ABANDONED_AFTER):
        assert finish_overdue() == 0
    with clock.at(row(state).last_activity_at + ABANDONED_AFTER + SECOND):
        assert finish_overdue() == 1
    assert (row(state).status, row(state).finish_reason) == ("finished", "closed")


def test_the_sweep_leaves_an_attempt_that_is_being_answered_to_the_next_run(committed, cast, univ):
    """One that waited for the lock would end what its student has just gone on with, or hang behind them."""
    with zone_context(univ):
        exam = make_exam(size=12, min_items=6, max_items=6, time_limit_minutes=MINUTES)
        held, _deadline = overdue(cast.bob, exam)
        free, _deadline = overdue(cast.otto, exam)
    locked, swept = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            lock_attempt(uuid.UUID(held["id"]), cast.bob)
            locked.set()
            assert swept.wait(20)

    def sweep():
        assert locked.wait(20)
        try:
            with connection.cursor() as cursor:
                # Rather fail than hang, should the sweep wait after all.
                cursor.execute("SET lock_timeout = '5s'")
            return finish_overdue()
        finally:
            swept.set()

    assert together(univ, hold, sweep) == [None, 1]
    with zone_context(univ):
        assert (row(held).status, row(free).status) == ("in_progress", "finished")
        assert finish_overdue() == 1
        assert row(held).status == "finished"


def test_two_sweeps_at_once_end_each_attempt_once(committed, cast, univ):
    with zone_context(univ):
        exams = [
            make_exam(f"exam-{number}", size=6, time_limit_minutes=MINUTES, min_items=5, max_items=5)
            for number in range(4)
        ]
        states = [overdue(cast.bob, exam)[0] for exam in exams]
    assert sum(together(univ, finish_overdue, finish_overdue, finish_overdue)) == len(states)
    with zone_context(univ):
        assert all(row(state).is_finished for state in states)
        assert AuditEntry.objects.filter(details__event="finish").count() == len(states)
