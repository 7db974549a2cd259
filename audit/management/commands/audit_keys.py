"""`manage.py audit_keys`: the public keys that verify the log, or a new pair of keys."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.keys import encode, public_keys


class Command(BaseCommand):
    help = "Prints the public keys that the audit log's seals are verified with."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--new", action="store_true", help="Print fresh values of the two secret settings.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["new"]:
            for name in ("AUDIT_SIGNING_KEY", "AUDIT_MAC_KEYS"):
                self.stdout.write(f"{name}={encode(secrets.token_bytes(32))}")
            return
        for name, key in public_keys().items():
            self.stdout.write(f"{name} {encode(key.public_bytes_raw())}")
