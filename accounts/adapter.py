"""What allauth is told about our accounts: it leads a log-in through its stages, our services do the rest."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import page_sessions, session_times
from accounts.models import User
from accounts.services import login as login_services
from zones.context import confine

# What usersessions stores for a client without an address (a socket of the machine itself).
NO_ADDRESS = "0.0.0.0"  # noqa: S104


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        # People register with accounts.services.people.register, and nowhere else.
        return False

    def get_login_stages(self) -> list[str]:
        """Each is passed, in this order, before anybody is logged in by whatever way."""
        return [
            "accounts.stages.OpenAccountStage",
            *super().get_login_stages(),
            "accounts.stages.RenewedPasswordStage",
            "accounts.stages.BirthDateStage",
        ]

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Every way in ends here: the session under a new key, and its row in the log."""
        assert isinstance(user, User)  # noqa: S101  # AUTH_USER_MODEL; for mypy
        # From here on they are known; what is left of this request sees what theirs will.
        confine(user)
        with transaction.atomic():
            super().login(request, user)
            console = getattr(request, "surface", "") == "admin"
            session_times.begin(request, console=console)
            login_services.record_login(user=user, via="console" if console else "page")
            page_sessions.opened(request, user)

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        return redirect("account_login")

    def reauthenticate(self, user: AbstractBaseUser, password: str) -> bool:
        """Whether this is their password; counted as a log-in is. Raises Throttled."""
        assert isinstance(user, User)  # noqa: S101  # as above
        return login_services.confirms_password(user=user, password=password, ip=self.request.client_ip)

    def get_client_ip(self, request: HttpRequest) -> str:
        return getattr(request, "client_ip", None) or NO_ADDRESS

    def get_from_email(self) -> str:
        return settings.DEFAULT_FROM_EMAIL

    def add_message(
        self, request: HttpRequest, level: int, *args: Any, message: str | None = None, **kwargs: Any
    ) -> None:
        # allauth's own messages are in its words and its languages; ours are given in full.
        if message:
            super().add_message(request, level, message=message)
