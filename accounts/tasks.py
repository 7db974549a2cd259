"""Background work of accounts; megacity.tasks sends it to every zone."""

from importlib import import_module

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from accounts import revocation
from accounts.models import RefreshSession


@shared_task
def sweep() -> None:
    """Delete what time has made void: revoked tokens, refresh tokens, page sessions."""
    revocation.sweep()
    RefreshSession.objects.filter(expires_at__lt=timezone.now()).delete()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
