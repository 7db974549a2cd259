"""Calibration on a real database: planted parameters are found, a person takes them over, a new attempt pins them."""

from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from uuid import uuid4

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from audit.models import AuditEntry
from exams import tasks
from exams.models import CalibratedItem, CalibrationRun, Exam, Grade, Item, ItemVersion, Response
from exams.pools import current_pool, load_pool
from exams.problems import CalibrationStale, InvalidCalibration, RunNotFinished
from exams.psychometrics.models import Items
from exams.selectors.answers import Scope, countable_versions, parameters_of, read_answers
from exams.selectors.bank import draft_of, with_contents
from exams.selectors.calibration import ANCHOR, ESTIMATED, LEFT_OUT, CalibrationRequest, plan_calibration
from exams.services import bank, runs
from exams.services.calibration import activate, request_calibration
from exams.services.delivery import start
from exams.services.estimating import run_calibration
from tests.cast import Cast
from tests.exams.sittings import Simulated, simulate, students_of
from tests.sample_exam import make_exam
from zones.problems import NotFound, PermissionRefused

pytestmark = pytest.mark.usefixtures("in_univ")
CALIBRATED = ItemVersion.Source.CALIBRATED


def versions_of(exam: Exam) -> list[ItemVersion]:
    items = Item.objects.filter(code__startswith=f"{exam.code}-").select_related("current")
    return [item.current for item in sorted(items, key=lambda item: int(item.code.rpartition("-")[2]))]


def hold(cast: Cast, versions: list[ItemVersion], **changes: float) -> list[ItemVersion]:
    """The same items as calibrated ones: the next version, with the same contents."""
    made = []
    for version in with_contents([v.pk for v in versions]):
        item = Item.objects.get(pk=version.item_id)
        draft = replace(draft_of(version), source=CALIBRATED, **changes)
        made.append(bank.new_version(person=cast.zoe, item=item, draft=draft))
    return sorted(made, key=lambda v: [u.item_id for u in versions].index(v.item_id))


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def field_test(cast: Cast) -> tuple[Exam, list[ItemVersion], Items]:
    """30 calibrated items and 10 in field test, whose assumed parameters are wrong, answered by 1,500 students."""
    exam = make_exam("field", size=40, areas=2, min_items=10, max_items=10)
    versions = versions_of(exam)
    held = hold(cast, versions[:30])
    tried = versions[30:]
    Item.objects.filter(pk__in=[v.item_id for v in tried]).update(status=Item.Status.FIELD_TEST)
    bank_items = parameters_of(held)
    rng = np.random.default_rng(3)
    planted = Items(("2PL",) * 10, rng.uniform(0.8, 1.8, 10), np.linspace(-1.5, 2.0, 10))
    truth = Items(
        bank_items.models + planted.models,
        np.concatenate([bank_items.a, planted.a]),
        np.concatenate([bank_items.b, planted.b]),
        np.concatenate([bank_items.c, planted.c]),
        np.concatenate([bank_items.d, planted.d]),
    )
    return exam, [*held, *tried], truth


def answered(
    cast: Cast, field_test: tuple[Exam, list[ItemVersion], Items], *, given: int = 12, count: int = 250
) -> Simulated:
    """A group that is abler than the bank's population: only anchors can tell."""
    exam, versions, truth = field_test
    theta = np.random.default_rng(5).normal(0.6, 0.8, count)
    return simulate(
        students_of(cast.hana, count), exam, versions, truth, theta=theta, given=given, always=range(30, 40),
        unscored=range(30, 40),
    )  # fmt: skip


def calibrated(cast: Cast, **wishes: object) -> CalibrationRun:
    run = request_calibration(person=cast.zoe, request=CalibrationRequest(**wishes), in_worker=False)
    assert run_calibration(run.pk)
    run.refresh_from_db()
    assert run.status == CalibrationRun.Status.FINISHED, run.error
    return run


class TestAnchored:
    def test_field_test_items_come_onto_the_banks_scale(self, cast: Cast, field_test) -> None:
        answered(cast, field_test, given=20, count=1500)
        _exam, versions, truth = field_test
        run = calibrated(cast, model="2pl")
        assert (run.n_items, run.n_anchors, run.n_persons) == (10, 30, 1500)
        assert run.converged
        # The group's own mean and spread were found, not forced to 0 and 1.
        assert run.mean == pytest.approx(0.6, abs=0.08)
        assert run.sd == pytest.approx(0.8, abs=0.08)
        rows = {row.version_id: row for row in run.results.all()}
        for j, version in enumerate(versions):
            row = rows[version.pk]
            assert row.is_anchor == (j < 30)
            if row.is_anchor:
                assert row.discrimination == pytest.approx(version.discrimination)
                assert row.difficulty == pytest.approx(version.difficulty)
                assert row.se_difficulty is None
        found = [rows[v.pk] for v in versions[30:]]
        miss = np.array([row.difficulty for row in found]) - truth.b[30:, 0]
        errors = np.array([row.se_difficulty for row in found])
        assert np.sqrt(np.mean(miss**2)) < 0.15
        assert (np.abs(miss) < 3.5 * errors).all()
        assert np.sqrt(np.mean((np.array([r.discrimination for r in found]) - truth.a[30:]) ** 2)) < 0.2

    def test_freely_the_same_answers_put_them_elsewhere(self, cast: Cast, field_test) -> None:
        answered(cast, field_test, count=600)
        truth = field_test[2]
        run = calibrated(cast, model="2pl", anchoring="free")
        found = run.results.filter(item__status="field_test").order_by("item_id")
        free = dict(found.values_list("version_id", "difficulty"))
        miss = np.array([free[v.pk] for v in field_test[1][30:]]) - truth.b[30:, 0]
        assert run.n_anchors == 0
        # On a scale of its own the abler group makes every item look easier: (b - .6) / .8.
        assert miss.mean() < -0.4

    def test_an_anchor_that_moved_is_pointed_at(self, cast: Cast, field_test) -> None:
        exam, versions, truth = field_test
        b = np.array(truth.b)
        b[4] += 1.2
        moved = Items(truth.models, truth.a, b, truth.c, truth.d)
        answered(cast, (exam, versions, moved), given=30, count=600)
        run = calibrated(cast, model="2pl")
        flagged = [row.version_id for row in run.results.filter(is_anchor=True) if "anchor_moved" in row.flags]
        assert flagged == [versions[4].pk]

    def test_without_an_anchor_it_says_what_to_do(self, cast: Cast) -> None:
        exam = make_exam("plain", size=12)
        versions = versions_of(exam)
        theta = np.random.default_rng(1).normal(size=200)
        simulate(students_of(cast.hana, 200), exam, versions, parameters_of(versions), theta=theta)
        run = request_calibration(person=cast.zoe, request=CalibrationRequest(), in_worker=False)
        run_calibration(run.pk)
        run.refresh_from_db()
        assert run.status == CalibrationRun.Status.FAILED
        assert "on a scale of its own" in run.error


class TestWhichAnswersCount:
    def test_versions_of_the_same_question_are_joined_and_others_are_not(self, cast: Cast) -> None:
        exam = make_exam("chain", size=3, areas=1)
        first = versions_of(exam)
        item = Item.objects.get(pk=first[0].item_id)
        draft = draft_of(with_contents([first[0].pk])[0])
        second = bank.new_version(person=cast.zoe, item=item, draft=replace(draft, b=draft.b + 1))
        korean = draft.texts["ko"]
        explained = replace(draft, texts={"ko": replace(korean, explanation="그래서")})
        third = bank.new_version(person=cast.zoe, item=item, draft=explained)
        assert countable_versions([item])[item.pk] == [third.pk, second.pk, first[0].pk]
        translated = replace(explained, texts={**explained.texts, "en": replace(korean, stem="Which?")})
        fourth = bank.new_version(person=cast.zoe, item=item, draft=translated)
        assert countable_versions([item])[item.pk][0] == fourth.pk
        assert len(countable_versions([item])[item.pk]) == 4
        reworded = replace(translated, texts={**translated.texts, "ko": replace(korean, stem="다른 물음")})
        fifth = bank.new_version(person=cast.zoe, item=item, draft=reworded)
        assert countable_versions([item])[item.pk] == [fifth.pk]

    def test_only_the_first_answer_of_a_student_counts(self, cast: Cast) -> None:
        exam = make_exam("again", size=4, areas=1)
        versions = versions_of(exam)
        students, truth = students_of(cast.hana, 5), parameters_of(versions)
        early = timezone.now() - timezone.timedelta(days=3)
        first = simulate(students, exam, versions, truth, theta=np.zeros(5), seed=1, at=early)
        simulate(students, exam, versions, truth, theta=np.zeros(5), seed=2)
        answers = read_answers([[v.pk] for v in versions], Scope())
        assert len(answers) == 20
        assert set(answers.attempts) == {attempt.pk for attempt in first.attempts}

    def test_what_nobody_has_graded_waits_and_the_newest_grade_counts(self, cast: Cast) -> None:
        exam = make_exam("graded", size=2, areas=1)
        versions = versions_of(exam)
        made = simulate(students_of(cast.hana, 3), exam, versions, parameters_of(versions), theta=np.zeros(3))
        essay = with_contents([versions[0].pk])[0]
        other = ItemVersion.objects.create(
            item=essay.item, number=2, kind="essay", key=None, max_score=4, model="gpcm", discrimination=1.0,
            difficulty=0.0, guessing=0.0, thresholds=[-1.0, -0.3, 0.3, 1.0],
        )  # fmt: skip
        responses = [
            Response(
                attempt=attempt, position=9, version=other, answer={"text": "…"}, score=None, is_correct=False,
                theta=0.0, se=0.3, discrimination=1.0, difficulty=0.0, guessing=0.0, presented_at=attempt.started_at,
                answered_at=attempt.finished_at, client_key=uuid4(),
            )
            for attempt in made.attempts
        ]  # fmt: skip
        Response.objects.bulk_create(responses)
        for score in (1, 3):
            Grade.objects.create(
                response=responses[0], points=[score], score=score, grader_name="A", created_at=timezone.now()
            )
        answers = read_answers([[other.pk]], Scope())
        assert answers.score.tolist() == [3]

    def test_answers_are_those_of_the_scope(self, cast: Cast) -> None:
        exam = make_exam("scope", size=3, areas=1)
        versions = versions_of(exam)
        truth = parameters_of(versions)
        old = timezone.now() - timezone.timedelta(days=40)
        simulate(students_of(cast.hana, 4, "h"), exam, versions, truth, theta=np.zeros(4))
        simulate(students_of(cast.duri, 2, "d"), exam, versions, truth, theta=np.zeros(2), at=old)
        columns = [[v.pk] for v in versions]

        def number(**scope: object) -> int:
            return len(read_answers(columns, Scope(**scope)).attempts)

        assert number() == 6
        assert number(organization_id=cast.hana.pk) == 4
        assert number(since=timezone.now() - timezone.timedelta(days=5)) == 4
        assert number(exams=("scope",)) == 6
        assert number(exams=("other",)) == 0


class TestThePlan:
    def test_it_says_what_becomes_of_each_item(self, cast: Cast, field_test) -> None:
        answered(cast, field_test)
        versions = field_test[1]
        plan = plan_calibration(cast.zoe, CalibrationRequest(min_answers=100))
        assert len(plan.of_role(ANCHOR)) == 30
        assert {each.answers for each in plan.of_role(ESTIMATED)} == {250}
        high = plan_calibration(cast.zoe, CalibrationRequest(min_answers=2000))
        assert [each.reason for each in high.of_role(LEFT_OUT)] == ["few"] * 10
        assert high.problem
        code = versions[0].item.code
        chosen = plan_calibration(cast.zoe, CalibrationRequest(items=(code,), min_answers=10))
        assert [each.item.code for each in chosen.of_role(ESTIMATED)] == [code]
        assert len(chosen.of_role(ANCHOR)) == 29

    def test_codes_that_are_not_there_are_named(self, cast: Cast) -> None:
        with pytest.raises(InvalidCalibration) as refused:
            plan_calibration(cast.zoe, CalibrationRequest(exams=("nope",), items=("never",), model="5pl"))
        assert {"exams", "items", "model"} == set(refused.value.extra["errors"])

    def test_it_writes_nothing(self, cast: Cast, field_test) -> None:
        answered(cast, field_test)
        plan_calibration(cast.zoe, CalibrationRequest())
        assert not CalibrationRun.objects.exists()


class TestActivation:
    def test_a_new_attempt_pins_the_new_parameters(self, cast: Cast, field_test) -> None:
        answered(cast, field_test)
        exam, versions, _truth = field_test
        run = calibrated(cast, model="2pl")
        before = start(person=cast.bob, exam_id=exam.pk, client_key=uuid4())
        done = activate(person=cast.zoe, run=run, items=[v.item.code for v in versions[30:]], into_use=True)
        assert len(done.activated) == 10
        row = run.results.get(version=versions[35])
        item = Item.objects.select_related("current").get(pk=row.item_id)
        assert item.status == Item.Status.ACTIVE
        assert item.current.parameter_source == CALIBRATED
        assert item.current.difficulty == pytest.approx(row.difficulty, abs=1e-5)
        assert item.current.pk == row.accepted_version_id
        assert item.current.texts.count() == 1
        # Who began before keeps the old pool; who begins now draws from the new parameters.
        old = exam.attempts.get(pk=before["id"]).pool
        new = current_pool(exam)
        assert versions[35].pk not in old.versions
        loaded = load_pool(new.pk)
        index = loaded.versions.index(item.current.pk)
        assert loaded.parameters(index)[1] == pytest.approx(row.difficulty, abs=1e-5)
        log = AuditEntry.objects.filter(resource_type="calibration", resource_id=str(run.pk), action="update").get()
        assert len(log.details["items"]) == 10

    def test_left_to_itself_it_takes_what_nothing_speaks_against(self, cast: Cast, field_test) -> None:
        answered(cast, field_test)
        run = calibrated(cast, model="2pl")
        rows = list(run.results.filter(is_anchor=False).select_related("item"))
        CalibratedItem.objects.filter(pk=rows[0].pk).update(flags=["against"])
        CalibratedItem.objects.filter(pk=rows[1].pk).update(flags=["shifted", "few"])
        CalibratedItem.objects.filter(pk=rows[2].pk).update(flags=["unsure"])
        done = activate(person=cast.zoe, run=run)
        assert rows[1].item.code in done.activated
        assert not {rows[0].item.code, rows[2].item.code} & set(done.activated)

    def test_again_changes_nothing(self, cast: Cast, field_test) -> None:
        answered(cast, field_test)
        run = calibrated(cast, model="2pl")
        code = field_test[1][33].item.code
        activate(person=cast.zoe, run=run, items=[code])
        numbers = list(Item.objects.order_by("code").values_list("current_id", flat=True))
        again = activate(person=cast.zoe, run=run, items=[code])
        assert (again.activated, again.unchanged) == ([], [code])
        assert list(Item.objects.order_by("code").values_list("current_id", flat=True)) == numbers

    def test_an_item_that_changed_since_is_refused_and_nothing_is_done(self, cast: Cast, field_test) -> None:
        answered(cast, field_test)
        versions = field_test[1]
        run = calibrated(cast, model="2pl")
        changed = Item.objects.get(pk=versions[32].item_id)
        draft = draft_of(with_contents([changed.current_id])[0])
        bank.new_version(person=cast.zoe, item=changed, draft=replace(draft, b=0.3))
        with pytest.raises(CalibrationStale) as refused:
            activate(person=cast.zoe, run=run, items=[changed.code, versions[33].item.code])
        assert changed.code in refused.value.extra["problems"][0]
        assert not run.results.exclude(accepted_version=None).exists()

    def test_anchors_strangers_and_impossible_values_are_refused(self, cast: Cast, field_test) -> None:
        answered(cast, field_test)
        versions = field_test[1]
        run = calibrated(cast, model="2pl")
        row = run.results.get(version=versions[31])
        CalibratedItem.objects.filter(pk=row.pk).update(difficulty=9.0)
        with pytest.raises(InvalidCalibration) as refused:
            activate(person=cast.zoe, run=run, items=[versions[0].item.code, "stranger", row.item.code])
        assert len(refused.value.extra["problems"]) == 3

    def test_who_may(self, cast: Cast, field_test) -> None:
        answered(cast, field_test)
        run = request_calibration(person=cast.zoe, request=CalibrationRequest(), in_worker=False)
        with pytest.raises(RunNotFinished):
            activate(person=cast.zoe, run=run)
        with pytest.raises(PermissionRefused):
            activate(person=cast.bob, run=run)
        with pytest.raises(PermissionRefused):
            # The zone's items are not a school's to change.
            activate(person=cast.alice, run=run)
        with pytest.raises(PermissionRefused):
            request_calibration(person=cast.bob, request=CalibrationRequest())
        run.organization = cast.hana
        run.save()
        with pytest.raises(NotFound):
            activate(person=cast.oscar, run=run)


class TestRuns:
    def test_two_workers_do_it_once(self, cast: Cast, field_test) -> None:
        answered(cast, field_test)
        run = request_calibration(person=cast.zoe, request=CalibrationRequest(model="2pl"), in_worker=False)
        assert runs.claim(CalibrationRun, run.pk) is not None
        assert runs.claim(CalibrationRun, run.pk) is None
        assert not run_calibration(run.pk)

    def test_a_worker_that_fell_silent_is_replaced_and_writes_nothing(self, cast: Cast, field_test) -> None:
        answered(cast, field_test)
        run = request_calibration(person=cast.zoe, request=CalibrationRequest(model="2pl"), in_worker=False)
        lost = runs.claim(CalibrationRun, run.pk)
        CalibrationRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - 2 * runs.SILENCE)
        assert run_calibration(run.pk)
        with pytest.raises(runs.RunLost), runs.finishing(lost):
            pass
        run.refresh_from_db()
        assert run.status == CalibrationRun.Status.FINISHED

    def test_what_nobody_is_at_is_sent_again(self, cast: Cast, monkeypatch) -> None:
        sent: list[str] = []
        monkeypatch.setattr(tasks.calibrate, "apply_async", lambda args, **_options: sent.extend(args))
        fresh, lost, silent, busy, done = (CalibrationRun.objects.create() for _ in range(5))
        long_ago, now = timezone.now() - 2 * runs.SILENCE, timezone.now()
        change = {lost: {"created_at": long_ago}, done: {"status": "finished", "created_at": long_ago}}
        change |= {silent: {"status": "running", "heartbeat_at": long_ago, "created_at": long_ago}}
        change |= {busy: {"status": "running", "heartbeat_at": now, "created_at": long_ago}}
        for run, values in change.items():
            CalibrationRun.objects.filter(pk=run.pk).update(**values)
        assert tasks.resume_runs() == 2
        assert set(sent) == {str(lost.pk), str(silent.pk)}
        assert str(fresh.pk) not in sent

    def test_progress_only_rises(self, cast: Cast, field_test) -> None:
        answered(cast, field_test)
        run = request_calibration(person=cast.zoe, request=CalibrationRequest(model="2pl"), in_worker=False)
        told: list[int] = []
        run_calibration(run.pk, lambda _step, percent: told.append(percent))
        assert told == sorted(told)
        assert told[0] <= 20 < told[-1]


def test_several_scores_and_two_scores_in_one_calibration(cast: Cast) -> None:
    exam = make_exam("mixed", size=12, areas=1)
    versions = versions_of(exam)
    steps = [[-1.0, 0.2, 1.1], [-0.6, 0.1, 0.9], [-1.4, -0.2, 0.8]]
    essays = []
    for n in range(len(steps)):
        item = Item.objects.create(code=f"essay-{n}", area=versions[0].item.area, status=Item.Status.ACTIVE)
        version = ItemVersion.objects.create(
            item=item, number=1, kind="essay", key=None, max_score=3, model=("gpcm", "grm", "gpcm")[n],
            discrimination=1.0, difficulty=0.0, guessing=0.0, thresholds=[-1.0, 0.0, 1.0],
        )  # fmt: skip
        Item.objects.filter(pk=item.pk).update(current=version)
        essays.append(version)
    whole = [*versions, *essays]
    plain = parameters_of(versions)
    b = np.full((15, 3), np.nan)
    b[:12, 0], b[12:] = plain.b[:, 0], steps
    truth = Items(
        (*plain.models, "GPCM", "GRM", "GPCM"),
        np.concatenate([plain.a, [1.2, 1.5, 0.9]]),
        b,
        np.concatenate([plain.c, np.zeros(3)]),
    )
    theta = np.random.default_rng(2).normal(size=1200)
    simulate(students_of(cast.hana, 1200), exam, whole, truth, theta=theta)
    run = calibrated(cast, anchoring="free")
    rows = {row.version_id: row for row in run.results.all()}
    for version, thresholds, slope in zip(essays, steps, (1.2, 1.5, 0.9), strict=True):
        row = rows[version.pk]
        assert row.thresholds == pytest.approx(thresholds, abs=0.25)
        assert row.discrimination == pytest.approx(slope, abs=0.25)
        assert row.difficulty == pytest.approx(np.mean(row.thresholds))
        assert 0.8 < row.infit < 1.2


class TestCommands:
    @pytest.fixture
    def run(self) -> Callable[..., str]:
        def call(*words: str) -> str:
            out = StringIO()
            call_command(*words, stdout=out, stderr=out, no_color=True)
            return out.getvalue()

        return call

    def test_a_dry_run_says_what_would_be_done(self, cast: Cast, field_test, run) -> None:
        answered(cast, field_test)
        said = run("calibrate", "--zone", "univ", "--exam", "field", "--min-answers", "200", "--dry-run")
        assert "10 items to estimate, 30 anchors, 0 left out" in said
        assert "250 answers" in said
        assert not CalibrationRun.objects.exists()

    def test_from_answers_to_a_report_and_new_versions(self, cast: Cast, field_test, run, tmp_path) -> None:
        answered(cast, field_test)
        said = run("calibrate", "--zone", "univ", "--model", "2pl", "--report", str(tmp_path / "report"))
        assert "converged after" in said
        found = CalibrationRun.objects.get()
        report = (tmp_path / "report" / "report.html").read_text()
        assert report.count('<svg class="plot"') == 4 + 10
        assert "field-35" in report
        assert "<script" not in report
        table = (tmp_path / "report" / "parameters.csv").read_text(encoding="utf-8-sig").splitlines()
        assert len(table) == 41
        words = ("activate_calibration", str(found.pk), "--zone", "univ", "--items", "field-35")
        with pytest.raises(CommandError, match="Nobody in this zone"):
            run(*words, "--by", "nobody@example.com")
        with pytest.raises(CommandError):
            run(*words, "--by", cast.bob.email)
        assert "1 items have new parameters" in run(*words, "--by", cast.zoe.email)
        assert "1 had them already" in run(*words, "--by", cast.zoe.email)
        assert found.results.get(item__code="field-35").accepted_by == cast.zoe.email

    def test_what_cannot_be_done_is_said(self, cast: Cast, run) -> None:
        with pytest.raises(CommandError, match="no zone"):
            run("calibrate", "--zone", "nowhere")
        with pytest.raises(CommandError, match="never"):
            run("calibrate", "--zone", "univ", "--items", "never")
        with pytest.raises(CommandError, match="answers enough"):
            run("calibrate", "--zone", "univ")


class TestTheApi:
    def test_asked_for_followed_and_taken_over(self, cast: Cast, field_test, api_for, monkeypatch) -> None:
        answered(cast, field_test)
        sent: list[list[str]] = []
        monkeypatch.setattr(tasks.calibrate, "apply_async", lambda args, **_options: sent.append(args))
        zoe = api_for(cast.zoe)
        made = zoe.post("/api/v1/calibrations", {"exams": ["field"], "model": "2pl"})
        assert (made.status_code, made.json()["status"]) == (202, "queued")
        address = f"/api/v1/calibrations/{made.json()['id']}"
        assert sent == [[made.json()["id"]]]
        assert zoe.post(f"{address}/activate", {}).json()["code"] == "run_not_finished"
        assert tasks.calibrate(*sent[0])
        found = zoe.get(address).json()
        assert (found["status"], found["converged"], len(found["results"])) == ("finished", True, 40)
        assert found["comparison"][0]["model"] == "2pl"
        code = next(row["code"] for row in found["results"] if not row["anchor"])
        done = zoe.post(f"{address}/activate", {"items": [code]})
        assert done.json() == {"activated": [code], "unchanged": []}
        assert zoe.get("/api/v1/calibrations").json()["results"][0]["id"] == made.json()["id"]
        # A school sees its own calibrations alone.
        assert api_for(cast.alice).get(address).status_code == 404
        assert api_for(cast.alice).get("/api/v1/calibrations").json()["results"] == []

    def test_a_request_that_makes_no_sense_names_its_fields(self, cast: Cast, api_for) -> None:
        refused = api_for(cast.zoe).post("/api/v1/calibrations", {"exams": ["nope"], "items": ["never"]})
        assert refused.status_code == 400
        assert set(refused.json()["errors"]) == {"exams", "items"}
