"""The consoles' networks, cookies, the contact for strangers, and redirects."""

import ipaddress
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from audit.models import Action, AuditEntry
from tests.clients import ZoneClient, client_for

STAFF, STRANGER = "203.0.113.50", "198.51.100.9"


@pytest.fixture
def networks(settings) -> None:
    settings.ADMIN_NETWORKS = [ipaddress.ip_network("203.0.113.0/24"), ipaddress.ip_network("2001:db8::/32")]


@pytest.mark.parametrize("path", ["/", "/login/", "/accounts/user/", "/brand.css"])
def test_the_console_is_reached_from_its_networks_alone(in_univ, cast, networks, path):
    console = client_for(cast.zoe, "admin")
    assert console.get(path, REMOTE_ADDR=STAFF).status_code in (200, 302)
    refused = console.get(path, REMOTE_ADDR=STRANGER)
    assert (refused.status_code, refused["Content-Type"]) == (403, "text/plain; charset=utf-8")
    row = AuditEntry.objects.filter(action=Action.PERMISSION_DENIED).latest("id")
    assert (row.ip, row.details["code"]) == (STRANGER, "address_not_allowed")


def test_it_is_the_address_of_the_person_that_counts_and_no_header_of_theirs(univ, networks):
    console = ZoneClient(univ, "admin")
    # 127.0.0.1 is the gateway; what stands left of the last hop was written by the visitor.
    assert console.get("/login/", HTTP_X_FORWARDED_FOR=f"{STAFF}, {STRANGER}").status_code == 403
    assert console.get("/login/", HTTP_X_FORWARDED_FOR=f"{STRANGER}, {STAFF}").status_code == 200
    assert console.get("/login/", REMOTE_ADDR=STRANGER, HTTP_X_FORWARDED_FOR=STAFF).status_code == 403
    assert (
        console.get("/login/", REMOTE_ADDR=STRANGER, HTTP_X_REAL_IP=STAFF, HTTP_FORWARDED=f"for={STAFF}").status_code
        == 403
    )
    assert console.get("/login/", REMOTE_ADDR="2001:db8::7").status_code == 200
    assert console.get("/login/", REMOTE_ADDR="::ffff:203.0.113.9").status_code == 200
    assert console.get("/login/", REMOTE_ADDR="nonsense").status_code == 403


def test_other_surfaces_and_probes_are_reached_from_everywhere(univ, networks):
    for surface in ("www", "app", "api", "static"):
        assert ZoneClient(univ, surface).get("/brand.css", REMOTE_ADDR=STRANGER).status_code == 200
    assert ZoneClient(univ, "admin").get("/health", REMOTE_ADDR=STRANGER).status_code == 200


def test_the_control_planes_console_is_reached_from_its_networks_alone(univ, networks):
    console = ZoneClient(univ, "admin", HTTP_ACCEPT_LANGUAGE="en")
    where = {"HTTP_HOST": "admin.localhost"}
    assert console.get("/login/", REMOTE_ADDR=STRANGER, **where).status_code == 403
    assert console.get("/login/", REMOTE_ADDR=STAFF, **where).status_code == 200


def test_strangers_find_whom_to_tell(univ, settings):
    browser = ZoneClient(univ, "www")
    assert browser.get("/.well-known/security.txt").status_code == 404
    settings.SECURITY_CONTACT = "mailto:security@example.com"
    for surface in ("www", "app", "api", "static"):
        answer = ZoneClient(univ, surface).get("/.well-known/security.txt")
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        fields = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
        assert fields["Contact"] == "mailto:security@example.com"
        expires = datetime.fromisoformat(fields["Expires"])
        assert timedelta(days=30) < expires - timezone.now() < timedelta(days=365)


def test_cookies_are_read_by_no_script_and_come_from_no_other_site(in_univ, cast):
    browser = client_for(cast.bob)
    answers = [
        browser.get("/profile"),
        browser.post("/profile", {"display_name": "Bob", "language": ""}),
        browser.post("/i18n/setlang/", {"language": "en"}),
    ]
    cookies = [cookie for answer in answers for cookie in answer.cookies.values() if cookie.value]
    assert {"sessionid", "csrftoken", "language"} <= {cookie.key for cookie in cookies}
    for cookie in cookies:
        assert cookie["httponly"], cookie
        assert cookie["samesite"] in ("Lax", "Strict"), cookie
        assert (cookie["domain"], cookie["path"]) == ("", "/"), cookie


def test_the_profile_s_language_is_kept_like_the_menu_s(in_univ, cast):
    browser = client_for(cast.bob)
    browser.post("/profile", {"display_name": "Bob", "language": "en"})
    cookie = browser.cookies["language"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("en", True, "Lax")


@pytest.mark.parametrize(
    "wanted",
    [
        *("https://evil.example/", "//evil.example", "/\\evil.example", "https:evil.example", "javascript:alert(1)"),
        *(
            "http://app.univprepai.localhost.evil.example/",
            "///evil.example",
            "\thttps://evil.example",
        ),
    ],
)
def test_nobody_is_sent_to_another_host(in_univ, cast, wanted):
    browser = client_for(cast.bob)
    sent = [
        browser.get("/login", {"next": wanted}),
        browser.post("/i18n/setlang/", {"language": "ko", "next": wanted}),
        browser.post("/i18n/setlang/", {"language": "ko"}, HTTP_REFERER=wanted),
    ]
    for answer in sent:
        assert answer.status_code == 302
        assert answer["Location"].startswith("/")
        assert not answer["Location"].startswith(("//", "/\\"))
        assert "evil" not in answer["Location"]
