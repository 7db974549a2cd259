"""`manage.py api_client create|rotate|list|disable|enable --zone ID …`: servers that sign their requests to the API."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import ApiClient, Organization
from accounts.people import Operator
from accounts.services import api_clients
from zones.context import UnknownZone, get_zone, zone_context
from zones.problems import Problem


class Command(BaseCommand):
    help = "Makes API clients and their keys. A secret is shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        create = _command(commands, "create", "Make a client and its first key.", named=True)
        create.add_argument("--organization", metavar="CODE", help="Confine it to one organization.")
        create.add_argument("--permission", action="append", required=True, metavar="NAME", help="exam:read, …")
        create.add_argument("--network", action="append", default=[], metavar="CIDR", help="Where it may call from.")
        rotate = _command(commands, "rotate", "Make another key; the one before goes on for a while.", named=True)
        rotate.add_argument("--days", type=int, default=api_clients.KEY_LIFETIME.days, help="The new key's life.")
        rotate.add_argument("--overlap-days", type=int, default=api_clients.OVERLAP.days, help="How long the old one.")
        _command(commands, "disable", "Refuse every request of a client.", named=True)
        _command(commands, "enable", "Take its requests again.", named=True)
        _command(commands, "list", "The clients and their keys, without secrets.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with zone_context(get_zone(options["zone"])):
                getattr(self, f"_{options['command']}")(options)
        except UnknownZone as error:
            raise CommandError(str(error)) from error
        except Problem as problem:
            errors = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in problem.extra.get("errors", {}).items())
            raise CommandError(errors or str(problem.detail)) from problem

    def _create(self, options: dict[str, Any]) -> None:
        organization = None
        if options["organization"]:
            organization = Organization.objects.filter(code=options["organization"]).first()
            if organization is None:
                raise CommandError(f"There is no organization {options['organization']!r}.")
        _client, made = api_clients.create_client(
            person=Operator(),
            name=options["name"],
            organization=organization,
            permissions=options["permission"],
            networks=options["network"],
        )
        self._show(made)

    def _rotate(self, options: dict[str, Any]) -> None:
        lifetime, overlap = timedelta(days=options["days"]), timedelta(days=options["overlap_days"])
        client = _find(options["name"])
        self._show(api_clients.rotate_key(person=Operator(), client=client, lifetime=lifetime, overlap=overlap))

    def _show(self, made: api_clients.NewKey) -> None:
        self.stdout.write(f"key    {made.key.pk}")
        self.stdout.write(f"secret {made.secret}")
        self.stdout.write(f"Valid until {made.key.expires_at:%Y-%m-%d}. The secret is not shown again.")

    def _disable(self, options: dict[str, Any]) -> None:
        api_clients.update_client(person=Operator(), client=_find(options["name"]), is_enabled=False)

    def _enable(self, options: dict[str, Any]) -> None:
        api_clients.update_client(person=Operator(), client=_find(options["name"]), is_enabled=True)

    def _list(self, options: dict[str, Any]) -> None:
        now = timezone.now()
        for client in ApiClient.objects.select_related("organization").prefetch_related("keys"):
            place = client.organization.code if client.organization else "the whole zone"
            state = "" if client.is_enabled else "  (disabled)"
            self.stdout.write(f"{client.name}: {place}; {', '.join(client.permissions)}{state}")
            for key in client.keys.all():
                until = f"until {key.expires_at:%Y-%m-%d}" if key.expires_at > now else "over"
                used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
                self.stdout.write(f"  {key.pk}  {until}, last used {used}")


def _command(commands: Any, name: str, words: str, *, named: bool = False) -> ArgumentParser:
    parser: ArgumentParser = commands.add_parser(name, help=words)
    parser.add_argument("--zone", required=True, metavar="ID")
    if named:
        parser.add_argument("name")
    return parser


def _find(name: str) -> ApiClient:
    client = ApiClient.objects.filter(name=name).first()
    if client is None:
        raise CommandError(f"There is no API client {name!r}.")
    return client
