"""Who may write exams and items: the permission, and the organization that it is confined to."""

from uuid import UUID

from accounts.models import User
from accounts.people import Person
from accounts.permissions import ZONE_WIDE
from zones.problems import NotFound, PermissionRefused


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
        raise NotFound(audited=True)


def author_id(person: Person) -> UUID | None:
    """The author to note: platform staff have no account in the zone that a row could point to."""
    return person.pk if person.pk and User.objects.filter(pk=person.pk).exists() else None
