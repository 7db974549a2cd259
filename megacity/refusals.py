"""What is refused at the door is counted, answered in few words, and told to the log without filling it."""

import logging
import math

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpResponse, JsonResponse
from django.utils import translation
from django.utils.translation import gettext as _
from prometheus_client import Counter

from audit.refusals import record_refusal
from zones import hosts, limits
from zones.context import public_context, zone_context
from zones.limits import Flood, network_of
from zones.requests import CityRequest

logger = logging.getLogger(__name__)

REFUSED = Counter("http_refused_total", "Requests refused before any view.", ["zone", "surface", "reason"])
# One row in so many seconds for an address and a reason, and so many rows a minute for a zone.
ROW_SECONDS, ROWS_A_MINUTE = 600, 60


def flood_of(request: CityRequest, weight: int = 1) -> Flood:
    most, window, block = settings.FLOOD_LIMIT
    return Flood(network_of(request.client_ip), most, window, block, weight)


def answer(request: CityRequest, *, status: int, code: str, said: str, retry_after: float = 0) -> HttpResponse:
    """Problem details for clients of the API, a line of text for anybody else; nothing is looked up for it."""
    response: HttpResponse
    if request.path.startswith("/api/"):
        body = {"type": "about:blank", "title": said, "status": status, "code": code, "detail": said}
        response = JsonResponse(body, status=status, content_type="application/problem+json")
    else:
        response = HttpResponse(f"{said}\n", status=status, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    if retry_after:
        response.headers["Retry-After"] = str(math.ceil(retry_after))
    return response


def blocked(request: CityRequest, seconds: float) -> HttpResponse:
    """For an address that sent far too much, whatever it asks now."""
    with translation.override(translation.get_language_from_request(request)):
        said = _("Too many requests came from this address. It is blocked for a while.")
        return answer(request, status=429, code="address_blocked", said=said, retry_after=seconds)


def note(request: CityRequest, *, reason: str, status: int) -> None:
    """Count a refusal, and record it unless this address was recorded for the same reason a moment ago."""
    place = getattr(request, "place", None) or hosts.resolve(request.META.get("HTTP_HOST", ""))
    zone = place.zone if place else None
    name = zone.schema_name if zone else "public" if place else "none"
    REFUSED.labels(name, place.surface if place else "none", reason).inc()
    if not limits.first_in(f"refused:{name}:{network_of(request.client_ip)}:{reason}", ROW_SECONDS):
        return
    if limits.wait_seconds(f"refusals:{name}", ROWS_A_MINUTE, ROWS_A_MINUTE) > 0:
        return
    try:
        with zone_context(zone) if zone else public_context():
            record_refusal(code=reason, status=status, method=(request.method or "")[:10], path=request.path)
    except DatabaseError:
        # The refusal stands without its row: nothing was given away.
        logger.warning("A refusal (%s) could not be recorded.", reason)
