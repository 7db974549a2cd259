"""Log-in and log-out, for tokens and for pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.models import update_last_login
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import tokens
from accounts.models import LoginSession, User
from accounts.people import as_actor
from accounts.services import challenges, devices, factors, sessions
from accounts.services.blocking import begin_try
from accounts.services.devices import Visit
from accounts.services.guardian_requests import birth_date_is_due
from accounts.services.renewal import renewal_is_due
from accounts.token_format import BY_CODE_TOO, BY_PASSWORD
from audit.context import current_actor
from audit.models import Action
from audit.services import record
from zones.context import confined_to
from zones.links import address
from zones.problems import NotAuthenticated, PermissionRefused

# Clear-Site-Data at log-out: what this browser kept, copies of pages and what scripts wrote. Cookies are deleted one by
# one, since a clearing would reach the other surfaces of the domain too.
CLEARED = '"cache", "storage"'


def check_credentials(*, email: str, password: str, ip: str | None) -> User:
    """The person with this e-mail and password, if they may log in.

    Raises NotAuthenticated (`login_failed`: no such address, a wrong password, an address not confirmed, a closed
    account or organization; nobody learns which) or Throttled (`login_blocked`, see blocking.begin_try).
    """
    attempt = begin_try(email=email, ip=ip)
    user = authenticate(username=email, password=password)
    if user is None:
        attempt.failed("login_failed")
        said = _("The e-mail or the password is wrong, or the e-mail is not confirmed yet.")
        raise NotAuthenticated(said, code="login_failed", audited=False)
    attempt.succeeded()
    return user


def confirms_password(*, user: User, password: str, ip: str | None) -> bool:
    """Whether somebody who has logged in knows their password; counted as a log-in is. Raises Throttled."""
    attempt = begin_try(email=user.email, ip=ip)
    if not user.check_password(password):
        attempt.failed("password_not_confirmed")
        return False
    attempt.succeeded()
    return True


def token_login(*, email: str, password: str, ip: str | None) -> tuple[User, tokens.TokenPair]:
    """Log in for the API.

    Raises what check_credentials, refuse_expired and refuse_unknown_age raise; NotAuthenticated (`mfa_required`, with a
    `challenge` for token_login_second) for who has a second factor, PermissionRefused (`mfa_enrolment_required`) for
    staff without.
    """
    user = check_credentials(email=email, password=password, ip=ip)
    refuse_expired(user)
    refuse_unknown_age(user)
    if factors.needed(user):
        said = _("Now the second step: a code of your authenticator app, or a recovery code.")
        raise NotAuthenticated(said, code="mfa_required", audited=False, challenge=challenges.make_challenge(user))
    _refuse_unprotected(user)
    return user, token_session(user=user, amr=BY_PASSWORD)


def token_login_second(*, challenge: str, code: str) -> tuple[User, tokens.TokenPair]:
    """The second step of token_login. Raises what challenges.meet_challenge raises."""
    user = challenges.meet_challenge(challenge=challenge, code=code)
    return user, token_session(user=user, amr=BY_CODE_TOO)


def _refuse_unprotected(user: User) -> None:
    if factors.missing(user):
        said = _("Your role needs a second factor: log in on the pages and add one.")
        raise PermissionRefused(said, code="mfa_enrolment_required")


def refuse_expired(user: User) -> None:
    """Raise PermissionRefused (`password_expired`, with `how` to go on) where a new password is due."""
    if renewal_is_due(user):
        said = _("This password must be replaced. Log in on the web page, or ask for a link by mail.")
        how = {"page": address("/login"), "link_by_mail": "/api/v1/auth/password/reset"}
        raise PermissionRefused(said, code="password_expired", how=how)


def refuse_unknown_age(user: User) -> None:
    """Raise PermissionRefused (`birth_date_needed`) where the zone wants to know first when a student was born."""
    if birth_date_is_due(user):
        said = _("Log in on the web page once and say when you were born.")
        raise PermissionRefused(said, code="birth_date_needed", how={"page": address("/login")})


def token_session(*, user: User, amr: Sequence[str]) -> tokens.TokenPair:
    """Tokens for somebody who has just proved who they are, by `amr` (RFC 8176)."""
    with confined_to(user), transaction.atomic():
        pair = tokens.issue(user, amr=amr)
        visit = Visit(ip=current_actor().ip, user_agent=current_actor().user_agent)
        sessions.opened(user=user, kind=LoginSession.Kind.API, visit=visit, surface="api", family=pair.family)
        devices.notice(user=user, visit=visit, device="")
        update_last_login(User, user)
        record_login(user=user, via="token")
    return pair


def record_login(*, user: User, via: str) -> None:
    record(Action.LOGIN, "session", actor=as_actor(user), details={"via": via})


def token_logout(*, claims: Mapping[str, Any] | None, refresh: str) -> None:
    """End the access token at hand and the family of the refresh token; either may be missing."""
    with transaction.atomic():
        if refresh:
            tokens.end_session(refresh)
        if claims:
            tokens.revoke_access(claims)
        if refresh or claims:
            record(Action.LOGOUT, "session", details={"via": "token"})


def record_logout(*, via: str) -> None:
    record(Action.LOGOUT, "session", details={"via": via})
