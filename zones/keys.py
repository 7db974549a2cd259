"""Keys as settings hold them: 32 random bytes in base64, of either alphabet (RFC 4648, sections 4 and 5).

Known to settings.py, and so free of Django's applications.
"""

import binascii
from base64 import b64decode

from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32


def decode(text: str, *, name: str = "A key") -> bytes:
    """The bytes of a key. Raises ImproperlyConfigured, with `name` and without the key, for anything else."""
    try:
        secret = b64decode(text.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES:
        raise ImproperlyConfigured(f"{name} must be {KEY_BYTES} random bytes in base64 (44 characters).")
    return secret
