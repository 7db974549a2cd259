"""A copy of each running attempt's state in Redis, for those who watch. PostgreSQL's row stays the truth.

The copy may be missing or old at any time: it is written after the commit, and losing it loses nothing.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID

import redis

from exams.models import Attempt
from zones.context import current_zone_id
from zones.redis import client

SECONDS = 24 * 3600


def _name(attempt_id: object) -> str:
    return f"{current_zone_id()}:cat:{attempt_id}:state"


def snapshot(attempt: Attempt) -> dict[str, Any]:
    """What the copy holds: the engine's state and how far the attempt is."""
    return {
        "status": str(attempt.status),
        "answered": attempt.answered,
        "correct": attempt.correct,
        "pool": attempt.pool_id,
        "last_activity_at": attempt.last_activity_at.isoformat(),
        **attempt.state,
    }


def publish(attempt: Attempt) -> None:
    """Write the copy through after a commit; silently nothing while Redis is away."""
    with suppress(redis.RedisError):
        client().set(_name(attempt.pk), json.dumps(snapshot(attempt)), ex=SECONDS)


def states(attempt_ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """The states of these attempts: from Redis where it has them, from the rows for the rest (and put back)."""
    ids = list(attempt_ids)
    found: dict[UUID, dict[str, Any]] = {}
    with suppress(redis.RedisError):
        copies: Any = client().mget([_name(pk) for pk in ids]) if ids else []
        found = {pk: json.loads(copy) for pk, copy in zip(ids, copies, strict=True) if copy}
    for attempt in Attempt.objects.filter(pk__in=[pk for pk in ids if pk not in found]):
        found[attempt.pk] = snapshot(attempt)
        publish(attempt)
    return found


def forget(attempt_ids: Iterable[UUID]) -> None:
    """Delete the copies of these attempts. Raises redis.RedisError."""
    if names := [_name(pk) for pk in attempt_ids]:
        client().delete(*names)
