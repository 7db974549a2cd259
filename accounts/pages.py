"""The profile, as pages of the app. surface."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import page_sessions, selectors
from accounts.decorators import page_permission
from accounts.door_forms import EmailChangeForm
from accounts.forms import PasswordForm, ProfileForm, show_problem
from accounts.models import User
from accounts.permissions import Role
from accounts.services import confirming, contact, own_export, parents, passwords, people
from zones.problems import ComeBackLater, Invalid, Problem


@page_permission("")
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, user=request.user)
    if form.is_valid():
        try:
            user = _save_profile(request.user, **form.cleaned_data)
        except Invalid as problem:
            show_problem(request, form, problem)
        else:
            messages.success(request, _("Saved."))
            return _speak(redirect("profile"), user.language)
    return render(request, "accounts/profile.html", _profile_context(request.user, form))


@transaction.atomic
def _save_profile(user: User, *, phone: str, **changes: Any) -> User:
    contact.set_own_phone(user=user, phone=phone)
    return people.update_profile(user=user, **changes)


def _speak(response: HttpResponse, language: str) -> HttpResponse:
    """The choice in the profile replaces an earlier one by the language menu, which is a cookie."""
    if language:
        # As the language menu does (django.views.i18n.set_language).
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite=settings.LANGUAGE_COOKIE_SAMESITE,
        )
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    return response


@page_permission("")
@sensitive_post_parameters()
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    form = PasswordForm(request.POST, prefix="p")
    if form.is_valid():
        try:
            passwords.change_password(user=request.user, **form.cleaned_data, ip=request.client_ip)
        except Problem as problem:
            return _profile_refused(request, problem, password_form=form)
        page_sessions.stay(request, request.user)
        messages.success(request, _("Your password is changed. Other devices are logged out."))
        return redirect("profile")
    return render(request, "accounts/profile.html", _profile_context(request.user, password_form=form))


@page_permission("")
@sensitive_post_parameters()
@require_POST
def email(request: HttpRequest) -> HttpResponse:
    """A link to the new address; the old one stays until it is followed."""
    form = EmailChangeForm(request.POST, prefix="e")
    if form.is_valid():
        try:
            confirming.ask_new_email(user=request.user, **form.cleaned_data, ip=request.client_ip)
        except Problem as problem:
            return _profile_refused(request, problem, email_form=form)
        messages.success(request, _("Open the link that we sent to the new address. Until then the old one stays."))
        return redirect("profile")
    return render(request, "accounts/profile.html", _profile_context(request.user, email_form=form))


def _profile_refused(request: HttpRequest, problem: Problem, **shown: Any) -> HttpResponse:
    for form in shown.values():
        show_problem(request, form, problem)
    response = render(request, "accounts/profile.html", _profile_context(request.user, **shown))
    if isinstance(problem, ComeBackLater):
        response.status_code = problem.status
        response["Retry-After"] = str(problem.retry_after)
    return response


def _profile_context(
    user: User,
    form: ProfileForm | None = None,
    password_form: PasswordForm | None = None,
    email_form: EmailChangeForm | None = None,
) -> dict[str, Any]:
    context = {
        "form": form or ProfileForm(user=user),
        "password_form": password_form or PasswordForm(prefix="p"),
        "email_form": email_form or EmailChangeForm(prefix="e"),
        "exports": own_export.own_exports(user),
        "person": {
            "email": user.email,
            "role_label": user.get_role_display(),
            "organization": user.organization,
            "joined": user.created_at,
        },
    }
    if user.role == Role.STUDENT:
        context["parent_requests"] = [_parent(link) for link in selectors.waiting_parents(user)]
        context["parents"] = [_parent(link) for link in selectors.approved_parents(user)]
    return context


def _parent(link: Any) -> dict[str, Any]:
    return {
        "id": link.parent_id,
        "name": link.parent.display_name,
        "email": link.parent.email,
        "asked_at": link.requested_at,
        "guardian": link.guardian,
        "confirm_by": link.confirm_by,
    }


@page_permission("profile:update")
@require_POST
def decide_parent(request: HttpRequest, parent_id: UUID) -> HttpResponse:
    """A student's answer to a parent: approve, refuse, or (later) end."""
    match request.POST.get("decision"):
        case "approve":
            parents.approve(person=request.user, parent_id=parent_id)
            messages.success(request, _("The parent sees your results now."))
        case "refuse":
            parents.refuse(person=request.user, parent_id=parent_id)
            messages.success(request, _("The request is refused; nothing was shown."))
        case "confirm":
            parents.confirm(person=request.user, parent_id=parent_id)
            messages.success(request, _("The parent goes on seeing your results."))
        case "end":
            parents.end(person=request.user, parent_id=parent_id)
            messages.success(request, _("The parent no longer sees your results."))
        case _:
            raise Invalid()
    return redirect("profile")
