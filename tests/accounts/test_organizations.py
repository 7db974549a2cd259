"""Organizations: who makes and changes them, and what suspending one does to its people."""

import pytest

from accounts.models import Organization, RefreshSession
from accounts.permissions import Role
from accounts.services import organizations
from audit.models import Action, AuditEntry
from tests.cast import PASSWORD, make_person
from tests.clients import ApiClient
from zones.problems import Invalid, NotFound, PermissionRefused
from zones.redis import client as redis_client

PATH, LOGIN, REFRESH, ME = "/api/v1/organizations", "/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/users/me"


@pytest.fixture
def susan(in_univ, cast):
    return make_person("Susan", Role.SUPER_ADMIN)


def log_in(univ, email: str) -> ApiClient:
    """A client that has logged in, with its token in the header and its refresh token in the cookie."""
    client = ApiClient(univ)
    response = client.post(LOGIN, {"email": email, "password": PASSWORD})
    assert response.status_code == 200
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {response.json()['access']}"
    return client


def rows() -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(resource_type="organization").order_by("id"))


def test_they_are_made_by_the_zone_and_renamed_by_themselves(in_univ, cast):
    made = organizations.create_organization(person=cast.zoe, name="Sae School", code="SAE")
    assert (made.code, made.plan) == ("sae", "free")
    with pytest.raises(Invalid):
        organizations.create_organization(person=cast.zoe, name="Other", code="hana")
    with pytest.raises(PermissionRefused):
        organizations.create_organization(person=cast.anna, name="Mine", code="mine")
    with pytest.raises(NotFound):
        organizations.update_organization(person=cast.anna, organization=cast.duri, name="Taken over")
    with pytest.raises(Invalid):
        organizations.update_organization(person=cast.anna, organization=cast.hana, name="Duri School")
    organizations.update_organization(person=cast.anna, organization=cast.hana, name=" Hana ")
    assert [row.action for row in rows()] == [Action.CREATE, Action.UPDATE]
    assert rows()[1].details == {"name": ["Hana Academy", "Hana"]}


@pytest.mark.parametrize(
    ("maker", "of", "change", "status"),
    [
        ("susan", "duri", {"code": "DURI-2", "plan": "plus"}, 200),
        ("susan", "duri", {"code": "hana"}, 400),
        ("susan", "duri", {"plan": "golden"}, 400),
        ("susan", "duri", {"name": " "}, 400),
        ("anna", "hana", {"name": "하나 학원"}, 200),
        ("anna", "hana", {"plan": "plus"}, 403),
        ("anna", "hana", {"name": "하나 학원", "status": "suspended"}, 403),
        ("anna", "hana", {"code": "hana2"}, 403),
        ("anna", "duri", {"name": "Taken over"}, 404),
        ("zoe", "hana", {"name": "하나 학원"}, 403),
        ("alice", "hana", {"name": "하나 학원"}, 403),
    ],
)
def test_who_changes_what(susan, cast, api_for, maker, of, change, status):
    organization = getattr(cast, of)
    before = Organization.objects.values().get(pk=organization.pk)
    person = susan if maker == "susan" else getattr(cast, maker)
    response = api_for(person).patch(f"{PATH}/{organization.pk}", change)
    assert response.status_code == status, response.content
    after = Organization.objects.values().get(pk=organization.pk)
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if status == 200:
        assert changed.keys() == change.keys()
        assert [row.details for row in rows() if row.action == Action.UPDATE] == [changed]
    else:
        assert changed == {}
        assert [row for row in rows() if row.action == Action.UPDATE] == []


def test_a_change_to_what_it_is_already_leaves_no_row(susan, cast, api_for):
    response = api_for(susan).patch(f"{PATH}/{cast.hana.pk}", {"name": cast.hana.name, "status": "active"})
    assert (response.status_code, rows()) == (200, [])


def test_the_zone_makes_one(in_univ, cast, api_for):
    response = api_for(cast.zoe).post(PATH, {"name": "새봄 학원", "code": "saebom", "plan": "plus"})
    assert response.status_code == 201
    made = Organization.objects.get(code="saebom")
    assert response.json()["id"] == str(made.pk)
    assert (made.name, made.plan, made.status) == ("새봄 학원", "plus", "active")
    assert api_for(cast.zoe).post(PATH, {"name": "다른", "code": "saebom"}).json()["errors"].keys() == {"code"}


@pytest.mark.parametrize("emptied", [False, True])
def test_suspending_ends_tokens_and_sessions_at_once(susan, univ, cast, api_for, client_for, emptied):
    bob, otto, page = log_in(univ, "bob@example.com"), log_in(univ, "otto@example.com"), client_for(cast.bob)
    assert bob.get(ME).status_code == page.get(ME).status_code == 200
    assert api_for(susan).patch(f"{PATH}/{cast.hana.pk}", {"status": "suspended"}).status_code == 200
    if emptied:
        redis_client().flushdb()
    assert bob.get(ME).status_code == page.get(ME).status_code == 401
    assert bob.post(REFRESH).status_code == 401
    assert ApiClient(univ).post(LOGIN, {"email": "bob@example.com", "password": PASSWORD}).status_code == 401
    assert not RefreshSession.objects.filter(user=cast.bob, revoked_at=None).exists()
    assert otto.get(ME).status_code == 200
    assert otto.post(REFRESH).status_code == 200
    (row,) = rows()
    assert (row.action, row.organization_id, row.user_id) == (Action.UPDATE, cast.hana.pk, susan.pk)
    assert row.details == {"status": ["active", "suspended"]}


def test_a_reinstated_organizations_people_log_in_anew(susan, univ, cast, api_for):
    old, boss = log_in(univ, "bob@example.com"), api_for(susan)
    for status in ("suspended", "active"):
        assert boss.patch(f"{PATH}/{cast.hana.pk}", {"status": status}).status_code == 200
    assert log_in(univ, "bob@example.com").get(ME).status_code == 200
    assert old.get(ME).status_code == 401
    assert old.post(REFRESH).status_code == 401
    assert rows()[-1].details == {"status": ["suspended", "active"]}


def test_the_console_goes_the_same_way(susan, univ, cast, client_for):
    bob, console = log_in(univ, "bob@example.com"), client_for(susan, surface="admin")
    said = {"name": "Hana Academy", "code": "hana", "plan": "plus", "status": "suspended"}
    assert console.post(f"/accounts/organization/{cast.hana.pk}/change/", said).status_code == 302
    assert bob.get(ME).status_code == 401
    new = {"name": "Sae School", "code": "SAE", "plan": "plus"}
    assert client_for(cast.zoe, surface="admin").post("/accounts/organization/add/", new).status_code == 302
    assert Organization.objects.get(name="Sae School").code == "sae"
    changed, made = rows()
    assert changed.details == {"plan": ["institution", "plus"], "status": ["active", "suspended"]}
    assert (made.action, made.user_id) == (Action.CREATE, cast.zoe.pk)


def test_the_console_of_an_organization_changes_its_name_alone(in_univ, cast, client_for):
    said = {"name": "Hana", "code": "mine", "plan": "free", "status": "suspended"}
    page = f"/accounts/organization/{cast.hana.pk}/change/"
    assert client_for(cast.anna, surface="admin").post(page, said).status_code == 302
    stored = Organization.objects.get(pk=cast.hana.pk)
    assert (stored.name, stored.code, stored.plan, stored.status) == ("Hana", "hana", "institution", "active")
