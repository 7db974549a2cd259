"""Every endpoint × every role and visitors × own and other organization, another zone's token and person."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.permissions import Role, role_allows
from audit.models import Action, AuditEntry
from tests.api.city import ANONYMOUS, ROLES, City
from tests.api.table import EVERYBODY, SIGNED_IN, TABLE, Endpoint
from zones.context import zone_context
from zones.redis import client as redis_client

PLACES = ("own", "other", "foreign token", "elsewhere")
METHODS = ("get", "post", "put", "patch", "delete")


def holds(role: str, endpoint: Endpoint) -> bool:
    """Whether the permission table lets this role in at all; a visitor is a guest without a log-in."""
    if endpoint.permission == EVERYBODY:
        return True
    if endpoint.permission == SIGNED_IN:
        return role != ANONYMOUS
    names = (endpoint.permission,) if isinstance(endpoint.permission, str) else endpoint.permission
    return any(role_allows(Role.GUEST if role == ANONYMOUS else role, name) for name in names)


def expected(endpoint: Endpoint, role: str, place: str) -> int:
    if place == "foreign token" and role != ANONYMOUS:
        return endpoint.foreign_token
    if not holds(role, endpoint):
        return 401 if role == ANONYMOUS else 403
    known = Role.GUEST if role == ANONYMOUS else role
    if place in ("foreign token", "elsewhere"):
        refused = endpoint.scope(known, "elsewhere")
        if endpoint.elsewhere is None or refused == 403:
            return refused or endpoint.ok
        return endpoint.elsewhere
    return endpoint.scope(known, place) or endpoint.ok


def ask(city: City, endpoint: Endpoint, role: str, place: str) -> tuple[HttpResponse, list[AuditEntry]]:
    """The answer, and the refusals that it left in the log; everything is undone afterwards."""
    things = city.things["other" if place == "other" else "own"]
    of = city.college if place == "elsewhere" else city.univ
    at = city.univ if place in ("own", "other") else city.college
    client = city.client(role, of=of, at=at)
    redis_client().flushdb()
    path = endpoint.path
    for converter in [part for part in path.split("/") if part.startswith("<")]:
        name = converter[1:-1].partition(":")[2]
        path = path.replace(converter, things[endpoint.use.get(name, name)])
    sent = (endpoint.body(things),) if endpoint.body else ()
    with transaction.atomic():
        response = getattr(client, endpoint.method.lower())(f"/api/v1/{path}", *sent)
        with zone_context(at):
            refusals = list(AuditEntry.objects.filter(action=Action.PERMISSION_DENIED))
        transaction.set_rollback(True)
    client.cookies.clear()
    connection.set_tenant(city.univ)
    return response, refusals


@pytest.mark.parametrize("endpoint", TABLE, ids=lambda e: f"{e.method} {e.path}")
def test_the_permission_table_holds(city: City, endpoint: Endpoint):
    wrong = []
    for role in ROLES:
        for place in PLACES:
            response, refusals = ask(city, endpoint, role, place)
            want = expected(endpoint, role, place)
            if response.status_code != want:
                wrong.append(
                    f"{role}, {place}: {response.status_code} instead of {want}: {response.content[:200].decode()}"
                )
            if response.status_code >= 400 and response["Content-Type"] != "application/problem+json":
                wrong.append(f"{role}, {place}: {response['Content-Type']}")
            # Another organization's object, too, is refused with 404 and yet noted; what is nowhere, is not.
            noted = want in (401, 403) or (want == 404 and place in ("own", "other") and endpoint.noted)
            if len(refusals) != noted:
                wrong.append(f"{role}, {place}: {want} left {[entry.details for entry in refusals]} in the log")
    assert not wrong, "\n" + "\n".join(wrong)


def routes(patterns: list, before: str = "") -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            view = pattern.callback.view_class
            yield from ((method.upper(), path) for method in METHODS if hasattr(view, method))


def test_the_table_knows_every_endpoint():
    there = set(routes(get_resolver("megacity.urls.v1").url_patterns))
    assert len(TABLE) == len({(e.method, e.path) for e in TABLE})
    assert {(e.method, e.path) for e in TABLE} == there


def test_both_surfaces_serve_the_same_api():
    def paths(surface: str) -> set[tuple[str, str]]:
        found = [p for p in get_resolver(f"megacity.urls.{surface}").url_patterns if str(p.pattern) == "api/v1/"]
        return set(routes(found))

    assert paths("api") == paths("app") != set()


def test_a_view_without_a_permission_is_closed(city: City):
    assert not [e for e in TABLE if e.permission in ("", None)]
    response, _refusals = ask(
        city, Endpoint("PUT", "users/me", SIGNED_IN, 405, lambda r, p: None), "super_admin", "own"
    )
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
