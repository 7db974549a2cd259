"""Copies of the seals' heads outside of the database, so that the loss of its newest seals and rows is noticed.

Each process that seals appends to AUDIT_HEADS/<zone>.log, one JSON object a line; ship these files to where the
database's administrators cannot write. A head proves itself: what is signed names the zone, the number and the hash.
"""

import fcntl
import json
import logging
import os
from pathlib import Path
from typing import BinaryIO, NamedTuple

from django.conf import settings

from audit.keys import is_signed, sign

logger = logging.getLogger("megacity.audit")


class Head(NamedTuple):
    zone: str
    number: int
    hash: str
    key: str
    signature: str
    made_at: str

    def is_genuine(self) -> bool:
        try:
            return is_signed(_message(self.zone, self.number, self.hash), bytes.fromhex(self.signature), self.key)
        except ValueError:
            return False


class BrokenHeads(ValueError):
    """A file of heads that holds something else."""


def _message(zone: str, number: int, hash_hex: str) -> bytes:
    return f"megacity audit seal v1\n{zone}\n{number}\n{hash_hex}".encode()


def sign_head(zone: str, number: int, digest: bytes) -> tuple[str, bytes]:
    """The key's id and the signature over a seal's hash in its place."""
    return sign(_message(zone, number, digest.hex()))


def is_head(zone: str, number: int, digest: bytes, key: str, signature: bytes) -> bool:
    return is_signed(_message(zone, number, digest.hex()), signature, key)


def path_of(zone: str) -> Path:
    return Path(settings.AUDIT_HEADS) / f"{zone}.log"


def read(path: Path) -> list[Head]:
    """The heads of a file. Raises OSError, and BrokenHeads naming the line that is none."""
    heads = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            heads.append(Head(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise BrokenHeads(f"{path}, line {number}: not a head") from error
    return heads


def last(zone: str) -> Head | None:
    """The newest head that this machine has written; None where it has written none. Raises BrokenHeads."""
    try:
        with path_of(zone).open("rb") as file:
            return _last(file)
    except FileNotFoundError:
        return None


def append(head: Head) -> None:
    """Write a head down for good, and into the log of the process. One that is there already is not written twice."""
    path = path_of(head.zone)
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    with path.open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        newest = _last(file)
        if newest is not None and newest.number >= head.number:
            return
        file.write(json.dumps(head._asdict()).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    logger.info("audit head %s %d %s", head.zone, head.number, head.hash)


def _last(file: BinaryIO) -> Head | None:
    # From the end: the file grows for years.
    file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
    lines = file.read().splitlines()
    try:
        return Head(**json.loads(lines[-1])) if lines else None
    except (ValueError, TypeError) as error:
        raise BrokenHeads(f"{file.name}: the last line is not a head") from error
