"""The ring of keys that tokens are signed with: the newest that has begun signs, older ones verify until they end.

A key is one entry `<secret>` or `<secret>@<ISO 8601 time from which it signs>`, newest first, in JWT_SIGNING_KEYS or, a
line each, in the file that JWT_SIGNING_KEYS_FILE names; processes read a changed file within a second. The word
`SECRET_KEY` stands for the key of an installation that never set any. See docs/decisions/0026.
"""

import hmac
import logging
import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

# RFC 7518, section 3.2: a key of HS256 has at least the 256 bits of its hash.
SHORTEST = 32
DEFAULT = "SECRET_KEY"
LOOK_AGAIN_SECONDS = 1.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Key:
    """`signs_from` is aware; None where the entry names no time. `is_default` marks the word SECRET_KEY."""

    secret: str
    signs_from: datetime | None = None
    is_default: bool = False

    @cached_property
    def kid(self) -> str:
        """A name that tells nothing of the secret: 64 bits of a keyed hash."""
        return hmac.digest(self.secret.encode(), b"megacity token key", "sha256").hex()[:16]


# By identity: a ring is the same for as long as its source is, and is looked up with every token.
@dataclass(frozen=True, eq=False)
class Ring:
    """`keys` newest first; each verifies for `lifetime` after the next newer one began to sign."""

    keys: tuple[Key, ...]
    lifetime: timedelta

    def signing(self, now: datetime) -> Key:
        return next((key for key in self.keys if key.signs_from is None or key.signs_from <= now), self.keys[-1])

    def ends(self, key: Key) -> datetime | None:
        """When the last token made with `key` has expired; None while no newer key says when it begins."""
        position = self.keys.index(key)
        began = self.keys[position - 1].signs_from if position else None
        return began + self.lifetime if began else None

    def verifying(self, kid: str | None, now: datetime) -> Key | None:
        """The key of this id; without an id, the default one, whose first tokens named none.

        A key that has not begun here may have begun where the clock is ahead, and verifies.
        """
        for key in self.keys:
            if key.is_default if kid is None else key.kid == kid:
                ends = self.ends(key)
                return key if ends is None or now < ends else None
        return None


def parse(entries: Iterable[str], *, source: str, default_secret: str) -> tuple[Key, ...]:
    """The keys that `entries` say. Raises ImproperlyConfigured, which names `source` and the entry but no secret."""
    keys: list[Key] = []
    for number, entry in enumerate((text.strip() for text in entries), start=1):
        word, _at, when = entry.partition("@")
        secret = default_secret if word == DEFAULT else word
        if len(secret) < SHORTEST:
            raise ImproperlyConfigured(f"{source}: key {number} is shorter than {SHORTEST} characters.")
        try:
            begins = datetime.fromisoformat(when) if when else None
        except ValueError as error:
            raise ImproperlyConfigured(f"{source}: key {number} begins at {when!r}, which is no time.") from error
        if begins is not None and begins.tzinfo is None:
            raise ImproperlyConfigured(f"{source}: key {number} begins at {when}, which names no time zone.")
        if begins is not None and keys and keys[-1].signs_from is not None and begins > keys[-1].signs_from:
            raise ImproperlyConfigured(f"{source}: key {number} is newer than the one before it; the newest is first.")
        keys.append(Key(secret, begins, word == DEFAULT))
    if len({key.kid for key in keys}) < len(keys):
        raise ImproperlyConfigured(f"{source}: one key is there twice.")
    return tuple(keys)


def lines(path: Path) -> list[str]:
    """The entries of a file of keys; empty lines and those that begin with # say nothing."""
    read = (line.strip() for line in path.read_text(encoding="ascii").splitlines())
    return [line for line in read if line and not line.startswith("#")]


def ring() -> Ring:
    """The keys as they are now."""
    if settings.JWT_SIGNING_KEYS_FILE:
        return _file(settings.JWT_SIGNING_KEYS_FILE).ring()
    return _fixed(tuple(settings.JWT_SIGNING_KEYS), settings.SECRET_KEY)


def longest_lifetime() -> timedelta:
    """Of all tokens that a key makes."""
    jwt_settings: dict[str, Any] = settings.SIMPLE_JWT
    return max(jwt_settings["ACCESS_TOKEN_LIFETIME"], jwt_settings["REFRESH_TOKEN_LIFETIME"])


@lru_cache(maxsize=8)
def _fixed(entries: tuple[str, ...], default_secret: str) -> Ring:
    keys = parse(entries or (DEFAULT,), source="JWT_SIGNING_KEYS", default_secret=default_secret)
    return Ring(keys, longest_lifetime())


class _File:
    """A file of keys, read again when it has changed. A file that went bad leaves the keys that were read last."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self.lock = threading.Lock()
        self.looked_at = float("-inf")
        self.seen: tuple[int, ...] = ()
        self.last: Ring | None = None

    def ring(self) -> Ring:
        last = self.last
        if last is None or time.monotonic() - self.looked_at > LOOK_AGAIN_SECONDS:
            with self.lock:
                last = self._look()
        return last

    def _look(self) -> Ring:
        try:
            state = os.stat(self.path)
            seen = (state.st_mtime_ns, state.st_size, state.st_ino)
            if seen != self.seen or self.last is None:
                keys = parse(lines(self.path), source=str(self.path), default_secret=settings.SECRET_KEY)
                if not keys:
                    raise ImproperlyConfigured(f"{self.path} holds no key.")
                self.last, self.seen = Ring(keys, longest_lifetime()), seen
        except (OSError, UnicodeError, ImproperlyConfigured) as error:
            if self.last is None:
                raise ImproperlyConfigured(f"JWT_SIGNING_KEYS_FILE cannot be read: {error}") from error
            log.error("The token keys stay as they were: %s", error)
        self.looked_at = time.monotonic()
        return self.last


@cache
def _file(path: str) -> _File:
    return _File(path)


def entry(key: Key) -> str:
    """`key` as a ring is written, with its secret."""
    word = DEFAULT if key.is_default else key.secret
    return f"{word}@{key.signs_from.astimezone(UTC).isoformat(timespec='seconds')}" if key.signs_from else word


def rotated(current: Ring, *, secret: str, signs_from: datetime, now: datetime) -> tuple[Key, ...]:
    """The keys with a new one in front, which begins at `signs_from`, and without those that have ended at `now`."""
    keys = tuple(key for key in current.keys if (ends := current.ends(key)) is None or now < ends)
    return (Key(secret, signs_from), *keys)
