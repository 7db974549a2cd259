from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ZonesConfig(AppConfig):
    name = "zones"
    verbose_name = _("zones")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from zones import checks  # noqa: F401  # registered by being read
