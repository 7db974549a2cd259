"""`manage.py reset_mfa E-MAIL --zone ID --reason WORDS`: for somebody who has lost all second factors.

Before you run it, see to it that it is really that person who asks: by a call back to a number that was known before,
in person, or through their organization's administrator. The reason goes into the log and into a mail to them.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.services import factors
from zones.context import PUBLIC, UnknownZone, get_zone, public_context, zone_context


class Command(BaseCommand):
    help = "Removes all second factors of an account and logs it out everywhere."

    def add_arguments(self, parser) -> None:
        parser.add_argument("email")
        parser.add_argument("--zone", required=True, help=f"The zone's id; {PUBLIC} for the platform's own staff.")
        parser.add_argument("--reason", required=True, help="Who asked, and how you made sure that it was them.")

    def handle(self, *args: Any, **options: Any) -> None:
        reason = options["reason"].strip()
        if len(reason) < 10:
            raise CommandError("Give the reason in some words: who asked, and how you made sure that it was them.")
        try:
            place = public_context() if options["zone"] == PUBLIC else zone_context(get_zone(options["zone"]))
        except UnknownZone as error:
            raise CommandError(str(error)) from error
        with place:
            user = User.objects.with_email(options["email"]).first()
            if user is None:
                raise CommandError(f"There is no account {options['email']!r} in {options['zone']}.")
            number = factors.reset(user=user, reason=reason)
        self.stdout.write(f"{user.email}: {number} factors removed, logged out everywhere.")
