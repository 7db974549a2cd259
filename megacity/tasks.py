"""Periodic work over all zones: one message a zone, so that a slow or broken zone holds up no other."""

from celery import shared_task

from zones.context import PUBLIC
from zones.models import Zone


def _active_zones() -> list[str]:
    return list(Zone.objects.filter(status=Zone.Status.ACTIVE).values_list("schema_name", flat=True))


@shared_task
def finish_overdue_everywhere() -> None:
    from exams.tasks import finish_overdue

    for zone in _active_zones():
        finish_overdue.apply_async(zone=zone, expires=30)


@shared_task
def work_off_imports_everywhere() -> None:
    from accounts.tasks import work_off_rosters
    from exams.tasks import work_off_imports

    for zone in _active_zones():
        work_off_imports.apply_async(zone=zone, expires=60)
        work_off_rosters.apply_async(zone=zone, expires=60)


@shared_task
def send_mails_everywhere() -> None:
    from accounts.tasks import send_mails

    for zone in ["public", *_active_zones()]:
        send_mails.apply_async(zone=zone, expires=30)


@shared_task
def sweep_everywhere() -> None:
    from accounts.tasks import look_after_children, sweep
    from exams.tasks import sweep_idempotent_calls, sweep_imports

    zones = _active_zones()
    for zone in ["public", *zones]:
        sweep.apply_async(zone=zone, expires=3600)
    for zone in zones:
        look_after_children.apply_async(zone=zone, expires=3600)
        sweep_idempotent_calls.apply_async(zone=zone, expires=3600)
        sweep_imports.apply_async(zone=zone, expires=3600)


@shared_task
def seal_logs_everywhere() -> None:
    from audit.tasks import seal

    for zone in [PUBLIC, *_active_zones()]:
        seal.apply_async(zone=zone, expires=10)


@shared_task
def look_after_logs_everywhere() -> None:
    from accounts.tasks import archive_log
    from audit.tasks import make_partitions, verify_log

    for zone in [PUBLIC, *_active_zones()]:
        make_partitions.apply_async(zone=zone, expires=3600)
        archive_log.apply_async(zone=zone, expires=6 * 3600)
        verify_log.apply_async(zone=zone, expires=6 * 3600)


@shared_task
def refresh_analyses_everywhere() -> None:
    from exams.tasks import refresh_analyses

    for zone in _active_zones():
        refresh_analyses.apply_async(zone=zone, expires=6 * 3600)


@shared_task
def resume_runs_everywhere() -> None:
    from exams.tasks import resume_runs

    for zone in _active_zones():
        resume_runs.apply_async(zone=zone, expires=300)
