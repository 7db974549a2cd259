from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class MegacityConfig(AppConfig):
    name = "megacity"
    default = True

    def ready(self) -> None:
        from corsheaders.signals import check_request_enabled

        from megacity import checks  # noqa: F401  (registers the system checks)
        from megacity.cors import allow_own_app

        check_request_enabled.connect(allow_own_app)


class ConsoleConfig(admin_apps.AdminConfig):
    """django.contrib.admin with our own site for the zones' consoles."""

    default = False
    default_site = "megacity.console.ZoneConsole"
