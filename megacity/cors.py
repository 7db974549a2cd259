"""A zone's API and files may be used by that zone's own `app.` pages, and by no other origin."""

from urllib.parse import urlsplit

from django.http import HttpRequest

from zones.hosts import hostname


def allow_own_app(sender, request: HttpRequest, **kwargs) -> bool:
    place = getattr(request, "place", None)
    origin = urlsplit(request.headers.get("origin", ""))
    if place is None or origin.scheme not in ("http", "https"):
        return False
    if request.is_secure() and origin.scheme != "https":
        return False
    return hostname(origin.netloc) == f"app.{place.domain}"
