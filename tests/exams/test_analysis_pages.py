"""The pages of analyses and calibrations: who sees what, what they say, and that a request computes nothing."""

import json
import re
from html import unescape

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exams import tasks
from exams.models import AnalysisRun, CalibrationRun, Exam
from exams.selectors.answers import parameters_of
from exams.selectors.calibration import CalibrationRequest
from exams.services.analysing import run_analysis
from exams.services.analysis import request_analysis
from exams.services.calibration import request_calibration
from exams.services.estimating import run_calibration
from tests.cast import Cast
from tests.exams.sittings import simulate, students_of
from tests.exams.test_calibration import versions_of
from tests.sample_exam import make_exam

pytestmark = pytest.mark.usefixtures("in_univ")


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    """Ids of the runs that a worker was asked to do."""
    found: list[str] = []
    for task in (tasks.analyse, tasks.calibrate):
        monkeypatch.setattr(task, "apply_async", lambda args, **_options: found.extend(args))
    return found


@pytest.fixture
def exam(cast: Cast) -> Exam:
    made = make_exam("pages", size=12, areas=1, kind=Exam.Kind.FIXED)
    versions = versions_of(made)
    theta = np.random.default_rng(0).normal(size=80)
    simulate(students_of(cast.hana, 60, "h"), made, versions, parameters_of(versions), theta=theta[:60])
    simulate(students_of(cast.duri, 20, "d"), made, versions, parameters_of(versions), theta=theta[60:])
    return made


def analysed(person: object, exam: Exam) -> AnalysisRun:
    run = request_analysis(person=person, exam=exam, in_worker=False)
    assert run_analysis(run.pk)
    return run


def assert_charts_survive_a_swap(html: str) -> None:
    """htmx drops script elements from what it swaps in: what a chart is drawn from must not be one."""
    sources = re.findall(r'data-source="([^"]+)"', html)
    assert sources
    for source in sources:
        found = re.search(rf'<div id="{source}" hidden>([^<]+)</div>', html)
        assert found, source
        json.loads(unescape(found[1]))


class TestForTeachers:
    def test_from_the_list_to_an_item(self, cast: Cast, exam: Exam, client_for) -> None:
        run = analysed(cast.alice, exam)
        alice = client_for(cast.alice)
        page = alice.get("/analysis").content.decode()
        assert f'href="/analysis/{exam.pk}"' in page
        page = alice.get(f"/analysis/{exam.pk}")
        assert page.status_code == 200
        assert page.context["run"].n_attempts == 60
        assert_charts_survive_a_swap(page.content.decode())
        item = run.items.get(item__code="pages-3").item_id
        assert f"/analysis/{exam.pk}/items/{item}" in page.content.decode()
        shown = alice.get(f"/analysis/{exam.pk}/items/{item}")
        assert shown.status_code == 200
        assert "pages-3" in shown.content.decode()
        assert len(shown.context["options"]) == 4

    def test_a_button_asks_a_worker_and_the_page_says_how_far_it_is(
        self, cast: Cast, exam: Exam, client_for, sent
    ) -> None:
        alice = client_for(cast.alice)
        address = f"/analysis/{exam.pk}"
        assert alice.get(address).context["newest"] is None
        assert alice.post(address).status_code == 302
        run = AnalysisRun.objects.get()
        assert sent == [str(run.pk)]
        assert run.status == AnalysisRun.Status.QUEUED
        waiting = alice.get(address)
        assert waiting.context["waiting"] == run
        assert 'hx-trigger="every 3s"' in waiting.content.decode()
        alice.post(address)
        assert AnalysisRun.objects.count() == 1
        assert tasks.analyse(*sent)
        assert alice.get(address).context["run"] == run

    def test_another_schools_answers_are_not_in_it(self, cast: Cast, exam: Exam, client_for) -> None:
        analysed(cast.alice, exam)
        oscar = client_for(cast.oscar)
        assert oscar.get(f"/analysis/{exam.pk}").context["newest"] is None
        analysed(cast.oscar, exam)
        assert oscar.get(f"/analysis/{exam.pk}").context["run"].n_attempts == 20

    @pytest.mark.parametrize("name", ["bob", "paula"])
    def test_students_and_parents_are_kept_out(self, cast: Cast, exam: Exam, client_for, name: str) -> None:
        run = analysed(cast.alice, exam)
        browser = client_for(getattr(cast, name))
        item = run.items.first().item_id
        for address in ("/analysis", f"/analysis/{exam.pk}", f"/analysis/{exam.pk}/items/{item}"):
            assert browser.get(address).status_code == 403

    def test_a_page_costs_as_many_queries_for_twelve_items_as_for_one(self, cast: Cast, exam: Exam, client_for) -> None:
        run = analysed(cast.alice, exam)
        alice = client_for(cast.alice)
        alice.get(f"/analysis/{exam.pk}")
        with CaptureQueriesContext(
            connection,
        ) as many:
            alice.get(f"/analysis/{exam.pk}")
        run.items.exclude(item__code="pages-0").delete()
        many = self.reads(alice, f"/analysis/{exam.pk}")
        run.items.exclude(item__code="pages-0").delete()
        assert many == self.reads(alice, f"/analysis/{exam.pk}") < 10

    def reads(self, browser: object, address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            browser.get(address)
        return sum(query["sql"].startswith("SELECT") for query in queries)


class TestTheApi:
    def test_the_newest_analysis_and_asking_for_another(self, cast: Cast, exam: Exam, api_for, sent) -> None:
        address = f"/api/v1/exams/{exam.pk}/analysis"
        alice = api_for(cast.alice)
        assert alice.get(address).json()["analysis"] is None
        assert alice.post(address).json()["waiting"] is True
        assert tasks.analyse(*sent)
        said = alice.get(address).json()
        assert said["waiting"] is False
        assert said["analysis"]["attempts"] == 60
        assert len(said["analysis"]["items"]) == 12
        assert 0 < said["analysis"]["reliability"]["alpha"] < 1
        assert api_for(cast.oscar).get(address).json()["analysis"] is None


class TestInTheConsole:
    def test_a_calibration_is_planned_asked_for_read_and_activated(
        self, cast: Cast, exam: Exam, client_for, sent
    ) -> None:
        zoe = client_for(cast.zoe, surface="admin")
        add = "/exams/calibrationrun/add/"
        assert zoe.get(add).status_code == 200
        fields = {"model": "2pl", "anchoring": "free", "min_answers": "50", "exams": ["pages"], "uses_priors": "on"}
        plan = zoe.post("/exams/calibrationrun/plan/", fields)
        assert len(plan.context["estimated"]) == 12
        assert not CalibrationRun.objects.exists()
        made = zoe.post(add, fields)
        run = CalibrationRun.objects.get()
        assert made["Location"] == f"/exams/calibrationrun/{run.pk}/change/"
        assert sent == [str(run.pk)]
        assert "every 2s" in zoe.get(made["Location"]).content.decode()
        assert tasks.calibrate(*sent)
        page = zoe.get(made["Location"])
        assert page.status_code == 200
        assert len(page.context["items"]) == 12
        assert_charts_survive_a_swap(page.content.decode())
        activate = f"/exams/calibrationrun/{run.pk}/activate/"
        zoe.post(activate, {"item": ["pages-1", "pages-2"]})
        assert set(run.results.exclude(accepted_version=None).values_list("item__code", flat=True)) == {
            "pages-1",
            "pages-2",
        }
        assert zoe.get("/exams/calibrationrun/").status_code == 200
        assert zoe.get(activate).status_code == 405

    def test_a_refusal_is_said_in_words(self, cast: Cast, exam: Exam, client_for) -> None:
        zoe = client_for(cast.zoe, surface="admin")
        fields = {"model": "2pl", "anchoring": "free", "min_answers": "5000"}
        page = zoe.post("/exams/calibrationrun/add/", fields, follow=True)
        assert not CalibrationRun.objects.exists()
        assert [str(message) for message in page.context["messages"]]

    def test_a_schools_administrator_sees_the_own_runs_alone(self, cast: Cast, exam: Exam, client_for) -> None:
        run = request_calibration(
            person=cast.zoe, request=CalibrationRequest(anchoring="free", model="2pl", min_answers=20), in_worker=False
        )
        assert run_calibration(run.pk)
        anna = client_for(cast.anna, surface="admin")
        assert anna.get(f"/exams/calibrationrun/{run.pk}/change/").status_code == 404
        assert anna.post(f"/exams/calibrationrun/{run.pk}/activate/", {"item": ["pages-1"]}).status_code == 404
        assert not run.results.exclude(accepted_version=None).exists()

    def test_the_exams_page_leads_to_its_analysis_and_an_items_page_shows_it(
        self, cast: Cast, exam: Exam, client_for, sent
    ) -> None:
        zoe = client_for(cast.zoe, surface="admin")
        newest = f"/exams/analysisrun/of/{exam.pk}/"
        assert newest in zoe.get(f"/exams/exam/{exam.pk}/change/").content.decode()
        assert zoe.get(newest).status_code == 200
        zoe.post(newest)
        assert tasks.analyse(*sent)
        run = AnalysisRun.objects.get()
        page = zoe.get(f"/exams/analysisrun/{run.pk}/change/")
        assert page.status_code == 200
        row = run.items.get(item__code="pages-4")
        assert zoe.get(f"/exams/analysisrun/{run.pk}/items/{row.item_id}/").status_code == 200
        assert (
            f"/exams/analysisrun/{run.pk}/items/{row.item_id}/"
            in zoe.get(f"/exams/item/{row.item_id}/change/").content.decode()
        )
