"""The log's partitions: one a month (UTC), made ahead; what no month takes lands in a default partition, never nowhere.

    audit_auditentry             the parent, which everybody reads and writes
    audit_auditentry_history     everything before the first month: rows that are older than the partitions, and what
                                 demo data and tests date back
    audit_auditentry_2026_11     a month
    audit_auditentry_default     must be empty; a row in it means that nobody made the months ahead

All functions work on the schema that the connection looks at. But for `listed`, `missing` and `newest_of_history` they
need the tables' owner: they run in `migrate`, in the making of a zone, in `manage.py audit_partitions`, and in the
nightly task of a worker that knows DATABASE_OWNER_URL; where it does not, the task and `check --database default` say
in time what lacks.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection, transaction

from audit.append_only import FUNCTION, row_trigger, truncate_trigger
from zones.provisioning import TEMPLATE

TABLE = "audit_auditentry"
HISTORY, DEFAULT = f"{TABLE}_history", f"{TABLE}_default"
MONTHS_AHEAD = 2
# Keeps two processes from making, or taking out, the same month.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('audit.partitions'), hashtext(current_schema()))"
# Schema, kind of the table ("r": plain, "p": partitioned), and how many of these months it has.
_STATE = """
SELECT n.nspname::text, c.relkind::text, (
    SELECT count(*) FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhrelid
    WHERE i.inhparent = c.oid AND p.relname = ANY(%s)
)::int
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relname = %s
"""


@dataclass(frozen=True)
class Partition:
    """A table of the log; `bound` is PostgreSQL's own text, `rows` its estimate (-1: never analysed)."""

    name: str
    bound: str
    rows: int
    size: int


def month_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date().replace(day=1)


def following(month: date, steps: int = 1) -> date:
    """The month that comes `steps` months later, or came earlier."""
    number = month.year * 12 + month.month - 1 + steps
    return date(number // 12, number % 12 + 1, 1)


def name_of(month: date) -> str:
    return f"{TABLE}_{month:%Y_%m}"


def listed() -> list[Partition]:
    """The partitions of the present schema, in the order of their names."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), c.reltuples::bigint, pg_total_relation_size(c.oid)"
            " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = format('%%I.%%I', current_schema(), %s::text)::regclass ORDER BY c.relname",
            [TABLE],
        )
        return [Partition(*row) for row in cursor.fetchall()]


def ensure(*, now: datetime | None = None, ahead: int = MONTHS_AHEAD) -> list[str]:
    """Make the months from this one to `ahead` later where they are missing; the names of those that were made.

    A month whose rows have begun to arrive in the default partition gets them from there.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK)
        made = missing(now=now, ahead=ahead)
        for name in made:
            _make_month(cursor, date.fromisoformat(f"{name[-7:].replace('_', '-')}-01"))
    return made


def missing(*, now: datetime | None = None, ahead: int = 1) -> list[str]:
    """The names of the months from this one to `ahead` later that there are not; everybody may ask."""
    first = month_of(now or datetime.now(UTC))
    there = {partition.name for partition in listed()}
    with connection.cursor() as cursor:
        covered = _history_end(cursor)
    wanted = [following(first, step) for step in range(ahead + 1)]
    return [name_of(month) for month in wanted if name_of(month) not in there and month >= covered]


def newest_of_history() -> datetime | None:
    """When the youngest row of the history was written; None without rows, or without a history. Everybody may ask."""
    with connection.cursor() as cursor:
        # By the parent, which everybody may read: its bounds lead to this one partition.
        cursor.execute(f"SELECT max(at) FROM {TABLE} WHERE at < %s", [_history_end(cursor)])  # noqa: S608  (our table)
        newest: datetime | None = cursor.fetchone()[0]
    return newest


def misplaced() -> int:
    """Rows in the default partition, at most 1000 of them; there should be none."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM {DEFAULT} LIMIT 1000) found")  # noqa: S608  (our table)
        return int(cursor.fetchone()[0])


def _history_end(cursor: Any) -> date:
    cursor.execute(
        "SELECT substring(pg_get_expr(relpartbound, oid) from 'TO \\(''(\\d{4}-\\d{2}-\\d{2})') FROM pg_class"
        " WHERE oid = to_regclass(format('%%I.%%I', current_schema(), %s::text))",
        [HISTORY],
    )
    row = cursor.fetchone()
    return date.fromisoformat(row[0]) if row and row[0] else date.min


def _make_month(cursor: Any, month: date) -> None:
    name, begin, end = name_of(month), f"{month} 00:00+00", f"{following(month)} 00:00+00"
    # Made beside and attached: this takes a weaker lock on the parent than PARTITION OF, so that nobody waits.
    cursor.execute(f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {DEFAULT} WHERE at >= %s AND at < %s)", [begin, end])  # noqa: S608
    if cursor.fetchone()[0]:
        _move_from_default(cursor, name, begin, end)
    cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {name} FOR VALUES FROM ('{begin}') TO ('{end}')")
    cursor.execute(truncate_trigger(name))


def _move_from_default(cursor: Any, name: str, begin: str, end: str) -> None:
    cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {DEFAULT}")
    where = "WHERE at >= %s AND at < %s"
    cursor.execute(f"INSERT INTO {name} SELECT * FROM {DEFAULT} {where}", [begin, end])  # noqa: S608  (our tables)
    # Detached it has lost its trigger on rows, which came from the parent.
    cursor.execute(f"DELETE FROM {DEFAULT} {where}", [begin, end])  # noqa: S608
    cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {DEFAULT} DEFAULT")


# --- From one table to a partitioned one ------------------------------------------------------------------------------


def prepare() -> None:
    """What the present schema lacks: a plain table is divided, and the months to come are made.

    `migrate` calls it for every schema, and the making of a zone for the new one: the template of zones keeps a plain
    table, since the function that copies it cannot copy partitions of a table with an identity.
    """
    months = [name_of(following(month_of(datetime.now(UTC)), step)) for step in range(MONTHS_AHEAD + 1)]
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [months, TABLE])
        row = cursor.fetchone()
        # In the template, and where the log is about to be made, there is nothing to do.
        if row is None or row[0] == TEMPLATE or row[1:] == ("p", len(months)):
            return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK)
        cursor.execute(_STATE, [months, TABLE])
        if cursor.fetchone()[1] == "r":
            divide()
        ensure()


def divide(*, now: datetime | None = None) -> None:
    """Turn the plain table into the parent of partitions; its rows stay where they are, as the oldest partition.

    Nothing is copied, so that the length of the log does not matter.
    """
    month = month_of(now or datetime.now(UTC))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {TABLE}), coalesce(max(id), 0) FROM {TABLE}")  # noqa: S608
        has_rows, last_id = cursor.fetchone()
        cursor.execute(f"SELECT max(at) FROM {TABLE}")  # noqa: S608
        newest = cursor.fetchone()[0]
        indexes = _set_aside(cursor)
        _make_parent(cursor, last_id + 1)
        if has_rows:
            until = following(max(month, month_of(newest)))
            cursor.execute(f"ALTER TABLE {HISTORY} ADD PRIMARY KEY (id, at)")
        else:
            until = month
            cursor.execute(f"DROP TABLE {HISTORY}")
            cursor.execute(f"CREATE TABLE {HISTORY} (LIKE {TABLE} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        for definition in indexes:
            cursor.execute(definition)
        bound = f"FROM (MINVALUE) TO ('{until} 00:00+00')"
        cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {HISTORY} FOR VALUES {bound}")
        cursor.execute(f"CREATE TABLE {DEFAULT} PARTITION OF {TABLE} DEFAULT")
        guard(cursor)


def _set_aside(cursor: Any) -> list[str]:
    """Rename the plain table and free the names of its indexes; the definitions of these, for the parent."""
    cursor.execute(f"DROP TRIGGER {TABLE}_append_only ON {TABLE}")
    cursor.execute(f"DROP TRIGGER {TABLE}_not_emptied ON {TABLE}")
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = %s"
        " AND indexname <> %s",
        [TABLE, f"{TABLE}_pkey"],
    )
    found = cursor.fetchall()
    cursor.execute(f"ALTER TABLE {TABLE} RENAME TO {HISTORY}")
    for name, _definition in found:
        cursor.execute(f"ALTER INDEX {name} RENAME TO {HISTORY}_{name.removeprefix('audit_')}")
    cursor.execute(f"ALTER TABLE {HISTORY} ALTER COLUMN id DROP IDENTITY, DROP CONSTRAINT {TABLE}_pkey")
    return [definition for _name, definition in found]


def _make_parent(cursor: Any, first_id: int) -> None:
    cursor.execute(
        f"CREATE TABLE {TABLE} (LIKE {HISTORY} INCLUDING DEFAULTS INCLUDING CONSTRAINTS, PRIMARY KEY (id, at))"
        " PARTITION BY RANGE (at)"
    )
    identity = f"ADD GENERATED BY DEFAULT AS IDENTITY (START WITH {int(first_id)})"
    cursor.execute(f"ALTER TABLE {TABLE} ALTER COLUMN id {identity}")


def guard(cursor: Any) -> None:
    """Put the triggers on the parent and on each partition."""
    cursor.execute(FUNCTION)
    cursor.execute(row_trigger(TABLE))
    for name in (TABLE, *(partition.name for partition in listed())):
        cursor.execute(truncate_trigger(name))
