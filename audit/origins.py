"""Who acted and from where, kept apart from the log, so that a person can be forgotten without touching a row of it.

A row of the log holds the key of an origin in place of label, address and user agent. The key commits to them: it is
SHA-256 over a salt and the values, so that an altered origin shows (`forged`), and it is part of what the log's stamps
and seals hold. Deleting an origin deletes its salt: what is left in the log, in its archives and in every backup of
them tells nothing of the person but a random id.

A process remembers the origins that it has committed, so that an answer in an exam writes none.
"""

import base64
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from audit.context import Actor
from audit.models import AuditEntry, AuditOrigin
from zones.context import current_zone_id

MARK = "~"
REMEMBERED = 20_000

_known: OrderedDict[tuple[str, Actor], str] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True)
class _Remember:
    """Run on commit: from then on the origin is there for every transaction."""

    actor: tuple[str, Actor]
    key: str

    def __call__(self) -> None:
        with _lock:
            _known[self.actor] = self.key
            if len(_known) > REMEMBERED:
                _known.popitem(last=False)


def reference(actor: Actor) -> str:
    """What the log holds of `actor` as its label: the key of an origin that is written with the row at the latest.

    The system itself, which is no person and comes from nowhere, is named by its label.
    """
    if actor.user_id is None and actor.ip is None and not actor.user_agent:
        return actor.label[:254]
    wanted = (current_zone_id(), actor)
    with _lock:
        if key := _known.get(wanted):
            _known.move_to_end(wanted)
            return key
    # Written earlier in this transaction: Django drops the callback when the savepoint that wrote it is rolled back.
    for waiting in connection.run_on_commit:
        run = waiting[1]
        if isinstance(run, _Remember) and run.actor == wanted:
            return run.key
    return _write(wanted, actor)


def _write(wanted: tuple[str, Actor], actor: Actor) -> str:
    salt = secrets.token_bytes(16)
    values: list[Any] = [actor.user_id, actor.label[:254], actor.ip, actor.user_agent[:300].replace("\x00", "")]
    key = _key(salt, *values)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditorigin (key, salt, user_id, label, ip, user_agent) VALUES (%s, %s, %s, %s, %s, %s)",
            [key, salt, *values],
        )
        transaction.on_commit(_Remember(wanted, key))
    return key


def _key(salt: bytes, user_id: UUID | None, label: str, ip: str | None, user_agent: str) -> str:
    said = "\0".join([str(user_id or ""), label, ip or "", user_agent])
    digest = hashlib.sha256(salt + said.encode()).digest()
    return MARK + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def resolve(entries: Iterable[AuditEntry]) -> None:
    """Put label, address and user agent into rows of the log; those of a person who was forgotten stay empty."""
    waiting = [entry for entry in entries if entry.user_label.startswith(MARK)]
    if not waiting:
        return
    found = AuditOrigin.objects.in_bulk({entry.user_label for entry in waiting})
    for entry in waiting:
        origin = found.get(entry.user_label)
        entry.user_label = origin.label if origin else ""
        entry.ip, entry.user_agent = (origin.ip, origin.user_agent) if origin else (None, "")


def forged() -> Iterator[str]:
    """Keys of origins of the current zone whose values are not those that their keys commit to."""
    for origin in AuditOrigin.objects.iterator(chunk_size=2000):
        values: list[Any] = [origin.user_id, origin.label, origin.ip, origin.user_agent]
        if _key(bytes(origin.salt), *values) != origin.key:
            yield origin.key


def forget_person(user_id: UUID) -> int:
    """Delete the origins of a person in the current zone; the number of them. Rows of the log keep the id alone."""
    deleted, _by_model = AuditOrigin.objects.filter(user_id=user_id).delete()
    forget_remembered()
    return deleted


def forget_unnamed() -> int:
    """Delete the origins of the current zone that no row of the log in the database names; the number of them.

    They are of months that were archived. Whoever comes from there again writes a new one: a process remembers origins
    for as long as it runs, which is no matter of months.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM audit_auditorigin o"
            " WHERE NOT EXISTS (SELECT 1 FROM audit_auditentry e WHERE e.user_label = o.key)"
        )
        deleted = int(cursor.rowcount)
    forget_remembered()
    return deleted


def forget_remembered() -> None:
    """This process asks the database anew. (Others would at worst write the key of an origin that is gone.)"""
    with _lock:
        _known.clear()
