"""Requests a minute with a burst: the generic cell rate algorithm (GCRA), and blocks for a while.

One number a key is kept: the theoretical arrival time of the next request. Redis holds it for all processes (one Lua
call, by Redis's clock); while Redis is away each process limits by itself.
"""

import threading
import time
from typing import Any

import redis

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
    """The same within this process; times in milliseconds."""

    def __init__(self) -> None:
        self.arrivals: dict[str, float] = {}
        self.blocks: dict[str, float] = {}
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

    def block(self, key: str, milliseconds: float) -> None:
        now = time.monotonic() * 1000
        with self.lock:
            if len(self.blocks) > 100_000:
                self.blocks = {k: until for k, until in self.blocks.items() if until > now}
            self.blocks[key] = now + milliseconds

    def blocked(self, key: str) -> float:
        return max(0.0, self.blocks.get(key, 0.0) - time.monotonic() * 1000)


_memory = _Memory()


def wait_seconds(key: str, per_minute: int, burst: int) -> float:
    """Seconds until `key` may ask again; 0 when this request is within the limit (and is then counted).

    `burst` requests may come at once; after that one every 60/`per_minute` seconds.
    """
    interval = 60_000 / per_minute
    tolerance = interval * (burst - 1)
    milliseconds: Any
    try:
        milliseconds = client().eval(_GCRA, 1, f"limit:{key}", interval, tolerance)
    except redis.RedisError:
        milliseconds = _memory.wait(key, interval, tolerance)
    return float(milliseconds) / 1000


def forget(key: str) -> None:
    """Count the requests of `key` from nothing again."""
    _memory.arrivals.pop(key, None)
    try:
        client().delete(f"limit:{key}")
    except redis.RedisError:
        return


def block(key: str, seconds: int) -> None:
    """Refuse `key` for so long, whatever its rate."""
    _memory.block(key, seconds * 1000)
    try:
        client().set(f"block:{key}", 1, ex=seconds)
    except redis.RedisError:
        return


def blocked_seconds(key: str) -> float:
    """Seconds until the block of `key` ends; 0 when there is none."""
    try:
        milliseconds: Any = client().pttl(f"block:{key}")
        return max(0, milliseconds) / 1000
    except redis.RedisError:
        return _memory.blocked(key) / 1000
