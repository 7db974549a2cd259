"""A log with several seals, and a hand that changes it past all guards, as its owner could."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from audit import partitions, sealing
from audit.context import Actor, acting
from audit.models import Action, AuditEntry
from audit.services import record

TABLE = partitions.TABLE
COLUMNS = "id, at, zone_id, organization_id, user_id, user_label, action, resource_type, resource_id, ip, user_agent"
COLUMNS += ", details, txid, stamp"
WORDS = ["", "가나다", "tab\there", "line\nbreak", "back\\slash", '"quoted", with commas', "=1+1", "🙂"]


def write(rows: int, *, first: int = 0) -> None:
    """Rows of all kinds of values, each in a transaction of its own where the caller has none."""
    for number in range(first, first + rows):
        word = WORDS[number % len(WORDS)]
        actor = Actor(
            label=word, ip=["203.0.113.9", None, "2001:db8::1", "::ffff:1.2.3.4"][number % 4], user_agent=word
        )
        numbers = [number / 7, 1e22, 1.0, -0.0, None, True]
        details = {"n": number, "word": word, "list": numbers, "z": {"b": 1, "a": word}}
        with acting(actor):
            record(list(Action)[number % 8], "exam", number, details=details)


def sealed(seals: int = 4, rows: int = 12) -> None:
    """`seals` seals over `rows` rows each. Needs real commits."""
    for number in range(seals):
        write(rows, first=number * rows)
        assert [seal.rows for seal in sealing.seal_log()] == [rows]


@contextmanager
def unguarded() -> Iterator[None]:
    """One transaction without triggers."""
    tables = (TABLE, *(each.name for each in partitions.listed()), "audit_auditseal")
    tables += ("audit_auditarchive", "audit_auditorigin")
    with transaction.atomic():
        for table in tables:
            run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        for table in tables:
            run(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def run(query: str, *values) -> int:
    """The number of rows that it touched."""
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return cursor.rowcount


def ids() -> list[int]:
    return list(AuditEntry.objects.order_by("id").values_list("id", flat=True))
