"""What a password may be, how it is kept, when it must be replaced."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import User
from accounts.passwords import BCryptHasher
from accounts.services.policies import change_policy
from audit.models import Action, AuditEntry
from tests.cast import PASSWORD
from tests.clients import ApiClient, ZoneClient
from tests.mailbox import letters
from zones.problems import PermissionRefused

NEW = "Hangang!2026"


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Sh0rt!a", "password_too_short"),
        ("alllower1!", "password_kinds"),
        ("Password1!", "password_too_common"),
        ("P@ssw0rd1!", "password_too_common"),
        ("Summer2026!", "password_too_common"),
        ("Qwer1234!", "password_too_common"),
        ("1q2w3e4r!Q", "password_guessable"),
        ("UnivPrepAI1!", "password_guessable"),
        ("Univprep2026!", "password_guessable"),
        ("MegaCity-2026!", "password_guessable"),
        ("Narae-1004!", "password_guessable"),
        ("Hana-Academy-2026!", "password_guessable"),
        ("Aa1!" + "x" * 200, "password_too_long"),
    ],
)
def test_what_attackers_try_first_is_refused(in_univ, cast, password, code):
    user = User(email="narae.kim@example.com", display_name="Narae Kim", organization=cast.hana)
    with pytest.raises(ValidationError) as refusal:
        validate_password(password, user)
    assert code in {error.code for error in refusal.value.error_list}


@pytest.mark.parametrize("password", [NEW, "N3w!password", "Aa1!" + "가나다라" * 40, "Mz9! " + "é漢🙂" * 20])
def test_long_ones_and_any_sign_are_welcome(in_univ, password):
    validate_password(password, User(email="narae@example.com", display_name="Narae"))


def test_no_sign_is_dropped_and_none_is_changed():
    base = "Aa1!" + "가" * 60
    kept = make_password(base + "나")
    assert check_password(base + "나", kept)
    # Beyond bcrypt's 72 bytes, too.
    assert not check_password(base + "다", kept)
    assert not check_password((base + "나").swapcase(), kept)
    assert not check_password(f" {base}나", kept)
    # One sign or two, the same letter (NFC); a wide letter is another one.
    assert check_password("Caf\u00e9-1234!", make_password("Cafe\u0301-1234!"))
    assert not check_password("Ａbcdef1!", make_password("Abcdef1!"))


def test_passwords_are_hashed_by_bcrypt_of_the_cost_that_is_set(settings):
    settings.PASSWORD_ROUNDS = 5
    hasher = BCryptHasher()
    assert hasher.encode(NEW, hasher.salt()).startswith("bcrypt_sha256$$2b$05$")


def test_outside_tests_the_cost_is_twelve_at_least(monkeypatch):
    from megacity import environment as env

    monkeypatch.setenv("PASSWORD_ROUNDS", "11")
    with pytest.raises(Exception, match="PASSWORD_ROUNDS"):
        env.number("PASSWORD_ROUNDS", 12, least=12)


def test_a_change_asks_for_the_old_one_and_for_another_and_tells(in_univ, cast, api_for):
    bob, path = api_for(cast.bob), "/api/v1/users/me/password"
    assert list(bob.post(path, {"current": "Wr0ng!one", "new": NEW}).json()["errors"]) == ["current"]
    assert list(bob.post(path, {"current": PASSWORD, "new": PASSWORD}).json()["errors"]) == ["new"]
    assert bob.post(path, {"current": PASSWORD, "new": NEW}).status_code == 204
    assert bob.get("/api/v1/users/me").status_code == 401
    (told,) = letters(cast.bob.email)
    assert NEW not in told.body + told.alternatives[0][0]
    (entry,) = AuditEntry.objects.filter(action=Action.UPDATE, resource_type="user")
    assert entry.details == {"changed": ["password"], "how": "changed"}


def test_guesses_at_the_old_one_are_counted(in_univ, cast, api_for, limits):
    bob, path = api_for(cast.bob), "/api/v1/users/me/password"
    tries = [bob.post(path, {"current": f"Wr0ng!{n}", "new": NEW}).status_code for n in range(6)]
    assert tries == [400] * 5 + [429]
    assert bob.post(path, {"current": PASSWORD, "new": NEW}).status_code == 429


@pytest.fixture
def old(in_univ, cast) -> User:
    """Bob, whose password is of a hundred days ago."""
    User.objects.filter(pk=cast.bob.pk).update(password_changed_at=timezone.now() - timedelta(days=100))
    return cast.bob


def enter(client, password=PASSWORD):
    return client.post("/login", {"email": "bob@example.com", "password": password, "next": "/exams"})


def test_an_old_password_leads_to_a_new_one_and_only_then_in(old):
    browser = ZoneClient("univ")
    assert enter(browser)["Location"] == "/password/renew"
    assert browser.get("/profile").status_code == 302
    assert browser.get("/password/renew").status_code == 200
    same = browser.post("/password/renew", {"password": PASSWORD})
    assert (same.status_code, set(same.context["form"].errors)) == (200, {"password"})
    assert browser.post("/password/renew", {"password": NEW})["Location"] == "/exams"
    assert browser.get("/profile").status_code == 200
    assert browser.get("/password/renew")["Location"] == "/login"
    assert enter(ZoneClient("univ"), NEW)["Location"] == "/exams"


def test_nobody_renews_a_password_without_having_logged_in(in_univ, cast):
    browser = ZoneClient("univ")
    assert browser.post("/password/renew", {"password": NEW})["Location"] == "/login"
    assert User.objects.get(pk=cast.bob.pk).check_password(PASSWORD)


def test_the_api_says_that_a_password_has_expired_and_how_to_go_on(old):
    answer = ApiClient("univ").post("/api/v1/auth/login", {"email": old.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (403, "password_expired")
    assert answer.json()["how"]["page"].endswith("/login")
    assert "access" not in answer.json()
    # Who does not know it learns nothing.
    wrong = ApiClient("univ").post("/api/v1/auth/login", {"email": old.email, "password": "Wr0ng!one"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "login_failed")


@pytest.mark.parametrize(("days", "leads_to"), [(None, "/exams"), (101, "/exams"), (99, "/password/renew")])
def test_a_zone_decides_when_passwords_are_renewed(old, cast, days, leads_to):
    change_policy(person=cast.zoe, password_days=days)
    assert enter(ZoneClient("univ"))["Location"] == leads_to


def test_the_policy_is_for_the_zones_administrators_and_leaves_a_row(in_univ, cast, client_for):
    path, said = "/accounts/securitypolicy/1/change/", {
        "password_days": "", "session_idle_minutes": 60, "session_hours": 24, "console_idle_minutes": 15,
        "console_hours": 8, "roster_unknown_age": "ask", "audit_months": 36,
    }  # fmt: skip
    with pytest.raises(PermissionRefused):
        change_policy(person=cast.anna, password_days=1)
    assert client_for(cast.anna, surface="admin").post(path, said).status_code in (302, 403, 404)
    zoe = client_for(cast.zoe, surface="admin")
    assert zoe.get("/accounts/securitypolicy/")["Location"].endswith(path)
    assert zoe.get(path).status_code == 200
    assert zoe.post(path, {**said, "session_hours": 0}).status_code == 200
    assert zoe.post(path, said).status_code == 302
    (entry,) = AuditEntry.objects.filter(resource_type="security_policy")
    assert (entry.user_id, entry.details["password_days"]) == (cast.zoe.pk, [90, None])


def test_what_staff_hand_over_opens_one_log_in_and_goes_stale(in_univ, cast, api_for):
    new = {"display_name": "Nara", "email": "nara@example.com", "password": NEW, "role": "student"}
    assert api_for(cast.anna).post("/api/v1/users", new).status_code == 201
    said = {"email": "nara@example.com", "password": NEW}
    browser = ZoneClient("univ")
    assert browser.post("/login", said)["Location"] == "/password/renew"
    assert browser.post("/password/renew", {"password": "Bukhan!2026"})["Location"] == "/dashboard"
    User.objects.filter(email="nara@example.com").update(
        password_temporary=True, password_changed_at=timezone.now() - timedelta(days=8)
    )
    stale = ApiClient("univ").post("/api/v1/auth/login", {**said, "password": "Bukhan!2026"})
    assert (stale.status_code, stale.json()["code"]) == (401, "login_failed")
