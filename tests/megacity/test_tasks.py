"""Background work runs in the zone that its message names, in every zone, or not at all."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from audit import clock
from audit.models import AuditEntry
from exams.models import Attempt, IdempotentCall
from exams.services import delivery
from exams.tasks import finish_overdue
from megacity.celery import app
from megacity.tasks import finish_overdue_everywhere, sweep_everywhere
from tests.sample_exam import make_exam
from zones.context import UnknownZone, current_zone_id, zone_context
from zones.models import Zone
from zones.provisioning import set_status


@pytest.fixture(autouse=True)
def at_once(monkeypatch) -> None:
    """Messages are worked on where they are sent."""
    monkeypatch.setitem(app.conf, "task_always_eager", True)
    monkeypatch.setitem(app.conf, "task_eager_propagates", True)


def overdue_attempt(student) -> uuid.UUID:
    exam = make_exam(time_limit_minutes=30)
    with clock.at(timezone.now() - timedelta(hours=1)):
        state = delivery.start(person=student, exam_id=exam.pk, client_key=uuid.uuid4())
    return uuid.UUID(state["id"])


def test_an_attempt_left_open_is_ended_at_its_deadline(in_univ, cast):
    attempt = Attempt.objects.get(pk=overdue_attempt(cast.bob))
    finish_overdue_everywhere()
    ended = Attempt.objects.get(pk=attempt.pk)
    assert (ended.status, ended.finish_reason) == ("finished", "time")
    assert ended.finished_at == attempt.deadline_at
    entry = AuditEntry.objects.filter(resource_type="attempt", resource_id=str(attempt.pk)).latest("id")
    assert (entry.user_label, entry.details["reason"]) == ("system", "time")
    assert current_zone_id() == "univ"


def test_a_task_for_an_unknown_or_suspended_zone_is_refused(in_univ, cast):
    attempt = overdue_attempt(cast.bob)
    with pytest.raises(UnknownZone):
        finish_overdue.apply_async(zone="atlantis")
    set_status(zone=in_univ, status=Zone.Status.SUSPENDED)
    with pytest.raises(UnknownZone):
        finish_overdue.apply_async(zone="univ")
    finish_overdue_everywhere()
    assert Attempt.objects.get(pk=attempt).status == Attempt.Status.IN_PROGRESS


def test_the_sweep_forgets_old_replies_in_every_zone(univ, college):
    for zone in (univ, college):
        with zone_context(zone):
            for age in (timedelta(days=8), timedelta(days=6)):
                call = IdempotentCall.objects.create(
                    user_id=uuid.uuid4(), operation="start", client_key=uuid.uuid4(), body_hash="", reply={}
                )
                IdempotentCall.objects.filter(pk=call.pk).update(created_at=timezone.now() - age)
    sweep_everywhere()
    for zone in (univ, college):
        with zone_context(zone):
            assert IdempotentCall.objects.get().created_at > timezone.now() - timedelta(days=7)


def test_long_work_has_a_queue_that_a_process_takes_from(settings):
    """A name that is written wrongly would go to the quick worker; a queue without a process would wait for ever."""
    procfile = (settings.BASE_DIR / "Procfile").read_text()
    app.loader.import_default_modules()
    for name, route in settings.CELERY_TASK_ROUTES.items():
        assert name in app.tasks
        assert f"--queues {route['queue']} " in procfile
