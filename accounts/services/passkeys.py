"""Passkeys (WebAuthn, level 2): a second factor, and a way in without a password.

The protocol is python-fido2's; the rows are allauth.mfa's, with the relying party, the credential's counter and a name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts.backends import EmailBackend
from accounts.models import User
from accounts.people import as_actor
from accounts.services import factors
from audit.models import Action
from audit.services import record
from zones.context import zone_wide
from zones.problems import Conflict, NotAuthenticated, NotFound
from zones.requests import CityRequest

MOST = 10
NAME_LENGTH = 60


@dataclass(frozen=True)
class RelyingParty:
    """Who asks for a passkey: `id` is a domain, `origin` the only page that may have asked, `name` is for people."""

    id: str
    origin: str
    name: str


def relying_party(request: CityRequest) -> RelyingParty:
    """The party of this host.

    A zone's domain stands for all of its surfaces, so that app. and admin. share passkeys; a zone with two domains has
    two parties. The control plane is its own host.
    """
    host = request.get_host()
    zone = request.zone
    return RelyingParty(
        id=request.place.domain if zone else host.partition(":")[0],
        origin=f"{request.scheme}://{host}",
        name=zone.brand if zone else "MegaCity",
    )


def _server(party: RelyingParty) -> Fido2Server:
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=party.id, name=party.name),
        attestation=AttestationConveyancePreference.NONE,
        # The page that was served and no other below the same domain.
        verify_origin=lambda origin: origin == party.origin,
    )


def passkeys_of(user: User, party: RelyingParty | None = None) -> list[Any]:
    """The rows of this person's passkeys, those of one relying party where it is named, oldest first."""
    with zone_wide():
        rows = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.WEBAUTHN).order_by("created_at")
        return [row for row in rows if party is None or row.data["rp_id"] == party.id]


def _credentials(rows: Iterable[Any]) -> list[AttestedCredentialData]:
    return [AttestedCredentialData(websafe_decode(row.data["credential_data"])) for row in rows]


# --- Adding ---------------------------------------------------------------------------------------------------------


def begin_adding(*, user: User, party: RelyingParty) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what the browser is asked, the state to keep in the session until it has answered)."""
    options, state = _server(party).register_begin(
        PublicKeyCredentialUserEntity(id=user.pk.bytes, name=user.email, display_name=user.display_name),
        credentials=_credentials(passkeys_of(user, party)),
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return dict(options), {**state, "purpose": "add", "user": str(user.pk)}


def add(*, user: User, party: RelyingParty, state: Any, credential: Any, name: str) -> list[str]:
    """Keep a new passkey; recovery codes when it is the first factor.

    Raises NotAuthenticated (`passkey_refused`) for an answer that is not the one that was asked for.
    """
    found = _registered(user, party, state, credential)
    data = {
        "name": name.strip()[:NAME_LENGTH] or _("Passkey"),
        "rp_id": party.id,
        "credential_data": websafe_encode(found.credential_data),
        "sign_count": found.counter,
        "verified": found.is_user_verified(),
    }
    with transaction.atomic(), zone_wide():
        User.objects.select_for_update().only("pk").get(pk=user.pk)
        if len(passkeys_of(user)) >= MOST:
            raise Conflict(_("There are ten passkeys already; remove one first."), code="too_many_passkeys")
        Authenticator.objects.create(user_id=user.pk, type=Authenticator.Type.WEBAUTHN, data=data)
        factors.changed(user, "added", Authenticator.Type.WEBAUTHN, name=data["name"])
        return factors.first_recovery_codes(user)


def _registered(user: User, party: RelyingParty, state: Any, credential: Any) -> Any:
    if not _fits(state, "add") or state["user"] != str(user.pk):
        raise _refused()
    try:
        return _server(party).register_complete(state, RegistrationResponse.from_dict(credential))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _refused() from error


def rename(*, user: User, passkey_id: int, name: str) -> None:
    """Raises NotFound for a passkey that is not theirs."""
    with transaction.atomic(), zone_wide():
        row = _own(user, passkey_id)
        before, row.data["name"] = row.data["name"], name.strip()[:NAME_LENGTH] or _("Passkey")
        row.save(update_fields=["data"])
        details = {"factor": "renamed:webauthn", "name": [before, row.data["name"]]}
        record(Action.UPDATE, "user", user.pk, organization_id=user.organization_id, details=details)


def remove(*, user: User, passkey_id: int) -> None:
    """Raises NotFound for a passkey that is not theirs, Conflict for the last factor of somebody who must have one."""
    with transaction.atomic(), zone_wide():
        row = _own(user, passkey_id)
        factors.refuse_last(user, Authenticator.objects.filter(pk=row.pk))
        row.delete()
        factors.removed(user, Authenticator.Type.WEBAUTHN, name=row.data["name"])


def _own(user: User, passkey_id: int) -> Any:
    rows = Authenticator.objects.select_for_update().filter(user_id=user.pk, type=Authenticator.Type.WEBAUTHN)
    row = rows.filter(pk=passkey_id).first()
    if row is None:
        raise NotFound(audited=Authenticator.objects.filter(pk=passkey_id).exists())
    return row


# --- Proving --------------------------------------------------------------------------------------------------------


def begin_proving(*, user: User | None, party: RelyingParty) -> tuple[dict[str, Any], dict[str, Any]]:
    """(what the browser is asked, the state for the session).

    For `user` one of their passkeys is wanted, as a second factor. For nobody in particular any passkey that the
    device keeps, and proof of its owner (a finger, a PIN): it then stands for both factors.
    """
    options, state = _server(party).authenticate_begin(
        credentials=_credentials(passkeys_of(user, party)) if user else None,
        user_verification=UserVerificationRequirement.PREFERRED if user else UserVerificationRequirement.REQUIRED,
    )
    return dict(options), {**state, "purpose": "prove", "user": str(user.pk) if user else ""}


def prove(*, user: User | None, party: RelyingParty, state: Any, credential: Any) -> User:
    """Whose passkey answered what begin_proving asked.

    Raises NotAuthenticated (`passkey_refused`), or Throttled after too many tries of one person's second factor.
    """
    if user is not None:
        factors.count_try(user)
    found = _proved(user, party, state, credential)
    if found is None:
        actor = as_actor(user) if user else None
        record(Action.PERMISSION_DENIED, "session", actor=actor, details={"code": "passkey_refused"})
        raise _refused()
    if user is not None:
        factors.forget_tries(user)
    return found


def _proved(user: User | None, party: RelyingParty, state: Any, credential: Any) -> User | None:
    if not _fits(state, "prove") or state["user"] != (str(user.pk) if user else ""):
        return None
    try:
        answer = AuthenticationResponse.from_dict(credential)
        # The device names its owner by the id that it was given when it was added.
        handle = answer.response.user_handle
        with zone_wide():
            owner = user or EmailBackend().get_user(UUID(bytes=bytes(handle or b"")))
            if owner is None:
                return None
            return owner if _use(owner, party, state, answer) else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _use(owner: User, party: RelyingParty, state: Any, answer: AuthenticationResponse) -> bool:
    """Raises ValueError, TypeError or KeyError for an answer that does not hold."""
    with transaction.atomic():
        rows = list(
            Authenticator.objects.select_for_update().filter(user_id=owner.pk, type=Authenticator.Type.WEBAUTHN)
        )
        rows = [row for row in rows if row.data["rp_id"] == party.id]
        known = dict(zip((data.credential_id for data in _credentials(rows)), rows, strict=True))
        used = _server(party).authenticate_complete(state, _credentials(rows), answer)
        row = known[used.credential_id]
        counter = answer.response.authenticator_data.counter
        # WebAuthn level 2, section 6.1.1: a counter that does not grow tells of a copied key.
        if (counter or row.data["sign_count"]) and counter <= row.data["sign_count"]:
            details = {"code": "passkey_copied", "name": row.data["name"]}
            record(Action.PERMISSION_DENIED, "session", actor=as_actor(owner), details=details)
            return False
        row.data["sign_count"], row.last_used_at = counter, timezone.now()
        row.save(update_fields=["data", "last_used_at"])
        return True


def _fits(state: Any, purpose: str) -> bool:
    return isinstance(state, dict) and state.get("purpose") == purpose


def _refused() -> NotAuthenticated:
    said = _("The passkey was not accepted. Try again, or take another way.")
    return NotAuthenticated(said, code="passkey_refused", audited=False)
