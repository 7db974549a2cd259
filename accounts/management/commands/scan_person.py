from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.subjects.scanning import scan
from accounts.subjects.subject import find_user, subject_of
from zones.context import UnknownZone, get_zone, zone_context
from zones.problems import NotFound


class Command(BaseCommand):
    help = "Say where a zone, the control plane, Redis and files hold a person: places and numbers, never what."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("who", help="E-mail or id of the account.")
        parser.add_argument("--zone", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with zone_context(get_zone(options["zone"])):
                found = scan(subject_of(find_user(options["who"])))
        except (UnknownZone, NotFound) as error:
            raise CommandError(str(error)) from error
        for trace in found:
            self.stdout.write(str(trace))
        self.stdout.write(f"{len(found)} places.")
