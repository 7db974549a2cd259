from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.people import Operator
from accounts.services import erasing
from accounts.services.erasing import Erasure
from accounts.subjects.subject import find_user
from zones.context import UnknownZone, get_zone, zone_context
from zones.models import Zone
from zones.problems import Problem

REPLAYED = "restored from a backup after the erasure"


class Command(BaseCommand):
    help = (
        "Erase a person from a zone, in two steps: without --confirm it shows what would be done and says the word to"
        " confirm with. --replay erases again whom a restored backup brought back."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("who", nargs="?", help="E-mail or id of the account.")
        parser.add_argument("--zone", required=True)
        parser.add_argument("--reason", default="", help="Goes into the audit log; 10 characters at least.")
        parser.add_argument("--dry-run", action="store_true", help="Show what would be done, whatever else is said.")
        parser.add_argument("--confirm", default="", help="The word that the first step has shown.")
        parser.add_argument("--replay", action="store_true", help="After a backup was restored.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            zone = get_zone(options["zone"])
            with zone_context(zone):
                self._run(zone, options)
        except (UnknownZone, Problem) as error:
            words = [str(error), *(text for texts in _errors(error).values() for text in texts)]
            raise CommandError(" ".join(words)) from error

    def _run(self, zone: Zone, options: dict[str, Any]) -> None:
        if options["replay"]:
            for user in erasing.to_replay():
                self._say(erasing.erase_person(person=Operator(), user=user, reason=REPLAYED))
            self.stdout.write(f"Nobody who was erased is left in {zone.schema_name}.")
            return
        if not options["who"]:
            raise CommandError("Say whom: an e-mail or an id.")
        user = find_user(options["who"])
        word = str(user.pk)[:8]
        if options["dry_run"] or options["confirm"] != word:
            self._preview(user, options, word)
            return
        self._say(erasing.erase_person(person=Operator(), user=user, reason=options["reason"]))

    def _preview(self, user: User, options: dict[str, Any], word: str) -> None:
        found = erasing.preview(person=Operator(), user=user, reason=options["reason"])
        self.stdout.write(f"Account {user.pk}: this would be erased or emptied, beside the account itself,")
        self.stdout.write("sessions, the log's origins, copies in Redis, files, and mentions in other rows:")
        self._list(found)
        if options["confirm"] and not options["dry_run"]:
            raise CommandError("--confirm is not the word for this account. Nothing was erased.")
        self.stdout.write(f"Nothing was erased. To do it, add: --confirm {word}")

    def _say(self, made: Erasure) -> None:
        self.stdout.write(f"Account {made.user_id} is erased:")
        self._list(made)
        for problem in made.problems:
            self.stdout.write(f"  NOT DONE: {problem}")
        for trace in made.traces:
            self.stdout.write(f"  STILL THERE: {trace}")
        if not made.is_complete:
            raise CommandError("Something of the person is left.", returncode=1)
        self.stdout.write("The scan of every store found nothing.")

    def _list(self, made: Erasure) -> None:
        for place, number in sorted(made.done.items()):
            self.stdout.write(f"  {place}: {number}")


def _errors(error: Exception) -> dict[str, list[str]]:
    return error.extra.get("errors", {}) if isinstance(error, Problem) else {}
