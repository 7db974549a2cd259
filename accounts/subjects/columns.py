"""The columns of the current schema that may speak of somebody: what the scan reads and what erasure mends."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from accounts.subjects.subject import Subject
from zones.classification import Erase, Kind, models, table

TEXT_TYPES = ("text", "character varying", "jsonb", "json", "bytea", "uuid", "inet", "ARRAY", "USER-DEFINED")
HIDDEN, HIDDEN_NAME = "•••", "…"
_COLUMNS = """
SELECT c.table_name, c.column_name, c.data_type,
    EXISTS (
        SELECT 1 FROM pg_trigger t
        -- A trigger of rows (1) before (2) their update (16): what may be changed there, an app's erasure.py does.
        WHERE t.tgrelid = k.oid AND NOT t.tgisinternal AND t.tgtype & 19 = 19
    ) OR NOT has_column_privilege(k.oid, c.column_name, 'UPDATE')
FROM information_schema.columns c
JOIN pg_class k ON k.oid = format('%%I.%%I', c.table_schema, c.table_name)::regclass
WHERE c.table_schema = current_schema() AND k.relkind IN ('r', 'p') AND NOT k.relispartition
    AND c.data_type = ANY(%s)
ORDER BY c.table_name, c.ordinal_position
"""


@dataclass(frozen=True)
class Column:
    """A column, with what its app says of it; a table without a model (Django's own) has no kind.

    `is_append_only`: triggers, or what the zone's role is granted, keep it as it is. What it holds all the same, the
    scan that follows says.
    """

    table: str
    name: str
    type: str
    is_append_only: bool
    kind: Kind | None
    speaks_of_people: bool

    def text(self) -> str:
        """SQL of its value as text."""
        name = connection.ops.quote_name(self.name)
        return f"encode({name}, 'escape')" if self.type == "bytea" else f"{name}::text"


def columns() -> Iterator[Column]:
    known = {model._meta.db_table: model for model in models()}
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [list(TEXT_TYPES)])
        rows = cursor.fetchall()
    for name, column, kind_of_data, is_append_only in rows:
        model = known.get(name)
        kinds = {} if model is None else table(model).kinds()
        field = None if model is None else next((f for f in model._meta.local_fields if f.column == column), None)
        kind = kinds.get(field.name) if field is not None else None
        people = model is not None and table(model).erase != Erase.NOTHING
        yield Column(name, column, kind_of_data, is_append_only, kind, people)


def pattern(subject: Subject, column: Column) -> str:
    """A regular expression of PostgreSQL that finds the person in this column; empty when nothing would.

    Where a column holds ids (Kind.IDENTIFIER) the account's own id is the pseudonym that is meant to stay.
    """
    texts = set(subject.certain)
    if column.speaks_of_people and column.kind != Kind.IDENTIFIER:
        texts |= subject.names
    if column.kind != Kind.IDENTIFIER:
        texts |= {str(subject.user_id), subject.user_id.hex}
    return "|".join(re.escape(text).replace("\\ ", " ") for text in sorted(texts))


def mend(subject: Subject) -> Iterator[tuple[str, int]]:
    """Replace what other rows say of the person, wherever rows may be changed; yields the column and the rows."""
    for column in columns():
        texts = set(subject.certain)
        if column.speaks_of_people:
            texts |= subject.names
        # The account's own e-mail is replaced by a step of its own; ids of rows are no words.
        if column.is_append_only or column.type not in ("text", "character varying", "jsonb") or not texts:
            continue
        if column.kind in (Kind.IDENTIFIER, Kind.CREDENTIAL):
            continue
        yield f"{column.table}.{column.name}", _replace(column, sorted(texts, key=len, reverse=True), subject)


def _replace(column: Column, texts: list[str], subject: Subject) -> int:
    table_name, name = connection.ops.quote_name(column.table), connection.ops.quote_name(column.name)
    value, params = f"{name}::text", []
    for text in texts:
        value = f"regexp_replace({value}, %s, %s, 'gi')"
        params += [re.escape(text), HIDDEN_NAME if text in subject.names else HIDDEN]
    cast = "::jsonb" if column.type == "jsonb" else ""
    found = "|".join(re.escape(text) for text in texts)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table_name} SET {name} = ({value}){cast} WHERE {name}::text ~* %s",  # noqa: S608  (our columns)
            [*params, found],
        )
        return int(cursor.rowcount)
