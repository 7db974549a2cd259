"""Entering a zone, and saying who asks there.

Zone and scope are properties of this thread's database connection. Enter them inside each synchronous call, never once
for a WebSocket's life: under the event loop another thread's connection would still look at another schema.

A queryset is a question, not an answer: it sees what the connection may see when it is evaluated.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.db import connection as default_connection
from django.db.models import Model
from django_tenants.postgresql_backend.base import FakeTenant

from zones.models import Zone
from zones.postgresql.base import DatabaseWrapper
from zones.scope import LOGIN, NOBODY, WIDE, Asker, Scope, scope_of

PUBLIC = "public"

# Django types its connection by the base class, which knows no schema.
connection = cast(DatabaseWrapper, default_connection)


class UnknownZone(LookupError):
    """No active zone has this id."""


def current_zone_id() -> str:
    """The zone that this thread's connection looks at; `public` for the control plane."""
    return connection.schema_name


@contextmanager
def entered(tenant: Any, scope: Scope) -> Iterator[None]:
    """Run the block in this schema and scope, then return to where the thread was, also after an exception."""
    before, scope_before = connection.tenant, connection.scope
    connection.enter(tenant, scope)
    try:
        yield
    finally:
        connection.enter(before, scope_before)


@contextmanager
def zone_context(zone: Zone) -> Iterator[Zone]:
    """Run the block in `zone`, and see all of it: for commands, tasks and tests."""
    with entered(zone, WIDE):
        yield zone


@contextmanager
def public_context() -> Iterator[None]:
    """Run the block in the control plane's schema."""
    with entered(FakeTenant(PUBLIC), WIDE):
        yield


@contextmanager
def owner_context() -> Iterator[None]:
    """Run the block in the control plane's schema with the rights of the login: to make what zones are made of."""
    with entered(FakeTenant(PUBLIC), LOGIN):
        yield


def enter_unknown(zone: Zone | None) -> None:
    """Stand in `zone` (None is the control plane) as a request does that nobody is known of: no row is seen."""
    connection.enter(zone or FakeTenant(PUBLIC), NOBODY)


class WrongPlace(RuntimeError):
    """The connection does not stand where this process believes."""


def ensure_place() -> None:
    """Ask the server itself in which schema and under which role the next statement would run; one round trip.

    Raises WrongPlace when it is not where this thread means to be.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema(), current_user")
        found = cursor.fetchone()
    role = connection.scope.role(connection.schema_name)
    if found != (connection.schema_name, role or found[1]):
        raise WrongPlace(f"{found[0]} as {found[1]} instead of {connection.schema_name} as {role}.")


@contextmanager
def zone_wide() -> Iterator[None]:
    """See across organizations for the length of the block: authentication itself, registration by an organization's
    code, a parent's request by e-mail, tokens and sessions. As small a block as possible, with a comment that says why.
    """
    with entered(connection.tenant, WIDE):
        yield


@contextmanager
def confined_to(person: Asker) -> Iterator[None]:
    """Run the block with the eyes of `person`: their organization, their own rows and what the zone shares;
    everything for those who answer for the whole zone.
    """
    with entered(connection.tenant, scope_of(person)):
        yield


def confine(person: Asker) -> None:
    """The same for the rest of the request."""
    connection.enter(connection.tenant, scope_of(person))


def exists_in_zone(model: type[Model], **conditions: Any) -> bool:
    """Whether there is such a row, whoever may see it: what tells a refusal from a mistake in the log.

    The answer is for the log alone; whoever asked is told the same in both cases.
    """
    with zone_wide():
        return model._default_manager.filter(**conditions).exists()


def get_zone(zone_id: str) -> Zone:
    """The zone row for `zone_id`, whichever its status.

    Raises UnknownZone with the id when there is none.
    """
    with public_context():
        zone = Zone.objects.filter(schema_name=zone_id).first()
    if zone is None:
        raise UnknownZone(f"There is no zone {zone_id!r}.")
    return zone
