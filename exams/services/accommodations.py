"""What makes exams fair for one student: granted by administrators, pinned by every attempt that starts."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.people import Person
from accounts.permissions import Role
from audit.models import Action
from audit.services import record
from exams.authority import require_write
from exams.models import Accommodation
from zones.problems import Invalid

NOTHING = {"extra_time_percent": 0, "pause_minutes": 0, "large_print": False}


def grant(
    *,
    person: Person,
    student: User,
    extra_time_percent: int = 0,
    pause_minutes: int = 0,
    large_print: bool = False,
) -> Accommodation | None:
    """Give the student exactly this for every exam started from now on; all of it nothing takes it away (None).

    Raises PermissionRefused, NotFound for another organization's student, Invalid with `errors` by field.
    """
    require_write(person, "user:update", student.organization_id)
    if student.role != Role.STUDENT:
        raise Invalid(errors={"student": [_("%(name)s is no student.") % {"name": student.display_name}]})
    wanted = {"extra_time_percent": extra_time_percent, "pause_minutes": pause_minutes, "large_print": large_print}
    with transaction.atomic():
        # The student's row, because there may be none of the accommodation to lock.
        User.objects.select_for_update(of=("self",)).get(pk=student.pk)
        found = Accommodation.objects.filter(user=student).first()
        before = {name: getattr(found, name) for name in NOTHING} if found else NOTHING
        if wanted == before:
            return found
        changed = _save(Accommodation(user=student, **wanted), found) if wanted != NOTHING else None
        if changed is None and found is not None:
            found.delete()
        details = {name: [before[name], wanted[name]] for name in NOTHING if before[name] != wanted[name]}
        action = Action.CREATE if found is None else Action.UPDATE if changed else Action.DELETE
        record(action, "accommodation", student.pk, organization_id=student.organization_id, details=details)
    return changed


def remove(*, person: Person, student: User) -> None:
    """Take everything away; attempts that are running keep what they began with."""
    grant(person=person, student=student)


def _save(wanted: Accommodation, found: Accommodation | None) -> Accommodation:
    try:
        wanted.full_clean(validate_unique=False, exclude=["user"])
    except ValidationError as error:
        raise Invalid(errors=error.message_dict) from error
    wanted.save(force_insert=found is None, force_update=found is not None)
    return wanted


def pinned(accommodation: Accommodation | None) -> dict[str, Any]:
    """What an attempt that starts now keeps of it, as columns of Attempt."""
    if accommodation is None:
        return {}
    return {
        "extra_time_percent": accommodation.extra_time_percent,
        "pause_seconds_left": accommodation.pause_minutes * 60,
        "large_print": accommodation.large_print,
    }
