"""How long others are waited for: one server that hangs must not hold every thread of this process.

A bulkhead and a circuit breaker (Nygard, *Release It!*, 2nd ed., chapter 5) for each host that is called.
"""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# A call that has lasted so long is slow; so many slow ones at once are enough for one host.
SLOW_SECONDS = 1.0
SLOW_AT_ONCE = 2
# After a slow call has failed, one at a time tries whether the host is back.
RECOVERY_SECONDS = 30.0


class Busy(Exception):
    """The call is not made: others wait for this host already."""


class Patience:
    """The calls of one process, by host; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, list[float]] = {}
        self._hung: dict[str, float] = {}

    @contextmanager
    def calling(self, host: str) -> Iterator[None]:
        """Around one call to `host`. Raises Busy, at once, where another one would only wait as well."""
        began = time.monotonic()
        with self._lock:
            running = self._running.setdefault(host, [])
            slow = sum(began - since > SLOW_SECONDS for since in running)
            is_recovering = began - self._hung.get(host, -math.inf) < RECOVERY_SECONDS
            if slow >= SLOW_AT_ONCE or (is_recovering and running):
                raise Busy(f"{host} does not answer; {len(running)} calls wait for it already.")
            running.append(began)
        failed = True
        try:
            yield
            failed = False
        finally:
            with self._lock:
                self._end(host, began, failed)

    def _end(self, host: str, began: float, failed: bool) -> None:
        now = time.monotonic()
        running = self._running[host]
        running.remove(began)
        if not running:
            del self._running[host]
        # Names of hosts come from others: none is kept for longer than it counts.
        self._hung = {name: since for name, since in self._hung.items() if now - since < RECOVERY_SECONDS}
        if failed and now - began > SLOW_SECONDS:
            self._hung[host] = now
        elif not failed:
            self._hung.pop(host, None)
