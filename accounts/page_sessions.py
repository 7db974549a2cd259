"""What a browser's session knows of its log-in: when it was proved, which place of the list it is, what is missing."""

import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import LoginSession, User
from accounts.services import devices, factors, sessions
from accounts.services.devices import Visit

# How long a proof of who one is lasts for what could do great harm.
RECENT = timedelta(minutes=15)

_PROVED_AT = "proved_at"
_PLACE = "login_session"
_SEEN_AT = "seen_at"
_OPENED_AT = "opened_at"
_MUST_ENROL = "must_enrol"
_HAS_SHOWN = "factor_shown"
_SURFACE = "surface"


def visit_of(request: HttpRequest) -> Visit:
    return Visit(
        ip=getattr(request, "client_ip", None),
        user_agent=request.META.get("HTTP_USER_AGENT", ""),
        cookie=request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""),
    )


# --- Opening and leaving --------------------------------------------------------------------------------------------


def stamp(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Django's signal of every log-in, by whichever way: who has just logged in has just proved who they are."""
    request.session[_PROVED_AT] = time.time()


def opened(request: HttpRequest, user: User) -> None:
    """Somebody has come through all stages: note the place, look at the device, and whether a factor is missing."""
    visit = visit_of(request)
    device = devices.read_cookie(visit.cookie) or devices.new_device()
    place = sessions.opened(
        user=user,
        kind=LoginSession.Kind.PAGE,
        visit=visit,
        surface=getattr(request, "surface", ""),
        session_key=request.session.session_key or "",
    )
    request.session[_PLACE] = str(place)
    request.session[_SURFACE] = getattr(request, "surface", "")
    request.session[_SEEN_AT] = request.session[_OPENED_AT] = time.time()
    # Whoever has a factor was asked for it on the way here.
    request.session[_HAS_SHOWN] = factors.needed(user)
    if not request.session[_HAS_SHOWN] and factors.required_of(user.role):
        request.session[_MUST_ENROL] = True
    devices.notice(user=user, visit=visit, device=device)
    request.device_cookie = devices.make_cookie(device)  # type: ignore[attr-defined]


def set_device_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Give the device its name, where this request has logged somebody in."""
    if cookie := getattr(request, "device_cookie", ""):
        response.set_cookie(
            settings.DEVICE_COOKIE_NAME,
            cookie,
            max_age=devices.COOKIE_AGE,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def place_id(request: HttpRequest) -> UUID | None:
    """Which place of the list this browser is."""
    kept = request.session.get(_PLACE)
    return UUID(kept) if kept else None


def left(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Django's signal of every log-out, while the session is still there."""
    sessions.closed(session_id=place_id(request))


def is_elsewhere(request: HttpRequest) -> bool:
    """Whether this session was opened on another surface: browsers keep cookies apart, so somebody carried it here."""
    return request.session.get(_SURFACE, request.surface) != request.surface  # type: ignore[attr-defined]


def is_open(session: Any) -> bool:
    """Whether nobody has ended the place of this session (its store)."""
    place = session.get(_PLACE)
    return place is None or sessions.is_open(session_id=UUID(place))


def seen(request: HttpRequest) -> bool:
    """Tell the list every few minutes that somebody is here; whether this place is still open."""
    place, now = place_id(request), time.time()
    if place is None or now - request.session.get(_SEEN_AT, 0) < sessions.SEEN_EVERY.total_seconds():
        return True
    request.session[_SEEN_AT] = now
    return sessions.seen(session_id=place, session_key=request.session.session_key or "")


def end_others(request: HttpRequest, user: User) -> int:
    """Log somebody out everywhere but here; the number of places that ended."""
    number = sessions.end_all(user=user)
    stay(request, user)
    return number


def stay(request: HttpRequest, user: User) -> None:
    """Keep this browser logged in where its person has just shut all their sessions, by another password or by hand."""
    update_session_auth_hash(request, user)
    if (place := place_id(request)) is not None:
        sessions.kept(session_id=place, session_key=request.session.session_key or "")


# --- Proving again --------------------------------------------------------------------------------------------------


def proved(request: HttpRequest) -> None:
    """Somebody who is logged in has proved again who they are: from now on under a new key (ASVS 5.0, 7.2.4)."""
    request.session.cycle_key()
    request.session[_PROVED_AT] = time.time()
    _follow_key(request)


def _follow_key(request: HttpRequest) -> None:
    if (place := place_id(request)) is not None:
        sessions.seen(session_id=place, session_key=request.session.session_key or "")


def is_recent(request: HttpRequest) -> bool:
    """Whether the last proof is not older than RECENT."""
    return time.time() - request.session.get(_PROVED_AT, 0) < RECENT.total_seconds()


def to_confirmation(request: HttpRequest, *, then: str = "") -> HttpResponse:
    """To the page that asks who this is, and on to `then`: a path; by default back to what was asked for."""
    return HttpResponseRedirect(f"{reverse('confirm')}?{urlencode({'next': then or _way_back(request)})}")


def _way_back(request: HttpRequest) -> str:
    """The page that was asked for; for what was sent there, the page with the form."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    form = urlsplit(request.headers.get("referer", ""))
    return form.path if form.netloc == request.get_host() and form.path else request.get_full_path()


# --- A factor that is missing -----------------------------------------------------------------------------------------


def lacks_factor(session: Any, user: User) -> bool:
    """Whether this log-in (its store) lacks the second factor that its role needs, or has come to need since."""
    if session.get(_MUST_ENROL):
        return True
    if session.get(_HAS_SHOWN):
        return False
    began = session.get(_OPENED_AT, session.get(_PROVED_AT, 0))
    return factors.demanded_since(user, began) and factors.required_of(user.role)


def enrolled(request: HttpRequest) -> None:
    """A factor was added in this very session."""
    request.session.pop(_MUST_ENROL, None)
    request.session[_HAS_SHOWN] = True
