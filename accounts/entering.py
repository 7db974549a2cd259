"""The one door of all pages: whoever has proved one thing goes through the stages that are left, and is logged in."""

from allauth.account.internal.flows.login import perform_login, perform_password_login, record_authentication
from allauth.account.models import Login
from allauth.account.stages import LoginStage, LoginStageController
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from zones.context import zone_wide

# What the account was like when the log-in began, in what allauth keeps of it between its stages.
_WAS = "account_was"


def note_account(login: Login) -> None:
    """At the first stage of every log-in, by whichever way it came: what must not change until the last one."""
    if isinstance(login.user, User):
        login.state.setdefault(_WAS, login.user.get_session_auth_hash())


def wanted_address(request: HttpRequest) -> str:
    """Where to go after log-in: an address of this very host, or none."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else ""


def enter_by_password(request: HttpRequest, user: User, *, then: str) -> HttpResponse:
    """Somebody whose password `accounts.services.login.check_credentials` found right.

    Leads to the first stage that is left (accounts.adapter), and when none is, logs in and leads to `then`.
    """
    # Who asks is what is being found out, until the last stage is passed.
    with zone_wide():
        login = Login(user=user, redirect_url=then or None)
        # allauth's own log-in view calls the same; it has no public name for a log-in that remembers its method.
        return perform_password_login(request, {"email": user.email}, login)


def stage_at_hand(request: HttpRequest, key: str) -> LoginStage | None:
    """The stage with this key, if it is the one at which this browser's log-in stands; `login.user` is who waits.

    None too when the account was closed, got another password or was logged out everywhere since the log-in began:
    who was half in when that happened is out.
    """
    with zone_wide():
        stage = LoginStageController.enter(request, key)
        return stage if stage is not None and _still_holds(stage.login) else None


def _still_holds(login: Login) -> bool:
    user, was = login.user, login.state.get(_WAS)
    if not isinstance(user, User) or not user.may_enter:
        return False
    return was is not None and constant_time_compare(was, user.get_session_auth_hash())


def pass_stage(stage: LoginStage) -> HttpResponse:
    """This stage is done: on to the next, or in. It may have given the account another password."""
    if isinstance(stage.login.user, User):
        stage.login.state[_WAS] = stage.login.user.get_session_auth_hash()
    with zone_wide():
        return stage.exit()


def enter_by_passkey(request: HttpRequest, user: User, *, then: str) -> HttpResponse:
    """Somebody whose passkey proved both what they have and who they are: no second step is left."""
    # The record is what allauth's stage looks at, as after its own log-in with a passkey.
    record_authentication(request, user, "mfa", type="webauthn", passwordless=True)
    with zone_wide():
        return perform_login(request, Login(user=user, redirect_url=then or None))


def enter_as_newcomer(request: HttpRequest, user: User, *, slug: str, uid: str, then: str) -> HttpResponse:
    """Somebody who has just registered with what an identity provider said of them."""
    record_authentication(request, user, "socialaccount", provider=slug, uid=uid)
    with zone_wide():
        return perform_login(request, Login(user=user, redirect_url=then or None))
