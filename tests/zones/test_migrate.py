from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

# A migration that no other one depends on.
MIGRATION = "app = 'sessions' AND name = '0001_initial'"
TABLE = "django_session"


def run(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def forget_migration(schema: str, *, undo: bool) -> None:
    """Make the schema look as before the migration; without `undo` it is half-made, and migrating it fails."""
    run(f"DELETE FROM {schema}.django_migrations WHERE {MIGRATION}")
    if undo:
        run(f"DROP TABLE {schema}.{TABLE}")


def applied(schema: str) -> bool:
    return bool(run(f"SELECT 1 FROM {schema}.django_migrations WHERE {MIGRATION}"))


def migrate(*arguments: str) -> str:
    out = StringIO()
    call_command("migrate", *arguments, stdout=out)
    return out.getvalue()


def test_it_stops_at_the_first_zone_that_fails_and_can_be_run_again(committed):
    forget_migration("college", undo=True)
    forget_migration("medi", undo=False)
    forget_migration("univ", undo=True)
    with pytest.raises(CommandError, match="Unapplied migrations in: college, medi, univ"):
        migrate("--check")

    with pytest.raises(CommandError, match="Zone 'medi' could not be migrated"):
        migrate()
    assert (applied("college"), applied("medi"), applied("univ")) == (True, False, False)

    run(f"DROP TABLE medi.{TABLE}")
    said = migrate()
    assert "migrating medi" in said
    assert "migrating univ" in said
    assert "migrating college" not in said
    assert "up to date" in migrate("--check")


def test_few_queries_a_schema_when_there_is_nothing_to_do(committed, django_assert_max_num_queries):
    with django_assert_max_num_queries(110):
        assert migrate() == ""


def test_an_unknown_zone_is_named(database):
    with pytest.raises(CommandError, match="atlantis"):
        migrate("--zone", "atlantis")
