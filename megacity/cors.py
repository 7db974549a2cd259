"""A zone's API and files may be used by that zone's own `app.` pages, and by no other origin."""

import re

from django.conf import settings
from django.http import HttpRequest


def allow_own_app(sender, request: HttpRequest, **kwargs) -> bool:
    """Whether the request comes from the zone's own app, by the scheme and at the port by which it came to us.

    Letter by letter, as browsers write an origin (RFC 6454, section 6.2): in production https without a port. Another
    port of that host, or its name with the root's dot, is another origin, and who answers there is not known.
    """
    place = getattr(request, "place", None)
    # django-cors-headers asks here for every address, also for those that its own setting leaves out.
    if place is None or not re.match(settings.CORS_URLS_REGEX, request.path_info):
        return False
    _, colon, port = request.META.get("HTTP_HOST", "").partition(":")
    return request.headers.get("origin") == f"{request.scheme}://app.{place.domain}{colon}{port}"
