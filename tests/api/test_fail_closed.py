"""What cannot be recorded does not happen: every write of the API, with a log that takes no row."""

from contextlib import suppress

import pytest
from django.db import OperationalError, connection, transaction

from tests.api.city import ROLES, City
from tests.api.table import TABLE, Endpoint
from tests.api.test_matrix import expected
from zones.redis import client as redis_client

# What is not told to the log, each with the reason.
UNRECORDED = {
    ("POST", "notices/read"): "one's own notices are marked as read: nothing that others see or miss",
    ("POST", "notices/<uuid:notice_id>/read"): "the same for one notice",
}
WRITES = [e for e in TABLE if e.method != "GET" and e.ok < 300 and (e.method, e.path) not in UNRECORDED]


def contents() -> dict[str, tuple]:
    """Of each table of the zone how many rows it has and a checksum over them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'univ'::regnamespace AND c.relkind IN ('r', 'p')"
            " AND NOT c.relispartition AND c.relname NOT IN ('django_session', 'django_migrations')"
        )
        each = "SELECT '{0}', count(*), coalesce(sum(hashtext(t::text)::bigint), 0) FROM univ.{0} t"
        cursor.execute(" UNION ALL ".join(each.format(name) for (name,) in cursor.fetchall()))
        return {name: (rows, checksum) for name, rows, checksum in cursor.fetchall()}


NO_ROOM = """
CREATE FUNCTION univ.no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the log is full' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON univ.audit_auditentry FOR EACH ROW EXECUTE FUNCTION univ.no_room();
"""
LOG = {"audit_auditentry", "audit_auditorigin"}


def changes(city: City, endpoint: Endpoint, *, full: bool) -> tuple[int, set[str]]:
    """The status of the call, 0 when the log's error ended it, and the tables that it changed; then it is undone."""
    things = city.things["own"]
    role = next(role for role in ROLES if expected(endpoint, role, "own") == endpoint.ok)
    client = city.client(role, of=city.univ, at=city.univ)
    redis_client().flushdb()
    path = endpoint.path
    for part in [part for part in path.split("/") if part.startswith("<")]:
        name = part[1:-1].partition(":")[2]
        path = path.replace(part, things[endpoint.use.get(name, name)])
    sent = (endpoint.body(things),) if endpoint.body else ()
    with transaction.atomic(), connection.cursor() as cursor:
        if full:
            cursor.execute(NO_ROOM)
        before, status = contents(), 0
        with suppress(OperationalError), transaction.atomic():
            status = getattr(client, endpoint.method.lower())(f"/api/v1/{path}", *sent).status_code
        connection.set_tenant(city.univ)
        after = contents()
        transaction.set_rollback(True)
    client.cookies.clear()
    return status, {name for name in before | after if before.get(name) != after.get(name)}


@pytest.mark.parametrize("endpoint", WRITES, ids=lambda e: f"{e.method} {e.path}")
def test_a_write_that_cannot_be_recorded_does_not_happen(city: City, endpoint: Endpoint):
    status, changed = changes(city, endpoint, full=True)
    assert changed == set()
    if status:
        # It did not need the log: because there is nothing that it writes.
        assert changes(city, endpoint, full=False)[1] <= LOG
