"""Calls to others: real sockets on this machine, and names that are made to lead somewhere by the resolver."""

import ipaddress
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from zones import outgoing
from zones.outgoing import CallFailed, OutgoingRefused, is_public, session


class Other(BaseHTTPRequestHandler):
    """Another's server; `seen` are the requests that reached it."""

    seen: list[tuple[str, dict]] = []

    def do_GET(self) -> None:
        self.seen.append((self.path, dict(self.headers)))
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind, _, rest = self.path.lstrip("/").partition("/")
        self.send_response(302 if kind == "go" else 200)
        if kind == "go":
            self.send_header("Location", rest)
        if kind == "packed":
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Set-Cookie", "followed=me")
        self.end_headers()
        body = b"x" * (outgoing.LARGEST_ANSWER + 1) if kind == "long" else b"hello"
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Other)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def other(server: ThreadingHTTPServer) -> str:
    Other.seen.clear()
    return f"127.0.0.1:{server.server_port}"


@pytest.fixture
def at_home(settings) -> None:
    settings.OUTGOING_LOOPBACK = True


@pytest.fixture
def names(monkeypatch) -> dict[str, list[str]]:
    """What names lead to, each list an answer that is given once and then again and again its last address."""
    known: dict[str, list[str]] = {}
    really = socket.getaddrinfo

    def look_up(host: str, port: int, *args, **kwargs):
        answers = known.get(host)
        if answers is None:
            return really(host, port, *args, **kwargs)
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [info for address in found.split() for info in really(address, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


NOT_PUBLIC = [
    *("127.0.0.1", "127.8.8.8", "0.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254"),
    *("192.0.0.192", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
    *("192.88.99.1", "100.100.100.200", "::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::"),
    *("2001::1", "2001:db8::1", "2001:20::1", "3fff::1", "5f00::1", "100::1"),
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_address_of_a_private_network_or_in_disguise_is_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "210.89.164.90", "2606:4700:4700::1111", "2400:cb00::1"])
def test_addresses_of_the_internet_are_public(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0"],
)
def test_this_machine_is_not_reached_however_its_address_is_written(other, host):
    port = other.partition(":")[2]
    with pytest.raises(CallFailed):
        session().get(f"http://{host}:{port}/")
    assert Other.seen == []


def test_a_name_that_leads_inside_is_refused_before_anything_is_sent(other, names):
    names["provider.example"] = ["127.0.0.1"]
    with pytest.raises(OutgoingRefused, match="not public"):
        session().get(f"http://provider.example:{other.partition(':')[2]}/")
    assert Other.seen == []


def test_one_private_address_among_public_ones_is_enough(names):
    names["provider.example"] = ["8.8.8.8 10.0.0.1"]
    with pytest.raises(OutgoingRefused, match="not public"):
        session().get("https://provider.example/")


def test_the_address_that_was_checked_is_the_one_that_is_called(other, names, monkeypatch):
    """DNS rebinding: the name leads outside when it is checked, and inside when it is looked up again."""
    names["provider.example"] = ["8.8.8.8", "127.0.0.1"]
    called: list[str] = []

    def create_connection(address, *args, **kwargs):
        called.append(address[0])
        raise OSError("nobody is called in tests")

    monkeypatch.setattr(outgoing, "create_connection", create_connection)
    with pytest.raises(CallFailed):
        session().get("http://provider.example/")
    assert called == ["8.8.8.8"]
    assert names["provider.example"] == ["127.0.0.1"], "the name was looked up once"


def test_this_machine_is_called_where_the_setting_allows_it(at_home, other):
    answer = session().get(f"http://{other}/hello")
    assert (answer.status_code, answer.text) == (200, "hello")


def test_no_cookies_are_kept(at_home, other):
    with session() as calls:
        calls.get(f"http://{other}/")
        calls.get(f"http://{other}/")
    assert "Cookie" not in Other.seen[-1][1]


def test_every_hop_of_a_redirect_is_checked(at_home, other, names):
    names["inside.example"] = ["10.0.0.1"]
    assert session().get(f"http://{other}/go/http://{other}/there").text == "hello"
    for target in ("http://inside.example/", "http://169.254.169.254/latest/", "file:///etc/passwd", "gopher://x/"):
        with pytest.raises(CallFailed):
            session().get(f"http://{other}/go/{target}")


def test_redirects_come_to_an_end(at_home, other):
    with pytest.raises(CallFailed):
        session().get(f"http://{other}/go/" + f"http://{other}/go/" * 5)
    assert len(Other.seen) == outgoing.MOST_REDIRECTS + 1


def test_a_body_is_not_sent_on_to_where_an_answer_says(at_home, other):
    with pytest.raises(OutgoingRefused, match="redirect"):
        session().post(f"http://{other}/go/http://{other}/thief", {"client_secret": "s"})
    assert [path for path, _ in Other.seen] == [f"/go/http://{other}/thief"]


def test_an_answer_without_end_is_not_read(at_home, other):
    with pytest.raises(OutgoingRefused, match="longer than"):
        session().get(f"http://{other}/long")


def test_a_packed_answer_is_not_unpacked(at_home, other):
    with pytest.raises(OutgoingRefused, match="packed"):
        session().get(f"http://{other}/packed")


def test_an_answer_that_drips_ends_at_the_deadline(at_home, other, monkeypatch):
    monkeypatch.setattr(outgoing, "TOTAL_SECONDS", -1.0)
    with pytest.raises(CallFailed, match="longer than"):
        session().get(f"http://{other}/")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://provider.example/",
        "file:///etc/passwd",
        "https://user:secret@provider.example/",
        "https://",
        "https://:1/",
    ],
)
def test_only_plain_web_addresses_are_called(url):
    with pytest.raises((CallFailed, ValueError)):
        session().get(url)


def test_production_speaks_https_alone_and_to_its_ports_alone(settings, names):
    settings.OUTGOING_SCHEMES, settings.OUTGOING_PORTS = ("https",), frozenset({443})
    names["provider.example"] = ["8.8.8.8"]
    with pytest.raises(OutgoingRefused, match="begin with http:"):
        session().get("http://provider.example/")
    with pytest.raises(OutgoingRefused, match="Port 6379"):
        session().get("https://provider.example:6379/")


def test_a_list_of_hosts_is_all_that_may_be_called(settings, names):
    names["evil.example"] = ["8.8.8.8"]
    settings.OUTGOING_HOSTS = ["accounts.example", ".provider.example"]
    for host in ("evil.example", "provider.example.evil.example", "evilprovider.example"):
        with pytest.raises(OutgoingRefused, match="none of the hosts"):
            session().get(f"https://{host}/")
    with pytest.raises(OutgoingRefused, match="none of the hosts"):
        session(hosts=["only.example"]).get("https://accounts.example/")


def test_proxies_and_passwords_of_the_machine_are_not_used(at_home, other, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert session().get(f"http://{other}/").text == "hello"


def test_a_proxy_that_is_set_is_asked_for_public_names_alone(at_home, other, names, settings):
    settings.OUTGOING_PROXY, settings.OUTGOING_LOOPBACK = f"http://{other}", False
    names["provider.example"], names["inside.example"] = ["8.8.8.8"], ["10.0.0.1"]
    assert session().get("http://provider.example/hello").text == "hello"
    with pytest.raises(OutgoingRefused, match="not public"):
        session().get("http://inside.example/")
    assert len(Other.seen) == 1


def test_certificates_are_checked(monkeypatch):
    """Whatever a caller says: a certificate that nobody vouches for is refused before anything is sent."""
    told: list[object] = []

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        told.append(verify)
        raise requests.ConnectionError("nobody is called in tests")

    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", send)
    with pytest.raises(CallFailed):
        session().get("https://provider.example/", verify=False)
    assert told == [True]
