"""A Redis that takes connections and does not answer keeps nobody waiting for long, and is asked again."""

import os
import signal
import time
from collections.abc import Iterator

import pytest
import redis
from django_redis.cache import RedisCache

from accounts.tasks import send_mails
from megacity import embedded
from tests.threads import together
from zones import redis as ours


@pytest.fixture
def hanging(tmp_path_factory) -> Iterator[tuple[redis.Redis, int]]:
    """A client of a Valkey of its own, and the process to stop."""
    server = embedded.start_valkey(tmp_path_factory.mktemp("valkey"))
    pool = ours.Pool.from_url(server.url, socket_connect_timeout=0.3, socket_timeout=0.3)
    try:
        yield redis.Redis(connection_pool=pool), server.pid
    finally:
        os.kill(server.pid, signal.SIGCONT)
        pool.disconnect()
        server.stop(force=True)
        ours._patience.answered()


def refused_at_once(client: redis.Redis) -> bool:
    begun = time.monotonic()
    with pytest.raises(redis.ConnectionError, match="a moment ago"):
        client.ping()
    return time.monotonic() - begun < 0.1


def test_one_waits_for_a_redis_that_hangs_and_the_next_ones_do_not(hanging, monkeypatch):
    client, pid = hanging
    monkeypatch.setattr(ours, "SILENCE_SECONDS", 0.6)
    assert client.ping()
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(redis.TimeoutError):
        client.ping()
    assert refused_at_once(client)
    # The cache asks the same server.
    url = "redis://{host}:{port}/0".format(**client.connection_pool.connection_kwargs)
    options = {"CONNECTION_POOL_CLASS": "zones.redis.Pool", "SOCKET_TIMEOUT": 0.3, "IGNORE_EXCEPTIONS": True}
    cache = RedisCache(url, {"OPTIONS": options})
    begun = time.monotonic()
    assert [cache.get(f"key-{number}") for number in range(30)] == [None] * 30
    assert time.monotonic() - begun < 0.3
    time.sleep(0.7)
    # One looks whether it is back; those who come meanwhile go on without.
    begun = time.monotonic()
    with pytest.raises(redis.RedisError):
        client.ping()
    assert time.monotonic() - begun > 0.2
    assert refused_at_once(client)
    os.kill(pid, signal.SIGCONT)
    time.sleep(0.7)
    assert client.ping()
    assert client.ping()


def test_of_many_at_once_one_asks_whether_it_is_back(hanging, univ, monkeypatch):
    client, pid = hanging
    monkeypatch.setattr(ours, "SILENCE_SECONDS", 0.6)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(redis.TimeoutError):
        client.ping()
    time.sleep(0.7)
    answers = together(univ, *[client.ping] * 8)
    assert sum(isinstance(answer, redis.TimeoutError) for answer in answers) == 1
    assert sum("a moment ago" in str(answer) for answer in answers) == 7


def test_a_redis_that_is_gone_is_asked_each_time(hanging):
    client, pid = hanging
    assert client.ping()
    os.kill(pid, signal.SIGKILL)
    for _ in range(3):
        with pytest.raises(redis.ConnectionError, match=r"(?i)refused|closed|reset"):
            client.ping()


def test_a_message_to_a_worker_waits_for_no_broker_that_hangs(hanging, in_univ, monkeypatch):
    client, pid = hanging
    monkeypatch.setattr(ours, "client", lambda: client)
    os.kill(pid, signal.SIGSTOP)
    begun = time.monotonic()
    for _ in range(5):
        with pytest.raises(redis.RedisError):
            send_mails.apply_async(retry=False)
    assert time.monotonic() - begun < 1
