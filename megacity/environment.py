"""Reading the environment: every variable that MegaCity knows, checked by name when the process starts."""

import ipaddress
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from accounts.keys import check_entry

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()


def var_dir() -> Path:
    """Where data of an embedded installation lives: MEGACITY_VAR, else `var` beside manage.py."""
    return Path(env.str("MEGACITY_VAR", None) or BASE_DIR / "var").resolve()


def text(name: str, default: str) -> str:
    return _read(env.str, name, default)


def flag(name: str, default: bool) -> bool:
    return _read(env.bool, name, default)


def number(name: str, default: int, *, least: int = 0) -> int:
    value = _read(env.int, name, default)
    if value < least:
        raise ImproperlyConfigured(f"{name}={value} is too small; it must be at least {least}.")
    return value


def names(name: str, default: list[str]) -> list[str]:
    return _read(env.list, name, default)


def numbers(name: str, default: list[int]) -> list[int]:
    return _read(partial(env.list, subcast=int), name, default)


def networks(name: str, default: list[str]) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    try:
        return [ipaddress.ip_network(one) for one in names(name, default)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}.") from error


def only_in_development(name: str, development: bool) -> bool:
    """A flag that would open production to what only a developer needs; it is refused there."""
    value = flag(name, False)
    if value and not development:
        raise ImproperlyConfigured(f"{name} is for development; it cannot be set in production.")
    return value


def choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name}={value!r} is none of {', '.join(choices)}.")
    return value


def environment() -> str:
    """MEGACITY_ENV; unset, an installation on its own embedded database is a development one."""
    default = "production" if env.str("DATABASE_URL", "") else "development"
    return choice("MEGACITY_ENV", default, ("development", "test", "production"))


def _read(reader, name: str, default):
    try:
        return reader(name, default)
    except EnvError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error


def _url(name: str, file: str) -> str:
    """The variable, else what the embedded server wrote into `var/run` when it started."""
    if value := env.str(name, ""):
        return value
    written = var_dir() / "run" / file
    if written.exists():
        return written.read_text().strip()
    raise ImproperlyConfigured(f"{name} is not set and no embedded server is running (`make run` starts them).")


def name(name: str, default: str) -> str:
    """A variable that becomes part of names in PostgreSQL."""
    value = text(name, default)
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,23}", value):
        raise ImproperlyConfigured(f"{name}={value!r} must be 1 to 24 of a–z, 0–9 and _, the first a letter.")
    return value


def _database_parts(variable: str, url: str) -> dict[str, Any]:
    if urlsplit(url).scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(f"{variable} must begin with postgresql://, not {url.partition(':')[0]!r}.")
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        raise ImproperlyConfigured(f"{variable} cannot be read: {error}") from error
    if not parts.get("dbname"):
        raise ImproperlyConfigured(f"{variable} names no database.")
    return parts


def database_login() -> str:
    """The role with which processes log in; empty where the system's own name is meant."""
    return str(_app_parts().get("user") or "")


def _app_parts() -> dict[str, Any]:
    return _database_parts("DATABASE_URL", _url("DATABASE_URL", "database_url"))


def _owner_parts() -> dict[str, Any] | None:
    if url := env.str("DATABASE_OWNER_URL", ""):
        return _database_parts("DATABASE_OWNER_URL", url)
    written = var_dir() / "run" / "database_owner_url"
    if not written.exists():
        return None
    parts, place = _database_parts(str(written), written.read_text().strip()), ("host", "port", "dbname")
    # The embedded server's; DATABASE_URL may lead to another one.
    return parts if [parts.get(key) for key in place] == [_app_parts().get(key) for key in place] else None


def database() -> dict[str, Any]:
    """Django's DATABASES["default"] from DATABASE_URL (postgresql://user:password@host:port/name?sslmode=…).

    With MEGACITY_LOGIN=owner, which manage.py sets, from DATABASE_OWNER_URL where there is one: the login that owns
    the tables, and makes them.
    """
    owner = choice("MEGACITY_LOGIN", "app", ("app", "owner")) == "owner"
    return _database_settings((owner and _owner_parts()) or _app_parts())


def database_owner() -> dict[str, Any]:
    """The same for the owner, in a connection that no pool keeps; empty where one login is all there is."""
    parts = _owner_parts()
    if parts is None:
        return {}
    found = _database_settings(parts)
    found["OPTIONS"].pop("pool", None)
    return found


def _database_settings(parts: dict[str, Any]) -> dict[str, Any]:
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    settings = {known[key]: value for key, value in parts.items() if key in known}
    options: dict[str, Any] = {key: value for key, value in parts.items() if key not in known}
    # An ASGI process opens a connection a thread and a task; without a pool it would leak them.
    pooled = flag("DATABASE_POOL", False)
    if pooled:
        options["pool"] = {"min_size": 0, "max_size": number("DATABASE_POOL_SIZE", 8, least=1), "timeout": 10}
    return {
        "ENGINE": "zones.postgresql",
        **settings,
        "CONN_MAX_AGE": 0 if pooled else 60,
        "CONN_HEALTH_CHECKS": True,
        # Django's None would refuse even what asks to be prepared (exams.services.answering); nothing else ever is.
        "OPTIONS": {"application_name": "megacity", "prepare_threshold": 10**9, **options},
    }


def redis_url() -> str:
    url = _url("REDIS_URL", "redis_url")
    if urlsplit(url).scheme not in ("redis", "rediss", "unix"):
        raise ImproperlyConfigured(f"REDIS_URL must begin with redis://, rediss:// or unix://, not {url!r}.")
    return url


def clamd_url() -> str:
    """CLAMD_URL: `unix:///run/clamav/clamd.ctl` or `tcp://host:3310`; empty where there is no scanner."""
    url = env.str("CLAMD_URL", "")
    parts = urlsplit(url)
    if url and not ((parts.scheme == "unix" and parts.path) or (parts.scheme == "tcp" and parts.hostname)):
        raise ImproperlyConfigured(f"CLAMD_URL={url!r} is neither unix:///path nor tcp://host:3310.")
    return url


@dataclass(frozen=True)
class Mail:
    """Django's EMAIL settings."""

    backend: str
    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False


_MAIL_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


def mail(*, development: bool) -> Mail:
    """From EMAIL_URL: `smtp://user:password@host:587` (STARTTLS, refused without), `smtps://…:465` (TLS from the
    first byte) or `smtp+plain://host:25` (a relay on the same machine or network; no password goes that way).

    Unset on a development machine, mails become files under `var/mail`.
    """
    url = env.str("EMAIL_URL", "")
    if not url:
        if development:
            return Mail("megacity.mail.EmlBackend")
        raise ImproperlyConfigured("EMAIL_URL is not set: nobody could confirm an address or a password's renewal.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"EMAIL_URL cannot be read: {error}") from error
    if parts.scheme not in _MAIL_PORTS or not parts.hostname:
        raise ImproperlyConfigured(f"EMAIL_URL must be {', '.join(f'{name}://host' for name in _MAIL_PORTS)}.")
    if parts.scheme == "smtp+plain" and parts.password:
        raise ImproperlyConfigured("EMAIL_URL: a password needs smtp:// or smtps://, which encrypt it.")
    return Mail(
        "django.core.mail.backends.smtp.EmailBackend",
        parts.hostname,
        port or _MAIL_PORTS[parts.scheme],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        starttls=parts.scheme == "smtp",
        tls=parts.scheme == "smtps",
    )


def mail_from() -> str:
    """MAIL_FROM: an address, or only the part before the @ of each zone's own domain."""
    value = text("MAIL_FROM", "no-reply")
    local, at, domain = value.partition("@")
    if not re.fullmatch(r"[A-Za-z0-9._+-]+", local) or (at and not re.fullmatch(r"[A-Za-z0-9.-]+", domain)):
        raise ImproperlyConfigured(f"MAIL_FROM={value!r} is no e-mail address, nor the part of one before the @.")
    return value


def kept(name: str, file: str) -> str:
    """A secret from the environment, else the one that the launcher keeps in var/; empty where there is neither."""
    path = var_dir() / file
    return env.str(name, "") or (path.read_text().strip() if path.exists() else "")


def secret_key() -> str:
    """SECRET_KEY, else the one that the launcher keeps in var/secret_key."""
    value = kept("SECRET_KEY", "secret_key")
    if len(value) < 32:
        raise ImproperlyConfigured("SECRET_KEY must be set to at least 32 random characters.")
    return value


def keys(name: str, file: str) -> list[str]:
    """A ring of keys, newest first, separated by commas; else those that the launcher keeps in `var`, one a line."""
    kept = var_dir() / file
    found = names(name, []) or (kept.read_text().split() if kept.exists() else [])
    if not found:
        raise ImproperlyConfigured(f"{name} must be set: at least one key of 32 random bytes in URL-safe base64.")
    try:
        for entry in found:
            check_entry(entry)
    except ImproperlyConfigured as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error
    return found
