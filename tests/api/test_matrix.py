"""Every endpoint × every role and visitors × own and other organization, another zone's token and person."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from audit.models import Action, AuditEntry
from tests.api.city import ROLES, City
from tests.api.table import SIGNED_IN, TABLE, Endpoint, expected
from zones.context import zone_context
from zones.redis import client as redis_client

PLACES = ("own", "user", "other", "foreign token", "elsewhere")
METHODS = ("get", "post", "put", "patch", "delete")


def ask(city: City, endpoint: Endpoint, role: str, place: str) -> tuple[HttpResponse, list[AuditEntry]]:
    """The answer, and the refusals that it left in the log; everything is undone afterwards."""
    things = city.things[place if place in city.things else "own"]
    of = city.college if place == "elsewhere" else city.univ
    at = city.univ if place in city.things else city.college
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
            noted = want in (401, 403) or (want == 404 and place in city.things and endpoint.noted)
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
