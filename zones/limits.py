"""Requests a minute with a burst: the generic cell rate algorithm (GCRA), and blocks for a while.

One number a key is kept: the theoretical arrival time of the next request. Redis holds it for all processes (one Lua
call, by Redis's clock). Each process remembers what it last saw and tells Redis with its next question: while Redis is
away it goes on from there by itself, and a Redis that came back empty learns what it has lost.
"""

import ipaddress
import math
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import redis
from redis.commands.core import Script

from zones.redis import client

MOST_REMEMBERED = 100_000
FORGOTTEN_SECONDS = 3600
TOLD_MILLISECONDS = 1000

# KEYS: the limit; and, where an address is watched too, its block and its count of requests.
# ARGV: interval, tolerance, what the process knows to be owed already (all in ms); requests that may come within a
# window, the window and the block that follows (ms), and how much this request counts there.
# Returns ms to wait (0: within the limit), ms owed now, and whether it is the address that is blocked.
_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local interval, tolerance, known = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if KEYS[2] then
  local blocked = redis.call('PTTL', KEYS[2])
  if blocked > 0 then return {blocked, 0, 1} end
  if tonumber(ARGV[7]) > 0 then
    local count = redis.call('INCRBY', KEYS[3], ARGV[7])
    if count == tonumber(ARGV[7]) then redis.call('PEXPIRE', KEYS[3], ARGV[5]) end
    if count > tonumber(ARGV[4]) then
      redis.call('SET', KEYS[2], 1, 'PX', ARGV[6])
      redis.call('DEL', KEYS[3])
      return {tonumber(ARGV[6]), 0, 2}
    end
  end
end
local stored = tonumber(redis.call('GET', KEYS[1]))
local arrival = stored and math.max(stored, now) or now + known
local wait = arrival - tolerance - now
if wait > 0 then return {math.ceil(wait), math.ceil(arrival - now), 0} end
arrival = arrival + interval
redis.call('SET', KEYS[1], string.format('%.3f', arrival), 'PX', math.ceil(arrival - now) + 1)
return {0, math.ceil(arrival - now), 0}
"""


def network_of(ip: str | None) -> str:
    """Whom an address counts for: itself, or of IPv6 its /64, which one customer has whole (RFC 6177)."""
    if ip is None or ":" not in ip:
        return ip or "unknown"
    return str(ipaddress.ip_network(f"{ip}/64", strict=False).network_address) + "/64"


@dataclass(frozen=True)
class Flood:
    """An address that sends more than `most` requests within `window` seconds is refused for `block` seconds.

    This request counts `weight` of them; 0 leaves the count as it is, and the block is looked at all the same.
    """

    address: str
    most: int
    window: int
    block: int
    weight: int = 1

    @property
    def keys(self) -> list[str]:
        return [f"block:{self.address}", f"flood:{self.address}"]


@dataclass(frozen=True)
class Verdict:
    """What a request was told: seconds to wait (0: go on), how many may follow at once, when the burst is whole again.

    `flooded`: it is the address that is blocked, whatever its rate; `newly` since this very request.
    """

    wait: float
    remaining: int = 0
    reset: float = 0.0
    flooded: bool = False
    newly: bool = False


class Bucket:
    """The limit of one connection, which lives in one process: nobody else is asked."""

    def __init__(self, per_minute: int, burst: int) -> None:
        self.interval, self.tolerance = 60_000 / per_minute, 60_000 / per_minute * (burst - 1)
        self.arrival = 0.0

    def allows(self) -> bool:
        now = _now()
        arrival = max(self.arrival, now)
        if arrival - self.tolerance > now:
            return False
        self.arrival = arrival + self.interval
        return True


class _Memory:
    """What this process knows; times in milliseconds of its own clock."""

    def __init__(self) -> None:
        self.arrivals: dict[str, float] = {}
        self.blocks: dict[str, float] = {}
        self.counts: dict[str, tuple[int, float]] = {}
        self.lock = threading.Lock()

    def owed(self, key: str) -> float:
        return max(0.0, self.arrivals.get(key, 0.0) - _now())

    def remember(self, key: str, arrival: float) -> None:
        with self.lock:
            if len(self.arrivals) > MOST_REMEMBERED:
                now = _now()
                self.arrivals = {k: at for k, at in self.arrivals.items() if at > now}
            self.arrivals[key] = arrival

    def take(self, key: str, interval: float, tolerance: float) -> tuple[float, float]:
        now = _now()
        with self.lock:
            arrival = max(self.arrivals.get(key, now), now)
            wait = arrival - tolerance - now
            if wait <= 0:
                arrival += interval
        self.remember(key, arrival)
        return max(0.0, wait), arrival - now

    def flood(self, flood: Flood) -> tuple[float, bool]:
        block, counted = flood.keys
        if left := self.blocked(block):
            return left, False
        now = _now()
        with self.lock:
            if len(self.counts) > MOST_REMEMBERED:
                self.counts = {k: seen for k, seen in self.counts.items() if seen[1] > now}
            count, ends = self.counts.get(counted, (0, 0.0))
            count, ends = (count, ends) if ends > now else (0, now + flood.window * 1000)
            self.counts[counted] = count + flood.weight, ends
        if count + flood.weight <= flood.most:
            return 0.0, False
        self.block(block, flood.block * 1000)
        return flood.block * 1000.0, True

    def block(self, key: str, milliseconds: float) -> None:
        self.remember_block(key, _now() + milliseconds)

    def remember_block(self, key: str, until: float) -> None:
        """Block `key` until this moment at least; one that has passed is no block."""
        now = _now()
        with self.lock:
            if len(self.blocks) > MOST_REMEMBERED:
                self.blocks = {k: end for k, end in self.blocks.items() if end > now}
            if until > max(now, self.blocks.get(key, 0.0)):
                self.blocks[key] = until

    def blocked(self, key: str) -> float:
        return max(0.0, self.blocks.get(key, 0.0) - _now())


def _now() -> float:
    return time.monotonic() * 1000


_memory = _Memory()
_take = Script(None, _TAKE.encode())  # type: ignore[arg-type]  # the client is named at each call


def take(key: str, per_minute: float, burst: int, flood: Flood | None = None) -> Verdict:
    """Count one request of `key`: `burst` may come at once, after that one every 60/`per_minute` seconds.

    One call to Redis, which looks after the address of `flood` too.
    """
    interval = 60_000 / per_minute
    tolerance = interval * (burst - 1)
    keys = [f"limit:{key}", *(flood.keys if flood else [])]
    watched = [flood.most, flood.window * 1000, flood.block * 1000, flood.weight] if flood else []
    # Read before the call: what a process believes to be owed must never be more than what is.
    asked = _now()
    known = _memory.owed(key)
    answer: Any
    try:
        answer = _take(keys, [interval, tolerance, known, *watched], client())
    except redis.RedisError:
        return _alone(key, interval, tolerance, flood)
    wait, owed, blocked = float(answer[0]), float(answer[1]), int(answer[2])
    if blocked:
        _memory.block(keys[1], wait)
        return Verdict(wait / 1000, flooded=True, newly=blocked == 2)
    if flood is not None and (left := _still_blocked(keys[1], 0)):
        return Verdict(left / 1000, flooded=True)
    _memory.remember(key, asked + owed - 1)
    return _verdict(wait, owed, interval, tolerance)


def _alone(key: str, interval: float, tolerance: float, flood: Flood | None) -> Verdict:
    """The same by this process's own knowledge, while Redis is away."""
    if flood is not None:
        blocked, newly = _memory.flood(flood)
        if blocked:
            return Verdict(blocked / 1000, flooded=True, newly=newly)
    return _verdict(*_memory.take(key, interval, tolerance), interval, tolerance)


def _verdict(wait: float, owed: float, interval: float, tolerance: float) -> Verdict:
    remaining = math.floor((tolerance - owed) / interval + 1e-6) + 1 if owed <= tolerance else 0
    return Verdict(wait / 1000, remaining, owed / 1000)


def wait_seconds(key: str, per_minute: float, burst: int) -> float:
    """Seconds until `key` may ask again; 0 when this request is within the limit (and is then counted)."""
    return take(key, per_minute, burst).wait


def forget(key: str) -> None:
    """Count the requests of `key` from nothing again."""
    _memory.arrivals.pop(key, None)
    try:
        # A value from long ago, and not none: that would have other processes tell what they remember.
        client().set(f"limit:{key}", 0, ex=FORGOTTEN_SECONDS)
    except redis.RedisError:
        return


def forget_everything_known() -> None:
    """Drop what this process remembers; for tests, which empty Redis too."""
    _memory.__init__()  # type: ignore[misc]


def block(key: str, seconds: int) -> None:
    """Refuse `key` for so long, whatever its rate."""
    _memory.block(f"block:{key}", seconds * 1000)
    try:
        client().set(f"block:{key}", 1, ex=seconds)
    except redis.RedisError:
        return


def blocked_seconds(key: str) -> float:
    """Seconds until the block of `key` ends; 0 when there is none."""
    name, asked = f"block:{key}", _now()
    try:
        milliseconds: Any = client().pttl(name)
        _memory.remember_block(name, asked + milliseconds)
        return _still_blocked(name, max(0, milliseconds)) / 1000
    except redis.RedisError:
        return _memory.blocked(name) / 1000


def _still_blocked(name: str, milliseconds: float) -> float:
    """Milliseconds of a block of which Redis knows `milliseconds`. What it was not told or has lost it is told now."""
    known = _memory.blocked(name)
    # Clocks differ a little; what they differ by must not make a block longer with each question.
    if known > milliseconds + TOLD_MILLISECONDS:
        with suppress(redis.RedisError):
            client().set(name, 1, px=math.ceil(known))
    return max(known, milliseconds)


def first_in(key: str, seconds: int) -> bool:
    """Whether `key` is asked about for the first time in so many seconds; for what is told once and not again."""
    try:
        return bool(client().set(f"first:{key}", 1, ex=seconds, nx=True))
    except redis.RedisError:
        if _memory.blocked(f"first:{key}"):
            return False
        _memory.block(f"first:{key}", seconds * 1000)
        return True
