"""The log's keys: one that stamps rows, one that signs seals, and those that came before them.

AUDIT_MAC_KEYS and AUDIT_SIGNING_KEY are 32 random bytes each, in base64. Processes that only serve requests need the
first alone; whoever seals needs both. Keys are replaced by putting the new one in front and leaving the old one to
verify: old rows and seals keep the key that they were made with.
"""

import hashlib
from base64 import b64encode
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from zones.keys import decode

KEY_ID_BYTES = 4


def key_id(key: bytes) -> bytes:
    """Four bytes that name a key without telling it."""
    return hashlib.sha256(b"megacity audit key\n" + key).digest()[:KEY_ID_BYTES]


def encode(key: bytes) -> str:
    return b64encode(key).decode()


@cache
def mac_keys() -> dict[bytes, bytes]:
    """Keys of rows by their ids; the first is the one that new rows are stamped with."""
    keys = [decode(text, name="AUDIT_MAC_KEYS") for text in settings.AUDIT_MAC_KEYS]
    if not keys:
        raise ImproperlyConfigured("AUDIT_MAC_KEYS is not set; `manage.py audit_keys --new` prints one.")
    return {key_id(key): key for key in keys}


@cache
def signing_key() -> Ed25519PrivateKey:
    if not settings.AUDIT_SIGNING_KEY:
        raise ImproperlyConfigured("AUDIT_SIGNING_KEY is not set; `manage.py audit_keys --new` prints one.")
    return Ed25519PrivateKey.from_private_bytes(decode(settings.AUDIT_SIGNING_KEY, name="AUDIT_SIGNING_KEY"))


@cache
def public_keys() -> dict[str, Ed25519PublicKey]:
    """Keys that seals are verified with, by their ids: the present one first, where it is known, then the old ones."""
    keys = [decode(text, name="AUDIT_PUBLIC_KEYS") for text in settings.AUDIT_PUBLIC_KEYS]
    if settings.AUDIT_SIGNING_KEY:
        keys.insert(0, signing_key().public_key().public_bytes_raw())
    return {key_id(key).hex(): Ed25519PublicKey.from_public_bytes(key) for key in keys}


def sign(message: bytes) -> tuple[str, bytes]:
    """The signing key's id and its signature (Ed25519, RFC 8032: 64 bytes)."""
    key = signing_key()
    return key_id(key.public_key().public_bytes_raw()).hex(), key.sign(message)


def is_signed(message: bytes, signature: bytes, by: str) -> bool:
    """Whether the key that is called `by` is known and has signed the message."""
    key = public_keys().get(by)
    if key is None:
        return False
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def forget(*, setting: str = "AUDIT_", **_rest: object) -> None:
    """Read the keys anew, after the settings changed."""
    if setting.startswith("AUDIT_"):
        for read in (mac_keys, signing_key, public_keys):
            read.cache_clear()


# Sent by Django's override_settings alone.
setting_changed.connect(forget)
