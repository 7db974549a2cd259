"""An exam's analysis on a real database: what is planted is found, and told to those whose students these are."""

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import ClassMembership
from exams.models import AnalysedItem, AnalysisRun, Exam, Item, ItemVersion
from exams.psychometrics.models import Items
from exams.selectors.answers import parameters_of
from exams.services.analysing import run_analysis
from exams.services.analysis import refresh_analyses, request_analysis
from tests.cast import Cast
from tests.exams.sittings import simulate, students_of
from tests.exams.test_calibration import versions_of
from tests.sample_exam import make_exam
from zones.problems import PermissionRefused

pytestmark = pytest.mark.usefixtures("in_univ")


def analysed(person: object, exam: Exam) -> AnalysisRun:
    run = request_analysis(person=person, exam=exam, in_worker=False)
    assert run_analysis(run.pk)
    run.refresh_from_db()
    assert run.status == AnalysisRun.Status.FINISHED, run.error
    return run


def rows_of(run: AnalysisRun) -> dict[str, AnalysedItem]:
    return {row.item.code: row for row in run.items.select_related("item")}


@pytest.fixture
def form(cast: Cast) -> tuple[Exam, list[ItemVersion]]:
    """A fixed form of 16 items."""
    exam = make_exam("form", size=16, areas=1, kind=Exam.Kind.FIXED)
    return exam, versions_of(exam)


def shifted(truth: Items, column: int, by: float) -> Items:
    b = np.array(truth.b)
    b[column] += by
    return Items(truth.models, truth.a, b, truth.c, truth.d)


class TestAForm:
    def test_a_sound_one_is_reliable_and_nothing_is_pointed_at_without_reason(self, cast: Cast, form) -> None:
        exam, versions = form
        theta = np.random.default_rng(0).normal(size=500)
        simulate(students_of(cast.hana, 500), exam, versions, parameters_of(versions), theta=theta)
        run = analysed(cast.zoe, exam)
        said = run.summary
        assert (run.n_attempts, said["items"], said["answers"]) == (500, 16, 8000)
        assert 0.6 < said["reliability"]["alpha"] < 0.9
        assert said["reliability"]["omega"] == pytest.approx(said["reliability"]["alpha"], abs=0.08)
        assert said["reliability"]["marginal"] == pytest.approx(said["reliability"]["alpha"], abs=0.1)
        assert said["fit"]["rmsea"] < 0.03
        assert said["precision"]["form"]
        assert len(said["precision"]["sem"]) == 81
        rows = rows_of(run)
        assert len(rows) == 16
        grave = [code for row in rows.values() for code in row.flags if code in ("against", "noisy", "misfit")]
        assert len(grave) <= 1
        first = rows["form-0"]
        assert first.details["s_x2"]["df"] > 0
        assert sum(option["count"] for option in first.details["options"]) == first.answers == 500
        assert [o["key"] for o in first.details["options"]] == [True, False, False, False]
        assert sum(first.details["option_curves"][0]["shares"]) == pytest.approx(1, abs=1e-3)
        assert sum(bin_["students"] for bin_ in said["wright"]) == 500
        assert sorted(code for bin_ in said["wright"] for code in bin_["items"]) == sorted(rows)

    def test_a_wrong_key_and_a_moved_item_are_found(self, cast: Cast, form) -> None:
        exam, versions = form
        truth = parameters_of(versions)
        turned = Items(truth.models, np.where(np.arange(16) == 3, -1.0, truth.a), truth.b, truth.c, truth.d)
        theta = np.random.default_rng(1).normal(size=400)
        simulate(students_of(cast.hana, 400), exam, versions, turned, theta=theta)
        rows = rows_of(analysed(cast.zoe, exam))
        assert "against" in rows["form-3"].flags
        assert "misleading" in rows["form-3"].flags
        assert not any("against" in row.flags for code, row in rows.items() if code != "form-3")

    def test_dif_between_languages_schools_and_classes(self, cast: Cast, form) -> None:
        exam, versions = form
        truth = parameters_of(versions)
        rng = np.random.default_rng(2)
        ours, theirs = students_of(cast.hana, 400, "h"), students_of(cast.duri, 400, "d")
        ClassMembership.objects.bulk_create(
            ClassMembership(classroom=cast.room, user=user, kind="student") for user in ours[:100]
        )
        simulate(ours, exam, versions, truth, theta=rng.normal(size=400), seed=1)
        # One item is much harder in the other school's language, whose students are abler all in all.
        harder = shifted(truth, 5, 1.4)
        simulate(theirs, exam, versions, harder, theta=rng.normal(0.4, 1, 400), seed=2, language="en")
        run = analysed(cast.zoe, exam)
        groups = {group["id"].partition(":")[0]: group for group in run.summary["dif"]}
        assert set(groups) == {"language", "organization", "class"}
        language = groups["language"]
        assert {language["name"], language["reference"]} == {"ko", "en"}
        rows = rows_of(run)
        found = rows["form-5"].details["dif"][language["id"]]
        assert found["ets"] == "C"
        assert found["uniform_p"] < 0.001
        assert found["lord_p"] < 0.01
        assert "dif_large" in rows["form-5"].flags
        large = [code for code, row in rows.items() if row.details["dif"][language["id"]]["ets"] == "C"]
        assert large == ["form-5"]
        # A class of ours has the same items as we all: no large DIF there.
        assert all(row.details["dif"][groups["class"]["id"]]["ets"] in ("A", "B", "") for row in rows.values())

    def test_an_item_that_leaked_is_seen_in_its_months(self, cast: Cast, form) -> None:
        exam, versions = form
        truth = parameters_of(versions)
        rng, now = np.random.default_rng(3), timezone.now()
        for month in range(4):
            known = shifted(truth, 7, -1.6) if month >= 2 else truth
            when = now - timezone.timedelta(days=31 * (3 - month))
            people = students_of(cast.hana, 120, f"m{month}-")
            simulate(people, exam, versions, known, theta=rng.normal(size=120), seed=month, at=when)
        rows = rows_of(analysed(cast.zoe, exam))
        assert "easier" in rows["form-7"].flags
        assert len(rows["form-7"].details["drift"]["months"]) == 4
        assert sum("easier" in row.flags for row in rows.values()) <= 2


class TestAdaptive:
    def test_what_needs_one_form_is_not_said_and_the_rest_is(self, cast: Cast) -> None:
        exam = make_exam("cat", size=40, areas=1)
        versions = versions_of(exam)
        theta = np.random.default_rng(4).normal(size=300)
        simulate(students_of(cast.hana, 300), exam, versions, parameters_of(versions), theta=theta, given=15)
        run = analysed(cast.zoe, exam)
        reliability = run.summary["reliability"]
        assert (reliability["alpha"], reliability["omega"], run.summary["fit"]) == (None, None, None)
        assert 0.5 < reliability["marginal"] < 1
        assert "sem" not in run.summary["precision"]
        assert run.summary["exposure"]["overlap"] == pytest.approx(15 / 40, abs=0.02)
        assert run.summary["exposure"]["length"] == 15
        rows = rows_of(run).values()
        assert all(row.details["s_x2"] is None for row in rows)
        # The answers follow the model: mean squares lie about 1, and their deviates are standard normal at most.
        assert np.mean([row.details["infit"] for row in rows]) == pytest.approx(1, abs=0.04)
        assert 0.5 < np.std([row.details["infit_z"] for row in rows]) < 1.3

    def test_several_scores_are_analysed_too(self, cast: Cast) -> None:
        exam = make_exam("poly", size=10, areas=1)
        versions = versions_of(exam)
        item = Item.objects.create(code="poly-essay", area=versions[0].item.area, status=Item.Status.ACTIVE)
        essay = ItemVersion.objects.create(
            item=item, number=1, kind="essay", key=None, max_score=3, model="gpcm", discrimination=1.1,
            difficulty=0.0, guessing=0.0, thresholds=[-1.0, 0.0, 1.0],
        )  # fmt: skip
        Item.objects.filter(pk=item.pk).update(current=essay)
        theta = np.random.default_rng(5).normal(size=300)
        whole = [*versions, essay]
        simulate(students_of(cast.hana, 300), exam, whole, parameters_of(whole), theta=theta)
        row = rows_of(analysed(cast.zoe, exam))["poly-essay"]
        assert 0.35 < row.facility < 0.65
        assert abs(row.details["infit_z"]) < 3
        assert row.details["options"] == []
        assert all(0 <= point["low"] <= point["p"] <= point["high"] <= 1 for point in row.details["observed"])


class TestWhoAndWhen:
    def test_a_teacher_reads_the_own_schools_answers(self, cast: Cast, form) -> None:
        exam, versions = form
        truth = parameters_of(versions)
        simulate(students_of(cast.hana, 40, "h"), exam, versions, truth, theta=np.zeros(40))
        simulate(students_of(cast.duri, 60, "d"), exam, versions, truth, theta=np.zeros(60))
        assert analysed(cast.alice, exam).n_attempts == 40
        assert analysed(cast.oscar, exam).n_attempts == 60
        assert analysed(cast.zoe, exam).n_attempts == 100
        for stranger in (cast.bob, cast.paula):
            with pytest.raises(PermissionRefused):
                request_analysis(person=stranger, exam=exam)

    def test_who_asks_twice_gets_one_and_the_newest_replaces_the_old(self, cast: Cast, form) -> None:
        exam, versions = form
        simulate(students_of(cast.hana, 30), exam, versions, parameters_of(versions), theta=np.zeros(30))
        first = request_analysis(person=cast.alice, exam=exam, in_worker=False)
        assert request_analysis(person=cast.alice, exam=exam, in_worker=False) == first
        assert run_analysis(first.pk)
        second = analysed(cast.alice, exam)
        assert list(AnalysisRun.objects.all()) == [second]

    def test_nobody_has_finished_it(self, cast: Cast, form) -> None:
        run = request_analysis(person=cast.alice, exam=form[0], in_worker=False)
        run_analysis(run.pk)
        run.refresh_from_db()
        assert (run.status, bool(run.error)) == (AnalysisRun.Status.FAILED, True)

    def test_the_night_asks_for_what_has_new_answers(self, cast: Cast, form, monkeypatch) -> None:
        exam, versions = form
        simulate(students_of(cast.hana, 30), exam, versions, parameters_of(versions), theta=np.zeros(30))
        assert refresh_analyses() == 2
        assert set(AnalysisRun.objects.values_list("organization", flat=True)) == {None, cast.hana.pk}
        assert refresh_analyses() == 0
        for run in AnalysisRun.objects.all():
            run_analysis(run.pk)
        assert refresh_analyses() == 0
        later = timezone.now() + timezone.timedelta(minutes=1)
        simulate(students_of(cast.hana, 5, "l"), exam, versions, parameters_of(versions), theta=np.zeros(5), at=later)
        assert refresh_analyses() == 2
