"""The door: the same work for every address, sessions that begin anew and end in time, stages that nobody skips."""

import time
from importlib import import_module

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import passwords
from accounts.entering import enter_by_password
from accounts.models import Organization, User
from accounts.services.policies import change_policy
from accounts.session_times import KEY
from audit.models import Action, AuditEntry
from tests.cast import PASSWORD, make_person
from tests.clients import ApiClient, ZoneClient

LOGIN = "/api/v1/auth/login"


@pytest.fixture
def visitor(in_univ, cast) -> ZoneClient:
    return ZoneClient("univ")


def enter(client, email="bob@example.com", password=PASSWORD, **more):
    return client.post("/login", {"email": email, "password": password, **more})


@pytest.fixture
def hashes(monkeypatch) -> list[str]:
    """Every bcrypt that is computed."""
    done, encode = [], passwords.BCryptHasher.encode

    def counted(self, password, salt):
        done.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(passwords.BCryptHasher, "encode", counted)
    return done


@pytest.fixture
def refused_ones(in_univ, cast) -> list[tuple[str, str]]:
    """E-mails and passwords that open nothing, for every reason that there is."""
    make_person("Waiting", email_verified_at=None)
    make_person("Closed", is_active=False)
    away = Organization.objects.create(name="Away", code="away", status=Organization.Status.SUSPENDED)
    make_person("Suspended", organization=away)
    User.objects.create_user("invited@example.com", None, display_name="Invited", email_verified_at=None)
    wrong = [("bob@example.com", "Wr0ng!pass"), ("nobody@example.com", PASSWORD), ("invited@example.com", PASSWORD)]
    return wrong + [(f"{name}@example.com", PASSWORD) for name in ("waiting", "closed", "suspended")]


@pytest.mark.parametrize("surface", ["api", "app", "admin"])
def test_every_refusal_is_the_same_and_costs_the_same(refused_ones, hashes, surface):
    """The same words, headers, hashes and queries: what time an answer takes tells nobody whose address it was."""
    client = ApiClient("univ") if surface == "api" else ZoneClient("univ", surface)
    path = {"api": LOGIN, "app": "/login", "admin": "/login/"}[surface]
    name = "username" if surface == "admin" else "email"
    client.post(path, {name: "warm@example.com", "password": "x"})
    seen = set()
    for email, password in refused_ones:
        hashes.clear()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client.post(path, {name: email, "password": password})
        words = answer.json()["detail"] if surface == "api" else str(answer.context["form"].non_field_errors())
        kinds = tuple(query["sql"].split()[0] for query in queries)
        seen.add((answer.status_code, words, len(hashes), kinds, tuple(sorted(answer.headers))))
    assert len(seen) == 1, seen
    assert next(iter(seen))[2] == 1


def test_the_log_does_not_hold_what_was_typed(visitor):
    enter(visitor, password="S3cret!typed")
    enter(visitor)
    assert "S3cret!typed" not in str(list(AuditEntry.objects.values_list("details", flat=True)))
    kinds = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert kinds == [Action.PERMISSION_DENIED, Action.LOGIN]


def test_a_session_begins_under_a_new_key(visitor):
    visitor.get("/login")
    visitor.session.save()
    planted = ZoneClient("univ")
    session = import_module(django_settings.SESSION_ENGINE).SessionStore()
    session["cart"] = 1
    session.save()
    planted.cookies["sessionid"] = session.session_key
    enter(planted)
    assert planted.cookies["sessionid"].value != session.session_key
    attacker = ZoneClient("univ")
    attacker.cookies["sessionid"] = session.session_key
    assert attacker.get("/profile").status_code == 302


def test_log_out_ends_the_session_and_clears_the_browser(visitor, cast):
    enter(visitor)
    key = visitor.cookies["sessionid"].value
    answer = visitor.post("/logout")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    stolen = ZoneClient("univ")
    stolen.cookies["sessionid"] = key
    assert stolen.get("/profile").status_code == 302
    console = ZoneClient("univ", "admin")
    console.force_login(cast.zoe)
    assert "Clear-Site-Data" in console.post("/logout/").headers


@pytest.fixture
def clock(monkeypatch):
    """clock(minutes) → it is so much later, for the session's own times and for its row."""
    begun, offset = time.time(), [0.0]
    monkeypatch.setattr("accounts.session_times.time.time", lambda: begun + offset[0])

    def later(minutes: float) -> None:
        offset[0] += minutes * 60

    return later


def left(client) -> float:
    """Minutes until the session ends by itself."""
    return client.session.get_expiry_age() / 60


def test_a_session_ends_without_a_click_and_at_the_latest(visitor, cast, clock):
    change_policy(person=cast.zoe, session_idle_minutes=60, session_hours=2)
    enter(visitor)
    assert left(visitor) == 60
    assert visitor.cookies["sessionid"]["max-age"] == 3600
    clock(50)
    visitor.get("/profile")
    assert left(visitor) == 60
    clock(50)
    visitor.get("/profile")
    assert 19 < left(visitor) <= 20
    clock(19)
    visitor.get("/profile")
    assert left(visitor) <= 1.01
    # Whatever is asked, it never reaches beyond its end.
    assert visitor.session[KEY]["until"] - visitor.session[KEY]["seen"] == pytest.approx(60, abs=2)


def test_a_session_that_has_run_out_opens_nothing(visitor, cast, monkeypatch):
    change_policy(person=cast.zoe, session_idle_minutes=5)
    enter(visitor)
    session = visitor.session
    session.set_expiry(-1)
    session.save()
    assert visitor.get("/profile")["Location"].startswith("/login")


def test_the_console_ends_sooner(in_univ, cast):
    browser = ZoneClient("univ", "admin")
    make_person("Zara", "zone_admin")
    browser.post("/login/", {"username": "zara@example.com", "password": PASSWORD})
    times = browser.session.get(KEY)
    if times:
        assert (times["idle"], round(times["until"] - times["seen"])) == (1800, 12 * 3600)
    else:
        # A second step is asked for first: nobody is in yet.
        assert "_auth_user_id" not in browser.session


def test_nobody_passes_a_stage_with_an_address_that_is_not_confirmed(visitor, cast, rf, settings):
    settings.ROOT_URLCONF = "megacity.urls.app"
    request = rf.post("/login", HTTP_HOST="app.univprepai.localhost")
    request.session, request.user, request.client_ip = visitor.session, cast.guest, "127.0.0.1"
    cast.bob.email_verified_at = None
    assert enter_by_password(request, cast.bob, then="/dashboard")["Location"] == "/confirm"
    assert "_auth_user_id" not in request.session


def test_no_page_of_allauth_has_an_address(visitor):
    for path in ("/accounts/signup/", "/signup/", "/signup", "/accounts/login/", "/email/", "/inactive/"):
        assert visitor.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/login", "/register", "/password/reset", "/confirm"])
def test_password_fields_hide_are_pasted_into_and_filled_by_managers(visitor, path):
    page = visitor.get(path).content.decode()
    assert "onpaste" not in page
    assert 'autocomplete="off"' not in page
    assert page.count('type="password"') == page.count("data-shows=") == (path in ("/login", "/register"))
    assert "no-store" in visitor.get(path)["Cache-Control"]
