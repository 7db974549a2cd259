"""The one table of roles and what each may do. `*` stands for everything."""

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    SUPER_ADMIN = "super_admin", _("super administrator")
    ZONE_ADMIN = "zone_admin", _("zone administrator")
    ORG_ADMIN = "org_admin", _("organization administrator")
    TEACHER = "teacher", _("teacher")
    STUDENT = "student", _("student")
    PARENT = "parent", _("parent")
    GUEST = "guest", _("guest")


PERMISSIONS: dict[str, frozenset[str]] = {
    Role.SUPER_ADMIN: frozenset({"*"}),
    Role.ZONE_ADMIN: frozenset({"zone:*", "org:read", "org:create", "user:*", "exam:*", "report:*"}),
    Role.ORG_ADMIN: frozenset(
        {"org:read", "org:update", "user:read", "user:create", "user:update", "exam:*", "class:*", "report:read"}
    ),
    Role.TEACHER: frozenset(
        {
            "exam:create",
            "exam:read",
            "exam:update",
            "item:create",
            "item:read",
            "item:update",
            "student:read",
            "attempt:read",
            "report:read",
        }
    ),
    Role.STUDENT: frozenset({"exam:read", "attempt:create", "attempt:read", "profile:read", "profile:update"}),
    Role.PARENT: frozenset({"student:read", "attempt:read", "report:read"}),
    Role.GUEST: frozenset({"exam:read"}),
}

# Roles that may enter the Admin Console of a zone.
STAFF_ROLES = frozenset({Role.SUPER_ADMIN, Role.ZONE_ADMIN, Role.ORG_ADMIN})

# Roles that are not confined to one organization.
ZONE_WIDE = frozenset({Role.SUPER_ADMIN, Role.ZONE_ADMIN})

_RANKS: dict[str, int] = {
    Role.GUEST: 0,
    Role.STUDENT: 1,
    Role.PARENT: 1,
    Role.TEACHER: 2,
    Role.ORG_ADMIN: 3,
    Role.ZONE_ADMIN: 4,
    Role.SUPER_ADMIN: 5,
}


def outranks(role: str, other: str) -> bool:
    """Whether `role` stands above `other`; an unknown role stands above all, so that nobody grants it."""
    return _RANKS.get(role, 99) > _RANKS[other]


def grants(granted: Iterable[str], permission: str) -> bool:
    """Whether `permission` ("exam:read") is among `granted`, wildcards included."""
    held = granted if isinstance(granted, (set, frozenset)) else frozenset(granted)
    return permission in held or f"{permission.partition(':')[0]}:*" in held or "*" in held


def role_allows(role: str, permission: str) -> bool:
    """Whether a person of this role may do this; an unknown role may do nothing."""
    return grants(PERMISSIONS.get(role, frozenset()), permission)
