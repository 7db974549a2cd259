"""Groups of students that an exam should treat alike: by language, organization and class."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from accounts.models import ClassMembership
from exams.models import Attempt

# Each group costs a pass over all answers.
MOST_GROUPS = 8


@dataclass(frozen=True, eq=False)
class ComparedGroup:
    """The focal group's attempts, and those that belong to it or to the reference group; arrays over attempts."""

    grouping: str
    key: str
    name: str
    reference: str
    focal: NDArray[np.bool_]
    known: NDArray[np.bool_]

    @property
    def id(self) -> str:
        return f"{self.grouping}:{self.key}"

    @property
    def told(self) -> dict[str, Any]:
        """The group as an analysis keeps it; `reference` is empty where it is everybody else."""
        return {
            "id": self.id,
            "grouping": self.grouping,
            "name": self.name,
            "reference": self.reference,
            "n_focal": int(self.focal.sum()),
            "n_reference": int((self.known & ~self.focal).sum()),
        }


def comparable_groups(attempts: Sequence[UUID], organization_id: UUID | None, *, least: int) -> list[ComparedGroup]:
    """Every group with `least` attempts: languages and organizations against the largest, classes against
    the rest of their school.

    Of one organization's attempts its classes are compared, of a zone's all. Two queries.
    """
    columns = ("language", "organization_id", "organization__name", "user_id")
    rows = {row[0]: row[1:] for row in Attempt.objects.filter(pk__in=attempts).values_list("pk", *columns)}
    people = [rows[pk] for pk in attempts]
    groups = _against_the_largest("language", [(row[0], row[0]) for row in people], least)
    if organization_id is None:
        schools = [(str(row[1]), row[2]) if row[1] else None for row in people]
        groups += _against_the_largest("organization", schools, least)
    return groups + _classes([(row[3], row[1]) for row in people], organization_id, least)


def _against_the_largest(grouping: str, members: Sequence[tuple[str, str] | None], least: int) -> list[ComparedGroup]:
    """`members` holds (key, name) of each attempt's group, None where it has none."""
    sizes: dict[tuple[str, str], int] = {}
    for member in members:
        if member is not None:
            sizes[member] = sizes.get(member, 0) + 1
    large = [group for group in sorted(sizes, key=lambda group: (-sizes[group], group)) if sizes[group] >= least]
    if len(large) < 2:
        return []
    reference = large[0]
    in_reference = np.array([member == reference for member in members])
    made = []
    for group in large[1 : MOST_GROUPS + 1]:
        focal = np.array([member == group for member in members])
        made.append(ComparedGroup(grouping, *group, reference[1], focal, focal | in_reference))
    return made


def _classes(
    people: Sequence[tuple[UUID, UUID | None]], organization_id: UUID | None, least: int
) -> list[ComparedGroup]:
    """Each class against the other students of its organization; `people` are (user, organization) of each attempt."""
    users = {user for user, _organization in people}
    memberships = ClassMembership.objects.filter(user__in=users, kind=ClassMembership.Kind.STUDENT)
    if organization_id is not None:
        memberships = memberships.filter(classroom__organization=organization_id)
    columns = ("classroom_id", "classroom__name", "classroom__organization_id", "user_id")
    rooms: dict[tuple[str, str, UUID], set[UUID]] = {}
    for room, name, owner, user in memberships.values_list(*columns):
        rooms.setdefault((str(room), name, owner), set()).add(user)
    made = []
    for (room, name, owner), students in rooms.items():
        focal = np.array([user in students for user, _organization in people])
        known = focal | np.array([organization == owner for _user, organization in people])
        if min(focal.sum(), (known & ~focal).sum()) >= least:
            made.append(ComparedGroup("class", room, name, "", focal, known))
    made.sort(key=lambda group: (-group.focal.sum(), group.name))
    return made[:MOST_GROUPS]
