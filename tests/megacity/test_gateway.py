"""The gateway as nginx runs it: TLS, hosts, limits and refusals, before the real processes."""

import base64
import datetime
import getpass
import http.client
import ipaddress
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.management import CommandError, call_command
from django.test import override_settings

from megacity.gateway import Gateway, UnfitValue, render
from tests import databases, servers
from tests.browser.city import free_port

ROOT = Path(__file__).resolve().parents[2]
DOMAIN, CONTROL = "univprepai.localhost", "city.localhost"
NGINX = shutil.which("nginx") or ""
MODULE = Path("/usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so")
MAIN = """user {user}; daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
load_module {module};
events {{ worker_connections 512; }}
http {{
  access_log off; include {folder}/nginx.conf;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
}}
"""


def certificate(folder: Path, name: str, *names: str) -> None:
    """Self-signed: it vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in (name, *names)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / f"{name}.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / f"{name}.key").write_bytes(private)


class House:
    """granian, daphne and nginx on free ports; the web process speaks TLS, as if it were on another machine."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.tls = folder, folder / "tls"
        self.http, self.https, self.web, self.ws = free_port(), free_port(), free_port(), free_port()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.slow: ssl.SSLSocket
        self.asked_at = 0.0

    def open(self) -> None:
        from zones.context import public_context
        from zones.models import Domain

        self.tls.mkdir()
        with public_context():
            for domain in Domain.objects.values_list("domain", flat=True):
                certificate(self.tls, domain, f"*.{domain}")
        certificate(self.tls, CONTROL, f"*.{CONTROL}")
        certificate(self.tls, "megacity.internal")
        (self.folder / "passwords").write_text("operator:{PLAIN}let-me-in\n")
        (self.folder / "passwords").chmod(0o644)
        addresses = {"web": [f"127.0.0.1:{self.web}"], "ws": [f"127.0.0.1:{self.ws}"], "listen": ["127.0.0.1"]}
        with override_settings(CONTROL_HOSTS=[CONTROL], ADMIN_NETWORKS=[ipaddress.ip_network("127.0.0.0/8")]):
            call_command(
                "gateway", str(self.folder), **addresses, certificates=str(self.tls), http_port=self.http,
                https_port=self.https, passwords=str(self.folder / "passwords"), edge=["127.0.0.2/32"],
                upstream_ca=str(self.tls / "megacity.internal.crt"), verbosity=0,
            )  # fmt: skip
        (self.folder / "main.conf").write_text(MAIN.format(folder=self.folder, module=MODULE, user=getpass.getuser()))

    def start(self) -> None:
        environment = os.environ | {
            "DATABASE_URL": servers.address(servers.database_name()),
            "MEGACITY_ENV": "production",
            "CONTROL_HOSTS": CONTROL,
            "EMAIL_URL": "smtp+plain://127.0.0.1:25",
            "ADMIN_NETWORKS": "127.0.0.0/8",
            # The gateway's own are looked at.
            "RATE_LIMITS": "off",
            "PASSWORD_ROUNDS": "12",
            "MEGACITY_VAR": str(self.folder),
        }
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], cwd=ROOT, env=environment, check=True
        )
        python = [sys.executable, "-m"]
        tls = ["--ssl-certificate", str(self.tls / "megacity.internal.crt")]
        tls += ["--ssl-keyfile", str(self.tls / "megacity.internal.key")]
        granian = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.web), "--http", "1"]
        granian += ["--no-ws", *tls, "--log-level", "error", "megacity.wsgi:application"]
        own = f"privateKey={self.tls}/megacity.internal.key:certKey={self.tls}/megacity.internal.crt"
        daphne = ["daphne", "--verbosity", "0", "--no-server-name", "-e", f"ssl:{self.ws}:interface=127.0.0.1:{own}"]
        self._start([*python, *granian], environment)
        self._start([*python, *daphne, "megacity.asgi:application"], environment)
        self._start([NGINX, "-p", str(self.folder), "-c", str(self.folder / "main.conf")], environment)

    def _start(self, command: list[str], environment: dict[str, str]) -> None:
        self.processes.append(subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True))

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for process in self.processes:
                assert process.poll() is None, f"{process.args} ended with {process.returncode}"
            try:
                if self.ask("/health")[0] == 200:
                    socket.create_connection(("127.0.0.1", self.ws)).close()
                    return
            except OSError:
                pass
            time.sleep(0.2)
        raise AssertionError((self.folder / "error.log").read_text())

    def reload(self, text: str) -> None:
        """Take another configuration and wait until a new worker answers by it; connections that are open stay."""
        before = {child.pid for child in psutil.Process(self.processes[-1].pid).children()}
        (self.folder / "nginx.conf").write_text(text)
        self.processes[-1].send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 20
        while not {child.pid for child in psutil.Process(self.processes[-1].pid).children()} - before:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.2)

    def close(self) -> None:
        for process in reversed(self.processes):
            # One that has ended by itself was looked at where it was missed.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            process.wait(20)

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.tls / f"{DOMAIN}.crt"))

    def line(self, name: str, context: ssl.SSLContext | None = None, source: str = "127.0.0.1") -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.https), 30, (source, 0))
        return (context or self.context()).wrap_socket(plain, server_hostname=name)

    def ask(
        self, path: str, *, surface: str = "app", method: str = "GET", body: bytes | None = None, **options: Any
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers, body. `source`: our own address; `headers`: what else is sent."""
        name = f"{surface}.{DOMAIN}"
        connection = http.client.HTTPSConnection("127.0.0.1", self.https)
        connection.sock = self.line(name, source=options.get("source", "127.0.0.1"))
        host = f"{name}:{self.https}" if self.https != 443 else name
        connection.request(method, path, body, {"Host": host, **options.get("headers", {})})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def answers(self, path: str, times: int) -> list[tuple[int, str | None]]:
        """Status and Retry-After of so many requests to the API, one after the other on one line."""
        host = f"api.{DOMAIN}:{self.https}"
        connection = http.client.HTTPSConnection("127.0.0.1", self.https)
        connection.sock = self.line(f"api.{DOMAIN}")
        found = []
        for _ in range(times):
            connection.request("GET", path, headers={"Host": host})
            answer = connection.getresponse()
            answer.read()
            found.append((answer.status, answer.headers["Retry-After"]))
        return found


@pytest.fixture(scope="module")
def house(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[House]:
    if not (NGINX and MODULE.exists()) and not os.environ.get("MEGACITY_GATEWAY"):
        pytest.skip("nginx is not installed: apt-get install nginx-light libnginx-mod-http-headers-more-filter")
    house = House(tmp_path_factory.mktemp("gateway"))
    with django_db_blocker.unblock():
        house.open()
    try:
        house.start()
        house.wait()
        house.slow = house.line(f"app.{DOMAIN}")
        house.slow.sendall(b"GET / HTTP/1.1\r\nHost: app")
        house.asked_at = time.monotonic()
        yield house
    finally:
        house.close()
        # Its processes have written of what they refused, and that stays.
        with django_db_blocker.unblock():
            databases.empty()


def test_tls_1_1_and_weak_ciphers_are_not_spoken(house: House) -> None:
    old = house.context()
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        house.line(f"app.{DOMAIN}", old)
    for weak in ("AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384"):
        context = house.context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(f"{weak}:@SECLEVEL=0")
        with pytest.raises(ssl.SSLError):
            house.line(f"app.{DOMAIN}", context)


def test_the_newest_version_and_the_strongest_cipher_are_taken(house: House) -> None:
    with house.line(f"app.{DOMAIN}") as line:
        assert line.version() == "TLSv1.3"
    context = house.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384")
    with house.line(f"app.{DOMAIN}", context) as line:
        assert line.cipher()[:2] == ("ECDHE-ECDSA-AES256-GCM-SHA384", "TLSv1.2")


def test_a_host_that_is_not_ours_gets_no_handshake(house: House) -> None:
    with pytest.raises(ssl.SSLError):
        house.line("somewhere.example")
    with house.line(f"app.{DOMAIN}") as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: somewhere.example\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 421 ")


def test_what_an_acme_client_is_asked_for_is_answered_in_the_clear(house: House) -> None:
    folder = house.folder / "acme" / ".well-known" / "acme-challenge"
    folder.mkdir(parents=True)
    (folder / "token").write_text("proof")
    for surface in ("app", "api"):
        connection = http.client.HTTPConnection("127.0.0.1", house.http)
        connection.request("GET", "/.well-known/acme-challenge/token", headers={"Host": f"{surface}.{DOMAIN}"})
        assert connection.getresponse().read() == b"proof"


def test_in_the_clear_pages_are_sent_on_and_the_api_refuses(house: House) -> None:
    for surface, status in (("www", 301), ("app", 301), ("admin", 301), ("api", 403)):
        connection = http.client.HTTPConnection("127.0.0.1", house.http)
        connection.request("GET", "/api/v1/exams?a=b", headers={"Host": f"{surface}.{DOMAIN}"})
        answer = connection.getresponse()
        assert answer.status == status
        if status == 301:
            assert answer.headers["Location"] == f"https://{surface}.{DOMAIN}:{house.https}/api/v1/exams?a=b"
        else:
            assert json.loads(answer.read())["code"] == "insecure_transport"


def test_pages_have_their_headers_once_and_no_server_is_named(house: House) -> None:
    status, headers, body = house.ask("/login")
    assert status == 200
    assert b"csrfmiddlewaretoken" in body
    once = ("Content-Security-Policy", "X-Content-Type-Options", "Strict-Transport-Security", "Referrer-Policy")
    for name in once:
        assert len(headers.get_all(name)) == 1, name
    assert "Server" not in headers
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "Secure" in headers["Set-Cookie"]
    assert "__Host-" in headers["Set-Cookie"]


def test_a_forged_address_is_not_believed_and_the_edge_is(house: House) -> None:
    forged = {"X-Forwarded-For": "203.0.113.7", "CF-Connecting-IP": "203.0.113.7", "X-Real-IP": "203.0.113.7"}
    assert house.ask("/", surface="admin", headers=forged)[0] == 401
    assert house.ask("/", surface="admin", headers=forged, source="127.0.0.2")[0] == 403


def test_what_a_client_says_of_itself_does_not_reach_a_process(house: House) -> None:
    """A process that tells what it hears stands in for ours, whom no client should move, by address or by protocol."""
    text = (house.folder / "nginx.conf").read_text()
    forged = dict.fromkeys(
        ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Daphne-Root-Path"), "evil"
    )
    forged |= {"X-Forwarded-Proto": "http", "Upgrade": "h2c", "Connection": "Upgrade", "X_Forwarded_For": "evil"}
    password = "Basic " + base64.b64encode(b"operator:let-me-in").decode()
    with listening() as port:
        try:
            house.reload(
                text.replace(f"127.0.0.1:{house.web} ", f"127.0.0.1:{port} ").replace("https://mega", "http://mega")
            )
            for surface in ("www", "app", "api", "static", "admin"):
                answer = house.ask("/x", surface=surface, headers={**forged, "Authorization": password})
                heard = json.loads(answer[2])
                assert "evil" not in heard.values(), surface
                assert "upgrade" not in heard, surface
                assert (heard["x-forwarded-for"], heard["x-forwarded-proto"]) == ("127.0.0.1", "https")
                assert ("authorization" in heard) is (surface != "admin")
        finally:
            house.reload(text)


@contextmanager
def listening() -> Iterator[int]:
    """A port where every request is answered by its headers."""

    class Told(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Told)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def test_the_console_asks_for_the_gateways_password(house: House) -> None:
    status, headers, _body = house.ask("/", surface="admin")
    assert status == 401
    assert headers["WWW-Authenticate"].startswith("Basic")
    password = {"Authorization": "Basic " + base64.b64encode(b"operator:let-me-in").decode()}
    status, headers, _body = house.ask("/", surface="admin", headers=password)
    assert status == 302
    assert "/login" in headers["Location"]


def test_an_oversize_body_is_told(house: House) -> None:
    head = {"Content-Length": str(200 * 2**20), "Content-Type": "application/json"}
    status, headers, body = house.ask("/api/v1/auth/login", surface="api", method="POST", headers=head)
    assert (status, json.loads(body)["code"]) == (413, "too_large")
    assert headers["Content-Security-Policy"]
    assert headers["Strict-Transport-Security"]


def test_a_websocket_goes_to_its_process_over_tls_alone(house: House) -> None:
    answer = upgrade(house, b"")
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert upgrade(house, b"Sec-WebSocket-Protocol: x\xff\r\n").startswith(b"HTTP/1.1 400 ")


def upgrade(house: House, more: bytes) -> bytes:
    with house.line(f"app.{DOMAIN}") as line:
        name = f"app.{DOMAIN}:{house.https}"
        key = base64.b64encode(os.urandom(16)).decode()
        line.sendall(
            f"GET /ws HTTP/1.1\r\nHost: {name}\r\nOrigin: https://{name}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n".encode()
            + more
            + b"\r\n"
        )
        return line.recv(4096)


def test_files_are_kept_seven_days(house: House) -> None:
    name = sorted((house.folder / "static" / "css").glob("*.css"))[0].name
    for _twice in range(2):
        status, headers, _body = house.ask(f"/static/css/{name}", surface="static")
        assert status == 200
        assert int(re.search(r"max-age=(\d+)", headers["Cache-Control"])[1]) >= 7 * 24 * 3600
    assert [file for file in (house.folder / "cache").rglob("*") if file.is_file()]


def test_metrics_and_readiness_are_nobody_elses(house: House) -> None:
    assert house.ask("/metrics")[0] == 404


def test_the_api_gets_ten_a_second_and_the_exam_loop_is_not_stopped(house: House) -> None:
    assert set(house.answers("/api/v1/exams", 100)) == {(200, None), (429, "5")}
    assert set(house.answers(f"/api/v1/attempts/{uuid.uuid4()}", 100)) == {(401, None)}


def test_a_process_that_cannot_show_its_certificate_is_not_spoken_to(house: House) -> None:
    """The same configuration with another authority: the process is the right one, but nobody vouches for it."""
    text = (house.folder / "nginx.conf").read_text()
    strange = text.replace("/megacity.internal.crt", f"/{CONTROL}.crt")
    assert strange != text
    try:
        house.reload(strange)
        assert house.ask("/login")[0] == 502
        assert "SSL certificate verify error" in (house.folder / "error.log").read_text()
    finally:
        house.reload(text)
    assert house.ask("/login")[0] == 200


def test_a_slow_head_is_not_waited_for(house: House) -> None:
    """Begun before the first of these tests, so that nobody waits for it here."""
    house.slow.settimeout(40)
    # 408, or nothing at all.
    assert house.slow.recv(100)[9:12] in (b"408", b"")
    assert time.monotonic() - house.asked_at < 40


def test_a_process_that_is_gone_is_told_in_the_readers_language(house: House) -> None:
    web = house.processes[0]
    os.killpg(web.pid, signal.SIGKILL)
    web.wait()
    status, headers, body = house.ask("/exams", headers={"Accept-Language": "en-GB"})
    assert status == 502
    assert "Retry-After" in headers
    assert b"try again" in body
    assert "답" in house.ask("/exams")[2].decode()
    status, _headers, body = house.ask("/api/v1/exams", surface="api")
    assert status == 502
    assert json.loads(body)["type"] == "about:blank"


def test_what_would_leave_the_machine_in_the_clear_is_refused() -> None:
    with pytest.raises(UnfitValue, match=r"10\.0\.0\.5:8001"):
        Gateway(web=("10.0.0.5:8001",))
    assert Gateway(web=("10.0.0.5:8001",), upstream_ca="/etc/ca.crt").scheme == "https"
    assert Gateway(web=("unix:/run/web.sock",), ws=("[::1]:8002",)).scheme == "http"


@pytest.mark.parametrize(
    "values",
    [{"web": ("127.0.0.1:1; }",)}, {"folder": "/a b"}, {"edge": ("300.0.0.0/8",)}, {"edge_header": "x$host"}],
)
def test_a_value_that_could_change_the_configuration_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(UnfitValue):
        Gateway(**values)


def test_every_domain_of_every_zone_has_its_place(db, settings, tmp_path) -> None:
    from zones.context import public_context
    from zones.models import Domain

    settings.CONTROL_HOSTS = ["city.example"]
    text = render(Gateway())["nginx.conf"]
    with public_context():
        domains = list(Domain.objects.values_list("domain", flat=True))
    assert domains
    for domain in (*domains, "city.example"):
        assert f" admin.{domain};" in text
    assert "client_max_body_size 500m;" not in text or any("ktube" in domain for domain in domains)
    with pytest.raises(CommandError, match=r"10\.0\.0\.9"):
        call_command("gateway", str(tmp_path), web=["10.0.0.9:1"])
