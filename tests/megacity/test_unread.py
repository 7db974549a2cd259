"""Bodies of requests that are refused unread, through the front and granian to the real application."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from django.conf import settings

from tests import databases, servers
from tests.clients import host
from tests.megacity.test_front import ROOT, Front

JSON, FORM, FILES = "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
MB = 1024 * 1024
PART = b"x" * 65536


@pytest.fixture(scope="module")
def door(django_db_setup, django_db_blocker) -> Iterator[Front]:
    """The front before granian, over the tests' own database."""
    front = Front()
    granian = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(front.web_port), "--http", "1"]
    granian += ["--no-ws", "--workers", "1", "--blocking-threads", "4", "--log-level", "error"]
    environment = os.environ | {"DATABASE_URL": servers.address(servers.database_name())}
    web = subprocess.Popen(
        [sys.executable, "-m", *granian, "megacity.wsgi:application"], cwd=ROOT, env=environment, start_new_session=True
    )
    try:
        deadline = time.monotonic() + 40
        while front.ask("GET", "/health", Host="localhost")[0] != 200:
            assert time.monotonic() < deadline
        yield front
    finally:
        os.killpg(web.pid, signal.SIGTERM)
        front.process.terminate()
        web.wait(20)
        front.process.wait(10)
        with django_db_blocker.unblock():
            databases.empty()


def head(path: str, surface: str, kind: str, length: int, more: str = "") -> bytes:
    lines = [f"POST {path} HTTP/1.1", f"Host: {host('univ', surface)}", f"Content-Type: {kind}"]
    return "\r\n".join([*lines, f"Content-Length: {length}", more]).rstrip().encode() + b"\r\n\r\n"


def status_of(line: socket.socket) -> int:
    """The status of one answer, which is read to its end."""
    answer = http.client.HTTPResponse(line)
    answer.begin()
    answer.read()
    return answer.status


@pytest.mark.parametrize(
    ("path", "surface", "kind", "length", "status"),
    [
        ("/api/v1/users/me", "api", JSON, 3 * MB, 405),
        ("/api/v1/users", "api", JSON, 3 * MB, 401),
        ("/api/v1/auth/login", "api", JSON, 20 * MB, 413),
        ("/api/v1/nothing", "api", JSON, 3 * MB, 404),
        ("/api/v1/users", "api", "text/plain", 3 * MB, 415),
        ("/login", "app", FORM, 3 * MB, 403),
        ("/login/", "admin", FILES, 3 * MB, 403),
        ("/.env", "www", JSON, 3 * MB, 404),
        ("/api/v1/imports", "api", FILES, 100 * MB, 401),
        ("/exams/importbatch/add/", "admin", FILES, settings.LARGEST_IMPORT + 10 * MB, 403),
    ],
)
def test_who_is_refused_unread_is_told_and_may_ask_again_on_the_same_line(
    door: Front, path: str, surface: str, kind: str, length: int, status: int
) -> None:
    with socket.create_connection(("127.0.0.1", door.port), timeout=30) as line:
        for _twice in range(2 if length < 10 * MB else 1):
            line.sendall(head(path, surface, kind, length))
            for _part in range(length // len(PART)):
                line.sendall(PART)
            assert status_of(line) == status
        line.sendall(f"GET /health HTTP/1.1\r\nHost: {host('univ', 'www')}\r\n\r\n".encode())
        assert status_of(line) == 200


def test_who_asks_before_sending_is_refused_before_sending(door: Front) -> None:
    """RFC 9110, section 10.1.1: instead of 100 Continue the answer comes, and nothing is sent."""
    with socket.create_connection(("127.0.0.1", door.port), timeout=10) as line:
        line.sendall(head("/api/v1/imports", "api", FILES, 50 * MB, "Expect: 100-continue"))
        assert status_of(line) == 401


def test_who_asked_and_was_told_to_go_on_may_finish(door: Front) -> None:
    with socket.create_connection(("127.0.0.1", door.port), timeout=10) as line:
        line.sendall(head("/api/v1/auth/login", "api", JSON, 3 * MB, "Expect: 100-continue"))
        told = line.recv(64)
        assert told == b"HTTP/1.1 100 Continue\r\n\r\n"
        for _part in range(3 * MB // len(PART)):
            line.sendall(PART)
        assert status_of(line) == 413


def test_chunks_are_refused_and_read_away_too(door: Front) -> None:
    """Asked of granian itself: the front lets no chunks in."""
    with socket.create_connection(("127.0.0.1", door.web_port), timeout=10) as line:
        start = f"POST /api/v1/auth/login HTTP/1.1\r\nHost: {host('univ', 'api')}\r\nTransfer-Encoding: chunked\r\n\r\n"
        line.sendall(start.encode())
        for _part in range(3 * MB // len(PART)):
            line.sendall(b"%x\r\n%s\r\n" % (len(PART), PART))
        line.sendall(b"0\r\n\r\n")
        assert status_of(line) == 411
        line.sendall(f"GET /health HTTP/1.1\r\nHost: {host('univ', 'www')}\r\n\r\n".encode())
        assert status_of(line) == 200


def test_who_leaves_in_the_middle_disturbs_nobody(door: Front) -> None:
    for _often in range(8):
        with socket.create_connection(("127.0.0.1", door.port), timeout=10) as line:
            line.sendall(head("/api/v1/users", "api", JSON, 3 * MB) + PART)
    assert door.ask("GET", "/health", Host=host("univ", "www"))[0] == 200
