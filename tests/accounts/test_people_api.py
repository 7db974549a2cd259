import pytest
from django.db import DatabaseError, transaction

from accounts import tokens
from accounts.models import ClassMembership, Classroom, User
from accounts.services import people
from audit.context import Actor, acting
from audit.models import Action, AuditEntry
from tests.cast import PASSWORD, make_person
from zones.problems import NotAuthenticated

NEW = {"display_name": "Nara", "email": "nara@example.com", "password": "Spr1ng!time", "role": "student"}


def rows(resource: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(resource_type=resource).order_by("id"))


@pytest.mark.parametrize(
    ("maker", "role", "organization", "status"),
    [
        ("anna", "student", None, 201),
        ("anna", "teacher", "hana", 201),
        ("anna", "org_admin", "hana", 201),
        ("anna", "zone_admin", "hana", 403),
        ("anna", "super_admin", "hana", 403),
        ("anna", "student", "duri", 404),
        ("zoe", "student", "duri", 201),
        ("zoe", "zone_admin", None, 201),
        ("zoe", "super_admin", None, 403),
        ("alice", "student", "hana", 403),
    ],
)
def test_who_makes_whom(in_univ, cast, api_for, maker, role, organization, status):
    body = {**NEW, "role": role}
    if organization:
        body["organization"] = str(getattr(cast, organization).pk)
    response = api_for(getattr(cast, maker)).post("/api/v1/users", body)
    assert response.status_code == status, response.content
    made = User.objects.filter(email=NEW["email"]).first()
    assert (made is not None) == (status == 201)
    if made:
        # An administrator of an organization who names none means their own.
        expected = getattr(cast, organization or ("hana" if maker == "anna" else "guest"), None)
        assert made.organization_id == getattr(expected, "pk", None)
        assert made.check_password(NEW["password"])
        assert [(row.action, row.user_id) for row in rows("user")] == [(Action.CREATE, getattr(cast, maker).pk)]


def test_a_new_role_ends_the_old_tokens(in_univ, cast, api_for):
    student = api_for(cast.bob)
    assert student.get("/api/v1/users/me").status_code == 200
    changed = api_for(cast.anna).patch(f"/api/v1/users/{cast.bob.pk}", {"role": "teacher"})
    assert changed.json()["role"] == "teacher"
    assert student.get("/api/v1/users/me").status_code == 401
    assert api_for(User.objects.get(pk=cast.bob.pk), zone=in_univ).get("/api/v1/students").status_code == 200
    assert rows("user")[0].details == {"role": ["student", "teacher"]}


def test_nobody_rises_above_themselves_or_touches_who_is_above(in_univ, cast, api_for):
    anna = api_for(cast.anna)
    assert anna.patch(f"/api/v1/users/{cast.anna.pk}", {"role": "zone_admin"}).json()["code"] == "role_too_high"
    boss = make_person("Boss", "zone_admin", cast.hana)
    assert anna.patch(f"/api/v1/users/{boss.pk}", {"is_active": False}).status_code == 403
    assert anna.patch(f"/api/v1/users/{cast.anna.pk}", {"is_active": False}).status_code == 400
    assert not User.objects.filter(is_active=False).exists()
    assert rows("user") == []


def test_a_closed_account_is_out_at_once_and_can_be_opened_again(in_univ, cast, api_for, client_for):
    bearer, browser = api_for(cast.bob), client_for(cast.bob)
    refresh = tokens.issue(cast.bob).refresh
    admin = api_for(cast.anna)
    assert admin.patch(f"/api/v1/users/{cast.bob.pk}", {"is_active": False}).json()["is_active"] is False
    assert bearer.get("/api/v1/users/me").status_code == 401
    assert browser.get("/profile").status_code == 302
    with pytest.raises(NotAuthenticated):
        tokens.rotate(refresh)
    admin.patch(f"/api/v1/users/{cast.bob.pk}", {"is_active": True})
    assert bearer.get("/api/v1/users/me").status_code == 401
    assert api_for(cast.bob).get("/api/v1/users/me").status_code == 200
    assert [row.details for row in rows("user")] == [{"is_active": [True, False]}, {"is_active": [False, True]}]


def test_a_new_password_ends_every_token(in_univ, cast, api_for):
    one, other = api_for(cast.bob), api_for(cast.bob)
    path = "/api/v1/users/me/password"
    assert list(one.post(path, {"current": "x", "new": "N3w!password"}).json()["errors"]) == ["current"]
    assert list(one.post(path, {"current": PASSWORD, "new": "weak"}).json()["errors"]) == ["new"]
    assert one.post(path, {"current": PASSWORD, "new": "N3w!password"}).status_code == 204
    assert one.get("/api/v1/users/me").status_code == other.get("/api/v1/users/me").status_code == 401
    login = {"email": cast.bob.email, "password": "N3w!password"}
    token = one.post("/api/v1/auth/login", login, HTTP_AUTHORIZATION="").json()["access"]
    assert one.get("/api/v1/users/me", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 200


def test_me_changes_name_and_language_and_nothing_else(in_univ, cast, api_for):
    bob = api_for(cast.bob)
    answer = bob.patch("/api/v1/users/me", {"display_name": "밥", "language": "en", "role": "super_admin"}).json()
    assert (answer["display_name"], answer["language"], answer["role"]) == ("밥", "en", "student")
    assert bob.patch("/api/v1/users/me", {"language": "xx"}).status_code == 400
    assert bob.patch("/api/v1/users/me", {"display_name": " "}).status_code == 400


def test_the_session_of_a_page_needs_its_csrf_token_to_write(in_univ, cast, client_for):
    page = client_for(cast.bob, csrf=True)
    assert page.get("/api/v1/users/me").json()["email"] == "bob@example.com"
    refused = page.patch("/api/v1/users/me", {"display_name": "Eve"}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    token = str(page.get("/profile").context["csrf_token"])
    written = page.patch(
        "/api/v1/users/me", {"display_name": "Bob B."}, content_type="application/json", headers={"X-CSRFToken": token}
    )
    assert written.json()["display_name"] == "Bob B."


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"Alice", "Bob", "Anna", "Oscar", "Otto", "Paula", "Zoe"}),
        ("role=student", {"Bob", "Otto"}),
        ("organization={duri}", {"Oscar", "Otto"}),
        ("search=ali", {"Alice"}),
        ("search=otto@", {"Otto"}),
        ("role=teacher&organization={duri}", {"Oscar"}),
    ],
)
def test_the_list_of_users_is_filtered(in_univ, cast, api_for, query, names):
    response = api_for(cast.zoe).get("/api/v1/users?" + query.format(duri=cast.duri.pk))
    assert {row["display_name"] for row in response.json()["results"]} == names


def test_an_organization_sees_its_own_people_alone(in_univ, cast, api_for):
    anna = api_for(cast.anna)
    assert {row["display_name"] for row in anna.get("/api/v1/users").json()["results"]} == {"Alice", "Bob", "Anna"}
    assert anna.get(f"/api/v1/users?organization={cast.duri.pk}").json()["results"] == []
    assert [row["code"] for row in anna.get("/api/v1/organizations").json()["results"]] == ["hana"]


def test_a_class_from_beginning_to_end(in_univ, cast, api_for):
    anna = api_for(cast.anna)
    room = anna.post("/api/v1/classes", {"name": "영어 B"}).json()
    path = f"/api/v1/classes/{room['id']}"
    assert (room["students"], room["organization"]["code"]) == (0, "hana")
    assert anna.post("/api/v1/classes", {"name": "영어 B"}).status_code == 409
    for person in (cast.bob, cast.bob, cast.alice):
        assert anna.post(f"{path}/members", {"user_id": str(person.pk)}).status_code == 201
    kinds = {row["user"]["display_name"]: row["kind"] for row in anna.get(f"{path}/members").json()}
    assert kinds == {"Alice": "teacher", "Bob": "student"}
    assert list(kinds) == ["Alice", "Bob"]
    assert anna.post(f"{path}/members", {"user_id": str(cast.otto.pk)}).status_code == 404
    assert anna.post(f"{path}/members", {"user_id": str(cast.anna.pk)}).status_code == 400
    assert anna.patch(path, {"name": "영어 C"}).json()["students"] == 1
    assert anna.delete(f"{path}/members/{cast.bob.pk}").status_code == 204
    assert anna.delete(f"{path}/members/{cast.bob.pk}").status_code == 404
    assert anna.delete(path).status_code == 204
    assert Classroom.objects.get() == cast.room
    assert [row.action for row in rows("classroom")] == [Action.CREATE, Action.UPDATE, Action.DELETE]
    assert [row.action for row in rows("class_member")] == [Action.CREATE, Action.CREATE, Action.DELETE]


def test_a_teacher_sees_the_classes_that_are_theirs(in_univ, cast, api_for):
    Classroom.objects.create(organization=cast.hana, name="Somebody else's")
    assert [room["name"] for room in api_for(cast.alice).get("/api/v1/classes").json()["results"]] == ["Mathematics A"]
    assert len(api_for(cast.anna).get("/api/v1/classes").json()["results"]) == 2
    assert api_for(cast.oscar).get("/api/v1/classes").json()["results"] == []


def test_the_audit_log_is_filtered_and_paged(in_univ, cast, api_for):
    zoe = api_for(cast.zoe)
    for language in ("ko", "en", ""):
        zoe.patch("/api/v1/users/me", {"language": language})
    api_for(cast.bob).get("/api/v1/users")
    path = "/api/v1/admin/audit-logs"
    page = zoe.get(f"{path}?action=update&page_size=2").json()
    assert [row["details"]["language"][1] for row in page["results"]] == ["", "en"]
    rest = zoe.get(page["next"].partition("localhost")[2]).json()
    assert [row["details"]["language"][1] for row in rest["results"]] == ["ko"]
    (refusal,) = zoe.get(f"{path}?action=permission_denied&user={cast.bob.pk}").json()["results"]
    assert (refusal["user_label"], refusal["details"]["path"]) == ("bob@example.com", "/api/v1/users")
    middle = page["results"][1]["at"]
    since = zoe.get(path, {"since": middle, "action": "update"}).json()["results"]
    assert [row["details"]["language"][1] for row in since] == ["", "en"]
    until = zoe.get(path, {"until": middle, "action": "update"}).json()["results"]
    assert [row["details"]["language"][1] for row in until] == ["ko"]
    assert zoe.get(f"{path}?since=yesterday").status_code == 400


def test_a_write_that_cannot_be_audited_is_undone(in_univ, cast):
    with acting(Actor(ip="nowhere")), pytest.raises(DatabaseError), transaction.atomic():
        people.update_profile(user=cast.bob, display_name="Unseen")
    cast.bob.refresh_from_db()
    assert cast.bob.display_name == "Bob"


@pytest.mark.parametrize(
    ("path", "person", "queries"),
    [
        ("users", "zoe", 1),
        ("users", "anna", 1),
        ("students", "alice", 1),
        ("students", "paula", 1),
        ("organizations", "zoe", 1),
        ("classes", "anna", 1),
        ("classes", "alice", 1),
        ("classes/{room}/members", "alice", 2),
        ("parents/children", "paula", 1),
        ("students/me/parents", "bob", 1),
        ("users/me", "bob", 1),
        # The rows, whom they name, and the row that says who read them, in its savepoint.
        ("admin/audit-logs", "zoe", 5),
    ],
)
def test_lists_take_the_same_few_queries_however_long(
    in_univ, cast, api_for, django_assert_num_queries, path, person, queries
):
    for n in range(30):
        student = make_person(f"Student {n}", "student", cast.hana)
        ClassMembership.objects.create(classroom=cast.room, user=student, kind="student")
        Classroom.objects.create(organization=cast.hana, name=f"Class {n}")
    client = api_for(getattr(cast, person))
    address = f"/api/v1/{path.format(room=cast.room.pk)}"
    client.get(address)
    with django_assert_num_queries(queries):
        assert client.get(address).status_code == 200
