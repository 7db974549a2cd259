"""`manage.py demo_code admin@demo.example`: the second step of a demo account's log-in, on a development machine."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from megacity.demo.factors import STAFF, current_code


class Command(BaseCommand):
    help = "Prints the code that a demo account's authenticator app would show now."

    def add_arguments(self, parser) -> None:
        parser.add_argument("email", choices=[account.email for account in STAFF])

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEVELOPMENT:
            raise CommandError("Demo accounts have no place in production, and neither have their codes.")
        code, seconds = current_code(options["email"])
        self.stdout.write(code)
        self.stderr.write(f"It holds for {seconds} seconds and for one log-in.")
