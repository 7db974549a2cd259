"""Putting everything that is encrypted under the newest key, while others read and write.

There is no list of what was done: a token says which key it is under, and the rows that are not under the newest are
what is left to do. So a run that was killed is simply started again, and two at once do no harm. A row is exchanged by
comparing it: whoever wrote it in the meantime has written it under the newest key, and wins.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import JSONField, Model

from accounts import crypto
from accounts.fields import BlindIndexField, EncryptedTextField
from accounts.subjects.columns import columns as stored_columns
from zones.classification import models, table
from zones.context import current_zone_id
from zones.provisioning import schema_tables

BATCH = 200
_TOKEN = r"[0-9a-f]{8}:gAAAA[0-9A-Za-z_-]{20,}=*"  # noqa: S105  (the form of one)
# Alone in its column or between quotation marks in JSON.
_WHOLE_TOKEN = re.compile(f"^{_TOKEN}$")


@dataclass(frozen=True)
class Place:
    """A column of the current schema that holds tokens, or entries of a blind index."""

    model: type[Model]
    column: Any
    # What the stored value is put to: from (row's key, stored value), the new one. Raises Undecipherable.
    renew: Callable[[Any, Any, dict[str, Any]], Any]
    stale: str  # SQL: is this row not under the newest key?

    @property
    def name(self) -> str:
        return f"{current_zone_id()}.{self.model._meta.label}.{self.column.name}"


@dataclass
class Progress:
    """Of one place: rows put under the newest key, rows that others wrote meanwhile, rows that no key opens."""

    place: str
    total: int
    done: int = 0
    overtaken: int = 0
    unreadable: int = 0


def places() -> Iterator[Place]:
    """Everything of the current schema that a key of ours is needed for."""
    present = schema_tables()
    for model in models():
        if model._meta.db_table not in present:
            continue
        for column in model._meta.local_concrete_fields:
            if isinstance(column, EncryptedTextField):
                yield Place(model, column, _renew_field(column), _not_under(column.column, _newest()))
            elif isinstance(column, BlindIndexField):
                newest = crypto.index_keys()[0].id
                yield Place(model, column, _renew_index(column), _not_under(column.column, newest))
            elif column.name in table(model).encrypted:
                context = table(model).encrypted[column.name]
                stale = f"{_quoted(column.column)}::text ~ '(?<![0-9a-f])(?!{_newest()})[0-9a-f]{{8}}:gAAAA'"
                yield Place(model, column, _renew_tokens(context, is_json=isinstance(column, JSONField)), stale)


def rotate(*, dry_run: bool = False, batch: int = BATCH) -> Iterator[Progress]:
    """Renew every place of the current schema; yields the progress of each after every batch, and at its end."""
    for place in places():
        progress = Progress(place.name, _count(place))
        if not dry_run:
            for _ in _batches(place, progress, batch):
                yield progress
        yield progress


def remaining() -> dict[str, int]:
    """Places of the current schema with rows that are not under the newest key: tokens that nobody declared, too."""
    left = {place.name: number for place in places() if (number := _count(place))}
    known = {(place.model._meta.db_table, place.column.column) for place in places()}
    for column in stored_columns():
        if (column.table, column.name) in known or column.type not in ("text", "character varying", "jsonb"):
            continue
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM {_quoted(column.table)} WHERE {column.text()} ~ %s",  # noqa: S608  (our columns)
                [f"(?<![0-9a-f]){_TOKEN}"],
            )
            if number := cursor.fetchone()[0]:
                left[f"{current_zone_id()}.{column.table}.{column.name}, which no privacy.py calls encrypted"] = number
    return left


def _batches(place: Place, progress: Progress, batch: int) -> Iterator[None]:
    last: Any = None
    while rows := _stale_rows(place, last, batch):
        for key, value, row in rows:
            _renew(place, progress, key, value, row)
        last = rows[-1][0]
        yield None


def _renew(place: Place, progress: Progress, key: Any, value: Any, row: dict[str, Any]) -> None:
    try:
        new = place.renew(key, value, row)
    except crypto.Undecipherable:
        progress.unreadable += 1
        return
    name, pk = _quoted(place.column.column), _quoted(place.model._meta.pk.column)
    if isinstance(place.column, JSONField):
        new = place.column.get_db_prep_value(new, connection)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_quoted(place.model._meta.db_table)} SET {name} = %s"  # noqa: S608  (our own names)
            f" WHERE {pk} = %s AND md5({name}::text) = %s",
            [new, key, row["__md5"]],
        )
        if cursor.rowcount:
            progress.done += 1
        else:
            progress.overtaken += 1


def _stale_rows(place: Place, last: Any, batch: int) -> list[tuple[Any, Any, dict[str, Any]]]:
    """The next rows that are not under the newest key: key, stored value, all columns by attribute."""
    meta = place.model._meta
    pk, name = _quoted(meta.pk.column), _quoted(place.column.column)
    fields = meta.local_concrete_fields
    selected = ", ".join(_quoted(field.column) for field in fields)
    after, params = (f" AND {pk} > %s", [last]) if last is not None else ("", [])
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {selected}, md5({name}::text) FROM {_quoted(meta.db_table)}"  # noqa: S608  (our own names)
            f" WHERE {place.stale}{after} ORDER BY {pk} LIMIT {int(batch)}",
            params,
        )
        rows = [dict(zip([*(f.attname for f in fields), "__md5"], row, strict=True)) for row in cursor.fetchall()]
    return [(row[meta.pk.attname], row[place.column.attname], row) for row in rows]


def _count(place: Place) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {_quoted(place.model._meta.db_table)} WHERE {place.stale}"  # noqa: S608
        )
        return int(cursor.fetchone()[0])


def _renew_field(column: EncryptedTextField) -> Callable[[Any, Any, dict[str, Any]], str]:
    def renew(key: Any, value: str, row: dict[str, Any]) -> str:
        return crypto.rotate(value, context=column.place(current_zone_id(), key))

    return renew


def _renew_index(column: BlindIndexField) -> Callable[[Any, Any, dict[str, Any]], str]:
    def renew(key: Any, value: str, row: dict[str, Any]) -> str:
        source: Any = column.model._meta.get_field(column.source)
        token = row[source.attname]
        return column.entry(crypto.decrypt(token, context=source.place(current_zone_id(), key))) if token else ""

    return renew


def _renew_tokens(context: str, *, is_json: bool) -> Callable[[Any, Any, dict[str, Any]], Any]:
    """Of text that is a token, or of JSON with tokens among its texts."""

    def renew(key: Any, value: Any, row: dict[str, Any]) -> Any:
        return _walk(json.loads(value) if is_json else value, context.format_map(row))

    return renew


def _walk(value: Any, context: str) -> Any:
    if isinstance(value, dict):
        return {name: _walk(part, context) for name, part in value.items()}
    if isinstance(value, list):
        return [_walk(part, context) for part in value]
    if isinstance(value, str) and _WHOLE_TOKEN.match(value):
        return crypto.rotate(value, context=context)
    return value


def _newest() -> str:
    return crypto.field_keys()[0].id


def _not_under(column: str | None, key_id: str) -> str:
    name = _quoted(column)
    return f"({name} <> '' AND left({name}, 9) <> '{key_id}:')"


def _quoted(name: str | None) -> str:
    # The types know models without a table; these have one.
    return str(connection.ops.quote_name(str(name)))
