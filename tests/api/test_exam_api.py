"""Exams through the API: the catalogue, authoring, publishing."""

import pytest
from django.utils import timezone

from audit.models import Action, AuditEntry
from exams.models import Exam, ExamItem, Item
from tests.api.city import organization_exam, start
from tests.clients import ApiClient
from tests.sample_exam import make_exam

EXAMS = "/api/v1/exams"
# The statement that points the connection at the zone counts among the queries of a request.
NEW = {
    "code": "algebra",
    "title": "대수",
    "translations": [{"language": "en", "title": "Algebra", "description": "Short"}],
    "languages": ["ko"],
    "min_items": 3,
    "max_items": 5,
}


@pytest.fixture
def hana_exam(in_univ, cast) -> Exam:
    return organization_exam(cast.hana)


@pytest.fixture
def public_exam(in_univ) -> Exam:
    return make_exam("public", size=12, min_items=3, max_items=3)


def codes(response) -> list[str]:
    assert response.status_code == 200, response.content
    return sorted(row["code"] for row in response.json()["results"])


def test_visitors_see_the_public_exams_alone(in_univ, cast, hana_exam, public_exam):
    make_exam("hidden", size=4, status="draft")
    visitor = ApiClient(in_univ)
    assert codes(visitor.get(EXAMS)) == ["public"]
    assert visitor.get(f"{EXAMS}/{public_exam.pk}").json()["draft"] is None
    assert visitor.get(f"{EXAMS}/{hana_exam.pk}").status_code == 404


def test_each_organization_sees_its_own(cast, api_for, hana_exam, public_exam):
    make_exam("sketch", size=4, status="draft", organization=cast.hana)
    assert codes(api_for(cast.bob).get(EXAMS)) == ["hana", "public"]
    assert codes(api_for(cast.otto).get(EXAMS)) == ["public"]
    assert codes(api_for(cast.alice).get(EXAMS)) == ["hana", "public", "sketch"]
    assert codes(api_for(cast.oscar).get(EXAMS)) == ["public"]
    assert codes(api_for(cast.zoe).get(EXAMS)) == ["hana", "public", "sketch"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=fixed", ["form"]),
        ("status=draft", ["form"]),
        ("status=published", ["hana", "public"]),
        ("search=PUB", ["public"]),
        ("search=geometry", ["public"]),
        ("search=nothing", []),
        ("organization={hana}", ["hana"]),
    ],
)
def test_the_list_is_filtered(cast, api_for, hana_exam, public_exam, query, found):
    make_exam("form", size=4, kind="fixed", status="draft")
    Exam.objects.filter(pk=public_exam.pk).update(translations={"en": {"title": "Geometry for all"}})
    assert codes(api_for(cast.alice).get(f"{EXAMS}?{query.format(hana=cast.hana.pk)}")) == found


def test_the_list_goes_on_by_cursor_and_takes_one_query(cast, api_for, hana_exam, django_assert_num_queries):
    fields = {"title": "x", "status": "published", "languages": ["ko"], "organization": cast.hana}
    Exam.objects.bulk_create([Exam(code=f"many-{n}", **fields) for n in range(60)])
    api, seen, path = api_for(cast.bob), [], f"{EXAMS}?page_size=25"
    api.get(path)
    while path:
        with django_assert_num_queries(1):
            page = api.get(path).json()
        seen += [row["code"] for row in page["results"]]
        path = page["next"]
    assert len(seen) == len(set(seen)) == 61


def test_titles_are_in_the_language_of_the_request(cast, api_for, public_exam):
    Exam.objects.filter(pk=public_exam.pk).update(title="기하", translations={"en": {"title": "Geometry"}})
    path = f"{EXAMS}/{public_exam.pk}"
    assert api_for(cast.bob).get(path, HTTP_ACCEPT_LANGUAGE="en").json()["title"] == "Geometry"
    assert api_for(cast.bob).get(path, HTTP_ACCEPT_LANGUAGE="ko").json()["title"] == "기하"


def test_a_teacher_makes_changes_publishes_and_archives(cast, api_for, hana_exam):
    alice = api_for(cast.alice)
    body = {**NEW, "blueprint": [{"area": "hana-area-0", "share": 0.5}, {"area": "hana-area-1", "share": 0.5}]}
    made = alice.post(EXAMS, body)
    assert made.status_code == 201, made.content
    exam = made.json()
    assert (exam["status"], exam["organization"]["name"]) == ("draft", "Hana Academy")
    assert exam["draft"]["translations"] == NEW["translations"]
    assert exam["draft"]["blueprint"] == body["blueprint"]
    path = f"{EXAMS}/{exam['id']}"
    assert api_for(cast.bob).get(path).status_code == 404

    changed = alice.patch(path, {"max_items": 4, "title": "대수 2"}).json()
    assert (changed["max_items"], changed["min_items"], changed["draft"]["title"]) == (4, 3, "대수 2")
    # What PATCH takes is what the draft shows.
    assert alice.patch(path, changed["draft"]).json()["draft"] == changed["draft"]

    assert alice.post(f"{path}/publish").json()["is_open"] is True
    assert api_for(cast.bob).get(path).status_code == 200
    assert alice.post(f"{path}/archive").json()["status"] == "archived"
    assert (
        api_for(cast.bob).post(f"{path}/start", {"client_key": "0b7c1f0e-2f60-4d0b-9f0e-8a1f6a1f3a55"}).status_code
        == 404
    )
    log = AuditEntry.objects.filter(resource_type="exam", resource_id=exam["id"]).order_by("id")
    assert [entry.action for entry in log] == [Action.CREATE, Action.UPDATE, Action.UPDATE, Action.UPDATE]
    assert {entry.user_id for entry in log} == {cast.alice.pk}


def test_an_exam_that_cannot_be_given_is_not_published(cast, api_for, in_univ):
    alice = api_for(cast.alice)
    exam = alice.post(EXAMS, NEW).json()
    refused = alice.post(f"{EXAMS}/{exam['id']}/publish")
    assert (refused.status_code, refused.json()["code"]) == (409, "exam_not_ready")
    assert refused.json()["problems"]


@pytest.mark.parametrize(
    "change",
    [
        {"min_items": 9},
        {"opens_at": "2026-05-02T00:00:00Z", "closes_at": "2026-05-01T00:00:00Z"},
        {"blueprint": [{"area": "nowhere", "share": 1}]},
        {"form": ["nothing"], "kind": "fixed"},
        {"se_target": 5},
        {"languages": ["Korean"]},
        {"translations": [{"language": "en"}, {"language": "en"}]},
        {"code": "with space"},
    ],
)
def test_an_exam_that_makes_no_sense_is_refused(cast, api_for, in_univ, change):
    response = api_for(cast.alice).post(EXAMS, {**NEW, **change})
    assert response.status_code == 400, response.content
    assert not Exam.objects.exists()


def test_an_area_has_one_share(cast, api_for, hana_exam):
    twice = [{"area": "hana-area-0", "share": 0.5}] * 2
    refused = api_for(cast.alice).post(EXAMS, {**NEW, "blueprint": twice})
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["blueprint"])
    assert not Exam.objects.filter(code=NEW["code"]).exists()


def test_an_exam_for_one_organization_needs_one(cast, api_for, in_univ):
    response = api_for(cast.zoe).post(EXAMS, {**NEW, "visibility": "organization"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_exam")


def test_a_fixed_form_is_made_of_item_codes(cast, api_for, hana_exam):
    form = ["hana-3", "hana-1", "hana-2"]
    made = api_for(cast.alice).post(EXAMS, {**NEW, "kind": "fixed", "form": form})
    assert made.json()["draft"]["form"] == form
    assert list(ExamItem.objects.order_by("position").values_list("item__code", flat=True)) == form
    # Another organization's items are not there for Duri's teacher.
    other = api_for(cast.oscar).post(EXAMS, {**NEW, "code": "stolen", "kind": "fixed", "form": form})
    assert other.status_code == 400


def test_nobody_changes_what_belongs_to_the_zone_or_to_others(cast, api_for, public_exam, hana_exam):
    alice, oscar = api_for(cast.alice), api_for(cast.oscar)
    assert alice.patch(f"{EXAMS}/{public_exam.pk}", {"title": "mine"}).status_code == 403
    Exam.objects.filter(pk=hana_exam.pk).update(visibility="public")
    assert oscar.get(f"{EXAMS}/{hana_exam.pk}").status_code == 200
    assert oscar.patch(f"{EXAMS}/{hana_exam.pk}", {"title": "mine"}).status_code == 404
    assert AuditEntry.objects.filter(action=Action.PERMISSION_DENIED).count() == 2
    assert set(Exam.objects.values_list("title", flat=True)) == {"Sample"}


def test_what_readers_see_holds_no_key_and_no_form(cast, api_for, hana_exam):
    body = api_for(cast.bob).get(f"{EXAMS}/{hana_exam.pk}")
    assert body.json()["draft"] is None
    item = Item.objects.filter(code="hana-1").get()
    assert str(item.pk) not in body.content.decode()


def test_a_closed_exam_says_so(cast, api_for, hana_exam):
    Exam.objects.filter(pk=hana_exam.pk).update(closes_at=timezone.now())
    assert api_for(cast.bob).get(f"{EXAMS}/{hana_exam.pk}").json()["is_open"] is False


def test_a_running_attempt_is_its_students_alone(cast, api_for, hana_exam):
    state = start(cast.bob, hana_exam)
    path = f"/api/v1/attempts/{state['id']}"
    assert api_for(cast.bob).get(path).json()["item"] == state["item"]
    assert [api_for(person).get(path).status_code for person in (cast.alice, cast.paula, cast.otto)] == [404] * 3
