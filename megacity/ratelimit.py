"""The surfaces' limits of requests a minute, for each address (see zones.limits and docs/decisions/0007)."""

import math
import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.tokens import holder_of
from megacity.errors import render_problem
from zones.context import current_zone_id
from zones.limits import wait_seconds
from zones.problems import Throttled
from zones.registry import BY_ID
from zones.requests import CityRequest

EXAM_LOOP = re.compile(r"^/api/v1/(exams/[^/]+/start|attempts/[^/]+(/answer|/submit)?)$")


class RateLimitMiddleware:
    """Answers 429 with Retry-After beyond the limit of a surface for one address.

    The exam loop is counted for each person, whom a valid token or the page's session names: a school behind one
    address must not lose its exam to its own number.
    """

    def __init__(self, get_response: Callable[[CityRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: CityRequest) -> HttpResponse:
        if settings.RATE_LIMITS_ENABLED and request.zone is not None and not _loop_of_a_page(request):
            return _refused(request, *_limit_of(request)) or self.get_response(request)
        return self.get_response(request)


class PageLoopLimitMiddleware:
    """The same for the exam loop of the app. pages, once the session has told whose it is."""

    def __init__(self, get_response: Callable[[CityRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: CityRequest) -> HttpResponse:
        if settings.RATE_LIMITS_ENABLED and request.zone is not None and _loop_of_a_page(request):
            limit = _limit_of(request)
            if request.user.is_authenticated:
                limit = f"loop:{request.user.pk}", *settings.EXAM_LOOP_RATE_LIMIT
            return _refused(request, *limit) or self.get_response(request)
        return self.get_response(request)


def _loop_of_a_page(request: CityRequest) -> bool:
    return (
        request.surface == "app"
        and settings.SESSION_COOKIE_NAME in request.COOKIES
        and EXAM_LOOP.match(request.path) is not None
    )


def _refused(request: CityRequest, key: str, per_minute: int, burst: int) -> HttpResponse | None:
    wait = wait_seconds(f"{current_zone_id()}:{key}", per_minute, burst)
    if wait <= 0:
        return None
    # Before the surface has chosen its language.
    with translation.override(translation.get_language_from_request(request)):
        said = _("Too many requests. Try again in a moment.")
        return render_problem(request, Throttled(said, retry_after=math.ceil(wait)))


def _limit_of(request: CityRequest) -> tuple[str, int, int]:
    """Whom this request counts for, how many a minute they may send, and how many at once."""
    if request.path.startswith("/static/") and request.surface != "static":
        return f"assets:{request.client_ip}", *settings.ASSETS_RATE_LIMIT
    if request.surface == "api":
        if EXAM_LOOP.match(request.path) and (person := holder_of(request.META.get("HTTP_AUTHORIZATION", ""))):
            return f"loop:{person}", *settings.EXAM_LOOP_RATE_LIMIT
        if spec := BY_ID.get(current_zone_id()):
            return f"api:{request.client_ip}", spec.api_requests_per_minute, spec.api_burst
    return f"{request.surface}:{request.client_ip}", *settings.RATE_LIMITS[request.surface]
