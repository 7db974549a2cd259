"""A log that takes no row, and what a call changes with it."""

from collections.abc import Callable

from django.db import connection, transaction

from zones.models import Zone
from zones.redis import client as redis_client

LOG = {"audit_auditentry", "audit_auditorigin"}
NO_ROOM = """
CREATE FUNCTION {0}.no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the log is full' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON {0}.audit_auditentry FOR EACH ROW EXECUTE FUNCTION {0}.no_room();
"""


def contents(schema: str) -> dict[str, tuple]:
    """Of each table of the schema how many rows it has and a checksum over them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p')"
            " AND NOT c.relispartition AND c.relname NOT IN ('django_session', 'django_migrations')",
            [schema],
        )
        each = "SELECT '{1}', count(*), coalesce(sum(hashtext(t::text)::bigint), 0) FROM {0}.{1} t"
        cursor.execute(" UNION ALL ".join(each.format(schema, name) for (name,) in cursor.fetchall()))
        return {name: (rows, checksum) for name, rows, checksum in cursor.fetchall()}


def changes(zone: Zone, call: Callable[[], int], *, full: bool, schema: str = "") -> tuple[int, set[str]]:
    """What `call` returned and the tables that it changed; then it is undone.

    The call's own transactions alone take back what it did: none of the test's lies around it, and a statement that
    fails outside of any would leave a connection that answers nothing.
    """
    schema = schema or zone.schema_name
    redis_client().flushdb()
    with transaction.atomic(), connection.cursor() as cursor:
        connection.set_tenant(zone)
        if full:
            cursor.execute(NO_ROOM.format(schema))
        before = contents(schema)
        status = call()
        connection.set_tenant(zone)
        after = contents(schema)
        transaction.set_rollback(True)
    connection.set_tenant(zone)
    return status, {name for name in before | after if before.get(name) != after.get(name)}
