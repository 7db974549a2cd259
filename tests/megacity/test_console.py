"""The Admin Consoles: who gets in, what each sees and may do, what is recorded, and how long lists behave."""

import re
import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Classroom, Organization, User
from accounts.permissions import Role
from audit.models import Action, AuditEntry
from exams.exam_drafts import ConstraintDraft, ModuleDraft
from exams.models import Attempt, Exam, Item, ItemVersion, ScoreScale
from exams.pools import current_pool
from exams.services.authoring import draft_of
from tests.cast import PASSWORD, make_person
from tests.clients import ZoneClient
from tests.factors import code_now, give_app
from tests.sample_exam import make_exam
from zones.context import zone_context

LISTS = (
    "/accounts/organization/",
    "/accounts/user/",
    "/accounts/classroom/",
    "/accounts/parentlink/",
    "/accounts/outgoingmail/",
    "/exams/contentarea/",
    "/exams/item/",
    "/exams/exam/",
    "/exams/attempt/",
    "/exams/scorescale/",
    "/exams/accommodation/",
    "/exams/importbatch/",
    "/exams/simulationrun/",
    "/audit/auditentry/",
)
FOR_ZONE_STAFF_ALONE = {"/accounts/outgoingmail/", "/audit/auditentry/"}


@pytest.fixture
def console(in_univ, client_for):
    """console(person) → their browser on admin. of univ."""
    return lambda person, zone=None: client_for(person, surface="admin", zone=zone)


@pytest.fixture
def exam(in_univ, cast) -> Exam:
    return make_exam()


def attempt_of(user: User, exam: Exam) -> Attempt:
    now = timezone.now()
    return Attempt.objects.create(
        exam=exam,
        user=user,
        organization=user.organization,
        pool=current_pool(exam),
        language="ko",
        started_at=now,
        last_activity_at=now,
        seed=1,
        state={},
    )


def rows(response) -> int:
    return len(response.context["cl"].result_list)


def written(resource: str, action: str = Action.UPDATE) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(resource_type=resource, action=action))


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


# --- The item bank and exams -----------------------------------------------------------------------------------------


def fields_of(response) -> dict[str, str]:
    """The values of the item form as a browser would send them back."""
    form = response.context["adminform"].form
    return {name: "" if (value := form[name].value()) is None else value for name in form.fields}


def test_saving_an_item_makes_a_new_version_and_leaves_the_old_one(console, cast, exam):
    browser, item = console(cast.zoe), Item.objects.get(code="sample-1")
    page = f"/exams/item/{item.pk}/change/"
    before = item.current
    said = fields_of(browser.get(page))
    assert browser.post(page, said).status_code == 302
    item.refresh_from_db()
    assert item.current_id == before.pk, "an unchanged form must not make a version"
    said |= {"difficulty": "1.25", "parameter_source": "calibrated", "stem_ko": "$2^3$은 얼마인가?"}
    assert browser.post(page, said).status_code == 302
    item.refresh_from_db()
    assert (item.current.number, item.current.difficulty) == (2, 1.25)
    assert item.current.parameter_source == ItemVersion.Source.CALIBRATED
    assert item.current.texts.get().stem == "$2^3$은 얼마인가?"
    assert ItemVersion.objects.get(pk=before.pk).difficulty == before.difficulty
    (entry,) = written("item")
    assert entry.details == {"code": "sample-1", "version": 2}
    assert browser.get(f"/exams/item/{item.pk}/versions/1/").status_code == 200


def test_an_item_that_cannot_be_shown_is_refused_in_words(console, cast, exam):
    browser, item = console(cast.zoe), Item.objects.get(code="sample-1")
    page = f"/exams/item/{item.pk}/change/"
    answer = browser.post(page, fields_of(browser.get(page)) | {"key": "6"})
    assert answer.status_code == 200
    assert any("6" in error for error in answer.context["adminform"].form.non_field_errors())
    item.refresh_from_db()
    assert item.versions.count() == 1


def test_the_preview_shows_what_is_being_written(console, cast, exam):
    browser, item = console(cast.zoe), Item.objects.get(code="sample-1")
    said = fields_of(browser.get(f"/exams/item/{item.pk}/change/"))
    said |= {"item": str(item.pk), "stem_ko": "$\\frac{1}{2}$ <script>alert(1)</script>", "difficulty": "2"}
    html = browser.post("/exams/item/preview/", said).content.decode()
    assert "<mfrac>" in html
    assert "<script>alert" not in html
    assert 'id="icc-data"' in html
    assert re.search(r"b 2[.,]00", html)
    item.refresh_from_db()
    assert item.versions.count() == 1
    assert console(cast.anna).post("/exams/item/preview/", said).status_code == 403


def test_an_exam_is_published_only_when_it_can_be_given(console, cast, exam):
    browser = console(cast.zoe)
    Exam.objects.filter(pk=exam.pk).update(status=Exam.Status.DRAFT)
    area = exam.blueprint.first()
    exam.blueprint.exclude(pk=area.pk).delete()
    exam.blueprint.update(share=0.5)
    assert browser.get(f"/exams/exam/{exam.pk}/change/").context["problems"]
    browser.post("/exams/exam/", {"action": "publish", "_selected_action": [str(exam.pk)]})
    assert Exam.objects.get(pk=exam.pk).status == Exam.Status.DRAFT
    exam.blueprint.update(share=1.0)
    browser.post("/exams/exam/", {"action": "publish", "_selected_action": [str(exam.pk)]})
    assert Exam.objects.get(pk=exam.pk).status == Exam.Status.PUBLISHED
    browser.post("/exams/exam/", {"action": "archive", "_selected_action": [str(exam.pk)]})
    assert [entry.details["status"] for entry in written("exam")] == [["published", "archived"], ["draft", "published"]]


def rules(**changes: Any) -> dict[str, Any]:
    """What the form of an exam sends of everything that has a default."""
    tables = ("blueprint", "constraints", "modules", "form")
    counts = {f"{table}-{name}_FORMS": 0 for table in tables for name in ("TOTAL", "INITIAL")}
    return {
        "assembly": "areas",
        "criterion": "maximum_information",
        "exposure": "randomesque",
        "exposure_rate": "0.25",
        "estimator": "eap",
        "classification": "",
        "classification_error": "0.05",
        "indifference": "0.2",
        "field_test_items": 0,
        **counts,
        **changes,
    }


def test_an_exam_is_saved_with_its_blueprint(console, cast, exam):
    area = exam.blueprint.first().area
    form = rules() | {
        "code": "neu",
        "title": "새 시험",
        "title_en": "New exam",
        "kind": "adaptive",
        "visibility": "public",
        "languages": ["ko"],
        "min_items": 5,
        "max_items": 10,
        "randomesque": 5,
        "blueprint-TOTAL_FORMS": 1,
        "blueprint-INITIAL_FORMS": 0,
        "blueprint-0-area": area.pk,
        "blueprint-0-share": "1",
    }
    answer = console(cast.zoe).post("/exams/exam/add/", form)
    assert answer.status_code == 302, answer.context["errors"]
    made = Exam.objects.get(code="neu")
    assert (made.status, made.translations, made.languages) == ("draft", {"en": {"title": "New exam"}}, ["ko"])
    assert [(row.area_id, row.share) for row in made.blueprint.all()] == [(area.pk, 1.0)]
    assert [entry.resource_id for entry in written("exam", Action.CREATE)] == [str(made.pk)]


def test_modules_constraints_and_scales_are_saved_with_the_exam(console, cast, exam):
    scale = ScoreScale.objects.create(code="t", name="T", kind="standard")
    form = {"code": "neu", "title": "단계", "visibility": "public", "languages": ["ko"], "randomesque": 5}
    form |= rules(assembly="shadow", kind="multistage", min_items=4, max_items=4, cut_scores="-0.5, 1", subscales="on")
    form |= {"scales": [scale.pk], "modules-TOTAL_FORMS": 2, "constraints-TOTAL_FORMS": 1}
    for number, codes in enumerate(["sample-1\nsample-0", "sample-2, sample-3"]):
        form |= {f"modules-{number}-code": f"m{number}", f"modules-{number}-stage": number + 1}
        form |= {f"modules-{number}-theta_from": "", f"modules-{number}-item_codes": codes}
    form |= {"constraints-0-counted": "words", "constraints-0-tag": "algebra", "constraints-0-maximum": 400}
    answer = console(cast.zoe).post("/exams/exam/add/", form)
    assert answer.status_code == 302, answer.context["errors"]
    draft = draft_of(Exam.objects.get(code="neu"))
    assert draft.modules == (
        ModuleDraft("m0", 1, ("sample-1", "sample-0")),
        ModuleDraft("m1", 2, ("sample-2", "sample-3")),
    )
    assert draft.constraints == (ConstraintDraft("words", tag="algebra", maximum=400),)
    assert (draft.cut_scores, draft.scales, draft.subscales) == ((-0.5, 1.0), ("t",), True)
    page = console(cast.zoe).get(f"/exams/exam/{Exam.objects.get(code='neu').pk}/change/")
    assert "sample-1\nsample-0" in page.content.decode()


def test_scales_are_made_in_the_console_by_the_zones_staff_alone(console, cast, in_univ):
    form = {"code": "score", "name": "환산점수", "name_en": "Scaled score", "kind": "table", "mean": 50, "sd": 10}
    form |= {"norm_mean": 0, "norm_sd": 1, "decimals": 0, "points": "-2 100\n0 150\n2;200"}
    assert console(cast.anna).post("/exams/scorescale/add/", form).status_code == 403
    faulty = console(cast.zoe).post("/exams/scorescale/add/", {**form, "points": "one two"})
    assert faulty.status_code == 200
    assert console(cast.zoe).post("/exams/scorescale/add/", form).status_code == 302
    made = ScoreScale.objects.get()
    assert (made.points, made.translations) == ([[-2, 100], [0, 150], [2, 200]], {"en": {"name": "Scaled score"}})
    change = console(cast.zoe).post(f"/exams/scorescale/{made.pk}/change/", {**form, "points": "-2 100\n2 90"})
    assert change.status_code == 302
    made.refresh_from_db()
    assert made.points == [[-2, 100], [0, 150], [2, 200]]
    assert "150" in console(cast.anna).get("/exams/scorescale/").content.decode()


# --- Long lists ------------------------------------------------------------------------------------------------------

MANY = 100_000


def plan_of(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(row[0] for row in cursor.fetchall())


def insert_many_attempts(exam: Exam, student: User) -> None:
    pool = current_pool(exam)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO exams_attempt (id, exam_id, user_id, organization_id, pool_id, language, status,"
            " finish_reason, started_at, finished_at, last_activity_at, seed, state, answered, correct, theta, se,"
            " score, report, ungraded, extra_time_percent, large_print, pause_seconds_left)"
            " SELECT gen_random_uuid(), %s, %s, %s, %s, 'ko', 'finished', 'length', now() - n * interval '1 minute',"
            " now(), now(), n, '{}', 20, 12, 0.1, 0.3, 510, '{}', 0, 0, false, 0"
            " FROM generate_series(1, %s) n",
            [exam.pk, student.pk, student.organization_id, pool.pk, MANY],
        )
        cursor.execute("ANALYZE exams_attempt")


@pytest.mark.parametrize("name", ["zoe", "anna"])
def test_a_list_of_100_000_attempts_is_read_from_an_index(console, cast, exam, name):
    insert_many_attempts(exam, cast.bob)
    browser = console(getattr(cast, name))
    browser.get("/exams/attempt/?p=2")
    for query in ("", "?status__exact=finished", "?q=bob", "?p=3", "?started_at_from=2020-01-01"):
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as seen:
            response = browser.get(f"/exams/attempt/{query}")
        print(f"{name} {query!r}: {1000 * (time.perf_counter() - began):.0f} ms, {len(seen)} queries")
        assert response.status_code == 200
        assert rows(response) == 50
        assert len(seen) < 20
        assert response.context["cl"].paginator.is_estimate
        assert_read_from_index([entry["sql"] for entry in seen])


def assert_read_from_index(statements: list[str]) -> None:
    (page,) = [sql for sql in statements if 'ORDER BY "exams_attempt"."started_at" DESC' in sql]
    plan = plan_of(page)
    assert re.search(r"Index Scan using \w+ on exams_attempt", plan), plan
    assert "Seq Scan on exams_attempt" not in plan
    # An incremental sort of rows that come nearly ordered is well; a sort of all of them is not.
    assert not re.search(r"(?<!Incremental )Sort  ", plan), plan
    assert not [sql for sql in statements if 'COUNT(*) AS "__count" FROM "exams_attempt"' in sql]


@pytest.mark.parametrize("path", LISTS)
def test_the_queries_of_a_list_do_not_grow_with_its_rows(console, cast, exam, path):
    for number in range(12):
        person = make_person(f"Many {number}", Role.STUDENT, cast.hana)
        attempt_of(person, exam)
    browser = console(cast.zoe)
    browser.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(path).status_code == 200
    assert len(seen) < 12


def test_people_are_searched_by_index(console, cast):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_user (id, email, display_name, role, language, is_active, created_at, password)"
            " SELECT gen_random_uuid(), 'p' || n || '@many.example', 'Person ' || n, 'student', '', true, now(), ''"
            " FROM generate_series(1, 50000) n"
        )
        cursor.execute("ANALYZE accounts_user")
    with CaptureQueriesContext(connection) as seen:
        response = console(cast.zoe).get("/accounts/user/?q=P4711@")
    assert [u.email for u in response.context["cl"].result_list] == ["p4711@many.example"]
    (page,) = [q["sql"] for q in seen if "LIMIT" not in q["sql"] and "UPPER" in q["sql"]]
    assert "user_email_begins" in plan_of(page)


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
