"""Key management services: they wrap the keys of our rings, so that settings hold nothing that opens anything.

An entry of FIELD_KEYS or INDEX_KEYS is a plain key (development, tests, a machine whose environment is trusted) or
`<service>:<base64 of the wrapped key>`, made by `manage.py field_key`. A process asks the service once for each entry
and remembers the key: when the service is away, running processes go on, and one that starts says what is missing.

All services bind a wrapped key to PURPOSE (AWS: encryption context; Google and local: additional authenticated data):
one that was made for something else is refused.
"""

import base64
import binascii
import os
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from zones.keys import decode

PURPOSE = "megacity-field-keys"
TIMEOUT_SECONDS = 5
NONCE_BYTES = 12


class KmsError(Exception):
    """The service is away, refuses us, or the wrapped key is not one of its own. Says which service, and no key."""


class Kms(Protocol):
    """What every service can do. Both raise KmsError."""

    def wrap(self, secret: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes) -> bytes: ...


class LocalKms:
    """AES-256-GCM under KMS_LOCAL_KEY, for machines without a service: a file that backups leave out."""

    def __init__(self) -> None:
        if not settings.KMS_LOCAL_KEY:
            raise ImproperlyConfigured("KMS_LOCAL_KEY must be set: a key is wrapped by it.")
        self._cipher = AESGCM(decode(settings.KMS_LOCAL_KEY, name="KMS_LOCAL_KEY"))

    def wrap(self, secret: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, PURPOSE.encode())

    def unwrap(self, wrapped: bytes) -> bytes:
        try:
            return self._cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], PURPOSE.encode())
        except (InvalidTag, ValueError):
            raise KmsError("local: this key was not wrapped by KMS_LOCAL_KEY, or was altered.") from None


class AwsKms:
    """AWS KMS by boto3: KMS_AWS_KEY names the key; region and credentials are AWS's own variables."""

    def __init__(self) -> None:
        import boto3
        from botocore.config import Config

        if not settings.KMS_AWS_KEY:
            raise ImproperlyConfigured("KMS_AWS_KEY must be set: the id or ARN of the key in AWS KMS.")
        patience = {"connect_timeout": TIMEOUT_SECONDS, "read_timeout": TIMEOUT_SECONDS}
        config = Config(retries={"total_max_attempts": 2}, **patience)
        self._client = boto3.client("kms", endpoint_url=settings.KMS_AWS_ENDPOINT or None, config=config)

    def wrap(self, secret: bytes) -> bytes:
        return self._ask("encrypt", "CiphertextBlob", Plaintext=secret)

    def unwrap(self, wrapped: bytes) -> bytes:
        return self._ask("decrypt", "Plaintext", CiphertextBlob=wrapped)

    def _ask(self, call: str, answer: str, **arguments: Any) -> bytes:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            said = getattr(self._client, call)(
                KeyId=settings.KMS_AWS_KEY, EncryptionContext={"purpose": PURPOSE}, **arguments
            )
        except (BotoCoreError, ClientError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            raise KmsError(f"aws: {call} failed ({code}).") from error
        return bytes(said[answer])


class GcpKms:
    """Google Cloud KMS by google-cloud-kms (the extra `gcp`): KMS_GCP_KEY is the key's resource name."""

    def __init__(self, client: Any = None) -> None:
        try:
            from google.cloud import kms
        except ImportError as error:
            raise ImproperlyConfigured("Keys wrapped by gcp need google-cloud-kms: install megacity[gcp].") from error
        if not settings.KMS_GCP_KEY:
            raise ImproperlyConfigured("KMS_GCP_KEY must be set: projects/…/locations/…/keyRings/…/cryptoKeys/….")
        self._client = client or kms.KeyManagementServiceClient()

    def wrap(self, secret: bytes) -> bytes:
        return self._ask("encrypt", "ciphertext", plaintext=secret)

    def unwrap(self, wrapped: bytes) -> bytes:
        return self._ask("decrypt", "plaintext", ciphertext=wrapped)

    def _ask(self, call: str, answer: str, **parts: bytes) -> bytes:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError

        request = {"name": settings.KMS_GCP_KEY, "additional_authenticated_data": PURPOSE.encode(), **parts}
        try:
            said = getattr(self._client, call)(request=request, timeout=TIMEOUT_SECONDS, retry=None)
        except (GoogleAPIError, GoogleAuthError) as error:
            raise KmsError(f"gcp: {call} failed ({type(error).__name__}).") from error
        return bytes(getattr(said, answer))


SERVICES: dict[str, type[Any]] = {"local": LocalKms, "aws": AwsKms, "gcp": GcpKms}


def wrapped_entry(service: str, secret: bytes) -> str:
    """The entry of FIELD_KEYS for a key that `service` wraps. Raises KmsError and ImproperlyConfigured."""
    return f"{service}:{base64.urlsafe_b64encode(SERVICES[service]().wrap(secret)).decode()}"


def unwrapped(entry: str) -> bytes:
    """The key that an entry `<service>:<wrapped>` holds. Raises KmsError and ImproperlyConfigured."""
    service, _, wrapped = entry.partition(":")
    try:
        sealed = base64.b64decode(wrapped.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise KmsError(f"{service}: the wrapped key is no base64.") from None
    return bytes(SERVICES[service]().unwrap(sealed))
