"""A real worker, as the Procfile starts it, takes messages from Valkey and works in the zone that each one names."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from celery import shared_task
from django.utils import timezone

from audit import clock
from audit.context import Actor, acting, current_actor
from audit.models import AuditEntry
from exams.models import Attempt
from exams.services import delivery
from exams.tasks import finish_overdue
from megacity.celery import ZoneTask, app
from megacity.tasks import finish_overdue_everywhere
from tests import servers
from tests.sample_exam import make_exam
from zones.context import UnknownZone, current_zone_id, get_zone, zone_context
from zones.models import Zone
from zones.provisioning import set_status

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 40


@shared_task
def whereabouts() -> tuple[str, str]:
    return current_zone_id(), current_actor().label


@shared_task
def stumble() -> None:
    raise ValueError(current_zone_id())


@pytest.fixture
def at_once(monkeypatch) -> None:
    monkeypatch.setitem(app.conf, "task_always_eager", True)
    monkeypatch.setitem(app.conf, "task_eager_propagates", True)


def test_every_task_is_a_task_of_a_zone():
    app.loader.import_default_modules()
    ours = {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}
    assert {"exams.tasks.finish_overdue", "accounts.tasks.sweep"} <= set(ours)
    assert all(isinstance(task, ZoneTask) for task in ours.values())


@pytest.mark.parametrize("place", ["univ", "college", "public"])
def test_a_task_runs_in_the_zone_that_it_was_sent_to_as_the_system(at_once, in_univ, place):
    assert whereabouts.apply_async(zone=place).get() == (place, "system")
    assert current_zone_id() == "univ"


def test_a_task_sent_from_inside_a_zone_runs_there(at_once, univ, college):
    for zone in (univ, college):
        with zone_context(zone):
            assert whereabouts.apply_async().get() == (zone.schema_name, "system")
            assert whereabouts.delay().get() == (zone.schema_name, "system")


def test_a_task_called_like_a_function_runs_where_its_caller_is(univ, college):
    with zone_context(univ), acting(Actor(label="Zoe")):
        assert whereabouts() == ("univ", "Zoe")
    with zone_context(college):
        assert whereabouts()[0] == "college"


def test_a_task_that_fails_leaves_the_connection_where_it_was(at_once, in_univ):
    with pytest.raises(ValueError, match="college"):
        stumble.apply_async(zone="college")
    assert current_zone_id() == "univ"


def test_a_refused_task_leaves_the_connection_where_it_was(at_once, in_univ):
    with pytest.raises(UnknownZone, match="atlantis"):
        whereabouts.apply_async(zone="atlantis")
    assert current_zone_id() == "univ"
    set_status(zone=get_zone("college"), status=Zone.Status.SUSPENDED)
    with pytest.raises(UnknownZone, match="suspended"):
        whereabouts.apply_async(zone="college")
    assert current_zone_id() == "univ"


@pytest.fixture
def worker(committed, tmp_path) -> Iterator[Callable[[], None]]:
    """Call it to start the worker on this test's database and Valkey."""
    log = tmp_path / "worker.log"
    processes = []

    def start() -> None:
        command = [sys.executable, "-m", "celery", "--quiet", "-A", "megacity", "worker", "--pool", "threads"]
        command += ["--concurrency", "2", "--without-gossip", "--without-mingle", "--loglevel", "info"]
        environment = os.environ | {"DATABASE_URL": servers.address(servers.database_name())}
        with log.open("wb") as output:
            processes.append(
                subprocess.Popen(
                    command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
                )
            )

    yield start
    for process in processes:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    print(log.read_text() if log.exists() else "the worker was not started")


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {PATIENCE} s"
        time.sleep(0.1)


def overdue(zone: Zone, student) -> uuid.UUID:
    with zone_context(zone), clock.at(timezone.now() - timedelta(hours=1)):
        exam = make_exam(size=6, min_items=5, max_items=5, time_limit_minutes=30)
        return uuid.UUID(delivery.start(person=student, exam_id=exam.pk, client_key=uuid.uuid4())["id"])


def is_finished(zone: Zone, attempt: uuid.UUID) -> bool:
    with zone_context(zone):
        return Attempt.objects.get(pk=attempt).is_finished


@pytest.mark.slow
def test_a_worker_ends_overdue_attempts_in_the_zone_that_is_named_and_no_other(worker, cast, univ, college):
    attempts = {univ: overdue(univ, cast.bob), college: overdue(college, cast.charlie)}
    worker()
    finish_overdue.apply_async(zone="atlantis")
    finish_overdue.apply_async(zone="univ")
    wait_until(lambda: is_finished(univ, attempts[univ]), "the attempt in univ ends")
    assert not is_finished(college, attempts[college])
    # A refusal has not stopped the worker, nor left one of its threads in a zone.
    finish_overdue_everywhere.apply_async(zone="public")
    wait_until(lambda: is_finished(college, attempts[college]), "the attempt in college ends")
    for zone, attempt in attempts.items():
        with zone_context(zone):
            entry = AuditEntry.objects.get(resource_id=str(attempt), details__event="finish")
            assert (entry.zone_id, entry.user_label) == (zone.schema_name, "system")
