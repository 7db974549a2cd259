"""What a zone decides about log-in and passwords."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import SecurityPolicy
from accounts.people import Person
from accounts.services import factors
from audit.models import Action
from audit.services import record
from zones.problems import Invalid, PermissionRefused


def change_policy(*, person: Person, **wanted: Any) -> SecurityPolicy:
    """Set the named fields of the zone's policy.

    It holds for passwords and second factors at once, for the length of sessions from the next log-in.

    Raises PermissionRefused, or Invalid with `errors` by field.
    """
    if not person.allows("zone:update"):
        raise PermissionRefused(permission="zone:update")
    with transaction.atomic():
        SecurityPolicy.objects.get_or_create(pk=SecurityPolicy.ONLY)
        policy = SecurityPolicy.objects.select_for_update().get()
        changes = {name: [getattr(policy, name), value] for name, value in wanted.items()}
        for name, value in wanted.items():
            setattr(policy, name, value)
        try:
            policy.full_clean()
        except ValidationError as error:
            raise Invalid(errors=error.message_dict) from error
        changes = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
        if changes:
            policy.save()
            record(Action.UPDATE, "security_policy", policy.pk, details=changes)
        if changes.get("teachers_need_factor") == [False, True]:
            factors.demand_of_teachers()
    return policy
