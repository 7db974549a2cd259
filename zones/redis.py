"""This process's connection to Redis. Everything kept there may vanish without a loss."""

import threading
import time
from functools import cache
from typing import Any

import redis
from django.conf import settings

# For how long nobody waits for a Redis that let somebody wait in vain.
SILENCE_SECONDS = 2.0


class _Patience:
    """What this process knows of a Redis that takes connections and does not answer.

    One that is gone refuses at once; one that hangs, or whose packets are lost, costs each question its time limit, and
    a page may have thirty of them. So after one that got no answer the next ones are told so without being asked, and
    every SILENCE_SECONDS one tries again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._silent_until = 0.0

    def begin(self) -> None:
        """Before a question. Raises redis.ConnectionError while there is no use in it."""
        if not self._silent_until:
            return
        with self._lock:
            now = time.monotonic()
            if now < self._silent_until:
                raise redis.ConnectionError("Redis did not answer a moment ago.")
            # Whoever comes while this one waits goes on without.
            self._silent_until = now + SILENCE_SECONDS

    def failed(self) -> None:
        with self._lock:
            self._silent_until = time.monotonic() + SILENCE_SECONDS

    def answered(self) -> None:
        if self._silent_until:
            with self._lock:
                self._silent_until = 0.0


_patience = _Patience()


class _Noticing:
    """A connection that tells whether it was answered."""

    def connect(self) -> None:
        try:
            super().connect()  # type: ignore[misc]  # of the connection class beside it
        except redis.TimeoutError:
            _patience.failed()
            raise

    def read_response(self, *args: Any, **kwargs: Any) -> Any:
        try:
            answer = super().read_response(*args, **kwargs)  # type: ignore[misc]  # as above
        except redis.TimeoutError:
            _patience.failed()
            raise
        _patience.answered()
        return answer


def _noticing(kind: type[Any]) -> type[Any]:
    return type(f"Noticing{kind.__name__}", (_Noticing, kind), {})


class Pool(redis.ConnectionPool):
    """Connections of this process, of the cache too (settings.CACHES)."""

    def __init__(self, connection_class: type[Any] = redis.Connection, **kwargs: Any) -> None:
        super().__init__(connection_class=_noticing(connection_class), **kwargs)

    def get_connection(self, *args: Any, **kwargs: Any) -> Any:
        _patience.begin()
        return super().get_connection(*args, **kwargs)


@cache
def client() -> redis.Redis:
    """A thread-safe client with a pool, quick to give up: a request waits half a second for Redis at most."""
    pool = Pool.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5)
    return redis.Redis(connection_pool=pool)
