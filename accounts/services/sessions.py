"""Where people are logged in, with browsers and by tokens: the list, the end of one, the end of all."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from uuid import UUID

import redis
from django.conf import settings
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django_redis import get_redis_connection

from accounts import tokens
from accounts.models import LoginSession, RefreshSession, User
from accounts.places import agent_words, country_of, place_of
from accounts.services.devices import Visit
from audit.models import Action
from audit.services import record
from zones.context import zone_wide
from zones.problems import NotFound

# How exactly a list tells when somebody was there last; more often would be a write a page.
SEEN_EVERY = timedelta(minutes=5)
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Place:
    """One line of the list. `is_current` is the one that asks."""

    id: UUID
    kind: str
    surface: str
    device: str
    where: str
    ip: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    is_current: bool


def opened(
    *, user: User, kind: str, visit: Visit, surface: str, session_key: str = "", family: UUID | None = None
) -> UUID:
    """Note a new place; its id, which for tokens is their family."""
    row = LoginSession(
        user=user,
        kind=kind,
        session_key=session_key,
        surface=surface,
        user_agent=visit.user_agent[:300].replace("\0", ""),
        ip=visit.ip,
        country=country_of(visit.ip),
        last_seen_at=timezone.now(),
    )
    if family is not None:
        row.id = family
    # Nobody is known yet to whose rows this request is confined.
    with zone_wide():
        row.save(force_insert=True)
    return row.id


def is_open(*, session_id: UUID) -> bool:
    """Whether nobody has ended this place."""
    with zone_wide():
        return LoginSession.objects.filter(pk=session_id, ended_at=None).exists()


def seen(*, session_id: UUID, session_key: str) -> bool:
    """Somebody uses this place; whether it is still open."""
    with zone_wide():
        still_open = LoginSession.objects.filter(pk=session_id, ended_at=None)
        return bool(still_open.update(last_seen_at=timezone.now(), session_key=session_key))


def kept(*, session_id: UUID, session_key: str) -> None:
    """This place goes on where all of its person's have ended: theirs is the hand that ended them."""
    with zone_wide():
        place = LoginSession.objects.filter(pk=session_id)
        place.update(last_seen_at=timezone.now(), session_key=session_key, ended_at=None)


def all_ended(*, user: User) -> int:
    """Another password has shut this person's sessions: they leave the list; the number of them."""
    with zone_wide():
        return LoginSession.objects.filter(user=user, ended_at=None).update(ended_at=timezone.now())


def places_of(user: User, *, current: UUID | None = None) -> list[Place]:
    """Where this person is logged in now, the latest first."""
    now = timezone.now()
    with zone_wide():
        refreshed = dict(
            RefreshSession.objects.filter(user=user, revoked_at=None, expires_at__gt=now)
            .values_list("family")
            .annotate(at=Max("created_at"))
        )
        rows = [
            row
            for row in LoginSession.objects.filter(user=user, ended_at=None)
            if row.pk in refreshed or (row.kind == LoginSession.Kind.PAGE and row.last_seen_at > now - _page_age())
        ]
    places = [_place(row, refreshed.get(row.pk), current) for row in rows]
    return sorted(places, key=lambda place: (place.is_current, place.last_seen_at), reverse=True)


def _page_age() -> timedelta:
    return timedelta(seconds=settings.SESSION_COOKIE_AGE)


def _place(row: LoginSession, refreshed_at: datetime | None, current: UUID | None) -> Place:
    return Place(
        id=row.pk,
        kind=row.kind,
        surface=row.surface,
        device=agent_words(row.user_agent),
        where=place_of(row.ip),
        ip=row.ip,
        first_seen_at=row.created_at,
        last_seen_at=max(row.last_seen_at, refreshed_at or row.last_seen_at),
        is_current=row.pk == current,
    )


def end_one(*, user: User, session_id: UUID) -> None:
    """End one place of this person. Raises NotFound for one that has ended, or is another's."""
    with transaction.atomic(), zone_wide():
        row = LoginSession.objects.select_for_update().filter(pk=session_id, user=user, ended_at=None).first()
        if row is None:
            raise NotFound(audited=LoginSession.objects.filter(pk=session_id).exclude(user=user).exists())
        row.ended_at = timezone.now()
        row.save(update_fields=["ended_at"])
        if row.kind == LoginSession.Kind.API:
            tokens.end_family(row.pk)
        elif not _delete_session(row.session_key):
            # Redis may still have a copy that nobody can delete now: all sessions of this person end with it.
            User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
        _record_end(user, str(session_id))


def _delete_session(session_key: str) -> bool:
    """Delete a browser's session; whether it is certain that no copy is left in the cache."""
    import_module(settings.SESSION_ENGINE).SessionStore(session_key).delete()
    try:
        return bool(get_redis_connection("default").ping())
    except redis.RedisError:
        return False


def end_all(*, user: User) -> int:
    """Log somebody out everywhere: browsers, refresh tokens, access tokens; the number of places that ended."""
    with transaction.atomic(), zone_wide():
        # The hash that every browser's session holds changes with it: no list of them needs to be complete.
        User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
        user.refresh_from_db(fields=["session_epoch"])
        tokens.revoke_everything(user)
        number = all_ended(user=user)
        _record_end(user, "all")
    return number


def closed(*, session_id: UUID | None) -> None:
    """The place was left by its own log-out, which writes its own row in the log."""
    if session_id is not None:
        with zone_wide():
            LoginSession.objects.filter(pk=session_id, ended_at=None).update(ended_at=timezone.now())


def sweep() -> int:
    """Delete what nobody was seen in for long; the number of rows."""
    with zone_wide():
        return LoginSession.objects.filter(last_seen_at__lt=timezone.now() - KEPT - _page_age()).delete()[0]


def _record_end(user: User, which: str) -> None:
    record(Action.LOGOUT, "login_session", which, organization_id=user.organization_id, details={"of": str(user.pk)})
