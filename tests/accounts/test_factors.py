"""Second factors: authenticator apps, recovery codes, staff who must have one, and proving again who one is."""

import re
import time
from urllib.parse import unquote

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY
from django.db import connection

from accounts import crypto
from accounts.models import OutgoingMail, SecurityPolicy
from accounts.permissions import Role
from accounts.services import factors
from audit.models import Action, AuditEntry
from tests.cast import PASSWORD, make_person
from tests.clients import ApiClient, ZoneClient
from tests.factors import code_now, give_app, log_in, wrong_code
from zones.problems import Conflict, NotAuthenticated

LOGIN, SECOND = "/api/v1/auth/login", "/api/v1/auth/login/mfa"


@pytest.fixture
def mailed():
    """The kinds of mails that were queued."""
    return lambda: list(OutgoingMail.objects.values_list("kind", flat=True))


def refusals(code):
    return AuditEntry.objects.filter(action=Action.PERMISSION_DENIED, details__code=code).count()


# --- Enrolment ------------------------------------------------------------------------------------------------------


def secret_on(page):
    return re.search(r'class="secret">([A-Z2-7 ]+)<', page.content.decode())[1].replace(" ", "")


def enrol(client):
    """Through the pages, as a person does; (secret, recovery codes)."""
    secret = secret_on(client.get("/profile/security/app"))
    shown = client.post("/profile/security/app", {"code": code_now(secret)})
    return secret, re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", shown.content.decode())


def test_enrolling_an_app_turns_the_second_step_on_and_shows_recovery_codes_once(bob, client_for):
    client = client_for(bob)
    page = client.get("/profile/security/app")
    assert b'src="data:image/svg+xml;base64,' in page.content
    secret, codes = enrol(client)
    assert len(set(codes)) == factors.RECOVERY_CODES
    assert factors.needed(bob)
    anew = client.post("/profile/security/codes").content.decode()
    (file,) = re.findall(r'href="data:text/plain;charset=utf-8,([^"]*)" download="recovery-codes.txt"', anew)
    assert unquote(file).split("\r\n")[2:-1] == re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", anew)
    for path in ("/profile/security", "/profile/security/app"):
        said = client.get(path).content.decode()
        assert not any(code in said for code in codes)
        assert secret not in said
    assert AuditEntry.objects.get(details__factor="added:totp").user_id == bob.pk


def test_an_enrolment_needs_a_code_of_the_secret_that_was_shown(bob, client_for):
    client = client_for(bob)
    secret = secret_on(client.get("/profile/security/app"))
    assert b"errorlist" in client.post("/profile/security/app", {"code": wrong_code(secret)}).content
    assert not factors.needed(bob)


def test_secrets_and_codes_are_kept_unreadable_and_bound_to_their_owner(bob, cast, client_for):
    secret, codes = enrol(client_for(bob))
    kept = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert not any(code.replace("-", "") in kept for code in codes)
    hashes = Authenticator.objects.get(type="recovery_codes").data["codes"].values()
    assert all(kept_hash.startswith("bcrypt_sha256$") for kept_hash in hashes)
    # Copied to another person's row, the secret opens nothing.
    row = Authenticator.objects.get(type="totp")
    row.pk, row.user = None, cast.alice
    row.save()
    with pytest.raises(crypto.Undecipherable):
        factors.check_code(user=cast.alice, code=code_now(secret))


def test_new_secrets_and_codes_never_repeat(bob):
    assert len({factors.new_secret() for _ in range(100)}) == 100
    give_app(bob)
    first, second = factors.renew_recovery_codes(user=bob), factors.renew_recovery_codes(user=bob)
    assert not set(first) & set(second)


# --- Log-in with pages ----------------------------------------------------------------------------------------------


def test_a_right_password_alone_opens_nothing(bob, browser):
    give_app(bob)
    answer = log_in(browser, bob, PASSWORD)
    assert answer["Location"] == "/login/code"
    assert SESSION_KEY not in browser.session
    assert browser.get("/dashboard")["Location"].startswith("/login")


def test_the_code_of_the_app_completes_the_log_in(bob, browser):
    secret = give_app(bob)
    browser.post("/login?next=/profile", {"email": bob.email, "password": PASSWORD})
    before = browser.session.session_key
    assert browser.post("/login/code", {"code": code_now(secret)})["Location"] == "/profile"
    assert browser.get("/profile").status_code == 200
    assert browser.session.session_key != before


def test_a_code_opens_one_log_in_only(bob, cast):
    code = code_now(give_app(bob))
    for number, expected in ((1, 302), (2, 200)):
        client = ZoneClient("univ")
        log_in(client, bob, PASSWORD)
        assert client.post("/login/code", {"code": code}).status_code == expected, number
    assert refusals("wrong_code") == 1


def test_a_code_of_half_a_minute_ago_is_refused(bob):
    secret = give_app(bob)
    for shift in (-factors.STEP_SECONDS, factors.STEP_SECONDS):
        with pytest.raises(NotAuthenticated):
            factors.check_code(user=bob, code=factors.code_at(secret, time.time() + shift))


def test_a_recovery_code_opens_one_log_in_and_is_told_by_mail(bob, browser, mailed):
    give_app(bob)
    code = factors.renew_recovery_codes(user=bob)[0]
    log_in(browser, bob, PASSWORD)
    assert browser.post("/login/code", {"code": code.upper()})["Location"] == "/dashboard"
    assert factors.recovery_codes_left(bob) == factors.RECOVERY_CODES - 1
    with pytest.raises(NotAuthenticated):
        factors.check_code(user=bob, code=code)
    assert "recovery_code_used" in mailed()


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "²²²²²²", "\0", "a" * 20, "000000"])
def test_strange_codes_are_refused_and_nothing_more(bob, code):
    give_app(bob)
    factors.renew_recovery_codes(user=bob)
    with pytest.raises(NotAuthenticated):
        factors.check_code(user=bob, code=code)


def test_five_wrong_codes_block_the_second_step_from_wherever_they_come(bob, limits):
    secret = give_app(bob)
    for number in range(6):
        client = ZoneClient("univ", REMOTE_ADDR=f"203.0.113.{number}")
        log_in(client, bob, PASSWORD)
        answer = client.post("/login/code", {"code": wrong_code(secret)})
    assert answer.status_code == 429
    assert 800 < int(answer["Retry-After"]) <= 900
    assert client.post("/login/code", {"code": code_now(secret)}).status_code == 429
    assert refusals("factor_blocked") == 1


def test_the_second_step_is_for_who_has_passed_the_first(bob, browser):
    secret = give_app(bob)
    assert browser.post("/login/code", {"code": code_now(secret)})["Location"] == "/login"


# --- Log-in with the API ----------------------------------------------------------------------------------------------


def challenge_of(user, zone="univ"):
    answer = ApiClient(zone).post(LOGIN, {"email": user.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "mfa_required")
    assert "access" not in answer.json()
    return answer.json()["challenge"]


def test_the_api_gives_tokens_for_a_challenge_and_a_code(bob):
    secret = give_app(bob)
    answer = ApiClient("univ").post(SECOND, {"challenge": challenge_of(bob), "code": code_now(secret)})
    assert answer.status_code == 200
    assert answer.json()["user"]["email"] == bob.email
    assert answer.cookies["refresh_token"]["httponly"]


def test_a_challenge_is_met_once(bob):
    give_app(bob)
    first, second = factors.renew_recovery_codes(user=bob)[:2]
    challenge = challenge_of(bob)
    assert ApiClient("univ").post(SECOND, {"challenge": challenge, "code": first}).status_code == 200
    again = ApiClient("univ").post(SECOND, {"challenge": challenge, "code": second})
    assert (again.status_code, again.json()["code"]) == (401, "challenge_invalid")


def test_a_challenge_is_for_its_zone_its_password_and_five_minutes(bob, cast, college, monkeypatch):
    secret = give_app(bob)
    challenge = challenge_of(bob)
    elsewhere = ApiClient("college").post(SECOND, {"challenge": challenge, "code": code_now(secret)})
    assert elsewhere.json()["code"] == "challenge_invalid"
    forged = ApiClient("univ").post(SECOND, {"challenge": challenge[:-2] + "xx", "code": code_now(secret)})
    assert forged.json()["code"] == "challenge_invalid"
    moment = time.time()
    monkeypatch.setattr(time, "time", lambda: moment + 301)
    late = ApiClient("univ").post(SECOND, {"challenge": challenge, "code": factors.code_at(secret, moment + 301)})
    assert late.json()["code"] == "challenge_invalid"
    monkeypatch.undo()
    bob.set_password("An0ther!password")
    bob.save()
    other = ApiClient("univ").post(SECOND, {"challenge": challenge, "code": code_now(secret)})
    assert other.json()["code"] == "challenge_invalid"


# --- Staff ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["anna", "zoe"])
def test_staff_without_a_factor_get_no_tokens(cast, in_univ, name):
    person = getattr(cast, name)
    answer = ApiClient("univ").post(LOGIN, {"email": person.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (403, "mfa_enrolment_required")


@pytest.mark.parametrize("surface", ["app", "admin"])
def test_staff_without_a_factor_are_led_to_enrolment_and_nowhere_else(cast, in_univ, surface):
    client = ZoneClient("univ", surface)
    path, field = ("/login", "email") if surface == "app" else ("/login/", "username")
    log_in(client, cast.zoe, PASSWORD, path, field)
    for page in ("/dashboard", "/profile", "/classes", "/", "/accounts/user/"):
        assert client.get(page)["Location"] == "/profile/security", page
    assert client.post("/accounts/user/add/", {}).status_code == 302
    assert client.get("/profile/security").status_code == 200
    if surface == "app":
        refused = client.get("/api/v1/users/me")
        assert (refused.status_code, refused.json()["code"]) == (403, "mfa_enrolment_required")
    enrol(client)
    inside = client.get("/dashboard" if surface == "app" else "/")
    assert inside.status_code == 200


def test_a_browser_that_did_not_enrol_itself_must_show_the_factor(cast, in_univ):
    first, second = ZoneClient("univ"), ZoneClient("univ")
    for client in (first, second):
        log_in(client, cast.zoe, PASSWORD)
    enrol(first)
    assert second.get("/dashboard")["Location"].startswith("/login")


def test_the_control_plane_wants_a_factor_too(univ, database):
    connection.set_schema_to_public()
    root = make_person("Root", Role.SUPER_ADMIN)
    client = ZoneClient("univ", "admin")
    client.defaults["HTTP_HOST"] = "admin.localhost"
    log_in(client, root, PASSWORD, "/login/", "username")
    assert client.get("/zones/zone/")["Location"] == "/profile/security"
    enrol(client)
    assert client.get("/zones/zone/").status_code == 200


def test_teachers_need_a_factor_where_the_zone_says_so(cast, in_univ):
    login = {"email": cast.alice.email, "password": PASSWORD}
    assert ApiClient("univ").post(LOGIN, login).status_code == 200
    SecurityPolicy.objects.create(teachers_need_factor=True)
    assert ApiClient("univ").post(LOGIN, login).json()["code"] == "mfa_enrolment_required"
    assert ApiClient("univ").post(LOGIN, {**login, "email": cast.bob.email}).status_code == 200


# --- Removing and confirming ----------------------------------------------------------------------------------------


def test_removing_asks_who_it_is_after_a_while_and_tells_by_mail(bob, client_for, mailed):
    client = client_for(bob)
    secret = give_app(bob)
    age(client, minutes=16)
    answer = client.post("/profile/security/app/remove")
    assert answer["Location"].startswith("/profile/confirm?next=")
    assert factors.needed(bob)
    before = client.session.session_key
    assert client.post("/profile/confirm", {"code": code_now(secret), "next": "/profile"})["Location"] == "/profile"
    assert client.session.session_key != before
    client.post("/profile/security/app/remove")
    assert not factors.kinds(bob)
    assert "factor_removed" in mailed()


def age(client, minutes):
    session = client.session
    session["proved_at"] = time.time() - 60 * minutes
    session.save()


def test_whoever_has_a_factor_confirms_with_it_and_not_with_a_password(bob, client_for):
    client = client_for(bob)
    give_app(bob)
    age(client, minutes=16)
    assert b'name="password"' not in client.get("/profile/confirm").content
    assert client.post("/profile/confirm", {"password": PASSWORD}).status_code == 200
    assert client.get("/profile/security/app").status_code == 302


def test_without_a_factor_the_password_confirms(bob, client_for):
    client = client_for(bob)
    age(client, minutes=16)
    assert client.post("/profile/confirm", {"password": "wrong"}).status_code == 200
    assert client.get("/profile/security/app").status_code == 302
    assert client.post("/profile/confirm", {"password": PASSWORD})["Location"] == "/profile/security"
    assert client.get("/profile/security/app").status_code == 200


def test_staff_keep_their_last_factor(cast, in_univ):
    give_app(cast.zoe)
    with pytest.raises(Conflict):
        factors.remove_totp(user=cast.zoe)
    assert factors.needed(cast.zoe)


def test_confirmation_leads_to_addresses_of_this_host_alone(bob, client_for):
    client = client_for(bob)
    answer = client.post("/profile/confirm", {"password": PASSWORD, "next": "https://evil.example/"})
    assert answer["Location"] == "/profile/security"


@pytest.mark.parametrize(("surface", "path"), [("app", "/logout"), ("admin", "/logout/")])
def test_every_surfaces_security_page_lets_people_out(cast, client_for, surface, path):
    client = client_for(cast.zoe, surface)
    assert f'action="{path}"' in client.get("/profile/security").content.decode()
    client.post(path)
    assert SESSION_KEY not in client.session
