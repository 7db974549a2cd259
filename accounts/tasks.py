"""Background work of accounts; megacity.tasks sends it to every zone."""

import logging
from datetime import timedelta
from functools import partial
from importlib import import_module
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from accounts import revocation
from accounts.models import Notice, OutgoingMail, RefreshSession, RosterImport, SpentToken, User
from accounts.people import Operator
from accounts.selectors import security_policy
from accounts.services import devices, erasing, guardian_requests, guardians, own_export, sessions
from accounts.services.api_clients import forget_nonces
from accounts.services.mailing import send_due_mails
from accounts.services.roster import finish_roster, rosters_to_do
from accounts.subjects.subject import is_erased
from audit import archiving
from zones.context import current_zone_id
from zones.owner import NotOwner, as_owner
from zones.problems import Unavailable

logger = logging.getLogger("megacity.accounts")

# Reports, and what files said of people that nobody imported.
ROSTERS_KEPT = timedelta(days=30)
# To answer whether somebody was told; their contents went with the sending.
MAILS_KEPT = timedelta(days=30)
NOTICES_KEPT = timedelta(days=180)


@shared_task
def sweep() -> None:
    """Delete what time has made void: revoked tokens, refresh tokens, page sessions, old rosters, mails, notices."""
    RosterImport.objects.filter(created_at__lt=timezone.now() - ROSTERS_KEPT).delete()
    OutgoingMail.objects.filter(created_at__lt=timezone.now() - MAILS_KEPT).delete()
    Notice.objects.filter(created_at__lt=timezone.now() - NOTICES_KEPT).delete()
    own_export.forget_old()
    own_export.pack_all()
    revocation.sweep()
    forget_nonces()
    RefreshSession.objects.filter(expires_at__lt=timezone.now()).delete()
    sessions.sweep()
    devices.sweep()
    SpentToken.objects.filter(expires_at__lt=timezone.now()).delete()
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


@shared_task
def work_off_rosters() -> int:
    """Import the rosters that were confirmed; the number of them."""
    batches = rosters_to_do()
    for batch_id in batches:
        finish_roster(batch_id)
    return len(batches)


@shared_task
def look_after_children() -> None:
    """What time does to guardians' requests and consents: reminders, erasure, birthdays, links without an answer."""
    guardian_requests.remind_and_expire()
    guardians.come_of_age()
    guardians.end_unconfirmed_links()
    guardians.erase_withdrawn()
    guardian_requests.forget_old_consents()


@shared_task
def archive_log() -> int:
    """Take the months of the log that are older than the zone wants into files; the number of months."""
    months, folder = security_policy().audit_months, settings.AUDIT_ARCHIVES
    waiting = archiving.due(months, timezone.now())
    if not waiting:
        return 0
    if not folder:
        logger.error("audit log of %s: %s are due, and AUDIT_ARCHIVES names no folder", current_zone_id(), waiting)
        return 0
    try:
        return len(as_owner(partial(archiving.archive_due, months, Path(folder))))
    except (NotOwner, archiving.NotArchived, OSError) as problem:
        # The next night tries again; by hand: `manage.py audit_partitions --archive`.
        logger.error("audit log of %s: %s are due and stay: %s", current_zone_id(), waiting, problem)
        return 0


# A store of files that is away for an hour must not end an erasure that staff have confirmed.
@shared_task(autoretry_for=(Unavailable,), retry_backoff=60, retry_backoff_max=3600, max_retries=12)
def erase(user_id: str, reason: str) -> bool:
    """Erase somebody of whom staff have confirmed it; whether nothing is left. What is left is for operators."""
    user = User.objects.get(pk=user_id)
    if is_erased(user):
        return True  # The message came twice.
    if not erasing.confirmed(user):
        logger.error("erasing %s: nobody has confirmed it", user_id)
        return False
    made = erasing.erase_person(person=Operator(), user=user, reason=reason)
    for problem in (*made.problems, *made.traces):
        logger.critical("erasing %s: still there: %s; docs/erasure.md", user_id, problem)
    return made.is_complete


@shared_task
def pack_exports() -> int:
    """Pack the data that people asked for; the number of packages."""
    return own_export.pack_all()


@shared_task
def send_mails() -> int:
    """Send the mails that are due; the number that the mail server took."""
    return send_due_mails()
