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
    if remote and not _trusted(remote):
        return _valid(remote)
    for hop in reversed(forwarded.split(",")):
        address = hop.strip()
        if address and not _trusted(address):
            return _valid(address)
    return _valid(remote)


def _trusted(address: str) -> bool:
    return address in settings.TRUSTED_PROXIES or _valid(address) in settings.TRUSTED_PROXIES


def _valid(address: str) -> str | None:
    """The one spelling of an address.

    Of a server that listens to IPv6 every IPv4 visitor is "::ffff:…": in one /64, which would be blocked for all of
    them. A scope ("%eth0") is this machine's own word, and no part of PostgreSQL's inet.
    """
    try:
        read = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return str(getattr(read, "ipv4_mapped", None) or read)


class ActorMiddleware:
    """Runs the request as an anonymous actor; authentication names the person later."""

    def __init__(self, get_response: Callable[[CityRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: CityRequest) -> HttpResponse:
        request.client_ip = client_ip(request)
        with acting(Actor(ip=request.client_ip, user_agent=request.META.get("HTTP_USER_AGENT", ""))):
            return self.get_response(request)
