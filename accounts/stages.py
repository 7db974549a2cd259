"""Stages of a log-in that are our own; accounts.adapter names their order."""

from allauth.account.stages import LoginStage
from django.http import HttpResponse
from django.shortcuts import redirect


class ConfirmedEmailStage(LoginStage):
    """Nobody comes further before their e-mail is confirmed, whichever way they came."""

    key = "confirmed_email"
    urlname = "confirm-email-first"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user is not None and getattr(user, "email_verified_at", None) is None:
            # Not to be resumed: whoever opens the mailed link logs in anew.
            return redirect(self.urlname), False
        return None, True
