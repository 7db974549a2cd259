"""Values of scales and starts that cannot both hold are refused in words that name them (docs/rules.md)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from audit import clock
from exams.models import Attempt, Exam, ScoreScale
from exams.problems import ExamNotOpen, InvalidScale
from exams.services.delivery import start, submit
from exams.services.scales import ScaleDraft, create_scale
from tests.sample_exam import make_exam
from zones.problems import Invalid


@pytest.fixture(autouse=True)
def _in_english(in_univ):
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"minimum": 200.0, "maximum": 100.0}, "lowest score 200 must be below the highest, 100"),
        ({"minimum": 5.0, "maximum": 5.0}, "lowest score 5"),
        ({"kind": "table", "points": ((0.0, 1.0), (1.0, 1.0))}, "each above the one before"),
        ({"kind": "table"}, "two points at least"),
        ({"kind": "table", "points": tuple((n / 10, n) for n in range(201))}, "at most 200 points"),
    ],
)
def test_a_scale_that_contradicts_itself_is_not_saved(cast, said, words):
    with pytest.raises(InvalidScale) as refused:
        create_scale(person=cast.zoe, code="score", draft=ScaleDraft(**{"name": "Score", "kind": "linear", **said}))
    assert any(words in problem for problem in refused.value.extra["problems"]), refused.value.extra["problems"]
    assert not ScoreScale.objects.exists()


def test_an_exam_is_given_in_its_own_languages_alone(cast):
    exam = make_exam(size=12, min_items=3, max_items=3)
    with pytest.raises(Invalid, match="choose from ko"):
        start(person=cast.bob, exam_id=exam.pk, client_key=uuid4(), language="fr")
    assert not Attempt.objects.exists()


@pytest.mark.parametrize(("field", "days"), [("opens_at", 1), ("closes_at", -1)])
def test_an_exam_is_started_while_it_is_open(cast, field, days):
    exam = make_exam(size=12, min_items=3, max_items=3)
    Exam.objects.filter(pk=exam.pk).update(**{field: clock.now() + timedelta(days=days)})
    with pytest.raises(ExamNotOpen) as refused:
        start(person=cast.bob, exam_id=exam.pk, client_key=uuid4())
    assert refused.value.extra[field]
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("said", [{"finished_at": None}, {"status": "in_progress"}])
def test_what_has_ended_has_the_time_of_its_end(cast, said):
    exam = make_exam(size=12, min_items=3, max_items=3)
    begun = start(person=cast.bob, exam_id=exam.pk, client_key=uuid4())
    submit(person=cast.bob, attempt_id=begun["id"], client_key=uuid4())
    with pytest.raises(IntegrityError, match="attempt_finished_has_time"), transaction.atomic():
        Attempt.objects.update(**said)
