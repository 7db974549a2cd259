from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = _("audit log")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from audit import checks, partitions  # noqa: F401  # checks are registered by being read
        from zones.provisioning import PREPARATIONS

        PREPARATIONS.append(partitions.prepare)
