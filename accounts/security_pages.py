"""Pages of one's own security: second factors, where one is logged in, and proving again who one is."""

import base64
import json
from io import BytesIO
from typing import Any
from urllib.parse import quote
from uuid import UUID

import qrcode
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from qrcode.image.svg import SvgPathImage

from accounts import crypto, page_sessions
from accounts.decorators import page_permission, recently_authenticated
from accounts.entering import wanted_address
from accounts.forms import show_problem
from accounts.models import User
from accounts.places import agent_words
from accounts.security_forms import (
    AppCodeForm,
    CodeForm,
    ConfirmPasswordForm,
    NewPasskeyForm,
    PasskeyNameForm,
)
from accounts.services import devices, factors, passkeys, passwords, providers, sessions
from accounts.services.login import confirms_password
from accounts.showing import PASSKEY_STATE, ask_passkey, passkey_shown
from audit.refusals import record_problem
from zones.problems import Invalid, Problem

# What waits in the session between a question and its answer.
PENDING_SECRET = "pending_totp"  # noqa: S105


@page_permission("")
@never_cache
@require_http_methods(["GET", "HEAD"])
def overview(request: HttpRequest) -> HttpResponse:
    """Second factors, passkeys, connected accounts and where one is logged in."""
    user = request.user
    # Providers send people back to app. alone, so their pages are there.
    connections = providers.connections_of(user) if request.surface == "app" else []
    connected = {each.slug for each in connections}
    offered = providers.enabled() if request.surface == "app" else []
    context = {
        "kinds": factors.kinds(user),
        "required": factors.required_of(user.role),
        "must_enrol": page_sessions.lacks_factor(request.session, user),
        "codes_left": factors.recovery_codes_left(user),
        "passkeys": passkeys.passkeys_of(user),
        "places": sessions.places_of(user, current=page_sessions.place_id(request)),
        "connections": connections,
        "providers": [each for each in offered if each.slug not in connected],
    }
    return render(request, "accounts/security/overview.html", context)


# --- The authenticator app ------------------------------------------------------------------------------------------


@page_permission("")
@never_cache
@recently_authenticated
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def add_app(request: HttpRequest) -> HttpResponse:
    """Show a new secret as a picture and as text; keep it when the app proves with a code that it has it."""
    kept = request.session.get(PENDING_SECRET) if request.method == "POST" else None
    secret = crypto.decrypt(kept) if kept else factors.new_secret()
    form = AppCodeForm(request.POST or None)
    if kept is None:
        request.session[PENDING_SECRET] = crypto.encrypt(secret)
    elif form.is_valid():
        try:
            codes = factors.enrol_totp(user=request.user, secret=secret, code=form.cleaned_data["code"])
        except Problem as problem:
            show_problem(request, form, problem)
        else:
            del request.session[PENDING_SECRET]
            return _added(request, codes)
    issuer = passkeys.relying_party(request).name
    uri = factors.provisioning_uri(user=request.user, secret=secret, issuer=issuer)
    groups = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    context = {"form": form, "picture": _picture(uri), "secret": groups, "issuer": issuer}
    return render(request, "accounts/security/app.html", context)


def _picture(text: str) -> str:
    """A QR code as an address of data, which the pages' policy allows for images."""
    buffer = BytesIO()
    qrcode.make(text, image_factory=SvgPathImage, border=2).save(buffer)
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode()


def _added(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """After a factor was added: the recovery codes, this once, or back to the overview."""
    page_sessions.enrolled(request)
    page_sessions.proved(request)
    messages.success(request, _("Your account is protected by a second factor now."))
    return _show_codes(request, codes) if codes else redirect("security")


def _show_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    # The file is in the page: nothing of it is kept, and no second request could ask for it.
    name = passkeys.relying_party(request).name
    words = _("Recovery codes of %(email)s at %(name)s. Each works once.") % {"email": request.user.email, "name": name}
    file = "data:text/plain;charset=utf-8," + quote("\r\n".join([words, "", *codes, ""]))
    return render(request, "accounts/security/codes.html", {"codes": codes, "file": file})


@page_permission("")
@recently_authenticated
@require_POST
def remove_app(request: HttpRequest) -> HttpResponse:
    _or_message(request, lambda: factors.remove_totp(user=request.user), _("The authenticator app is removed."))
    return redirect("security")


@page_permission("")
@never_cache
@recently_authenticated
@require_POST
def renew_codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes, shown this once; those before them are void."""
    return _show_codes(request, factors.renew_recovery_codes(user=request.user))


def _or_message(request: HttpRequest, run: Any, done: str) -> None:
    try:
        run()
    except Problem as problem:
        record_problem(request, problem)
        messages.error(request, str(problem.detail))
    else:
        messages.success(request, done)


# --- Passkeys -------------------------------------------------------------------------------------------------------


@page_permission("")
@never_cache
@recently_authenticated
@require_http_methods(["GET", "HEAD", "POST"])
def add_passkey(request: HttpRequest) -> HttpResponse:
    user, party = request.user, passkeys.relying_party(request)
    form = NewPasskeyForm(request.POST or None, initial={"name": agent_words(request.META.get("HTTP_USER_AGENT", ""))})
    if form.is_valid():
        state = request.session.pop(PASSKEY_STATE, None)
        try:
            codes = passkeys.add(user=user, party=party, state=state, **form.cleaned_data)
        except Problem as problem:
            show_problem(request, form, problem)
        else:
            return _added(request, codes)
    options, request.session[PASSKEY_STATE] = passkeys.begin_adding(user=user, party=party)
    return render(request, "accounts/security/passkey.html", {"form": form, "options": json.dumps(options)})


@page_permission("")
@recently_authenticated
@require_POST
def rename_passkey(request: HttpRequest, passkey_id: int) -> HttpResponse:
    form = PasskeyNameForm(request.POST)
    if not form.is_valid():
        raise Invalid(errors={"name": form.errors.get("name", [])})
    passkeys.rename(user=request.user, passkey_id=passkey_id, **form.cleaned_data)
    return redirect("security")


@page_permission("")
@recently_authenticated
@require_POST
def remove_passkey(request: HttpRequest, passkey_id: int) -> HttpResponse:
    done = _("The passkey is removed.")
    _or_message(request, lambda: passkeys.remove(user=request.user, passkey_id=passkey_id), done)
    return redirect("security")


# --- Where one is logged in -----------------------------------------------------------------------------------------


@page_permission("")
@recently_authenticated
@require_POST
def end_session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    sessions.end_one(user=request.user, session_id=session_id)
    if session_id == page_sessions.place_id(request):
        logout(request)
        return redirect("account_login")
    messages.success(request, _("That place is logged out."))
    return redirect("security")


@page_permission("")
@recently_authenticated
@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Log out everywhere: here too, or everywhere else with `others`."""
    if request.POST.get("others"):
        page_sessions.end_others(request, request.user)
        messages.success(request, _("Everywhere else you are logged out."))
        return redirect("security")
    sessions.end_all(user=request.user)
    logout(request)
    return redirect("account_login")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def not_me(request: HttpRequest, token: str) -> HttpResponse:
    """Where the warning about a new device leads: "this was not me" ends everything and starts a reset."""
    user = devices.read_link(token)
    if user is not None and request.method == "POST":
        sessions.end_all(user=user)
        passwords.ask_reset(email=user.email, ip=request.client_ip)
        logout(request)
        return render(request, "accounts/security/not_me.html", {"done": True})
    return render(request, "accounts/security/not_me.html", {"valid": user is not None})


# --- Proving again --------------------------------------------------------------------------------------------------


@page_permission("")
@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """By password, by a code or by a passkey; then on to where somebody wanted to go."""
    user, party = request.user, passkeys.relying_party(request)
    # Whoever has a second factor shows that: a password alone may have been read by somebody.
    strong = factors.needed(user)
    form = CodeForm(request.POST or None) if strong else ConfirmPasswordForm(request.POST or None)
    if request.method == "POST":
        try:
            if _confirmed(request, user, party, form):
                page_sessions.proved(request)
                return redirect(wanted_address(request) or "security")
        except Problem as problem:
            form.full_clean()
            show_problem(request, form, problem)
    context = {
        "form": form,
        "strong": strong,
        "next": wanted_address(request),
        "options": ask_passkey(request, user, party),
    }
    return render(request, "accounts/security/confirm.html", context)


def _confirmed(request: HttpRequest, user: User, party: passkeys.RelyingParty, form: Any) -> bool:
    if passkey_shown(request, user, party):
        return True
    if not form.is_valid():
        return False
    if "code" in form.cleaned_data:
        factors.check_code(user=user, code=form.cleaned_data["code"])
        return True
    if confirms_password(user=user, password=form.cleaned_data["password"], ip=request.client_ip):
        return True
    form.add_error("password", _("This is not your password."))
    return False
