"""Other servers that call the API with signed requests (docs/signing.md)."""

import secrets
import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.fields import EncryptedTextField
from accounts.models.people import Organization
from zones.context import current_zone_id


class ApiClient(models.Model):
    """Another server: for one organization, or for the whole zone, with some of an administrator's permissions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=80, unique=True)
    organization = models.ForeignKey(
        Organization,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="api_clients",
        verbose_name=_("organization"),
        help_text=_("Without one, the client sees the whole zone."),
    )
    permissions = ArrayField(models.CharField(max_length=40), verbose_name=_("permissions"))
    networks = ArrayField(
        models.CharField(max_length=43),
        default=list,
        blank=True,
        verbose_name=_("networks"),
        help_text=_("Addresses or networks (198.51.100.0/24) that it may call from; empty for all."),
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


def new_key_id() -> str:
    """`<zone>.<96 random bits>`: says at once that a request came to the wrong zone."""
    return f"{current_zone_id()}.{secrets.token_urlsafe(12)}"


class ApiClientKey(models.Model):
    """A key of a client. Two are valid at once while the client changes from one to the next."""

    id = models.CharField(_("key"), primary_key=True, max_length=80, default=new_key_id, editable=False)
    client = models.ForeignKey(ApiClient, models.CASCADE, related_name="keys", verbose_name=_("API client"))
    # A signature is checked with the secret itself, so it cannot be kept as a hash.
    secret = EncryptedTextField(_("secret"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(_("last used"), null=True)

    class Meta:
        verbose_name = _("key of an API client")
        verbose_name_plural = _("keys of API clients")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.id


class ApiClientNonce(models.Model):
    """A signed request that was taken; kept for as long as its timestamp would let it in again."""

    key = models.ForeignKey(ApiClientKey, models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=64)
    # What has expired is swept.
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("used nonce")
        verbose_name_plural = _("used nonces")
        # A request that is sent twice at once is done once.
        constraints = [models.UniqueConstraint(fields=["key", "nonce"], name="api_client_nonce_once")]

    def __str__(self) -> str:
        return self.nonce
