"""Items of every kind, their answers, and grades, through the API."""

import json
import uuid

import pytest

from exams.models import Attempt, Grade, Item, Response
from exams.selectors.bank import draft_of
from tests.exams.drafts import areas
from tests.exams.kinds import ESSAY, KINDS, SINGLE
from tests.exams.sitting import begin, give, make_form, sent, take

GRADING = "/api/v1/grading"


@pytest.fixture
def exam(in_univ, cast):
    return make_form(cast.zoe, {"single": SINGLE, "essay": ESSAY})


@pytest.fixture
def essay(exam, cast) -> Response:
    return take(cast.bob, exam).responses.get(position=2)


@pytest.mark.parametrize("name", KINDS)
def test_an_item_of_any_kind_is_written_and_read(in_univ, cast, api_for, name):
    areas(cast.zoe)
    alice, source = api_for(cast.alice), make_form(cast.zoe, {"x": KINDS[name]}, code="source").form.get().item
    shown = api_for(cast.zoe).get(f"/api/v1/items/{source.pk}").json()["current"]
    parameters = shown.pop("parameters")
    body = {**shown, **parameters, "code": "copy", "area": "sums", "tags": ["a"]}
    made = alice.post("/api/v1/items", body)
    assert made.status_code == 201, made.content
    assert draft_of(Item.objects.get(code="copy").current) == KINDS[name]
    again = alice.post(f"/api/v1/items/{made.json()['id']}/versions", body)
    assert (again.status_code, again.json()["current"]["number"]) == (201, 1)


def test_the_difficulty_of_thresholds_is_their_mean(in_univ, cast, api_for):
    areas(cast.zoe)
    body = {
        "code": "t", "area": "sums", "kind": "text", "texts": [{"language": "ko", "stem": "?"}],
        "keys": [{"text": "x"}, {"text": "y", "points": 0.5}], "scoring": "partial", "max_score": 2, "model": "grm",
        "discrimination": 1.0, "thresholds": [-0.5, 1.5],
    }  # fmt: skip
    made = api_for(cast.alice).post("/api/v1/items", body)
    assert made.json()["current"]["parameters"]["difficulty"] == 0.5
    missing = api_for(cast.alice).post("/api/v1/items", {**body, "code": "u", "thresholds": []})
    assert (missing.status_code, list(missing.json()["errors"])) == (400, ["difficulty"])


def test_tags_and_enemies_are_changed_together_or_not_at_all(in_univ, cast, api_for):
    make_form(cast.zoe, {"one": SINGLE, "two": SINGLE})
    item, api = Item.objects.get(code="form-0"), api_for(cast.zoe)
    changed = api.patch(f"/api/v1/items/{item.pk}", {"tags": ["b", "a"], "enemies": ["form-1"]}).json()
    assert (changed["tags"], changed["enemies"]) == (["a", "b"], ["form-1"])
    refused = api.patch(f"/api/v1/items/{item.pk}", {"tags": [], "enemies": ["nobody"]})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_item")
    assert api.get(f"/api/v1/items/{item.pk}").json()["tags"] == ["a", "b"]
    assert [row["code"] for row in api.get("/api/v1/items?tag=a").json()["results"]] == ["form-0"]
    assert len(api.get("/api/v1/items?kind=single&kind=essay").json()["results"]) == 2


def test_answers_of_every_kind_are_taken(in_univ, cast, api_for):
    exam, api = make_form(cast.zoe), api_for(cast.bob)
    state = begin(cast.bob, exam)
    while state["item"]:
        body = sent(state)
        path = f"/api/v1/attempts/{body.pop('attempt_id')}/answer"
        body |= {"client_key": str(body["client_key"]), "item": str(body["item"])}
        for wrong in (
            {**body, "option": 1, "answer": {"text": "x"}},
            {k: v for k, v in body.items() if k not in ("option", "answer")},
        ):
            assert api.post(path, wrong).status_code == 400
        reply = api.post(path, body)
        assert reply.status_code == 200, reply.content
        state = reply.json()
    assert Attempt.objects.get().correct == len(KINDS) - 1


@pytest.mark.parametrize(
    "answer",
    [{"text": "\ud800"}, {"text": {"a": []}}, {"gaps": {"\ud800": "x"}}, {"options": [10**30]}, {"order": [None]}, {}],
)
def test_strange_answers_are_refused_and_never_an_error(in_univ, cast, api_for, answer):
    exam, api = make_form(cast.zoe, {k: KINDS[k] for k in ("cloze", "text")}), api_for(cast.bob)
    for _item in range(2):
        state = begin(cast.bob, exam)
        body = {"client_key": str(uuid.uuid4()), "position": state["item"]["position"], "item": state["item"]["id"]}
        reply = api.post(f"/api/v1/attempts/{state['id']}/answer", {**body, "answer": answer})
        # Half a character is refused by whoever reads the body, before anybody asks what it answers.
        assert reply.status_code == 400
        assert reply.json()["code"] == ("parse_error" if "\\ud800" in json.dumps(answer) else "invalid")
        if state["item"]["position"] == 1:
            give(cast.bob, state)


def test_a_teacher_finds_reads_and_grades_what_waits(essay, cast, api_for):
    api = api_for(cast.alice)
    (row,) = api.get(GRADING).json()["results"]
    assert (row["id"], row["student"]["display_name"], row["graded"], row["max_score"]) == (essay.pk, "Bob", False, 3)
    sheet = api.get(f"{GRADING}/{essay.pk}").json()
    assert sheet["text"] == "이산화 탄소\n때문이다."
    assert [(c["name"], c["most"], c["points"]) for c in sheet["criteria"]] == [("내용", 2, None), ("구성", 1, None)]
    graded = api.post(f"{GRADING}/{essay.pk}/grade", {"points": [2, 1], "comment": "좋습니다."})
    assert graded.status_code == 201, graded.content
    assert (graded.json()["response"]["score"], graded.json()["grades"][0]["grader"]) == (3, "Alice")
    assert api.get(GRADING).json()["results"] == []
    assert len(api.get(f"{GRADING}?graded=true").json()["results"]) == 1
    report = api_for(cast.bob).get(f"/api/v1/attempts/{essay.attempt_id}/report").json()
    assert report["review"][1]["grade"]["comment"] == "좋습니다."


@pytest.mark.parametrize(
    "body", [{}, {"points": []}, {"points": [3, 1]}, {"points": [1]}, {"points": [1, 1], "comment": "x" * 5001}]
)
def test_a_grade_outside_of_the_rubric_is_refused(essay, cast, api_for, body):
    refused = api_for(cast.alice).post(f"{GRADING}/{essay.pk}/grade", body)
    assert (refused.status_code, Grade.objects.count()) == (400, 0)


def test_the_list_takes_one_query_however_long(exam, cast, api_for, django_assert_max_num_queries):
    api = api_for(cast.alice)
    for count in (1, 2, 3):
        take(cast.bob, exam)
        # The statement that points the connection at the zone may be one of them.
        with django_assert_max_num_queries(2):
            assert len(api.get(GRADING).json()["results"]) == count


def test_another_organization_sees_nothing(essay, cast, api_for):
    oscar = api_for(cast.oscar)
    assert oscar.get(GRADING).json()["results"] == []
    assert oscar.get(f"{GRADING}/{essay.pk}").status_code == 404
    assert oscar.post(f"{GRADING}/{essay.pk}/grade", {"points": [1, 1]}).status_code == 404
