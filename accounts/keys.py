"""Keys of fields and indexes as settings hold them: plain ones of zones.keys, or wrapped by a service.

Known to settings.py, and so free of Django's applications.
"""

import base64
from functools import cache

from django.core.exceptions import ImproperlyConfigured

from zones.keys import KEY_BYTES, decode

SERVICES = ("local", "aws", "gcp")


def check_entry(entry: str) -> None:
    """Raise ImproperlyConfigured, without the entry, for what is neither a key nor one wrapped by a known service."""
    service, colon, wrapped = entry.partition(":")
    if not colon:
        decode(entry)
    elif service not in SERVICES or not wrapped:
        raise ImproperlyConfigured(f"A wrapped key begins with one of {', '.join(s + ':' for s in SERVICES)}.")


@cache
def key_bytes(entry: str) -> bytes:
    """The key of an entry, asked of its service once in the life of the process.

    Raises ImproperlyConfigured, saying which service it could not be had from.
    """
    if ":" not in entry:
        return decode(entry)
    from accounts.kms import KmsError, unwrapped

    check_entry(entry)
    try:
        secret = unwrapped(entry)
    except KmsError as error:
        raise ImproperlyConfigured(f"A key cannot be unwrapped. {error}") from error
    if len(secret) != KEY_BYTES:
        raise ImproperlyConfigured("A wrapped key is not 32 bytes long.")
    return secret


def to_text(secret: bytes) -> bytes:
    """Bytes of a key in the form that Fernet takes."""
    return base64.urlsafe_b64encode(secret)
