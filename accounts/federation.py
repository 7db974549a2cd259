"""What allauth.socialaccount is told about us: the zone's providers, and what becomes of somebody who comes from one.

allauth speaks the protocols; who is let in, and as whom, is decided here and in accounts.services.providers.
"""

import re
from typing import Any, NoReturn

from allauth.account.utils import user_email
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthError, AuthProcess, Provider
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from accounts import crypto, openid, page_sessions
from accounts.backends import EmailBackend
from accounts.models import IdentityProvider, User
from accounts.services import factors, providers
from audit.models import Action
from audit.refusals import record_problem
from audit.services import record
from zones import outgoing
from zones.problems import Problem

NEWCOMER = "newcomer"
# The reason in a token endpoint's refusal (RFC 6749, section 5.2).
_ERROR_CODE = re.compile(r'"error"\s*:\s*"([a-z_]{1,40})"')


class FactorAdapter(DefaultMFAAdapter):
    """allauth's stage of the log-in asks whether somebody has a second factor; all else about them is our own."""

    def is_mfa_enabled(self, user: Any, types: Any = None) -> bool:
        if user.is_anonymous:
            return False
        kinds = factors.kinds(user)
        return bool(kinds if types is None else kinds & set(types))

    def encrypt(self, text: str) -> str:
        return crypto.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return crypto.decrypt(encrypted_text)


def as_app(provider: IdentityProvider) -> SocialApp:
    """A provider's row as allauth reads it; it is never saved."""
    is_openid = provider.kind == IdentityProvider.Kind.OPENID
    app = SocialApp(
        provider=provider.kind,
        provider_id=provider.slug if is_openid else "",
        name=provider.name,
        client_id=provider.client_id,
        secret=provider.open_secret(),
    )
    if is_openid:
        minutes = provider.max_age_minutes
        app.settings = {
            "server_url": provider.issuer.rstrip("/"),
            "issuer": provider.issuer,
            "acr_values": provider.acr_values,
            "max_age": None if minutes is None else minutes * 60,
        }
    if provider.kind == IdentityProvider.Kind.APPLE:
        app.settings = {"certificate_key": app.secret}
        app.secret, app.key = provider.apple_key_id, provider.apple_team
    return app


class SocialAdapter(DefaultSocialAccountAdapter):
    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        return [
            as_app(row)
            for row in providers.enabled()
            if (not provider or provider in (row.kind, row.slug)) and (not client_id or row.client_id == client_id)
        ]

    def get_provider(self, request: HttpRequest, provider: Any, client_id: Any = None) -> Provider:
        """Raises SocialApp.DoesNotExist for a provider that the zone has not enabled."""
        app = self.get_app(request, provider=provider, client_id=client_id)
        return openid.PROVIDERS[app.provider](request, app=app)

    def get_requests_session(self) -> Any:
        return outgoing.session()

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Our services tell people what was changed."""

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Any:
        name = data.get("name") or " ".join(filter(None, (data.get("first_name"), data.get("last_name"))))
        if not isinstance(name, str):
            raise openid.OAuth2Error("The name is no text.")
        user_email(sociallogin.user, data.get("email") or "")
        sociallogin.user.display_name = name[:80]
        return sociallogin.user

    # --- Who came -----------------------------------------------------------------------------------------------------

    def authenticate_by_email(self, sociallogin: Any) -> None:
        """Decided in pre_social_login: allauth would go by a table of addresses that we do not keep."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Only who is connected already goes on from here, to the stages of every log-in."""
        try:
            who = _identity(sociallogin)
            if sociallogin.state.get("process") == AuthProcess.CONNECT:
                self._connect(request, who)
            user = providers.owner_of(who) or self._enter_by_email(who)
            if user is None:
                self._meet(request, who, sociallogin.state.get("next") or "")
            elif EmailBackend().get_user(user.pk) is None:
                self.refuse(request, who.provider.slug, _("This account is closed."), "account_closed")
        except Problem as problem:
            self.refuse(request, sociallogin.account.provider, str(problem.detail), problem.code)
        sociallogin.user = user

    def _enter_by_email(self, who: providers.Identity) -> User | None:
        user = providers.trusted_match(who)
        if user is not None:
            providers.connect(user=user, who=who)
        return user

    def _connect(self, request: HttpRequest, who: providers.Identity) -> NoReturn:
        user: Any = request.user
        if not user.is_authenticated:
            raise ImmediateHttpResponse(redirect("account_login"))
        if not page_sessions.is_recent(request):
            raise ImmediateHttpResponse(redirect("confirm"))
        try:
            providers.connect(user=user, who=who)
        except Problem as problem:
            record_problem(request, problem)
            messages.error(request, str(problem.detail))
        else:
            said = _("From now on you may log in with %(provider)s.") % {"provider": who.provider.name}
            messages.success(request, said)
        raise ImmediateHttpResponse(redirect("security"))

    def _meet(self, request: HttpRequest, who: providers.Identity, then: str) -> NoReturn:
        """Somebody who is not known here: a newcomer, or the owner of an account who has not connected it."""
        if providers.holder_of_email(who) is not None:
            said = _("You have an account here already: log in with it, and connect %(provider)s in your profile.")
            self.refuse(request, who.provider.slug, said % {"provider": who.provider.name}, "not_connected")
        if not who.provider.accepts_newcomers:
            said = _("No account here is connected with this one at %(provider)s.")
            self.refuse(request, who.provider.slug, said % {"provider": who.provider.name}, "no_newcomers")
        request.session[NEWCOMER] = {
            "slug": who.provider.slug,
            "uid": who.uid,
            "email": who.email,
            "verified": who.verified,
            "name": who.name,
            "next": then,
        }
        raise ImmediateHttpResponse(redirect("newcomer"))

    # --- What went wrong ----------------------------------------------------------------------------------------------

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        raise ImmediateHttpResponse(self.refused(request, provider, error=error, exception=exception))

    def refused(
        self, request: HttpRequest, provider: Any, error: Any = AuthError.UNKNOWN, exception: Any = None
    ) -> HttpResponse:
        """Back to the log-in page, with words for the person and a row in the log for us."""
        name = provider.app.name
        if error == AuthError.CANCELLED:
            messages.info(request, _("You have not logged in with %(provider)s.") % {"provider": name})
            return redirect(_way_back(request))
        if isinstance(exception, openid.FallsShort):
            said = _("%(provider)s did not confirm what is asked here: log out there, log in anew, and try again.")
            return self._say(request, provider.sub_id, said % {"provider": name}, "provider_falls_short", exception)
        said = _("Log-in with %(provider)s did not work. Try again, or log in with your password.")
        return self._say(request, provider.sub_id, said % {"provider": name}, "provider_failed", exception)

    def refuse(self, request: HttpRequest, slug: str, said: str, code: str) -> NoReturn:
        raise ImmediateHttpResponse(self._say(request, slug, said, code))

    def _say(self, request: HttpRequest, slug: str, said: str, code: str, exception: Any = None) -> HttpResponse:
        details = {"code": code, "provider": slug}
        if exception is not None:
            details["why"] = _why(exception)
        record(Action.PERMISSION_DENIED, "session", details=details)
        messages.error(request, said)
        return redirect(_way_back(request))


def _why(exception: Exception) -> str:
    """What went wrong, as the log may keep it: an answer without the token that allauth looked for may hold others."""
    text = str(exception)
    answer = text.removeprefix("Error retrieving access token: ")
    if answer != text:
        code = _ERROR_CODE.search(answer)
        text = f"The provider gave no access token ({code[1] if code else 'and no reason'})."
    text = f"{type(exception).__name__}: {text}"[:200].replace("\0", "")
    return text.encode(errors="backslashreplace").decode()


def _way_back(request: HttpRequest) -> str:
    return "security" if request.user.is_authenticated else "account_login"


def _identity(sociallogin: Any) -> providers.Identity:
    address = next(iter(sociallogin.email_addresses), None)
    return providers.identity(
        provider=providers.by_slug(sociallogin.account.provider),
        uid=sociallogin.account.uid,
        email=address.email if address else sociallogin.user.email,
        verified=bool(address and address.verified),
        name=sociallogin.user.display_name,
    )
