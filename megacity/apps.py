from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class MegacityConfig(AppConfig):
    name = "megacity"
    default = True

    def ready(self) -> None:
        from corsheaders.signals import check_request_enabled

        # Registers the system checks, and the Celery app whose broker a task sent from a view must reach.
        from megacity import celery, checks, deployment_checks, transport_checks  # noqa: F401
        from megacity.cors import allow_own_app

        check_request_enabled.connect(allow_own_app)


class ConsoleConfig(admin_apps.AdminConfig):
    """django.contrib.admin with our own site for the zones' consoles."""

    default = False
    default_site = "megacity.console.ZoneConsole"
