"""The front of development: real sockets on both sides, with back ends that say what they received."""

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from megacity.front import Head

ROOT = Path(__file__).resolve().parents[2]


class Echo(BaseHTTPRequestHandler):
    """Answers with its own name, the headers that matter, and the size of the body; hangs up in the middle on /die."""

    protocol_version = "HTTP/1.1"
    deaths: list[str] = []

    def do_GET(self) -> None:
        if self.headers.get("Upgrade") == "websocket":
            self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
            while data := self.rfile.read1(1024):
                self.wfile.write(data.upper())
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/die") and self.path not in self.deaths:
            self.deaths.append(self.path)
            self.close_connection = True
            return
        who = f"{self.server.server_name} {self.headers['X-Forwarded-For']} {self.headers['Host']} {len(body)}"
        self.send_response(200)
        self.send_header("Content-Length", str(len(who)))
        self.end_headers()
        self.wfile.write(who.encode())

    do_POST = do_GET

    def log_message(self, *arguments: object) -> None:
        pass


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def serve(name: str, port: int) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", port), Echo)
    server.server_name = name
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Front:
    def __init__(self) -> None:
        self.port, self.web_port, self.ws_port = free_port(), free_port(), free_port()
        ports = {"PORT": self.port, "WEB_PORT": self.web_port, "WS_PORT": self.ws_port}
        environment = os.environ | {name: str(port) for name, port in ports.items()}
        self.process = subprocess.Popen([sys.executable, "-m", "megacity.front"], cwd=ROOT, env=environment)
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        connection = self.connect()
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    front = Front()
    yield front
    front.process.terminate()
    assert front.process.wait(10) == 0


@pytest.fixture(scope="module")
def back_ends(front: Front) -> Iterator[None]:
    servers = [serve("web", front.web_port), serve("ws", front.ws_port)]
    yield
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_request_waits_for_a_process_that_is_being_started(front: Front) -> None:
    started: list[ThreadingHTTPServer] = []
    later = threading.Timer(1.0, lambda: started.append(serve("late", front.web_port)))
    later.start()

    assert front.ask("GET", "/")[1].startswith("late ")

    started[0].shutdown()
    started[0].server_close()


@pytest.mark.slow
def test_a_process_that_stays_away_is_named(front: Front) -> None:
    status, text = front.ask("GET", "/ws")
    assert status == 503
    assert "ws process" in text


def test_paths_are_parted_and_the_client_s_address_and_host_are_told(front: Front, back_ends: None) -> None:
    lie = {"Host": "app.univprepai.localhost", "X-Forwarded-For": "203.0.113.9"}
    assert front.ask("GET", "/wsx", **lie) == (200, "web 127.0.0.1 app.univprepai.localhost 0")
    assert front.ask("GET", "/ws?room=1", **lie) == (200, "ws 127.0.0.1 app.univprepai.localhost 0")


def test_one_connection_carries_many_requests_to_both(front: Front, back_ends: None) -> None:
    connection = front.connect()
    names = []
    for path, body in (("/a", b"x" * 300_000), ("/b", b""), ("/ws", b""), ("/c", b"yy")):
        connection.request("POST", path, body)
        answer = connection.getresponse().read().decode().split()
        names.append((answer[0], answer[-1]))
    connection.close()
    assert names == [("web", "300000"), ("web", "0"), ("ws", "0"), ("web", "2")]


def test_after_an_upgrade_everything_passes_both_ways(front: Front, back_ends: None) -> None:
    with socket.create_connection(("127.0.0.1", front.port), timeout=10) as client:
        client.sendall(b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        assert client.recv(1024).startswith(b"HTTP/1.1 101 ")
        client.sendall(b"GET / HTTP/1.1\r\n\r\nbye")
        assert client.recv(1024) == b"GET / HTTP/1.1\r\n\r\nBYE"


def test_a_get_is_asked_again_when_the_process_dies_over_it_but_a_post_is_not(front: Front, back_ends: None) -> None:
    assert front.ask("GET", "/die-once")[0] == 200
    status, text = front.ask("POST", "/die-too", b"answer")
    assert status == 502
    assert "web process" in text


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400),
        (b"GET / HTTP/1.1\r\nX: y\nX-Forwarded-For: 203.0.113.9\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: y\n\nGET /hidden HTTP/1.1\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: y\r\n folded: z\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer_Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x3\r\n\r\nabc", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\nabc", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent_Length: 3\r\nContent-Length: 0\r\n\r\nabc", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: y\r\n\r\n", 400),
        (b"GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\nContent_Type: c/d\r\nContent-Length: 0\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\rSet-Cookie: y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n", 400),
        (b"GET http://inside/ HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nH\xc3\xa9: y\r\n\r\n", 400),
        (b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET /ws HTTP/1.1\r\nHost: x\r\nSec-WebSocket-Protocol: x\xff\r\n\r\n", 400),
        (b"GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400),
        (b"GET /\tx HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 101 + b"\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000, 431),
    ],
)
def test_what_is_no_request_is_refused(front: Front, request_text: bytes, status: int) -> None:
    with socket.create_connection(("127.0.0.1", front.port), timeout=10) as client:
        client.sendall(request_text)
        assert client.recv(1024).startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.parametrize("name", ["X_Forwarded_For", "x-forwarded_for", "Daphne-Root-Path"])
def test_a_forwarded_address_written_as_wsgi_would_read_it_is_dropped(name: str) -> None:
    head = Head(f"GET / HTTP/1.1\r\nHost: x\r\n{name}: 203.0.113.9".encode(), "127.0.0.1")
    assert b"203.0.113.9" not in head.bytes


def test_an_upgrade_that_is_not_agreed_to_does_not_open_a_way_past_the_headers(front: Front, back_ends: None) -> None:
    refused = b"POST /ws HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nab"
    hidden = b"GET /b HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\nConnection: close\r\n\r\n"
    received = b""
    with socket.create_connection(("127.0.0.1", front.port), timeout=10) as client:
        client.sendall(refused + hidden)
        while data := client.recv(4096):
            received += data
    assert received.count(b"HTTP/1.1 200 ") == 2
    assert b"web 127.0.0.1 x 0" in received
    assert b"203.0.113.9" not in received
