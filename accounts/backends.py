"""Log-in by e-mail and password."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from zones.context import zone_wide

# What staff handed over is to be used soon.
TEMPORARY = timedelta(days=7)


class EmailBackend(BaseBackend):
    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **kwargs: Any
    ) -> User | None:
        """The person with this e-mail and password, if they may log in.

        Whatever is wrong (no such address, the password, an address not confirmed, a closed account) costs one query
        and one hash.
        """
        # Who asks is what is being found out.
        with zone_wide():
            user = User.objects.with_email(username).select_related("organization").first()
        if user is None:
            User().set_password(password)
            return None
        known = user.check_password(password)
        return user if known and _may_log_in(user) else None

    def get_user(self, user_id: Any) -> User | None:
        with zone_wide():
            user = User.objects.select_related("organization").filter(pk=user_id).first()
        return user if user and user.may_enter else None


def _may_log_in(user: User) -> bool:
    stale = user.password_temporary and timezone.now() - user.password_changed_at > TEMPORARY
    return user.may_enter and user.email_verified_at is not None and not stale
