"""What identity providers answer: every way of deceiving us that is known, and the forms of those that are."""

import time
from urllib.parse import urlsplit

import oidc_provider_mock
import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa

from accounts.models import User
from tests.clients import ZoneClient
from tests.issuer import SECRET
from tests.providers import codes, come_back, enter, known, leave, logged_in, provider, query, register
from zones.context import zone_context

pytestmark = pytest.mark.usefixtures("loopback")

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


# --- What the zone asks of an issuer ----------------------------------------------------------------------------------


def test_what_is_asked_goes_with_the_question_and_nothing_where_nothing_is(school, browser):
    assert not {"acr_values", "max_age"} & query(leave(browser)).keys()
    school.acr_values, school.max_age_minutes = "gold silver", 0
    school.save()
    asked = query(leave(browser))
    assert (asked["acr_values"], asked["max_age"]) == ("gold silver", "0")


def from_now(token):
    """Claims whose `auth_time` is given in seconds from now."""
    moment = token.get("auth_time")
    return token | ({"auth_time": int(time.time()) + moment} if type(moment) is int else {})


@pytest.mark.parametrize(
    ("acr_values", "minutes", "token"),
    [
        ("gold silver", None, {"acr": "silver"}),
        ("", 60, {"auth_time": -3500}),
        ("gold", 0, {"acr": "gold", "auth_time": 1}),
        ("", None, {"acr": "0"}),
    ],
)
def test_who_was_let_in_there_as_is_asked_here_comes_in(school, browser, issuer, cast, acr_values, minutes, token):
    known(cast.bob)
    school.acr_values, school.max_age_minutes = acr_values, minutes
    school.save()
    issuer.token = from_now(token)
    assert enter(browser, issuer)["Location"] == "/dashboard"


@pytest.mark.parametrize(
    ("acr_values", "minutes", "token"),
    [
        ("gold silver", None, {}),
        ("gold silver", None, {"acr": "bronze"}),
        ("gold silver", None, {"acr": "gold silver"}),
        ("gold silver", None, {"acr": ["gold"]}),
        ("", 60, {}),
        ("", 60, {"auth_time": -3700}),
        ("", 0, {"auth_time": -120}),
        ("", 60, {"auth_time": True}),
        ("", 60, {"auth_time": "now"}),
        ("gold", 60, {"acr": "gold"}),
    ],
)
def test_less_than_is_asked_is_refused_in_words(school, browser, issuer, cast, acr_values, minutes, token):
    known(cast.bob)
    school.acr_values, school.max_age_minutes = acr_values, minutes
    school.save()
    issuer.token = from_now(token)
    refused(browser, enter(browser, issuer), "provider_falls_short")
    assert "School" in browser.get("/login").content.decode()


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
