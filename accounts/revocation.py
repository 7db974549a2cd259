"""The block-list of access tokens: PostgreSQL keeps it, Redis answers for it.

Redis holds one key a revoked token (`jti:…`), person or organization (`user:…`, `org:…`: all tokens issued until that
moment) and a marker that the list is complete. The marker lives a minute: an emptied or returning Redis is filled again
from the table.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any

import redis
from django.db import transaction
from django.utils import timezone

from accounts.models import RevokedToken
from zones.context import current_zone_id
from zones.redis import client

MARKER_SECONDS = 60


def _name(key: str) -> str:
    return f"{current_zone_id()}:revoked:{key}"


def revoke(*, key: str, expires_at: datetime) -> None:
    """Put `key` (`jti:`, `user:` or `org:<uuid>`) on the list until `expires_at`, when its tokens end by themselves."""
    now = timezone.now()
    RevokedToken.objects.update_or_create(key=key, defaults={"revoked_at": now, "expires_at": expires_at})
    name = _name(key)

    def tell_redis() -> None:
        # Where this fails, Redis is filled from the table within MARKER_SECONDS.
        with suppress(redis.RedisError):
            client().set(name, now.timestamp(), exat=expires_at)

    transaction.on_commit(tell_redis)


def is_revoked(*, jti: str, user_id: str, organization_id: str | None, issued_at: float) -> bool:
    """Whether a token was revoked, by itself or with all of its owner's or organization's.

    Asks PostgreSQL when Redis is away.
    """
    keys = [f"jti:{jti}", f"user:{user_id}", f"org:{organization_id}"]
    found: Any
    try:
        found = client().mget([_name("complete"), *map(_name, keys)])
        if found[0] is None:
            _fill()
            found = client().mget([_name("complete"), *map(_name, keys)])
        _complete, by_jti, *until = found
    except redis.RedisError:
        times = dict(RevokedToken.objects.filter(key__in=keys).values_list("key", "revoked_at"))
        by_jti = times.get(keys[0])
        until = [times[key].timestamp() for key in keys[1:] if key in times]
    return by_jti is not None or any(issued_at <= float(moment) for moment in until if moment is not None)


def _fill() -> None:
    pipe = client().pipeline(transaction=False)
    for row in RevokedToken.objects.filter(expires_at__gt=timezone.now()):
        pipe.set(_name(row.key), row.revoked_at.timestamp(), exat=row.expires_at)
    pipe.set(_name("complete"), 1, ex=MARKER_SECONDS)
    pipe.execute()


def sweep() -> int:
    """Delete what has expired; the number of rows."""
    return RevokedToken.objects.filter(expires_at__lt=timezone.now()).delete()[0]
