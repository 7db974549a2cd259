"""Requests a minute with a burst, for each address and surface: the generic cell rate algorithm (GCRA).

One number a key is kept: the theoretical arrival time of the next request. Redis holds it for all processes (one Lua
call, by Redis's clock); while Redis is away each process limits by itself.
"""

import threading
import time
from collections.abc import Callable

import redis
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from megacity.errors import render_problem
from zones.problems import Throttled
from zones.redis import client

_GCRA = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local interval, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = arrival - tolerance - now
if wait > 0 then return math.ceil(wait) end
redis.call('SET', KEYS[1], arrival + interval, 'PX', math.ceil(arrival + interval - now) + 1)
return 0
"""


class _Memory:
    """The same algorithm within this process."""

    def __init__(self) -> None:
        self.arrivals: dict[str, float] = {}
        self.lock = threading.Lock()

    def wait(self, key: str, interval: float, tolerance: float) -> float:
        now = time.monotonic() * 1000
        with self.lock:
            if len(self.arrivals) > 100_000:
                self.arrivals = {k: at for k, at in self.arrivals.items() if at > now}
            arrival = max(self.arrivals.get(key, now), now)
            if arrival - tolerance > now:
                return arrival - tolerance - now
            self.arrivals[key] = arrival + interval
            return 0.0


_memory = _Memory()


def wait_seconds(key: str, per_minute: int, burst: int) -> float:
    """Seconds until `key` may ask again; 0 when this request is within the limit (and is then counted).

    `burst` requests may come at once; after that one every 60/`per_minute` seconds.
    """
    interval = 60_000 / per_minute
    tolerance = interval * (burst - 1)
    try:
        milliseconds = client().eval(_GCRA, 1, f"limit:{key}", interval, tolerance)
    except redis.RedisError:
        milliseconds = _memory.wait(key, interval, tolerance)
    return float(milliseconds) / 1000


class RateLimitMiddleware:
    """Answers 429 with Retry-After beyond the surface's limit for one address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.RATE_LIMITS_ENABLED or request.zone is None:
            return self.get_response(request)
        from zones.registry import BY_ID

        per_minute, burst = settings.RATE_LIMITS[request.surface]
        spec = BY_ID.get(request.zone.schema_name)
        if request.surface == "api" and spec:
            per_minute, burst = spec.api_requests_per_minute, spec.api_burst
        if request.path.startswith("/static/"):
            per_minute, burst = settings.RATE_LIMITS["static"]
        surface = "static" if request.path.startswith("/static/") else request.surface
        key = f"{request.zone.schema_name}:{surface}:{request.client_ip}"
        wait = wait_seconds(key, per_minute, burst)
        if wait > 0:
            seconds = max(1, round(wait + 0.5))
            return render_problem(
                request, Throttled(_("Too many requests. Try again in a moment."), retry_after=seconds)
            )
        return self.get_response(request)
