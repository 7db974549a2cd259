"""The consoles are reached from settings.ADMIN_NETWORKS alone."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from megacity import refusals
from zones.requests import CityRequest


class AdminNetworkMiddleware:
    """403 for everybody else on the admin. surface, its log-in page included; by the address of the person, not the
    gateway's.
    """

    def __init__(self, get_response: Callable[[CityRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: CityRequest) -> HttpResponse:
        if request.surface != "admin" or not settings.ADMIN_NETWORKS or _allowed(request.client_ip):
            return self.get_response(request)
        refusals.note(request, reason="address_not_allowed", status=403)
        with translation.override(translation.get_language_from_request(request)):
            said = _("The console cannot be reached from this address.")
            return refusals.answer(request, status=403, code="address_not_allowed", said=said)


def _allowed(ip: str | None) -> bool:
    if ip is None:
        return False
    address = ipaddress.ip_address(ip)
    # An IPv4 visitor of a server that listens to IPv6 is the same visitor.
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address.version == network.version and address in network for network in settings.ADMIN_NETWORKS)
