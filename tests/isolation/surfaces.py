"""The same walk through the front doors: HTTP, WebSocket, Celery."""

import asyncio
from functools import lru_cache
from random import Random
from typing import Any
from uuid import UUID

from celery import shared_task
from channels.testing import WebsocketCommunicator
from django.db import connection
from django.test import Client
from django.test.client import ClientHandler

from accounts import tokens
from accounts.models import User
from accounts.token_format import BY_CODE_TOO
from exams.models import Item
from megacity.asgi import websocket
from tests.isolation.canaries import Actor, Planted
from zones.context import connection as zone_connection
from zones.context import current_zone_id, zone_context

# The stack of middleware, made once as in a server's process.
HANDLER = ClientHandler()
PATHS = ("users/me", "users", "exams", "classes", "organizations", "items", "students", "admin/audit-logs")


@lru_cache(maxsize=4096)
def _token(zone_id: str, person: UUID) -> str:
    return tokens.issue(User.objects.get(pk=person), amr=BY_CODE_TOO).access


def _access(actor: Actor) -> str:
    with zone_context(actor.zone):
        return _token(actor.zone.schema_name, actor.person.pk)


def over_http(actor: Actor, random: Random, zones: list[Planted]) -> list[Any]:
    """One request through every middleware, with the person's token; sometimes at another zone, where it is refused."""
    there = random.choice(zones).zone if random.random() < 0.1 else actor.zone
    headers = {} if actor.person.pk is None else {"HTTP_AUTHORIZATION": f"Bearer {_access(actor)}"}
    before, scope = zone_connection.tenant, zone_connection.scope
    try:
        client = Client(HTTP_HOST=f"api.{_domain(there)}")
        client.handler = HANDLER
        response = client.get(f"/api/v1/{random.choice(PATHS)}", **headers)
    finally:
        zone_connection.enter(before, scope)
    if there != actor.zone and response.status_code == 200 and headers:
        return [f"in {there} a token of {actor.zone} was taken"]
    return [response.content.decode()] if there == actor.zone else []


@lru_cache(maxsize=1024)
def _domain_of(zone: int) -> str:
    from zones.context import public_context
    from zones.models import Domain

    with public_context():
        return Domain.objects.filter(tenant=zone).order_by("-is_primary", "-domain").values_list("domain", flat=True)[0]


def _domain(zone: Any) -> str:
    return _domain_of(zone.pk)


def over_websocket(actor: Actor, random: Random, zones: list[Planted]) -> list[Any]:
    """The real consumer says who one is; a token of one zone opens nothing in another."""
    if actor.person.pk is None:
        return []
    there = random.choice(zones).zone if random.random() < 0.3 else actor.zone
    said = asyncio.run(_talk(f"app.{_domain(there)}", _access(actor)))
    if there == actor.zone:
        right = said.get("zone") == actor.zone.schema_name and said.get("user") == str(actor.person.pk)
    else:
        right = said.get("type") == "error"
    return [] if right else [f"in {there} the socket said {said} to {actor.person.pk} of {actor.zone}"]


async def _talk(host: str, token: str) -> dict[str, Any]:
    socket = WebsocketCommunicator(websocket, "/ws", headers=[(b"host", host.encode())])
    assert (await socket.connect(timeout=30))[0]
    await socket.send_json_to({"type": "authenticate", "token": token})
    said: dict[str, Any] = await socket.receive_json_from(timeout=30)
    await socket.disconnect(timeout=30)
    return said


@shared_task
def look_around() -> list[str]:
    """What a task of the zone sees."""
    return [current_zone_id(), *Item.objects.values_list("code", flat=True), *_names()]


def _names() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT display_name FROM accounts_user")
        return [name for (name,) in cursor.fetchall()]


def over_celery(actor: Actor, random: Random, zones: list[Planted]) -> list[Any]:
    """A task called as a worker calls it, by a message that names another zone than the caller's; it sees that zone."""
    there = random.choice(zones).zone
    found = look_around.apply(headers={"zone": there.schema_name}).get()
    wrong = [text for text in found if there.schema_name not in text]
    return [f"in {there} a task saw {wrong[:3]}"] if wrong or len(found) < 5 else []
