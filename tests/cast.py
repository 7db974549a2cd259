"""The fixed cast of every test: who they are and what they are to one another."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import ClassMembership, Classroom, Organization, ParentLink, User
from accounts.people import Anonymous
from accounts.permissions import Role
from zones.context import zone_context
from zones.models import Zone

PASSWORD = "Passw0rd!x"


@cache
def _hash() -> str:
    return make_password(PASSWORD)


def make_person(name: str, role: str = Role.STUDENT, organization: Organization | None = None, **fields: Any) -> User:
    """An active user of the current zone with PASSWORD; the e-mail is `<name>@example.com`."""
    return User.objects.create(
        email=f"{name.lower().replace(' ', '.')}@example.com",
        display_name=name,
        role=role,
        organization=organization,
        password=_hash(),
        **{"email_verified_at": timezone.now(), **fields},
    )


@dataclass(frozen=True)
class Cast:
    """Zone univ, but for Charlie, who lives in zone college and must never see anything of theirs."""

    hana: Organization
    duri: Organization
    room: Classroom  # Alice's class in Hana Academy, with Bob
    alice: User  # teacher of Hana Academy
    bob: User  # student of Hana Academy
    paula: User  # parent whom Bob approved
    oscar: User  # teacher of Duri School
    otto: User  # student of Duri School
    anna: User  # administrator of Hana Academy
    zoe: User  # administrator of the zone
    charlie: User  # student in zone college
    guest: Anonymous  # a visitor without an account


def make_cast(univ: Zone, college: Zone) -> Cast:
    with zone_context(univ):
        hana = Organization.objects.create(name="Hana Academy", code="hana", plan=Organization.Plan.INSTITUTION)
        duri = Organization.objects.create(name="Duri School", code="duri")
        people = {
            "alice": make_person("Alice", Role.TEACHER, hana),
            "bob": make_person("Bob", Role.STUDENT, hana),
            "paula": make_person("Paula", Role.PARENT),
            "oscar": make_person("Oscar", Role.TEACHER, duri),
            "otto": make_person("Otto", Role.STUDENT, duri),
            "anna": make_person("Anna", Role.ORG_ADMIN, hana),
            "zoe": make_person("Zoe", Role.ZONE_ADMIN),
        }
        room = Classroom.objects.create(organization=hana, name="Mathematics A")
        ClassMembership.objects.create(classroom=room, user=people["alice"], kind=ClassMembership.Kind.TEACHER)
        ClassMembership.objects.create(classroom=room, user=people["bob"], kind=ClassMembership.Kind.STUDENT)
        ParentLink.objects.create(
            parent=people["paula"],
            student=people["bob"],
            status=ParentLink.Status.APPROVED,
            decided_at=timezone.now(),
        )
    for person in people.values():
        person.home = univ
    with zone_context(college):
        charlie = make_person("Charlie")
        charlie.home = college
    return Cast(hana=hana, duri=duri, room=room, **people, charlie=charlie, guest=Anonymous())
