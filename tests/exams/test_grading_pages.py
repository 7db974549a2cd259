"""A teacher's pages for grading: the list, the sheet, the next one, and who sees them."""

import pytest
from django.utils import translation

from exams.models import Attempt, Grade, Response
from exams.selectors.grading import number_waiting
from tests.exams.kinds import ESSAY, KINDS, SINGLE
from tests.exams.sitting import make_form, take

POINTS = {"points_1": "2", "points_2": "1", "comment": "Well argued.\r\nGo on."}


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def exam(in_univ, cast):
    return make_form(cast.zoe, {"single": SINGLE, "essay": ESSAY})


@pytest.fixture
def essays(exam, cast) -> list[Response]:
    """Two that wait for a grade, both of Bob's."""
    return [take(cast.bob, exam).responses.get(position=2) for _attempt in range(2)]


def count_in(page) -> list[int]:
    return [entry["count"] for entry in page.context["nav"] if entry["url"] == "/grading"]


def test_the_list_and_the_navigation_tell_what_waits(essays, cast, client_for):
    page = client_for(cast.alice).get("/grading")
    rows = [row for exam in page.context["exams"] for row in exam["rows"]]
    assert [row["id"] for row in rows] == [essay.pk for essay in essays]
    assert page.context["graded"] == []
    assert count_in(page) == [2]
    assert number_waiting(cast.oscar) == 0
    assert count_in(client_for(cast.oscar).get("/dashboard")) == [0]


def test_a_saved_grade_leads_to_the_next_and_at_last_to_the_list(essays, cast, client_for):
    browser = client_for(cast.alice)
    sheet = browser.get(f"/grading/{essays[0].pk}")
    assert sheet.context["sheet"].text == essays[0].answer["text"]
    assert (sheet.context["left"], sheet.context["following"].pk) == (1, essays[1].pk)
    answer = browser.post(f"/grading/{essays[0].pk}", POINTS)
    assert (answer.status_code, answer["Location"]) == (302, f"/grading/{essays[1].pk}")
    assert count_in(browser.get(answer["Location"])) == [1]
    assert browser.post(f"/grading/{essays[1].pk}", POINTS)["Location"] == "/grading"
    made = Grade.objects.order_by("pk").first()
    assert (made.points, made.comment, made.grader) == ([2, 1], "Well argued.\nGo on.", cast.alice)
    assert set(Attempt.objects.values_list("ungraded", flat=True)) == {0}
    page = browser.get("/grading")
    assert page.context["exams"] == []
    assert [row["score"] for row in page.context["graded"]] == [3, 3]


def test_a_criterion_without_points_is_named_and_nothing_is_saved(essays, cast, client_for):
    browser = client_for(cast.alice)
    for said in ({"points_1": "2"}, {"points_1": "2", "points_2": "7"}):
        page = browser.post(f"/grading/{essays[0].pk}", said)
        assert page.status_code == 200
        assert list(page.context["form"].errors) == ["points_2"]
        (mark,) = [mark for mark in page.context["form"].scales()[0]["marks"] if mark["checked"]]
        assert mark["points"] == 2
    assert not Grade.objects.exists()


def test_a_sheet_shows_the_grade_that_counts(essays, cast, client_for):
    browser = client_for(cast.alice)
    browser.post(f"/grading/{essays[0].pk}", POINTS)
    page = browser.get(f"/grading/{essays[0].pk}")
    scales = page.context["form"].scales()
    assert [[mark["points"] for mark in scale["marks"] if mark["checked"]] for scale in scales] == [[2], [1]]
    assert page.context["form"]["comment"].value() == "Well argued.\nGo on."


def test_others_see_neither_list_nor_sheet(essays, cast, client_for):
    path = f"/grading/{essays[0].pk}"
    assert client_for(cast.oscar).get(path).status_code == 404
    assert client_for(cast.oscar).post(path, POINTS).status_code == 404
    for person in (cast.bob, cast.paula):
        assert client_for(person).get("/grading").status_code == 403
        assert client_for(person).get(path).status_code == 403
    assert not Grade.objects.exists()


@pytest.mark.parametrize("right", [True, False])
def test_the_result_page_shows_every_kind(in_univ, cast, client_for, right):
    attempt = take(cast.bob, make_form(cast.zoe), right)
    page = client_for(cast.bob).get(f"/attempts/{attempt.pk}/result", HTTP_ACCEPT_LANGUAGE="en")
    html = page.content.decode()
    assert page.status_code == 200
    assert html.count('class="review-item"') == len(KINDS)
    assert html.count("chip-good") == (len(KINDS) - 1 if right else 0)
    assert "Not graded yet" in html
    assert html.count("teacher-comment") == 0
