"""How long a log-in lasts: until nothing was asked for some time, and never beyond an end that is set when it begins.

Both are the session's own expiry, which its store keeps (row and cookie), so a session that has run out is not found
by anything that looks for it, WebSockets included.
"""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.selectors import security_policy

KEY = "log_in_times"
# The row is written again so often while its person is there: five times within the idle time, once a minute at most.
STEPS, SHORTEST_STEP = 5, 60


def begin(request: HttpRequest, *, console: bool) -> None:
    """A log-in begins: note its times by the zone's policy."""
    policy = security_policy()
    idle = (policy.console_idle_minutes if console else policy.session_idle_minutes) * 60
    hours = policy.console_hours if console else policy.session_hours
    now = time.time()
    request.session[KEY] = {"idle": idle, "until": now + hours * 3600, "seen": now}
    request.session.set_expiry(min(idle, hours * 3600))


class SessionTimesMiddleware:
    """Moves the end of a session whose person is there, but not beyond the last moment."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        times = request.session.get(KEY)
        if times:
            now = time.time()
            if now - times["seen"] > max(SHORTEST_STEP, times["idle"] / STEPS):
                request.session[KEY] = {**times, "seen": now}
                request.session.set_expiry(max(1, int(min(times["idle"], times["until"] - now))))
        return self.get_response(request)
