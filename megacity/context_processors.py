"""What every page needs: the zone's brand and the map of the city."""

from typing import Any

from django.conf import settings
from django.utils.translation import get_language

from accounts.selectors import unread_notices
from megacity.navigation import navigation
from zones.registry import BY_ID, ZONES, ZoneSpec
from zones.requests import CityRequest


def _said(texts: dict[str, str]) -> str:
    return texts.get((get_language() or "en").partition("-")[0]) or texts["en"]


def url_of(domain: str, surface: str, request: CityRequest) -> str:
    """The address of a zone's surface as this visitor reaches the city (scheme and port included)."""
    port = request.get_port() if ":" in request.META.get("HTTP_HOST", "") else ""
    return f"{request.scheme}://{surface}.{domain}{':' + port if port else ''}"


def domains(spec: ZoneSpec) -> list[str]:
    return [f"{d.development}.localhost" if settings.DEVELOPMENT else d.name for d in spec.domains]


def city(request: CityRequest) -> dict[str, Any]:
    zone = getattr(request, "zone", None)
    spec = BY_ID.get(zone.schema_name) if zone else None
    admin_url = url_of(request.place.domain, "admin", request) + "/" if zone else ""
    user = getattr(request, "user", None)
    return {
        # Asked for where the bell is shown, and nowhere else.
        "unread_notices": lambda: unread_notices(user) if user is not None and user.is_authenticated else 0,
        "nav": navigation(request, admin_url) if zone else [],
        "zone": brand_of(zone, spec) if zone else None,
        "surface": getattr(request, "surface", ""),
        "city": [
            {
                "zone_id": each.zone_id,
                "brand": each.brand.name,
                "domain": name.name,
                "purpose": name.purpose,
                "tagline": _said(each.brand.tagline),
                "audience": _said(each.brand.audience),
                "mark": f"brand/{each.zone_id}.svg",
                "url": url_of(domain, "www", request),
                "app_url": url_of(domain, "app", request),
            }
            for each in ZONES
            for name, domain in zip(each.domains, domains(each), strict=True)
        ],
        "app_url": url_of(request.place.domain, "app", request) if zone else "",
        "www_url": url_of(request.place.domain, "www", request) if zone else "",
    }


def brand_of(zone, spec: ZoneSpec | None) -> dict[str, str]:
    """A zone that operators made beside the registry has its name and the city's own look."""
    return {
        "zone_id": zone.schema_name,
        "brand": zone.brand,
        "mark": f"brand/{spec.zone_id}.svg" if spec else "brand/city.svg",
        "tagline": _said(spec.brand.tagline) if spec else "",
        "audience": _said(spec.brand.audience) if spec else "",
    }
