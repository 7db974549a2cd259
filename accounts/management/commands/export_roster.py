"""`manage.py export_roster FILE --zone ID --organization CODE`: an organization's people and classes as OneRoster."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Organization
from accounts.people import Operator
from accounts.services.roster import export_roster
from zones.context import UnknownZone, get_zone, zone_context


class Command(BaseCommand):
    help = "Exports an organization's people and classes as a OneRoster 1.1 zip file, without passwords."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="Where to write.")
        parser.add_argument("--zone", required=True, metavar="ID")
        parser.add_argument("--organization", required=True, metavar="CODE")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with zone_context(get_zone(options["zone"])):
                organization = Organization.objects.filter(code=options["organization"]).first()
                if organization is None:
                    raise CommandError(f"There is no organization {options['organization']!r}.")
                content = export_roster(person=Operator(), organization=organization)
            options["file"].write_bytes(content)
        except (UnknownZone, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Wrote {options['file']} ({len(content)} bytes).")
