"""A row's stamp: proof that the application wrote this row with these values.

A stamp is 28 bytes: the key's id (4), a nonce (8) and HMAC-SHA256 over nonce and values, cut to 16 (RFC 2104).
Who can write to the database but does not have the key can neither change a row nor add one, even before it is sealed.
The nonce makes a copied row show: no stamp is ever there twice. Number and transaction of a row are given by the
database; they are held by its seal, not by its stamp.
"""

import hmac
import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from ipaddress import ip_address
from json import JSONDecodeError

from audit.keys import KEY_ID_BYTES, mac_keys

NONCE_BYTES, TAG_BYTES = 8, 16
STAMP_BYTES = KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES
# No text in PostgreSQL holds a NUL, so that no value can run into the next.
_BETWEEN = "\0"
_NULL, _VALUE = "-", "+"


def _number(text: str) -> int | float:
    # PostgreSQL writes 1e22 as 10000000000000000000000 and keeps 1.0; here both are integers.
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else float(value)


_decode = json.JSONDecoder(parse_float=_number).decode
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def canonical_json(text: str) -> str:
    """The same text for what was sent and for what PostgreSQL's jsonb gives back. Raises ValueError for no JSON."""
    return _encode(_decode(text))


def canonical_time(moment: datetime) -> str:
    """As PostgreSQL writes `at AT TIME ZONE 'UTC'` in ISO style: no offset, no trailing zeros."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
    return text.rstrip("0") if "." in text else text


@lru_cache(maxsize=4096)
def _address(text: str) -> str:
    # Python and PostgreSQL write some addresses of IPv6 differently.
    try:
        return ip_address(text).packed.hex()
    except ValueError:
        return text


def _message(nonce: bytes, at: str, texts: list[str | None], ip: str | None, details: str) -> bytes:
    fields = [at, *texts, None if ip is None else _address(ip), details]
    return nonce + _BETWEEN.join([_NULL if field is None else _VALUE + field for field in fields]).encode()


def stamp(at: datetime, texts: list[str | None], ip: str | None, user_agent: str, details: str) -> bytes:
    """The stamp of a row that is about to be inserted.

    `texts` are zone_id, organization_id, user_id, user_label, action, resource_type and resource_id; `details` is JSON.
    """
    name, key = next(iter(mac_keys().items()))
    nonce = os.urandom(NONCE_BYTES)
    message = _message(nonce, canonical_time(at), [*texts, user_agent], ip, canonical_json(details))
    return name + nonce + hmac.digest(key, message, "sha256")[:TAG_BYTES]


def is_stamped(given: bytes, at: str, texts: list[str | None], ip: str | None, user_agent: str, details: str) -> bool:
    """Whether a stored row carries a stamp of ours over these values, all of them as PostgreSQL writes them."""
    key = mac_keys().get(given[:KEY_ID_BYTES])
    if key is None or len(given) != STAMP_BYTES:
        return False
    nonce = given[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES]
    try:
        message = _message(nonce, at, [*texts, user_agent], ip, canonical_json(details))
    except (JSONDecodeError, ValueError, OverflowError):
        return False
    return hmac.compare_digest(hmac.digest(key, message, "sha256")[:TAG_BYTES], given[-TAG_BYTES:])
