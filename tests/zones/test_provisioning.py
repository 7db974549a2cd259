"""A new zone is the same as the template in everything that migrations and services call by name."""

from django.db import connection

from zones.provisioning import TEMPLATE, create_zone

NAMED = """
SELECT 'constraint', rel.relname, con.conname, pg_get_constraintdef(con.oid) FROM pg_constraint con
JOIN pg_class rel ON rel.oid = con.conrelid WHERE con.connamespace = %(schema)s::regnamespace
UNION ALL
SELECT 'index', tablename, indexname, replace(indexdef, ' ON ' || schemaname || '.', ' ON ') FROM pg_indexes
WHERE schemaname = %(schema)s
UNION ALL
SELECT 'trigger', rel.relname, tgname, '' FROM pg_trigger JOIN pg_class rel ON rel.oid = tgrelid
WHERE NOT tgisinternal AND rel.relnamespace = %(schema)s::regnamespace
"""


def named(schema: str) -> set[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(NAMED, {"schema": schema})
        return {(*row[:3], row[3].replace(f"{schema}.", "")) for row in cursor.fetchall()}


def test_a_new_zone_has_the_constraints_indexes_and_triggers_of_the_template_by_name(database):
    create_zone(zone_id="fresh", brand="FreshPrepAI", domains=["fresh.example"])
    assert ("trigger", "audit_auditentry") in {row[:2] for row in named("fresh")}
    assert named("fresh") ^ named("univ") == set()
    assert without_log(named("fresh")) ^ without_log(named(TEMPLATE)) == set()


def without_log(names: set[tuple]) -> set[tuple]:
    """The log is one table in the template and partitioned in zones (audit.partitions)."""
    return {row for row in names if not row[1].startswith("audit_auditentry")}


def test_so_have_the_zones_of_the_registry(univ):
    assert without_log(named("univ")) ^ without_log(named(TEMPLATE)) == set()
