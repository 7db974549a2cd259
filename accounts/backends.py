"""Log-in by e-mail and password."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from accounts.models import Organization, User


class EmailBackend(BaseBackend):
    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **kwargs: Any
    ) -> User | None:
        """The active user with this e-mail and password; an unknown address costs the same hashing time."""
        user = User.objects.select_related("organization").filter(email__iexact=username.strip()).first()
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and _may_enter(user) else None

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.select_related("organization").filter(pk=user_id).first()
        return user if user and _may_enter(user) else None


def _may_enter(user: User) -> bool:
    suspended = user.organization is not None and user.organization.status == Organization.Status.SUSPENDED
    return user.is_active and not suspended
