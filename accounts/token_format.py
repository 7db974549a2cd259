"""The one form of JSON Web Token that is taken: HS256, by a key of our ring, each name once (RFC 7519, RFC 8725)."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from datetime import UTC, datetime
from typing import Any

import jwt
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError, TokenBackendExpiredToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.token_keys import ring
from zones.registry import BY_ID

ALGORITHM = "HS256"
# By what somebody proved who they are, as tokens tell it in `amr` (RFC 8176): a password; with a one-time code, more
# than one factor.
BY_PASSWORD, BY_CODE_TOO = ("pwd",), ("pwd", "otp", "mfa")
SEVERAL_FACTORS = "mfa"
HEADERS = frozenset({"alg", "typ", "kid"})
# A token travels in a header; ours have some 900 characters.
LONGEST = 4096
# How far the clocks of two of our servers may be apart when one reads what the other has just made. `exp` has none.
CLOCK_SKEW_SECONDS = 60
REQUIRED = ["exp", "iat", "jti", "sub", "zone_id", "token_type"]
# What tokens say besides since they name their key.
BOUND = ("iss", "aud", "sid")


def issuer(zone_id: str) -> str:
    """The zone's API as its public name has it, whatever the port or the domain below which it was asked."""
    spec = BY_ID.get(zone_id)
    return f"https://api.{spec.domains[0].name}" if spec else f"urn:megacity:zone:{zone_id}"


def audience(zone_id: str, token_type: str) -> str:
    return f"{zone_id}:{token_type}"


class RingBackend(TokenBackend):
    """Signs with the newest key and verifies by the key that a token names."""

    def encode(self, payload: dict[str, Any]) -> str:
        key = ring().signing(datetime.now(UTC))
        return jwt.encode(payload, key.secret, algorithm=ALGORITHM, headers={"kid": key.kid})

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        """The claims. Raises TokenBackendError for whatever is not exactly ours; `verify` is always true."""
        header = strict_header(token)
        key = ring().verifying(header.get("kid"), datetime.now(UTC))
        if key is None:
            raise TokenBackendError("The token names a key that is not ours.")
        required = REQUIRED if "kid" not in header else [*REQUIRED, *BOUND]
        options: Any = {"verify_aud": False, "require": required}
        try:
            return jwt.decode(token, key.secret, [ALGORITHM], options=options, leeway=CLOCK_SKEW_SECONDS)
        except jwt.ExpiredSignatureError as error:
            raise TokenBackendExpiredToken("The token has expired.") from error
        except (jwt.InvalidTokenError, TypeError, ValueError) as error:
            raise TokenBackendError("The token is not valid.") from error


def strict_header(token: Any) -> dict[str, Any]:
    """The header of a token whose form is ours; its signature has not been looked at.

    Refuses what other readers could read otherwise than we do: names that come twice, other spellings of the same
    bytes, headers that bring keys or demand more of their reader (`jwk`, `jku`, `x5u`, `crit`).
    """
    if not isinstance(token, str) or not token.isascii() or len(token) > LONGEST:
        raise TokenBackendError("The token is not valid.")
    parts = token.split(".")
    if len(parts) != 3:
        raise TokenBackendError("The token is not valid.")
    header, _claims, _signature = _object(parts[0]), _object(parts[1]), _bytes(parts[2])
    if header.keys() - HEADERS or header.get("alg") != ALGORITHM or header.get("typ", "JWT") != "JWT":
        raise TokenBackendError("The token's header is not ours.")
    if not isinstance(header.get("kid", ""), str):
        raise TokenBackendError("The token's header is not ours.")
    return header


def _bytes(part: str) -> bytes:
    try:
        read = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (Base64Error, ValueError) as error:
        raise TokenBackendError("The token is not valid.") from error
    if urlsafe_b64encode(read).rstrip(b"=").decode() != part:
        raise TokenBackendError("The token is not valid.")
    return read


def _object(part: str) -> dict[str, Any]:
    try:
        read = json.loads(_bytes(part), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise TokenBackendError("The token is not valid.") from error
    if not isinstance(read, dict):
        raise TokenBackendError("The token is not valid.")
    return read


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise TokenBackendError("The token says something twice.")
    return read


_backend = RingBackend(ALGORITHM)


class Access(AccessToken):
    def get_token_backend(self) -> TokenBackend:
        return _backend


class Refresh(RefreshToken):
    def get_token_backend(self) -> TokenBackend:
        return _backend


def names_its_key(token: str) -> bool:
    """Whether a token's header has a `kid`, as all have since the ring of keys; False for what is no token."""
    try:
        return "kid" in strict_header(token)
    except TokenBackendError:
        return False
