"""Log-in by e-mail and password."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from accounts.models import Consent, Organization, User
from zones.context import zone_wide


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
            user = User.objects.select_related("organization").filter(email__iexact=username.strip()).first()
        if user is None:
            User().set_password(password)
            return None
        known = user.check_password(password)
        return user if known and user.email_verified_at is not None and _may_enter(user) else None

    def get_user(self, user_id: Any) -> User | None:
        with zone_wide():
            user = User.objects.select_related("organization").filter(pk=user_id).first()
        return user if user and _may_enter(user) else None


def _may_enter(user: User) -> bool:
    suspended = user.organization is not None and user.organization.status == Organization.Status.SUSPENDED
    held = user.consent in (Consent.AWAITED, Consent.WITHDRAWN)
    return user.is_active and not suspended and not held
