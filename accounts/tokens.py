"""Access and refresh tokens: JSON Web Tokens, HS256, bound to one zone (docs/decisions/0026)."""

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework_simplejwt.exceptions import TokenError

from accounts import revocation
from accounts.backends import EmailBackend
from accounts.models import Organization, RefreshSession, User
from accounts.permissions import PERMISSIONS, STAFF_ROLES
from accounts.services import factors
from accounts.token_format import (
    BY_PASSWORD,
    CLOCK_SKEW_SECONDS,
    SEVERAL_FACTORS,
    Access,
    Refresh,
    audience,
    issuer,
)
from accounts.token_keys import Ring, ring
from audit.models import Action
from audit.services import record
from zones.context import current_zone_id, zone_wide
from zones.problems import NotAuthenticated, PermissionRefused, WrongZone

# An application server's clock says until when a block-list entry is needed, the database's when a token began.
_SKEW = timedelta(seconds=CLOCK_SKEW_SECONDS)


@dataclass(frozen=True)
class TokenPair:
    """`access` for the Authorization header (seconds to live), `refresh` for the httpOnly cookie, both of `family`."""

    access: str
    access_seconds: int
    refresh: str
    refresh_seconds: int
    family: uuid.UUID


def issue(user: User, *, amr: Sequence[str] = BY_PASSWORD, continues: RefreshSession | None = None) -> TokenPair:
    """A new pair for `user` in the current zone, who has proved who they are by `amr` (RFC 8176).

    `continues` is the refresh token that was exchanged for it; what was proved at its log-in is what counts then.
    A pair begins a family of tokens, which rotation continues and which REFRESH_FAMILY_LIFETIME after its log-in is
    over. Raises NotAuthenticated for an account that was closed, or got another password, since `user` was read.
    """
    with zone_wide(), transaction.atomic():
        stored = _locked(user)
        if stored is None or stored.password != user.password:
            raise NotAuthenticated(_("This account is closed."))
        now = revocation.database_now()
        family = continues.family if continues else uuid.uuid4()
        ends_at = (continues and continues.family_ends_at) or now + settings.REFRESH_FAMILY_LIFETIME
        refresh, access = Refresh(), Access()
        for token in (access, refresh):
            token.payload |= _common(stored, token.token_type or "", family)
            token["exp"] = int(min(now + token.lifetime, ends_at).timestamp())
            # With its fraction: a token made right after all others were revoked must not count among them.
            token["iat"] = now.timestamp()
        access.payload |= _personal(stored)
        # When this person last proved who they are; exchanging a token is no proof (OpenID Connect Core 1.0, 2).
        access["auth_time"] = int((ends_at - settings.REFRESH_FAMILY_LIFETIME).timestamp())
        access["amr"] = continues.amr.split() if continues else list(amr)
        RefreshSession.objects.create(
            jti=refresh["jti"],
            family=family,
            user=stored,
            expires_at=datetime.fromtimestamp(refresh["exp"], tz=UTC),
            family_ends_at=ends_at,
            amr=" ".join(access["amr"]),
        )
    seconds = {token: int(token["exp"] - now.timestamp()) + 1 for token in (access, refresh)}
    return TokenPair(str(access), seconds[access], str(refresh), seconds[refresh], family)


def _common(user: User, token_type: str, family: uuid.UUID) -> dict[str, Any]:
    zone_id = current_zone_id()
    return {
        "iss": issuer(zone_id),
        "aud": audience(zone_id, token_type),
        "sub": str(user.pk),
        "zone_id": zone_id,
        "jti": str(uuid.uuid4()),
        "sid": str(family),
    }


def _personal(user: User) -> dict[str, Any]:
    return {
        "email": user.email,
        "org_id": str(user.organization_id) if user.organization_id else None,
        "role": user.role,
        "permissions": sorted(PERMISSIONS[user.role]),
    }


def _locked(user: User) -> User | None:
    """The account as it is now, None if it may not enter, held until the end of the transaction.

    Whoever ends all tokens of a person or an organization changes these rows or takes the same lock, so that they miss
    no token that is just being made. The organization comes first, as wherever both are locked.
    """
    if user.organization_id:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM accounts_organization WHERE id = %s FOR SHARE", [user.organization_id])
    _hold(user.pk)
    stored = EmailBackend().get_user(user.pk)
    return stored if stored and stored.organization_id == user.organization_id else None


@lru_cache(maxsize=4096)
def _verified(raw: str, keys: Ring) -> Mapping[str, Any]:
    """The claims of a token whose signature holds. Remembered: a client sends the same token with every answer."""
    return Access(raw).payload  # type: ignore[arg-type]  # the stubs mean a Token, the library a text


def read_access(raw: str) -> Mapping[str, Any]:
    """The claims of an access token that is valid here and now.

    Raises NotAuthenticated (malformed, expired, revoked), WrongZone, or PermissionRefused (`mfa_enrolment_required`)
    where its role needs a second factor and the log-in has shown none.
    """
    try:
        claims = _verified(raw, ring())
    except TokenError as error:
        raise NotAuthenticated(_("The token is not valid or has expired.")) from error
    if claims["exp"] <= time.time():
        raise NotAuthenticated(_("The token has expired."))
    _check_place(claims, "access")
    standing = revocation.standing(
        jti=claims["jti"],
        family=claims.get("sid"),
        user_id=claims["sub"],
        organization_id=claims.get("org_id"),
        role=claims["role"],
        issued_at=claims["iat"],
    )
    if standing.is_revoked:
        raise NotAuthenticated(_("You have logged out."))
    if claims["role"] in STAFF_ROLES or standing.is_asked_more:
        _refuse_unproved(claims["role"], claims.get("amr", ()))
    return claims


def _refuse_unproved(role: str, amr: Sequence[str]) -> None:
    """Hold a log-in to what its role needs now, also where the zone has decided so after it."""
    if SEVERAL_FACTORS not in amr and factors.required_of(role):
        said = _("Your role needs a second factor: log in with it. On the pages you can add one.")
        raise PermissionRefused(said, code="mfa_enrolment_required")


def _check_place(claims: Mapping[str, Any], token_type: str) -> None:
    """Raises WrongZone for a token of another zone, NotAuthenticated for one of this zone for something else."""
    zone_id = current_zone_id()
    if claims["zone_id"] != zone_id:
        raise WrongZone()
    # Tokens from before they named their key say neither; their form makes sure that no others leave them out.
    if "aud" in claims and (claims["aud"] != audience(zone_id, token_type) or claims["iss"] != issuer(zone_id)):
        raise NotAuthenticated(_("The token is not meant for this service."))


def holder_of(authorization: str) -> str | None:
    """The id of the person whom an Authorization header names with a genuine token; costs no query.

    Only for counting requests: neither zone nor block-list are looked at.
    """
    scheme, _space, raw = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return None
    try:
        claims = _verified(raw.strip(), ring())
    except TokenError:
        return None
    return claims["sub"] if claims["exp"] > time.time() else None


def rotate(raw: str) -> tuple[User, TokenPair]:
    """Exchange a refresh token for a new pair. A token used twice ends its whole family: somebody stole one.

    A client that sends one token twice at once cannot be told from a thief: one of its calls gets a pair, and the next
    one ends it. Raises NotAuthenticated (`refresh_reused` after such an end), WrongZone, or PermissionRefused as
    `read_access` does.
    """
    refresh = _read_refresh(raw)
    with zone_wide(), transaction.atomic():
        session = RefreshSession.objects.select_related("user").filter(jti=refresh["jti"]).first()
        if session is None:
            raise NotAuthenticated(_("The token is not known here."))
        user = _locked(session.user)
        if user is None:
            raise NotAuthenticated(_("This account is closed."))
        _refuse_unproved(user.role, session.amr.split())
        now = timezone.now()
        # Of parallel refreshes with one token, one claims the row.
        claimed = RefreshSession.objects.filter(
            jti=session.jti, used_at=None, revoked_at=None, expires_at__gt=now
        ).update(used_at=now)
        if claimed:
            return user, issue(user, continues=session)
        session.refresh_from_db()
        if session.used_at is None:
            raise NotAuthenticated(_("You have logged out."))
        # Not raised inside: the end of the family must be committed.
        end_family(session.family)
        record(Action.PERMISSION_DENIED, "refresh_session", session.jti, details={"code": "refresh_reused"})
    raise NotAuthenticated(
        _("This session was ended because its token was used twice."), code="refresh_reused", audited=False
    )


def end_family(family: uuid.UUID | str) -> None:
    """End what descends from one log-in: its refresh tokens and its access tokens. Free where it has ended already."""
    with zone_wide(), transaction.atomic():
        rows = RefreshSession.objects.filter(family=family, revoked_at=None)
        if rows.update(revoked_at=timezone.now()):
            revocation.revoke(key=f"family:{family}", expires_at=timezone.now() + Access.lifetime + _SKEW)


def end_session(raw_refresh: str) -> None:
    """Log-out: the refresh token's family is closed. A token that cannot be read has nothing to close."""
    try:
        refresh = _read_refresh(raw_refresh)
    except (NotAuthenticated, WrongZone):
        return
    with zone_wide(), transaction.atomic():
        session = RefreshSession.objects.select_related("user").filter(jti=refresh["jti"]).first()
        if session:
            _hold(session.user_id)
            end_family(session.family)


def revoke_access(claims: Mapping[str, Any]) -> None:
    """Log-out: the access token is put on the block-list until it would have expired, and its family ends."""
    expires_at = datetime.fromtimestamp(claims["exp"], tz=UTC) + _SKEW
    with transaction.atomic():
        revocation.revoke(key=f"jti:{claims['jti']}", expires_at=expires_at)
        if "sid" in claims:
            _hold(claims["sub"])
            end_family(claims["sid"])


def revoke_everything(user: User) -> None:
    """End all of a person's tokens, as when the account is closed or its rights change."""
    with zone_wide(), transaction.atomic():
        _hold(user.pk)
        RefreshSession.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())
        revocation.revoke(key=f"user:{user.pk}", expires_at=timezone.now() + Access.lifetime + _SKEW)


def revoke_organization(organization: Organization) -> None:
    """End all tokens of all of an organization's people; the state of the organization decides on new ones.

    To be called by whoever has changed the organization's row in the same transaction.
    """
    with zone_wide(), transaction.atomic():
        sessions = RefreshSession.objects.filter(user__organization=organization, revoked_at=None)
        sessions.update(revoked_at=timezone.now())
        revocation.revoke(key=f"org:{organization.pk}", expires_at=timezone.now() + Access.lifetime + _SKEW)


def _hold(user_id: Any) -> None:
    """Wait until no token is being made for this person, and let none be made before the end of the transaction."""
    with zone_wide():
        User.objects.select_for_update(no_key=True).filter(pk=user_id).values("pk").first()


def _read_refresh(raw: str) -> Refresh:
    try:
        refresh = Refresh(raw)  # type: ignore[arg-type]  # as above
    except TokenError as error:
        raise NotAuthenticated(_("The refresh token is not valid or has expired.")) from error
    _check_place(refresh.payload, "refresh")
    return refresh
