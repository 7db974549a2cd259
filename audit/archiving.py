"""Taking an old month out of the database and into a file that can still be verified.

The file is gzip of the rows' lines (audit.lines) in the order of their ids; the seals stay in the database. A signed
row of AuditArchive says which ids it holds and what its hash is. `verify_audit --archives FOLDER` reads files along.
"""

import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from audit import intervals, origins, partitions
from audit.keys import is_signed, sign
from audit.lines import id_of, lines
from audit.models import Action, AuditArchive
from audit.sealing import last_seal
from audit.services import record
from zones.context import current_zone_id

DROP_WITHIN = "3s"


class NotArchived(ValueError):
    """A partition that cannot be archived, and why."""


def lines_of(path: Path) -> Iterator[bytes]:
    """The rows of an archive's file. Raises OSError and EOFError for one that is broken."""
    with gzip.open(path, "rb") as file:
        yield from file


def archive(partition: str, folder: Path, *, now: datetime | None = None) -> AuditArchive:
    """Write a month's rows to `<folder>/<zone>.<partition>.copy.gz`, detach the partition and drop it.

    Needs the table's owner. Everything happens in one transaction: the file is complete and on disk before the table
    goes. Raises NotArchived for the present month, for rows that are not sealed, for what is no partition, and where
    others use the log for so long that writers would have to wait; FileExistsError for another file of this name.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(partitions.LOCK)
        _check(partition, now or timezone.now())
        # Readers go on while the file is written; rows that come late wait.
        cursor.execute(f"LOCK TABLE {partition} IN SHARE MODE")
        path = folder / f"{current_zone_id()}.{partition}.copy.gz"
        ids = _write(path, partition)
        _check_sealed(cursor, partition)
        made = AuditArchive(partition=partition, rows=intervals.size(ids), ids=ids, file=path.name)
        made.sha256, made.made_at = _sha256(path), timezone.now()
        made.key_id, made.signature = sign(_message(made))
        made.save(force_insert=True)
        record(Action.DELETE, "audit_partition", partition, details={"rows": made.rows, "file": path.name})
        _drop(cursor, partition)
    return made


def due(months: int, now: datetime) -> list[str]:
    """The partitions that hold nothing younger than `months` whole months before the present one, oldest first.

    The history is due when its newest row is, and only where it has any: empty, it still catches rows that are dated
    back.
    """
    first_kept = partitions.following(partitions.month_of(now), -months)
    there = [each.name for each in partitions.listed()]
    oldest = partitions.name_of(first_kept)
    found = [name for name in there if name not in (partitions.HISTORY, partitions.DEFAULT) and name < oldest]
    newest = partitions.newest_of_history() if partitions.HISTORY in there else None
    if newest is not None and partitions.month_of(newest) < first_kept:
        found.insert(0, partitions.HISTORY)
    return found


def archive_due(months: int, folder: Path, *, now: datetime | None = None) -> list[AuditArchive]:
    """Archive what is `due`, and forget the origins that only archived rows name. Needs the table's owner.

    Raises as `archive` does; what was archived before that stays so.
    """
    moment = now or timezone.now()
    made = [archive(partition, folder, now=moment) for partition in due(months, moment)]
    if made:
        origins.forget_unnamed()
    return made


def problem_of(archive: AuditArchive, folder: Path | None) -> str:
    """What is wrong with an archive and, with the folder of files, with its file; empty when nothing is."""
    if not is_signed(_message(archive), bytes(archive.signature), archive.key_id):
        return "no known key signed it"
    if folder is None:
        return ""
    try:
        digest = _sha256(folder / archive.file)
    except OSError as error:
        return f"its file cannot be read: {error.strerror}"
    return "" if digest == bytes(archive.sha256) else "its file was changed"


def _message(archive: AuditArchive) -> bytes:
    said = {
        "zone": current_zone_id(),
        "partition": archive.partition,
        "rows": archive.rows,
        "ids": list(archive.ids),
        "file": archive.file,
        "sha256": bytes(archive.sha256).hex(),
    }
    return b"megacity audit archive v1\n" + json.dumps(said, sort_keys=True).encode()


def _drop(cursor: Any, partition: str) -> None:
    # For the detaching everybody who writes would wait behind whoever reads the log just now.
    cursor.execute(f"SET LOCAL lock_timeout = '{DROP_WITHIN}'")
    try:
        cursor.execute(f"ALTER TABLE {partitions.TABLE} DETACH PARTITION {partition}")
        cursor.execute(f"DROP TABLE {partition}")
    except OperationalError as error:
        raise NotArchived(f"{partition} is in use; it is archived another time.") from error


def _check(partition: str, now: datetime) -> None:
    there = {each.name for each in partitions.listed()}
    if partition not in there or partition == partitions.DEFAULT:
        raise NotArchived(f"{partition!r} is no month of the log.")
    if partition >= partitions.name_of(partitions.month_of(now)) and partition != partitions.HISTORY:
        raise NotArchived(f"{partition} is not over yet.")


def _check_sealed(cursor: Any, partition: str) -> None:
    last = last_seal()
    cursor.execute(
        f"SELECT count(*) FROM {partition} WHERE txid >= %s AND id >= %s",  # noqa: S608  (a partition of ours)
        [last.until, last.first_id],
    )
    if cursor.fetchone()[0]:
        raise NotArchived(f"{partition} holds rows that are not sealed yet; run `manage.py seal_audit`.")


def _write(path: Path, partition: str) -> list[int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    ids = []
    # A file under its own name is whole; another's half is written anew.
    unfinished = path.with_name(f"{path.name}.part")
    with unfinished.open("wb") as raw:
        # No time and no name within, so that the same rows make the same file.
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as file:
            for line in lines(table=partition):
                file.write(line)
                ids.append(id_of(line))
        raw.flush()
        os.fsync(raw.fileno())
    # From an attempt whose transaction failed at its end there may be the same file.
    if path.exists() and _sha256(path) != _sha256(unfinished):
        raise FileExistsError(f"{path} is there already, with other contents.")
    unfinished.replace(path)
    return intervals.pack(ids)


def _sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
