"""How each zone is: one page over all of them, with a fixed number of queries."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from megacity.health import migrations_on_disk
from zones.context import zone_context
from zones.models import Zone
from zones.provisioning import zone_tables

# Beyond so many people the page says "over": the exact number would read the whole table.
COUNT_UP_TO = 100_000


@dataclass
class ZoneHealth:
    """One line of the page; `problems` in words, empty when all is well."""

    zone: Zone
    users: int = 0
    last_attempt: datetime | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def users_over(self) -> bool:
        return self.users > COUNT_UP_TO


def health_of_all() -> list[ZoneHealth]:
    """Every zone's health: a few queries, and one in each zone, under its own role."""
    rows = [ZoneHealth(zone) for zone in Zone.objects.prefetch_related("domains")]
    present = _tables([row.zone.schema_name for row in rows])
    expected = zone_tables()
    whole = []
    for row in rows:
        tables = present.get(row.zone.schema_name)
        if tables is None:
            row.problems.append(_("The schema is missing."))
        elif missing := sorted(expected - tables):
            row.problems.append(_("Tables are missing: %(names)s.") % {"names": ", ".join(missing)})
        else:
            whole.append(row)
        if not row.zone.domains.all():
            row.problems.append(_("It has no domain."))
    for row in whole:
        _fill(row)
    return rows


def _tables(schemas: list[str]) -> dict[str, set[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, array_agg(tablename::text) FROM pg_tables WHERE schemaname = ANY(%s) GROUP BY 1",
            [schemas],
        )
        return {schema: set(names) for schema, names in cursor.fetchall()}


def _fill(row: ZoneHealth) -> None:
    with zone_context(row.zone), connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM (SELECT 1 FROM accounts_user LIMIT %s) u),"
            " (SELECT max(started_at) FROM exams_attempt), ARRAY(SELECT app || '.' || name FROM django_migrations)",
            [COUNT_UP_TO + 1],
        )
        row.users, row.last_attempt, applied = cursor.fetchone()
    on_disk = {f"{app}.{name}" for app, name in migrations_on_disk()}
    if behind := sorted(on_disk - set(applied)):
        row.problems.append(_("Migrations wait: %(names)s.") % {"names": ", ".join(behind)})


def city_health(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    rows = health_of_all()
    return TemplateResponse(
        request,
        "admin/city_health.html",
        {**context, "title": _("City health"), "rows": rows, "sick": sum(bool(row.problems) for row in rows)},
    )
