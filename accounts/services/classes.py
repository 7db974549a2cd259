"""Classes of one organization and who is in them."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import ClassMembership, Classroom, Organization, User
from accounts.people import Person
from accounts.permissions import ZONE_WIDE, Role
from audit.models import Action
from audit.services import record
from zones.context import exists_in_zone
from zones.problems import Conflict, Invalid, NotFound, PermissionRefused

KINDS = {Role.TEACHER: ClassMembership.Kind.TEACHER, Role.STUDENT: ClassMembership.Kind.STUDENT}


def create_classroom(*, person: Person, name: str, organization: Organization) -> Classroom:
    """A new, empty class. Raises Invalid for an empty name, Conflict for one that the organization has."""
    _may_manage(person, "class:create", organization.pk)
    classroom = Classroom(organization=organization, name=_name(name))
    return _save(classroom, Action.CREATE, {"name": classroom.name})


def rename_classroom(*, person: Person, classroom: Classroom, name: str) -> Classroom:
    _may_manage(person, "class:update", classroom.organization_id)
    before, classroom.name = classroom.name, _name(name)
    return _save(classroom, Action.UPDATE, {"name": [before, classroom.name]})


def delete_classroom(*, person: Person, classroom: Classroom) -> None:
    """The class ends; its people and their attempts stay."""
    _may_manage(person, "class:delete", classroom.organization_id)
    with transaction.atomic():
        details = {"name": classroom.name}
        record(Action.DELETE, "classroom", classroom.pk, organization_id=classroom.organization_id, details=details)
        classroom.delete()


def add_member(*, person: Person, classroom: Classroom, user: User) -> ClassMembership:
    """A teacher or student of the same organization joins; who is in it already stays as they are.

    Raises Invalid for other roles, NotFound (audited) for another organization's people.
    """
    _may_manage(person, "class:update", classroom.organization_id)
    if user.organization_id != classroom.organization_id:
        raise NotFound(audited=True)
    if user.role not in KINDS:
        raise Invalid(errors={"user_id": [_("Only teachers and students are in classes.")]})
    with transaction.atomic():
        membership, made = ClassMembership.objects.get_or_create(
            classroom=classroom, user=user, defaults={"kind": KINDS[Role(user.role)]}
        )
        if made:
            _record_member(Action.CREATE, classroom, user.pk)
    return membership


def remove_member(*, person: Person, classroom: Classroom, user_id: UUID) -> None:
    """Raises NotFound for somebody who is not in this class, audited when there is such a person."""
    _may_manage(person, "class:update", classroom.organization_id)
    with transaction.atomic():
        removed, _details = ClassMembership.objects.filter(classroom=classroom, user=user_id).delete()
        if not removed:
            raise NotFound(audited=exists_in_zone(User, pk=user_id))
        _record_member(Action.DELETE, classroom, user_id)


def leave_unfitting(*, user: User) -> None:
    """Take somebody out of the classes of another organization, and out of those where they were in another role."""
    kind = KINDS.get(Role(user.role))
    fitting = ClassMembership.objects.filter(user=user, classroom__organization=user.organization_id, kind=kind)
    mine = ClassMembership.objects.filter(user=user).exclude(pk__in=fitting.values("pk"))
    with transaction.atomic():
        for membership in mine.select_related("classroom"):
            membership.delete()
            _record_member(Action.DELETE, membership.classroom, user.pk)


def _may_manage(person: Person, permission: str, organization_id: UUID) -> None:
    if not person.allows(permission):
        raise PermissionRefused(permission=permission)
    if person.role not in ZONE_WIDE and person.organization_id != organization_id:
        raise NotFound(audited=True)


def _name(name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 120:
        raise Invalid(errors={"name": [_("A name has 1 to 120 characters.")]})
    return name


def _save(classroom: Classroom, action: Action, details: dict) -> Classroom:
    try:
        with transaction.atomic():
            classroom.save()
            record(action, "classroom", classroom.pk, organization_id=classroom.organization_id, details=details)
    except IntegrityError as error:
        taken = _("The organization has a class %(name)s already.") % {"name": classroom.name}
        raise Conflict(taken, code="name_taken") from error
    return classroom


def _record_member(action: Action, classroom: Classroom, user_id: UUID) -> None:
    record(
        action,
        "class_member",
        classroom.pk,
        organization_id=classroom.organization_id,
        details={"user": user_id, "class": classroom.name},
    )
