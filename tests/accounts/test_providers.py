"""Log-in with identity providers: who is let in and as whom."""

import re
import time
from html import unescape

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken

from accounts.models import OutgoingMail, User
from accounts.permissions import Role
from accounts.services import sessions
from tests.cast import PASSWORD
from tests.clients import ZoneClient, client_for
from tests.factors import code_now, give_app
from tests.issuer import SECRET
from tests.providers import codes, enter, known, leave, logged_in, provider, query, register

pytestmark = pytest.mark.usefixtures("loopback")

# --- The way there --------------------------------------------------------------------------------------------------


def test_the_request_is_bound_to_this_browser_by_state_nonce_and_pkce(school, browser, issuer):
    first, second = query(leave(browser)), query(leave(browser))
    assert first["response_type"] == "code"
    assert first["code_challenge_method"] == "S256"
    assert first["redirect_uri"] == "http://app.univprepai.localhost/login/with/school/callback"
    for name, length in (("state", 16), ("nonce", 22), ("code_challenge", 43)):
        assert len(first[name]) >= length
        assert first[name] != second[name]
    assert SECRET not in str(first)


def test_nothing_in_the_address_changes_what_is_asked(school, browser, issuer):
    page = browser.post("/login/with/school?scope=everything&auth_params=redirect_uri%3Dhttps%3A%2F%2Fevil.example", {})
    asked = query(unescape(re.search(r'content="0;url=([^"]+)"', page.content.decode())[1]))
    assert asked["redirect_uri"].startswith("http://app.univprepai.localhost/")
    assert "everything" not in asked["scope"]


def test_a_way_there_begins_with_a_click_on_our_own_page(school, cast):
    client = ZoneClient("univ", csrf=True)
    assert client.get("/login/with/school").status_code == 405
    assert client.post("/login/with/school").status_code == 403


def test_the_log_in_page_offers_what_the_zone_has_enabled(school, cast, college):
    provider("https://off.example", slug="off", name="Switched off", is_enabled=False)
    here = ZoneClient("univ").get("/login").content.decode()
    assert 'action="/login/with/school"' in here
    assert "Switched off" not in here
    assert "/login/with/" not in ZoneClient("college").get("/login").content.decode()
    assert ZoneClient("univ").post("/login/with/off").status_code == 404
    assert ZoneClient("college").post("/login/with/school").status_code == 404


def test_an_issuer_that_does_not_answer_is_told_of_and_no_fault(cast, in_univ, browser):
    provider("http://localhost:1", slug="gone")
    assert browser.post("/login/with/gone")["Location"] == "/login"
    assert codes() == ["provider_failed"]


# --- Newcomers and people who are known -----------------------------------------------------------------------------


def test_a_newcomer_registers_with_what_the_issuer_proved(school, browser, issuer, cast):
    school.organization = cast.hana
    school.save()
    assert enter(browser, issuer)["Location"] == "/login/with/new"
    assert logged_in(browser) is None
    page = browser.get("/login/with/new").content.decode()
    assert "new@school.example" in page
    assert 'name="email"' not in page
    register(browser, email="victim@example.com", role="zone_admin")
    user = User.objects.get(email="new@school.example")
    assert (user.role, user.organization_id, user.display_name) == (Role.STUDENT, cast.hana.pk, "김새봄")
    assert not user.has_usable_password()
    assert user.email_verified_at is not None
    assert logged_in(browser) == str(user.pk)


def test_a_child_is_sent_to_where_its_guardian_is_asked(school, browser, issuer):
    enter(browser, issuer)
    assert b"errorlist" in register(browser, birth_date=f"{time.localtime().tm_year - 12}-01-01").content
    assert b"errorlist" in register(browser, birth_date="").content
    assert not User.objects.filter(email="new@school.example").exists()


def test_who_proved_no_address_gets_a_mail_and_no_way_in(school, browser, issuer, cast):
    issuer.claims["email_verified"] = False
    for email, kinds in (("hope@example.com", ["invited"]), (cast.bob.email, ["address_in_use"])):
        OutgoingMail.objects.all().delete()
        enter(browser, issuer)
        assert register(browser, email=email)["Location"] == "/register/sent"
        assert list(OutgoingMail.objects.values_list("kind", flat=True)) == kinds
        assert logged_in(browser) is None
    assert not SocialAccount.objects.exists()


def test_nothing_of_a_person_is_kept_but_who_they_are_there(school, browser, issuer):
    issuer.claims |= {"picture": "https://example.com/me.png", "phone_number": "+82 10 1234 5678"}
    enter(browser, issuer)
    register(browser)
    account = SocialAccount.objects.get()
    assert (account.provider, account.uid, account.extra_data) == ("school", "42", {})
    assert not SocialToken.objects.exists()
    assert "1234 5678" not in str(dict(browser.session))


def test_who_is_known_is_logged_in_and_goes_on_where_they_wanted(school, browser, issuer, cast):
    known(cast.bob)
    assert enter(browser, issuer, next="/profile")["Location"] == "/profile"
    assert logged_in(browser) == str(cast.bob.pk)


def test_a_second_factor_is_asked_for_after_a_provider_too(school, browser, issuer, cast):
    known(cast.zoe)
    secret = give_app(cast.zoe)
    assert enter(browser, issuer)["Location"] == "/login/code"
    assert logged_in(browser) is None
    browser.post("/login/code", {"code": code_now(secret)})
    assert logged_in(browser) == str(cast.zoe.pk)


@pytest.mark.parametrize("what", ["everywhere", "password", "closed"])
def test_a_second_step_after_a_provider_is_over_when_its_owner_ended_everything(school, browser, issuer, cast, what):
    known(cast.zoe)
    secret = give_app(cast.zoe)
    assert enter(browser, issuer)["Location"] == "/login/code"
    match what:
        case "everywhere":
            sessions.end_all(user=User.objects.get(pk=cast.zoe.pk))
        case "password":
            cast.zoe.set_password("Hallasan!2026")
            cast.zoe.save()
        case _:
            User.objects.filter(pk=cast.zoe.pk).update(is_active=False)
    assert browser.get("/login/code")["Location"] == "/login"
    assert browser.post("/login/code", {"code": code_now(secret)})["Location"] == "/login"
    assert logged_in(browser) is None


def test_staff_without_a_factor_are_led_to_enrolment_from_there_too(school, browser, issuer, cast):
    known(cast.zoe)
    enter(browser, issuer)
    assert browser.get("/dashboard")["Location"] == "/profile/security"


def test_a_closed_account_stays_closed(school, browser, issuer, cast):
    known(cast.bob)
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    assert enter(browser, issuer)["Location"] == "/login"
    assert logged_in(browser) is None


def test_newcomers_are_turned_away_where_the_zone_says_so(school, browser, issuer):
    school.accepts_newcomers = False
    school.save()
    assert enter(browser, issuer)["Location"] == "/login"
    assert codes() == ["no_newcomers"]


def test_only_allowed_domains_come_in_and_only_with_a_proved_address(school, browser, issuer):
    school.email_domains = ["school.example"]
    school.save()
    issuer.claims["email_verified"] = False
    assert enter(browser, issuer)["Location"] == "/login"
    issuer.claims |= {"email": "new@evil-school.example", "email_verified": True}
    assert enter(browser, issuer)["Location"] == "/login"
    assert codes() == ["email_domain", "email_domain"]
    issuer.claims["email"] = "new@school.example"
    assert enter(browser, issuer)["Location"] == "/login/with/new"


# --- Taking over an account -----------------------------------------------------------------------------------------


def takes(client, issuer, user, **claims):
    issuer.claims |= {"email": user.email, "email_verified": True, **claims}
    enter(client, issuer)
    register(client, email=user.email)
    return logged_in(client)


def test_a_proved_e_mail_opens_an_account_where_the_zone_trusts_the_issuer(school, browser, issuer, cast):
    school.trusts_email = True
    school.save()
    assert takes(browser, issuer, cast.bob) == str(cast.bob.pk)
    assert SocialAccount.objects.get().user_id == cast.bob.pk
    cast.bob.refresh_from_db()
    assert cast.bob.check_password(PASSWORD)


def test_an_organizations_issuer_opens_accounts_of_its_own_people_alone(school, browser, issuer, cast):
    """Who runs it there can prove any address."""
    school.trusts_email, school.organization = True, cast.hana
    school.save()
    assert takes(browser, issuer, cast.otto) is None
    assert not SocialAccount.objects.exists()
    assert takes(browser, issuer, cast.bob) == str(cast.bob.pk)


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email_verified": "true"}, {"email_verified": None}])
def test_an_e_mail_that_was_not_proved_opens_nothing(school, browser, issuer, cast, claims):
    school.trusts_email = True
    school.save()
    assert takes(browser, issuer, cast.bob, **claims) is None
    assert not SocialAccount.objects.filter(user=cast.bob).exists()


def test_a_proved_e_mail_opens_nothing_where_the_issuer_is_not_trusted(school, browser, issuer, cast):
    assert takes(browser, issuer, cast.bob) is None
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("name", ["anna", "zoe"])
def test_staff_are_never_entered_by_their_e_mail(school, browser, issuer, cast, name):
    school.trusts_email = True
    school.save()
    assert takes(browser, issuer, getattr(cast, name)) is None


def test_an_account_whose_e_mail_we_have_not_confirmed_is_not_entered_by_it(school, browser, issuer, cast):
    school.trusts_email = True
    school.save()
    User.objects.filter(pk=cast.bob.pk).update(email_verified_at=None)
    assert takes(browser, issuer, cast.bob) is None


def test_the_same_number_at_another_provider_is_another_person(school, browser, issuer, cast):
    provider(issuer, slug="other", name="Other")
    known(cast.bob, "other", "42")
    assert enter(browser, issuer)["Location"] == "/login/with/new"


def test_connecting_is_done_by_who_is_logged_in_and_has_shown_it_lately(school, issuer, cast):
    client = client_for(cast.bob)
    assert enter(client, issuer, process="connect")["Location"] == "/profile/security"
    assert SocialAccount.objects.get().user_id == cast.bob.pk
    other = client_for(cast.alice)
    enter(other, issuer, process="connect")
    assert SocialAccount.objects.get().user_id == cast.bob.pk
    session = other.session
    session["proved_at"] = time.time() - 3600
    session.save()
    assert other.post("/login/with/school", {"process": "connect"})["Location"].startswith("/profile/confirm")


def test_disconnecting_leaves_a_way_in(school, browser, issuer, cast):
    enter(browser, issuer)
    register(browser)
    row = SocialAccount.objects.get()
    browser.post(f"/profile/connections/{row.pk}/remove")
    assert SocialAccount.objects.exists()
    client_for(cast.bob).post(f"/profile/connections/{row.pk}/remove")
    assert SocialAccount.objects.exists()
    row.user.set_password(PASSWORD)
    row.user.save()
    client_for(row.user).post(f"/profile/connections/{row.pk}/remove")
    assert not SocialAccount.objects.exists()
