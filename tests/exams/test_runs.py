"""Runs whose message, broker or worker is lost: each comes back, or ends in words."""

from datetime import timedelta

import pytest
from django.test import TestCase
from django.utils import timezone
from kombu.exceptions import OperationalError

from exams import tasks
from exams.models import AnalysisRun, Exam, Run, SimulationRun
from exams.problems import TooManyRuns
from exams.services import runs
from exams.services.analysis import request_analysis
from exams.services.simulation import SimulationRequest, request_simulation
from tests.sample_exam import make_exam

pytestmark = pytest.mark.usefixtures("in_univ")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def exam() -> Exam:
    return make_exam(size=12, min_items=6, max_items=6)


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    """The runs that messages were sent for."""
    found: list[str] = []
    for task in (tasks.calibrate, tasks.simulate_exam, tasks.analyse):
        monkeypatch.setattr(task, "apply_async", lambda args, **_options: found.append(args[0]))
    return found


def aged(run: Run, minutes: float, **values: object) -> Run:
    then = timezone.now() - minutes * MINUTE
    type(run).objects.filter(pk=run.pk).update(created_at=then, **values)
    run.refresh_from_db()
    return run


def test_a_message_that_was_lost_is_sent_again_and_a_fresh_run_is_left_alone(cast, exam, sent):
    run = request_analysis(person=cast.zoe, exam=exam)
    assert (tasks.resume_runs(), sent) == (0, [])
    aged(run, 11)
    assert (tasks.resume_runs(), sent) == (1, [str(run.pk)])


def test_a_run_whose_worker_died_comes_back_and_one_that_is_at_work_does_not(cast, exam, sent):
    run = request_simulation(person=cast.zoe, exam=exam, request=SimulationRequest())
    assert runs.claim(SimulationRun, run.pk)
    aged(run, 60)
    assert tasks.resume_runs() == 0
    aged(run, 60, heartbeat_at=timezone.now() - 16 * MINUTE)
    assert (tasks.resume_runs(), sent) == (1, [str(run.pk)])


def test_a_run_that_kills_its_workers_ends_in_words_and_another_may_follow(cast, exam, sent):
    run = request_analysis(person=cast.zoe, exam=exam)
    assert runs.claim(AnalysisRun, run.pk)
    aged(run, 200, heartbeat_at=timezone.now() - 16 * MINUTE)
    assert (tasks.resume_runs(), sent) == (0, [])
    run.refresh_from_db()
    assert (run.status, run.step) == ("failed", "")
    assert run.error
    assert request_analysis(person=cast.zoe, exam=exam) != run


def test_without_a_broker_a_run_is_asked_for_all_the_same(cast, exam, monkeypatch):
    def refuse(*_args: object, **_options: object) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(tasks.analyse, "apply_async", refuse)
    with TestCase.captureOnCommitCallbacks(execute=True):
        run = request_analysis(person=cast.zoe, exam=exam)
    assert run.status == "queued"


def test_nobody_fills_the_queue(cast, exam):
    for _n in range(runs.MOST_OPEN):
        request_simulation(person=cast.zoe, exam=exam, request=SimulationRequest())
    with pytest.raises(TooManyRuns):
        request_simulation(person=cast.zoe, exam=exam, request=SimulationRequest())
    assert SimulationRun.objects.count() == runs.MOST_OPEN
    SimulationRun.objects.update(status="finished")
    request_simulation(person=cast.zoe, exam=exam, request=SimulationRequest())
