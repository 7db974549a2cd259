"""Who may be asking: a user row, the bearer of a token, or nobody in particular.

All three answer the same questions (`pk`, `role`, `organization_id`, `allows`), so that services need not care.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.permissions import PERMISSIONS, STAFF_ROLES, ZONE_WIDE, Role, grants, role_allows
from audit.context import Actor, current_actor
from zones.problems import NotAuthenticated, PermissionRefused


class Person(Protocol):
    """What services know of the person that they work for."""

    @property
    def pk(self) -> UUID | None: ...

    @property
    def role(self) -> str: ...

    @property
    def organization_id(self) -> UUID | None: ...

    @property
    def is_authenticated(self) -> bool: ...

    @property
    def is_zone_wide(self) -> bool: ...

    def allows(self, permission: str) -> bool: ...


class Named(Protocol):
    """A person whom the log can name."""

    @property
    def pk(self) -> UUID: ...

    @property
    def email(self) -> str: ...

    @property
    def organization_id(self) -> UUID | None: ...


def as_actor(person: "Named | SignedClient") -> Actor:
    """This request's actor, once it is known that it is `person`."""
    who = person.client_id if isinstance(person, SignedClient) else person.pk
    return replace(current_actor(), user_id=who, label=person.email, organization_id=person.organization_id)


class Anonymous:
    """A visitor without an account: a guest."""

    pk = None
    id = None
    email = ""
    display_name = ""
    role = Role.GUEST
    organization_id = None
    language = ""
    is_authenticated = False
    is_anonymous = True
    is_active = False
    is_staff = False
    is_zone_wide = False

    def allows(self, permission: str) -> bool:
        return role_allows(Role.GUEST, permission)


class Operator:
    """Whoever runs a command on the machine: may do everything, and has no account; the log says "system"."""

    pk = None
    role = Role.SUPER_ADMIN
    organization_id = None
    is_authenticated = True
    is_zone_wide = True

    def allows(self, permission: str) -> bool:
        return True


class TokenBearer:
    """The person whom a verified access token names; costs no query."""

    is_authenticated = True
    is_anonymous = False
    is_active = True

    def __init__(self, claims: Mapping[str, Any]) -> None:
        self.pk = self.id = UUID(claims["sub"])
        self.email: str = claims["email"]
        self.role: str = claims["role"]
        self.organization_id = UUID(claims["org_id"]) if claims["org_id"] else None
        # What the token says was the table when it was made; what was taken from the role since, it has lost.
        self.permissions = frozenset(claims["permissions"]) & PERMISSIONS.get(self.role, frozenset())
        self.is_staff = self.role in STAFF_ROLES
        self.is_zone_wide = self.role in ZONE_WIDE

    def allows(self, permission: str) -> bool:
        return grants(self.permissions, permission)

    def __str__(self) -> str:
        return self.email


class SignedClient:
    """Another server that signed its request: it has some of an administrator's permissions, and no account.

    For an organization it is what that organization's administrator is, without one what the zone's is; never more than
    the role has.
    """

    pk = None
    id = None
    display_name = ""
    language = ""
    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False

    def __init__(self, *, client_id: UUID, name: str, organization_id: UUID | None, permissions: Iterable[str]) -> None:
        self.client_id = client_id
        self.email = f"API client {name}"
        self.organization_id = organization_id
        self.role: str = client_role(organization_id)
        self.is_zone_wide = self.role in ZONE_WIDE
        self.permissions = frozenset(permissions)

    def allows(self, permission: str) -> bool:
        return grants(self.permissions, permission) and role_allows(self.role, permission)

    def __str__(self) -> str:
        return self.email


def client_role(organization_id: UUID | None) -> Role:
    """Whose permissions an API client has at most."""
    return Role.ORG_ADMIN if organization_id else Role.ZONE_ADMIN


def known(person: Person) -> UUID:
    """The id of somebody who has an account. Raises NotAuthenticated for a visitor, PermissionRefused for a server."""
    if isinstance(person, SignedClient):
        raise PermissionRefused(_("This needs a person's account."), code="no_account")
    if person.pk is None:
        raise NotAuthenticated()
    return person.pk
