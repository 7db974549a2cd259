"""Whom and what a person may see. Zone and organization are confined here, for the API, pages and consoles alike."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from accounts.models import ClassMembership, Classroom, Notice, Organization, ParentLink, SecurityPolicy, User
from accounts.people import Person
from accounts.permissions import ZONE_WIDE, Role
from zones.context import exists_in_zone
from zones.problems import NotFound, PermissionRefused

NOBODY = Q(pk__in=[])


def get_user(user_id: Any) -> User:
    """The account with this id in the current zone. Raises NotFound."""
    user = User.objects.select_related("organization").filter(pk=user_id).first()
    if user is None:
        raise NotFound()
    return user


def security_policy() -> SecurityPolicy:
    """What this zone decided about log-in and passwords; the defaults where it decided nothing."""
    return SecurityPolicy.objects.first() or SecurityPolicy()


def visible_users(person: Person) -> QuerySet[User]:
    """The accounts that staff manage: the whole zone's, or their organization's."""
    users = User.objects.select_related("organization")
    if not person.allows("user:read"):
        return users.none()
    if person.role in ZONE_WIDE:
        return users
    return users.filter(organization=person.organization_id) if person.organization_id else users.none()


def get_visible_user(person: Person, user_id: UUID) -> User:
    """Raises NotFound, audited when it is another organization's person."""
    return _one(visible_users(person), user_id)


def visible_students(person: Person) -> QuerySet[User]:
    """The students whose reports `person` may read.

    Students read their own, parents those of the children who approved them, teachers and administrators of an
    organization their organization's, administrators of the zone all.
    """
    students = User.objects.select_related("organization").filter(role=Role.STUDENT)
    match person.role:
        case Role.STUDENT:
            mine = Q(pk=person.pk) if person.pk else NOBODY
        case Role.PARENT:
            # Not a join: a child approved, revoked and approved again would come more than once.
            links = ParentLink.objects.filter(parent=person.pk, status=ParentLink.Status.APPROVED)
            mine = Q(pk__in=links.values("student"), is_active=True)
        case Role.TEACHER | Role.ORG_ADMIN if person.organization_id:
            mine = Q(organization=person.organization_id)
        case Role.ZONE_ADMIN | Role.SUPER_ADMIN:
            mine = Q()
        case _:
            mine = NOBODY
    return students.filter(mine)


def can_see_student(person: Person, student: User) -> bool:
    """Whether `person` may read this student's reports."""
    return visible_students(person).filter(pk=student.pk).exists()


def get_student(person: Person, student_id: UUID) -> User:
    """A student whose reports `person` may read.

    Raises PermissionRefused for parents without an approved link (whether or not there is such a student), NotFound for
    everybody else, audited when there is one.
    """
    if person.role == Role.PARENT:
        student = visible_students(person).filter(pk=student_id).first()
        if student is None:
            raise PermissionRefused(code="link_not_approved")
        return student
    return _one(visible_students(person), student_id)


def visible_organizations(person: Person) -> QuerySet[Organization]:
    if person.role in ZONE_WIDE:
        return Organization.objects.all()
    if person.organization_id is None:
        return Organization.objects.none()
    return Organization.objects.filter(pk=person.organization_id)


def get_organization(person: Person, organization_id: UUID) -> Organization:
    """Raises NotFound, audited when it is another one."""
    return _one(visible_organizations(person), organization_id)


def visible_classrooms(person: Person) -> QuerySet[Classroom]:
    """The zone's, the organization's, or one's own classes, with `students` and `teachers` counted."""
    rooms = Classroom.objects.select_related("organization").annotate(
        students=Count("memberships", filter=Q(memberships__kind=ClassMembership.Kind.STUDENT)),
        teachers=Count("memberships", filter=Q(memberships__kind=ClassMembership.Kind.TEACHER)),
    )
    match person.role:
        case Role.ZONE_ADMIN | Role.SUPER_ADMIN:
            return rooms
        case Role.ORG_ADMIN if person.organization_id:
            return rooms.filter(organization=person.organization_id)
        case Role.TEACHER | Role.STUDENT:
            mine = ClassMembership.objects.filter(user=person.pk).values("classroom")
            return rooms.filter(pk__in=mine)
        case _:
            return rooms.none()


def get_classroom(person: Person, classroom_id: UUID) -> Classroom:
    """Raises NotFound, audited when the class is there but not for this person."""
    return _one(visible_classrooms(person), classroom_id)


def members(classroom: Classroom) -> QuerySet[ClassMembership]:
    """Teachers first, then students, by name."""
    return classroom.memberships.select_related("user").order_by("-kind", "user__display_name", "user__pk")


def waiting_parents(person: Person) -> QuerySet[ParentLink]:
    """What a student is asked to approve; a parent whose account is closed asks nothing."""
    return _links(student=person.pk, status=ParentLink.Status.PENDING, parent__is_active=True)


def approved_parents(person: Person) -> QuerySet[ParentLink]:
    return _links(student=person.pk, status=ParentLink.Status.APPROVED)


def open_links_of_student(person: Person) -> QuerySet[ParentLink]:
    return _links(student=person.pk, status__in=[ParentLink.Status.PENDING, ParentLink.Status.APPROVED])


def children(person: Person) -> QuerySet[ParentLink]:
    """A parent's approved links."""
    return _links(parent=person.pk, status=ParentLink.Status.APPROVED)


def _links(**conditions: Any) -> QuerySet[ParentLink]:
    return ParentLink.objects.select_related("parent", "student", "student__organization").filter(**conditions)


def notices(person: Person) -> QuerySet[Notice]:
    """What a person was told, newest first."""
    return Notice.objects.filter(user=person.pk).order_by("-created_at", "-pk")


def unread_notices(person: Person) -> int:
    """How many of them nobody has opened; counted no further than a hundred."""
    return Notice.objects.filter(user=person.pk, read_at=None)[:100].count()


def _one(visible: QuerySet, key: UUID) -> Any:
    found = visible.filter(pk=key).first()
    if found is None:
        raise NotFound(audited=exists_in_zone(visible.model, pk=key))
    return found
