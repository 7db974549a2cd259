"""`manage.py verify_audit`: is each row of the log, and each seal, still what was written?"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.heads import BrokenHeads
from audit.services import record_verification
from audit.verifying import Report, verify
from audit.zones import in_zones


class Command(BaseCommand):
    help = "Verifies the audit logs; ends with 1 and says which rows and seals are wrong when any are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--zone", default="all", help="One zone, `public` for the control plane, or `all`.")
        parser.add_argument(
            "--heads", type=Path, help="A file of heads of this zone, or a folder with <zone>.log (default: our own)."
        )
        parser.add_argument("--archives", type=Path, help="The folder of archived partitions, to verify them too.")
        parser.add_argument("--json", action="store_true", help="One JSON object a zone, a line each.")
        parser.add_argument("--read-only", action="store_true", help="Do not record in the log that it was verified.")

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = []
        for zone in in_zones(options["zone"]):
            given: Path | None = options["heads"]
            file = given / f"{zone}.log" if given and given.is_dir() else given
            try:
                report = verify(heads_file=file, archives=options["archives"])
            except (OSError, BrokenHeads) as error:
                raise CommandError(f"{zone}: {error}") from error
            if not options["read_only"]:
                record_verification(report)
            self._say(report, as_json=options["json"])
            if not report.is_clean:
                wrong.append(zone)
        if wrong:
            raise CommandError(f"The log is not as it was written: {', '.join(wrong)}.", returncode=1)

    def _say(self, report: Report, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({**asdict(report), "ok": report.is_clean}))
            return
        words = f"{report.zone}: {report.rows} rows, {report.seals} seals, {report.unsealed} not sealed yet"
        words += f", {report.unstamped} older than stamps" if report.unstamped else ""
        words += f", {report.archived} in archives that were not read" if report.archived else ""
        words += f", {report.heads} heads" if report.heads else ", no heads outside of the database"
        self.stdout.write(f"{words}; {report.seconds:.1f} s: {'as written' if report.is_clean else 'WRONG'}")
        for finding in report.findings:
            self.stdout.write(f"  {finding}")
