"""Links that are mailed: registration, reset, invitation, another e-mail; what each allows, once, and to whom."""

import time

import pytest
from django.core import signing

from accounts import tokens
from accounts.links import Purpose, make_link, read_link
from accounts.models import Organization, User
from accounts.services import people
from audit.models import Action, AuditEntry
from tests.cast import PASSWORD, make_person
from tests.clients import ApiClient, ZoneClient
from tests.mailbox import letters, link_in, link_to
from zones.context import zone_context

RESET, AGAIN, REGISTER = "/api/v1/auth/password/reset", "/api/v1/auth/confirm/again", "/api/v1/auth/register"
FRESH = "Hangang!2026"
BORN = {"birth_date": "2001-05-05"}
NEW = {"display_name": "Nara", "email": "nara@example.com", "password": FRESH, "role": "student"} | BORN


@pytest.fixture
def visitor(in_univ, cast) -> ZoneClient:
    return ZoneClient("univ")


@pytest.fixture
def api(in_univ, cast) -> ApiClient:
    return ApiClient("univ")


def log_in(email: str, password: str):
    return ApiClient("univ").post("/api/v1/auth/login", {"email": email, "password": password})


# --- Reset -----------------------------------------------------------------------------------------------------------


def test_a_reset_ends_everything_that_the_old_password_opened(visitor, cast, client_for, api_for):
    browser, bearer, refresh = client_for(cast.bob), api_for(cast.bob), tokens.issue(cast.bob).refresh
    assert visitor.post("/password/reset", {"email": "Bob@Example.com"})["Location"] == "/password/reset/sent"
    link = link_to(cast.bob.email)
    shown = visitor.get(link)
    assert (shown.status_code, shown["Referrer-Policy"]) == (200, "same-origin")
    assert "no-store" in shown["Cache-Control"]
    assert set(visitor.post(link, {"password": "weak"}).context["form"].errors) == {"password"}
    assert visitor.post(link, {"password": FRESH})["Location"] == "/password/set"
    # It changes the password and logs nobody in: second factors are asked for as ever.
    assert visitor.get("/profile").status_code == 302
    assert browser.get("/profile").status_code == 302
    assert bearer.get("/api/v1/users/me").status_code == 401
    refreshed = ApiClient("univ")
    refreshed.cookies["refresh_token"] = refresh
    assert refreshed.post("/api/v1/auth/refresh").status_code == 401
    assert visitor.post(link, {"password": "Bukhan!2026"}).status_code == 410
    assert log_in(cast.bob.email, PASSWORD).status_code == 401
    assert log_in(cast.bob.email, FRESH).status_code == 200
    assert [letter.subject != "" for letter in letters(cast.bob.email)] == [True]
    details = [entry.details for entry in AuditEntry.objects.order_by("id")]
    assert {"changed": ["password"], "how": "reset"} in details
    assert "password_reset" in [said.get("asked") for said in details]
    assert link.rsplit("/", 1)[1] not in str(details)
    assert FRESH not in str(details)


def test_a_reset_by_the_api(api, cast):
    assert api.post(RESET, {"email": cast.bob.email}).status_code == 202
    token = link_to(cast.bob.email).rsplit("/", 1)[1]
    path = RESET + "/confirm"
    assert list(api.post(path, {"token": token, "password": "weak"}).json()["errors"]) == ["password"]
    assert api.post(path, {"token": token, "password": FRESH}).status_code == 204
    used = api.post(path, {"token": token, "password": "Bukhan!2026"})
    assert (used.status_code, used.json()["code"]) == (403, "link_void")
    assert log_in(cast.bob.email, FRESH).status_code == 200


@pytest.mark.parametrize(
    ("purpose", "seconds"),
    [(Purpose.RESET, 3600), (Purpose.CONFIRM, 3 * 86400), (Purpose.INVITE, 7 * 86400), (Purpose.MOVE, 86400)],
)
def test_links_are_good_for_their_time(in_univ, cast, monkeypatch, purpose, seconds):
    token, now = make_link(purpose, cast.bob), time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + seconds - 5)
    assert read_link(purpose, token)
    monkeypatch.setattr(signing.time, "time", lambda: now + seconds + 5)
    assert read_link(purpose, token) is None


def test_a_link_is_for_one_purpose_one_zone_and_one_state_of_the_account(in_univ, cast, college):
    token = make_link(Purpose.RESET, cast.bob)
    assert read_link(Purpose.RESET, token)
    for other in (Purpose.CONFIRM, Purpose.INVITE, Purpose.MOVE):
        assert read_link(other, token) is None
    with zone_context(college):
        twin = make_person("Bob", id=cast.bob.pk)
        User.objects.filter(pk=twin.pk).update(password=cast.bob.password)
        assert read_link(Purpose.RESET, token) is None
    # A log-in shows that nothing was forgotten.
    assert log_in(cast.bob.email, PASSWORD).status_code == 200
    assert read_link(Purpose.RESET, token) is None


@pytest.mark.parametrize("token", ["x", "a:b:c", "é", "W10:1:1", "x" * 1500])
def test_a_token_that_is_none_opens_nothing(visitor, api, token):
    assert visitor.get(f"/password/reset/{token}").status_code == 410
    answer = api.post(RESET + "/confirm", {"token": token, "password": FRESH})
    assert answer.status_code in (400, 403)


# --- Nobody learns who has an account ---------------------------------------------------------------------------------


@pytest.fixture
def everybody(in_univ, cast) -> list[str]:
    """Addresses of every kind of account, and one of none."""
    make_person("Waiting", email_verified_at=None)
    make_person("Closed", is_active=False)
    away = Organization.objects.create(name="Away", code="away", status=Organization.Status.SUSPENDED)
    make_person("Suspended", organization=away)
    people.create_user(person=cast.zoe, display_name="I", email="invited@example.com", password=None, role="teacher")
    letters()
    return [f"{name}@example.com" for name in ("bob", "waiting", "closed", "suspended", "invited", "nobody")]


@pytest.mark.parametrize("path", [RESET, AGAIN, REGISTER])
def test_every_address_gets_the_same_answer_and_one_mail(api, everybody, path):
    answers = set()
    for email in everybody:
        body = {**NEW, "email": email} if path == REGISTER else {"email": email}
        answer = api.post(path, body)
        answers.add((answer.status_code, answer.content, tuple(sorted(answer.headers))))
        assert [letter.to for letter in letters()] == [[email]]
    assert len(answers) == 1


def test_pages_too_answer_every_address_alike(visitor, everybody):
    for path, body in (("/password/reset", {}), ("/confirm", {}), ("/register", NEW)):
        answers = {visitor.post(path, {**body, "email": email})["Location"] for email in everybody}
        assert len(answers) == 1


def test_who_registers_with_an_address_that_is_taken_changes_nothing(api, cast):
    before = User.objects.filter(email=cast.bob.email).values().get()
    assert api.post(REGISTER, {**NEW, "email": "BOB@example.com"}).status_code == 202
    assert User.objects.filter(email=cast.bob.email).values().get() == before
    assert User.objects.filter(email__iexact="bob@example.com").count() == 1
    (told,) = letters(cast.bob.email)
    assert NEW["display_name"] not in told.body


def test_a_registration_with_anothers_address_cannot_be_finished_by_them(api, visitor):
    """The thief knows the password, the owner reads the mail; neither has both."""
    api.post(REGISTER, {**NEW, "display_name": "Thief", "password": "Thi3f-knows!"})
    thiefs = link_to(NEW["email"])
    api.post(REGISTER, NEW)
    owners = link_to(NEW["email"])
    assert visitor.get(thiefs).status_code == 410
    api.post(REGISTER, {**NEW, "display_name": "Thief", "password": "Thi3f-knows!"})
    latest = link_to(NEW["email"])
    assert visitor.get(owners).status_code == 410
    assert visitor.post(latest, {"password": FRESH}).status_code == 200
    assert log_in(NEW["email"], "Thi3f-knows!").status_code == 401
    # The owner sets a password of their own: the account is theirs, and the thief's password is gone.
    api.post(RESET, {"email": NEW["email"]})
    (reset,) = [link_in(letter) for letter in letters(NEW["email"])]
    assert visitor.post(reset, {"password": FRESH}).status_code == 302
    assert log_in(NEW["email"], "Thi3f-knows!").status_code == 401
    assert log_in(NEW["email"], FRESH).status_code == 200


def test_a_registration_does_not_take_over_an_invitation(api, everybody):
    api.post(REGISTER, {**NEW, "email": "invited@example.com"})
    invited = User.objects.get(email="invited@example.com")
    assert (invited.role, invited.has_usable_password()) == ("teacher", False)


def test_mails_are_not_asked_for_without_end(limits, api, settings):
    settings.MAIL_RATE_LIMITS = {"asked": (1, 2), "client": (1, 5), "address": (1, 3)}
    for email in ("bob@example.com", "nobody@example.com"):
        answers = [api.post(RESET, {"email": email}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [202, 202, 429]
        assert int(answers[-1]["Retry-After"]) > 0
    # From other places: the answer is the same, and the owner's mailbox is left alone.
    assert api.post(RESET, {"email": "bob@example.com"}, REMOTE_ADDR="203.0.113.8").status_code == 202
    assert api.post(RESET, {"email": "bob@example.com"}, REMOTE_ADDR="203.0.113.9").status_code == 202
    assert len(letters("bob@example.com")) == 3


# --- Invitations, and another e-mail ----------------------------------------------------------------------------------


def test_whom_staff_make_an_account_chooses_a_password_by_mail(visitor, cast, api_for):
    body = {name: NEW[name] for name in ("display_name", "email", "role")}
    assert api_for(cast.anna).post("/api/v1/users", body).status_code == 201
    assert log_in(NEW["email"], FRESH).status_code == 401
    link = link_to(NEW["email"])
    assert link.startswith("/invitation/")
    assert visitor.get(link).status_code == 200
    then = visitor.post(link, {"password": FRESH})["Location"]
    # Nobody was logged in before: the page of a changed password would say that all devices are logged out.
    assert "logged out" not in visitor.get(then, HTTP_ACCEPT_LANGUAGE="en").content.decode()
    user = User.objects.get(email=NEW["email"])
    assert (user.email_verified_at is not None, user.password_temporary) == (True, False)
    assert log_in(NEW["email"], FRESH).status_code == 200
    assert visitor.get(link).status_code == 410


def test_another_email_must_confirm_and_the_old_one_is_told(visitor, cast, client_for, api_for):
    browser, bearer = client_for(cast.bob), api_for(cast.bob)
    wrong = browser.post("/profile/email", {"e-email": "robert@example.com", "e-password": "Wr0ng!one"})
    assert set(wrong.context["email_form"].errors) == {"password"}
    asked = browser.post("/profile/email", {"e-email": "Robert@example.com", "e-password": PASSWORD})
    assert asked["Location"] == "/profile"
    link = link_to("robert@example.com")
    assert ["robert@example.com" in letter.body for letter in letters("bob@example.com")] == [True]
    assert User.objects.get(pk=cast.bob.pk).email == "bob@example.com"
    assert visitor.get(link).status_code == 200
    assert User.objects.get(pk=cast.bob.pk).email == "bob@example.com"
    assert visitor.post(link)["Location"] == "/profile/email/changed"
    assert visitor.get("/profile/email/changed").status_code == 200
    assert User.objects.get(pk=cast.bob.pk).email == "robert@example.com"
    assert len(letters("bob@example.com")) == 1
    # Its tokens name the old address.
    assert bearer.get("/api/v1/users/me").status_code == 401
    assert visitor.post(link).status_code == 410
    changes = AuditEntry.objects.filter(action=Action.UPDATE, resource_type="user")
    assert [entry.user_id for entry in changes if isinstance(entry.details.get("email"), list)] == [cast.bob.pk]


def test_nobody_learns_or_takes_an_address_by_wishing_for_it(cast, in_univ, api_for):
    bob, path = api_for(cast.bob), "/api/v1/users/me/email"
    free = bob.post(path, {"email": "free@example.com", "password": PASSWORD})
    taken = bob.post(path, {"email": "otto@example.com", "password": PASSWORD})
    assert (free.status_code, free.content) == (taken.status_code, taken.content) == (202, taken.content)
    assert "/profile/email/" not in letters("otto@example.com")[0].body
    token = link_to("free@example.com").rsplit("/", 1)[1]
    make_person("Free")
    answer = ZoneClient("univ").post(f"/profile/email/{token}")
    assert answer.status_code == 200
    assert User.objects.get(pk=cast.bob.pk).email == "bob@example.com"


# --- What the log tells of them ---------------------------------------------------------------------------------------


def codes_of_refusals() -> list[str]:
    rows = AuditEntry.objects.filter(action=Action.PERMISSION_DENIED).order_by("id")
    return [row.details["code"] for row in rows]


@pytest.mark.parametrize("path", ["confirm", "invitation", "password/reset", "profile/email"])
def test_a_forged_link_is_noted_when_it_is_opened_and_when_it_is_used(in_univ, cast, path):
    stranger = ZoneClient("univ")
    assert stranger.get(f"/{path}/made-up").status_code == 410
    assert stranger.post(f"/{path}/made-up", {"password": "N3w!password"}).status_code == 410
    assert codes_of_refusals() == ["link_void"] * 2


def test_the_log_does_not_keep_a_link_that_is_still_good(in_univ, cast):
    """A refusal by the CSRF check, a scanner's name or a limit leaves the link as it was; the log has many readers."""
    link = f"/password/reset/{make_link(Purpose.RESET, cast.bob)}"
    assert ZoneClient("univ", csrf=True).post(link, {"password": "Hangang!2026"}).status_code == 403
    assert ZoneClient("univ", HTTP_USER_AGENT="sqlmap").get(link).status_code == 403
    rows = AuditEntry.objects.filter(action=Action.PERMISSION_DENIED)
    assert codes_of_refusals() == ["csrf_failed", "scanner"]
    assert [row.details["path"] for row in rows] == ["/password/reset/•••"] * 2


@pytest.mark.parametrize("email", ["bob@example.com", "nobody@example.com"])
@pytest.mark.parametrize("path", [RESET, AGAIN])
def test_who_asks_for_a_mail_waits_as_long_whoever_has_the_address(api, settings, path, email):
    settings.EVEN_ANSWER_SECONDS = 0.2
    begun = time.monotonic()
    assert api.post(path, {"email": email}).status_code == 202
    assert time.monotonic() - begun >= 0.2
