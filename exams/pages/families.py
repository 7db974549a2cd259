"""A parent's children, and the form that asks for a link."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import selectors
from accounts.decorators import page_permission
from accounts.forms import LinkForm, show_problem
from accounts.permissions import Role
from accounts.services import parents
from accounts.services.mail_limits import evenly
from exams.pages.dashboards import child_cards
from zones.problems import PermissionRefused, Throttled


@require_http_methods(["GET", "HEAD", "POST"])
@page_permission("student:read")
def children(request: HttpRequest) -> HttpResponse:
    if request.user.role != Role.PARENT:
        raise PermissionRefused(permission="student:read")
    form = LinkForm(request.POST or None)
    if form.is_valid():
        try:
            with evenly():
                parents.request_link(person=request.user, **form.cleaned_data)
        except Throttled as problem:
            show_problem(request, form, problem)
        else:
            said = _("If a student has this e-mail, they have been asked. You see their results once they approve.")
            messages.success(request, said)
            return redirect("children")
    links = selectors.children(request.user).order_by("student__display_name")
    return render(request, "children/list.html", {"form": form, "children": child_cards(request.user), "links": links})
