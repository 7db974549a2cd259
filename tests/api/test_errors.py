"""What goes wrong with a request is the client's to read: RFC 9457, a stable code, and never a server error."""

import json
import uuid

import pytest
from django.test import Client

from exams.models import Attempt
from tests.api.city import organization_exam, start
from tests.clients import ApiClient, ZoneClient, client_for, host

EXAMS, LOGIN = "/api/v1/exams", "/api/v1/auth/login"


def is_problem(response, status: int, code: str) -> dict:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert {"type", "title", "status", "code", "detail"} <= set(body)
    assert (body["status"], body["code"]) == (status, code)
    return body


def send(client: ApiClient, path: str, raw: bytes | str, content_type: str = "application/json", method="POST"):
    return client.generic(method, path, raw, content_type=content_type)


@pytest.fixture
def teacher(in_univ, cast, api_for) -> ApiClient:
    return api_for(cast.alice)


@pytest.fixture
def student(in_univ, cast, api_for) -> ApiClient:
    return api_for(cast.bob)


def test_each_kind_of_refusal_is_problem_details(in_univ, cast, teacher, student):
    exam = organization_exam(cast.hana)
    unknown = uuid.uuid4()
    assert "title" in is_problem(teacher.post(EXAMS, {"code": "x"}), 400, "invalid")["errors"]
    refused = ApiClient(in_univ).get("/api/v1/attempts")
    is_problem(refused, 401, "not_authenticated")
    assert refused["WWW-Authenticate"].startswith("Bearer")
    is_problem(student.post(EXAMS, {"code": "x", "title": "x"}), 403, "permission_denied")
    is_problem(student.get(f"{EXAMS}/{unknown}"), 404, "not_found")
    is_problem(student.get(f"{EXAMS}/not-an-id"), 404, "not_found")
    is_problem(student.get("/api/v1/nothing"), 404, "not_found")
    not_allowed = student.delete(EXAMS)
    is_problem(not_allowed, 405, "method_not_allowed")
    assert "GET" in not_allowed["Allow"]
    is_problem(teacher.post(EXAMS, {"code": exam.code, "title": "again"}), 409, "code_taken")
    is_problem(send(teacher, EXAMS, "code=x", "application/x-www-form-urlencoded"), 415, "unsupported_media_type")


def test_the_language_of_the_words_is_the_clients(in_univ):
    def said(language: str) -> str:
        return ApiClient(in_univ).get("/api/v1/users/me", HTTP_ACCEPT_LANGUAGE=language).json()["code"]

    # The words follow Accept-Language, the code never does.
    assert said("ko") == said("en") == "not_authenticated"


BAD_BODIES = {
    "empty": b"",
    "half": b'{"code": "x", "title": ',
    "not utf-8": b'{"title": "\xff\xfe"}',
    "a list": b"[]",
    "a number": b"17",
    "null": b"null",
    "a word": b'"exam"',
    "NaN": b'{"code": "x", "title": "x", "se_target": NaN}',
    "nested deep": b"[" * 200_000,
    "a number without end": b'{"code": "x", "title": "x", "max_items": ' + b"9" * 10_000 + b"}",
    "3 MB": json.dumps({"code": "x", "title": "x" * 3_000_000}).encode(),
}


@pytest.mark.parametrize("name", BAD_BODIES)
@pytest.mark.parametrize("path", [EXAMS, "/api/v1/items", LOGIN])
def test_a_body_that_is_none_is_refused(teacher, name, path):
    response = send(teacher, path, BAD_BODIES[name])
    assert response.status_code == (413 if name == "3 MB" else 400)
    is_problem(response, response.status_code, "too_large" if name == "3 MB" else response.json()["code"])


STRANGE = [
    None, True, -1, 0, 1.5, 10**30, 1e308, float("1e309"), "", "a\x00b", "\ud800", "nan", "١", [], {}, [[]], {"a": 1},
    "x" * 10_000, "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", [None], [{}],
    [{"area": "\x00", "share": "nan"}], [{"language": "ko\x00"}], [{"area": "x", "share": 10**400}],
]  # fmt: skip
FIELDS = [
    "code", "title", "description", "translations", "kind", "visibility", "languages", "blueprint", "form", "min_items",
    "max_items", "se_target", "randomesque", "time_limit_minutes", "attempts_allowed", "opens_at", "closes_at",
    "organization",
]  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_strange_values_of_an_exam_are_taken_or_refused(teacher, field):
    for number, value in enumerate(STRANGE):
        body = {"code": f"strange-{number}", "title": "strange", field: value}
        response = send(teacher, EXAMS, json.dumps(body).encode())
        assert response.status_code in (201, 400, 404, 409), (value, response.content)
        shown = teacher.get(EXAMS)
        assert shown.status_code == 200
        json.loads(shown.content, parse_constant=pytest.fail)


@pytest.mark.parametrize("field", ["client_key", "position", "item", "option", "elapsed_ms"])
def test_strange_values_of_an_answer_change_nothing(in_univ, cast, student, field):
    state = start(cast.bob, organization_exam(cast.hana))
    good = {"client_key": str(uuid.uuid4()), "position": 1, "item": state["item"]["id"], "option": 1}
    for value in STRANGE:
        # An answer may leave its time out, and a body may say a number as a word or as true.
        if (field, value) == ("elapsed_ms", None) or (field == "elapsed_ms" and value in (0, True, "١")):
            continue
        if value == good.get(field) or value in (True, "١") or (field == "client_key" and isinstance(value, int)):
            continue
        path = f"/api/v1/attempts/{state['id']}/answer"
        response = send(student, path, json.dumps({**good, field: value}).encode())
        assert response.status_code in (400, 409), (value, response.content)
    assert Attempt.objects.get(pk=state["id"]).answered == 0


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("cursor=x", 404),
        ("cursor=cD0lMDA%3D", 400),
        ("cursor=cD1hYmM%3D", 400),
        ("cursor=" + "A" * 5000, 200),
        ("page_size=-5", 200),
        ("page_size=99999999999999999999", 200),
        ("organization=1", 400),
        ("status=nothing", 400),
        ("search=%00", 400),
        ("search=%25_%5C", 200),
        ("search=%ff%fe", 400),
        ("search=" + "x" * 5000, 200),
    ],
)
def test_strange_queries_are_taken_or_refused(teacher, query, status):
    response = teacher.get(f"{EXAMS}?{query}")
    assert response.status_code == status, response.content
    if status >= 400:
        is_problem(response, status, response.json()["code"])


@pytest.mark.parametrize("path", ["/api/v1/attempts", "/api/v1/admin/audit-logs"])
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("since=x", 400),
        ("since=0001-01-01T00:00:00%2B23:59", 400),
        ("until=9999-12-31T23:59:59-23:59", 400),
        ("since=2026-01-01T00:00:00-23:59", 200),
        ("since=2026-01-01", 200),
    ],
)
def test_strange_times_are_taken_or_refused(in_univ, cast, api_for, path, query, status):
    assert api_for(cast.zoe).get(f"{path}?{query}").status_code == status


@pytest.mark.parametrize(
    "query", ["difficulty_min=nan", "difficulty_min=1e400", "difficulty_max=-1e400", "language=%00"]
)
def test_strange_numbers_are_taken_or_refused(teacher, query):
    assert teacher.get(f"/api/v1/items?{query}").status_code in (200, 400)


def test_too_many_requests_say_when_to_come_back(in_univ, limits):
    client = ApiClient(in_univ)
    answers = [client.get(EXAMS) for _ in range(25)]
    assert answers[0].status_code == 200
    body = is_problem(answers[-1], 429, "throttled")
    assert body["detail"]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60


def origin(zone: str, surface: str) -> str:
    return f"http://{host(zone, surface)}"


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        (origin("univ", "app"), True),
        (origin("univ", "app") + ":8000", False),
        (origin("univ", "app") + ":", False),
        (origin("univ", "app") + ".", False),
        (origin("univ", "app").replace("http:", "https:"), False),
        (origin("univ", "app").upper(), False),
        (origin("univ", "app") + "/", False),
        (origin("univ", "www"), False),
        (origin("univ", "admin"), False),
        (origin("college", "app"), False),
        ("https://evil.example", False),
        (f"http://{host('univ', 'app')}.evil.example", False),
        (f"http://{host('univ', 'app')}:80@evil.example", False),
        ("http://[", False),
        ("null", False),
    ],
)
def test_only_the_zones_own_app_may_read_the_api_from_a_browser(univ, name, allowed):
    plain = ApiClient(univ).get(EXAMS, HTTP_ORIGIN=name)
    assert plain.status_code == 200
    assert plain.get("Access-Control-Allow-Origin") == (name if allowed else None)
    preflight = Client(HTTP_HOST=host("univ", "api")).options(
        EXAMS, HTTP_ORIGIN=name, HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST"
    )
    assert preflight.get("Access-Control-Allow-Origin") == (name if allowed else None)


@pytest.mark.parametrize(
    ("port", "secure", "name", "allowed"),
    [
        (":8000", False, "http://{app}:8000", True),
        (":8000", False, "http://{app}:8001", False),
        (":8000", False, "http://{app}", False),
        ("", True, "https://{app}", True),
        ("", True, "http://{app}", False),
        ("", True, "https://{app}:443", False),
        ("", True, "https://{app}:8443", False),
        ("", True, "https://{app}.", False),
        (".", True, "https://{app}", True),
    ],
)
def test_the_app_is_known_by_the_scheme_and_port_of_the_request(univ, port, secure, name, allowed):
    name = name.format(app=host("univ", "app"))
    client = ApiClient(univ)
    answer = client.get(EXAMS, HTTP_HOST=host("univ", "api") + port, HTTP_ORIGIN=name, secure=secure)
    assert answer.get("Access-Control-Allow-Origin") == (name if allowed else None)


@pytest.mark.parametrize("surface", ["api", "static"])
def test_other_addresses_know_no_origin_not_even_a_broken_one(univ, surface):
    """django-cors-headers asks us about every address, and leaves to us what cannot be read."""
    for name in (origin("univ", "app"), "http://[", "http://[::1"):
        answer = ZoneClient(univ, surface).get("/nothing", HTTP_ORIGIN=name)
        assert (answer.status_code, answer.get("Access-Control-Allow-Origin")) == (404, None)


def test_a_page_needs_its_csrf_token_to_change_something(in_univ, cast):
    exam = organization_exam(cast.hana)
    browser = ZoneClient("univ", csrf=True)
    browser.force_login(cast.bob)
    path, body = f"{EXAMS}/{exam.pk}/start", json.dumps({"client_key": str(uuid.uuid4())})
    is_problem(browser.post(path, body, content_type="application/json"), 403, "csrf_failed")
    browser.get("/exams")
    token = browser.cookies["csrftoken"].value
    started = browser.post(path, body, content_type="application/json", HTTP_X_CSRFTOKEN=token)
    assert started.status_code == 201


def test_a_session_of_another_zone_opens_nothing(in_univ, cast):
    browser = client_for(cast.charlie)
    browser.defaults["HTTP_HOST"] = host("univ", "app")
    is_problem(browser.get("/api/v1/users/me"), 401, "not_authenticated")
