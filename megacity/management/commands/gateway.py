"""`manage.py gateway /etc/nginx/megacity`: the configuration of what stands before the processes in production."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from megacity.gateway import Gateway, UnfitValue, write

USUAL = Gateway(admin_networks=())


class Command(BaseCommand):
    help = "Writes nginx.conf for every domain of the city, and the pages by which nginx refuses, into a folder."

    def add_arguments(self, parser) -> None:
        parser.add_argument("folder", type=Path, help="Where nginx will read it; also of its cache and of acme/.")
        for name, what in (("web", "granian"), ("ws", "daphne")):
            usual = " ".join(getattr(USUAL, name))
            text = f"host:port or unix:/path of {what}, once for each process ({usual})."
            parser.add_argument(f"--{name}", action="append", default=[], metavar="ADDRESS", help=text)
        parser.add_argument(
            "--certificates", default=USUAL.certificates, metavar="FOLDER", help="With <domain>.crt and <domain>.key."
        )
        parser.add_argument("--passwords", default="", metavar="FILE", help="htpasswd file, asked before the consoles.")
        parser.add_argument(
            "--edge", action="append", default=[], metavar="NETWORK", help="Whose header names the client's address."
        )
        parser.add_argument("--edge-header", default=USUAL.edge_header, metavar="NAME")
        parser.add_argument(
            "--upstream-ca", default="", metavar="FILE", help="Speak TLS to the processes; who vouches for them."
        )
        parser.add_argument(
            "--upstream-name", default=USUAL.upstream_name, metavar="NAME", help="In their certificate."
        )
        parser.add_argument("--listen", action="append", default=[], metavar="ADDRESS")
        parser.add_argument("--http-port", type=int, default=USUAL.http_port)
        parser.add_argument("--https-port", type=int, default=USUAL.https_port)

    def handle(self, *args: Any, **options: Any) -> None:
        several: dict[str, Any] = {
            name: tuple(options[name]) for name in ("web", "ws", "edge", "listen") if options[name]
        }
        names = ("certificates", "passwords", "edge_header", "upstream_ca", "upstream_name", "http_port", "https_port")
        one: dict[str, Any] = {name: options[name] for name in names}
        folder = options["folder"].resolve()
        try:
            files = write(Gateway(folder=str(folder), **several, **one), folder)
        except UnfitValue as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Wrote {len(files)} files into {folder}. Look at them with `nginx -t` before a reload.")
