"""Telephone and resident numbers: who may set them, and who may see one in full."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.people import Person
from accounts.permissions import ZONE_WIDE
from accounts.personal_numbers import birth_date_in, normal_phone, normal_resident_number
from accounts.services.people import born, may_manage
from audit.models import Action
from audit.services import record
from zones.context import current_zone_id
from zones.problems import Invalid, PermissionRefused

# What `reveal` shows, and the index that is saved beside it.
REVEALED = ("phone", "resident_number")
LEAST_REASON = 10


def set_own_phone(*, user: User, phone: str) -> None:
    """People change their own number; empty takes it away. Raises Invalid with `errors` for what is no number."""
    _save(user, phone=_checked("phone", normal_phone, phone))


def set_phone(*, person: Person, user: User, phone: str) -> None:
    """Staff change somebody's number. Raises PermissionRefused, or Invalid with `errors`."""
    may_manage(person, "user:update", user.role, user.organization)
    _save(user, phone=_checked("phone", normal_phone, phone))


def set_resident_number(*, person: Person, user: User, number: str, issued_anew: bool = False) -> None:
    """An administrator of the zone records the number that a law asks for; empty takes it away.

    Raises PermissionRefused for everybody else, and in every zone that is not named in RESIDENT_NUMBER_ZONES: without a
    law that says so nobody may collect it. Raises Invalid with `errors` for what is no number, and for one that begins
    with another date of birth than the account's.
    """
    may_manage(person, "user:update", user.role, user.organization)
    if person.role not in ZONE_WIDE:
        raise PermissionRefused(_("Resident numbers are for administrators of the zone."), code="zone_wide_only")
    if number and current_zone_id() not in settings.RESIDENT_NUMBER_ZONES:
        raise PermissionRefused(_("This zone takes no resident numbers."), code="no_legal_basis")

    def normal(text: str) -> str:
        return normal_resident_number(text, issued_anew=issued_anew)

    digits = _checked("resident_number", normal, number)
    if digits and born(user) not in (None, birth_date_in(digits)):
        # Without the dates, one of which the number would tell.
        raise Invalid(errors={"resident_number": [_("This resident number is of another date of birth.")]})
    _save(user, resident_number=digits)


def reveal(*, person: Person, user: User, field: str, reason: str) -> str:
    """The number in full, for staff who say why they need it; the log keeps who, whose, which and why.

    Raises PermissionRefused, or Invalid for a reason of fewer than 10 characters.
    """
    may_manage(person, "user:update", user.role, user.organization)
    if field not in REVEALED:
        raise Invalid()
    if field == "resident_number" and person.role not in ZONE_WIDE:
        raise PermissionRefused(_("Resident numbers are for administrators of the zone."), code="zone_wide_only")
    if len(reason.strip()) < LEAST_REASON:
        raise Invalid(errors={"reason": [_("Say why you need it, in a few words.")]})
    with transaction.atomic():
        details = {"revealed": field, "reason": reason.strip()[:500]}
        record(Action.READ, "user", user.pk, organization_id=user.organization_id, details=details)
        value: str = getattr(user, field)
    return value


def _checked(field: str, normal: Callable[[str], str], text: str) -> str:
    try:
        return normal(text) if text.strip() else ""
    except ValidationError as error:
        raise Invalid(errors={field: error.messages}) from error


def _save(user: User, **values: Any) -> None:
    """Write what differs; the log tells which field changed and never its value."""
    changed = [name for name, value in values.items() if getattr(user, name) != value]
    if not changed:
        return
    for name in changed:
        setattr(user, name, values[name])
    indexes = ["phone_index"] if "phone" in changed else []
    with transaction.atomic():
        user.save(update_fields=[*changed, *indexes])
        record(Action.UPDATE, "user", user.pk, organization_id=user.organization_id, details={"changed": changed})
