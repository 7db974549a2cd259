"""`manage.py seed_demo [--zone ID …]`: demo people, questions, exams and six weeks of attempts in every zone."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from megacity.demo import accounts
from megacity.demo.bank import BankError
from megacity.demo.people import seed_platform_staff
from megacity.demo.seeding import STUDENTS, Seeded, seed_zone
from zones.context import UnknownZone, get_zone, public_context
from zones.registry import ZONES


class Command(BaseCommand):
    help = "Fills the zones with demo data. Run again, it adds what is missing and doubles nothing."

    def add_arguments(self, parser) -> None:
        names = [spec.zone_id for spec in ZONES]
        parser.add_argument("--zone", action="append", choices=names, help="Only this zone; may be repeated.")
        parser.add_argument("--students", type=int, default=STUDENTS, help="In each organization (%(default)s).")

    def handle(self, *args: Any, **options: Any) -> None:
        with public_context():
            seed_platform_staff()
        for zone_id in options["zone"] or [spec.zone_id for spec in ZONES]:
            begun = time.monotonic()
            try:
                seeded = seed_zone(get_zone(zone_id), students=options["students"])
            except (BankError, UnknownZone) as error:
                raise CommandError(f"{zone_id}: {error}") from error
            self.stdout.write(_line(zone_id, seeded, time.monotonic() - begun))
            for problem in seeded.not_ready:
                self.stderr.write(f"  {zone_id}: {problem}")
        if options["verbosity"] > 1:
            self.stdout.write(accounts.summary())


def _line(zone_id: str, seeded: Seeded, seconds: float) -> str:
    return (
        f"{zone_id:10} {seeded.people:3} people, {seeded.items:3} items, {seeded.exams} exams,"
        f" {seeded.attempts:4} attempts, {seeded.answers:5} answers ({seconds:.1f} s)"
    )
