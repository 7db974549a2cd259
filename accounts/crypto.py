"""Encryption of what must not be readable in the database or a backup of it: MultiFernet over a ring of keys.

A token is `<id of the key>:<Fernet token>`. The id tells which key a row is under without decrypting it; that it is
true is left to Fernet, whose authentication (AES-128-CBC, HMAC-SHA256) is what is believed.

Every purpose and place has keys of its own, derived from those of the ring with HKDF (RFC 5869, expansion alone, since
the keys are uniformly random): a token that was copied to another place is under another key there, and refused.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from django.conf import settings

from accounts.keys import key_bytes, to_text

LABEL = b"megacity field v1\0"
INDEX_LABEL = b"megacity blind index v1\0"


class Undecipherable(Exception):
    """A token that no key of the ring opens at this place: altered, moved, or its key is gone. Holds nothing of it."""


@dataclass(frozen=True)
class Key:
    """One key of a ring: 32 bytes, and the id that its tokens carry (8 hexadecimal digits)."""

    id: str
    secret: bytes = field(repr=False)


def encrypt(text: str, *, context: str = "") -> str:
    """`text` as a token under the newest key; only `decrypt` with the same `context` opens it."""
    keys = field_keys()
    return f"{keys[0].id}:{_fernet(keys[:1], context).encrypt(text.encode()).decode()}"


def decrypt(token: str, *, context: str = "") -> str:
    """What `encrypt` was given.

    Raises Undecipherable for a token that was altered or moved to another context, or whose key left the ring.
    """
    key_id, _, sealed = token.partition(":")
    keys = [key for key in field_keys() if key.id == key_id]
    try:
        return _fernet(keys, context).decrypt(sealed).decode() if keys else _refuse(key_id)
    except InvalidToken:
        raise Undecipherable(f"A token under key {key_id[:8]!r} was altered, or belongs to another place.") from None


def rotate(token: str, *, context: str = "") -> str:
    """The same secret under the newest key; the token itself when it is under it already. Raises Undecipherable."""
    return token if key_of(token) == field_keys()[0].id else encrypt(decrypt(token, context=context), context=context)


def key_of(token: str) -> str:
    """The id of the key that a token says it is under."""
    return token.partition(":")[0]


def field_keys() -> tuple[Key, ...]:
    """The ring of FIELD_KEYS, newest first. Raises ImproperlyConfigured when a key cannot be had."""
    return _ring(LABEL, tuple(settings.FIELD_KEYS))


def index_keys() -> tuple[Key, ...]:
    """The ring of INDEX_KEYS, newest first: those of the blind indexes (accounts.fields)."""
    return _ring(INDEX_LABEL, tuple(settings.INDEX_KEYS))


def ready() -> None:
    """Fetch every key now: a process that cannot have them says so when it starts, not to the first who logs in.

    Raises ImproperlyConfigured, saying which service a key could not be had from.
    """
    field_keys()
    index_keys()


@cache
def _ring(label: bytes, entries: tuple[str, ...]) -> tuple[Key, ...]:
    secrets = [key_bytes(entry) for entry in entries]
    return tuple(Key(hashlib.sha256(label + secret).hexdigest()[:8], secret) for secret in secrets)


def _fernet(keys: Iterable[Key], context: str) -> MultiFernet:
    return MultiFernet([Fernet(to_text(_derived(key, context))) for key in keys])


def _derived(key: Key, context: str) -> bytes:
    return HKDFExpand(hashes.SHA256(), length=32, info=LABEL + context.encode()).derive(key.secret)


def _refuse(key_id: str) -> str:
    raise Undecipherable(f"Key {key_id[:8]!r} is not among FIELD_KEYS.")
