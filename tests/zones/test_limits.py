"""Limits across processes, and while Redis is away or begins anew."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from megacity import embedded
from zones import limits
from zones import redis as zones_redis
from zones.limits import Flood, take

# One more in half a minute, so that no refill blurs what is counted.
PER_MINUTE, BURST = 2, 40
processes = multiprocessing.get_context("fork")


@pytest.fixture
def own_redis(tmp_path, settings) -> Iterator[Callable[[float], None]]:
    """A Valkey that this test may stop; when it is started again it knows nothing any more."""
    started = [embedded.start_valkey(tmp_path / "valkey", durable=False)]
    settings.REDIS_URL = started[0].url
    zones_redis.client.cache_clear()

    def restart(pause: float) -> None:
        started[0].stop(force=True)
        time.sleep(pause)
        started[0] = embedded.start_valkey(tmp_path / "valkey", durable=False)
        assert started[0].url == settings.REDIS_URL

    yield restart
    started[0].stop(force=True)
    zones_redis.client.cache_clear()


@pytest.fixture
def no_redis(settings) -> Iterator[None]:
    zones_redis.client.cache_clear()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    yield
    zones_redis.client.cache_clear()


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    zones_redis.client().flushdb()
    limits.forget_everything_known()
    yield
    limits.forget_everything_known()


def hammer(key: str, seconds: float, results: Any) -> None:
    until, passed, asked = time.monotonic() + seconds, 0, 0
    while time.monotonic() < until:
        passed += take(key, PER_MINUTE, BURST).wait == 0
        asked += 1
        time.sleep(0.005)
    results.put((passed, asked))


def hammered(key: str, *, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> tuple[int, int]:
    """How many requests of `key` four processes were allowed at once, and how many they asked for."""
    results = processes.Queue()
    hammering = [processes.Process(target=hammer, args=(key, seconds, results)) for _ in range(4)]
    for one in hammering:
        one.start()
    meanwhile()
    told = [results.get(timeout=30) for _ in hammering]
    for one in hammering:
        one.join()
    return sum(passed for passed, _ in told), sum(asked for _, asked in told)


def test_four_processes_share_one_limit_exactly(own_redis):
    passed, asked = hammered("shared", seconds=1.0)
    # More than may pass, however busy the machine is.
    assert asked > BURST
    assert passed == BURST


def test_the_limit_holds_although_redis_forgets_everything_in_the_middle(own_redis):
    """Without what the processes remember, another burst would pass after the restart, and one a process during it."""

    def meanwhile() -> None:
        time.sleep(0.7)
        own_redis(0.3)

    passed, asked = hammered("restarted", seconds=2.0, meanwhile=meanwhile)
    assert asked > 4 * BURST
    assert passed == BURST


def test_a_process_goes_on_by_itself_from_what_it_saw_last(own_redis, settings):
    for _ in range(30):
        assert take("alone", PER_MINUTE, BURST).wait == 0
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    zones_redis.client.cache_clear()
    assert sum(take("alone", PER_MINUTE, BURST).wait == 0 for _ in range(30)) == 10


def test_what_is_forgotten_is_not_told_again_by_those_who_remember(nothing_known):
    for _ in range(BURST):
        take("log-in", PER_MINUTE, BURST)
    remembered = dict(limits._memory.arrivals)
    limits.forget("log-in")
    # Another process saw all of it.
    limits._memory.arrivals.update(remembered)
    assert take("log-in", PER_MINUTE, BURST).wait == 0


def test_what_may_follow_and_when_all_is_whole_again(nothing_known):
    first = take("counted", 60, 3)
    assert (first.wait, first.remaining) == (0, 2)
    assert 0.9 < first.reset <= 1.0
    assert [take("counted", 60, 3).remaining for _ in range(2)] == [1, 0]
    refused = take("counted", 60, 3)
    assert (refused.remaining, refused.flooded) == (0, False)
    assert 0 < refused.wait <= 1.0
    time.sleep(refused.wait)
    assert take("counted", 60, 3).wait == 0


@pytest.mark.parametrize("redis", ["there", "away"])
def test_an_address_that_floods_is_blocked_whatever_it_asks(redis, request):
    if redis == "away":
        request.getfixturevalue("no_redis")
    flood = Flood("203.0.113.5", most=10, window=300, block=3600)
    verdicts = [take(f"many:{n}", 600, 100, flood) for n in range(11)]
    assert [verdict.flooded for verdict in verdicts] == [False] * 10 + [True]
    assert (verdicts[-1].newly, verdicts[-1].wait) == (True, 3600)
    again = take("another", 600, 100, Flood("203.0.113.5", 10, 300, 3600, weight=0))
    assert (again.flooded, again.newly) == (True, False)
    assert not take("another", 600, 100, Flood("203.0.113.6", 10, 300, 3600)).flooded


def test_a_block_made_while_redis_is_away_stands_when_it_is_back_for_all_processes(own_redis, settings):
    there = settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    zones_redis.client.cache_clear()
    flood = Flood("203.0.113.9", most=2, window=300, block=3600)
    limits.block("log-in:eve", 900)
    assert [take("x", 600, 100, flood).flooded for _ in range(3)] == [False, False, True]
    settings.REDIS_URL = there
    zones_redis.client.cache_clear()
    assert 890 < limits.blocked_seconds("log-in:eve") <= 900
    assert take("x", 600, 100, flood).flooded
    # What another process, which saw nothing of it, is told.
    limits.forget_everything_known()
    assert 890 < limits.blocked_seconds("log-in:eve") <= 900
    assert take("x", 600, 100, flood).flooded


def test_a_block_that_redis_told_of_stands_while_redis_is_away(own_redis, settings):
    limits.block("log-in:eve", 900)
    # This process did not make it.
    limits.forget_everything_known()
    assert limits.blocked_seconds("log-in:eve") > 890
    left = [limits.blocked_seconds("log-in:eve") for _ in range(50)]
    assert left == sorted(left, reverse=True)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    zones_redis.client.cache_clear()
    assert 890 < limits.blocked_seconds("log-in:eve") <= left[-1]


def test_a_block_outlives_a_redis_that_forgets_everything(own_redis):
    limits.block("log-in:eve", 900)
    own_redis(0)
    assert 890 < limits.blocked_seconds("log-in:eve") <= 900


def test_what_counts_more_blocks_sooner(nothing_known):
    heavy = Flood("203.0.113.7", most=10, window=300, block=3600, weight=5)
    assert [take("x", 600, 100, heavy).flooded for _ in range(3)] == [False, False, True]


def test_a_count_ends_with_its_window(nothing_known):
    flood = Flood("203.0.113.8", most=2, window=1, block=60)
    assert [take("x", 600, 100, flood).flooded for _ in range(2)] == [False, False]
    time.sleep(1.1)
    assert not take("x", 600, 100, flood).flooded


def test_one_call_to_redis(nothing_known, monkeypatch):
    take("warm", 600, 100)
    sent: list[str] = []
    really = type(zones_redis.client()).execute_command

    def execute_command(self, *args, **kwargs):
        sent.append(args[0])
        return really(self, *args, **kwargs)

    monkeypatch.setattr(type(zones_redis.client()), "execute_command", execute_command)
    assert take("one", 600, 100, Flood("203.0.113.9", 1000, 300, 3600)).wait == 0
    assert sent == ["EVALSHA"]


@pytest.mark.parametrize("redis", ["there", "away"])
def test_what_is_told_once(redis, request):
    if redis == "away":
        request.getfixturevalue("no_redis")
    assert [limits.first_in("scanner", 60) for _ in range(3)] == [True, False, False]
    assert limits.first_in("another", 60)


def test_threads_of_a_process_without_redis_share_its_count(no_redis):
    passed: list[bool] = []

    def ask() -> None:
        passed.extend(take("threads", PER_MINUTE, BURST).wait == 0 for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == BURST
