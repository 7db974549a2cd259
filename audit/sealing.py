"""Sealing a zone's log: every few seconds the rows that are committed since the last seal get one signed head.

Writers take no lock and wait for nobody: a row carries the number of its transaction, which PostgreSQL gives in
ascending order and never again. `pg_snapshot_xmin` is the oldest transaction that still runs, so that everything below
it has ended, and a seal covers all transactions from the last seal's bound up to that one. No row can arrive later in
what was sealed: one that is there all the same was forged. A long transaction delays the seal, never an answer.
"""

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from audit import heads, intervals
from audit.lines import id_of, is_genuine, lines
from audit.models import AuditSeal
from zones.context import current_zone_id

logger = logging.getLogger("megacity.audit")

# One seal's digests stay below a few megabytes; a backlog takes several seals.
ROWS_A_SEAL = 50_000
DIGEST_BYTES = 32
_XMIN = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_BEHIND = (
    "SELECT txid FROM audit_auditentry WHERE id >= %s AND txid >= %s AND txid < %s ORDER BY txid OFFSET %s LIMIT 1"
)


class LogCut(RuntimeError):
    """The log does not go on where it was: seals are missing, or the database was restored from a dump."""


@dataclass(frozen=True)
class Last:
    """Where the next seal begins."""

    number: int = 0
    until: int = 0
    first_id: int = 0
    hash: bytes = bytes(DIGEST_BYTES)


def header(seal: AuditSeal, zone: str) -> bytes:
    """What a seal's hash is over: the seal before it, its place, and its rows by number and digest."""
    said = {
        "zone": zone,
        "number": seal.number,
        "since": seal.since,
        "until": seal.until,
        "first_id": seal.first_id,
        "rows": seal.rows,
        "unstamped": seal.unstamped,
        "ids": hashlib.sha256(json.dumps(list(seal.ids)).encode()).hexdigest(),
        "digests": hashlib.sha256(bytes(seal.digests)).hexdigest(),
        "previous": bytes(seal.previous).hex(),
        "made_at": seal.made_at.timestamp(),
    }
    return json.dumps(said, sort_keys=True).encode()


def hash_of(seal: AuditSeal, zone: str) -> bytes:
    return hashlib.sha256(header(seal, zone)).digest()


def seal_log(*, rows_a_seal: int = ROWS_A_SEAL) -> list[AuditSeal]:
    """Seal what the current zone's log holds beyond its last seal; the seals that were made, none when nothing is new.

    Of two at once, one does it. Raises LogCut when the last seal is not the one that this machine has seen last, or
    when PostgreSQL counts transactions from anew.
    """
    made: list[AuditSeal] = []
    while seal := _seal_once(rows_a_seal):
        made.append(seal)
    _write_heads()
    return made


def _seal_once(limit: int) -> AuditSeal | None:
    with transaction.atomic():
        if not _is_alone():
            return None
        last = last_seal()
        _check_continuity(last)
        bound = _number(_XMIN)
        if bound < last.until:
            raise LogCut(
                f"Zone {current_zone_id()}: transactions are counted from anew ({bound} after {last.until}). After a"
                " restore from a dump, run `manage.py seal_audit --restored`."
            )
        behind = _number(_BEHIND, last.first_id, last.until, bound, 0)
        if behind is None:
            return None
        # A seal takes whole transactions, however long one is.
        bound = max(_number(_BEHIND, last.first_id, last.until, bound, limit) or bound, behind + 1)
        where = "WHERE id >= %d AND txid >= %d AND txid < %d"
        return _write(last, bound, last.first_id, lines(where, (last.first_id, last.until, bound)))


def reseal_restored() -> AuditSeal:
    """Go on after a restore from a dump into another cluster, whose transactions are counted from anew.

    One seal takes every row that no seal covers; rows from the next id on belong to this cluster. Run it before
    anything writes.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Nobody writes meanwhile, so that everything that is visible has ended.
        cursor.execute("LOCK TABLE audit_auditentry, audit_auditseal IN SHARE ROW EXCLUSIVE MODE")
        last = last_seal()
        _check_continuity(last)
        cursor.execute("SELECT nextval(pg_get_serial_sequence('audit_auditentry', 'id'))")
        first_id = cursor.fetchone()[0]
        covered = intervals.merged(AuditSeal.objects.values_list("ids", flat=True))
        rest = (line for line in lines() if not intervals.contains(covered, id_of(line)))
        seal = _write(last, 0, first_id, rest)
    _write_heads()
    return seal


def last_seal() -> Last:
    found = AuditSeal.objects.order_by("-number").values_list("number", "until", "first_id", "hash").first()
    return Last(found[0], found[1], found[2], bytes(found[3])) if found else Last()


def unsealed() -> tuple[int, datetime | None]:
    """How many rows wait for a seal (counted to 10,000) and the time of the first of them."""
    last = last_seal()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(at) FROM (SELECT at FROM audit_auditentry WHERE txid >= %s AND id >= %s"
            " ORDER BY txid LIMIT 10000) waiting",
            [last.until, last.first_id],
        )
        count, first = cursor.fetchone()
    return count, first


def _write(last: Last, until: int, first_id: int, rows: Iterable[bytes]) -> AuditSeal:
    zone, number = current_zone_id(), last.number + 1
    ids, digests, unstamped = [], bytearray(), 0
    for line in rows:
        ids.append(id_of(line))
        digests += hashlib.sha256(line).digest()
        genuine = is_genuine(line, zone)
        unstamped += genuine is None
        if genuine is False or (genuine is None and number > 1):
            # Sealed all the same: what was found in the log is evidence. verify_audit reports it.
            logger.critical("audit log of %s: row %d was not written by the application", zone, ids[-1])
    seal = AuditSeal(
        number=number,
        since=last.until,
        until=until,
        first_id=first_id,
        rows=len(ids),
        unstamped=unstamped if number == 1 else 0,
        ids=intervals.pack(ids),
        digests=bytes(digests),
        previous=last.hash,
        made_at=timezone.now(),
    )
    seal.hash = hash_of(seal, zone)
    seal.key_id, seal.signature = heads.sign_head(zone, number, seal.hash)
    seal.save(force_insert=True)
    return seal


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('audit.sealing'), hashtext(current_schema()))")
        return bool(cursor.fetchone()[0])


def _check_continuity(last: Last) -> None:
    seen = heads.last(current_zone_id())
    if seen is None or not seen.is_genuine() or seen.number == 0:
        return
    if seen.number > last.number:
        raise LogCut(f"Zone {current_zone_id()}: the log ends at seal {last.number}, but seal {seen.number} was made.")
    if seen.number == last.number and seen.hash != last.hash.hex():
        raise LogCut(f"Zone {current_zone_id()}: seal {last.number} is not the one that was made.")


def _write_heads() -> None:
    """Bring the file of heads up to the seals of the database, also those that another machine has made."""
    zone = current_zone_id()
    seen = heads.last(zone)
    fields = ("number", "hash", "key_id", "signature", "made_at")
    newer = AuditSeal.objects.filter(number__gt=seen.number if seen else 0).order_by("number").values_list(*fields)
    for number, digest, key, signature, made_at in newer.iterator():
        head = heads.Head(zone, number, bytes(digest).hex(), key, bytes(signature).hex(), made_at.isoformat())
        if not head.is_genuine():
            raise LogCut(f"Zone {zone}: seal {number} was not signed by a key that is known.")
        heads.append(head)


def _number(query: str, *values: int) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        row = cursor.fetchone()
        return row[0] if row else None
