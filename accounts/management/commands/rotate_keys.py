from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import crypto
from accounts.rotation import BATCH, remaining, rotate
from audit.zones import in_zones


class Command(BaseCommand):
    help = (
        "Put everything that is encrypted under the newest of FIELD_KEYS, and blind indexes under the newest of"
        " INDEX_KEYS, in every zone, while the city runs. May be killed and started again (docs/keys.md)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--zone", default="all", help="One zone, `public` for the control plane, or `all`.")
        parser.add_argument("--dry-run", action="store_true", help="Count what is under older keys; change nothing.")
        parser.add_argument("--batch", type=int, default=BATCH, help="Rows between two words of progress.")

    def handle(self, *args: Any, **options: Any) -> None:
        left: dict[str, int] = {}
        for zone in in_zones(options["zone"]):
            for progress in rotate(dry_run=options["dry_run"], batch=options["batch"]):
                if progress.total or progress.done:
                    words = f"{progress.place}: {progress.done} of {progress.total}"
                    words += f", {progress.overtaken} written by others meanwhile" if progress.overtaken else ""
                    words += f", {progress.unreadable} that no key opens" if progress.unreadable else ""
                    self.stdout.write(words)
                    self.stdout.flush()
            left |= remaining()
            self.stdout.write(f"{zone}: looked through")
        for place, number in left.items():
            self.stdout.write(f"  not under the newest key: {place} ({number})")
        older = ", ".join(key.id for key in [*crypto.field_keys()[1:], *crypto.index_keys()[1:]])
        if left:
            if not options["dry_run"]:
                raise CommandError(
                    "Something is left under an older key: keep all keys, and run it again.", returncode=1
                )
            return
        whole = options["zone"] == "all"
        self.stdout.write(
            f"Nothing is under an older key{'' if whole else ' there'}."
            + (f" These may go from the environment: {older}." if older and whole else "")
        )
