"""`manage.py migrate`: the control plane, then the template of zones, then every zone.

It stops at the first zone that fails and says which; what was migrated stays, so it can simply be run again. A schema
that has every migration already costs one query.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django_tenants.migration_executors.base import run_migrations
from django_tenants.utils import quote_schema_name

from zones import roles
from zones.context import connection
from zones.models import Zone
from zones.provisioning import TEMPLATE, ensure_template, prepare_schema, schema_exists, sync_registry


class Command(BaseCommand):
    autodetector = MigrationAutodetector
    help = "Migrates the control plane and every zone; makes the registry's zones that are missing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app_label", nargs="?", help="Migrate this app alone (every zone).")
        parser.add_argument("migration_name", nargs="?", help="Bring the app to the state after this migration.")
        parser.add_argument("--zone", help="Migrate this zone alone.")
        parser.add_argument("--check", action="store_true", help="Change nothing; fail when a migration is unapplied.")
        parser.add_argument("--noinput", "--no-input", action="store_true", help="Ask nothing (it never does).")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = set(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)
        if options["check"]:
            self._check(wanted)
            return
        if options["zone"]:
            if not Zone.objects.filter(schema_name=options["zone"]).exists():
                raise CommandError(f"There is no zone {options['zone']!r}.")
            self._migrate(options["zone"], wanted, options)
            return
        self._migrate("public", wanted, options)
        ensure_template()
        self._migrate(TEMPLATE, wanted, options)
        for zone in sync_registry():
            self.stdout.write(f"made zone {zone.schema_name}")
        for schema in Zone.objects.order_by("schema_name").values_list("schema_name", flat=True):
            self._migrate(schema, wanted, options)
        if not options["app_label"]:
            for schema in ["public", *Zone.objects.order_by("schema_name").values_list("schema_name", flat=True)]:
                prepare_schema(schema)

    def _migrate(self, schema: str, wanted: set, options: dict[str, Any]) -> None:
        if not options["app_label"] and not wanted - _applied(schema):
            if options["verbosity"] > 1:
                self.stdout.write(f"{schema}: up to date")
            self._guard(schema)
            return
        self.stdout.write(f"migrating {schema} …")
        arguments = {
            **vars(DjangoMigrate().create_parser("manage.py", "migrate").parse_args([])),
            "interactive": False,
            "skip_checks": True,
            "app_label": options["app_label"],
            "migration_name": options["migration_name"],
            "verbosity": max(0, options["verbosity"] - 1),
        }
        try:
            run_migrations((), arguments, "migrate", schema)
        except Exception as error:
            raise CommandError(
                f"Zone {schema!r} could not be migrated: {error}\n"
                "The zones before it are done. Mend the cause and run the command again."
            ) from error
        finally:
            connection.set_schema_to_public()
        self._guard(schema)

    def _guard(self, schema: str) -> None:
        """Roles, grants and policies as this version of the code declares them; nobody enters the template."""
        if schema != TEMPLATE and (changed := roles.apply(schema)):
            self.stdout.write(f"guarded {len(changed)} tables of {schema}")

    def _check(self, wanted: set) -> None:
        schemas = ["public", TEMPLATE]
        if schema_exists("public") and _applied("public"):
            schemas += Zone.objects.order_by("schema_name").values_list("schema_name", flat=True)
        behind = [schema for schema in schemas if wanted - _applied(schema)]
        if behind:
            raise CommandError(f"Unapplied migrations in: {', '.join(behind)}.")
        self.stdout.write(f"{len(schemas)} schemas are up to date.")


def _applied(schema: str) -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f"{quote_schema_name(schema)}.django_migrations"])
        if cursor.fetchone()[0] is None:
            return set()
        cursor.execute(f"SELECT app, name FROM {quote_schema_name(schema)}.django_migrations")  # noqa: S608  (quoted)
        return set(cursor.fetchall())
