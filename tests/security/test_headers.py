"""What every answer tells a browser: pages, files, the API, probes, refusals and errors, on every surface."""

import base64
import hashlib
import re

import pytest
from django.conf import settings
from django.http import BadHeaderError, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.test import RequestFactory

from megacity.headers import HeadersMiddleware
from tests.clients import ApiClient, ZoneClient, api_for, client_for
from zones.registry import SURFACES

EVERYWHERE = {
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Server": "",
}
PATHS = ["/", "/login", "/health", "/brand.css", "/static/css/app.css", "/nothing", "/i18n/setlang/", "/.env"]


def policy(response) -> dict[str, list[str]]:
    parts = [part.split() for part in response["Content-Security-Policy"].split(";")]
    return {name: sources for name, *sources in parts}


def check(response) -> None:
    for name, value in EVERYWHERE.items():
        assert response[name] == value, (response.status_code, name)
    # Forms before log-in tell their address to nobody else at all.
    assert response["Referrer-Policy"] in ("strict-origin-when-cross-origin", "same-origin")
    assert "microphone=()" in response["Permissions-Policy"]
    assert response["Cross-Origin-Resource-Policy"] in ("same-origin", "cross-origin")
    said = policy(response)
    assert said["object-src"] == said["base-uri"] == ["'none'"]
    assert said["frame-ancestors"] in (["'self'"], ["'none'"])
    assert said["default-src"] in (["'self'"], ["'none'"])
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*", "data:"} & set(said.get("script-src", said["default-src"]))
    kind = response.headers.get("Content-Type", "")
    if kind.startswith("text/"):
        assert "charset=utf-8" in kind.lower().replace('"', "")


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("path", PATHS)
def test_every_answer_of_every_surface_has_its_headers(univ, surface, path):
    browser = ZoneClient(univ, surface)
    check(browser.get(path))
    check(browser.post(path, {}))
    check(browser.get(path, HTTP_HOST="unknown.example"))


def test_errors_have_their_headers_too(univ, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("a secret of the house")

    monkeypatch.setattr("megacity.pages.catalogue", broken)
    browser = ZoneClient(univ, "www")
    browser.raise_request_exception = False
    answer = browser.get("/about")
    assert answer.status_code == 500
    check(answer)
    assert b"a secret of the house" not in answer.content
    assert b"Traceback" not in answer.content


def test_what_is_no_page_allows_nothing(in_univ, cast):
    for answer in (ApiClient("univ").get("/api/v1/exams"), api_for(cast.bob).get("/api/v1/users/me")):
        assert policy(answer)["default-src"] == policy(answer)["frame-ancestors"] == ["'none'"]
        assert "sandbox" in policy(answer)


def test_pages_allow_their_own_host_alone(in_univ, cast):
    for surface, person in (("www", None), ("app", cast.bob), ("admin", cast.zoe)):
        page = client_for(person, surface, "univ").get("/dashboard" if surface == "app" else "/")
        assert page.status_code == 200
        said = policy(page)
        assert said["default-src"] == said["connect-src"] == said["form-action"] == ["'self'"]
        assert "script-src" not in said
        assert "style-src" not in said
        assert "<style" not in page.content.decode()
        assert ' style="' not in page.content.decode()
        assert "onclick=" not in page.content.decode()


def test_the_page_for_unknown_hosts_may_use_the_style_that_it_carries(univ):
    page = ZoneClient(univ, "www").get("/", HTTP_HOST="unknown.example")
    style = re.search(rb"<style>(.*?)</style>", page.content, re.DOTALL)[1]
    said = policy(page)["style-src"]
    assert said == ["'self'", f"'sha256-{base64.b64encode(hashlib.sha256(style).digest()).decode()}'"]


def test_static_files_may_be_used_from_everywhere_and_bring_no_cookie(univ):
    answer = ZoneClient(univ, "static").get("/static/css/app.css")
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, "*")
    assert "Access-Control-Allow-Credentials" not in answer
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not answer.cookies
    assert "sessions.middleware" not in str(settings.SURFACE_MIDDLEWARE["static"])


def test_nobody_is_told_the_way_of_the_house(univ):
    """No directory is listed, and no file of the project is served."""
    for surface in SURFACES:
        for path in ("/static/", "/static/css/", "/media/", "/manage.py", "/pyproject.toml", "/.git/HEAD"):
            answer = ZoneClient(univ, surface).get(path)
            assert (answer.status_code, answer.get("Location", "")[:8]) in ((404, ""), (302, "/login/?"))


def test_limits_are_told_in_structured_fields(univ, limits):
    answer = ApiClient("univ").get("/brand.css", REMOTE_ADDR="203.0.113.40")
    assert answer["RateLimit-Policy"] == '"api";q=100;w=60, "api-burst";q=20;w=12'
    assert answer["RateLimit"] == '"api-burst";r=19;t=1'
    kzone = ApiClient("kzone").get("/brand.css", REMOTE_ADDR="203.0.113.40")
    assert kzone["RateLimit-Policy"] == '"api";q=50;w=60, "api-burst";q=10;w=12'
    static = ZoneClient("univ", "static").get("/brand.css", REMOTE_ADDR="203.0.113.40")
    assert static["RateLimit-Policy"] == '"static";q=500;w=60, "static-burst";q=100;w=12'
    app = ZoneClient("univ", "app").get("/brand.css", REMOTE_ADDR="203.0.113.40")
    assert app["RateLimit-Policy"] == '"app";q=200;w=60, "app-burst";q=50;w=15'


def test_the_refused_are_told_too(univ, limits):
    api = ApiClient("univ")
    answers = [api.get("/brand.css", REMOTE_ADDR="203.0.113.41") for _ in range(25)]
    assert answers[-1].status_code == 429
    assert answers[-1]["RateLimit"].startswith('"api-burst";r=0;t=')
    assert 1 <= int(answers[-1]["Retry-After"]) <= 12
    check(answers[-1])
    asked = {"HTTP_ORIGIN": "http://app.univprepai.localhost", "REMOTE_ADDR": "203.0.113.42"}
    exposed = api.get("/api/v1/exams", **asked)["Access-Control-Expose-Headers"]
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(exposed.split(", "))


def test_the_control_plane_and_probes_from_outside_are_limited_as_well(univ, limits, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "www": (60, 3)}
    browser = ZoneClient(univ, "www")
    here = {"HTTP_HOST": "localhost", "REMOTE_ADDR": "203.0.113.43"}
    assert [browser.get("/", **here).status_code for _ in range(4)] == [200] * 3 + [429]
    outside = {"HTTP_HOST": "localhost", "HTTP_X_FORWARDED_FOR": "203.0.113.44"}
    assert [browser.get("/health", **outside).status_code for _ in range(4)] == [200] * 3 + [429]
    assert {browser.get("/health", HTTP_HOST="localhost").status_code for _ in range(6)} == {200}


def test_over_tls_every_answer_says_so_for_a_year(univ):
    """As settings.py sets it up in production (tests/security/test_deployment.py); here the middleware alone."""
    made = HeadersMiddleware(lambda request: HttpResponse("x"))
    for layer in made.django:
        layer.sts_seconds, layer.sts_include_subdomains, layer.sts_preload = 365 * 24 * 3600, True, True
    for status in (200, 302, 403, 404, 500):
        made.get_response = lambda request, status=status: HttpResponse("x", status=status)
        request = RequestFactory().get("/", secure=True)
        request.resolver_match = None
        assert made(request)["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


def test_the_api_is_refused_in_the_clear_and_pages_are_sent_on(univ, settings):
    """A client that was sent on would go on telling its secrets in the clear."""
    settings.DEVELOPMENT = False
    refused = ApiClient("univ").get("/api/v1/exams")
    assert (refused.status_code, refused.json()["code"]) == (403, "insecure_transport")
    assert "Location" not in refused
    settings.SECURE_SSL_REDIRECT = True
    made = SecurityMiddleware(lambda request: HttpResponse("x"))
    assert made(RequestFactory().get("/login", headers={"host": "app.univprepai.com"})).status_code == 301


def test_names_of_files_are_ours_and_break_no_header(in_univ, cast):
    """What is sent as a file has a name of our own making; nothing that was typed gets into the header."""
    written = [
        (path, one)
        for folder in ("accounts", "audit", "exams", "megacity")
        for path in (settings.BASE_DIR / folder).rglob("*.py")
        for one in re.findall(r'filename="?\{([^}]*)\}', path.read_text())
    ]
    assert written
    known = {"written.suffix", "name", "organization.code", "self._get_filename(request, None)"}
    assert {one for _path, one in written} <= known
    answer = HttpResponse()
    with pytest.raises(BadHeaderError):
        answer["Content-Disposition"] = 'attachment; filename="x"\r\nSet-Cookie: y=1'


def test_errors_are_logged_and_not_told(univ, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise RuntimeError("a secret of the house")

    monkeypatch.setattr("megacity.pages.catalogue", broken)
    browser = ZoneClient(univ, "www")
    browser.raise_request_exception = False
    with caplog.at_level("ERROR", logger="django.request"):
        answer = browser.get("/about")
    assert b"a secret of the house" not in answer.content
    assert "a secret of the house" in caplog.text
