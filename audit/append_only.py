"""Tables whose rows are written once: triggers refuse UPDATE, DELETE and TRUNCATE, whoever asks and by whatever way."""

from django.db import migrations

# One function for all schemas; each table of each zone has triggers of its own that call it.
FUNCTION = """
CREATE OR REPLACE FUNCTION public.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are written once and never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


def row_trigger(table: str) -> str:
    """SQL of the trigger on rows. On a partitioned table PostgreSQL puts it on every partition too."""
    return (
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION public.refuse_change()"
    )


def truncate_trigger(table: str) -> str:
    """SQL of the trigger on TRUNCATE, which no trigger on rows sees; each partition needs its own."""
    return (
        f"CREATE OR REPLACE TRIGGER {table}_not_emptied BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change()"
    )


def append_only(table: str, *, truncate: bool = False) -> migrations.RunSQL:
    """The migration operation that makes `table` append-only; with `truncate` it cannot be emptied either."""
    made = [FUNCTION, row_trigger(table)] + ([truncate_trigger(table)] if truncate else [])
    undone = [f"DROP TRIGGER {table}_append_only ON {table}"]
    undone += [f"DROP TRIGGER {table}_not_emptied ON {table}"] if truncate else []
    return migrations.RunSQL(made, undone)
