"""The surfaces' limits of requests a minute, for each address (see zones.limits and docs/decisions/0007, 0033)."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.tokens import holder_of
from audit.middleware import address_of
from megacity import refusals
from megacity.errors import render_problem
from zones import limits
from zones.context import current_zone_id
from zones.limits import Flood, Verdict
from zones.middleware import PROBES, Application
from zones.problems import Throttled
from zones.registry import BY_ID
from zones.requests import CityRequest

EXAM_LOOP = re.compile(r"^/api/v1/(exams/[^/]+/start|attempts/[^/]+(/answer|/submit)?)$")
TOO_MANY_CONNECTIONS = 4429


@dataclass(frozen=True)
class Limit:
    """Whom a request counts for, and how many a minute they may send, `burst` of them at once."""

    name: str
    whom: str
    per_minute: int
    burst: int
    flood: Flood | None = None


class RateLimitMiddleware:
    """Answers 429 with Retry-After beyond the limit of a surface for one address; tells every answer what is left.

    The exam loop is counted for each person, whom a valid token or the page's session names: a school behind one
    address must not lose its exam to its own number, nor to a block of its address.
    """

    def __init__(self, get_response: Callable[[CityRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: CityRequest) -> HttpResponse:
        if not settings.RATE_LIMITS_ENABLED or _own_probe(request) or _loop_of_a_page(request):
            return self.get_response(request)
        return _limited(request, _limit_of(request), self.get_response)


class PageLoopLimitMiddleware:
    """The same for the exam loop of the app. pages, once the session has told whose it is."""

    def __init__(self, get_response: Callable[[CityRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: CityRequest) -> HttpResponse:
        if not settings.RATE_LIMITS_ENABLED or not _loop_of_a_page(request):
            return self.get_response(request)
        known = request.user.is_authenticated
        limit = _loop_of(str(request.user.pk)) if known else _limit_of(request)
        return _limited(request, limit, self.get_response)


def _own_probe(request: CityRequest) -> bool:
    """A probe of our own machines; what comes through a gateway counts like anything else."""
    return request.path in PROBES and "HTTP_X_FORWARDED_FOR" not in request.META


def _loop_of_a_page(request: CityRequest) -> bool:
    return (
        request.surface == "app"
        and settings.SESSION_COOKIE_NAME in request.COOKIES
        and EXAM_LOOP.match(request.path) is not None
    )


def _limited(request: CityRequest, limit: Limit, go_on: Callable[[CityRequest], HttpResponse]) -> HttpResponse:
    key = f"{current_zone_id()}:{limit.name}:{limit.whom}"
    verdict = limits.take(key, limit.per_minute, limit.burst, limit.flood)
    if verdict.flooded:
        if verdict.newly:
            refusals.note(request, reason="address_blocked", status=429)
        return refusals.blocked(request, verdict.wait)
    response = go_on(request) if verdict.wait <= 0 else _too_many(request, verdict)
    for name, value in fields(limit.name, limit.per_minute, limit.burst, verdict):
        response.headers[name] = value
    return response


def _too_many(request: CityRequest, verdict: Verdict) -> HttpResponse:
    refusals.note(request, reason="throttled", status=429)
    # Before the surface has chosen its language.
    with translation.override(translation.get_language_from_request(request)):
        said = _("Too many requests. Try again in a moment.")
        return render_problem(request, Throttled(said, retry_after=math.ceil(verdict.wait)))


@cache
def _policy(name: str, per_minute: int, burst: int) -> str:
    window = math.ceil(burst * 60 / per_minute)
    return f'"{name}";q={per_minute};w=60, "{name}-burst";q={burst};w={window}'


def fields(name: str, per_minute: int, burst: int, verdict: Verdict) -> list[tuple[str, str]]:
    """The fields of draft-ietf-httpapi-ratelimit-headers (structured fields, since its revision 08).

    Two policies: requests a minute in the long run, and how many at once. `r` is what may follow at once, `t` in how
    many seconds the whole burst is there again.
    """
    left = f'"{name}-burst";r={verdict.remaining};t={math.ceil(verdict.reset)}'
    return [("RateLimit-Policy", _policy(name, per_minute, burst)), ("RateLimit", left)]


def _loop_of(person: str) -> Limit:
    return Limit("loop", person, *settings.EXAM_LOOP_RATE_LIMIT)


def _limit_of(request: CityRequest) -> Limit:
    address = refusals.network_of(request.client_ip)
    # Files are many and cheap: they do not block an address, yet a block is theirs too.
    if request.path.startswith("/static/") and request.surface != "static":
        return Limit("assets", address, *settings.ASSETS_RATE_LIMIT, refusals.flood_of(request, 0))
    if request.surface == "static":
        return Limit("static", address, *settings.RATE_LIMITS["static"], refusals.flood_of(request, 0))
    flood = refusals.flood_of(request)
    if request.surface == "api":
        if EXAM_LOOP.match(request.path) and (person := holder_of(request.META.get("HTTP_AUTHORIZATION", ""))):
            return _loop_of(person)
        if spec := BY_ID.get(current_zone_id()):
            return Limit("api", address, spec.api_requests_per_minute, spec.api_burst, flood)
    return Limit(request.surface, address, *settings.RATE_LIMITS[request.surface], flood)


class ConnectionLimitMiddleware:
    """The same for WebSocket: connections of an address. Too many are closed with code 4429."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: dict[str, Any], receive: Callable, send: Callable) -> None:
        if settings.RATE_LIMITS_ENABLED:
            wait = await database_sync_to_async(_connection_wait)(scope)
            if wait > 0:
                await receive()
                await send({"type": "websocket.accept"})
                await send({"type": "websocket.close", "code": TOO_MANY_CONNECTIONS})
                return
        await self.app(scope, receive, send)


def _connection_wait(scope: dict[str, Any]) -> float:
    headers = dict(scope["headers"])
    remote = (scope.get("client") or [""])[0]
    address = refusals.network_of(address_of(remote, headers.get(b"x-forwarded-for", b"").decode("latin-1")))
    most, window, block = settings.FLOOD_LIMIT
    key = f"{scope['zone'].schema_name}:ws:{address}"
    return limits.take(key, *settings.CONNECTIONS_RATE_LIMIT, Flood(address, most, window, block)).wait
