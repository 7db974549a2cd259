"""What is refused at the door, and that nobody who means well is."""

import logging
from urllib.parse import quote, unquote_to_bytes

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.middleware import address_of
from audit.models import Action, AuditEntry
from megacity.guard import BAD_PATH, OTHER_SOFTWARE, SCANNERS
from megacity.refusals import REFUSED, network_of
from tests.api.table import TABLE
from tests.clients import ApiClient, ZoneClient
from zones.registry import SURFACES

JSON = "application/json"


def refused(zone: str, surface: str, reason: str) -> float:
    return REFUSED.labels(zone, surface, reason)._value.get()


@pytest.mark.parametrize("name", SCANNERS)
def test_scanners_are_refused_by_name(univ, name):
    answer = ZoneClient(univ, "www").get("/", HTTP_USER_AGENT=f"Mozilla/5.0 ({name.title()}/1.8)")
    assert answer.status_code == 403
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 KAKAOTALK 11.0",
        "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)",
        "python-httpx/0.28.1",
        "curl/8.5.0",
        "okhttp/4.12",
        "Prometheus/2.42.0",
        "schemathesis/4.32.0",
    ],
)
def test_nobody_else_is_refused_by_name(univ, agent):
    assert ZoneClient(univ, "www").get("/", HTTP_USER_AGENT=agent).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        *("/wp-login.php", "/wp-admin/setup-config.php", "/.env", "/.git/config", "/.aws/credentials", "/index.php"),
        *("/cgi-bin/luci", "/phpmyadmin/", "/vendor/phpunit/x", "/actuator/health", "/solr/admin", "/backup.sql"),
        *("/api/v1/.git/HEAD", "/static/../.env", "/web.config", "/login.aspx", "/.svn/entries"),
    ],
)
@pytest.mark.parametrize("surface", ["www", "api"])
def test_other_software_does_not_live_here(univ, surface, path):
    assert ZoneClient(univ, surface).get(path).status_code in (400, 404)
    assert OTHER_SOFTWARE.search(path) or BAD_PATH.search(path)


@pytest.mark.parametrize(
    "path",
    [
        "/media/%2e%2e/secret",
        "/a/../b",
        "/a%5cb",
        "/a%00b",
        "/a%0d%0aSet-Cookie:x=1",
        "/%252e%252e/x",
        "/%ff",
        "/a/..;/b",
    ],
)
def test_addresses_that_climb_or_hide_are_malformed(univ, path):
    assert ZoneClient(univ, "app").get("/", PATH_INFO=path_info(path)).status_code == 400


def path_info(path: str) -> str:
    return unquote_to_bytes(path).decode("latin-1")


def test_no_path_of_our_own_is_taken_for_anybody_elses():
    for path in [endpoint.path for endpoint in TABLE] + ["login", "static/css/app.css", ".well-known/security.txt"]:
        assert not OTHER_SOFTWARE.search(f"/{path}")
        assert not BAD_PATH.search(f"/{path}".replace("<", "").replace(">", ""))


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("q=%00", 400),
        ("q=%ff%fe", 400),
        ("q=" + "x" * 9000, 414),
        ("q=%EC%88%98%EB%8A%A5+%EA%B5%AD%EC%96%B4", 200),
        ("q=SELECT+*+FROM+users%3B+DROP+TABLE+x--", 200),
        ("q=%3Cscript%3Ealert(1)%3C/script%3E", 200),
        ("q=../../etc/passwd", 200),
        ("q=100%", 200),
    ],
)
def test_queries_in_korean_or_about_databases_are_read_and_broken_ones_are_not(univ, query, status):
    assert ZoneClient(univ, "www").get(f"/?{query}").status_code == status


def test_an_essay_may_hold_anything(in_univ, cast, client_for):
    """Words of attacks are words; what protects is how they are used, not whether they come."""
    said = "' OR 1=1;-- <script>alert('안녕')</script> {{7*7}} ../etc"
    browser = client_for(cast.bob)
    answer = browser.post("/profile", {"display_name": said, "language": "ko"})
    assert answer.status_code == 302
    page = browser.get("/profile").content.decode()
    assert "<script>alert('안녕')" not in page
    assert "{{7*7}} ../etc" in page
    assert "&lt;script&gt;alert(&#x27;안녕&#x27;)" in page


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "DEBUG"])
def test_methods_that_are_not_used_are_refused(univ, method):
    answer = ZoneClient(univ, "app").generic(method, "/login")
    assert answer.status_code == 405
    assert "TRACE" not in answer["Allow"]


@pytest.mark.parametrize("host", ["", "a b", "x/y", "x@y", "univprepai.localhost:port", "a" * 300, "[::1", "x\r\ny"])
def test_hosts_that_are_none_are_refused(univ, host):
    answer = ZoneClient(univ, "app").get("/login", HTTP_HOST=host)
    assert answer.status_code == 400


def test_headers_are_bounded(univ):
    browser = ZoneClient(univ, "www")
    assert browser.get("/", HTTP_X_LONG="x" * 40_000).status_code == 431
    assert browser.get("/", **{f"HTTP_X_{n}": "x" for n in range(120)}).status_code == 431
    assert browser.get("/" + "x" * 3000).status_code == 414


@pytest.mark.parametrize(
    ("extra", "status"),
    [
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, 411),
        ({"CONTENT_LENGTH": "+5"}, 400),
        ({"CONTENT_LENGTH": "5, 5"}, 400),
        ({"CONTENT_LENGTH": str(10**9)}, 413),
        ({"CONTENT_TYPE": "text/plain"}, 415),
        ({"CONTENT_TYPE": "application/xml"}, 415),
        ({"CONTENT_TYPE": "application/json; charset=utf-16"}, 415),
        ({"HTTP_CONTENT_ENCODING": "gzip"}, 415),
    ],
)
def test_bodies_that_lie_or_are_of_no_use_are_refused(univ, extra, status):
    answer = ApiClient(univ).generic("POST", "/api/v1/auth/login", b'{"a":1}', content_type=JSON, **extra)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"email": "a@example.com", "email": "b@example.com", "password": "x"}',
        b'{"email": ' + b"[" * 70 + b"]" * 70 + b', "password": "x"}',
        '{"email": "가@example.com", "password": "x"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"email": "a@example.com", "password": "x"}',
        b'{"email": "\\ud800", "password": "x"}',
        b'{"email": 1e999, "password": "x"}',
        b'{"email": "\xff", "password": "x"}',
    ],
)
def test_json_that_two_readers_would_read_differently_is_refused(univ, raw):
    answer = ApiClient(univ).generic("POST", "/api/v1/auth/login", raw, content_type=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


def test_forms_have_so_many_fields_and_no_more(in_univ, cast, client_for, settings):
    browser = client_for(cast.bob)
    many = {f"f{n}": "x" for n in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    assert browser.post("/profile", many).status_code == 400
    assert browser.post("/profile", "x=" + "y" * 3_000_000, content_type=FORM).status_code == 400
    assert browser.get("/exams?" + "&".join(f"f{n}=x" for n in range(1001))).status_code == 400


FORM = "application/x-www-form-urlencoded"


def test_a_refusal_asks_the_database_for_one_row_and_then_for_nothing(univ, limits):
    """Counted each time, recorded once: a scanner does not fill the log."""
    browser = ZoneClient(univ, "www", REMOTE_ADDR="203.0.113.30")
    before = refused("univ", "www", "scanner")
    with CaptureQueriesContext(connection) as first:
        browser.get("/", HTTP_USER_AGENT="sqlmap/1.8")
    with CaptureQueriesContext(connection) as second:
        browser.get("/", HTTP_USER_AGENT="sqlmap/1.8")
    assert sum("INSERT INTO audit_auditentry" in q["sql"] for q in first) == 1
    assert list(second) == []
    assert refused("univ", "www", "scanner") == before + 2
    connection.set_tenant(univ)
    (row,) = AuditEntry.objects.filter(action=Action.PERMISSION_DENIED)
    assert (row.ip, row.details["code"], row.details["status"]) == ("203.0.113.30", "scanner", 403)


def test_an_address_that_was_refused_often_is_blocked_and_others_are_not(univ, limits):
    scanner = ZoneClient(univ, "www", REMOTE_ADDR="203.0.113.31")
    statuses = [scanner.get("/.env").status_code for _ in range(22)]
    assert statuses == [404] * 20 + [429] * 2
    blocked = scanner.get("/")
    assert blocked.status_code == 429
    assert 3500 < int(blocked["Retry-After"]) <= 3600
    assert ZoneClient(univ, "www", REMOTE_ADDR="203.0.113.32").get("/").status_code == 200
    connection.set_tenant(univ)
    codes = [entry.details["code"] for entry in AuditEntry.objects.all() if entry.ip == "203.0.113.31"]
    assert sorted(codes) == ["address_blocked", "other_software"]


def test_a_thousand_requests_in_five_minutes_block_an_address_but_not_the_exam_loop(
    in_univ, limits, cast, api_for, settings
):
    settings.FLOOD_LIMIT = (10, 300, 3600)
    api = ApiClient("univ")
    here = {"REMOTE_ADDR": "203.0.113.33"}
    assert [api.get("/api/v1/exams", **here).status_code for _ in range(11)] == [200] * 10 + [429]
    assert api.get("/api/v1/exams", **here).json()["code"] == "address_blocked"
    answering = api_for(cast.bob)
    nowhere = "/api/v1/attempts/00000000-0000-4000-8000-000000000000/answer"
    assert answering.post(nowhere, {}, **here).status_code == 400


def test_unknown_hosts_count_too(univ, limits, settings):
    settings.FLOOD_LIMIT = (5, 300, 3600)
    browser = ZoneClient(univ, "www", REMOTE_ADDR="203.0.113.34")
    assert [browser.get("/", HTTP_HOST="evil.example").status_code for _ in range(6)] == [404] * 5 + [429]


def test_an_address_of_ipv6_counts_with_its_network():
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2::9") != network_of("2001:db8:1:3::4")
    assert network_of("203.0.113.5") == "203.0.113.5"


@pytest.mark.parametrize(
    ("remote", "forwarded", "is_"),
    [
        ("::ffff:203.0.113.5", "", "203.0.113.5"),
        ("::ffff:127.0.0.1", "198.51.100.9", "198.51.100.9"),
        ("127.0.0.1", "198.51.100.9, ::ffff:203.0.113.5, ::ffff:127.0.0.1", "203.0.113.5"),
        ("fe80::1%eth0", "", "fe80::1"),
        ("203.0.113.5", "198.51.100.9", "203.0.113.5"),
    ],
)
def test_an_address_has_one_spelling(remote, forwarded, is_):
    """Else all visitors by IPv4 of a server that listens to IPv6 would share one limit and one block."""
    assert address_of(remote, forwarded) == is_


@pytest.mark.parametrize("surface", SURFACES)
def test_what_is_read_behind_the_guard_is_what_it_saw(univ, surface):
    """An address is decoded once: a path that would have to be decoded again is no path here."""
    assert ZoneClient(univ, surface).get("/", PATH_INFO="/%2e%2e/x").status_code == 400


def test_a_question_asked_twice_counts_once(in_univ, cast, api_for):
    """Of a parameter that comes twice the last one is taken, everywhere; none is joined or guessed."""
    api = api_for(cast.zoe)
    both = api.get("/api/v1/users?role=student&role=teacher").json()["results"]
    assert {user["role"] for user in both} == {"teacher"}
    hidden = api.generic("POST", "/api/v1/auth/login?email=x@example.com", b"{}", content_type=JSON).json()
    assert "email" in hidden["errors"]


@pytest.mark.parametrize(
    "path",
    [
        *("/media//etc/passwd", "/media//", "/media///a/b", "/media/a//b", "/media/exams", "/media/x/"),
        *("/media/" + "x" * 1500, "/media/" + quote("가" * 400), "/media/" + "a/" * 400),
    ],
)
def test_files_that_are_none_are_not_found_and_no_error_is_logged(univ, path, caplog):
    answer = ZoneClient(univ, "static").get("/", PATH_INFO=path_info(path))
    assert answer.status_code == 404
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR] == []
