"""`manage.py import_roster FILE --zone ID --organization CODE`: what a roster would do, and its import."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Organization, RosterImport
from accounts.people import Operator
from accounts.services import roster
from zones.context import UnknownZone, get_zone, zone_context
from zones.problems import Problem


class Command(BaseCommand):
    help = "Imports classes and people of a OneRoster 1.1 or 1.2 zip file or a CSV, all of it or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--zone", required=True, metavar="ID")
        parser.add_argument("--organization", required=True, metavar="CODE")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be done.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with zone_context(get_zone(options["zone"])):
                self._run(options)
        except (UnknownZone, OSError) as error:
            raise CommandError(str(error)) from error
        except Problem as problem:
            raise CommandError(str(problem.detail)) from problem

    def _run(self, options: dict[str, Any]) -> None:
        organization = Organization.objects.filter(code=options["organization"]).first()
        if organization is None:
            raise CommandError(f"There is no organization {options['organization']!r}.")
        with options["file"].open("rb") as file:
            batch = roster.preview_roster(
                person=Operator(), file=File(file), file_name=options["file"].name, organization=organization
            )
        if batch.status == RosterImport.Status.FAILED:
            raise CommandError(batch.problem)
        for loss in batch.roster["losses"]:
            self.stdout.write(f"- {loss}")
        for step in roster.plan(Operator(), batch):
            self.stdout.write(f"{step.action:7} {step.kind:7} {step.name} {step.words}".rstrip())
        if options["dry_run"]:
            batch.delete()
            return
        done = roster.import_roster(person=Operator(), batch=batch, wait=True)
        changed = sum(row[0] not in ("same", "skip") for row in done.report)
        self.stdout.write(f"Done: {changed} changes. New accounts are mailed a link to choose a password.")
