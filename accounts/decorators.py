"""Which page needs which permission, and which a fresh proof of who is asking."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts import page_sessions
from zones.problems import PermissionRefused

View = Callable[..., HttpResponse]


def page_permission(*permissions: str) -> Callable[[View], View]:
    """Let those in who hold one of `permissions` ("" is held by everybody who is logged in).

    Visitors are sent to the log-in page; others are refused, which the error middleware shows and audits.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not any(permission == "" or request.user.allows(permission) for permission in permissions):
                raise PermissionRefused(permission=permissions[0])
            return view(request, *args, **kwargs)

        # Read by the tests that hold every page to the permission table.
        guarded.permissions = permissions  # type: ignore[attr-defined]
        return guarded

    return decorate


def recently_authenticated(view: View) -> View:
    """Ask again who this is when the last proof is older than 15 minutes (accounts.page_sessions.RECENT).

    Pages lead to the confirmation and back; what is asked with JSON is refused with `confirmation_required`. It stands
    below `page_permission`: a visitor is not asked twice.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if page_sessions.is_recent(request):
            return view(request, *args, **kwargs)
        if request.path.startswith("/api/"):
            raise PermissionRefused(_("Confirm that it is you, and try again."), code="confirmation_required")
        return page_sessions.to_confirmation(request)

    return guarded
