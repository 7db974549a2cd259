"""Attempts in lists, the report of one, of a student, of an exam, and the dashboards."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import ParentLink
from audit import clock
from exams.models import Attempt, Exam
from tests.api.city import organization_exam, start, take
from tests.sample_exam import make_exam

ATTEMPTS, DASHBOARD = "/api/v1/attempts", "/api/v1/analytics/dashboard"


@pytest.fixture
def exam(in_univ, cast) -> Exam:
    return make_exam("public", size=12, min_items=4, max_items=4)


@pytest.fixture
def history(cast, exam) -> dict[str, Attempt]:
    """Bob: two finished, three days and an hour ago; Otto: one; one running attempt of each."""
    with clock.at(timezone.now() - timedelta(days=3)):
        first = take(cast.bob, exam, right=1)
    with clock.at(timezone.now() - timedelta(hours=1)):
        second = take(cast.bob, exam, right=4)
    ottos = take(cast.otto, exam, right=2)
    running = Attempt.objects.get(pk=start(cast.bob, exam)["id"])
    return {"first": first, "second": second, "otto": ottos, "running": running}


def ids(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


def test_everybody_sees_their_own_peoples_attempts_newest_first(cast, api_for, history):
    bobs = [str(history[name].pk) for name in ("running", "second", "first")]
    for person in (cast.bob, cast.alice, cast.anna, cast.paula):
        assert ids(api_for(person).get(ATTEMPTS)) == bobs
    assert ids(api_for(cast.oscar).get(ATTEMPTS)) == [str(history["otto"].pk)]
    assert len(ids(api_for(cast.zoe).get(ATTEMPTS))) == 4


def test_a_parent_without_approval_sees_nothing(cast, api_for, history):
    ParentLink.objects.update(status="revoked")
    paula = api_for(cast.paula)
    assert ids(paula.get(ATTEMPTS)) == []
    assert paula.get(f"{ATTEMPTS}/{history['first'].pk}/report").status_code == 404
    refused = paula.get(f"/api/v1/students/{cast.bob.pk}/reports")
    assert (refused.status_code, refused.json()["code"]) == (403, "link_not_approved")


def test_the_list_is_filtered(cast, api_for, history, exam):
    api, other = api_for(cast.zoe), organization_exam(cast.hana)
    elsewhere = start(cast.bob, other)["id"]
    assert ids(api.get(f"{ATTEMPTS}?exam={other.pk}")) == [elsewhere]
    assert ids(api.get(f"{ATTEMPTS}?student={cast.otto.pk}")) == [str(history["otto"].pk)]
    assert len(ids(api.get(f"{ATTEMPTS}?status=finished"))) == 3
    day = (timezone.now() - timedelta(days=1)).isoformat().replace("+", "%2B")
    assert ids(api.get(f"{ATTEMPTS}?until={day}")) == [str(history["first"].pk)]
    assert len(ids(api.get(f"{ATTEMPTS}?since={day}"))) == 4


def test_a_running_attempt_does_not_tell_what_was_right(cast, api_for, history):
    Attempt.objects.filter(pk=history["running"].pk).update(answered=2, correct=1, theta=0.3, se=0.6)
    running, second, _first = api_for(cast.bob).get(ATTEMPTS).json()["results"]
    assert [running[name] for name in ("answered", "correct", "theta", "se", "score")] == [2, None, None, None, None]
    assert (second["correct"], second["theta"]) == (4, history["second"].theta)


def test_the_list_costs_one_query_and_a_page_goes_on(cast, api_for, history, exam, django_assert_max_num_queries):
    api, seen, path = api_for(cast.zoe), [], f"{ATTEMPTS}?page_size=3"
    api.get(path)
    while path:
        with django_assert_max_num_queries(2):
            page = api.get(path).json()
        seen += [row["id"] for row in page["results"]]
        path = page["next"]
    assert len(seen) == len(set(seen)) == 4


def test_a_report_shows_keys_after_the_end_alone(cast, api_for, history):
    bob = api_for(cast.bob)
    running = bob.get(f"{ATTEMPTS}/{history['running'].pk}/report")
    assert (running.status_code, running.json()["code"]) == (409, "attempt_running")
    report = bob.get(f"{ATTEMPTS}/{history['second'].pk}/report").json()
    assert report["attempt"]["exam"]["kind"] == "adaptive"
    assert (report["result"]["correct"], report["result"]["answered"], report["result"]["group_n"]) == (4, 4, 3)
    assert report["result"]["percentile"] == 100.0
    assert [step["position"] for step in report["trajectory"]] == [1, 2, 3, 4]
    assert all(step["low"] < step["theta"] < step["high"] for step in report["trajectory"])
    assert sum(area["correct"] for area in report["areas"]) == 4
    assert sum(row["count"] for row in report["distribution"]["bins"]) == 3
    for item in report["review"]:
        assert [option["key"] for option in item["options"]].count(True) == 1
        assert item["correct"] == any(option["key"] and option["chosen"] for option in item["options"])
        assert "<math" in item["stem_html"]


def test_a_students_report(cast, api_for, history, django_assert_max_num_queries):
    alice = api_for(cast.alice)
    with django_assert_max_num_queries(8):
        report = alice.get(f"/api/v1/students/{cast.bob.pk}/reports").json()
    first, second = history["first"].score, history["second"].score
    assert report["student"]["organization"]["name"] == "Hana Academy"
    assert report["figures"] == {
        "finished": 2, "latest": second, "best": second, "mean": round((first + second) / 2, 1),
        "change": round(second - first, 1),
    }  # fmt: skip
    assert [point["score"] for point in report["history"]] == [first, second]
    assert all(point["low"] < point["score"] < point["high"] for point in report["history"])
    assert sum(area["answered"] for area in report["areas"]) == 8
    assert [row["attempt_id"] for row in report["results"]] == [str(history["second"].pk), str(history["first"].pk)]


def test_an_exams_statistics_are_of_ones_own_students(cast, api_for, history, exam):
    path = f"/api/v1/exams/{exam.pk}/statistics"
    own, whole = api_for(cast.alice).get(path).json(), api_for(cast.zoe).get(path).json()
    assert (own["summary"]["finished"], own["summary"]["running"], own["summary"]["started"]) == (2, 1, 3)
    assert (whole["summary"]["finished"], whole["summary"]["started"]) == (3, 4)
    scores = [history["first"].score, history["second"].score]
    assert own["summary"]["mean"] == pytest.approx(sum(scores) / 2)
    assert sum(item["n"] for item in own["items"]) == 8
    assert sum(item["n"] for item in whole["items"]) == 12
    assert sum(area["answered"] for area in whole["areas"]) == 12
    # Parents hold report:read; the bank is not theirs.
    assert api_for(cast.paula).get(path).json()["items"] == []


def test_each_role_has_its_dashboard(cast, api_for, history, django_assert_max_num_queries):
    def of(person) -> dict:
        api = api_for(person)
        with django_assert_max_num_queries(20):
            body = api.get(DASHBOARD).json()
        filled = [name for name in ("student", "children", "group") if body[name] is not None]
        assert len(filled) == 1
        return body

    student = of(cast.bob)["student"]
    assert student["open_attempts"][0]["id"] == str(history["running"].pk)
    assert student["figures"]["finished"] == 2
    (child,) = of(cast.paula)["children"]
    assert (child["student"]["display_name"], child["finished"]) == ("Bob", 2)
    assert child["latest"]["attempt_id"] == str(history["second"].pk)
    group = of(cast.alice)["group"]
    assert (group["summary"]["people"], group["summary"]["finished"], group["summary"]["running"]) == (1, 2, 1)
    assert [room["name"] for room in group["classes"]] == ["Mathematics A"]
    assert group["classes"][0]["finished"] == 2
    assert of(cast.zoe)["group"]["summary"]["people"] == 2
    assert of(cast.anna)["group"]["summary"]["finished"] == 2


def test_a_student_without_attempts_has_an_empty_dashboard(cast, api_for, in_univ):
    student = api_for(cast.otto).get(DASHBOARD).json()["student"]
    assert student["figures"] == {"finished": 0, "latest": None, "best": None, "mean": None, "change": None}
    assert student["history"] == student["areas"] == student["results"] == student["open_attempts"] == []


def test_an_attempt_without_an_answer_has_no_score(cast, api_for, exam):
    state = start(cast.bob, exam)
    bob = api_for(cast.bob)
    bob.post(f"{ATTEMPTS}/{state['id']}/submit", {"client_key": str(uuid.uuid4())})
    report = bob.get(f"{ATTEMPTS}/{state['id']}/report").json()
    assert (report["result"]["score"], report["trajectory"], report["review"]) == (None, [], [])
    assert bob.get(DASHBOARD).json()["student"]["figures"]["finished"] == 1
