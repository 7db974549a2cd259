"""How a server signs its requests: HMAC-SHA256 over what is asked, when, and once (docs/signing.md, decision 0027).

Functions over text and bytes; nothing of Django.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote, unquote_plus

SCHEME = "MegaCity-HMAC-SHA256"
# Seconds that a request may be older or younger than the clock of who reads it.
WINDOW = 300

_HEADER = re.compile(
    r"(?i:MegaCity-HMAC-SHA256) key=(?P<key>[a-z][a-z0-9_]{1,30}\.[A-Za-z0-9_-]{8,40}), ?"
    r"timestamp=(?P<timestamp>[0-9]{1,12}), ?nonce=(?P<nonce>[A-Za-z0-9_-]{16,64}), ?"
    r"signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class Signature:
    """What the Authorization header of a signed request says: `timestamp` in seconds since 1970, the rest as text."""

    key: str
    timestamp: int
    nonce: str
    signature: str

    @property
    def zone(self) -> str:
        """The zone that made the key."""
        return self.key.partition(".")[0]

    def header(self) -> str:
        return f"{SCHEME} key={self.key}, timestamp={self.timestamp}, nonce={self.nonce}, signature={self.signature}"


@dataclass(frozen=True)
class Asked:
    """What is signed of a request. `host` is without port, `path` may be percent-encoded, `query` is as it was sent."""

    method: str
    host: str
    path: str
    query: str = ""
    content_type: str = ""
    body: bytes = b""


def read_header(text: str) -> Signature | None:
    """The parts of an Authorization header of our scheme; None for one that is malformed."""
    found = _HEADER.fullmatch(text)
    if found is None:
        return None
    return Signature(found["key"], int(found["timestamp"]), found["nonce"], found["signature"])


def canonical(asked: Asked, *, key: str, timestamp: int, nonce: str) -> bytes:
    """The bytes that are signed: ten lines, each of one spelling alone."""
    lines: Sequence[str] = (
        SCHEME,
        key,
        str(timestamp),
        nonce,
        asked.method.upper(),
        asked.host.lower(),
        quote(unquote(asked.path), safe="/"),
        _sorted(asked.query),
        asked.content_type.strip(),
        hashlib.sha256(asked.body).hexdigest(),
    )
    return "\n".join(lines).encode()


def _sorted(query: str) -> str:
    """Parameters by name; those of one name stay in the order in which they were sent, which has a meaning."""
    pairs = (part.partition("=") for part in query.split("&") if part)
    encoded = [(quote(unquote_plus(name), safe=""), quote(unquote_plus(value), safe="")) for name, _, value in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded, key=lambda pair: pair[0]))


def sign(asked: Asked, *, key: str, secret: str, timestamp: int, nonce: str) -> Signature:
    said = canonical(asked, key=key, timestamp=timestamp, nonce=nonce)
    return Signature(key, timestamp, nonce, hmac.digest(secret.encode(), said, "sha256").hex())


def matches(signature: Signature, asked: Asked, secret: str) -> bool:
    """Whether `secret` made this signature of this request; takes as long for a near miss as for a far one."""
    wanted = sign(asked, key=signature.key, secret=secret, timestamp=signature.timestamp, nonce=signature.nonce)
    return hmac.compare_digest(wanted.signature, signature.signature)
