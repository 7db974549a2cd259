"""The rows that are about a person, by each app's privacy.py; exported and erased by the same table."""

from collections.abc import Iterator
from datetime import date, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Field, Model, Q, QuerySet

from accounts.models import User
from zones.classification import EMPTIED, EXPORTED, Erase, Kind, Table, columns, models, table
from zones.provisioning import zone_tables


def personal_models() -> Iterator[tuple[type[Model], Table]]:
    """Models of the current zone whose rows lead to a person."""
    mine = zone_tables()
    for model in models():
        line = table(model)
        if line.person and model._meta.db_table in mine:
            yield model, line


def rows_of(model: type[Model], line: Table, user_id: UUID) -> QuerySet[Any]:
    wanted = Q()
    for path in line.person:
        wanted |= Q(**{path: user_id})
    return model._base_manager.filter(wanted)


def blank(column: Field) -> Any:
    """What a column holds when it is emptied."""
    if column.null:
        return None
    if column.has_default():
        return column.get_default()
    empty: dict[str, Any] = {"JSONField": {}, "ArrayField": [], "BooleanField": False, "BinaryField": b""}
    kind = column.get_internal_type()
    if kind in empty:
        return empty[kind]
    return 0 if kind.endswith(("IntegerField", "FloatField")) else ""


def emptied(model: type[Model], line: Table) -> dict[str, Any]:
    """The values of a row of this model after erasure (Erase.EMPTY)."""
    real = columns(model)
    return {name: blank(real[name]) for name, kind in line.kinds().items() if kind in EMPTIED}


def delete_rows(user_id: UUID, *, dry_run: bool) -> Iterator[tuple[str, int]]:
    """Erase.ROW: what there is only because of the account."""
    for model, line in personal_models():
        if line.erase == Erase.ROW:
            rows = rows_of(model, line, user_id)
            number = rows.count() if dry_run else rows.delete()[1].get(model._meta.label, 0)
            yield model._meta.label, number


def empty_rows(user_id: UUID, *, dry_run: bool) -> Iterator[tuple[str, int]]:
    """Erase.EMPTY: what stays under the account's id."""
    for model, line in personal_models():
        if line.erase == Erase.EMPTY:
            rows, values = rows_of(model, line, user_id), emptied(model, line)
            yield model._meta.label, rows.count() if dry_run or not values else rows.update(**values)


def special_steps(user_id: UUID, *, dry_run: bool) -> Iterator[tuple[str, int]]:
    """What an app's `erasure.py` does beside its table."""
    for config in apps.get_app_configs():
        if find_spec(f"{config.name}.erasure") is not None:
            yield from import_module(f"{config.name}.erasure").erase(user_id, dry_run=dry_run)


def exported_rows(user_id: UUID) -> Iterator[tuple[str, Table, list[dict[str, Any]]]]:
    """The rows about a person as JSON, each with the fields that are given out; other people's ids are taken out."""
    for model, line in personal_models():
        if not line.exported:
            continue
        found = [_row(model, line, row, user_id) for row in rows_of(model, line, user_id).order_by("pk")]
        if found:
            yield model._meta.label, line, found


def _row(model: type[Model], line: Table, row: Model, user_id: UUID) -> dict[str, Any]:
    said: dict[str, Any] = {}
    real = columns(model)
    for name, kind in line.kinds().items():
        if kind not in EXPORTED or name in line.of_others.split():
            continue
        column = real[name]
        value = getattr(row, column.attname)
        is_person = column.related_model is User or (kind == Kind.IDENTIFIER and name in line.person)
        said[name] = "another person" if is_person and value not in (None, user_id) else _plain(value)
    return said


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (UUID, bytes, memoryview)):
        return str(value) if isinstance(value, UUID) else bytes(value).hex()
    return value if isinstance(value, (str, int, float, bool, list, dict, type(None))) else str(value)
