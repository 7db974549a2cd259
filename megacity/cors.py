"""A zone's API and files may be used by that zone's own `app.` pages, and by no other origin."""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from zones.hosts import hostname


def allow_own_app(sender, request: HttpRequest, **kwargs) -> bool:
    place = getattr(request, "place", None)
    # django-cors-headers asks here for every address, also for those that its own setting leaves out.
    if place is None or not re.match(settings.CORS_URLS_REGEX, request.path_info):
        return False
    try:
        origin = urlsplit(request.headers.get("origin", ""))
    except ValueError:
        return False
    if origin.scheme not in ("http", "https") or "@" in origin.netloc:
        return False
    if request.is_secure() and origin.scheme != "https":
        return False
    return hostname(origin.netloc) == f"app.{place.domain}"
