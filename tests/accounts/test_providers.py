"""Log-in with identity providers: who is let in and as whom, and every way of deceiving us that is known."""

import re
import time
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import oidc_provider_mock
import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialToken
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth import SESSION_KEY
from django.db import connection

from accounts.models import IdentityProvider, OutgoingMail, User
from accounts.permissions import Role
from audit.models import Action, AuditEntry
from tests.cast import PASSWORD
from tests.clients import ZoneClient, client_for
from tests.factors import code_now, give_app
from tests.issuer import SECRET, Issuer, running_issuer
from zones.context import zone_context


@pytest.fixture(scope="module")
def served() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture(autouse=True)
def loopback(settings) -> None:
    """The issuers of these tests live on this machine, where calls do not lead otherwise."""
    settings.OUTGOING_LOOPBACK = True


@pytest.fixture
def issuer(served) -> Issuer:
    served.__init__(served.address)
    served.claims = {"sub": "42", "email": "new@school.example", "email_verified": True, "name": "김새봄"}
    return served


def provider(issuer, *, slug="school", kind="openid_connect", **fields):
    address = issuer if isinstance(issuer, str) else issuer.address
    row = IdentityProvider(
        kind=kind, slug=slug, name=fields.pop("name", "School"), client_id="client-1", issuer=address, is_enabled=True
    )
    for name, value in fields.items():
        setattr(row, name, value)
    row.keep_secret(SECRET)
    row.save()
    return row


@pytest.fixture
def school(cast, in_univ, issuer):
    return provider(issuer)


@pytest.fixture
def browser(cast):
    return ZoneClient("univ")


def leave(client, slug="school", **form):
    """To the provider: the address to which the page leads."""
    page = client.post(f"/login/with/{slug}", form)
    assert page.status_code == 200, page.headers
    return unescape(re.search(r'content="0;url=([^"]+)"', page.content.decode())[1])


def query(address):
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def come_back(client, address):
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def enter(client, issuer, slug="school", **form):
    return come_back(client, issuer.authorize(leave(client, slug, **form)))


def register(client, **form):
    return client.post("/login/with/new", {"display_name": "김새봄", "birth_date": "2001-03-02", **form})


def logged_in(client):
    return client.session.get(SESSION_KEY)


def codes():
    return [e.details["code"] for e in AuditEntry.objects.filter(action=Action.PERMISSION_DENIED)]


def known(user, slug="school", uid="42"):
    return SocialAccount.objects.create(user=user, provider=slug, uid=uid)


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


# --- Answers that are not to be believed ----------------------------------------------------------------------------


def refused(client, answer, code="provider_failed"):
    assert answer.status_code == 302
    assert answer["Location"] == "/login"
    assert logged_in(client) is None
    assert codes() == [code]


@pytest.mark.parametrize(
    "token",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"aud": ["client-1", "another"], "azp": "another"},
        {"exp": int(time.time()) - 120},
        {"iat": int(time.time()) + 600},
        {"sub": ""},
    ],
)
def test_id_tokens_with_wrong_claims_are_refused(school, browser, issuer, cast, token):
    known(cast.bob)
    issuer.token = token
    refused(browser, enter(browser, issuer))


@pytest.mark.parametrize("how", ["another key", "no signature", "hmac"])
def test_forged_id_tokens_are_refused(school, browser, issuer, cast, how):
    known(cast.bob)
    if how == "another key":
        issuer.key = rsa.generate_private_key(65537, 2048)
    elif how == "no signature":
        issuer.key, issuer.algorithm = None, "none"
    else:
        issuer.key, issuer.algorithm = SECRET, "HS256"
    refused(browser, enter(browser, issuer))


def test_an_issuer_that_speaks_for_another_is_refused(school, browser, issuer):
    issuer.named = "https://accounts.google.com"
    assert browser.post("/login/with/school")["Location"] == "/login"
    assert codes() == ["provider_failed"]


def test_an_answer_that_names_another_issuer_is_refused(school, browser, issuer, cast):
    known(cast.bob)
    back = issuer.authorize(leave(browser))
    refused(browser, come_back(browser, f"{back}&iss=https://evil.example"))


def test_a_state_that_is_not_ours_another_browsers_or_used_is_refused(school, browser, issuer, cast):
    known(cast.bob)
    back = issuer.authorize(leave(browser))
    stranger = ZoneClient("univ")
    assert come_back(stranger, back)["Location"] == "/login"
    assert come_back(browser, back.replace("state=", "state=x"))["Location"] == "/login"
    assert logged_in(browser) is None
    assert come_back(browser, back)["Location"] == "/dashboard"
    browser.post("/logout")
    assert come_back(browser, back)["Location"] == "/login"
    assert logged_in(browser) is None
    assert logged_in(stranger) is None


def test_one_zones_answer_is_worth_nothing_in_another(school, browser, issuer, cast, college):
    with zone_context(college):
        provider(issuer)
    back = issuer.authorize(leave(browser))
    there = ZoneClient("college")
    # The very cookies of the first zone's browser, should one ever send them there.
    there.cookies = browser.cookies
    assert come_back(there, back)["Location"] == "/login"
    with zone_context(college):
        assert codes() == ["provider_failed"]
        assert not SocialAccount.objects.exists()


def test_another_providers_callback_takes_no_answer_of_this_one(school, browser, issuer, cast):
    provider(issuer, slug="other", name="Other")
    known(cast.bob, "other")
    back = issuer.authorize(leave(browser))
    refused(browser, come_back(browser, back.replace("/school/", "/other/")))


def test_a_code_that_somebody_else_got_is_worth_nothing_without_our_verifier(school, browser, issuer, cast):
    known(cast.bob)
    mine, theirs = issuer.authorize(leave(browser)), issuer.authorize(leave(ZoneClient("univ")))
    refused(browser, come_back(browser, mine.replace(query(mine)["code"], query(theirs)["code"])))


def test_who_changes_their_mind_comes_back_to_the_log_in(school, browser, issuer):
    asked = query(leave(browser))
    answer = browser.get(f"/login/with/school/callback?error=access_denied&state={asked['state']}")
    assert answer["Location"] == "/login"
    assert codes() == []
    assert "School" in browser.get("/login").content.decode()


@pytest.mark.parametrize("answer", [{"id_token": []}, {"access_token": 3}, {}, [], "text"])
def test_answers_of_any_form_are_refused_and_no_fault(school, browser, issuer, answer, monkeypatch):
    monkeypatch.setattr(issuer, "exchange", lambda form: answer)
    refused(browser, enter(browser, issuer))


# --- Another implementation of OpenID Connect -------------------------------------------------------------------------


def test_with_an_issuer_that_others_wrote(cast, in_univ, browser):
    claims = {"email": "mira@uni.example", "email_verified": True, "name": "Mira"}
    user = oidc_provider_mock.User(sub="mira", claims=claims)
    with oidc_provider_mock.run_server_in_thread(user_claims=[user], require_nonce=True) as server:
        provider(f"http://localhost:{server.server_port}", slug="uni")
        answer = requests.post(leave(browser, "uni"), data={"sub": "mira"}, allow_redirects=False, timeout=10)
        assert come_back(browser, answer.headers["Location"])["Location"] == "/login/with/new"
        register(browser)
        assert logged_in(browser) == str(User.objects.get(email="mira@uni.example").pk)
        denied = requests.post(
            leave(ZoneClient("univ"), "uni"), data={"action": "deny"}, allow_redirects=False, timeout=10
        )
        assert "access_denied" in denied.headers["Location"]


# --- Google, Kakao, Naver, LINE, Apple --------------------------------------------------------------------------------

AUTHORIZATION = {
    "google": "https://accounts.google.com/o/oauth2/v2/auth",
    "kakao": "https://kauth.kakao.com/oauth/authorize",
    "naver": "https://nid.naver.com/oauth2.0/authorize",
    "line": "https://access.line.me/oauth2/v2.1/authorize",
    "apple": "https://appleid.apple.com/auth/authorize",
}


@pytest.mark.parametrize("kind", AUTHORIZATION)
def test_the_way_to_each_of_the_five(cast, in_univ, browser, kind):
    provider("", slug=kind, kind=kind, name=kind.title(), apple_team="TEAM", apple_key_id="KEY")
    address = leave(browser, kind)
    asked = query(address)
    assert address.partition("?")[0] == AUTHORIZATION[kind]
    assert asked["client_id"] == "client-1"
    assert asked["redirect_uri"] == f"http://app.univprepai.localhost/login/with/{kind}/callback"
    assert asked["code_challenge_method"] == "S256"
    assert asked["state"]
    assert ("nonce" in asked) is (kind in ("google", "line", "apple"))
    if kind == "line":
        assert set(asked["scope"].split()) == {"profile", "openid", "email"}
    if kind == "apple":
        assert asked["response_mode"] == "form_post"


def shaped(monkeypatch, issuer, kind):
    """The kind's addresses lead to the local server, which answers in the documented form."""
    from allauth.socialaccount.providers.kakao.views import KakaoOAuth2Adapter
    from allauth.socialaccount.providers.line.views import LineOAuth2Adapter
    from allauth.socialaccount.providers.naver.views import NaverOAuth2Adapter

    from accounts.openid import GoogleAdapter

    adapter = {"google": GoogleAdapter, "kakao": KakaoOAuth2Adapter, "naver": NaverOAuth2Adapter}.get(
        kind, LineOAuth2Adapter
    )
    monkeypatch.setattr(adapter, "access_token_url", f"{issuer.address}/token")
    for name in ("profile_url", "id_token_url", "keys_url", "id_token_issuer"):
        if hasattr(adapter, name):
            where = {"keys_url": "/keys", "id_token_issuer": ""}.get(name, "/user")
            monkeypatch.setattr(adapter, name, issuer.address + where)


SHAPES = {
    "google": {},
    "kakao": {
        "id": 42,
        "kakao_account": {
            "profile": {"nickname": "봄"},
            "email": "me@kakao.example",
            "is_email_valid": True,
            "is_email_verified": True,
        },
    },
    "naver": {"resultcode": "00", "message": "success", "response": {"id": "42", "email": "me@naver.example"}},
    "line": {"iss": "https://access.line.me", "sub": "42", "aud": "client-1", "name": "봄", "email": "me@line.example"},
}


@pytest.mark.parametrize("kind", SHAPES)
def test_answers_in_the_documented_form_are_understood(cast, in_univ, browser, issuer, kind, monkeypatch):
    provider("", slug=kind, kind=kind, name=kind.title())
    shaped(monkeypatch, issuer, kind)
    way = leave(browser, kind)
    issuer.users["/user"] = SHAPES[kind] | ({"nonce": query(way)["nonce"]} if kind == "line" else {})
    back = issuer.authorize(way)
    assert come_back(browser, back)["Location"] == "/login/with/new"
    told = browser.session["newcomer"]
    assert (told["slug"], told["uid"]) == (kind, "42")
    # Naver and LINE prove no address: theirs must be confirmed by our own mail.
    assert told["verified"] is (kind in ("google", "kakao"))


def test_kakaos_address_counts_only_while_it_is_valid(cast, in_univ, browser, issuer, monkeypatch):
    row = provider("", slug="kakao", kind="kakao", name="Kakao", trusts_email=True)
    shaped(monkeypatch, issuer, row.kind)
    account = SHAPES["kakao"]["kakao_account"] | {"email": cast.bob.email, "is_email_valid": False}
    issuer.users["/user"] = {"id": 7, "kakao_account": account}
    enter(browser, issuer, "kakao")
    assert browser.session["newcomer"]["verified"] is False
    assert logged_in(browser) is None


def test_apples_form_is_led_through_a_page_of_our_own(cast, in_univ, browser):
    provider("", slug="apple", kind="apple", name="Apple", apple_team="TEAM", apple_key_id="KEY")
    state = query(leave(browser, "apple"))["state"]
    # Sent by Apple's page, so without our session.
    stranger = ZoneClient("univ", csrf=True)
    answer = stranger.post("/login/with/apple/callback", {"code": "c", "state": state, "id_token": "x"})
    assert answer.status_code == 302
    assert urlsplit(answer["Location"]).path == "/login/with/apple/finish"
    assert stranger.post("/login/with/apple/callback", {"error": "user_cancelled_authorize"}).status_code == 302
    assert browser.get("/login/with/apple/finish?code=c&state=none")["Location"] == "/login"


# --- Configuring ----------------------------------------------------------------------------------------------------


def test_the_secret_is_kept_encrypted_and_bound_to_its_row(school):
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM accounts_identityprovider")
        ((kept,),) = cursor.fetchall()
    assert SECRET not in kept
    assert IdentityProvider.objects.get().open_secret() == SECRET


def form_of(**fields):
    said = {"kind": "openid_connect", "slug": "uni", "name": "Uni", "client_id": "c", "issuer": "https://uni.example"}
    return said | {"new_secret": SECRET, "domains": "uni.example", "role": "student", "is_enabled": "on"} | fields


ADD = "/accounts/identityprovider/add/"


def test_the_zones_administrators_configure_and_nobody_reads_the_secret(cast, in_univ):
    zoe = client_for(cast.zoe, "admin")
    assert zoe.post(ADD, form_of()).status_code == 302
    row = IdentityProvider.objects.get()
    assert (row.open_secret(), row.email_domains) == (SECRET, ["uni.example"])
    page = f"/accounts/identityprovider/{row.pk}/change/"
    assert SECRET not in zoe.get(page).content.decode()
    assert zoe.post(page, form_of(name="University", new_secret="", issuer="https://evil.example")).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.open_secret(), row.issuer) == ("University", SECRET, "https://uni.example")
    told = list(AuditEntry.objects.filter(resource_type="identity_provider").order_by("id"))
    assert [entry.action for entry in told] == [Action.CREATE, Action.UPDATE]
    assert SECRET not in str([entry.details for entry in told])


@pytest.mark.parametrize("name", ["anna", "alice"])
def test_others_configure_no_provider(cast, in_univ, name):
    client_for(getattr(cast, name), "admin").post(ADD, form_of())
    assert not IdentityProvider.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": ""},
        {"issuer": "https://uni.example/?x=1"},
        {"slug": "google"},
        {"new_secret": ""},
        {"kind": "apple"},
        {"kind": "naver", "trusts_email": "on"},
        {"role": "zone_admin"},
    ],
)
def test_what_would_not_be_safe_is_not_saved(cast, in_univ, wrong):
    client_for(cast.zoe, "admin").post(ADD, form_of(**wrong))
    assert not IdentityProvider.objects.exists()


def test_the_console_asks_again_who_it_is_before_it_saves(cast, in_univ):
    zoe = client_for(cast.zoe, "admin")
    session = zoe.session
    session["proved_at"] = time.time() - 16 * 60
    session.save()
    assert zoe.post(ADD, form_of())["Location"].startswith("/profile/confirm?next=")
    assert not IdentityProvider.objects.exists()
    role = {"display_name": "Bob", "role": "teacher", "organization": str(cast.hana.pk)}
    change = f"/accounts/user/{cast.bob.pk}/change/"
    assert zoe.post(change, role)["Location"].startswith("/profile/confirm")
    cast.bob.refresh_from_db()
    assert cast.bob.role == Role.STUDENT
    assert zoe.get(change).status_code == 200
