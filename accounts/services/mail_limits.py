"""Mails that people ask for who have not logged in: how often, and in which language."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from zones import limits
from zones.context import current_zone_id
from zones.problems import Throttled


def may_mail(*, email: str, ip: str | None) -> bool:
    """Count a wish for a mail to this address, whether or not anybody has it.

    Raises Throttled when this client wishes too often. False when too many have gone to the address from everywhere:
    then none is sent, and the answer is the same, since its owner is not who asks.
    """
    if not settings.RATE_LIMITS_ENABLED:
        return True
    zone, wanted, whence = current_zone_id(), email.strip().lower(), limits.network_of(ip)
    for key, limit in ((whence, "client"), (f"{whence}:{wanted}", "asked")):
        wait = limits.wait_seconds(f"{zone}:mail:{key}", *settings.MAIL_RATE_LIMITS[limit])
        if wait > 0:
            raise Throttled(_("Too many mails were asked for. Try again later."), retry_after=math.ceil(wait))
    return limits.wait_seconds(f"{zone}:mail-to:{wanted}", *settings.MAIL_RATE_LIMITS["address"]) <= 0


@contextmanager
def evenly() -> Iterator[None]:
    """Take as long for an address that nobody has as for one that somebody has, who is told one thing more."""
    ends_at = monotonic() + settings.EVEN_ANSWER_SECONDS
    try:
        yield
    finally:
        sleep(max(0.0, ends_at - monotonic()))


def spoken() -> str:
    """The language of this request, for people who chose none."""
    return get_language() or settings.LANGUAGE_CODE
