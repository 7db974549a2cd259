"""What a database connection may see of the zone that it is in: its scope.

Each zone has two roles in PostgreSQL. Row-level security shows the *wide* one every row of its zone, and the *confined*
one what belongs to the organization and the person that the connection names; to nobody it shows nothing.
"""

from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings

# What policies read with current_setting(); a dot makes a setting of one's own.
ORGANIZATION_SETTING = "megacity.organization"
PERSON_SETTING = "megacity.person"
# A visitor without an account: somebody, but nobody whose id a row could hold.
GUEST = UUID(int=0)


class Asker(Protocol):
    """Who asks, as far as the database must know."""

    @property
    def pk(self) -> UUID | None: ...

    @property
    def organization_id(self) -> UUID | None: ...

    @property
    def is_zone_wide(self) -> bool: ...


@dataclass(frozen=True)
class Scope:
    """`kind` names the role: the login's own (no zone's), the zone's wide one, or its confined one.

    `organization` and `person` are UUIDs as text, or empty; they count for the confined role alone.
    """

    kind: str
    organization: str = ""
    person: str = ""

    def role(self, schema: str) -> str | None:
        """The role's name; None is the login itself."""
        if self.kind in ("login", "owner"):
            return None
        return wide_role(schema) if self.kind == "wide" else confined_role(schema)


LOGIN = Scope("login")
# The same, with nothing but the zone's own schema in view.
OWNER = Scope("owner")
WIDE = Scope("wide")
NOBODY = Scope("confined")


def scope_of(person: Any) -> Scope:
    """The scope in which this person's requests run: WIDE for those who answer for the whole zone."""
    if person.is_zone_wide:
        return WIDE
    # Through UUID, so that nothing but an id ever gets into the statement.
    organization = str(UUID(str(person.organization_id))) if person.organization_id else ""
    return Scope("confined", organization, str(UUID(str(person.pk)) if person.pk else GUEST))


# A dot is no part of a zone's id, so no two zones share a name.


def confined_role(schema: str) -> str:
    return f"{settings.DATABASE_ROLE_PREFIX}.{schema}"


def wide_role(schema: str) -> str:
    return f"{settings.DATABASE_ROLE_PREFIX}.{schema}.wide"
