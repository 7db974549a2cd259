"""`manage.py demo_accounts`: who can log in to the demo, where, and with which password."""

from typing import Any

from django.core.management.base import BaseCommand

from megacity.demo import accounts


class Command(BaseCommand):
    help = "Prints the demo accounts."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--port", type=int, help="The port of the development address; PORT or 8000 by default.")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(accounts.summary(options["port"]))
