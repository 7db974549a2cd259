"""API clients and their keys: made, changed, rotated; and the check of what they sign (docs/signing.md)."""

import ipaddress
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import crypto
from accounts.models import ApiClient, ApiClientKey, ApiClientNonce, Organization
from accounts.people import Person, SignedClient, client_role
from accounts.permissions import PERMISSIONS, Role, grants
from accounts.request_signature import WINDOW, Asked, Signature, matches
from audit.models import Action
from audit.services import record
from zones.context import current_zone_id, zone_wide
from zones.problems import Invalid, NotAuthenticated, PermissionRefused, WrongZone

KEY_LIFETIME = timedelta(days=365)
# How long the key before the newest one goes on, so that a client can change over.
OVERLAP = timedelta(days=7)
# A nonce is kept for longer than its timestamp is good for, by as much as clocks of our servers may differ.
NONCE_SECONDS = WINDOW + 60
USE_NOTED_EVERY = timedelta(minutes=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NewKey:
    """A key and its secret, which nobody can read again."""

    key: ApiClientKey
    secret: str


def create_client(
    *,
    person: Person,
    name: str,
    permissions: Iterable[str],
    organization: Organization | None = None,
    networks: Iterable[str] = (),
) -> tuple[ApiClient, NewKey]:
    """A client and its first key. Raises PermissionRefused, or Invalid with `errors` by field."""
    _may_manage(person)
    client = ApiClient(name=name.strip(), organization=organization)
    client.permissions, client.networks = sorted(set(permissions)), list(networks)
    check(person, client)
    try:
        with transaction.atomic():
            client.save(force_insert=True)
            _record(Action.CREATE, client, _described(client))
            return client, _add_key(client, KEY_LIFETIME)
    except IntegrityError as error:
        # Somebody made one of this name in the same moment.
        raise Invalid(errors={"name": [_("There is an API client of this name.")]}) from error


def update_client(
    *,
    person: Person,
    client: ApiClient,
    permissions: Iterable[str] | None = None,
    networks: Iterable[str] | None = None,
    is_enabled: bool | None = None,
) -> ApiClient:
    """The client as changed; what is None stays. Takes effect with its next request."""
    _may_manage(person)
    with transaction.atomic():
        stored = ApiClient.objects.select_for_update(no_key=True).get(pk=client.pk)
        before = _described(stored)
        if permissions is not None:
            stored.permissions = sorted(set(permissions))
        if networks is not None:
            stored.networks = list(networks)
        if is_enabled is not None:
            stored.is_enabled = is_enabled
        check(person, stored)
        after = _described(stored)
        changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
        if changes:
            stored.save(update_fields=["permissions", "networks", "is_enabled"])
            _record(Action.UPDATE, stored, changes)
    return stored


def rotate_key(
    *, person: Person, client: ApiClient, lifetime: timedelta = KEY_LIFETIME, overlap: timedelta = OVERLAP
) -> NewKey:
    """Another key; the one before it is good for `overlap` from now, and those before that end now.

    Raises Invalid for a time that is none, and for an old key that would outlive the new one.
    """
    _may_manage(person)
    if lifetime <= timedelta(0) or overlap < timedelta(0):
        raise Invalid(_("A key lives for at least one day."))
    if overlap > lifetime:
        said = _("The old key would go on for %(overlap)s days, the new one for %(lifetime)s alone.")
        raise Invalid(said % {"overlap": overlap.days, "lifetime": lifetime.days})
    with transaction.atomic():
        # Of two rotations at once the second sees the first's key.
        stored = ApiClient.objects.select_for_update(no_key=True).get(pk=client.pk)
        now = timezone.now()
        valid = list(stored.keys.filter(expires_at__gt=now))
        for position, key in enumerate(valid):
            ends = min(key.expires_at, now + overlap) if position == 0 else now
            ApiClientKey.objects.filter(pk=key.pk).update(expires_at=ends)
        return _add_key(stored, lifetime)


def _add_key(client: ApiClient, lifetime: timedelta) -> NewKey:
    secret = secrets.token_urlsafe(32)
    key = ApiClientKey.objects.create(client=client, secret=secret, expires_at=timezone.now() + lifetime)
    _record(Action.CREATE, client, {"key": key.pk, "expires_at": key.expires_at})
    return NewKey(key, secret)


def grantable() -> list[str]:
    """The permissions that a client of some kind may be given, wildcards included."""
    named = frozenset().union(*PERMISSIONS.values()) - {"*"}
    held = (PERMISSIONS[Role.ZONE_ADMIN], PERMISSIONS[Role.ORG_ADMIN])
    return sorted(name for name in named if any(_is_granted(each, name) for each in held))


def _may_manage(person: Person) -> None:
    if not person.allows("zone:update"):
        raise PermissionRefused(permission="zone:update")


def check(person: Person, client: ApiClient) -> None:
    """Raises Invalid with `errors` by field, for what no client of this kind or of this maker's can have."""
    errors: dict[str, Any] = {}
    try:
        client.full_clean(exclude=["organization"])
    except ValidationError as error:
        errors = error.message_dict
    role = client_role(client.organization_id)
    above = [
        name
        for name in client.permissions
        if not _is_granted(PERMISSIONS[role], name) or not _is_granted(PERMISSIONS[person.role], name)
    ]
    if above:
        names = ", ".join(above)
        errors["permissions"] = [_("An API client of this kind cannot have: %(names)s.") % {"names": names}]
    if wrong := [text for text in client.networks if not _is_network(text)]:
        errors["networks"] = [_("No address or network: %(names)s.") % {"names": ", ".join(wrong)}]
    if errors:
        raise Invalid(errors=errors)


def _is_granted(held: frozenset[str], permission: str) -> bool:
    """Whether `permission`, which may be a wildcard itself, is within what is held."""
    return permission in held or "*" in held or (not permission.endswith("*") and grants(held, permission))


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def _described(client: ApiClient) -> dict[str, Any]:
    return {
        "name": client.name,
        "permissions": list(client.permissions),
        "networks": list(client.networks),
        "is_enabled": client.is_enabled,
    }


def _record(action: Action, client: ApiClient, details: dict[str, Any]) -> None:
    record(action, "api_client", client.pk, organization_id=client.organization_id, details=details)


# --- What they sign ---------------------------------------------------------------------------------------------------


def find_key(signature: Signature) -> ApiClientKey | None:
    """The key that a signature names, with its client, whatever their state. Raises WrongZone for another zone's."""
    if signature.zone != current_zone_id():
        raise WrongZone()
    # Who asks is not known before this row is read.
    with zone_wide():
        return ApiClientKey.objects.select_related("client__organization").filter(pk=signature.key).first()


def is_signed(signature: Signature, asked: Asked, key: ApiClientKey | None) -> bool:
    if key is None:
        return False
    try:
        return matches(signature, asked, key.secret)
    except crypto.Undecipherable as error:
        log.error("The secret of API key %s cannot be read: %s", key.pk, error)
        return False


def as_person(client: ApiClient) -> SignedClient:
    return SignedClient(
        client_id=client.pk,
        name=client.name,
        organization_id=client.organization_id,
        permissions=client.permissions,
    )


def admit(*, signature: Signature, key: ApiClientKey, ip: str | None) -> None:
    """Let in whoever holds this key's secret, this once.

    Raises PermissionRefused (`client_disabled`: client, key or organization; `client_network`) or NotAuthenticated
    (`signature_expired`, `signature_replayed`).
    """
    now, client = timezone.now(), key.client
    suspended = client.organization is not None and client.organization.status != Organization.Status.ACTIVE
    if not client.is_enabled or suspended or key.expires_at <= now:
        raise PermissionRefused(_("This API client or its key is no longer in use."), code="client_disabled")
    if client.networks and not _is_within(ip, client.networks):
        raise PermissionRefused(_("This API client may not call from this address."), code="client_network")
    if abs(now.timestamp() - signature.timestamp) > WINDOW:
        said = _("The signature is older or younger than five minutes by our clock.")
        raise NotAuthenticated(said, code="signature_expired", server_time=int(now.timestamp()))
    with zone_wide():
        if not _is_first_use(signature):
            raise NotAuthenticated(_("This signed request was taken before."), code="signature_replayed")
        if key.last_used_at is None or now - key.last_used_at > USE_NOTED_EVERY:
            ApiClientKey.objects.filter(pk=key.pk).update(last_used_at=now)


def _is_within(ip: str | None, networks: Iterable[str]) -> bool:
    address = ipaddress.ip_address(ip) if ip else None
    return address is not None and any(address in ipaddress.ip_network(text) for text in networks)


def _is_first_use(signature: Signature) -> bool:
    """Take the nonce; it stays taken whatever becomes of the request, and whichever server restarts."""
    expires = datetime.fromtimestamp(signature.timestamp + NONCE_SECONDS, tz=UTC)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_apiclientnonce (key_id, nonce, expires_at) VALUES (%s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [signature.key, signature.nonce, expires],
        )
        return cursor.rowcount == 1


def forget_nonces() -> int:
    """Delete the nonces whose timestamps are too old to come again; the number of rows."""
    with zone_wide():
        return ApiClientNonce.objects.filter(expires_at__lt=timezone.now()).delete()[0]
