"""Tokens across real server processes: two hundred refreshes at once, keys that rotate, a Valkey that is stopped."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.core.management import call_command

from accounts import tokens
from accounts.models import RefreshSession, RevokedToken
from audit.models import Action, AuditEntry
from megacity import embedded
from tests import servers
from tests.concurrency.city import free_port
from zones.context import zone_context

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
HOST, ME = "api.univprepai.localhost", "/api/v1/users/me"
REFRESH, LOGOUT = "/api/v1/auth/refresh", "/api/v1/auth/logout"
AT_ONCE, WORKERS, PATIENCE = 200, 2, 90


class Servers:
    """Two web processes over the test's database, with a Valkey and a file of keys of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.keys = folder, folder / "keys"
        self.port, self.valkey_port = free_port(), free_port()
        self.start_valkey()
        environment = os.environ | {
            "DATABASE_URL": servers.address(servers.database_name()),
            "REDIS_URL": self.valkey.url,
            "JWT_SIGNING_KEYS_FILE": str(self.keys),
            "RATE_LIMITS": "off",
        }
        self.keys.write_text("SECRET_KEY\n")
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--http", "1"]
        command += ["--port", str(self.port), "--no-ws", "--workers", str(WORKERS), "--blocking-threads", "4"]
        command += ["--backlog", "1024", "--log-level", "error", "megacity.wsgi:application"]
        self.web = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)

    def start_valkey(self) -> None:
        self.valkey = embedded.start_valkey(self.folder / "valkey", port=self.valkey_port)

    def wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.web.poll() is None, f"the web server ended with {self.web.returncode}"
            try:
                self.call("GET", "/health")
                return
            except OSError:
                time.sleep(0.2)
        raise AssertionError(f"the web server did not answer within {PATIENCE} s")

    def call(self, method: str, path: str, *, access: str = "", refresh: str = "") -> tuple[int, Any, str]:
        """Status, body and the new refresh token of one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"Host": HOST}
        if access:
            headers["Authorization"] = f"Bearer {access}"
        if refresh:
            headers["Cookie"] = f"refresh_token={refresh}"
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            text = answer.read()
            cookie = SimpleCookie(answer.headers.get("Set-Cookie", "")).get("refresh_token")
            is_json = "json" in answer.headers.get("Content-Type", "")
            return answer.status, json.loads(text) if is_json else None, cookie.value if cookie else ""
        finally:
            connection.close()

    def statuses(self, access: str) -> set[int]:
        """What a token is worth at each of the processes: often enough that each was asked."""
        # At once, for with a frozen Valkey each answer takes its second.
        times = 6 * WORKERS
        with ThreadPoolExecutor(times) as pool:
            return {status for status, *_rest in pool.map(lambda _: self.call("GET", ME, access=access), range(times))}

    def close(self) -> None:
        if self.web.poll() is None:
            os.killpg(self.web.pid, signal.SIGTERM)
            try:
                self.web.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.web.pid, signal.SIGKILL)
                self.web.wait(20)
        self.valkey.stop(force=True)
        embedded.delete(self.folder)


@pytest.fixture(scope="module")
def web(django_db_setup, tmp_path_factory) -> Iterator[Servers]:
    made = Servers(tmp_path_factory.mktemp("servers"))
    try:
        made.wait()
        yield made
    finally:
        made.close()


@pytest.fixture
def bob(committed, cast, univ):
    with zone_context(univ):
        yield cast.bob


def test_of_two_hundred_refreshes_at_once_one_wins_and_the_family_is_over(web, bob):
    pair = tokens.issue(bob)
    other = tokens.issue(bob)
    barrier = threading.Barrier(AT_ONCE)

    def refresh(_number: int) -> tuple[int, Any, str]:
        barrier.wait(PATIENCE)
        return web.call("POST", REFRESH, refresh=pair.refresh)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(refresh, range(AT_ONCE)))
    won = [answer for answer in answers if answer[0] == 200]
    assert len(won) == 1
    assert {(status, body["code"]) for status, body, _ in answers if status != 200} == {(401, "refresh_reused")}
    # A client that races itself cannot be told from a thief: what was won is over too, in every process at once.
    _status, body, newest = won[0]
    assert web.statuses(body["access"]) == web.statuses(pair.access) == {401}
    assert web.call("POST", REFRESH, refresh=newest)[0] == 401
    assert web.statuses(other.access) == {200}
    family = tokens._read_refresh(pair.refresh)["sid"]
    assert not RefreshSession.objects.filter(family=family, revoked_at=None).exists()
    assert RefreshSession.objects.filter(family=family).count() == 2
    noted = AuditEntry.objects.filter(action=Action.PERMISSION_DENIED, details__code="refresh_reused")
    assert noted.count() == AT_ONCE - 1


def test_keys_rotate_while_clients_go_on(web, bob, settings):
    """Everybody reads and refreshes all the time, at both processes; nobody is ever refused."""
    before = tokens.issue(bob)
    refused: list[Any] = []
    kids: dict[int, str] = {}
    over = threading.Event()

    def go_on(number: int, pair: tokens.TokenPair) -> None:
        access, refresh = pair.access, pair.refresh
        while not over.is_set():
            for status, body, _ in [web.call("GET", ME, access=access) for _ in range(2)]:
                if status != 200:
                    refused.append(body)
            status, body, refresh = web.call("POST", REFRESH, refresh=refresh)
            if status != 200:
                refused.append(body)
                return
            access = body["access"]
            kids[number] = jwt.get_unverified_header(access)["kid"]

    first = jwt.get_unverified_header(before.access)["kid"]
    settings.JWT_SIGNING_KEYS_FILE = str(web.keys)
    clients = [threading.Thread(target=go_on, args=(number, tokens.issue(bob))) for number in range(4)]
    for client in clients:
        client.start()
    try:
        for wait in ("0.05", "0.05"):
            call_command("token_keys", "--rotate", "--in", wait)
            newest = dict.fromkeys(range(4), _newest(web.keys))
            deadline = time.monotonic() + PATIENCE
            while kids != newest and not refused and time.monotonic() < deadline:
                time.sleep(0.1)
            assert kids == newest
    finally:
        over.set()
        for client in clients:
            client.join(PATIENCE)
    assert refused == []
    assert first not in kids.values()
    assert web.statuses(before.access) == {200}
    assert web.call("POST", REFRESH, refresh=before.refresh)[0] == 200


def _newest(file: Path) -> str:
    from accounts import token_keys

    return token_keys.parse(token_keys.lines(file), source="", default_secret="x" * 40)[0].kid


@pytest.mark.parametrize("how", ["stopped", "killed and back", "frozen"])
def test_a_log_out_holds_while_valkey_is_away_and_when_it_is_back(web, bob, how):
    pair, stays = tokens.issue(bob), tokens.issue(bob)
    assert web.statuses(pair.access) == {200}
    process = web.valkey.process
    if how == "stopped":
        web.valkey.stop()
    elif how == "frozen":
        process.send_signal(signal.SIGSTOP)
    else:
        process.kill()
        process.wait(20)
    try:
        assert web.call("POST", LOGOUT, access=pair.access)[0] == 204
        assert web.statuses(pair.access) == {401}
        assert web.statuses(stays.access) == {200}, "log-in and answers go on without it"
    finally:
        if how == "frozen":
            process.send_signal(signal.SIGCONT)
        else:
            web.start_valkey()
    assert web.statuses(pair.access) == {401}
    assert web.statuses(stays.access) == {200}
    assert RevokedToken.objects.exists()
