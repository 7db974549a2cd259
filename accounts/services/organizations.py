"""Organizations of a zone."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import tokens
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
    with _taken_in_the_same_moment(), transaction.atomic():
        organization.save(force_insert=True)
        details = {"name": organization.name, "code": organization.code, "plan": plan}
        record(Action.CREATE, "organization", organization.pk, organization_id=organization.pk, details=details)
    return organization


def update_organization(
    *,
    person: Person,
    organization: Organization,
    name: str | None = None,
    code: str | None = None,
    plan: str | None = None,
    status: str | None = None,
) -> Organization:
    """The organization as changed; what is None stays. Suspending ends all tokens of its people.

    An organization's own administrators change the name alone. Raises PermissionRefused, NotFound (audited) for another
    organization, or Invalid with `errors` by field.
    """
    said = {"name": name and name.strip(), "code": code and code.strip().lower(), "plan": plan, "status": status}
    wanted = {field: value for field, value in said.items() if value is not None}
    _may_change(person, organization, wanted)
    with _taken_in_the_same_moment(), transaction.atomic():
        # Of two changes at once the second sees the first, so that the log tells what was there before.
        stored = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        changes = {field: [getattr(stored, field), value] for field, value in wanted.items()}
        changes = {field: pair for field, pair in changes.items() if pair[0] != pair[1]}
        if not changes:
            return stored
        for field in changes:
            setattr(stored, field, wanted[field])
        _check(stored)
        stored.save(update_fields=list(changes))
        if "status" in changes and stored.status == Organization.Status.SUSPENDED:
            tokens.revoke_organization(stored)
        record(Action.UPDATE, "organization", stored.pk, organization_id=stored.pk, details=changes)
    return stored


def _may_change(person: Person, organization: Organization, wanted: dict[str, str]) -> None:
    if not person.allows("org:update"):
        raise PermissionRefused(permission="org:update")
    if person.role in ZONE_WIDE:
        return
    if person.organization_id != organization.pk:
        raise NotFound(audited=True)
    if wanted.keys() - {"name"}:
        raise PermissionRefused(_("An organization changes nothing but its name by itself."), code="name_only")


@contextmanager
def _taken_in_the_same_moment() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        # Two organizations passed the check together; the constraint let one of them in.
        raise Invalid(_("Another organization has this name or code.")) from error


def _check(organization: Organization) -> None:
    try:
        organization.full_clean()
    except ValidationError as error:
        raise Invalid(errors=error.message_dict) from error
