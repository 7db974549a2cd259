from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("people and organizations")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from accounts import checks  # noqa: F401  # registered by being read
        from accounts.page_sessions import left, stamp

        # Each way of opening a session passes here, those of libraries too: none is without the time of its proof.
        user_logged_in.connect(stamp, dispatch_uid="accounts.page_sessions.stamp")
        user_logged_out.connect(left, dispatch_uid="accounts.page_sessions.left")
