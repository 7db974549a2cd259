"""Ways around the door that a careful stranger tries: other spellings, half log-ins, other hosts, other sockets."""

from datetime import date

import pytest
from django.contrib.auth import SESSION_KEY

from accounts.models import Consent, OutgoingMail, User
from accounts.services import people, sessions
from audit.middleware import address_of
from audit.models import AuditEntry
from megacity import consumers
from tests.cast import PASSWORD, make_person
from tests.clients import ApiClient, ZoneClient, host
from tests.factors import code_now, give_app
from tests.sockets import converse

LOGIN = "/api/v1/auth/login"
NEW, OTHER, GIVEN = "Bukhan!2026", "Hallasan!2026", "Jirisan!2026"


def enter(client, email="bob@example.com", password=PASSWORD):
    return client.post("/login", {"email": email, "password": password})


def logged_in(client) -> bool:
    return SESSION_KEY in client.session


# --- Whose address it is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", ["ſisi@example.com", "sıſi@example.com", "siſı@example.com"])
def test_letters_whose_capitals_are_the_same_are_other_addresses(in_univ, cast, spelling):
    """Each spelling would be counted as an account of its own: five more tries at the same one."""
    sisi = make_person("Sisi")
    said = ApiClient("univ").post(LOGIN, {"email": spelling, "password": PASSWORD})
    assert (said.status_code, said.json()["code"]) == (401, "login_failed")
    assert ApiClient("univ").post(LOGIN, {"email": "SISI@Example.com", "password": PASSWORD}).status_code == 200
    ApiClient("univ").post("/api/v1/auth/password/reset", {"email": spelling})
    assert not OutgoingMail.objects.filter(kind="reset_password", user=sisi).exists()


def test_neighbours_of_one_network_are_one_address_to_the_block(limits, in_univ, cast):
    """A customer has 2⁶⁴ addresses of IPv6 (RFC 6177): each would have had five tries."""
    api, said = ApiClient("univ"), {"email": "bob@example.com", "password": "no" + PASSWORD}
    answers = [api.post(LOGIN, said, REMOTE_ADDR=f"2001:db8:1:2::{n:x}").status_code for n in range(1, 8)]
    assert answers == [401] * 5 + [429] * 2
    assert api.post(LOGIN, {**said, "password": PASSWORD}, REMOTE_ADDR="2001:db8:1:3::1").status_code == 200


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("::ffff:203.0.113.5", "", "203.0.113.5"),
        ("::ffff:203.0.113.5", "198.51.100.1", "203.0.113.5"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "203.0.113.9, ::ffff:198.51.100.1", "198.51.100.1"),
        ("fe80::1%eth0", "", "fe80::1"),
        ("2001:DB8::1", "", "2001:db8::1"),
        ("127.0.0.1", "nonsense", None),
    ],
)
def test_an_address_has_one_spelling(remote, forwarded, address):
    """Who listens to both kinds of addresses sees those of IPv4 in another dress: all of them are of one /64."""
    assert address_of(remote, forwarded) == address


# --- Half a log-in ----------------------------------------------------------------------------------------------------


def test_who_stands_before_the_last_step_cannot_replace_the_password_that_its_owner_chose(in_univ, cast, api_for):
    """A password on a slip of paper is read by two: the one who is slower has nothing."""
    new = {"display_name": "Nara", "email": "nara@example.com", "password": GIVEN, "role": "parent"}
    assert api_for(cast.anna).post("/api/v1/users", new).status_code == 201
    owner, reader = ZoneClient("univ"), ZoneClient("univ")
    for client in (reader, owner):
        assert enter(client, "nara@example.com", GIVEN)["Location"] == "/password/renew"
    assert owner.post("/password/renew", {"password": NEW})["Location"] == "/dashboard"
    assert reader.post("/password/renew", {"password": OTHER})["Location"] == "/login"
    assert not logged_in(reader)
    assert User.objects.get(email="nara@example.com").check_password(NEW)


@pytest.mark.parametrize("what", ["everywhere", "password"])
def test_a_second_step_is_over_when_its_owner_has_ended_everything(in_univ, cast, what):
    secret = give_app(cast.bob)
    browser = ZoneClient("univ")
    assert enter(browser)["Location"] == "/login/code"
    if what == "everywhere":
        sessions.end_all(user=User.objects.get(pk=cast.bob.pk))
    else:
        cast.bob.set_password(NEW)
        cast.bob.save()
    assert browser.post("/login/code", {"code": code_now(secret)})["Location"] == "/login"
    assert not logged_in(browser)


def test_the_stages_follow_one_another_though_the_password_changes_between(in_univ, cast):
    """The renewal itself must not throw its owner out of the stages that follow."""
    cast.bob.password_temporary = True
    cast.bob.save()
    secret, browser = give_app(cast.bob), ZoneClient("univ")
    assert enter(browser)["Location"] == "/login/code"
    assert browser.post("/login/code", {"code": code_now(secret)})["Location"] == "/password/renew"
    assert browser.post("/password/renew", {"password": NEW})["Location"] == "/dashboard"


# --- Where a session holds --------------------------------------------------------------------------------------------


def held(cast) -> str:
    """The cookie of a staff member who has no second factor yet."""
    browser = ZoneClient("univ")
    assert enter(browser, "anna@example.com").status_code == 302
    assert browser.get("/dashboard")["Location"] == "/profile/security"
    return browser.cookies["sessionid"].value


def test_a_session_that_is_held_to_its_enrolment_opens_no_socket(in_univ, cast):
    headers = {"cookie": f"sessionid={held(cast)}", "origin": f"http://{host('univ', 'api')}"}
    said, code = converse({"type": "time"}, headers=headers)
    assert (said["code"], code) == ("mfa_enrolment_required", 4401)


def test_a_place_that_was_ended_closes_its_socket(in_univ, cast, monkeypatch):
    monkeypatch.setattr(consumers, "SURE_SECONDS", 0.0)
    browser = ZoneClient("univ")
    enter(browser)
    cookie = f"sessionid={browser.cookies['sessionid'].value}"
    headers = {"cookie": cookie, "origin": f"http://{host('univ', 'api')}"}
    assert converse(None, headers=headers)[0]["user"] == str(cast.bob.pk)
    sessions.all_ended(user=cast.bob)
    assert converse({"type": "time"}, headers=headers)[-1] == 4401


def test_a_session_of_one_surface_opens_no_other(in_univ, cast):
    """A cookie that was stolen from the pages is no way into the console, with its shorter times."""
    secret, browser = give_app(cast.zoe), ZoneClient("univ")
    enter(browser, "zoe@example.com")
    assert browser.post("/login/code", {"code": code_now(secret)})["Location"] == "/dashboard"
    console = ZoneClient("univ", "admin")
    console.cookies["sessionid"] = browser.cookies["sessionid"].value
    assert console.get("/")["Location"].startswith("/login/")
    row = AuditEntry.objects.get(details__code="session_elsewhere")
    assert row.user_id == cast.zoe.pk
    # Who shows it there has taken it from somewhere: it is over.
    assert browser.get("/dashboard").status_code == 302


def test_a_password_that_was_changed_in_the_console_leaves_its_own_browser_there(in_univ, cast, monkeypatch):
    secret, console = give_app(cast.zoe), ZoneClient("univ", "admin")
    console.post("/login/", {"username": "zoe@example.com", "password": PASSWORD})
    console.post("/login/code", {"code": code_now(secret)})
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert console.post("/password_change/", form)["Location"] == "/password_change/done/"
    monkeypatch.setattr("accounts.page_sessions.sessions.SEEN_EVERY", sessions.SEEN_EVERY * 0)
    assert console.get("/").status_code == 200


def test_a_role_that_nobody_chooses_is_refused_and_noted(in_univ, cast):
    said = {"display_name": "Mal", "email": "mal@example.com", "password": NEW, "birth_date": "2000-01-01"}
    for role in ("teacher", "zone_admin", "super_admin"):
        assert ApiClient("univ").post("/api/v1/auth/register", {**said, "role": role}).status_code == 400
        assert ZoneClient("univ").post("/register", {**said, "role": role}).status_code == 200
    assert not User.objects.filter(email="mal@example.com").exists()
    rows = AuditEntry.objects.filter(action="permission_denied").order_by("id")
    assert [row.details["code"] for row in rows] == ["invalid", "choice_not_offered"] * 3


# --- Children ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("consent", [Consent.AWAITED, Consent.WITHDRAWN, Consent.GIVEN])
def test_nobody_grows_up_by_registering_again(in_univ, cast, consent):
    child = make_person("Kid", email_verified_at=None, consent=consent, birth_date=date(2018, 5, 5))
    said = {"display_name": "Kid", "email": child.email, "password": OTHER, "birth_date": date(2000, 1, 1)}
    people.register(**said)
    stored = User.objects.get(pk=child.pk)
    assert (stored.consent, stored.birth_date) == (consent, date(2018, 5, 5))
    mails = OutgoingMail.objects.filter(kind="confirm_email", user=child)
    assert mails.exists() is (consent == Consent.GIVEN)
