"""Stages of a log-in that are our own; accounts.adapter names their order."""

from allauth.account.authentication import get_authentication_records
from allauth.account.stages import LoginStage
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.entering import note_account
from accounts.services.guardian_requests import birth_date_is_due
from accounts.services.renewal import renewal_is_due


class OpenAccountStage(LoginStage):
    """Nobody comes further whose account is closed or held, or whose e-mail is not confirmed, whichever way they came.

    A wrong password never comes as far, so this tells only those who proved who they are.
    """

    key = "open_account"
    urlname = "confirm-email-first"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        note_account(self.login)
        user = self.login.user
        # Neither is to be resumed: they log in anew when it is mended.
        if user is None or not user.may_enter:
            return redirect("account_login"), False
        if user.email_verified_at is None:
            return redirect(self.urlname), False
        return None, True


class RenewedPasswordStage(LoginStage):
    """Whoever came by a password that has had its time chooses another one, as the last step."""

    key = "renewed_password"
    urlname = "renew-password"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        ways = [record["method"] for record in get_authentication_records(self.request, self.login.user)]
        if "password" in ways and renewal_is_due(self.login.user):
            return redirect(self.urlname), True
        return None, True


class BirthDateStage(LoginStage):
    """A student of whom the zone wants to know whether a guardian has to agree says when they were born."""

    key = "birth_date"
    urlname = "birth-date"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        return (redirect(self.urlname), True) if birth_date_is_due(self.login.user) else (None, True)
