"""Host name → (zone, surface).

The table of domains is small and read on every request, so each process keeps it for a few seconds
(`settings.ZONE_HOSTS_TTL`); `forget()` drops it at once in the process that changed a zone.
"""

import threading
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError

from zones.context import enter_unknown, public_context
from zones.models import Domain, Zone
from zones.registry import SURFACES


@dataclass(frozen=True)
class Place:
    """Where a host leads: a zone (None is the control plane), its surface and the domain below which it was found."""

    zone: Zone | None
    surface: str
    domain: str


class _Table:
    def __init__(self) -> None:
        self.domains: dict[str, Zone] = {}
        self.read_at = float("-inf")
        self.lock = threading.Lock()


_table = _Table()


def forget() -> None:
    """Read the domains anew at the next request."""
    _table.read_at = float("-inf")


def _domains() -> dict[str, Zone]:
    if time.monotonic() - _table.read_at < settings.ZONE_HOSTS_TTL:
        return _table.domains
    with _table.lock:
        if time.monotonic() - _table.read_at >= settings.ZONE_HOSTS_TTL:
            try:
                with public_context():
                    _table.domains = {d.domain: d.tenant for d in Domain.objects.select_related("tenant")}
                _table.read_at = time.monotonic()
            except DatabaseError:
                # What was known a moment ago is better than nothing; a process that never knew cannot answer.
                if not _table.domains:
                    raise
    return _table.domains


def hostname(host: str) -> str:
    """`App.Example.com:8000` → `app.example.com`."""
    name = host.strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0].rstrip(".")


def resolve(host: str) -> Place | None:
    """Where `host` (with or without port) leads, or None for a host that is not ours.

    A bare domain is its `www`. The control plane answers on `settings.CONTROL_HOSTS` and on `admin.` below them.
    """
    name = hostname(host)
    port = host.strip().lower().removeprefix(name).lstrip(".").removeprefix(":")
    if port and not (port.isascii() and port.isdigit()):
        # Django would refuse it later, in the middle of a page.
        return None
    if name in settings.CONTROL_HOSTS:
        return Place(None, "www", name)
    prefix, _, rest = name.partition(".")
    if rest in settings.CONTROL_HOSTS and prefix in ("admin", "static"):
        return Place(None, prefix, rest)
    domains = _domains()
    if name in domains:
        return Place(domains[name], "www", name)
    if prefix in SURFACES and rest in domains:
        return Place(domains[rest], prefix, rest)
    return None


def enter(place: Place) -> None:
    """Point this thread's connection at the place's schema, as for somebody who is not known."""
    enter_unknown(place.zone)
