"""Identity providers of a zone, and the accounts there that people have connected with theirs here."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import IdentityProvider, User
from accounts.people import Person, as_actor
from accounts.permissions import STAFF_ROLES
from accounts.services.notices import notify
from audit.models import Action
from audit.services import record
from zones.context import zone_wide
from zones.problems import Conflict, Invalid, NotFound, PermissionRefused

Kind = IdentityProvider.Kind
PERMISSION = "zone:update"
# Who says nothing of whether an address was verified, or lets people enter any.
_EMAIL_UNPROVED = frozenset({Kind.NAVER, Kind.LINE})


def enabled() -> list[IdentityProvider]:
    """The providers that the log-in page offers."""
    # Visitors are nobody's people; which providers there are is shown to all of them.
    with zone_wide():
        return list(IdentityProvider.objects.filter(is_enabled=True))


def by_slug(slug: str) -> IdentityProvider:
    """The enabled provider of this name. Raises NotFound."""
    with zone_wide():
        found = IdentityProvider.objects.select_related("organization").filter(slug=slug, is_enabled=True).first()
    if found is None:
        raise NotFound()
    return found


# --- Configuring ----------------------------------------------------------------------------------------------------


def save_provider(*, person: Person, provider: IdentityProvider, secret: str, before: dict[str, Any] | None) -> None:
    """Store a new or changed provider; an empty `secret` leaves the stored one, `before` holds a changed row's values.

    Raises PermissionRefused, or Invalid with `errors` by field.
    """
    if not person.allows(PERMISSION):
        raise PermissionRefused(permission=PERMISSION)
    if provider.kind != Kind.OPENID:
        # There is one Google; people tell an issuer of their own by the name that it got.
        provider.slug, provider.issuer = provider.kind, ""
    provider.acr_values = " ".join(provider.acr_values.split())
    provider.email_domains = [domain.strip().lower() for domain in provider.email_domains if domain.strip()]
    if secret:
        provider.keep_secret(secret)
    _check(provider)
    with transaction.atomic():
        try:
            with transaction.atomic():
                provider.save()
        except IntegrityError as error:
            raise Invalid(errors={"slug": [_("There is a provider of this name already.")]}) from error
        action = Action.CREATE if before is None else Action.UPDATE
        record(action, "identity_provider", provider.pk, details=_told(provider, before, bool(secret)))


# Whose changes the log tells.
TOLD = (
    *("name", "client_id", "is_enabled", "trusts_email", "email_domains", "accepts_newcomers", "role"),
    *("acr_values", "max_age_minutes"),
)


def _told(provider: IdentityProvider, before: dict[str, Any] | None, secret: bool) -> dict[str, Any]:
    now = {name: getattr(provider, name) for name in TOLD} | {"organization": str(provider.organization_id or "")}
    if before is None:
        return {"kind": provider.kind, "slug": provider.slug, "issuer": provider.issuer, **now}
    before = {**before, "organization": str(before.get("organization") or "")}
    told: dict[str, Any] = {name: [before[name], value] for name, value in now.items() if before[name] != value}
    return told | ({"secret": "changed"} if secret else {})


def _check(provider: IdentityProvider) -> None:
    errors: dict[str, list[str]] = {}
    try:
        provider.clean_fields()
    except ValidationError as error:
        errors = error.message_dict
    if provider.kind == Kind.OPENID:
        parts = urlsplit(provider.issuer)
        if not parts.hostname or parts.query or parts.fragment:
            errors["issuer"] = [_("An OpenID issuer is an address without a question mark.")]
        elif parts.scheme != "https" and not settings.DEVELOPMENT:
            errors["issuer"] = [_("The issuer's address begins with https.")]
        if provider.slug in {kind.value for kind in Kind}:
            errors["slug"] = [_("This name belongs to another kind of provider.")]
    elif provider.acr_values or provider.max_age_minutes is not None:
        errors["acr_values"] = [_("Only an OpenID issuer can be asked for this.")]
    if provider.kind == Kind.APPLE and not (provider.apple_team and provider.apple_key_id):
        errors["apple_team"] = [_("Apple needs the team id and the key id.")]
    if not provider.secret:
        errors["new_secret"] = [_("The provider needs its secret.")]
    if provider.trusts_email and provider.kind in _EMAIL_UNPROVED:
        errors["trusts_email"] = [_("This provider does not prove e-mail addresses.")]
    if provider.email_domains and provider.kind in _EMAIL_UNPROVED:
        said = _("This provider proves no e-mail address, so nobody of %(domains)s could come in.")
        errors["email_domains"] = [said % {"domains": ", ".join(provider.email_domains)}]
    if errors:
        raise Invalid(errors=errors)


# --- Who comes from there -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Identity:
    """Somebody as a provider tells of them. `verified` says that the provider has proved `email` to be theirs."""

    provider: IdentityProvider
    uid: str
    email: str
    verified: bool
    name: str


def identity(*, provider: IdentityProvider, uid: str, email: str | None, verified: bool, name: str | None) -> Identity:
    """The little that is taken from what a provider tells.

    Raises PermissionRefused (`email_domain`) where the zone lets in certain domains alone.
    """
    proved = verified and provider.kind not in _EMAIL_UNPROVED
    if provider.email_domains:
        domain = (email or "").rpartition("@")[2].lower()
        if not proved or domain not in provider.email_domains:
            raise PermissionRefused(_("Accounts of this e-mail domain are not let in here."), code="email_domain")
    return Identity(provider, uid, _shown(email).lower(), bool(email) and proved, _shown(name)[:80])


def _shown(text: str | None) -> str:
    """What of a foreign text can be shown and stored; half a character and control characters cannot."""
    return "".join(one for one in text or "" if one.isprintable()).strip()


def owner_of(who: Identity) -> User | None:
    """Whose account this identity is connected with."""
    with zone_wide():
        account = SocialAccount.objects.filter(provider=who.provider.slug, uid=who.uid).first()
        return User.objects.select_related("organization").filter(pk=account.user_id).first() if account else None


def trusted_match(who: Identity) -> User | None:
    """The account that may be entered because of its e-mail alone.

    Both sides must have proved the address, the zone must trust the provider in this, and staff are never entered so:
    they connect their accounts while they are logged in. An organization's own provider speaks for its own people:
    whoever runs it there can prove any address.
    """
    user = holder_of_email(who)
    if user is None or not who.provider.trusts_email or not user.is_active:
        return None
    if who.provider.organization_id not in (None, user.organization_id):
        return None
    # An address that was given to somebody else there brings another subject: that is not who connected this account.
    with zone_wide():
        if SocialAccount.objects.filter(user=user, provider=who.provider.slug).exists():
            return None
    return user if user.email_verified_at is not None and user.role not in STAFF_ROLES else None


def holder_of_email(who: Identity) -> User | None:
    """Who has the address that the provider proved; nobody for one that it did not."""
    if not who.verified:
        return None
    with zone_wide():
        return User.objects.with_email(who.email).select_related("organization").first()


def connect(*, user: User, who: Identity) -> None:
    """Let `user` enter with this identity. Raises Conflict when it is another's already."""
    with transaction.atomic(), zone_wide():
        try:
            with transaction.atomic():
                SocialAccount.objects.create(user=user, provider=who.provider.slug, uid=who.uid, extra_data={})
        except IntegrityError as error:
            owner = owner_of(who)
            if owner is not None and owner.pk == user.pk:
                return
            said = _("This account at %(provider)s is connected with another one here.")
            raise Conflict(said % {"provider": who.provider.name}, code="connected_elsewhere") from error
        _tell(user, "connected", who.provider.name)


def disconnect(*, user: User, connection_id: int) -> None:
    """Raises NotFound for what is not theirs, Conflict when nothing else would let them in."""
    with transaction.atomic(), zone_wide():
        User.objects.select_for_update().only("pk").get(pk=user.pk)
        row = SocialAccount.objects.filter(pk=connection_id, user=user).first()
        if row is None:
            raise NotFound(audited=SocialAccount.objects.filter(pk=connection_id).exists())
        others = SocialAccount.objects.filter(user=user).exclude(pk=row.pk).exists()
        if not others and not user.has_usable_password():
            said = _("Without a password this is your only way in; set a password first.")
            raise Conflict(said, code="last_way_in")
        name = _name_of(row.provider)
        row.delete()
        _tell(user, "disconnected", name)


def _tell(user: User, what: str, provider: str) -> None:
    details = {"provider": f"{what}:{provider}"}
    record(Action.UPDATE, "user", user.pk, actor=as_actor(user), organization_id=user.organization_id, details=details)
    notify(user=user, kind=f"provider_{what}", context={"provider": provider})


@dataclass(frozen=True)
class Connection:
    """A provider's account that lets somebody in here."""

    id: int
    name: str
    slug: str
    connected_at: Any
    last_login: Any


def connections_of(user: User) -> list[Connection]:
    with zone_wide():
        rows = list(SocialAccount.objects.filter(user=user).order_by("date_joined"))
        names = dict(IdentityProvider.objects.values_list("slug", "name"))
    return [
        Connection(row.pk, names.get(row.provider, row.provider), row.provider, row.date_joined, row.last_login)
        for row in rows
    ]


def _name_of(slug: str) -> str:
    name = IdentityProvider.objects.filter(slug=slug).values_list("name", flat=True).first()
    return name or slug
