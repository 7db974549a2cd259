"""`manage.py zone list | create | check | suspend | activate`."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from megacity.city import create_zone, set_zone_status
from zones.context import UnknownZone, get_zone, public_context
from zones.models import Domain, Zone
from zones.problems import Problem
from zones.provisioning import check_zone


class Command(BaseCommand):
    help = "Lists, creates, checks, suspends and activates zones."

    def add_arguments(self, parser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="Every zone with its status and domains.")
        create = verbs.add_parser("create", help="A new, empty zone.")
        create.add_argument("zone_id")
        create.add_argument("domains", nargs="+", help="Its domains, the primary one first.")
        create.add_argument("--brand", help="Name shown to people; the id when left out.")
        check = verbs.add_parser("check", help="Compare the zones' tables with the models.")
        check.add_argument("zone_id", nargs="?")
        for verb in ("suspend", "activate"):
            verbs.add_parser(verb, help=f"{verb.capitalize()} a zone.").add_argument("zone_id")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, f"_{options['verb']}")(options)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except (Problem, UnknownZone) as error:
            raise CommandError(str(error)) from error

    def _list(self, options: dict[str, Any]) -> None:
        domains: dict[int, list[str]] = {}
        with public_context():
            zones = list(Zone.objects.all())
            for domain in Domain.objects.order_by("-is_primary", "domain"):
                domains.setdefault(domain.tenant_id, []).append(domain.domain)
        for zone in zones:
            self.stdout.write(f"{zone.schema_name:12} {zone.status:10} {zone.brand:16} {' '.join(domains[zone.pk])}")

    def _create(self, options: dict[str, Any]) -> None:
        zone = create_zone(
            zone_id=options["zone_id"], brand=options["brand"] or options["zone_id"], domains=options["domains"]
        )
        self.stdout.write(f"Made zone {zone.schema_name} under {', '.join(options['domains'])}.")

    def _check(self, options: dict[str, Any]) -> None:
        with public_context():
            zones = [get_zone(options["zone_id"])] if options["zone_id"] else list(Zone.objects.all())
        findings = [finding for zone in zones for finding in check_zone(zone)]
        for finding in findings:
            self.stderr.write(f"{finding.zone_id}: {finding.problem}")
        if findings:
            raise CommandError(f"{len(findings)} problem(s) in {len(zones)} zone(s).")
        self.stdout.write(f"{len(zones)} zone(s) are sound.")

    def _suspend(self, options: dict[str, Any]) -> None:
        set_zone_status(zone=get_zone(options["zone_id"]), status=Zone.Status.SUSPENDED)
        self.stdout.write(f"Zone {options['zone_id']} is suspended.")

    def _activate(self, options: dict[str, Any]) -> None:
        set_zone_status(zone=get_zone(options["zone_id"]), status=Zone.Status.ACTIVE)
        self.stdout.write(f"Zone {options['zone_id']} is active.")
