"""What lists of imports, rosters, runs, passages and scales cost: as many queries for many rows as for few."""

import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import RosterImport
from accounts.permissions import Role
from exams.models import (
    Accommodation,
    AnalysisRun,
    CalibrationRun,
    Exam,
    ImportBatch,
    Passage,
    PassageText,
    ScoreScale,
    SimulationRun,
)
from exams.services import runs
from tests.cast import make_person
from tests.sample_exam import make_exam


def _import(cast, exam):
    ImportBatch.objects.create(organization=cast.hana, created_by=_person(cast), file_name="x", size=1, format="csv")


def _roster(cast, exam):
    RosterImport.objects.create(organization=cast.hana, created_by=_person(cast), file_name="x", status="imported")


def _calibration(cast, exam):
    CalibrationRun.objects.create(organization=cast.hana, requested_by=_person(cast))


def _analysis(cast, exam):
    other = make_exam(uuid.uuid4().hex[:12], size=6, min_items=3, max_items=3)
    AnalysisRun.objects.create(organization=cast.hana, requested_by=_person(cast), exam=other)


def _simulation(cast, exam):
    SimulationRun.objects.create(organization=cast.hana, requested_by=_person(cast), exam=exam)


def _passage(cast, exam):
    passage = Passage.objects.create(code=uuid.uuid4().hex[:12])
    PassageText.objects.create(passage=passage, language="ko", title="x", text="y")


def _scale(cast, exam):
    ScoreScale.objects.create(code=uuid.uuid4().hex[:12], name="x", kind="linear", mean=500, sd=100)


def _accommodation(cast, exam):
    Accommodation.objects.create(user=_person(cast), pause_minutes=5)


def _person(cast):
    return make_person(uuid.uuid4().hex[:8], Role.STUDENT, cast.hana)


PAGES: dict[str, Callable] = {
    "/exams/importbatch/": _import,
    "/accounts/rosterimport/": _roster,
    "/exams/calibrationrun/": _calibration,
    "/exams/analysisrun/": _analysis,
    "/exams/simulationrun/": _simulation,
    "/exams/passage/": _passage,
    "/exams/scorescale/": _scale,
    "/exams/accommodation/": _accommodation,
}
LISTS: dict[str, Callable] = {"/api/v1/calibrations": _calibration, "/api/v1/scales": _scale}


@pytest.fixture
def exam(in_univ) -> Exam:
    return make_exam(size=12, min_items=6, max_items=6)


def _cost(client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def _grows(client, path: str, make: Callable, cast, exam) -> tuple[int, int]:
    make(cast, exam)
    few = _cost(client, path)
    for _n in range(runs.MOST_OPEN - 1):
        make(cast, exam)
    return few, _cost(client, path)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_the_console(client_for, cast, exam, path):
    few, many = _grows(client_for(cast.anna, surface="admin"), path, PAGES[path], cast, exam)
    assert many <= few


@pytest.mark.parametrize("path", LISTS)
def test_a_list_of_the_api(api_for, cast, exam, path):
    few, many = _grows(api_for(cast.anna), path, LISTS[path], cast, exam)
    assert many <= few
