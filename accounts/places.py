"""Where a request came from and with what, in the few words that a person recognises."""

import ipaddress
from functools import lru_cache

from django.utils.translation import gettext as _
from iptocc import country_code
from ua_parser import parse

# Their names are long, and everybody calls them otherwise.
_SHORT = {"Mobile Safari": "Safari", "Chrome Mobile": "Chrome", "Firefox Mobile": "Firefox", "Mac OS X": "macOS"}


@lru_cache(maxsize=1024)
def country_of(ip: str | None) -> str:
    """The country (ISO 3166-1, two letters) to which a registry gave this address; nothing where none did.

    Registries know whom they gave a range to, not where it is used: some one in twenty is elsewhere.
    """
    return (country_code(ip) or "") if ip else ""


def place_of(ip: str | None) -> str:
    """The country, else the network: the first two groups of an address of version 4, three of version 6."""
    if not ip:
        return _("an unknown place")
    if country := country_of(ip):
        return country
    address = ipaddress.ip_address(ip)
    bits = 16 if address.version == 4 else 48
    return str(ipaddress.ip_network(f"{ip}/{bits}", strict=False))


@lru_cache(maxsize=1024)
def agent_of(user_agent: str) -> str:
    """The family of browser and system, without versions: `Chrome · Windows`; nothing for what names neither."""
    read = parse(user_agent[:300])
    families = [read.user_agent and read.user_agent.family, read.os and read.os.family]
    return " · ".join(dict.fromkeys(_SHORT.get(name, name) for name in families if name))[:120]


def agent_words(user_agent: str) -> str:
    return agent_of(user_agent) or _("an unknown program")
