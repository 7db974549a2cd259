from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import translation

from audit import clock
from audit.models import AuditEntry
from exams.drafts import NewItem
from exams.models import Exam, Item
from exams.problems import CodeTaken, ExamNotReady, InvalidExam
from exams.selectors.exams import get_exam
from exams.services import delivery
from exams.services.authoring import archive_exam, create_exam, draft_of, publish_exam, update_exam
from exams.services.bank import create_items
from tests.exams.drafts import areas, exam_draft, item_draft
from zones.problems import NotFound, PermissionRefused


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def bank(in_univ, cast) -> list[Item]:
    """Ten active items in each of two areas, for the whole zone."""
    made = areas(cast.zoe)
    new = [
        NewItem(f"{area.code}-{n}", area.pk, item_draft(n), Item.Status.ACTIVE)
        for area in made.values()
        for n in range(1, 11)
    ]
    return create_items(person=cast.zoe, items=new)


@pytest.fixture
def exam(bank, cast) -> Exam:
    return create_exam(person=cast.alice, code="adding", draft=exam_draft(), organization=cast.hana)


def test_an_exam_begins_as_a_draft_that_no_student_sees(exam, cast):
    assert (exam.status, exam.organization, exam.created_by) == ("draft", cast.hana, cast.alice)
    assert draft_of(Exam.objects.get()) == exam_draft()
    assert AuditEntry.objects.filter(resource_type="exam", action="create", resource_id=str(exam.pk)).exists()
    with pytest.raises(NotFound):
        get_exam(cast.bob, exam.pk)


def test_a_published_exam_can_be_started(exam, cast):
    publish_exam(person=cast.alice, exam=exam)
    reply = delivery.start(person=cast.bob, exam_id=exam.pk, client_key=cast.room.pk)
    assert reply["item"]["position"] == 1
    assert AuditEntry.objects.filter(resource_type="exam").first().details["status"] == ["draft", "published"]


FAULTS = {
    "lengths": (exam_draft(min_items=8), "fewest items"),
    "times": (exam_draft(opens_at="later", closes_at="sooner"), "open before it closes"),
    "no title": (exam_draft(title=""), "title"),
    "precision": (exam_draft(se_target=4.0), "1.0"),
    "an unknown area": (exam_draft(blueprint={"poetry": 1.0}), "poetry"),
    "a share": (exam_draft(blueprint={"sums": 1.5, "logic": -0.5}), "between 0 and 1"),
    "an unknown item": (exam_draft(kind="fixed", form=("sums-1", "sums-99")), "sums-99"),
    "an item twice": (exam_draft(kind="fixed", form=("sums-1", "sums-1")), "twice"),
    "a language": (exam_draft(languages=("Korean",)), "Korean"),
    "no language": (exam_draft(languages=()), "languages"),
    "nobody's": (exam_draft(visibility="organization"), "needs that organization"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_and_nothing_is_saved(name, bank, cast):
    draft, words = FAULTS[name]
    if draft.opens_at:
        draft = replace(draft, opens_at=clock.now(), closes_at=clock.now() - timedelta(days=1))
    with pytest.raises(InvalidExam) as refused:
        create_exam(person=cast.zoe, code="faulty", draft=draft)
    assert any(words in problem for problem in refused.value.extra["problems"]), refused.value.extra["problems"]
    assert not Exam.objects.exists()


NOT_READY = {
    "no blueprint": (exam_draft(blueprint={}), "needs content areas"),
    "shares": (exam_draft(blueprint={"sums": 0.5, "logic": 0.4}), "sum to 0.9"),
    "too few items": (exam_draft(max_items=30), "20 active items; the longest exam needs 30"),
    "too few in an area": (
        exam_draft(blueprint={"sums": 0.9, "logic": 0.1}, max_items=20),
        "area sums has 10 active items",
    ),
    "no items in a language": (exam_draft(languages=("ja",)), "no active items"),
    "an empty form": (exam_draft(kind="fixed"), "form has no items"),
    "closed": (exam_draft(closes_at=clock.now() - timedelta(days=1)), "closing time"),
}


@pytest.mark.parametrize("name", NOT_READY)
def test_publishing_says_what_is_missing(name, bank, cast):
    draft, words = NOT_READY[name]
    exam = create_exam(person=cast.zoe, code="unready", draft=draft)
    with pytest.raises(ExamNotReady) as refused:
        publish_exam(person=cast.zoe, exam=exam)
    assert any(words in problem for problem in refused.value.extra["problems"]), refused.value.extra["problems"]
    assert Exam.objects.get().status == Exam.Status.DRAFT


def test_a_form_needs_active_items_in_all_its_languages(bank, cast):
    form = exam_draft(kind="fixed", blueprint={}, form=("sums-1", "sums-2"), languages=("ko", "en", "ja"))
    exam = create_exam(person=cast.zoe, code="form", draft=form)
    Item.objects.filter(code="sums-1").update(status=Item.Status.FIELD_TEST)
    with pytest.raises(ExamNotReady) as refused:
        publish_exam(person=cast.zoe, exam=exam)
    said = " ".join(refused.value.extra["problems"])
    assert "Item sums-1 is “field test”" in said
    assert "Item sums-2 is not written in ja" in said


def test_a_change_is_written_down_by_name_and_none_is_not(exam, cast):
    changed = update_exam(person=cast.alice, exam=exam, draft=replace(draft_of(exam), title="뺄셈", max_items=5))
    assert (changed.title, changed.max_items) == ("뺄셈", 5)
    entry = AuditEntry.objects.filter(resource_type="exam").first()
    assert sorted(entry.details["changed"]) == ["max_items", "title"]
    rows = AuditEntry.objects.count()
    update_exam(person=cast.alice, exam=exam, draft=draft_of(changed))
    assert AuditEntry.objects.count() == rows


def test_a_published_exam_cannot_be_changed_into_one_that_cannot_be_given(exam, cast):
    publish_exam(person=cast.alice, exam=exam)
    with pytest.raises(ExamNotReady):
        update_exam(person=cast.alice, exam=exam, draft=replace(draft_of(exam), blueprint={"sums": 0.5}))
    assert draft_of(Exam.objects.get()) == exam_draft()


def test_an_archived_exam_is_not_started_but_what_runs_goes_on(exam, cast):
    publish_exam(person=cast.alice, exam=exam)
    reply = delivery.start(person=cast.bob, exam_id=exam.pk, client_key=cast.room.pk)
    archive_exam(person=cast.alice, exam=exam)
    assert delivery.resume(person=cast.bob, attempt_id=reply["id"])["item"] == reply["item"]
    with pytest.raises(NotFound):
        delivery.start(person=cast.bob, exam_id=exam.pk, client_key=cast.hana.pk)
    assert publish_exam(person=cast.alice, exam=exam).status == "published"


def test_a_code_is_taken_once_in_the_zone(exam, cast):
    with pytest.raises(CodeTaken):
        create_exam(person=cast.zoe, code="adding", draft=exam_draft())


def test_another_organizations_items_are_not_there(bank, cast):
    Item.objects.filter(code="sums-1").update(organization=cast.duri)
    form = exam_draft(kind="fixed", blueprint={}, form=("sums-1", "sums-2"))
    with pytest.raises(InvalidExam, match="sums-1"):
        create_exam(person=cast.alice, code="form", draft=form, organization=cast.hana)


def test_teachers_write_in_their_own_organization_alone(exam, cast):
    with pytest.raises(PermissionRefused):
        create_exam(person=cast.alice, code="zone-wide", draft=exam_draft())
    with pytest.raises(NotFound):
        create_exam(person=cast.alice, code="theirs", draft=exam_draft(), organization=cast.duri)
    for change in (
        lambda: update_exam(person=cast.oscar, exam=exam, draft=exam_draft(title="mine")),
        lambda: publish_exam(person=cast.oscar, exam=exam),
        lambda: archive_exam(person=cast.oscar, exam=exam),
    ):
        with pytest.raises(NotFound) as refused:
            change()
        assert refused.value.audited
    assert archive_exam(person=cast.anna, exam=exam).status == "archived"
    assert publish_exam(person=cast.zoe, exam=exam).status == "published"


@pytest.mark.parametrize("name", ["bob", "paula", "guest", "charlie"])
def test_students_parents_and_strangers_write_nothing(name, exam, cast):
    person = getattr(cast, name)
    with pytest.raises(PermissionRefused):
        create_exam(person=person, code="mine", draft=exam_draft(), organization=cast.hana)
    with pytest.raises(PermissionRefused):
        publish_exam(person=person, exam=exam)
    connection.check_constraints()
