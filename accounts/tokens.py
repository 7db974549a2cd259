"""Access and refresh tokens: JSON Web Tokens, HS256, bound to one zone."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts import revocation
from accounts.backends import EmailBackend
from accounts.models import Organization, RefreshSession, User
from accounts.permissions import PERMISSIONS
from audit.models import Action
from audit.services import record
from zones.context import current_zone_id
from zones.problems import NotAuthenticated, WrongZone


@dataclass(frozen=True)
class TokenPair:
    """`access` for the Authorization header (seconds to live), `refresh` for the httpOnly cookie."""

    access: str
    access_seconds: int
    refresh: str
    refresh_seconds: int


def issue(user: User, *, family: uuid.UUID | None = None) -> TokenPair:
    """A new pair for `user` in the current zone; `family` continues a chain of rotated refresh tokens."""
    claims = {
        "email": user.email,
        "zone_id": current_zone_id(),
        "org_id": str(user.organization_id) if user.organization_id else None,
        "role": user.role,
        "permissions": sorted(PERMISSIONS[user.role]),
    }
    access, refresh = AccessToken(), RefreshToken()
    for token in (access, refresh):
        token["sub"] = str(user.pk)
        token["zone_id"] = current_zone_id()
        token["jti"] = str(uuid.uuid4())
    for name, value in claims.items():
        access[name] = value
    # With its fraction: a token made right after all others were revoked must not count among them.
    access["iat"] = time.time()
    RefreshSession.objects.create(
        jti=refresh["jti"],
        family=family or uuid.uuid4(),
        user=user,
        expires_at=timezone.now() + refresh.lifetime,
    )
    return TokenPair(
        str(access), int(access.lifetime.total_seconds()), str(refresh), int(refresh.lifetime.total_seconds())
    )


@lru_cache(maxsize=4096)
def _verified(raw: str) -> Mapping[str, Any]:
    """The claims of a token whose signature holds. Remembered: a client sends the same token with every answer."""
    return AccessToken(raw).payload  # type: ignore[arg-type]  # the stubs mean a Token, the library a text


def read_access(raw: str) -> Mapping[str, Any]:
    """The claims of an access token that is valid here and now.

    Raises NotAuthenticated (malformed, expired, revoked) or WrongZone.
    """
    try:
        claims = _verified(raw)
    except TokenError as error:
        raise NotAuthenticated(_("The token is not valid or has expired.")) from error
    if claims["exp"] <= time.time():
        raise NotAuthenticated(_("The token has expired."))
    if claims.get("zone_id") != current_zone_id():
        raise WrongZone()
    if revocation.is_revoked(
        jti=claims["jti"], user_id=claims["sub"], organization_id=claims.get("org_id"), issued_at=claims["iat"]
    ):
        raise NotAuthenticated(_("You have logged out."))
    return claims


def holder_of(authorization: str) -> str | None:
    """The id of the person whom an Authorization header names with a genuine token; costs no query.

    Only for counting requests: neither zone nor block-list are looked at.
    """
    scheme, _space, raw = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return None
    try:
        claims = _verified(raw.strip())
    except (TokenError, UnicodeError):
        return None
    return claims["sub"] if claims["exp"] > time.time() else None


def rotate(raw: str) -> tuple[User, TokenPair]:
    """Exchange a refresh token for a new pair. A token used twice ends its whole family: somebody stole one.

    Raises NotAuthenticated or WrongZone.
    """
    refresh = _read_refresh(raw)
    session = RefreshSession.objects.filter(jti=refresh["jti"]).first()
    if session is None:
        raise NotAuthenticated(_("The token is not known here."))
    user = EmailBackend().get_user(session.user_id)
    if user is None:
        raise NotAuthenticated(_("This account is closed."))
    with transaction.atomic():
        now = timezone.now()
        # Of parallel refreshes with one token, one claims the row.
        claimed = RefreshSession.objects.filter(
            jti=session.jti, used_at=None, revoked_at=None, expires_at__gt=now
        ).update(used_at=now)
        if claimed:
            return user, issue(user, family=session.family)
        # Not raised inside: the end of the family must be committed.
        RefreshSession.objects.filter(family=session.family, revoked_at=None).update(revoked_at=now)
        record(Action.PERMISSION_DENIED, "refresh_session", session.jti, details={"code": "refresh_reused"})
    raise NotAuthenticated(
        _("This session was ended because its token was used twice."), code="refresh_reused", audited=False
    )


def end_session(raw_refresh: str) -> None:
    """Log-out: the refresh token's family is closed. A token that cannot be read has nothing to close."""
    try:
        refresh = _read_refresh(raw_refresh)
    except (NotAuthenticated, WrongZone):
        return
    session = RefreshSession.objects.filter(jti=refresh["jti"]).first()
    if session:
        RefreshSession.objects.filter(family=session.family, revoked_at=None).update(revoked_at=timezone.now())


def revoke_access(claims: Mapping[str, Any]) -> None:
    """Put one access token on the block-list until it would have expired."""
    expires_at = datetime.fromtimestamp(claims["exp"], tz=UTC)
    revocation.revoke(key=f"jti:{claims['jti']}", expires_at=expires_at)


def revoke_everything(user: User) -> None:
    """End all of a person's tokens, as when the account is closed or its rights change."""
    now = timezone.now()
    RefreshSession.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
    revocation.revoke(key=f"user:{user.pk}", expires_at=now + AccessToken.lifetime)


def revoke_organization(organization: Organization) -> None:
    """End all tokens of all of an organization's people; the state of the organization decides on new ones."""
    now = timezone.now()
    RefreshSession.objects.filter(user__organization=organization, revoked_at=None).update(revoked_at=now)
    revocation.revoke(key=f"org:{organization.pk}", expires_at=now + AccessToken.lifetime)


def _read_refresh(raw: str) -> RefreshToken:
    try:
        refresh = RefreshToken(raw)  # type: ignore[arg-type]  # as above
    except TokenError as error:
        raise NotAuthenticated(_("The refresh token is not valid or has expired.")) from error
    if refresh.get("zone_id") != current_zone_id():
        raise WrongZone()
    return refresh
