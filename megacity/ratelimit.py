"""The surfaces' limits of requests a minute, for each address (see zones.limits)."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from megacity.errors import render_problem
from zones.limits import wait_seconds
from zones.problems import Throttled
from zones.registry import BY_ID


class RateLimitMiddleware:
    """Answers 429 with Retry-After beyond the surface's limit for one address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.RATE_LIMITS_ENABLED or request.zone is None:
            return self.get_response(request)
        per_minute, burst = settings.RATE_LIMITS[request.surface]
        spec = BY_ID.get(request.zone.schema_name)
        if request.surface == "api" and spec:
            per_minute, burst = spec.api_requests_per_minute, spec.api_burst
        if request.path.startswith("/static/"):
            per_minute, burst = settings.RATE_LIMITS["static"]
        surface = "static" if request.path.startswith("/static/") else request.surface
        key = f"{request.zone.schema_name}:{surface}:{request.client_ip}"
        wait = wait_seconds(key, per_minute, burst)
        if wait > 0:
            seconds = max(1, round(wait + 0.5))
            return render_problem(
                request, Throttled(_("Too many requests. Try again in a moment."), retry_after=seconds)
            )
        return self.get_response(request)
