"""Whoever hangs holds few threads: a real server that does not answer, and the rules one by one."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from zones import outgoing, patience
from zones.outgoing import CallFailed, session
from zones.patience import Busy, Patience


@pytest.fixture
def hanging(settings, monkeypatch) -> Iterator[str]:
    """The address of a server that takes connections and says nothing; what this process knows of it is forgotten."""
    settings.OUTGOING_LOOPBACK = True
    monkeypatch.setattr(outgoing, "_patience", Patience())
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def call(url: str, seconds: float, ended: list[Exception]) -> threading.Thread:
    def wait() -> None:
        try:
            session().get(url, timeout=(1, seconds))
        except CallFailed as error:
            ended.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_server_that_hangs_holds_few_threads(hanging, monkeypatch):
    monkeypatch.setattr(patience, "SLOW_SECONDS", 0.2)
    ended: list[Exception] = []
    waiting = [call(hanging, 3, ended) for _ in range(patience.SLOW_AT_ONCE)]
    time.sleep(0.6)
    assert ended == []
    for _ in range(20):
        with pytest.raises(CallFailed, match=r"127\.0\.0\.1 does not answer"):
            session().get(hanging)
    assert ended == [], "those who wait are still waiting: nobody was held up by them"
    for thread in waiting:
        thread.join()
    assert len(ended) == patience.SLOW_AT_ONCE
    assert not any("does not answer" in str(error) for error in ended)


def test_after_a_slow_failure_one_at_a_time_tries(hanging, monkeypatch):
    monkeypatch.setattr(patience, "SLOW_SECONDS", 0.2)
    ended: list[Exception] = []
    call(hanging, 0.4, ended).join()
    one = call(hanging, 2, ended)
    time.sleep(0.1)
    with pytest.raises(CallFailed, match="does not answer"):
        session().get(hanging)
    one.join()
    assert len(ended) == 2


def test_a_host_that_answers_is_never_refused_however_many_ask():
    mine = Patience()
    with mine.calling("a"), mine.calling("a"), mine.calling("a"), mine.calling("a"):
        pass


def test_hosts_do_not_suffer_for_one_another(monkeypatch):
    mine = Patience()
    monkeypatch.setattr(patience, "SLOW_AT_ONCE", 1)
    monkeypatch.setattr(patience, "SLOW_SECONDS", -1.0)
    with mine.calling("a"):
        with pytest.raises(Busy), mine.calling("a"):
            pass
        with mine.calling("b"):
            pass


def test_an_answer_ends_the_distrust(monkeypatch):
    monkeypatch.setattr(patience, "SLOW_SECONDS", -1.0)
    monkeypatch.setattr(patience, "SLOW_AT_ONCE", 100)
    mine = Patience()
    with pytest.raises(TimeoutError), mine.calling("a"):
        raise TimeoutError
    with mine.calling("a"), pytest.raises(Busy), mine.calling("a"):
        pass
    # The one that tried has come back with an answer.
    with mine.calling("a"), mine.calling("a"):
        pass


def test_what_failed_quickly_is_no_hanging():
    mine = Patience()
    with pytest.raises(TimeoutError), mine.calling("a"):
        raise TimeoutError
    with mine.calling("a"), mine.calling("a"):
        pass
