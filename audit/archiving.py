"""Taking an old month out of the database and into a file that can still be verified.

The file is gzip of the rows' lines (audit.lines) in the order of their ids; the seals stay in the database. A signed
row of AuditArchive says which ids it holds and what its hash is. `verify_audit --archives FOLDER` reads files along.
"""

import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from audit import intervals, partitions
from audit.keys import is_signed, sign
from audit.lines import id_of, lines
from audit.models import Action, AuditArchive
from audit.sealing import last_seal
from audit.services import record
from zones.context import current_zone_id


class NotArchived(ValueError):
    """A partition that cannot be archived, and why."""


def lines_of(path: Path) -> Iterator[bytes]:
    """The rows of an archive's file. Raises OSError and EOFError for one that is broken."""
    with gzip.open(path, "rb") as file:
        yield from file


def archive(partition: str, folder: Path) -> AuditArchive:
    """Write a month's rows to `<folder>/<zone>.<partition>.copy.gz`, detach the partition and drop it.

    Needs the table's owner. Everything happens in one transaction: the file is complete and on disk before the table
    goes. Raises NotArchived for the present month, for rows that are not sealed, and for what is no partition.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _check(cursor, partition)
        cursor.execute(f"LOCK TABLE {partition} IN ACCESS EXCLUSIVE MODE")
        path = folder / f"{current_zone_id()}.{partition}.copy.gz"
        ids = _write(path, partition)
        _check_sealed(cursor, partition)
        made = AuditArchive(partition=partition, rows=intervals.size(ids), ids=ids, file=path.name)
        made.sha256, made.made_at = _sha256(path), timezone.now()
        made.key_id, made.signature = sign(_message(made))
        made.save(force_insert=True)
        record(Action.DELETE, "audit_partition", partition, details={"rows": made.rows, "file": path.name})
        cursor.execute(f"ALTER TABLE {partitions.TABLE} DETACH PARTITION {partition}")
        cursor.execute(f"DROP TABLE {partition}")
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


def _check(cursor: Any, partition: str) -> None:
    there = {each.name for each in partitions.listed()}
    if partition not in there or partition == partitions.DEFAULT:
        raise NotArchived(f"{partition!r} is no month of the log.")
    if partition >= partitions.name_of(partitions.month_of(timezone.now())) and partition != partitions.HISTORY:
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
    with path.open("xb") as raw:
        # No time and no name within, so that the same rows make the same file.
        with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as file:
            for line in lines(table=partition):
                file.write(line)
                ids.append(id_of(line))
        raw.flush()
        os.fsync(raw.fileno())
    return intervals.pack(ids)


def _sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
