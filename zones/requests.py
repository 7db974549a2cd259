"""What the first middleware adds to a request."""

from django.http import HttpRequest

from zones.hosts import Place
from zones.models import Zone


class CityRequest(HttpRequest):
    """A request that knows where it goes and where it comes from."""

    place: Place
    zone: Zone | None
    surface: str
    client_ip: str | None
