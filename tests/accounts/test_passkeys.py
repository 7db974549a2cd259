"""Passkeys: added, used as a second factor and alone, for one domain and one origin, by a key that was not copied."""

import html
import json
import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY

from accounts.models import OutgoingMail
from accounts.services import factors
from audit.models import Action, AuditEntry
from tests.authenticator import SoftKey
from tests.cast import PASSWORD
from tests.clients import ZoneClient, client_for
from tests.factors import log_in

ORIGIN = "http://app.univprepai.localhost"
ADD = "/profile/security/passkeys"


def asked(page):
    return json.loads(html.unescape(re.search(r'data-options="(\{[^"]*\})"', page.content.decode())[1]))


def add(person, key, name="Key", surface="app"):
    client = client_for(person, surface)
    return client.post(ADD, {"credential": key.create(asked(client.get(ADD))), "name": name})


def second_step(client, person, key):
    log_in(client, person, PASSWORD)
    return client.post("/login/code", {"credential": key.get(asked(client.get("/login/code")))})


def alone(client, key, path="/login/passkey"):
    return client.post(path, {"credential": key.get(client.get(path).json()), "next": "/profile"})


def refused(code="passkey_refused"):
    return AuditEntry.objects.filter(action=Action.PERMISSION_DENIED, details__code=code).count()


def test_several_are_added_with_names_and_the_first_brings_recovery_codes(bob):
    first = add(bob, SoftKey(ORIGIN), "Telephone")
    assert len(re.findall(r"<code>[a-z0-9]{5}-[a-z0-9]{5}</code>", first.content.decode())) == factors.RECOVERY_CODES
    assert add(bob, SoftKey(ORIGIN), "Key ring")["Location"] == "/profile/security"
    names = [row.data["name"] for row in Authenticator.objects.filter(type="webauthn").order_by("id")]
    assert names == ["Telephone", "Key ring"]
    assert OutgoingMail.objects.filter(kind="factor_added").count() == 2


def test_a_passkey_is_a_second_factor(bob, browser):
    key = SoftKey(ORIGIN, verifies=False)
    add(bob, key)
    assert second_step(browser, bob, key)["Location"] == "/dashboard"
    assert browser.session[SESSION_KEY] == str(bob.pk)


def test_a_passkey_that_verifies_its_owner_is_a_log_in_without_a_password(bob, browser):
    key = SoftKey(ORIGIN)
    add(bob, key)
    assert alone(browser, key)["Location"] == "/profile"
    assert browser.get("/profile").status_code == 200


def test_one_that_does_not_verify_its_owner_is_no_log_in(bob, browser):
    key = SoftKey(ORIGIN, verifies=False)
    add(bob, key)
    assert alone(browser, key)["Location"] == "/login"
    assert SESSION_KEY not in browser.session
    assert refused() == 1


def test_app_and_admin_share_a_zones_passkeys(cast, in_univ):
    key = SoftKey(ORIGIN)
    add(cast.zoe, key)
    console = ZoneClient("univ", "admin")
    key.origin = "http://admin.univprepai.localhost"
    assert alone(console, key).status_code == 302
    assert console.get("/").status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://evil.univprepai.localhost",
        "http://app.univprepai.localhost.evil.example",
        "null",
    ],
)
def test_an_answer_from_another_origin_is_refused(bob, browser, origin):
    key = SoftKey(ORIGIN)
    add(bob, key)
    key.origin = origin
    assert second_step(browser, bob, key).status_code == 200
    assert alone(browser, key)["Location"] == "/login"
    assert SESSION_KEY not in browser.session


def test_another_zone_knows_no_passkey_of_this_one(bob, college):
    key = SoftKey(ORIGIN)
    add(bob, key)
    there = ZoneClient("college")
    key.origin = "http://app.collegeprepai.localhost"
    assert alone(there, key)["Location"] == "/login"


def test_an_answer_is_used_once(bob, browser):
    key = SoftKey(ORIGIN)
    add(bob, key)
    answer = key.get(browser.get("/login/passkey").json())
    assert browser.post("/login/passkey", {"credential": answer}).status_code == 302
    browser.post("/logout")
    assert browser.post("/login/passkey", {"credential": answer})["Location"] == "/login"
    assert SESSION_KEY not in browser.session


def test_an_answer_to_the_second_step_is_none_to_the_log_in_alone(bob, browser):
    key = SoftKey(ORIGIN)
    add(bob, key)
    log_in(browser, bob, PASSWORD)
    answer = key.get(asked(browser.get("/login/code")))
    assert browser.post("/login/passkey", {"credential": answer})["Location"] == "/login"
    assert SESSION_KEY not in browser.session


def test_a_copied_key_shows_by_its_counter(bob, browser):
    key = SoftKey(ORIGIN)
    add(bob, key)
    key.count = 10
    assert alone(browser, key)["Location"] == "/profile"
    key.count = 5
    assert alone(ZoneClient("univ"), key)["Location"] == "/login"
    assert refused("passkey_copied") == 1


def test_somebody_elses_passkey_opens_nobody_elses_second_step(bob, cast, browser):
    mine, theirs = SoftKey(ORIGIN), SoftKey(ORIGIN)
    add(bob, mine)
    add(cast.alice, theirs)
    assert second_step(browser, bob, theirs).status_code == 200
    assert SESSION_KEY not in browser.session


@pytest.mark.parametrize("answer", ["", "{}", "null", "[]", '"x"', "{" * 3000, '{"id": 1, "rawId": [], "response": 3}'])
def test_strange_answers_are_refused_and_nothing_more(bob, browser, answer):
    add(bob, SoftKey(ORIGIN))
    log_in(browser, bob, PASSWORD)
    browser.get("/login/code")
    assert browser.post("/login/code", {"credential": answer}).status_code == 200
    browser.get("/login/passkey")
    assert browser.post("/login/passkey", {"credential": answer}).status_code == 302
    client = client_for(bob)
    client.get(ADD)
    assert client.post(ADD, {"credential": answer, "name": "x"}).status_code == 200
    assert SESSION_KEY not in browser.session
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_a_passkey_is_renamed_and_removed_by_its_owner_alone(bob, cast):
    add(bob, SoftKey(ORIGIN))
    row = Authenticator.objects.get(type="webauthn")
    other, own = client_for(cast.alice), client_for(bob)
    assert other.post(f"{ADD}/{row.pk}/name", {"name": "Mine"}).status_code == 404
    other.post(f"{ADD}/{row.pk}/remove")
    assert own.post(f"{ADD}/{row.pk}/name", {"name": "Blue"}).status_code == 302
    row.refresh_from_db()
    assert row.data["name"] == "Blue"
    own.post(f"{ADD}/{row.pk}/remove")
    assert not factors.kinds(bob)
    assert OutgoingMail.objects.filter(kind="factor_removed").count() == 1
