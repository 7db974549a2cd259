"""`manage.py token_keys`: the keys that tokens are signed with; `--rotate` puts a new one in front."""

import os
import secrets
import tempfile
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from accounts import token_keys

HEAD = "# The keys of MegaCity's tokens, newest first: <secret>@<the time from which it signs>. Keep it as a secret.\n"


class Command(BaseCommand):
    help = "Lists the keys of the tokens, or adds a new one without logging anybody out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rotate", action="store_true", help="Add a new key and drop those that have ended.")
        parser.add_argument(
            "--in",
            dest="minutes",
            type=float,
            default=10.0,
            metavar="MINUTES",
            help="When the new key begins to sign; until then every process must have got it (default: 10).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["minutes"] < 0:
            raise CommandError("--in takes 0 minutes or more.")
        try:
            # A file that is not there yet is made by the first rotation.
            missing = settings.JWT_SIGNING_KEYS_FILE and not Path(settings.JWT_SIGNING_KEYS_FILE).exists()
            default = (token_keys.Key(settings.SECRET_KEY, is_default=True),)
            ring = token_keys.Ring(default, token_keys.longest_lifetime()) if missing else token_keys.ring()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        now = datetime.now(UTC)
        if options["rotate"]:
            self._rotate(ring, now, timedelta(minutes=options["minutes"]))
        else:
            self._list(ring, now)

    def _list(self, ring: token_keys.Ring, now: datetime) -> None:
        signing = ring.signing(now)
        for key in ring.keys:
            name = "SECRET_KEY" if key.is_default else "own key"
            begins = f"signs from {key.signs_from:%Y-%m-%d %H:%M %Z}" if key.signs_from else "signs from the beginning"
            ends = ring.ends(key)
            until = f"verifies until {ends:%Y-%m-%d %H:%M %Z}" if ends else "verifies"
            mark = "*" if key is signing else " "
            self.stdout.write(f"{mark} {key.kid}  {name:10}  {begins}, {until}")

    def _rotate(self, ring: token_keys.Ring, now: datetime, wait: timedelta) -> None:
        begins = (now + wait).replace(microsecond=0)
        newest = ring.keys[0].signs_from
        if newest and newest > now:
            raise CommandError(f"A key that begins at {newest.isoformat()} is waiting already.")
        keys = token_keys.rotated(ring, secret=secrets.token_urlsafe(48), signs_from=begins, now=now)
        entries = [token_keys.entry(key) for key in keys]
        if settings.JWT_SIGNING_KEYS_FILE:
            _write(Path(settings.JWT_SIGNING_KEYS_FILE), HEAD + "\n".join(entries) + "\n")
            self.stdout.write(f"Key {keys[0].kid} signs from {begins.isoformat()}; every process reads it by itself.")
            return
        self.stdout.write(f"Key {keys[0].kid} signs from {begins.isoformat()}. Set this in every process until then:")
        self.stdout.write(f"JWT_SIGNING_KEYS={','.join(entries)}")


def _write(path: Path, text: str) -> None:
    """In one step, readable by its owner alone: a reader sees the old file or the new one."""
    try:
        owner = path.stat() if path.exists() else None
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".token_keys-")
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if owner:
                os.chmod(name, owner.st_mode & 0o777)
                os.chown(name, owner.st_uid, owner.st_gid)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error}") from error
