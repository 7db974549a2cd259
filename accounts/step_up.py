"""A fresh proof of who is asking, for what could harm many: on the pages of the consoles and in the API."""

import time
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts import page_sessions
from accounts.people import TokenBearer
from audit.console import ConsoleModelAdmin
from zones.problems import PermissionRefused


def asks_again(request: HttpRequest) -> HttpResponse | None:
    """The way to the page that asks who this is, for what is sent without a proof of the last 15 minutes; else None."""
    if request.method != "POST" or page_sessions.is_recent(request):
        return None
    messages.warning(request, _("Nothing is done yet: confirm that it is you, and send it again."))
    return page_sessions.to_confirmation(request)


class AsksAgain(ConsoleModelAdmin):
    """A section of a console in which whatever is sent wants that proof. Views of its own call `asks_again`."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return asks_again(request) or super().changeform_view(request, object_id, form_url, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return asks_again(request) or super().changelist_view(request, extra_context)


def require_recent(request: Request) -> None:
    """The same for a call of the API: the log-in that its token goes back to must not be older than 15 minutes.

    `auth_time` is OpenID Connect's name for it (Core 1.0, section 2); renewing a token does not change it. A signed
    request proves by itself who sends it. Raises PermissionRefused with the code `reauthentication_required`.
    """
    if isinstance(request.user, TokenBearer):
        recent = time.time() - request.auth.get("auth_time", 0) < page_sessions.RECENT.total_seconds()
    else:
        recent = request.auth is not None or page_sessions.is_recent(request._request)
    if not recent:
        raise PermissionRefused(_("Log in again, and repeat this."), code="reauthentication_required")
