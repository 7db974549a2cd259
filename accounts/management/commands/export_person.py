from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.people import Operator
from accounts.services.exporting import export_person
from accounts.subjects.subject import find_user
from zones.context import UnknownZone, get_zone, zone_context
from zones.problems import NotFound
from zones.storage import StoreAway


class Command(BaseCommand):
    help = "Write everything that a zone keeps of a person into a ZIP: data.json, index.html and their files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("who", help="E-mail or id of the account.")
        parser.add_argument("--zone", required=True)
        parser.add_argument("--reason", required=True, help="Goes into the audit log.")
        parser.add_argument("--to", type=Path, required=True, help="The file, which must not be there yet.")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["to"]
        try:
            with zone_context(get_zone(options["zone"])), path.open("xb") as file:
                path.chmod(0o600)
                user = find_user(options["who"])
                file.write(export_person(person=Operator(), user=user, reason=options["reason"]))
        except FileExistsError as error:
            raise CommandError(f"{path} is there already.") from error
        except (UnknownZone, NotFound) as error:
            path.unlink(missing_ok=True)
            raise CommandError(str(error)) from error
        except StoreAway as error:
            path.unlink(missing_ok=True)
            raise CommandError(f"The files cannot be read: {error}.") from error
        self.stdout.write(f"Wrote {path}.")
