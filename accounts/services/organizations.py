"""Organizations of a zone."""

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Organization
from accounts.people import Person
from accounts.permissions import ZONE_WIDE
from audit.models import Action
from audit.services import record
from zones.problems import Invalid, NotFound, PermissionRefused


def create_organization(*, person: Person, name: str, code: str, plan: str = Organization.Plan.FREE) -> Organization:
    """Raises PermissionRefused, or Invalid with `errors` by field."""
    if not person.allows("org:create"):
        raise PermissionRefused(permission="org:create")
    organization = Organization(name=name.strip(), code=code.strip().lower(), plan=plan)
    _check(organization)
    with transaction.atomic():
        organization.save(force_insert=True)
        details = {"name": organization.name, "code": organization.code, "plan": plan}
        record(Action.CREATE, "organization", organization.pk, organization_id=organization.pk, details=details)
    return organization


def rename_organization(*, person: Person, organization: Organization, name: str) -> Organization:
    """Raises PermissionRefused, NotFound (audited) for another organization, or Invalid."""
    if not person.allows("org:update"):
        raise PermissionRefused(permission="org:update")
    if person.role not in ZONE_WIDE and person.organization_id != organization.pk:
        raise NotFound(audited=True)
    before, organization.name = organization.name, name.strip()
    _check(organization)
    with transaction.atomic():
        organization.save(update_fields=["name"])
        details = {"name": [before, organization.name]}
        record(Action.UPDATE, "organization", organization.pk, organization_id=organization.pk, details=details)
    return organization


def _check(organization: Organization) -> None:
    try:
        organization.full_clean()
    except ValidationError as error:
        raise Invalid(errors=error.message_dict) from error
