import os
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.keys import key_bytes, to_text
from accounts.kms import SERVICES, KmsError, wrapped_entry
from zones.keys import KEY_BYTES


class Command(BaseCommand):
    help = "Print a new entry for FIELD_KEYS or INDEX_KEYS, or wrap again what a plain or wrapped entry holds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--kms", choices=sorted(SERVICES), help="Who wraps it; without, it is plain.")
        parser.add_argument("--from-variable", help="Name of a variable whose entry is to be wrapped anew.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            name = options["from_variable"]
            secret = key_bytes(os.environ.get(name, "")) if name else os.urandom(KEY_BYTES)
            entry = wrapped_entry(options["kms"], secret) if options["kms"] else to_text(secret).decode()
        except (ImproperlyConfigured, KmsError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(entry)
