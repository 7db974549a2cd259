"""Essays and their grades: who may give them, what they change, and that none is lost."""

from functools import partial

import pytest
from django.db import DatabaseError, transaction
from django.utils import translation

from audit.models import AuditEntry
from exams.models import Attempt, Grade, Response
from exams.selectors.grading import get_response, responses_to_grade, sheet_of, waiting
from exams.selectors.results import report_of
from exams.services.grading import grade
from tests.exams.kinds import ESSAY, KINDS, SINGLE
from tests.exams.sitting import begin, give, make_form, take
from tests.threads import together
from zones.problems import Invalid, NotFound, PermissionRefused


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def exam(in_univ, cast):
    return make_form(cast.zoe, {"single": SINGLE, "essay": ESSAY})


@pytest.fixture
def essay(exam, cast) -> Response:
    return take(cast.bob, exam).responses.get(position=2)


def test_a_grade_counts_at_once_and_is_noted(essay, cast):
    before = Attempt.objects.get()
    assert (before.ungraded, before.correct, before.report["scored"]) == (1, 1, 1)
    made = grade(person=cast.alice, response_id=essay.pk, points=[2, 1], comment="Well argued.")
    assert (made.score, made.grader, made.grader_name) == (3, cast.alice, "Alice")
    after = Attempt.objects.get()
    assert (after.ungraded, after.correct, after.report["scored"]) == (0, 2, 2)
    assert after.theta > before.theta
    assert after.se < before.se
    assert after.score > before.score
    assert after.state["scores"] == [1, 3]
    entry = AuditEntry.objects.first()
    assert (entry.resource_id, entry.organization_id) == (str(after.pk), cast.hana.pk)
    assert entry.details == {
        "event": "grade",
        "position": 2,
        "points": [None, 3],
        "score": [before.score, after.score],
    }
    assert Response.objects.get(pk=essay.pk).score is None


def test_the_newest_grade_counts_and_the_others_stay(essay, cast):
    scores = []
    for points in ([0, 0], [2, 1], [1, 1]):
        grade(person=cast.alice, response_id=essay.pk, points=points)
        scores.append(Attempt.objects.get().score)
    assert scores[0] < scores[2] < scores[1]
    assert Attempt.objects.get().correct == 1
    sheet = sheet_of(get_response(cast.alice, essay.pk))
    assert [given.score for given in sheet.grades] == [2, 3, 0]
    assert [row["points"] for row in sheet.criteria] == [1, 1]
    with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
        Grade.objects.update(score=3)


def test_the_very_same_grade_again_changes_nothing(essay, cast):
    first = grade(person=cast.alice, response_id=essay.pk, points=[1, 1], comment="x")
    rows = AuditEntry.objects.count()
    assert grade(person=cast.alice, response_id=essay.pk, points=[1, 1], comment="x") == first
    assert (Grade.objects.count(), AuditEntry.objects.count()) == (1, rows)
    grade(person=cast.anna, response_id=essay.pk, points=[1, 1], comment="x")
    assert Grade.objects.count() == 2


@pytest.mark.parametrize(
    ("points", "words"),
    [([1], "2 criteria, but there are points for 1"), ([3, 0], "Criterion 1 takes 0 to 2"), ([0, -1], "not -1")],
)
def test_points_outside_of_the_rubric_are_refused(essay, cast, points, words):
    with pytest.raises(Invalid, match=words):
        grade(person=cast.alice, response_id=essay.pk, points=points)
    assert not Grade.objects.exists()


def test_staff_of_the_students_organization_grade_and_nobody_else(essay, exam, cast):
    for person in (cast.alice, cast.anna, cast.zoe):
        assert [row.pk for row in responses_to_grade(person)] == [essay.pk]
        grade(person=person, response_id=essay.pk, points=[1, 1])
    with pytest.raises(NotFound) as refused:
        grade(person=cast.oscar, response_id=essay.pk, points=[1, 1])
    assert refused.value.audited
    for person in (cast.bob, cast.paula, cast.guest, cast.charlie):
        assert not responses_to_grade(person).exists()
        with pytest.raises(PermissionRefused):
            grade(person=person, response_id=essay.pk, points=[1, 1])
    assert Grade.objects.count() == 3


def test_only_essays_that_were_handed_in_wait(exam, cast):
    state = begin(cast.bob, exam)
    state = give(cast.bob, state)
    assert not waiting(cast.alice).exists()
    state = give(cast.bob, state)
    essay = waiting(cast.alice).get()
    assert essay.version.kind == "essay"
    with pytest.raises(NotFound):
        grade(person=cast.alice, response_id=Response.objects.get(position=1).pk, points=[1, 1])
    grade(person=cast.alice, response_id=essay.pk, points=[1, 1])
    assert not waiting(cast.alice).exists()
    assert responses_to_grade(cast.alice).get().newest_score == 2


def test_an_exam_of_essays_alone_has_no_score_until_one_is_graded(in_univ, cast):
    exam = make_form(cast.zoe, {"one": ESSAY, "two": ESSAY})
    attempt = take(cast.bob, exam)
    assert (attempt.score, attempt.ungraded) == (None, 2)
    assert report_of(attempt).review[0]["pending"]
    grade(person=cast.alice, response_id=attempt.responses.get(position=1).pk, points=[2, 1])
    attempt.refresh_from_db()
    assert (attempt.ungraded, attempt.score is not None) == (1, True)
    assert attempt.state["scores"] == [3, None]


def test_the_review_shows_points_level_and_comment(essay, cast):
    grade(person=cast.alice, response_id=essay.pk, points=[1, 0], comment="Add an example.")
    report = report_of(Attempt.objects.get(), "en")
    row = report.review[1]
    assert (row["score"], row["correct"], row["pending"]) == (1, False, False)
    assert (row["criteria"][0]["points"], row["criteria"][0]["level"]) == (1, "one")
    assert (row["grade"]["comment"], row["grade"]["grader"]) == ("Add an example.", "Alice")
    assert [(area["answered"], area["correct"]) for area in report.areas] == [(2, 1)]


def test_two_who_grade_at_once_leave_two_grades_and_the_newest_counts(committed, in_univ, cast):
    exam = make_form(cast.zoe, dict(list(KINDS.items())[-2:]))
    essay = take(cast.bob, exam).responses.get(position=2)
    people = [cast.alice, cast.anna, cast.zoe]
    runs = [
        partial(grade, person=person, response_id=essay.pk, points=[points, 1]) for points, person in enumerate(people)
    ]
    together(in_univ, *runs)
    newest = Grade.objects.order_by("-pk").first()
    attempt = Attempt.objects.get()
    assert Grade.objects.count() == 3
    assert (attempt.state["scores"][1], attempt.ungraded) == (newest.score, 0)
