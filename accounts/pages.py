"""Log-in, registration, log-out and the profile, as pages of the app. surface."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout as close_session
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import selectors
from accounts.decorators import page_permission
from accounts.entering import enter_by_password, wanted_address
from accounts.forms import LoginForm, PasswordForm, ProfileForm, RegistrationForm, show_problem
from accounts.models import User
from accounts.permissions import Role
from accounts.services import contact, parents, people
from accounts.services import login as login_services
from zones.problems import Invalid, NotFound, Problem, Throttled


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(wanted_address(request) or settings.LOGIN_REDIRECT_URL)
    form = LoginForm(request.POST or None)
    throttled = None
    if form.is_valid():
        try:
            user = login_services.check_credentials(**form.cleaned_data, ip=request.client_ip)
        except Problem as problem:
            show_problem(form, problem)
            throttled = problem if isinstance(problem, Throttled) else None
        else:
            return enter_by_password(request, user, then=wanted_address(request))
    context = {"form": form, "next": wanted_address(request)}
    response = render(request, "accounts/login.html", context, status=throttled.status if throttled else 200)
    if throttled:
        response["Retry-After"] = str(throttled.retry_after)
    return response


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    form = RegistrationForm(request.POST or None)
    if form.is_valid():
        try:
            user = people.register(**form.cleaned_data)
        except Invalid as problem:
            show_problem(form, problem)
        else:
            return enter_by_password(request, user, then=wanted_address(request))
    return render(request, "accounts/register.html", {"form": form, "next": wanted_address(request)})


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        with transaction.atomic():
            login_services.record_logout(via="page")
            close_session(request)
    return redirect(settings.LOGIN_URL)


@page_permission("")
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, user=request.user)
    if form.is_valid():
        try:
            user = _save_profile(request.user, **form.cleaned_data)
        except Invalid as problem:
            show_problem(form, problem)
        else:
            messages.success(request, _("Saved."))
            return _speak(redirect("profile"), user.language)
    return render(request, "accounts/profile.html", _profile_context(request.user, form, PasswordForm(prefix="p")))


@transaction.atomic
def _save_profile(user: User, *, phone: str, **changes: Any) -> User:
    contact.set_own_phone(user=user, phone=phone)
    return people.update_profile(user=user, **changes)


def _speak(response: HttpResponse, language: str) -> HttpResponse:
    """The choice in the profile replaces an earlier one by the language menu, which is a cookie."""
    if language:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language)
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
            people.change_password(user=request.user, **form.cleaned_data)
        except Invalid as problem:
            show_problem(form, problem)
        else:
            update_session_auth_hash(request, request.user)
            messages.success(request, _("Your password is changed. Other devices are logged out."))
            return redirect("profile")
    context = _profile_context(request.user, ProfileForm(user=request.user), form)
    return render(request, "accounts/profile.html", context)


def _profile_context(user: User, form: ProfileForm, password_form: PasswordForm) -> dict[str, Any]:
    context = {
        "form": form,
        "password_form": password_form,
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
        case "confirm":
            parents.confirm(person=request.user, parent_id=parent_id)
            messages.success(request, _("The parent goes on seeing your results."))
        case "end":
            link = selectors.approved_parents(request.user).filter(parent=parent_id).first()
            if link is None:
                raise NotFound()
            parents.revoke(person=request.user, link_id=link.pk)
        case _:
            raise Invalid()
    return redirect("profile")
