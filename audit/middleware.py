"""Puts the request's address and user agent beside whatever is recorded during it."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpResponse

from audit.context import Actor, acting
from zones.requests import CityRequest


def client_ip(request: CityRequest) -> str | None:
    """The address of the person, read from X-Forwarded-For only as far as trusted proxies wrote it."""
    return address_of(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))


def address_of(remote: str, forwarded: str) -> str | None:
    """The same from the address of the connection and the header's value."""
    if remote and remote not in settings.TRUSTED_PROXIES:
        return _valid(remote)
    for hop in reversed(forwarded.split(",")):
        address = hop.strip()
        if address and address not in settings.TRUSTED_PROXIES:
            return _valid(address)
    return _valid(remote)


def _valid(address: str) -> str | None:
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None


class ActorMiddleware:
    """Runs the request as an anonymous actor; authentication names the person later."""

    def __init__(self, get_response: Callable[[CityRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: CityRequest) -> HttpResponse:
        request.client_ip = client_ip(request)
        with acting(Actor(ip=request.client_ip, user_agent=request.META.get("HTTP_USER_AGENT", ""))):
            return self.get_response(request)
