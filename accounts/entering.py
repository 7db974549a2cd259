"""The one door of all pages: whoever has proved one thing goes through the stages that are left, and is logged in."""

from allauth.account.internal.flows.login import perform_login, perform_password_login, record_authentication
from allauth.account.models import Login
from allauth.account.stages import LoginStage, LoginStageController
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from zones.context import zone_wide


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
        # allauth's own log-in view calls the same; it has no public name for a log-in that remembers its method.
        return perform_password_login(request, {"email": user.email}, Login(user=user, redirect_url=then or None))


def stage_at_hand(request: HttpRequest, key: str) -> LoginStage | None:
    """The stage with this key, if it is the one at which this browser's log-in stands; `login.user` is who waits."""
    with zone_wide():
        return LoginStageController.enter(request, key)


def pass_stage(stage: LoginStage) -> HttpResponse:
    """This stage is done: on to the next, or in."""
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
