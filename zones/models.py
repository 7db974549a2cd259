"""The control plane's tables: which zones exist and which hosts lead to them. They live in schema `public` alone."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin

ZONE_ID = RegexValidator(r"^[a-z][a-z0-9_]{1,30}$", _("2 to 31 of a–z, 0–9 and _, the first a letter."))


class Zone(TenantMixin):
    """One education or culture domain of the city: a schema that nobody sees into from outside."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")

    # Zones are made by zones.provisioning, in one transaction with the copy of the template schema.
    auto_create_schema = False

    schema_name = models.CharField(_("zone"), max_length=31, unique=True, validators=[ZONE_ID])
    brand = models.CharField(_("brand"), max_length=80)
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.ACTIVE)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("zone")
        verbose_name_plural = _("zones")
        ordering = ["schema_name"]

    def __str__(self) -> str:
        return f"{self.brand} ({self.schema_name})"

    @property
    def zone_id(self) -> str:
        return self.schema_name

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE


class Domain(DomainMixin):
    """A registered domain; each of its surfaces (www, app, api, static, admin) is a host below it."""

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        ordering = ["domain"]
