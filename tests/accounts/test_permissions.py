"""The permission table as MISSION.md words it, and what it means at each endpoint of accounts."""

import pytest

from accounts.api.permissions import OPEN, SIGNED_IN
from accounts.api.urls import urlpatterns
from accounts.permissions import PERMISSIONS, Role, grants, outranks, role_allows
from audit.models import Action, AuditEntry

ROLES = ["super_admin", "zone_admin", "org_admin", "teacher", "student", "parent", "guest"]
ALLOWED = {
    "anything:whatever": {"super_admin"},
    "zone:read": {"super_admin", "zone_admin"},
    "org:read": {"super_admin", "zone_admin", "org_admin"},
    "org:create": {"super_admin", "zone_admin"},
    "org:update": {"super_admin", "org_admin"},
    "org:delete": {"super_admin"},
    "user:read": {"super_admin", "zone_admin", "org_admin"},
    "user:create": {"super_admin", "zone_admin", "org_admin"},
    "user:update": {"super_admin", "zone_admin", "org_admin"},
    "user:delete": {"super_admin", "zone_admin"},
    "exam:read": {"super_admin", "zone_admin", "org_admin", "teacher", "student", "guest"},
    "exam:create": {"super_admin", "zone_admin", "org_admin", "teacher"},
    "exam:update": {"super_admin", "zone_admin", "org_admin", "teacher"},
    "exam:delete": {"super_admin", "zone_admin", "org_admin"},
    "class:update": {"super_admin", "org_admin"},
    "item:create": {"super_admin", "teacher"},
    "item:read": {"super_admin", "teacher"},
    "item:update": {"super_admin", "teacher"},
    "student:read": {"super_admin", "teacher", "parent"},
    "attempt:create": {"super_admin", "student"},
    "attempt:read": {"super_admin", "teacher", "student", "parent"},
    "report:read": {"super_admin", "zone_admin", "org_admin", "teacher", "parent"},
    "report:export": {"super_admin", "zone_admin"},
    "profile:read": {"super_admin", "student"},
    "profile:update": {"super_admin", "student"},
}


@pytest.mark.parametrize("permission", ALLOWED)
def test_the_table(permission):
    assert {role for role in ROLES if role_allows(role, permission)} == ALLOWED[permission]


def test_every_role_has_its_line():
    assert set(PERMISSIONS) == set(Role) == set(ROLES)


def test_names_are_not_matched_by_halves():
    assert not grants({"exam:read"}, "exam:reading")
    assert not grants({"exam:*"}, "exams:read")
    assert not role_allows("nobody", "exam:read")


def test_an_unknown_role_stands_above_all():
    assert outranks("emperor", Role.SUPER_ADMIN)
    assert not outranks(Role.PARENT, Role.STUDENT)


def test_every_view_names_its_permissions():
    for pattern in urlpatterns:
        view = pattern.callback.view_class
        methods = [name.upper() for name in view.http_method_names if hasattr(view, name) and name != "options"]
        named = view.permission
        if isinstance(named, dict):
            assert set(methods) - {"HEAD"} == set(named), pattern
        else:
            assert named in (OPEN, SIGNED_IN) or named, pattern


PEOPLE = ["guest", "bob", "paula", "alice", "anna", "zoe"]
# By person, in that order.
ENDPOINTS = {
    "GET users/me": [401, 200, 200, 200, 200, 200],
    "GET users": [401, 403, 403, 403, 200, 200],
    "POST users": [401, 403, 403, 403, 400, 400],
    "GET users/{bob}": [401, 403, 403, 403, 200, 200],
    "GET users/{otto}": [401, 403, 403, 403, 404, 200],
    "PATCH users/{otto}": [401, 403, 403, 403, 404, 200],
    "GET users/{charlie}": [401, 403, 403, 403, 404, 404],
    "GET organizations": [401, 403, 403, 403, 200, 200],
    "GET students": [401, 403, 200, 200, 200, 200],
    "GET parents/children": [401, 403, 200, 200, 403, 403],
    "POST parents/link-student": [401, 403, 400, 400, 403, 403],
    "GET students/me/parents": [401, 200, 403, 403, 403, 403],
    "POST students/approve-parent/{alice}": [401, 404, 403, 403, 403, 403],
    "POST students/refuse-parent/{alice}": [401, 404, 403, 403, 403, 403],
    "DELETE parents/links/{alice}": [401, 404, 404, 404, 403, 403],
    "GET classes": [401, 403, 200, 200, 200, 200],
    "POST classes": [401, 403, 403, 403, 400, 403],
    "GET classes/{room}": [401, 403, 404, 200, 200, 200],
    "GET classes/{room}/members": [401, 403, 404, 200, 200, 200],
    "GET classes/{duri_room}": [401, 403, 404, 404, 404, 200],
    "GET classes/{duri_room}/members": [401, 403, 404, 404, 404, 200],
    "PATCH classes/{duri_room}": [401, 403, 403, 403, 404, 403],
    "DELETE classes/{duri_room}": [401, 403, 403, 403, 404, 403],
    "POST classes/{duri_room}/members": [401, 403, 403, 403, 404, 403],
    "DELETE classes/{duri_room}/members/{otto}": [401, 403, 403, 403, 404, 403],
    "GET admin/audit-logs": [401, 403, 403, 403, 403, 200],
}


@pytest.fixture
def ids(in_univ, cast) -> dict:
    duri_room = type(cast.room).objects.create(organization=cast.duri, name="Science")
    return {
        "bob": cast.bob.pk,
        "otto": cast.otto.pk,
        "alice": cast.alice.pk,
        "charlie": cast.charlie.pk,
        "room": cast.room.pk,
        "duri_room": duri_room.pk,
    }


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_each_role_at_each_endpoint(endpoint, cast, ids, api_for):
    method, path = endpoint.split(" ")
    refused = 0
    for name, status in zip(PEOPLE, ENDPOINTS[endpoint], strict=True):
        response = getattr(api_for(getattr(cast, name)), method.lower())("/api/v1/" + path.format(**ids))
        assert response.status_code == status, (name, response.content)
        if status >= 400:
            assert response["Content-Type"] == "application/problem+json"
        refused += status in (401, 403)
    # Somebody else's object is refused as not found, and audited as well; what is nowhere is no refusal.
    audited = AuditEntry.objects.filter(action=Action.PERMISSION_DENIED).count()
    hidden = sum(status == 404 for status in ENDPOINTS[endpoint])
    exists_elsewhere = any(part in path for part in ("{otto}", "{room}", "{duri_room}"))
    assert audited == refused + (hidden if exists_elsewhere else 0)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_person_of_another_zone_is_refused_everywhere(endpoint, cast, ids, api_for):
    method, path = endpoint.split(" ")
    token = api_for(cast.charlie).defaults["HTTP_AUTHORIZATION"]
    call = getattr(api_for(cast.guest, zone="univ"), method.lower())
    response = call("/api/v1/" + path.format(**ids), HTTP_AUTHORIZATION=token)
    assert (response.status_code, response.json()["code"]) == (403, "wrong_zone")
