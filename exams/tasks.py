"""Background work of one zone's exams."""

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from exams.models import IdempotentCall
from exams.services import estimating, finishing


@shared_task
def finish_overdue() -> int:
    """End the attempts whose time has run out."""
    return finishing.finish_overdue()


@shared_task
def sweep_idempotent_calls() -> int:
    """Forget replies that no client asks for any more."""
    return IdempotentCall.objects.filter(created_at__lt=timezone.now() - timedelta(days=7)).delete()[0]


@shared_task
def calibrate(run_id: str) -> bool:
    """Do a calibration that somebody asked for."""
    return estimating.run_calibration(UUID(run_id))
