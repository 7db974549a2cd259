"""People ask for their own data: with their password, made in the background, told when it is there."""

import base64
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import DataExport, User
from accounts.services.exporting import export_person
from accounts.services.login import confirms_password
from accounts.services.notices import notify
from audit.models import Action
from audit.services import record
from zones.context import exists_in_zone
from zones.problems import Conflict, Invalid, NotFound

KEPT = timedelta(days=7)
CLAIM = timedelta(minutes=30)
LONGEST_LIST = 10
OWN_REASON = "asked for by the person"


def ask(*, user: User, password: str, ip: str | None) -> DataExport:
    """Raises Invalid for a wrong password, Throttled after too many, Conflict while one is being made."""
    if not confirms_password(user=user, password=password, ip=ip):
        raise Invalid(errors={"password": [_("This is not your password.")]})
    try:
        with transaction.atomic():
            made = DataExport.objects.create(user=user)
            details = {"asked": "own_data"}
            record(Action.EXPORT, "user", user.pk, organization_id=user.organization_id, details=details)
            transaction.on_commit(_send_to_worker)
    except IntegrityError as error:
        raise Conflict(_("Your data are being packed already.")) from error
    return made


def _send_to_worker() -> None:
    from accounts.tasks import pack_exports

    # Without a broker the periodic sweep finds it by itself.
    with suppress(Exception):
        pack_exports.apply_async(retry=False)


def pack_all() -> int:
    """Make what was asked for in the current zone; the number of exports made."""
    lost = timezone.now() - CLAIM
    waiting = Q(finished_at=None) & (Q(claimed_at=None) | Q(claimed_at__lt=lost))
    made = 0
    for key in list(DataExport.objects.filter(waiting).values_list("pk", flat=True)):
        # Of many workers one finds the row as it was.
        if DataExport.objects.filter(waiting, pk=key).update(claimed_at=timezone.now()):
            _pack(DataExport.objects.select_related("user").get(pk=key))
            made += 1
    return made


def _pack(export: DataExport) -> None:
    with transaction.atomic():
        packed = export_person(person=export.user, user=export.user, reason=OWN_REASON)
        export.archive, export.finished_at = base64.b64encode(packed).decode(), timezone.now()
        export.save(update_fields=["archive", "finished_at"])
        notify(user=export.user, kind="export_ready", context={})


def own_exports(user: User) -> list[DataExport]:
    """Newest first, without their contents."""
    return list(DataExport.objects.filter(user=user).defer("archive")[:LONGEST_LIST])


def fetch(*, user: User, export_id: UUID) -> bytes:
    """The ZIP. Raises NotFound, audited for somebody else's."""
    export = DataExport.objects.filter(pk=export_id, user=user, finished_at__isnull=False).first()
    if export is None:
        raise NotFound(audited=exists_in_zone(DataExport, pk=export_id))
    return base64.b64decode(export.archive)


def forget_old() -> None:
    DataExport.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
