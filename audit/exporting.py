"""The log as a file, for whoever says why: streamed, newest first, and recorded before its first byte leaves."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_tenants.utils import tenant_context

from audit.models import Action, AuditEntry
from audit.services import record
from zones.context import connection, zone_wide
from zones.problems import Invalid, PermissionRefused

PERMISSION = "zone:read"
LEAST_REASON, MOST_REASON = 10, 500
COLUMNS = (
    "id", "at", "zone_id", "organization_id", "user_id", "user_label", "action", "resource_type", "resource_id", "ip",
    "user_agent", "details",
)  # fmt: skip
# Rows read at a time: what is in memory, however long the log is.
BATCH = 2000
# What a spreadsheet would take for a formula, in the first place of a cell (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


class Reader(Protocol):
    """Who exports: anything with `allows` (accounts.people.Person)."""

    def allows(self, permission: str) -> bool: ...


def export(
    *, person: Reader, entries: QuerySet[AuditEntry], format: str, reason: str, asked: dict[str, Any]
) -> Iterator[bytes]:
    """Record the export with its reason, then give the file's bytes in UTF-8, batch by batch.

    `entries` are the rows of the current zone that were asked for, `asked` is that question as JSON values for the log.
    Raises PermissionRefused without `zone:read`, Invalid for an unknown format and for a reason of fewer than
    LEAST_REASON or more than MOST_REASON characters.
    """
    if not person.allows(PERMISSION):
        raise PermissionRefused(permission=PERMISSION)
    if format not in FORMATS:
        raise Invalid(errors={"format": [_("There is no such format.")]})
    reason = " ".join(reason.replace("\0", "").split())
    if not LEAST_REASON <= len(reason) <= MOST_REASON:
        said = _("Say in %(least)d to %(most)d characters what the export is for.")
        raise Invalid(errors={"reason": [said % {"least": LEAST_REASON, "most": MOST_REASON}]})
    with transaction.atomic():
        record(Action.EXPORT, "audit_log", details={"reason": reason, "format": format, "filters": asked})
    # The export's own row and what comes after it are not part of the file.
    newest = AuditEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0
    return FORMATS[format](_pages(entries.filter(id__lt=newest), connection.tenant))


def record_reading(asked: dict[str, Any]) -> None:
    """One row for each question that is asked of the log, not for each row of its answer."""
    with transaction.atomic():
        record(Action.READ, "audit_log", details={"filters": asked} if asked else None)


def _pages(entries: QuerySet[AuditEntry], tenant: Any) -> Iterator[list[tuple]]:
    rows = entries.order_by("-at", "-id")
    page = rows
    while True:
        # A response is sent after the request's own context is gone: each batch enters the zone by itself. Whoever may
        # export sees the whole zone's log.
        with tenant_context(tenant), zone_wide():
            batch = list(page[:BATCH])
        if batch:
            yield [tuple(getattr(entry, name) for name in COLUMNS) for entry in batch]
        if len(batch) < BATCH:
            return
        last = batch[-1]
        page = rows.filter(at__lte=last.at).exclude(at=last.at, id__gte=last.pk)


def _csv(pages: Iterator[list[tuple]]) -> Iterator[bytes]:
    # Spreadsheets take a file for UTF-8 by its first three bytes.
    yield "\ufeff".encode() + _csv_lines([COLUMNS])
    for page in pages:
        yield _csv_lines([[cell(value) for value in row] for row in page])


def _csv_lines(rows: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode()


def cell(value: Any) -> str:
    """A value as a cell that no spreadsheet calculates."""
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        return _json(value)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _jsonl(pages: Iterator[list[tuple]]) -> Iterator[bytes]:
    for page in pages:
        yield "".join(f"{_json(dict(zip(COLUMNS, row, strict=True)))}\n" for row in page).encode()


_json = json.JSONEncoder(ensure_ascii=False, default=DjangoJSONEncoder().default).encode

FORMATS: dict[str, Callable[[Iterator[list[tuple]]], Iterator[bytes]]] = {"csv": _csv, "jsonl": _jsonl}
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson; charset=utf-8"}
