"""What allauth's providers leave open: the nonce, signatures that are always verified, an issuer that is the right one.

OpenID Connect Core 1.0 (sections 2, 3.1.2.1, 3.1.3.7, 5.3.2), RFC 9207 (`iss` in the answer), RFC 7636 (PKCE).
"""

import math
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

import jwt
from allauth.account.models import EmailAddress
from allauth.socialaccount import app_settings
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.apple.provider import AppleProvider
from allauth.socialaccount.providers.base import Provider
from allauth.socialaccount.providers.google.provider import GoogleProvider
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from allauth.socialaccount.providers.kakao.provider import KakaoProvider
from allauth.socialaccount.providers.line.provider import LineProvider
from allauth.socialaccount.providers.naver.provider import NaverProvider
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from zones.context import zone_wide

# None of them can be computed from what is public.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
CLOCK_SKEW_SECONDS = 30
# What reading a foreign answer may come to, whatever form it has: numbers without end, brackets within brackets, an
# issuer that has gone since it was asked. It is a refusal then and no fault of ours.
UNREADABLE = (
    *(OAuth2Error, OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError),
)
# What was stored with the question, on the request that brings the answer.
_NONCE, _ASKED_AT = "openid_nonce", "openid_asked_at"


class FallsShort(OAuth2Error):
    """Somebody was let in there by less than the zone asks of this provider, or too long ago."""


def check_strength(claims: dict[str, Any], *, acr_values: str, max_age: int | None, asked_at: float) -> None:
    """Whether an id token says what was asked: one of `acr_values` (parted by spaces), and a log-in not more than
    `max_age` seconds before `asked_at` (seconds since 1970). Either may be empty: nothing is asked then.

    The issuer may ignore both, and whoever sends the question may leave them out; so what counts is what it signed.
    Raises FallsShort.
    """
    if acr_values and claims.get("acr") not in acr_values.split():
        raise FallsShort(f"acr: {str(claims.get('acr'))[:60]}")
    if max_age is None:
        return
    proved_at = claims.get("auth_time")
    if isinstance(proved_at, bool) or not isinstance(proved_at, int | float) or not math.isfinite(proved_at):
        raise FallsShort("no auth_time")
    if proved_at < asked_at - max_age - CLOCK_SKEW_SECONDS:
        raise FallsShort("auth_time: too long ago")
    if proved_at > time.time() + CLOCK_SKEW_SECONDS:
        raise FallsShort("auth_time: not yet")


def verified_claims(*, token: str, keys_url: str, issuer: str, client_id: str) -> dict[str, Any]:
    """The claims of an id token. Raises OAuth2Error for one that is not genuine, not for us, expired or too early."""
    try:
        with get_adapter().get_requests_session() as session:
            response = session.get(keys_url)
            response.raise_for_status()
            keys = jwt.PyJWKSet.from_dict(response.json())
        key = _key_of(token, keys)
        claims = jwt.decode(
            token,
            key=key,
            algorithms=ALGORITHMS,
            audience=client_id,
            issuer=issuer,
            leeway=CLOCK_SKEW_SECONDS,
            options={
                "require": ["exp", "iat", "sub", "iss", "aud"],
                "strict_aud": False,
                "enforce_minimum_key_length": True,
            },
        )
    except OSError:
        raise
    except (jwt.PyJWTError, *UNREADABLE) as error:
        raise OAuth2Error("The id token is not valid.") from error
    # Section 3.1.3.7, 3 to 5: others whom we do not know may have this token too, unless it says that it is ours.
    shared = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if shared else client_id) != client_id:
        raise OAuth2Error("The id token was made for another client.")
    return claims


def check_discovery(document: Any, *, issuer: str) -> None:
    """Whether a discovery document is this issuer's and names what is needed (OpenID Connect Discovery 1.0, section 3).

    Raises OAuth2Error.
    """
    # Section 4.3: an issuer that speaks for another one is an impostor.
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise OAuth2Error("The discovery document is another issuer's.")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
        address = document.get(name)
        if address is None and name == "userinfo_endpoint":
            continue
        parts = urlsplit(address) if isinstance(address, str) else None
        if parts is None or parts.scheme not in settings.OUTGOING_SCHEMES or not parts.hostname:
            raise OAuth2Error(f"The discovery document's {name} is no address.")
    if not isinstance(document.get("token_endpoint_auth_methods_supported", []), list):
        raise OAuth2Error("The discovery document's methods are no list.")


def _key_of(token: str, keys: jwt.PyJWKSet) -> jwt.PyJWK:
    """The key that the token names; an issuer with one key alone need not name it (OpenID Connect Core, 10.1)."""
    name = jwt.get_unverified_header(token).get("kid")
    return keys.keys[0] if name is None and len(keys.keys) == 1 else keys[str(name)]


class GoogleAdapter(GoogleOAuth2Adapter):
    keys_url = "https://www.googleapis.com/oauth2/v3/certs"

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        claims = verified_claims(
            token=kwargs["response"].get("id_token", ""),
            keys_url=self.keys_url,
            issuer=self.id_token_issuer,
            client_id=app.client_id,
        )
        return self.get_provider().sociallogin_from_response(request, claims)


class OpenIDAdapter(OpenIDConnectOAuth2Adapter):
    @property
    def openid_config(self) -> dict[str, Any]:
        config = super().openid_config
        check_discovery(config, issuer=self.get_provider().app.settings["issuer"])
        return config

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        claims = verified_claims(
            token=kwargs["response"].get("id_token", ""),
            keys_url=self.openid_config["jwks_uri"],
            issuer=app.settings["issuer"],
            client_id=app.client_id,
        )
        check_strength(
            claims,
            acr_values=app.settings["acr_values"],
            max_age=app.settings["max_age"],
            asked_at=getattr(request, _ASKED_AT, None) or time.time(),
        )
        data: dict[str, Any] = {"id_token": claims}
        if "email" not in claims and "userinfo_endpoint" in self.openid_config:
            data["userinfo"] = self._fetch_user_info(token.token)
            if data["userinfo"].get("sub") != claims["sub"]:
                raise OAuth2Error("The answer is about another user.")
        return self.get_provider().sociallogin_from_response(request, data)


class _Minimal(Provider):
    """Asks with a nonce, where an id token will bring it back, and keeps nothing of what is told."""

    has_id_token = True

    def redirect(
        self, request: HttpRequest, process: Any, next_url: Any = None, data: Any = None, **kwargs: Any
    ) -> Any:
        nonce = secrets.token_urlsafe(24)
        params = {**kwargs.pop("auth_params", {}), **self.get_auth_params()}
        if self.has_id_token:
            params["nonce"] = nonce
        # These stay with us, and come back with the answer.
        kept = {"nonce": nonce, "asked_at": time.time()}
        return super().redirect(request, process, next_url, data, auth_params=params, **kept, **kwargs)

    def sociallogin_from_response(self, request: HttpRequest, response: Any) -> Any:
        if self.has_id_token:
            claims = response["id_token"] if isinstance(response.get("id_token"), dict) else response
            wanted = getattr(request, _NONCE, None) or ""
            if not wanted or not constant_time_compare(str(claims.get("nonce", "")), wanted):
                raise OAuth2Error("The id token answers another question.")
        return super().sociallogin_from_response(request, response)

    def extract_uid(self, data: Any) -> str:
        uid = super().extract_uid(data)
        # What the database could not keep, and what people could not tell apart.
        if not 0 < len(uid) <= app_settings.UID_MAX_LENGTH or not uid.isprintable() or uid != uid.strip():
            raise OAuth2Error("The subject is no name of anybody.")
        return uid

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        return {}


class Google(_Minimal, GoogleProvider):
    oauth2_adapter_class = GoogleAdapter

    def get_default_scope(self) -> list[str]:
        return ["openid", "profile", "email"]


class Apple(_Minimal, AppleProvider):
    pass


class Line(_Minimal, LineProvider):
    pass


class Naver(_Minimal, NaverProvider):
    has_id_token = False


class Kakao(_Minimal, KakaoProvider):
    has_id_token = False

    def extract_email_addresses(self, data: Any) -> list[Any]:
        account = data.get("kakao_account") or {}
        # Kakao takes an address back from whoever lost it: it is then verified, but no longer valid.
        proved = account.get("is_email_verified") is True and account.get("is_email_valid") is True
        email = account.get("email")
        return [EmailAddress(email=email, verified=proved, primary=True)] if email else []

    def extract_common_fields(self, data: Any) -> dict[str, Any]:
        account = data.get("kakao_account") or {}
        return {"email": account.get("email"), "name": (account.get("profile") or {}).get("nickname")}


class OpenID(_Minimal, OpenIDConnectProvider):
    oauth2_adapter_class = OpenIDAdapter

    def get_auth_params(self) -> dict[str, str]:
        asked = {**super().get_auth_params()}
        if acr_values := self.app.settings["acr_values"]:
            asked["acr_values"] = acr_values
        if (max_age := self.app.settings["max_age"]) is not None:
            asked["max_age"] = str(max_age)
        return asked

    def extract_email_addresses(self, data: Any) -> list[Any]:
        # What was signed; the answer about a user is not.
        claims = {**(data.get("userinfo") or {}), **data["id_token"]}
        email = claims.get("email")
        return [EmailAddress(email=email, verified=claims.get("email_verified") is True, primary=True)] if email else []


PROVIDERS: dict[str, type[Provider]] = {each.id: each for each in (Google, Apple, Line, Naver, Kakao, OpenID)}


class CallbackView(OAuth2CallbackView):
    """Where providers send people back to."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        provider = self.adapter.get_provider()
        told = request.GET.get("iss")
        issuer = provider.app.settings.get("issuer")
        try:
            if told is not None and issuer and told != issuer:
                raise OAuth2Error("The answer comes from another issuer.")
            # Who comes is what is being found out: allauth looks them up by what the provider says.
            with zone_wide():
                return super().dispatch(request, *args, **kwargs)
        except UNREADABLE as error:
            return get_adapter().refused(request, provider, exception=error)

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, response = super()._get_state(request, provider)
        if state is not None:
            setattr(request, _NONCE, state.get("nonce"))
            setattr(request, _ASKED_AT, state.get("asked_at"))
        return state, response
