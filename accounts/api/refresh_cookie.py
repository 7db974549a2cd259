"""The refresh token's cookie: read by no script, sent to the log-in's paths alone and by our own pages alone."""

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpResponse

from accounts.token_format import names_its_key
from accounts.tokens import TokenPair

PLAIN = "refresh_token"
# RFC 6265bis, section 4.1.3.1: no page without TLS can set it. `__Host-` would need the path `/`, and so send the token
# with every request.
SECURE = "__Secure-refresh_token"
PATH = "/api/v1/auth"


def name() -> str:
    """Without TLS, on a development machine, no browser takes the prefix."""
    return PLAIN if settings.DEVELOPMENT else SECURE


def put(response: HttpResponse, pair: TokenPair) -> None:
    response.set_cookie(
        name(),
        pair.refresh,
        max_age=pair.refresh_seconds,
        path=PATH,
        secure=not settings.DEVELOPMENT,
        httponly=True,
        samesite="Strict",
    )
    if name() != PLAIN:
        _expire(response, PLAIN)


def read(cookies: Mapping[str, str]) -> str:
    """The refresh token of a request; empty where there is none.

    The name without prefix is taken only for tokens that were set under it, before tokens named their key.
    """
    raw = cookies.get(name(), "")
    if not raw and name() != PLAIN:
        old = cookies.get(PLAIN, "")
        raw = old if old and not names_its_key(old) else ""
    return raw


def remove(response: HttpResponse) -> None:
    for each in {name(), PLAIN}:
        _expire(response, each)


def _expire(response: HttpResponse, each: str) -> None:
    # Not delete_cookie: browsers take a removal under the prefix only if it is secure, which Django decides by itself.
    response.set_cookie(
        each, "", max_age=0, path=PATH, secure=not settings.DEVELOPMENT, httponly=True, samesite="Strict"
    )
