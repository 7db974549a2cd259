"""The consoles against addresses and filters that their own pages never write."""

import pytest

from accounts.models import Organization
from accounts.permissions import Role
from audit.models import Action, AuditEntry
from tests.cast import PASSWORD, make_person

PAGES = ("accounts/organization", "accounts/user", "accounts/classroom", "exams/item", "exams/exam", "exams/attempt")


@pytest.fixture
def console(in_univ, cast, client_for):
    return lambda name: client_for(getattr(cast, name), surface="admin")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("key", ["nonsense", "9" * 30, "_5F"])
def test_an_id_that_is_none_is_not_found(console, page, key):
    browser = console("zoe")
    assert browser.get(f"/{page}/{key}/change/").status_code == 404
    assert browser.get(f"/{page}/{key}/history/").status_code == 404


def test_an_address_that_the_log_cannot_hold_is_refused_and_recorded(console):
    assert console("anna").get("/audit/auditentry/%00/change/").status_code == 400
    row = AuditEntry.objects.filter(action=Action.PERMISSION_DENIED).latest("id")
    assert row.details["path"] == "/audit/auditentry//change/"


@pytest.mark.parametrize("lookup", ["password__startswith", "password", "password__regex"])
def test_no_hash_can_be_guessed_by_filtering(console, lookup):
    assert console("anna").get("/accounts/user/", {lookup: "bcrypt"}).status_code == 400


def test_suspending_an_organization_ends_its_peoples_tokens(cast, api_for, client_for, in_univ):
    organization: Organization = cast.bob.organization
    console = client_for(make_person("Sue", Role.SUPER_ADMIN), surface="admin")
    client, other = api_for(cast.bob), api_for(cast.zoe)
    assert client.get("/api/v1/users/me").status_code == 200
    said = {"name": organization.name, "code": organization.code, "plan": organization.plan, "status": "suspended"}
    assert console.post(f"/accounts/organization/{organization.pk}/change/", said).status_code == 302
    assert client.get("/api/v1/users/me").status_code == 401
    assert other.get("/api/v1/users/me").status_code == 200
    login = {"email": cast.bob.email, "password": PASSWORD}
    assert api_for(None).post("/api/v1/auth/login", login).status_code == 401


def test_pages_of_a_person_stay_in_no_cache(cast, client_for, in_univ):
    browser = client_for(cast.bob)
    for path in ("/dashboard", "/profile", "/api/v1/users/me"):
        assert browser.get(path)["Cache-Control"] == "private, no-store"
    assert "no-store" not in browser.get("/brand.css")["Cache-Control"]
