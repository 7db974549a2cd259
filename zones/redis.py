"""This process's connection to Redis. Everything kept there may vanish without a loss."""

from functools import cache

import redis
from django.conf import settings


@cache
def client() -> redis.Redis:
    """A thread-safe client with a pool, quick to give up: a request waits half a second for Redis at most."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5)
