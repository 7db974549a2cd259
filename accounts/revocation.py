"""The block-list of access tokens: PostgreSQL keeps it, Redis answers for it (docs/decisions/0006, 0026).

Redis holds one key a revoked token (`jti:…`) or family of tokens (`family:…`), person or organization (`user:…`,
`org:…`: all tokens issued until that moment), role that has come to need a second factor (`role:…`: all log-ins until
that moment are looked at again) and a marker that the list is complete. The marker lives a minute: an emptied or
returning Redis is filled again from the table.
"""

import hashlib
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import redis
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import RevokedToken
from zones.context import current_zone_id, zone_wide
from zones.redis import client

MARKER_SECONDS = 60
TELL_AGAIN_SECONDS = 0.2
BATCH = 500

# A moment never gives way to an earlier one: who fills from the table may be late.
_TELL = """
for number, name in ipairs(KEYS) do
    local moment, expires = ARGV[2 * number - 1], ARGV[2 * number]
    local known = redis.call('GET', name)
    if not known or tonumber(known) < tonumber(moment) then redis.call('SET', name, moment, 'PXAT', expires) end
end
"""
# Scripts are the one thing that a server forgets when it starts anew or when a replica takes its place, whatever it had
# saved of its keys. So this script is there exactly where the list of its zone has been filled since.
_READ = "-- %s\nreturn redis.call('MGET', unpack(KEYS))"

Entry = tuple[str, float, datetime]


def database_now() -> datetime:
    """The database's clock: tokens are dated and revoked by one clock, however far those of the servers are apart."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def _name(key: str) -> str:
    return f"{current_zone_id()}:revoked:{key}"


def revoke(*, key: str, expires_at: datetime) -> None:
    """Put `key` (`jti:`, `family:`, `user:` or `org:<uuid>`, `role:<role>`) on the list until `expires_at`."""
    now = database_now()
    with zone_wide():
        RevokedToken.objects.update_or_create(key=key, defaults={"revoked_at": now, "expires_at": expires_at})
    entry = (_name(key), now.timestamp(), expires_at)
    transaction.on_commit(lambda: _tell_or_remember(entry))


class Standing(NamedTuple):
    """Whether a token was revoked, and whether since it was issued its role has come to need a second factor."""

    is_revoked: bool
    is_asked_more: bool


def standing(
    *, jti: str, family: str | None, user_id: str, organization_id: str | None, role: str, issued_at: float
) -> Standing:
    """What became of a token, by itself or with all of its family's, owner's, organization's or role's.

    Asks PostgreSQL when Redis is away.
    """
    by_jti, by_family, *until, by_role = _moments(
        [f"jti:{jti}", f"family:{family}", f"user:{user_id}", f"org:{organization_id}", f"role:{role}"]
    )
    revoked = by_jti is not None or by_family is not None or any(m is not None and issued_at <= m for m in until)
    return Standing(revoked, by_role is not None and issued_at <= by_role)


def moment_of(key: str) -> float | None:
    """When `key` was put on the list, in seconds since 1970; None for what is not on it."""
    return _moments([key])[0]


def _moments(keys: Sequence[str]) -> list[float | None]:
    names = [_name(key) for key in keys]
    try:
        found = _ask(names)
    except redis.RedisError:
        _failures.count += 1
        found = _ask_the_table(keys)
    for position, name in enumerate(names):
        if name in _untold:
            found[position] = max(found[position] or 0.0, _untold[name][0])
    return found


def _ask(names: Sequence[str]) -> list[float | None]:
    sha, text = _reading(current_zone_id())
    asked = [_name("complete"), *names]
    found: Any = None
    zone_id, failures = current_zone_id(), _failures.count
    if _failures.at_fill.get(zone_id, 0) == failures:
        with suppress(redis.exceptions.NoScriptError):
            found = client().evalsha(sha, len(asked), *asked)
    if found is None or found[0] is None:
        _fill()
        client().script_load(text)
        found = client().evalsha(sha, len(asked), *asked)
        _failures.at_fill[zone_id] = failures
    return [None if moment is None else float(moment) for moment in found[1:]]


class _Failures:
    """How often Redis did not answer this process, and how often it had not when a zone's list was filled last.

    While it was away others may have revoked what it was not told: its marker from before vouches for nothing.
    """

    def __init__(self) -> None:
        self.count = 0
        self.at_fill: dict[str, int] = {}


_failures = _Failures()


@cache
def _reading(zone_id: str) -> tuple[str, str]:
    text = _READ % zone_id
    # Redis names a script by this hash; nothing is protected by it.
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), text


def _ask_the_table(keys: Sequence[str]) -> list[float | None]:
    with zone_wide():
        times = dict(RevokedToken.objects.filter(key__in=keys).values_list("key", "revoked_at"))
    return [times[key].timestamp() if key in times else None for key in keys]


def _fill() -> None:
    began = time.monotonic()
    with zone_wide():
        rows = list(RevokedToken.objects.filter(expires_at__gt=timezone.now()))
    for start in range(0, len(rows), BATCH):
        _tell((_name(row.key), row.revoked_at.timestamp(), row.expires_at) for row in rows[start : start + BATCH])
    # What was read has the age that it had when it was read, however long the way to Redis was.
    left = MARKER_SECONDS - (time.monotonic() - began)
    if left > 0:
        client().set(_name("complete"), 1, px=int(left * 1000) + 1)


def _tell(entries: Iterable[Entry]) -> None:
    told = list(entries)
    values = [text for _name, moment, ends in told for text in (f"{moment:.6f}", str(int(ends.timestamp() * 1000)))]
    client().eval(_TELL, len(told), *(name for name, _moment, _ends in told), *values)


# --- What Redis could not be told -----------------------------------------------------------------------------------

# Entry's name → its moment, its end, and until when a marker may still vouch for a list without it.
_untold: dict[str, tuple[float, datetime, float]] = {}
_lock = threading.Lock()
_thread: threading.Thread | None = None


def _tell_or_remember(entry: Entry) -> None:
    try:
        _tell([entry])
    except redis.RedisError:
        # This process refuses the token at once; Redis is told as soon as it answers, which must not be a minute late.
        name, moment, ends = entry
        with _lock:
            _untold[name] = (moment, ends, time.monotonic() + MARKER_SECONDS)
            _start_telling()


def _start_telling() -> None:
    global _thread
    if _thread is None or not _thread.is_alive():
        _thread = threading.Thread(target=_keep_telling, name="revocation", daemon=True)
        _thread.start()


def _keep_telling() -> None:
    while True:
        time.sleep(TELL_AGAIN_SECONDS)
        for name, untold in list(_untold.items()):
            moment, ends, until = untold
            with suppress(redis.RedisError):
                _tell([(name, moment, ends)])
                until = 0.0
            with _lock:
                # After that time any marker there is was set by somebody who read the table with this entry in it.
                if time.monotonic() >= until and _untold.get(name) == untold:
                    del _untold[name]
        with _lock:
            if not _untold:
                global _thread
                _thread = None
                return


def sweep() -> int:
    """Delete what has expired; the number of rows."""
    with zone_wide():
        return RevokedToken.objects.filter(expires_at__lt=timezone.now()).delete()[0]
