"""What could harm many wants a proof of who is asking that is not older than 15 minutes (ASVS 5.0, V7.5)."""

import time
from datetime import timedelta

import pytest
from django.contrib import admin

from accounts import page_sessions, tokens
from accounts.models import RefreshSession, SecurityPolicy, User
from accounts.people import Operator
from accounts.services import api_clients, contact
from accounts.step_up import AsksAgain
from accounts.token_format import BY_CODE_TOO
from audit.models import AuditEntry
from megacity.console import control

# Sections of people and of the city in which nothing is changed that could harm many, each with the reason.
HARMLESS = {
    "accounts.Classroom": "a name, and who is in it: within one organization, and undone as easily",
    "accounts.RosterImport": "shows what it would do before it does it; it makes no staff",
}
AGED = page_sessions.RECENT.total_seconds() + 1


def aged(browser):
    """As if the last proof had been given a little longer ago than is enough."""
    session = browser.session
    session["proved_at"] = time.time() - AGED
    session.save()
    return browser


@pytest.fixture
def client_made(cast, in_univ):
    made, _key = api_clients.create_client(
        person=Operator(), name="School office", organization=cast.hana, permissions=["user:read"], networks=[]
    )
    return made


@pytest.fixture
def sent(cast, client_made, in_univ):
    """Address and form of everything that wants a fresh proof."""
    bob, hana = cast.bob, cast.hana
    contact.set_phone(person=Operator(), user=bob, phone="010-2345-6789")
    close = {"action": "close", "_selected_action": str(bob.pk), "index": "0"}
    reason = "asked for by the auditors"
    organization = {"name": hana.name, "code": hana.code, "plan": hana.plan, "status": "suspended"}
    policy = {"password_days": "30", "session_idle_minutes": "10", "session_hours": "1"}
    policy |= {"console_idle_minutes": "10", "console_hours": "1", "roster_unknown_age": "ask", "audit_months": "36"}
    return {
        "export of the log": ("/audit/auditentry/export/", {"format": "csv", "reason": reason}),
        "a number in full": (f"/accounts/user/{bob.pk}/reveal/", {"field": "phone", "reason": reason}),
        "a key": (f"/accounts/apiclient/{client_made.pk}/rotate/", {}),
        "a new client": ("/accounts/apiclient/add/", {"name": "Other", "permissions": ["user:read"]}),
        "policy": (f"/accounts/securitypolicy/{SecurityPolicy.ONLY}/change/", policy),
        "closing a person": ("/accounts/user/", close),
        "a password": (
            f"/accounts/user/{bob.pk}/password/",
            {"password1": "N3w!passw0rd", "password2": "N3w!passw0rd"},
        ),
        "erasing a person": (f"/accounts/user/{bob.pk}/erase/", {"reason": reason}),
        "an organization": (f"/accounts/organization/{hana.pk}/change/", organization),
    }


NAMES = ["export of the log", "a number in full", "a key", "a new client", "policy", "closing a person", "a password"]
NAMES += ["erasing a person", "an organization"]


@pytest.mark.parametrize("name", NAMES)
def test_an_old_proof_is_not_enough(sent, cast, client_for, name):
    assert list(sent) == NAMES
    path, form = sent[name]
    browser = aged(client_for(cast.zoe, surface="admin"))
    number = AuditEntry.objects.count()
    assert browser.get(path).status_code in (200, 302, 405)  # Looking is not asked for.
    looked = AuditEntry.objects.count() - number
    answer = browser.post(path, form)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/profile/confirm?next=")
    assert AuditEntry.objects.count() - number == looked
    # With a fresh one the same does what it says, and is recorded.
    fresh = client_for(cast.zoe, surface="admin").post(path, form)
    assert "/confirm" not in fresh.get("Location", "")
    assert AuditEntry.objects.count() - number > looked


def test_every_section_that_could_harm_asks_again():
    found = {
        model._meta.label
        for site in (admin.site, control)
        for model, page in site._registry.items()
        if model._meta.app_label in ("accounts", "zones")
        and {"add", "change"} & set(page.permissions)
        and not isinstance(page, AsksAgain)
    }
    assert found == set(HARMLESS)


def old_token(user) -> str:
    """Of a family that began a little longer ago than is enough, and was renewed just now."""
    pair = tokens.issue(user, amr=BY_CODE_TOO)
    row = RefreshSession.objects.filter(family=pair.family)
    row.update(family_ends_at=row.get().family_ends_at - timedelta(seconds=AGED))
    return tokens.rotate(pair.refresh)[1].access


@pytest.mark.parametrize(
    ("who", "body", "asked"),
    [
        ("bob", {"role": "org_admin"}, True),
        ("anna", {"role": "teacher"}, True),
        ("alice", {"role": "student"}, False),
        ("bob", {"display_name": "Robert"}, False),
        ("anna", {"role": "org_admin", "display_name": "Anne"}, False),
    ],
)
def test_a_renewed_token_makes_nobody_staff(cast, api_for, in_univ, who, body, asked):
    user: User = getattr(cast, who)
    path = f"/api/v1/users/{user.pk}"
    client = api_for(None)
    old = {"HTTP_AUTHORIZATION": f"Bearer {old_token(cast.zoe)}"}
    answer = client.patch(path, body, **old)
    assert answer.status_code == (403 if asked else 200)
    if asked:
        assert answer.json()["code"] == "reauthentication_required"
        assert User.objects.get(pk=user.pk).role == user.role
        assert api_for(cast.zoe).patch(path, body).status_code == 200


def test_a_renewed_token_makes_no_account_of_staff(cast, api_for, in_univ):
    old = {"HTTP_AUTHORIZATION": f"Bearer {old_token(cast.zoe)}"}
    body = {"email": "new@example.com", "display_name": "New", "role": "zone_admin"}
    assert api_for(None).post("/api/v1/users", body, **old).json()["code"] == "reauthentication_required"
    assert api_for(None).post("/api/v1/users", {**body, "role": "student"}, **old).status_code == 201
    body["email"] = "newer@example.com"
    assert api_for(cast.zoe).post("/api/v1/users", body).status_code == 201
