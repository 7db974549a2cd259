"""Log-in and log-out, for tokens and for pages; how often one may try."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.models import update_last_login
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import tokens
from accounts.models import User
from accounts.people import as_actor
from audit.models import Action
from audit.services import record
from zones import limits
from zones.context import current_zone_id
from zones.problems import NotAuthenticated, Throttled


def check_credentials(*, email: str, password: str, ip: str | None) -> User:
    """The active user with this e-mail and password.

    Two counts lead to a block of settings.LOGIN_BLOCK_SECONDS: tries of one account from one address
    (LOGIN_RATE_LIMIT; a right password counts anew), and wrong tries of any account from one address
    (LOGIN_FAILURES_LIMIT). So a class behind one router can log in together, and nobody can try many accounts.
    Raises NotAuthenticated (`login_failed`, whatever was wrong) or Throttled (`login_blocked`).
    """
    zone = current_zone_id()
    account, address = f"{zone}:login:{ip}:{email.strip().lower()}", f"{zone}:login:{ip}"
    if settings.RATE_LIMITS_ENABLED:
        _refuse_blocked(account, address)
        _count(account, settings.LOGIN_RATE_LIMIT, email)
    user = authenticate(username=email, password=password)
    if user is None:
        _record_failure("login_failed", email)
        if settings.RATE_LIMITS_ENABLED:
            _count(address, settings.LOGIN_FAILURES_LIMIT, email)
        raise NotAuthenticated(_("The e-mail or the password is wrong."), code="login_failed", audited=False)
    if settings.RATE_LIMITS_ENABLED:
        limits.forget(account)
    return user


def _count(key: str, limit: tuple[int, int], email: str) -> None:
    if limits.wait_seconds(key, *limit) > 0:
        limits.block(key, settings.LOGIN_BLOCK_SECONDS)
        _record_failure("login_blocked", email)
        _refuse_blocked(key)


def _refuse_blocked(*keys: str) -> None:
    blocked = max(limits.blocked_seconds(key) for key in keys)
    if blocked > 0:
        minutes = max(1, round(blocked / 60))
        raise Throttled(
            _("Too many tries. Log-in is possible again in %(minutes)d minutes.") % {"minutes": minutes},
            code="login_blocked",
            retry_after=max(1, int(blocked)),
        )


def _record_failure(code: str, email: str) -> None:
    record(Action.PERMISSION_DENIED, "session", details={"code": code, "email": email.strip()[:254]})


def token_login(*, email: str, password: str, ip: str | None) -> tuple[User, tokens.TokenPair]:
    """Log in for the API. Raises what check_credentials raises."""
    user = check_credentials(email=email, password=password, ip=ip)
    return user, token_session(user=user)


def token_session(*, user: User) -> tokens.TokenPair:
    """Tokens for somebody who has just proved who they are."""
    with transaction.atomic():
        pair = tokens.issue(user)
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
