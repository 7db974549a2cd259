"""The Admin Consoles: who gets in, what each sees and may do, what is recorded, and how long lists behave."""

import pytest

from accounts.models import Classroom, Organization, User
from accounts.permissions import Role
from audit.models import Action, AuditEntry
from exams.models import Exam, Item
from tests.cast import PASSWORD, make_person
from tests.clients import ZoneClient
from tests.consoles import LISTS, attempt_of, rows, written
from tests.factors import code_now, give_app
from zones.context import zone_context

FOR_ZONE_STAFF_ALONE = {"/accounts/outgoingmail/", "/audit/auditentry/"}


# --- Who gets in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["alice", "bob", "paula"])
def test_others_than_staff_are_turned_away_and_recorded(console, cast, name):
    person = getattr(cast, name)
    response = console(person).get("/accounts/user/")
    assert response.status_code == 302
    assert response["Location"].startswith("/login/")
    (entry,) = written("request", Action.PERMISSION_DENIED)
    assert (entry.user_id, entry.details["code"]) == (person.pk, "not_staff")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("name", ["zoe", "anna"])
def test_each_list_opens_for_the_roles_that_may_see_it(console, cast, name, path):
    allowed = name == "zoe" or path not in FOR_ZONE_STAFF_ALONE
    assert console(getattr(cast, name)).get(path).status_code == (200 if allowed else 403)
    assert bool(written("request", Action.PERMISSION_DENIED)) is not allowed


def test_log_in_and_log_out_are_recorded(in_univ, cast):
    browser = ZoneClient("univ", "admin")
    secret = give_app(cast.zoe)
    answer = browser.post("/login/", {"username": "zoe@example.com", "password": PASSWORD, "next": "/"})
    assert (answer.status_code, answer["Location"]) == (302, "/login/code")
    answer = browser.post("/login/code", {"code": code_now(secret)})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert browser.get("/").status_code == 200
    assert [(e.user_id, e.details["via"]) for e in written("session", Action.LOGIN)] == [(cast.zoe.pk, "console")]
    browser.post("/logout/")
    assert [e.user_id for e in written("session", Action.LOGOUT)] == [cast.zoe.pk]
    assert browser.get("/").status_code == 302


def test_a_teacher_with_the_right_password_does_not_get_in(in_univ, cast):
    browser = ZoneClient("univ", "admin")
    answer = browser.post("/login/", {"username": "alice@example.com", "password": PASSWORD, "next": "/"})
    assert answer.status_code == 200
    assert browser.get("/").status_code == 302
    assert [e.details["code"] for e in written("session", Action.PERMISSION_DENIED)] == ["not_staff"]
    assert not written("session", Action.LOGIN)


def test_too_many_tries_are_blocked_here_as_everywhere(in_univ, cast, limits, settings):
    browser = ZoneClient("univ", "admin")
    for _try in range(settings.LOGIN_RATE_LIMIT[1] + 1):
        browser.post("/login/", {"username": "zoe@example.com", "password": "wrong"})
    right = browser.post("/login/", {"username": "zoe@example.com", "password": PASSWORD})
    assert right.status_code == 429
    assert int(right["Retry-After"]) > 890
    assert "login_blocked" in {e.details["code"] for e in written("session", Action.PERMISSION_DENIED)}


def test_a_session_of_another_zone_is_worth_nothing(cast, college, client_for):
    with zone_context(college):
        carl = make_person("Carl", Role.ZONE_ADMIN)
    carl.home = college
    there = client_for(carl, surface="admin")
    assert there.get("/").status_code == 200
    here = ZoneClient("univ", "admin")
    here.cookies = there.cookies
    answer = here.get("/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")


# --- One organization ------------------------------------------------------------------------------------------------


def test_an_organizations_administrator_sees_only_theirs(console, cast, exam):
    duri_item = Item.objects.create(code="duri-1", organization=cast.duri, area=exam.blueprint.first().area)
    attempt_of(cast.bob, exam)
    of_otto = attempt_of(cast.otto, exam)
    browser = console(cast.anna)
    assert {u.pk for u in browser.get("/accounts/user/").context["cl"].result_list} == set(
        User.objects.filter(organization=cast.hana).values_list("pk", flat=True)
    )
    assert rows(browser.get("/accounts/organization/")) == 1
    assert [a.user_id for a in browser.get("/exams/attempt/").context["cl"].result_list] == [cast.bob.pk]
    assert duri_item not in browser.get("/exams/item/").context["cl"].result_list
    for path in (
        f"/accounts/user/{cast.otto.pk}/change/",
        f"/accounts/user/{cast.otto.pk}/password/",
        f"/accounts/user/{cast.otto.pk}/history/",
        f"/accounts/organization/{cast.duri.pk}/change/",
        f"/exams/item/{duri_item.pk}/change/",
        f"/exams/attempt/{of_otto.pk}/change/",
    ):
        assert browser.get(path).status_code == 404, path
    found = browser.get("/autocomplete/?app_label=exams&model_name=item&field_name=organization&term=")
    assert [row["id"] for row in found.json()["results"]] == [str(cast.hana.pk)]


def test_an_organizations_administrator_sees_what_they_did_last_and_no_refusals(console, cast):
    browser = console(cast.anna)
    browser.post(f"/accounts/organization/{cast.hana.pk}/change/", {"name": "Hana School"})
    console(cast.zoe).post(f"/accounts/organization/{cast.duri.pk}/change/", {"name": "Duri", "code": "duri"})
    page = browser.get("/")
    assert page.status_code == 200
    assert [(entry.action, entry.resource_id) for entry in page.context["mine"]] == [("update", str(cast.hana.pk))]
    assert page.context["refused"] is None


@pytest.mark.parametrize("model", ["audit/auditentry", "accounts/outgoingmail"])
@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_what_the_database_hides_from_an_organization_is_no_error(console, cast, model, page):
    browser = console(cast.anna)
    assert browser.get(f"/{model}/").status_code == 403
    assert browser.get(f"/{model}/0/{page}/").status_code in (403, 404)


def test_what_belongs_to_the_zone_is_seen_but_not_changed(console, cast, exam):
    browser = console(cast.anna)
    item = Item.objects.first()
    for path in (f"/exams/item/{item.pk}/change/", f"/exams/exam/{exam.pk}/change/"):
        assert browser.get(path).status_code == 200
        assert browser.post(path, {"title": "Mine"}).status_code == 403
    browser.post("/exams/exam/", {"action": "archive", "_selected_action": [str(exam.pk)]})
    exam.refresh_from_db()
    assert exam.status == Exam.Status.PUBLISHED


GIVEN = "Hangang!2026"


def new_user(**fields) -> dict:
    return {
        "email": "neu@example.com",
        "display_name": "Neu",
        "language": "",
        "role": Role.TEACHER,
        "organization": "",
        "password1": GIVEN,
        "password2": GIVEN,
        **fields,
    }


def test_a_user_is_made_in_ones_own_organization_alone(console, cast):
    browser = console(cast.anna)
    assert browser.post("/accounts/user/add/", new_user(organization=cast.duri.pk)).status_code == 200
    assert not User.objects.filter(email="neu@example.com").exists()
    assert browser.post("/accounts/user/add/", new_user(organization=cast.hana.pk)).status_code == 302
    made = User.objects.get(email="neu@example.com")
    assert (made.role, made.organization_id) == (Role.TEACHER, cast.hana.pk)
    assert made.check_password(GIVEN)
    assert made.password_temporary
    (entry,) = written("user", Action.CREATE)
    assert (entry.user_id, entry.organization_id, entry.resource_id) == (cast.anna.pk, cast.hana.pk, str(made.pk))
    assert GIVEN not in str(entry.details)


@pytest.mark.parametrize(("maker", "role"), [("anna", Role.ZONE_ADMIN), ("zoe", Role.SUPER_ADMIN)])
def test_nobody_grants_a_role_above_their_own(console, cast, maker, role):
    browser = console(getattr(cast, maker))
    organization = cast.hana.pk if maker == "anna" else ""
    assert browser.post("/accounts/user/add/", new_user(role=role, organization=organization)).status_code == 200
    person = cast.bob
    change = {"display_name": "Bob", "role": role, "organization": cast.hana.pk}
    assert browser.post(f"/accounts/user/{person.pk}/change/", change).status_code == 200
    person.refresh_from_db()
    assert person.role == Role.STUDENT
    assert not User.objects.filter(role=role).exclude(pk=cast.zoe.pk).exists()


def test_nobody_changes_a_person_above_themselves(console, cast):
    boss = make_person("Boss", Role.ZONE_ADMIN, cast.hana)
    browser = console(cast.anna)
    assert browser.get(f"/accounts/user/{boss.pk}/change/").status_code == 200
    assert browser.post(f"/accounts/user/{boss.pk}/change/", {"display_name": "X"}).status_code == 403
    new = {"password1": "An0ther!pass", "password2": "An0ther!pass"}
    assert browser.post(f"/accounts/user/{boss.pk}/password/", new).status_code == 403
    browser.post("/accounts/user/", {"action": "close", "_selected_action": [str(boss.pk)]})
    boss.refresh_from_db()
    assert boss.is_active
    assert boss.check_password(PASSWORD)


# --- Writing and the log ---------------------------------------------------------------------------------------------


def test_a_change_says_what_it_was_before_and_after(console, cast):
    answer = console(cast.anna).post(
        f"/accounts/organization/{cast.hana.pk}/change/", {"name": "Hana School", "code": "hana"}
    )
    assert answer.status_code == 302
    (entry,) = written("organization")
    assert entry.details["name"] == ["Hana Academy", "Hana School"]
    assert (entry.user_id, entry.resource_id) == (cast.anna.pk, str(cast.hana.pk))
    # The plan is not theirs to choose.
    cast.hana.refresh_from_db()
    assert cast.hana.plan == Organization.Plan.INSTITUTION


def test_people_are_closed_and_given_passwords_and_neither_is_lost_to_the_log(console, cast):
    browser = console(cast.zoe)
    browser.post("/accounts/user/", {"action": "close", "_selected_action": [str(cast.bob.pk)]})
    cast.bob.refresh_from_db()
    assert not cast.bob.is_active
    new = {"password1": "An0ther!pass", "password2": "An0ther!pass"}
    assert browser.post(f"/accounts/user/{cast.alice.pk}/password/", new).status_code == 302
    assert User.objects.get(pk=cast.alice.pk).check_password("An0ther!pass")
    details = [entry.details for entry in written("user")]
    assert {"is_active": [True, False]} in details
    assert any(d.get("changed") == ["password"] for d in details)
    assert "An0ther!pass" not in str(details)


@pytest.mark.parametrize("model", ["accounts/user", "accounts/organization", "exams/item", "exams/exam"])
def test_nothing_is_deleted(console, cast, exam, model):
    pk = {
        "accounts/user": cast.bob.pk,
        "accounts/organization": cast.hana.pk,
        "exams/item": Item.objects.first().pk,
        "exams/exam": exam.pk,
    }[model]
    browser = console(cast.zoe)
    assert browser.post(f"/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403
    browser.post(f"/{model}/", {"action": "delete_selected", "_selected_action": [str(pk)], "post": "yes"})
    assert browser.get(f"/{model}/{pk}/change/").status_code == 200


def test_what_is_read_only_refuses_every_write(console, cast, exam):
    attempt = attempt_of(cast.bob, exam)
    entry = AuditEntry.objects.create(zone_id="univ", action=Action.READ, resource_type="exam")
    browser = console(cast.zoe)
    for base, pk in (("/exams/attempt/", attempt.pk), ("/audit/auditentry/", entry.pk)):
        assert browser.get(f"{base}{pk}/change/").status_code == 200
        assert browser.post(f"{base}{pk}/change/", {"score": "1000"}).status_code == 403
        assert browser.get(f"{base}add/").status_code == 403
        assert browser.post(f"{base}add/", {}).status_code == 403
        assert browser.post(f"{base}{pk}/delete/", {"post": "yes"}).status_code == 403
    attempt.refresh_from_db()
    assert attempt.score is None


def test_a_class_takes_only_people_of_its_organization(console, cast):
    browser = console(cast.anna)
    form = {"name": "Class B", "organization": cast.hana.pk, "memberships-TOTAL_FORMS": 1}
    form |= {"memberships-INITIAL_FORMS": 0, "memberships-0-user": cast.otto.pk}
    assert browser.post("/accounts/classroom/add/", form).status_code == 200
    assert not Classroom.objects.filter(name="Class B").exists()
    form["memberships-0-user"] = cast.bob.pk
    assert browser.post("/accounts/classroom/add/", form).status_code == 302
    assert list(Classroom.objects.get(name="Class B").members.all()) == [cast.bob]


# --- What no browser of ours sends -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["exams/exam", "exams/importbatch", "exams/analysisrun", "accounts/rosterimport"])
def test_a_filter_by_what_no_text_holds_is_refused(console, cast, name):
    for asked in ("status=%00", "status__exact=%00", "q=%00", "%00=1"):
        response = console(cast.anna).get(f"/{name}/?{asked}")
        assert response.status_code == 400


@pytest.mark.parametrize("chosen", ["x", "\x00", "9" * 40])
def test_a_chosen_thing_that_is_none_comes_back_as_an_error_of_its_field(console, cast, chosen):
    asked = {"students": "100", "mean": "0", "sd": "1", "seed": "1", "exam": chosen}
    response = console(cast.zoe).post("/exams/simulationrun/add/", asked)
    assert response.status_code == 200
    assert "exam" in response.context["adminform"].form.errors


@pytest.mark.parametrize("chosen", ["x", "\x00", "9" * 40])
@pytest.mark.parametrize("page", ["add", "preview"])
def test_enemies_of_an_item_that_are_none_come_back_too(console, cast, chosen, page):
    response = console(cast.zoe).post(f"/exams/item/{page}/", {"code": "new", "enemies": chosen})
    assert response.status_code == 200
    if page == "add":
        assert "enemies" in response.context["adminform"].form.errors
