"""A row of the log as one line of bytes: what seals are made of and archives hold.

A line is PostgreSQL's COPY text format of all columns, whatever the session's settings: fields between tabs, `\\N` for
NULL, so that an empty text is another line than none, and no text can run into the next.
"""

import re
from collections.abc import Iterator

from django.db import connection

from audit.partitions import TABLE
from audit.stamps import is_stamped

_FIELDS = (
    "id, txid, at AT TIME ZONE 'UTC', zone_id, organization_id, user_id, user_label, action, resource_type,"
    " resource_id, ip, user_agent, details, encode(stamp, 'hex')"
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MEANING = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def lines(where: str = "", values: tuple[int, ...] = (), *, table: str = TABLE) -> Iterator[bytes]:
    """The rows of the log, or of one partition, as lines in the order of their ids, never all of them in memory."""
    with connection.cursor() as cursor:
        # COPY writes times as the session does; it takes no parameters, and these are numbers of ours.
        cursor.execute("SET LOCAL datestyle TO 'ISO, YMD'")
        condition = where % tuple(int(value) for value in values)
        query = f"SELECT {_FIELDS} FROM {table} {condition} ORDER BY id, at"  # noqa: S608
        with cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
            for data in copy:
                yield bytes(data)


def id_of(line: bytes) -> int:
    return int(line[: line.index(b"\t")])


def txid_of(line: bytes) -> int:
    return int(line.split(b"\t", 2)[1])


def is_genuine(line: bytes, zone: str) -> bool | None:
    """Whether the application wrote this row with these values for this zone; None where it carries no stamp at all."""
    fields = [_text(field) if "\\" in field else field for field in line[:-1].decode().split("\t")]
    at, of, texts = fields[2], fields[3], fields[3:10]
    ip, user_agent, details, stamp = fields[10:]
    if stamp is None:
        return None
    if at is None or user_agent is None or details is None or of != zone:
        return False
    return is_stamped(bytes.fromhex(stamp), at, texts, ip, user_agent, details)


def _text(field: str) -> str | None:
    return None if field == "\\N" else _ESCAPE.sub(lambda found: _MEANING.get(found[1], found[1]), field)
