"""Students of one organization at another's public exam, and codes that two organizations choose alike."""

from dataclasses import replace

import pytest
from django.core.files.base import ContentFile
from django.utils import translation

from accounts.models import ClassMembership, Classroom, User
from accounts.permissions import Role
from exams.drafts import DraftPassage, NewItem
from exams.exam_drafts import ExamDraft
from exams.models import Attempt, ContentArea, Exam, Item, Passage
from exams.selectors.statistics import area_profile
from exams.services import analysing, bank, grading, interchange
from exams.services.analysis import request_analysis
from exams.services.authoring import create_exam, publish_exam
from tests.cast import make_person
from tests.exams.drafts import areas
from tests.exams.kinds import ESSAY, SINGLE
from tests.exams.sitting import take
from zones.context import confined_to

API = "/api/v1"
CODES = ("hana-2", "zone-1")
GIFT = "::q-one::2 + 2? {=4 ~5}\n\n::q-two::3 + 3? {=6 ~5}\n"


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def area(in_univ, cast) -> int:
    return areas(cast.zoe)["sums"].pk


@pytest.fixture
def exam(area, cast) -> Exam:
    """Hana's public exam: an item and an essay of its own, and an item of the zone."""
    own = [
        NewItem("hana-1", area, SINGLE, "active", cast.hana.pk),
        NewItem("hana-2", area, ESSAY, "active", cast.hana.pk),
    ]
    bank.create_items(person=cast.anna, items=own)
    bank.create_items(person=cast.zoe, items=[NewItem("zone-1", area, SINGLE, "active")])
    form = ("hana-1", "hana-2", "zone-1")
    draft = ExamDraft(title="Everybody's", kind="fixed", languages=("ko", "en"), form=form)
    made = create_exam(person=cast.anna, code="everybody", draft=draft, organization=cast.hana)
    return publish_exam(person=cast.anna, exam=made) or made


@pytest.fixture
def attempt(exam, cast) -> Attempt:
    """Otto of Duri School sat it."""
    with confined_to(cast.otto):
        return take(cast.otto, exam)


@pytest.fixture
def dora(in_univ, cast):
    return make_person("Dora", Role.ORG_ADMIN, cast.duri)


def test_their_teacher_grades_the_essay(attempt, cast, api_for, client_for):
    essay = attempt.responses.get(position=2)
    waiting = api_for(cast.oscar).get(f"{API}/grading").json()["results"]
    assert [(row["id"], row["item_code"], row["max_score"]) for row in waiting] == [(essay.pk, "", 3)]
    assert client_for(cast.oscar).get(f"/grading/{essay.pk}").status_code == 200
    graded = api_for(cast.oscar).post(f"{API}/grading/{essay.pk}/grade", {"points": [2, 1]})
    assert graded.status_code == 201
    after = Attempt.objects.get(pk=attempt.pk)
    assert (after.ungraded, after.correct, after.state["scores"]) == (0, 3, [1, 3, 1])


def test_an_estimate_counts_the_answers_whose_items_the_grader_does_not_see(attempt, cast):
    essay = attempt.responses.get(position=2)
    with confined_to(cast.oscar):
        grading.grade(person=cast.oscar, response_id=essay.pk, points=[0, 0])
    theirs = Attempt.objects.get(pk=attempt.pk).theta
    grading.grade(person=cast.zoe, response_id=essay.pk, points=[0, 0], comment="Again, by somebody who sees all.")
    assert Attempt.objects.get(pk=attempt.pk).theta == theirs


def test_the_class_page_stays_when_the_exam_is_closed_to_others(attempt, exam, cast, client_for):
    room = Classroom.objects.create(organization=cast.duri, name="Duri's")
    ClassMembership.objects.create(classroom=room, user=cast.oscar, kind="teacher")
    ClassMembership.objects.create(classroom=room, user=cast.otto, kind="student")
    Exam.objects.filter(pk=exam.pk).update(visibility=Exam.Visibility.ORGANIZATION)
    browser = client_for(cast.oscar)
    page = browser.get(f"/classes/{room.pk}")
    assert page.status_code == 200
    assert "Everybody&#x27;s" in page.content.decode()
    assert "Everybody&#x27;s" in browser.get("/dashboard").content.decode()
    assert browser.get(f"/classes/{room.pk}/exams/{exam.pk}").status_code == 404


def test_an_exam_of_another_organization_is_not_seen_for_results_of_others(attempt, exam, cast, in_univ):
    Exam.objects.filter(pk=exam.pk).update(visibility=Exam.Visibility.ORGANIZATION)
    stranger = make_person("Stranger", Role.STUDENT)
    for person, seen in ((cast.oscar, True), (cast.otto, True), (cast.paula, False), (stranger, False)):
        with confined_to(person):
            assert Exam.objects.filter(pk=exam.pk).exists() is seen, person.display_name


def test_the_areas_of_a_students_answers_are_whole(attempt, cast):
    with confined_to(cast.otto):
        (row,) = area_profile([cast.otto.pk], attempt.exam_id)
    assert row["answered"] == 2


def test_an_item_of_the_zone_is_an_enemy_of_an_organizations(exam, cast, dora, api_for):
    mine, shared = Item.objects.get(code="hana-1"), Item.objects.get(code="zone-1")
    address = f"{API}/items/{mine.pk}"
    answer = api_for(cast.anna).patch(address, {"enemies": ["zone-1"]})
    assert (answer.status_code, answer.json()["enemies"]) == (200, ["zone-1"])
    assert list(shared.enemies.all()) == [mine]
    with confined_to(dora):
        # Whose enemy it is, another organization does not learn.
        assert not Item.enemies.through.objects.exists()
    assert api_for(cast.anna).patch(address, {"enemies": []}).status_code == 200
    assert not Item.enemies.through.objects.exists()


def sat_by_many(exam, cast, number: int) -> None:
    for place in range(number):
        student = make_person(f"Sitter {place}", Role.STUDENT, cast.duri)
        with confined_to(student):
            take(student, exam)


def test_an_analysis_names_no_item_of_another_organization(exam, cast, api_for, client_for):
    sat_by_many(exam, cast, 3)
    run = request_analysis(person=cast.oscar, exam=exam)
    assert analysing.run_analysis(run.pk)
    run.refresh_from_db()
    # As the worker found them: in the map of items, and (of thousands of answers) among those that go together.
    pairs = [{"first": "hana-1", "second": second, "q3": 0.5, "excess": 0.4, "students": 9} for second in CODES]
    run.summary["dependence"]["pairs"] = [*pairs, {**pairs[0], "first": "zone-1", "second": "zone-2"}]
    run.save(update_fields=["summary"])
    row = run.items.get(item__code="zone-1")
    row.details["dependent"] = [{"code": code, "q3": 0.5} for code in CODES]
    row.save(update_fields=["details"])
    assert "hana-1" in str(run.summary["wright"])
    User.objects.filter(pk=cast.oscar.pk).update(language="en")
    teacher, address = client_for(cast.oscar), f"/analysis/{exam.pk}"
    pages = [teacher.get(address), teacher.get(f"{address}/items/{row.item_id}"), teacher.get("/analysis")]
    pages.append(api_for(cast.oscar).get(f"{API}/exams/{exam.pk}/analysis"))
    for page in pages:
        assert page.status_code == 200
        assert "hana-" not in page.content.decode()
    assert "zone-1" in pages[0].content.decode()
    assert "1 item of another organization is not shown" in pages[0].content.decode()
    mine = Item.objects.get(code="hana-1")
    assert teacher.get(f"{address}/items/{mine.pk}").status_code == 404
    # Whoever answers for the zone sees all.
    whole = request_analysis(person=cast.zoe, exam=exam)
    assert analysing.run_analysis(whole.pk)
    assert "hana-1" in api_for(cast.zoe).get(f"{API}/exams/{exam.pk}/analysis").content.decode()


def test_an_attempt_shows_all_its_answers_and_only_the_items_that_one_may_read(attempt, cast, dora, client_for):
    name = str(ContentArea.objects.get(code="sums"))
    User.objects.filter(pk__in=[dora.pk, cast.zoe.pk]).update(language="en")
    for person, hidden in ((dora, 2), (cast.zoe, 0)):
        page = client_for(person, surface="admin").get(f"/exams/attempt/{attempt.pk}/change/").content.decode()
        assert page.count(f"<td>{name}</td>") == 3, person.display_name
        assert page.count(">zone-1</a>") == 1
        assert page.count(">hana-1</a>") == (not hidden)
        assert ("hana-" in page) == (not hidden)
        assert (f"{hidden} answers are to questions of another organization" in page) == bool(hidden)


def test_two_organizations_call_a_passage_alike(area, cast, dora):
    for person, words in ((cast.anna, "Hana's"), (dora, "Duri's")):
        passage = DraftPassage("text", {"ko": words, "en": words}, {"ko": "", "en": ""})
        draft = replace(SINGLE, passage=passage)
        with confined_to(person):
            code = f"item-{person.pk}"
            bank.create_items(person=person, items=[NewItem(code, area, draft, "draft", person.organization_id)])
            assert [row.code for row in Passage.objects.all()] == ["text"]
    assert list(Passage.objects.order_by("number").values_list("organization", "number")) == [
        (cast.hana.pk, 1),
        (cast.duri.pk, 2),
    ]


def test_two_organizations_import_the_same_file(area, cast, dora):
    codes = []
    for person in (cast.anna, dora):
        with confined_to(person):
            read = interchange.preview(
                person=person,
                file=ContentFile(GIFT.encode()),
                file_name="same.gift",
                format="gift",
                organization=person.organization,
                area=ContentArea.objects.get(pk=area),
                wait=True,
            )
            done = interchange.import_batch(person=person, batch=read, choices=interchange.Choices(), wait=True)
            codes.append([row.code for row in done.items.order_by("position")])
    assert len(codes[0]) == 2
    assert codes[1] == [f"{code}-2" for code in codes[0]]
