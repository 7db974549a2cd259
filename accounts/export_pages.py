"""One's own data: asked for and fetched in the profile."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import page_permission
from accounts.services import own_export
from zones.problems import Conflict, Invalid


@page_permission("")
@sensitive_post_parameters("password")
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    try:
        own_export.ask(user=request.user, password=request.POST.get("password", ""), ip=request.client_ip)
    except (Invalid, Conflict) as problem:
        words = problem.extra.get("errors", {}).get("password", [problem.detail])
        messages.error(request, str(words[0]))
    else:
        messages.success(request, _("We are packing your data and tell you when they are there."))
    return redirect("profile")


@page_permission("")
@require_safe
def fetch(request: HttpRequest, export_id: UUID) -> HttpResponse:
    packed = own_export.fetch(user=request.user, export_id=export_id)
    headers = {"Content-Disposition": 'attachment; filename="my-data.zip"'}
    return HttpResponse(packed, content_type="application/zip", headers=headers)
