"""Making, checking and suspending zones.

A new zone is a copy of the schema `zone_template`, which `migrate` keeps up to date: one transaction makes the schema,
its tables and its rows in the registry, so that a failure leaves nothing behind.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model
from django_tenants.clone import CloneSchema

from zones import hosts, roles
from zones.context import connection as tenant_connection
from zones.context import owner_context, public_context
from zones.models import Domain, Zone
from zones.problems import Conflict, Invalid
from zones.registry import ZONES, DomainSpec, ZoneSpec

TEMPLATE = "zone_template"
# What apps above do to a schema after `migrate` and after the copying of the template, with the connection in it.
PREPARATIONS: list[Callable[[], None]] = []


def development_domain(domain: DomainSpec) -> str:
    return f"{domain.development}.localhost"


def domain_names(spec: ZoneSpec) -> list[str]:
    """The public domains and, on a development machine, their names below `.localhost`."""
    names = [domain.name for domain in spec.domains]
    return names + ([development_domain(d) for d in spec.domains] if settings.DEVELOPMENT else [])


def schema_exists(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [name])
        return cursor.fetchone() is not None


def _may_make_schemas() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_database_privilege(current_database(), 'CREATE')")
        return bool(cursor.fetchone()[0])


def create_zone(*, zone_id: str, brand: str, domains: list[str]) -> Zone:
    """A new, empty zone under `domains`.

    Raises Invalid for an id that is no zone id, Conflict when the zone, its schema or a domain exists already.
    """
    if zone_id in ("public", TEMPLATE) or zone_id.startswith("pg_"):
        raise Invalid(f"{zone_id!r} is reserved.")
    if not domains:
        raise Invalid(f"Zone {zone_id!r} needs a domain.")
    with owner_context(), transaction.atomic():
        zone = Zone(schema_name=zone_id, brand=brand)
        zone.full_clean(validate_unique=False)
        if schema_exists(zone_id) or Zone.objects.filter(schema_name=zone_id).exists():
            raise Conflict(f"Zone {zone_id!r} exists already.")
        taken = Domain.objects.filter(domain__in=domains).values_list("domain", flat=True).first()
        if taken:
            raise Conflict(f"Domain {taken!r} leads to another zone already.")
        if not _may_make_schemas():
            raise Conflict("This login makes no zones; run `manage.py zone create`, which knows DATABASE_OWNER_URL.")
        if not schema_exists(TEMPLATE):
            raise Conflict(f"Schema {TEMPLATE!r} is missing; run `manage.py migrate` first.")
        zone.save()
        add_domains(zone, domains)
        _copy_template(zone_id)
        roles.apply(zone_id)
    hosts.forget()
    return zone


def add_domains(zone: Zone, domains: list[str]) -> None:
    """The first is primary; those that the zone has already stay."""
    for position, name in enumerate(domains):
        Domain.objects.get_or_create(domain=name.lower(), defaults={"tenant": zone, "is_primary": position == 0})


# The copying function leaves unique constraints under names that PostgreSQL made up.
_MISNAMED = """
SELECT copied.conrelid::regclass::text, copied.conname, original.conname
FROM pg_constraint original
JOIN pg_class original_table ON original_table.oid = original.conrelid
JOIN pg_class copied_table
    ON copied_table.relname = original_table.relname AND copied_table.relnamespace = %s::regnamespace
JOIN pg_constraint copied
    ON copied.conrelid = copied_table.oid AND copied.contype = original.contype
    AND pg_get_constraintdef(copied.oid) = pg_get_constraintdef(original.oid)
WHERE original.contype = 'u' AND original.connamespace = %s::regnamespace AND copied.conname <> original.conname
"""


def _copy_template(schema: str) -> None:
    # Also the rows: they are the template's record of migrations and its content types.
    CloneSchema().clone_schema(TEMPLATE, schema, clone_mode="DATA")
    with connection.cursor() as cursor:
        # The copying function leaves its own search path behind.
        cursor.execute("SET search_path = public")
        cursor.execute(_MISNAMED, [schema, TEMPLATE])
        for table, made_up, name in cursor.fetchall():
            # Migrations and services know a constraint by its name.
            cursor.execute(f'ALTER TABLE {table} RENAME CONSTRAINT "{made_up}" TO "{name}"')
    prepare_schema(schema)


def prepare_schema(schema: str) -> None:
    """Run PREPARATIONS in a schema; each of them may run any number of times."""
    previous = tenant_connection.tenant
    tenant_connection.set_schema(schema)
    try:
        for prepare in PREPARATIONS:
            prepare()
    finally:
        tenant_connection.set_tenant(previous)


def ensure_template() -> None:
    """Make the empty schema that new zones are copied from; `migrate` fills it."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {TEMPLATE}")


def sync_registry() -> list[Zone]:
    """Create the registry's zones that do not exist yet and add domains that are new; the zones that were created."""
    created = []
    for spec in ZONES:
        with public_context():
            zone = Zone.objects.filter(schema_name=spec.zone_id).first()
            if zone:
                add_domains(zone, domain_names(spec))
        if zone is None:
            created.append(create_zone(zone_id=spec.zone_id, brand=spec.brand.name, domains=domain_names(spec)))
    return created


def set_status(*, zone: Zone, status: str) -> Zone:
    """Suspend a zone (every host of it answers 503, its tasks do not run) or activate it again."""
    with public_context(), transaction.atomic():
        zone = Zone.objects.select_for_update().get(pk=zone.pk)
        zone.status = status
        zone.save(update_fields=["status"])
    hosts.forget()
    return zone


@dataclass(frozen=True)
class Finding:
    """Something wrong with a zone, in words."""

    zone_id: str
    problem: str


def zone_tables() -> set[str]:
    """The tables that every zone must have."""
    return {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and _belongs_to_zones(model)
    }


def schema_tables() -> set[str]:
    """The tables that are there in the schema that the connection looks at."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        return {row[0] for row in cursor.fetchall()}


def check_zone(zone: Zone) -> list[Finding]:
    """Compare a zone's tables with the models; its roles, grants and policies with the apps' row_security.py."""
    if not schema_exists(zone.schema_name):
        return [Finding(zone.schema_name, "has no schema")]
    with owner_context(), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [zone.schema_name])
        present = {row[0] for row in cursor.fetchall()}
    problems = [f"lacks table {name}" for name in sorted(zone_tables() - present)]
    problems += roles.findings(zone.schema_name)
    with public_context():
        if not Domain.objects.filter(tenant=zone).exists():
            problems.append("has no domain")
    return [Finding(zone.schema_name, problem) for problem in problems]


def _belongs_to_zones(model: type[Model]) -> bool:
    config = model._meta.app_config
    return bool({config.name, f"{type(config).__module__}.{type(config).__name__}"} & set(settings.TENANT_APPS))
