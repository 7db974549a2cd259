"""Addresses of a zone's own pages, for mails: from the registered domains, never from what a request calls itself."""

from urllib.parse import urlsplit

from django.conf import settings

from zones.context import connection, current_zone_id, public_context
from zones.models import Domain
from zones.registry import BY_ID

PUBLIC = "public"


def zone_domain() -> str:
    """The current zone's first domain; on a development machine its name below `.localhost`, which leads here.

    The control plane's is the first of CONTROL_HOSTS, or "" where there is none. Raises LookupError for a zone without
    a domain.
    """
    zone_id = current_zone_id()
    if zone_id == PUBLIC:
        return next(iter(settings.CONTROL_HOSTS), "")
    with public_context():
        domains = Domain.objects.filter(tenant__schema_name=zone_id).order_by("-is_primary", "pk")
        names = list(domains.values_list("domain", flat=True))
    local = [name for name in names if name.endswith(".localhost")]
    if settings.DEVELOPMENT and local:
        return local[0]
    if not names:
        raise LookupError(f"Zone {zone_id!r} has no domain.")
    return names[0]


def address(path: str, surface: str = "app") -> str:
    """`address("/profile")` → `https://app.univprepai.com/profile`. Raises ValueError for a path that names a host."""
    parts = urlsplit(path)
    if not path.startswith("/") or path.startswith("//") or "\\" in path or parts.scheme or parts.netloc:
        raise ValueError(f"{path!r} is no path of our own.")
    domain = zone_domain()
    host = domain if current_zone_id() == PUBLIC and surface != "admin" else f"{surface}.{domain}"
    if settings.DEVELOPMENT:
        return f"http://{host}:{settings.PORT}{path}"
    return f"https://{host}{path}"


def brand_name() -> str:
    """What the current zone calls itself."""
    spec = BY_ID.get(current_zone_id())
    return spec.brand.name if spec else getattr(connection.tenant, "brand", "") or "MegaCity"
