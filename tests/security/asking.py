"""Asking the running application as each role: browsers of every surface, for objects of every place."""

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.permissions import Role
from audit.models import Action, AuditEntry
from tests.api.city import ANONYMOUS, City
from tests.clients import ZoneClient, client_for
from zones.context import zone_context
from zones.redis import client as redis_client

ROLES = (*Role.values, ANONYMOUS)
PLACES = ("own", "user", "other", "elsewhere", "foreign session")


def routes(surface: str) -> Iterator[str]:
    """The patterns of a surface's addresses, those of the API apart."""
    yield from _routes(get_resolver(f"megacity.urls.{surface}").url_patterns)


def _routes(patterns: list[Any], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if path == "api/v1/":
            continue
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path


def filled(path: str, things: dict[str, Any], use: dict[str, str]) -> str:
    """`exams/<uuid:exam_id>/start` with the ids of `things`; `use` renames parameters."""
    for converter in [part for part in path.replace(".", "/").split("/") if part.startswith("<")]:
        name = converter.strip("<>").rpartition(":")[2]
        path = path.replace(converter, str(things[use.get(name, name)]))
    return path


class Browsers:
    """One browser for each role, zone and surface, logged in once; `city` is built once."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.made: dict[tuple[str, ...], ZoneClient] = {}

    def of(self, role: str, surface: str, place: str) -> ZoneClient:
        city = self.city
        of = city.college if place in ("elsewhere", "foreign session") else city.univ
        at = city.college if place == "elsewhere" else city.univ
        key = (role, surface, of.schema_name, at.schema_name)
        if key not in self.made:
            person = None if role == ANONYMOUS else city.people[of.schema_name][role]
            with zone_context(of):
                made = client_for(person, surface, of)
            if at is not of:
                session = {name: morsel.value for name, morsel in made.cookies.items()}
                made = ZoneClient(at, surface)
                made.cookies.load(session)
            self.made[key] = made
        return self.made[key]

    def ask(
        self, role: str, surface: str, place: str, method: str, path: str, body: dict[str, Any] | None = None
    ) -> tuple[HttpResponse, list[AuditEntry]]:
        """The answer and the refusals that it left in the log; everything is undone afterwards."""
        at = self.city.college if place == "elsewhere" else self.city.univ
        browser = self.of(role, surface, place)
        cookies = {name: morsel.value for name, morsel in browser.cookies.items()}
        redis_client().flushdb()
        with transaction.atomic():
            response = getattr(browser, method.lower())(f"/{path}", *((body,) if body is not None else ()))
            with zone_context(at):
                refusals = list(AuditEntry.objects.filter(action=Action.PERMISSION_DENIED))
            transaction.set_rollback(True)
        # A log-out or a new language is undone in the browser too.
        browser.cookies.clear()
        browser.cookies.load(cookies)
        connection.set_tenant(self.city.univ)
        return response, refusals
