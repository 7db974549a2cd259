"""Organizations, classes, staff, students and parents of a demo zone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from random import Random

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import ClassMembership, Classroom, Organization, ParentLink, User
from accounts.people import as_actor
from accounts.permissions import Role
from accounts.services.classes import add_member, create_classroom
from accounts.services.organizations import create_organization
from accounts.services.parents import approve, request_link
from audit.context import acting
from audit.models import Action
from audit.services import record
from megacity.demo import accounts
from megacity.demo.accounts import DemoAccount
from megacity.demo.cast import SCHOOLS, Name, School, names
from megacity.demo.factors import protect

TEACHERS = 2
PARENTS = 4


@dataclass(frozen=True)
class SchoolPeople:
    """Everybody of one organization; its first teacher writes its exams."""

    organization: Organization
    admin: User
    teachers: list[User]
    students: list[User]


@dataclass(frozen=True)
class People:
    """The people of a demo zone."""

    admin: User
    schools: list[SchoolPeople]
    demo_student: User


@cache
def password_hash() -> str:
    """One hash for all demo people: bcrypt is slow on purpose, and the password is known anyway."""
    return make_password(accounts.PASSWORD)


def seed_people(zone_id: str, *, students: int) -> People:
    """The zone's people, made where they are missing; `students` in each organization."""
    admin = _staff(accounts.ZONE_ADMIN)
    with acting(as_actor(admin)):
        schools = [
            _seed_school(admin, school, students, first=position == 0)
            for position, school in enumerate(SCHOOLS[zone_id])
        ]
    demo_student = next(user for user in schools[0].students if user.email == accounts.STUDENT.email)
    return People(admin, schools, demo_student)


def seed_platform_staff() -> User:
    """The super administrator, in schema `public`."""
    return _staff(accounts.SUPER_ADMIN)


def _staff(account: DemoAccount) -> User:
    user = User.objects.filter(email=account.email).first() or _make([_row(account)])[0]
    protect(user)
    return user


def _seed_school(admin: User, school: School, students: int, *, first: bool) -> SchoolPeople:
    organization = Organization.objects.filter(code=school.code).first() or create_organization(
        person=admin, name=school.name, code=school.code, plan=Organization.Plan.INSTITUTION
    )
    # The same names on every run.
    source = names(Random(school.code))  # noqa: S311
    wanted = list(_wanted(organization, list(islice(source, 1 + TEACHERS + PARENTS + students)), first=first))
    there = {user.email: user for user in User.objects.filter(email__in=[user.email for user in wanted])}
    there |= {user.email: user for user in _make(user for user in wanted if user.email not in there)}
    people = [there[user.email] for user in wanted]
    by_role = {role: [user for user in people if user.role == role] for role in Role}
    found = SchoolPeople(organization, by_role[Role.ORG_ADMIN][0], by_role[Role.TEACHER], by_role[Role.STUDENT])
    protect(found.admin)
    with acting(as_actor(found.admin)):
        _seed_classes(found, school)
    _seed_links(by_role[Role.PARENT], found.students)
    return found


def _wanted(organization: Organization, source: list[Name], *, first: bool) -> Iterator[User]:
    """The organization's people as rows: first the demo accounts, then as many others as names are left."""
    named = {Role.ORG_ADMIN: accounts.ORG_ADMIN, Role.TEACHER: accounts.TEACHER}
    named |= {Role.STUDENT: accounts.STUDENT, Role.PARENT: accounts.PARENT}
    students = len(source) - 1 - TEACHERS - PARENTS
    roles = [Role.ORG_ADMIN] + [Role.TEACHER] * TEACHERS + [Role.PARENT] * PARENTS + [Role.STUDENT] * students
    for name, role in zip(source, roles, strict=True):
        # A parent belongs to a child, not to an organization.
        owner = None if role == Role.PARENT else organization
        if first and role in named:
            yield _row(named.pop(role), owner)
        else:
            email = f"{name.local}@{organization.code}.example"
            yield User(email=email, display_name=name.display, role=role, organization=owner, language=name.language)


def _row(account: DemoAccount, organization: Organization | None = None) -> User:
    return User(email=account.email, display_name=account.display_name, role=account.role, organization=organization)


def _make(rows: Iterable[User]) -> list[User]:
    users = list(rows)
    for user in users:
        user.password = password_hash()
        user.email_verified_at = timezone.now()
    User.objects.bulk_create(users)
    for user in users:
        details = {"email": user.email, "role": str(user.role)}
        record(Action.CREATE, "user", user.pk, organization_id=user.organization_id, details=details)
    return users


def _seed_classes(people: SchoolPeople, school: School) -> None:
    """Every student in one class; each class with one teacher, the first class with the first (the demo) teacher."""
    rooms = {room.name: room for room in Classroom.objects.filter(organization=people.organization)}
    for number, name in enumerate(school.classes):
        room = rooms.get(name) or create_classroom(person=people.admin, name=name, organization=people.organization)
        members = [people.teachers[number % len(people.teachers)], *people.students[number :: len(school.classes)]]
        there = set(ClassMembership.objects.filter(classroom=room).values_list("user_id", flat=True))
        for user in members:
            if user.pk not in there:
                add_member(person=people.admin, classroom=room, user=user)


def _seed_links(parents: list[User], students: list[User]) -> None:
    """Each parent asks for one child (the first for the first student); all are approved but the last one's."""
    asked = set(ParentLink.objects.filter(parent__in=parents).values_list("parent_id", flat=True))
    for number, (parent, student) in enumerate(zip(parents, students, strict=False), start=1):
        if parent.pk in asked:
            continue
        with acting(as_actor(parent)):
            request_link(person=parent, student_email=student.email)
        if number < len(parents):
            with acting(as_actor(student)):
                approve(person=student, parent_id=parent.pk)
