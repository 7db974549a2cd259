"""Where somebody may go who has logged in, but lacks the second factor that their role needs."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import page_sessions
from accounts.services import factors
from audit.refusals import record_problem
from megacity.errors import refuse, wants_json
from zones.problems import PermissionRefused
from zones.requests import CityRequest

# To add a factor, to confirm who one is, to leave; and what a page is made of.
OPEN = ("/profile/security", "/profile/confirm", "/logout", "/i18n/", "/static/", "/brand.css", "/jsi18n/")
ENROLMENT = "/profile/security"


class FactorMiddleware:
    """Behind AuthenticationMiddleware: ends what was ended elsewhere, and holds people to their enrolment."""

    def __init__(self, get_response: Callable[[CityRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: CityRequest) -> HttpResponse:
        if request.user.is_authenticated:
            held = self._held(request)
            if held is not None:
                return held
        response = self.get_response(request)
        page_sessions.set_device_cookie(request, response)
        return response

    def _held(self, request: CityRequest) -> HttpResponse | None:
        if page_sessions.is_elsewhere(request):
            # No browser sends a cookie to another host: somebody has taken it from where it was.
            refused = PermissionRefused(code="session_elsewhere")
            record_problem(request, refused)
            logout(request)
            return None
        if not page_sessions.seen(request):
            logout(request)
            return None
        user: Any = request.user
        if not page_sessions.lacks_factor(request.session, user):
            return None
        if not factors.missing(user):
            # Enrolled meanwhile in another browser: this one has not shown that factor.
            logout(request)
            return None
        if request.path.startswith(OPEN):
            return None
        if wants_json(request):
            said = _("Your role needs a second factor: log in on the pages and add one.")
            return refuse(request, PermissionRefused(said, code="mfa_enrolment_required"))
        return redirect(ENROLMENT)
