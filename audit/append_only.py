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
    made = [FUNCTION.strip().removesuffix(";"), row_trigger(table)] + ([truncate_trigger(table)] if truncate else [])
    undone = [f"DROP TRIGGER {table}_append_only ON {table}"]
    undone += [f"DROP TRIGGER {table}_not_emptied ON {table}"] if truncate else []
    return migrations.RunSQL(";\n".join(made), ";\n".join(undone))


# As refuse_change, but what a person wrote may be emptied when they are erased. The arguments are pairs of a column
# and a JSON array of what it may become: nobody can put other words there, nor change anything else.
FORGETTING = """
CREATE OR REPLACE FUNCTION public.refuse_change_but_forget() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted jsonb;
    allowed jsonb;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        wanted := to_jsonb(NEW);
        allowed := to_jsonb(OLD);
        FOR i IN 0 .. TG_NARGS - 1 BY 2 LOOP
            IF EXISTS (
                SELECT 1 FROM jsonb_array_elements(TG_ARGV[i + 1]::jsonb) AS erased(value)
                WHERE erased.value = wanted -> TG_ARGV[i]
            ) THEN
                allowed := allowed || jsonb_build_object(TG_ARGV[i], wanted -> TG_ARGV[i]);
            END IF;
        END LOOP;
        IF wanted = allowed THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'rows of % are written once and never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


def forgettable(table: str, **erased: str) -> migrations.RunSQL:
    """The migration operation that lets columns of an append-only `table` become what `erased` allows (JSON arrays)."""
    arguments = ", ".join(f"'{name}', '{values}'" for name, values in erased.items())
    return migrations.RunSQL(
        [
            FORGETTING,
            f"DROP TRIGGER {table}_append_only ON {table}",
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION public.refuse_change_but_forget({arguments})",
        ],
        [f"DROP TRIGGER {table}_append_only ON {table}", row_trigger(table)],
    )
