"""Zones full of rows that say whose they are: each holds a marker of its zone and its organization."""

import re
import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils import timezone

from accounts.models import ClassMembership, Classroom, Notice, Organization, ParentLink, User
from accounts.people import Anonymous
from accounts.permissions import Role
from audit.models import Action
from audit.services import record
from exams.models import Attempt, ContentArea, Exam, IdempotentCall, Item, ItemPool, ItemText, ItemVersion, Response
from zones.context import owner_context, zone_context
from zones.models import Zone

MARK = re.compile(r"canary-([a-z][a-z0-9_]*)-(hana|duri|all)(?![a-z])")
ORGANIZATIONS = ("hana", "duri")
# Of the zone itself: what every member sees.
SHARED = "all"
# Numbers as ids begin so much later in each zone than in the one before, so that no two rows share one.
STRIDE = 10_000_000


def mark(zone: str, organization: str) -> str:
    return f"canary-{zone}-{organization}"


@dataclass(frozen=True)
class Actor:
    """Somebody who asks, and the organizations whose marks they may see; `wide` sees them all."""

    zone: Zone
    person: Any
    sees: frozenset[str]
    # What they write into rows of their own.
    own: str
    room: Any = None


@dataclass(frozen=True)
class Planted:
    zone: Zone
    actors: tuple[Actor, ...]
    users: dict[str, list[Any]]


def plant(zone: Zone, number: int) -> Planted:
    """Rows of two organizations, of nobody's, and a person of each role."""
    _number_apart(zone, number)
    with zone_context(zone):
        ContentType.objects.clear_cache()
        shared = mark(zone.schema_name, SHARED)
        area = ContentArea.objects.create(code="area", name=shared)
        _content(area, None, shared)
        actors, users = [], {}
        parent = _user(zone, SHARED, Role.PARENT, None)
        for organization in ORGANIZATIONS:
            made, people = _organization(zone, area, organization, parent)
            actors += made
            users[organization] = people

        actors.append(Actor(zone, parent, frozenset({"hana", SHARED}), SHARED))
        admin = _user(zone, SHARED, Role.ZONE_ADMIN, None)
        actors.append(Actor(zone, admin, frozenset({*ORGANIZATIONS, SHARED}), SHARED))
        actors.append(Actor(zone, Anonymous(), frozenset({SHARED}), SHARED))
        for organization in (*ORGANIZATIONS, SHARED):
            record(Action.CREATE, "canary", details={"mark": mark(zone.schema_name, organization)})
    return Planted(zone, tuple(actors), users)


def _number_apart(zone: Zone, number: int) -> None:
    with owner_context(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('ALTER TABLE %%I.%%I ALTER %%I RESTART WITH %%s', n.nspname, c.relname, a.attname, %s)"
            " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE a.attidentity <> '' AND n.nspname = %s AND NOT c.relispartition"
            " AND c.relname NOT LIKE 'django_%%'",
            [(number + 1) * STRIDE, zone.schema_name],
        )
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)


def _user(zone: Zone, organization: str, role: str, row: Organization | None, name: str = "") -> User:
    said = mark(zone.schema_name, organization)
    return User.objects.create(
        email=f"{role}{name}.{organization}@{zone.schema_name.replace('_', '-')}.example",
        display_name=f"{said} {role}",
        role=role,
        organization=row,
        password="!",
        email_verified_at=timezone.now(),
    )


def _content(area: ContentArea, organization: Organization | None, said: str) -> tuple[Exam, ItemVersion]:
    code = f"{said}-{uuid.uuid4().hex[:8]}"
    exam = Exam.objects.create(
        code=code,
        title=said,
        organization=organization,
        visibility="organization" if organization else "public",
        status="published",
        languages=["en"],
    )
    item = Item.objects.create(code=code, area=area, organization=organization, status="active")
    version = ItemVersion.objects.create(item=item, number=1, key=1, discrimination=1, difficulty=0, guessing=0)
    ItemText.objects.create(version=version, language="en", stem=said)
    return exam, version


def _organization(zone: Zone, area: ContentArea, name: str, parent: User) -> tuple[list[Actor], list[User]]:
    said = mark(zone.schema_name, name)
    row = Organization.objects.create(name=said, code=name)
    exam, version = _content(area, row, said)
    room = Classroom.objects.create(organization=row, name=said)
    pool = ItemPool.objects.create(exam=exam, digest=said, versions=[version.pk], rules={"mark": said})
    people = [_user(zone, name, Role.STUDENT, row, str(place)) for place in range(3)]
    for student in people:
        ClassMembership.objects.create(classroom=room, user=student, kind="student")
        _attempt(exam, pool, version, student, said)
        Notice.objects.create(user=student, kind="canary", context={"mark": said})
        IdempotentCall.objects.create(
            user_id=student.pk, operation="start", client_key=uuid.uuid4(), body_hash=said, reply={"mark": said}
        )
    # Of one student of hana alone the parent sees results.
    if name == "hana":
        ParentLink.objects.create(parent=parent, student=people[0], status="approved", decided_at=timezone.now())
    staff = [_user(zone, name, role, row) for role in (Role.TEACHER, Role.ORG_ADMIN)]
    sees = frozenset({name, SHARED})
    actors = [Actor(zone, person, sees, name, room) for person in (*people[:2], *staff)]
    return actors, people


def _attempt(exam: Exam, pool: ItemPool, version: ItemVersion, student: User, said: str) -> None:
    now = timezone.now()
    attempt = Attempt.objects.create(
        exam=exam,
        user=student,
        organization=student.organization,
        pool=pool,
        language="en",
        started_at=now,
        last_activity_at=now,
        seed=1,
        state={"mark": said},
    )
    Response.objects.create(
        attempt=attempt,
        position=1,
        version=version,
        option=1,
        answer={"mark": said},
        score=1,
        is_correct=True,
        discrimination=1,
        difficulty=0,
        guessing=0,
        theta=0,
        se=1,
        presented_at=now,
        answered_at=now,
        client_key=uuid.uuid4(),
    )


def found_again(zone: Zone) -> Planted:
    """What `plant` made in an earlier process."""
    with zone_context(zone):
        people = list(User.objects.select_related("organization"))
        actors = [Actor(zone, Anonymous(), frozenset({SHARED}), SHARED)]
        users: dict[str, list[Any]] = {name: [] for name in ORGANIZATIONS}
        for person in people:
            own = person.organization.code if person.organization else SHARED
            sees = {own, SHARED}
            if person.role == Role.PARENT:
                sees = {"hana", SHARED}
            elif person.is_zone_wide:
                sees = {*ORGANIZATIONS, SHARED}
            if own in users:
                users[own].append(person)
            actors.append(Actor(zone, person, frozenset(sees), own))
    return Planted(zone, tuple(actors), users)
