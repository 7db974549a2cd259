"""Who may write exams and items: the permission, and the organization that it is confined to."""

from uuid import UUID

from accounts.models import User
from accounts.people import Person
from accounts.permissions import Role
from zones.problems import NotFound, PermissionRefused

# What belongs to the whole zone is written by those who answer for the whole zone.
ZONE_WIDE = frozenset({Role.SUPER_ADMIN, Role.ZONE_ADMIN})


def require(person: Person, permission: str) -> None:
    """Refuse unless `person` holds `permission`; whoever has every right over exams has it over their items too."""
    over_items = permission.startswith("item:") and person.allows("exam:*")
    if not (over_items or person.allows(permission)):
        raise PermissionRefused(permission=permission)


def require_write(person: Person, permission: str, organization_id: UUID | None) -> None:
    """Refuse unless `person` may do `permission` to what belongs to `organization_id` (None: to the zone itself).

    Raises PermissionRefused, or NotFound for another organization, of which one must not even learn that it is there.
    """
    require(person, permission)
    if person.role in ZONE_WIDE:
        return
    if organization_id is None:
        raise PermissionRefused(permission=permission)
    if organization_id != person.organization_id:
        problem = NotFound()
        problem.audited = True  # type: ignore[attr-defined]
        raise problem


def author_id(person: Person) -> UUID | None:
    """The author to note: platform staff have no account in the zone that a row could point to."""
    return person.pk if person.pk and User.objects.filter(pk=person.pk).exists() else None
