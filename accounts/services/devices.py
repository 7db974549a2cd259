"""Devices with which people have logged in before, and the warning when one is new."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.db import transaction
from django.utils import timezone

from accounts.models import KnownDevice, User
from accounts.people import as_actor
from accounts.places import agent_of, agent_words, country_of, place_of
from accounts.services.notices import notify
from audit.models import Action
from audit.services import record
from zones.context import current_zone_id, zone_wide

# Browsers keep a cookie for 400 days at most.
COOKIE_AGE = timedelta(days=400)
_SALT = "accounts.devices"
_LINK_SALT = "accounts.devices.not-me"
LINK_AGE = timedelta(days=7)


@dataclass(frozen=True)
class Visit:
    """A request that logs somebody in: its address, its user agent, and the device cookie as it came ("" for none)."""

    ip: str | None
    user_agent: str
    cookie: str = ""


def read_cookie(value: str) -> str:
    """The device's random name, when we have signed it; else nothing."""
    try:
        return str(signing.loads(value, salt=_SALT, max_age=COOKIE_AGE)) if value else ""
    except signing.BadSignature:
        return ""


def make_cookie(device: str) -> str:
    return signing.dumps(device, salt=_SALT)


def new_device() -> str:
    return secrets.token_urlsafe(24)


def _key(device: str, visit: Visit) -> str:
    # A client without cookies is known by what it calls itself.
    told = f"device:{device}" if device else f"agent:{agent_of(visit.user_agent)}"
    return hashlib.sha256(told.encode()).hexdigest()


def notice(*, user: User, visit: Visit, device: str) -> bool:
    """Remember the device of a log-in; whether it was new to this person, who is then warned by mail and notice.

    New is a device cookie or a family of programs never seen with it, or a country; a first log-in warns nobody.
    """
    key, agent, country = _key(device, visit), agent_of(visit.user_agent), country_of(visit.ip)
    now = timezone.now()
    # Before the log-in is complete there is nobody's organization to be confined to.
    with transaction.atomic(), zone_wide():
        known = list(KnownDevice.objects.filter(user=user))
        same = [row for row in known if row.key == key and row.agent == agent]
        is_new = bool(known) and not (same and (not country or any(row.country == country for row in known)))
        KnownDevice.objects.update_or_create(
            user=user, key=key, country=country, defaults={"agent": agent, "last_seen_at": now}
        )
        if is_new:
            _warn(user, visit)
    return is_new


def _warn(user: User, visit: Visit) -> None:
    said = {"what": agent_words(visit.user_agent), "where": place_of(visit.ip)}
    record(Action.UPDATE, "user", user.pk, actor=as_actor(user), details={"new_device": said})
    told = {**said, "when": timezone.now(), "path": f"/not-me/{make_link(user)}"}
    notify(user=user, kind="new_device", context=told)


def sweep() -> int:
    """Forget what no browser can name any more; the number of rows."""
    with zone_wide():
        return KnownDevice.objects.filter(last_seen_at__lt=timezone.now() - COOKIE_AGE).delete()[0]


def make_link(user: User) -> str:
    """The token of the link in the warning: it ends what is logged in now, and nothing after that."""
    claims = {"user": str(user.pk), "zone": current_zone_id(), "epoch": user.session_epoch}
    return signing.dumps(claims, salt=_LINK_SALT)


def read_link(token: str) -> User | None:
    """Whose warning this was; None for a link that is forged, too old, used or of another zone."""
    try:
        claims = signing.loads(token, salt=_LINK_SALT, max_age=LINK_AGE)
    except signing.BadSignature:
        return None
    if claims["zone"] != current_zone_id():
        return None
    with zone_wide():
        return User.objects.filter(pk=claims["user"], session_epoch=claims["epoch"]).first()
