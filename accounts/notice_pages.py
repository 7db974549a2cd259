"""The bell: what a person was told, as a page of the app. surface."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import selectors
from accounts.decorators import page_permission
from accounts.services import notices

SHOWN = 100


@require_safe
@page_permission("")
def notice_list(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/notices.html", {"notices": selectors.notices(request.user)[:SHOWN]})


@require_POST
@page_permission("")
def read_notice(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Mark it as read and go where it leads."""
    notice = notices.mark_read(person=request.user, notice_id=notice_id)
    return redirect(notice.path or "notices")


@require_POST
@page_permission("")
def read_all(request: HttpRequest) -> HttpResponse:
    notices.mark_all_read(person=request.user)
    return redirect("notices")
