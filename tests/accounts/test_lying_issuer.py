"""Issuers that answer what no honest one does: each time a refusal in words and in the log, no fault of ours."""

import json
import math
import time

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa

from accounts.models import User
from audit.models import Action, AuditEntry
from tests.providers import codes, come_back, enter, known, leave, logged_in, provider, query, register

pytestmark = pytest.mark.usefixtures("loopback")

DEEP = b"[" * 200_000
LONG = b'{"access_token": "' + b"a" * (2 * 1024 * 1024) + b'"}'


def refused(client, answer, code="provider_failed"):
    assert (answer.status_code, answer["Location"]) == (302, "/login")
    assert logged_in(client) is None
    assert "newcomer" not in client.session
    assert codes() == [code]
    assert "School" in client.get("/login").content.decode()


def why():
    return AuditEntry.objects.filter(action=Action.PERMISSION_DENIED).latest("id").details["why"]


# --- The id token -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token",
    [
        {"aud": ["client-1", "another"]},
        {"aud": ["client-1", "another"], "azp": ["client-1"]},
        {"exp": math.inf},
        {"iat": math.inf},
        {"exp": math.nan},
        {"nbf": math.inf},
        {"nbf": int(time.time()) + 600},
        {"sub": "s" * 192},
        {"sub": "4\x002"},
        {"sub": "42\n"},
        {"sub": " "},
        {"sub": "\ud800"},
        {"sub": 42},
        {"nonce": "\ud800"},
        {"name": ["42"]},
        {"name": {"first": "42"}},
    ],
)
def test_claims_that_no_honest_issuer_makes_are_refused(school, browser, issuer, cast, token):
    known(cast.bob)
    issuer.token = token
    refused(browser, enter(browser, issuer))


def test_of_several_audiences_we_have_to_be_the_one_it_was_made_for(school, browser, issuer, cast):
    known(cast.bob)
    issuer.token = {"aud": ["client-1", "another"], "azp": "client-1"}
    assert enter(browser, issuer)["Location"] == "/dashboard"


def test_a_key_that_can_be_computed_is_none(school, browser, issuer, cast):
    known(cast.bob)
    issuer.public = issuer.key = rsa.generate_private_key(65537, 1024)  # noqa: S505  (it is what is refused)
    refused(browser, enter(browser, issuer))


def test_a_key_that_all_can_read_signs_nothing(school, browser, issuer, cast, monkeypatch):
    known(cast.bob)
    shared = b"k" * 32
    jwk = {**json.loads(jwt.algorithms.HMACAlgorithm.to_jwk(shared)), "kid": "one", "alg": "HS256"}
    monkeypatch.setattr(issuer, "keys", lambda form: {"keys": [jwk]})
    issuer.key, issuer.algorithm = shared, "HS256"
    refused(browser, enter(browser, issuer))


@pytest.mark.parametrize("moment", [math.nan, math.inf, 2**40])
def test_a_log_in_that_was_at_no_time_is_not_recent(school, browser, issuer, cast, moment):
    known(cast.bob)
    school.max_age_minutes = 60
    school.save()
    issuer.token = {"auth_time": moment}
    refused(browser, enter(browser, issuer), "provider_falls_short")


# --- What its addresses answer ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("expires_in", [math.inf, 10**15, "99999999999999999999", "soon", [1]])
def test_a_token_that_never_ends_is_refused(school, browser, issuer, expires_in, monkeypatch):
    honest = issuer.exchange
    monkeypatch.setattr(issuer, "exchange", lambda form: {**honest(form), "expires_in": expires_in})
    refused(browser, enter(browser, issuer))


@pytest.mark.parametrize("where", ["exchange", "keys"])
@pytest.mark.parametrize("answer", [DEEP, LONG, b"<html>", b"\xff\x00"])
def test_bodies_that_are_no_answer_are_refused(school, browser, issuer, where, answer, monkeypatch):
    monkeypatch.setattr(issuer, where, lambda form: answer)
    refused(browser, enter(browser, issuer))


@pytest.mark.parametrize("answer", [DEEP, [], b"<html>", {"sub": "43", "email": "else@where.example"}])
def test_what_is_said_of_a_user_has_to_be_of_this_one(school, browser, issuer, answer):
    issuer.claims = {"sub": "42"}
    issuer.users["/userinfo"] = answer
    refused(browser, enter(browser, issuer))


def test_the_log_keeps_the_reason_of_a_refusal_and_no_token(school, browser, issuer, monkeypatch):
    told = {"error": "invalid_client", "refresh_token": "of-somebody", "id_token": "of-somebody"}
    monkeypatch.setattr(issuer, "exchange", lambda form: told)
    refused(browser, enter(browser, issuer))
    assert why() == "OAuth2Error: The provider gave no access token (invalid_client)."
    monkeypatch.setattr(issuer, "exchange", lambda form: {"refresh_token": "of-somebody"})
    enter(browser, issuer)
    assert why() == "OAuth2Error: The provider gave no access token (and no reason)."


# --- The discovery document -------------------------------------------------------------------------------------------

DOCUMENTS = [
    *([], "text", None, DEEP, b"<html>"),
    *({"authorization_endpoint": where} for where in (5, None, "/logout", "//evil.example/", "javascript:alert(1)")),
    *({"token_endpoint": where} for where in (3, "file:///etc/passwd", "http://[::1", "https:///x")),
    *({"jwks_uri": None}, {"userinfo_endpoint": ["x"]}),
    *({"token_endpoint_auth_methods_supported": methods} for methods in (5, None, "none")),
]


def telling(issuer, document):
    honest = issuer.discovery({})
    return lambda form: {**honest, **document} if isinstance(document, dict) else document


@pytest.mark.parametrize("document", DOCUMENTS)
def test_nobody_is_led_by_a_document_that_is_none(school, browser, issuer, document, monkeypatch):
    monkeypatch.setattr(issuer, "discovery", telling(issuer, document))
    refused(browser, browser.post("/login/with/school"))


@pytest.mark.parametrize("document", [None, DEEP, {"token_endpoint": "http://169.254.169.254/"}])
def test_nor_by_one_that_changes_on_the_way(school, browser, issuer, document, monkeypatch):
    back = issuer.authorize(leave(browser))
    monkeypatch.setattr(issuer, "discovery", telling(issuer, document))
    refused(browser, come_back(browser, back))
    assert "/token" not in issuer.asked


# --- Who it says comes ------------------------------------------------------------------------------------------------


def test_what_cannot_be_shown_of_a_name_is_left_out(school, browser, issuer):
    issuer.claims["name"] = "김\ud800새\x00봄\n"
    assert enter(browser, issuer)["Location"] == "/login/with/new"
    assert 'value="김새봄"' in browser.get("/login/with/new").content.decode()


@pytest.mark.parametrize("verified", ["false", "true", 1, None])
def test_only_true_proves_an_address(school, browser, issuer, cast, verified):
    school.trusts_email = True
    school.save()
    issuer.claims = {"sub": "42", "email": cast.bob.email, "email_verified": verified}
    assert enter(browser, issuer)["Location"] == "/login/with/new"
    assert not SocialAccount.objects.exists()
    people = User.objects.count()
    assert register(browser, email="else@where.example")["Location"] == "/register/sent"
    assert logged_in(browser) is None
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == people + 1


def test_an_address_that_was_given_to_somebody_else_there_opens_nothing_here(school, browser, issuer, cast):
    school.trusts_email = True
    school.save()
    known(cast.bob, uid="41")
    issuer.claims = {"sub": "42", "email": cast.bob.email, "email_verified": True}
    assert enter(browser, issuer)["Location"] == "/login"
    assert logged_in(browser) is None
    assert codes() == ["not_connected"]
    assert not SocialAccount.objects.filter(uid="42").exists()


def test_a_code_serves_one_log_in(school, browser, issuer, cast):
    known(cast.bob)
    back = issuer.authorize(leave(browser))
    assert come_back(browser, back)["Location"] == "/dashboard"
    browser.post("/logout")
    again = query(leave(browser))["state"]
    used = query(back)
    assert come_back(browser, back.replace(used["state"], again))["Location"] == "/login"
    assert logged_in(browser) is None
    assert codes() == ["provider_failed"]


def test_of_two_providers_each_vouches_for_its_own_people(school, browser, issuer, cast):
    provider(issuer, slug="other", name="Other")
    known(cast.bob)
    assert enter(browser, issuer, "other")["Location"] == "/login/with/new"
    assert logged_in(browser) is None
