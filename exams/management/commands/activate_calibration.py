"""`manage.py activate_calibration RUN --zone ID --by E-MAIL`: a person takes over what a calibration found."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.people import as_actor
from audit.context import acting
from exams.selectors.calibration import get_run
from exams.services.calibration import activate
from zones.context import UnknownZone, get_zone, zone_context
from zones.problems import Problem


class Command(BaseCommand):
    help = "Makes new item versions with the parameters of a calibration, in the name of a person who may change items."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=UUID, metavar="RUN", help="The id that `calibrate` printed.")
        parser.add_argument("--zone", required=True, metavar="ID")
        parser.add_argument("--by", required=True, metavar="E-MAIL", help="Who answers for it; the log names them.")
        parser.add_argument(
            "--items", nargs="+", metavar="CODE", help="All that nothing speaks against, when left out."
        )
        parser.add_argument("--into-use", action="store_true", help="Items in field test become active.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with zone_context(get_zone(options["zone"])):
                person = User.objects.with_email(options["by"]).filter(is_active=True).first()
                if person is None:
                    raise CommandError(f"Nobody in this zone has the e-mail address {options['by']!r}.")
                with acting(as_actor(person)):
                    done = activate(
                        person=person,
                        run=get_run(person, options["run"]),
                        items=options["items"],
                        into_use=options["into_use"],
                    )
        except UnknownZone as error:
            raise CommandError(str(error)) from error
        except Problem as problem:
            raise CommandError("\n".join([str(problem.detail), *problem.extra.get("problems", [])])) from problem
        for code in done.activated:
            self.stdout.write(f"  {code}")
        self.stdout.write(f"{len(done.activated)} items have new parameters, {len(done.unchanged)} had them already.")
