"""Keys as settings hold them: 32 random bytes in URL-safe base64, the form that Fernet takes and makes."""

import base64
import binascii

from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32


def key_bytes(entry: str) -> bytes:
    """The 32 bytes of one entry of FIELD_KEYS. Raises ImproperlyConfigured, without the entry, for anything else."""
    try:
        secret = base64.b64decode(entry.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES:
        raise ImproperlyConfigured("A key must be 32 random bytes in URL-safe base64 (44 characters).")
    return secret


def to_text(secret: bytes) -> bytes:
    """Bytes of a key in the form that Fernet takes."""
    return base64.urlsafe_b64encode(secret)
