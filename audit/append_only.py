"""Tables whose rows are written once: a trigger refuses UPDATE and DELETE, whoever asks and by whatever way."""

from django.db import migrations

# One function for all schemas; each table of each zone has a trigger of its own that calls it.
FUNCTION = """
CREATE OR REPLACE FUNCTION public.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are written once and never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


def append_only(table: str) -> migrations.RunSQL:
    """The migration operation that makes `table` append-only."""
    return migrations.RunSQL(
        FUNCTION
        + f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
        + " FOR EACH ROW EXECUTE FUNCTION public.refuse_change();",
        f"DROP TRIGGER {table}_append_only ON {table};",
    )
