"""`manage.py check --deploy`: what leaves this machine for a server of ours goes encrypted (docs/decisions/0036)."""

import ipaddress
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

# What libpq does of itself: encrypt where the server offers it, and otherwise not.
SSLMODE_DEFAULT = "prefer"
# Encrypted, but to whoever answers (libpq, "SSL Support", table 32.1).
UNVERIFIED = frozenset({"require", "verify-ca"})


@register(Tags.security, deploy=True)
def nothing_goes_over_a_network_in_the_clear(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    return [
        *_database("DATABASE_URL", settings.DATABASES["default"]),
        *_database("DATABASE_OWNER_URL", settings.DATABASE_OWNER),
        *_redis(settings.REDIS_URL),
        *_mail(),
        *_endpoint("S3_ENDPOINT_URL", settings.STORAGES["default"].get("OPTIONS", {}).get("endpoint_url")),
        *_endpoint("KMS_AWS_ENDPOINT", settings.KMS_AWS_ENDPOINT),
        *_endpoint("CLAMD_URL", settings.CLAMD_URL),
    ]


def is_on_this_machine(host: str) -> bool:
    """Whether `host` is a Unix socket (a path, or nothing at all) or loopback."""
    if not host or host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _in_the_clear(name: str, host: str, hint: str) -> Error:
    return Error(f"{name} leads to {host} without TLS.", hint=hint, id="megacity.E013")


def _database(name: str, database: dict[str, Any]) -> Iterator[CheckMessage]:
    options = database.get("OPTIONS", {})
    # libpq takes several hosts, and goes where `hostaddr` says.
    named = ",".join(str(part) for part in (database.get("HOST"), options.get("hostaddr")) if part)
    away = [host for host in named.split(",") if not is_on_this_machine(host.strip())]
    mode = options.get("sslmode") or os.environ.get("PGSSLMODE") or SSLMODE_DEFAULT
    if not away or mode == "verify-full":
        return
    hint = "Add sslmode=verify-full, and sslrootcert= where the authority is your own."
    if mode in UNVERIFIED:
        said = f"{name} has sslmode={mode}: {away[0]} need not show that it is the server that was meant."
        yield Warning(said, hint=hint, id="megacity.W003")
    else:
        yield _in_the_clear(name, away[0], hint)


def _redis(url: str) -> Iterator[CheckMessage]:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "unix" or is_on_this_machine(host):
        return
    asked = {key: values[-1].lower() for key, values in parse_qs(parts.query).items()}
    if parts.scheme != "rediss":
        yield _in_the_clear("REDIS_URL", host, "Write rediss:// for redis://.")
    elif asked.get("ssl_cert_reqs") in ("none", "optional") or asked.get("ssl_check_hostname") in ("false", "0", "no"):
        said = f"REDIS_URL: {host} need not show that it is the server that was meant."
        yield Warning(said, hint="Leave out ssl_cert_reqs and ssl_check_hostname.", id="megacity.W003")


def _mail() -> Iterator[CheckMessage]:
    host, encrypted = settings.EMAIL_HOST, settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL
    if settings.EMAIL_BACKEND.endswith("smtp.EmailBackend") and not encrypted and not is_on_this_machine(host):
        yield _in_the_clear("EMAIL_URL", host, "Write smtp:// (STARTTLS) or smtps://.")


def _endpoint(name: str, url: str | None) -> Iterator[CheckMessage]:
    parts = urlsplit(url or "")
    hints = {"http": "Write https:// for http://.", "tcp": "clamd knows no TLS: reach it through a tunnel."}
    if parts.scheme in hints and not is_on_this_machine(parts.hostname or ""):
        yield _in_the_clear(name, parts.hostname or "", hints[parts.scheme])
