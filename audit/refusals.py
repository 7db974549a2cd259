"""Refusals in the log: each of them up to a limit, beyond it one row that counts the rest.

A scanner asks a thousand times a minute for what is not there for it. The first REFUSALS_A_MINUTE refusals of one kind
(to one person, or to one address where nobody is known) leave a row each; further ones of the same minute are counted
in Redis, and a row that says how many there were is written when the log is sealed next after the minute. While Redis
is away every refusal leaves its row. A refusal stays a refusal when the log cannot be written: the failure goes to the
process's log, and never becomes a 5xx that would tell a stranger more than the refusal did.
"""

import json
import logging
import re
import time
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import Error, transaction
from django.http import HttpRequest
from redis import RedisError

from audit.context import Actor, current_actor
from audit.models import Action
from audit.services import record
from zones.context import current_zone_id
from zones.masking import HIDDEN
from zones.problems import Problem
from zones.redis import client

logger = logging.getLogger("megacity.audit")

AUDITED = frozenset({401, 403})
MINUTE = 60
# What is counted is kept for this long, should nobody write it down meanwhile.
KEPT_SECONDS = 7 * 24 * 3600
# A part of an address that is longer than a UUID is the secret of a mailed link or of a file, which a refusal leaves as
# good as it was: who reads the log must not be able to use it.
_SECRET = re.compile(r"[^/]{37,}")
# Increments, in one step, the number of this minute and, beyond the limit, the number of those that left no row.
_COUNT = """
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('EXPIRE', KEYS[1], 120) end
if n > tonumber(ARGV[1]) then
    redis.call('HINCRBY', KEYS[2], ARGV[2], 1)
    redis.call('EXPIRE', KEYS[2], ARGV[3])
end
return n
"""


def record_problem(request: HttpRequest, problem: Problem) -> None:
    """A row for a refusal to somebody known, or of something that is not theirs, however the answer shows it.

    Whoever catches a Problem and tells it in words, beside a form or above a list, calls this too: the attempt is the
    same as where the refusal becomes a page of its own.
    """
    audited = problem.status in AUDITED if problem.audited is None else problem.audited
    if audited:
        record_refusal(code=problem.code, status=problem.status, method=request.method or "", path=request.path)


def record_refusal(*, code: str, status: int, method: str, path: str, resource_type: str = "request") -> None:
    """One row for a 401, 403 or 404 that was given to somebody who asked for what is not theirs; see above."""
    shown = _SECRET.sub(HIDDEN, path.replace("\0", ""))[:200]
    details = {"code": code, "status": status, "method": method, "path": shown}
    try:
        if _leaves_a_row(code, status, resource_type):
            with transaction.atomic():
                record(Action.PERMISSION_DENIED, resource_type, details=details)
    except (Error, UnicodeError):
        who = current_actor()
        logger.critical("a refusal was not recorded: %s by %s from %s", details, who.user_id, who.ip, exc_info=True)


def _leaves_a_row(code: str, status: int, resource_type: str) -> bool:
    limit = settings.REFUSALS_A_MINUTE
    who, minute = current_actor(), int(time.time()) // MINUTE
    asker = str(who.user_id) if who.user_id else f"ip {who.ip}"
    said = [minute, asker, code, status, resource_type]
    # No name and no e-mail address: what is in Redis is outside of what is erased with a person.
    counted = json.dumps([*said, str(who.organization_id or ""), who.ip])
    zone = current_zone_id()
    try:
        keys = [f"audit:refusals:{zone}:{json.dumps(said)}", _counts(zone)]
        number: Any = client().eval(_COUNT, 2, *keys, limit, counted, KEPT_SECONDS)
        return int(number) <= limit
    except RedisError:
        return True


def write_counts() -> int:
    """Write a row for each kind of refusal that was counted in a minute that is over; how many rows.

    A count is taken out of Redis, by one process, before its row is committed; what a crash in between loses is the
    number, not the first refusals of that minute, which have their rows.
    """
    counts, now, written = _counts(current_zone_id()), int(time.time()) // MINUTE, 0
    try:
        waiting: Any = client().hgetall(counts)
        for key, number in waiting.items():
            # Whoever takes the count out writes it down.
            if json.loads(key)[0] >= now or not client().hdel(counts, key):
                continue
            try:
                _write_count(json.loads(key), int(number))
            except Error:
                client().hincrby(counts, key, int(number))
                raise
            written += 1
    except RedisError:
        logger.warning("the refusals that were counted in Redis are written later", exc_info=True)
    return written


def _write_count(counted: list[Any], number: int) -> None:
    minute, asker, code, status, resource_type, organization, ip = counted
    actor = Actor(
        user_id=None if asker.startswith("ip ") else UUID(asker),
        organization_id=UUID(organization) if organization else None,
        ip=ip,
    )
    when = time.strftime("%Y-%m-%dT%H:%MZ", time.gmtime(minute * MINUTE))
    details = {"code": code, "status": status, "repeated": number, "minute": when}
    with transaction.atomic():
        record(Action.PERMISSION_DENIED, resource_type, actor=actor, details=details)


def _counts(zone: str) -> str:
    return f"audit:refused:{zone}"
