"""`manage.py seal_audit`: what the worker does every few seconds, by hand."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import sealing
from audit.zones import in_zones
from zones.owner import NotOwner, as_owner


class Command(BaseCommand):
    help = "Seals what the audit logs hold beyond their last seals."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--zone", default="all", help="One zone, `public` for the control plane, or `all`.")
        parser.add_argument(
            "--restored",
            action="store_true",
            help="The database was restored from a dump into another cluster. Stop everything that writes first.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for zone in in_zones(options["zone"]):
            try:
                seals = [as_owner(sealing.reseal_restored)] if options["restored"] else sealing.seal_log()
            except (sealing.LogCut, NotOwner) as problem:
                raise CommandError(str(problem)) from problem
            for seal in seals:
                self.stdout.write(f"{zone}: seal {seal.number} over {seal.rows} rows, {bytes(seal.hash).hex()}")
