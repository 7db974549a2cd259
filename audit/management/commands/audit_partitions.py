"""`manage.py audit_partitions`: which months the logs hold; makes those to come, archives those that are over."""

from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import archiving, partitions
from audit.zones import in_zones
from zones.owner import NotOwner, as_owner, is_owner


class Command(BaseCommand):
    help = "Lists the partitions of the audit logs, makes the months ahead, or archives a month into a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--zone", default="all", help="One zone, `public` for the control plane, or `all`.")
        parser.add_argument("--make", action="store_true", help="Make this month and the next two where they lack.")
        parser.add_argument("--archive", metavar="MONTH", help="Archive a month (2026_01) or `history`, and drop it.")
        parser.add_argument("--to", type=Path, help="The folder that archives are written to.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["archive"] and not options["to"]:
            raise CommandError("--archive needs --to, the folder that the file is written to.")
        for zone in in_zones(options["zone"]):
            try:
                self._look_after(zone, options)
            except NotOwner as problem:
                raise CommandError(str(problem)) from problem

    def _look_after(self, zone: str, options: dict[str, Any]) -> None:
        if options["archive"]:
            self._archive(zone, f"{partitions.TABLE}_{options['archive']}", options["to"])
        elif options["make"]:
            for name in as_owner(partitions.ensure):
                self.stdout.write(f"{zone}: made {name}")
        else:
            self._list(zone)

    def _archive(self, zone: str, name: str, folder: Path) -> None:
        try:
            made = as_owner(partial(archiving.archive, name, folder))
        except (archiving.NotArchived, FileExistsError) as problem:
            raise CommandError(f"{zone}: {problem}") from problem
        self.stdout.write(f"{zone}: {made.rows} rows of {name} → {folder / made.file}, {bytes(made.sha256).hex()}")

    def _list(self, zone: str) -> None:
        self.stdout.write(zone)
        for each in partitions.listed():
            rows = "?" if each.rows < 0 else f"{each.rows:,}"
            self.stdout.write(f"  {each.name:34} {rows:>14} rows {each.size / 2**20:10.1f} MB  {each.bound}")
        if lacking := partitions.missing():
            self.stdout.write(f"  {', '.join(lacking)} lack: run --make.")
        if is_owner() and (found := as_owner(partitions.misplaced)):
            self.stdout.write(f"  {found} rows lie in the default partition: run --make.")
