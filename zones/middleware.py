"""The first thing that happens to a request: which zone and which surface is it for?"""

import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

from channels.db import database_sync_to_async
from django.http import FileResponse, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _

from zones import hosts
from zones.context import connection, entered
from zones.requests import CityRequest
from zones.scope import Scope

Handler = Callable[[CityRequest], HttpResponseBase]
Application = Callable[[dict[str, Any], Callable, Callable], Awaitable[None]]

PROBES = ("/health", "/health/ready", "/metrics")


class ZoneMiddleware:
    """Sets `request.place`, `.zone`, `.surface` and `.urlconf`, and points the database connection at the zone."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: CityRequest) -> HttpResponseBase:
        # Probes ask by address and must be answered while the database is away.
        probed = request.path in PROBES
        place = hosts.Place(None, "www", "") if probed else hosts.resolve(request.META.get("HTTP_HOST", ""))
        if place is None:
            return _refuse(request, "unknown_host", 404)
        request.place = place
        request.zone = place.zone
        request.surface = place.surface
        request.urlconf = f"megacity.urls.{_urls(place)}"
        hosts.enter(place)
        if place.zone is not None and not place.zone.is_active:
            return _refuse(request, "suspended", 503)
        response = self.get_response(request)
        if (
            isinstance(response, StreamingHttpResponse)
            and not response.is_async
            and not isinstance(response, FileResponse)
        ):
            parts = cast(Iterator[bytes], response.streaming_content)
            response.streaming_content = _in_scope(parts, connection.tenant, connection.scope)
        return response


def _in_scope(parts: Iterator[bytes], tenant: Any, scope: Scope) -> Iterator[bytes]:
    """The parts of an answer, each made where and with the eyes with which the answer was begun."""
    end = object()
    parts = iter(parts)
    while True:
        # Entered for each part: between two of them the thread may do something else.
        with entered(tenant, scope):
            part = next(parts, end)
        if part is end:
            return
        yield cast(bytes, part)


def _urls(place: hosts.Place) -> str:
    if place.zone is not None or place.surface == "static":
        return place.surface
    return "control_admin" if place.surface == "admin" else "control"


def _refuse(request: CityRequest, code: str, status: int) -> HttpResponse:
    host = hosts.hostname(request.META.get("HTTP_HOST", ""))[:255]
    # Before the surface has chosen its language.
    with translation.override(translation.get_language_from_request(request)):
        if not request.path.startswith("/api/"):
            return render(request, f"errors/{code}.html", {"host": host}, status=status)
        unknown = _("No zone answers on %(host)s.") % {"host": host}
        title = unknown if code == "unknown_host" else _("This zone is suspended.")
    body = {"type": "about:blank", "title": title, "status": status, "code": code}
    return JsonResponse(body, status=status, content_type="application/problem+json")


class ZoneScopeMiddleware:
    """The same for WebSocket: `scope["place"]`; an unknown host or a suspended zone is closed with code 4404."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Callable, send: Callable) -> None:
        headers = dict(scope["headers"])
        place = await database_sync_to_async(hosts.resolve)(headers.get(b"host", b"").decode("latin-1"))
        if place is None or place.zone is None or not place.zone.is_active:
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.send", "text": json.dumps({"type": "error", "code": "unknown_host"})})
            await send({"type": "websocket.close", "code": 4404})
            return
        await self.app({**scope, "place": place, "zone": place.zone, "surface": place.surface}, receive, send)
