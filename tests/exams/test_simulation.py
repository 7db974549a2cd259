"""Simulation of an exam on a real database: by command, by the worker's function, from the console."""

from io import StringIO
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command

from audit.models import AuditEntry
from exams import tasks
from exams.models import (
    Attempt,
    Exam,
    ExamConstraint,
    ExamItem,
    ExamModule,
    ExposureParameter,
    Item,
    ItemOption,
    ItemText,
    ItemVersion,
    Passage,
    PassageText,
    SimulationRun,
)
from exams.pools import current_pool, load_pool
from exams.problems import RunNotFinished
from exams.selectors.readiness import readiness_problems
from exams.services import delivery
from exams.services.answering import answer
from exams.services.simulating import run_simulation
from exams.services.simulation import SimulationRequest, request_simulation, save_exposure
from tests.cast import Cast
from tests.sample_exam import make_exam
from zones.problems import Invalid, NotFound, PermissionRefused

pytestmark = pytest.mark.usefixtures("in_univ")
FEW = SimulationRequest(students=60, seed=4)


@pytest.fixture
def exam(cast: Cast) -> Exam:
    return make_exam("sim", size=60, min_items=12, max_items=12, randomesque=3)


@pytest.fixture
def controlled(cast: Cast) -> Exam:
    """An exam whose best items would be given to nearly everybody."""
    return make_exam("sh", size=60, min_items=8, max_items=8, exposure="sympson_hetter", exposure_rate=0.4)


def test_a_worker_simulates_the_exam_as_it_stands(cast: Cast, exam: Exam) -> None:
    run = request_simulation(person=cast.zoe, exam=exam, request=FEW)
    heard: list[int] = []
    assert run_simulation(run.pk, lambda step, percent: heard.append(percent))
    run.refresh_from_db()
    assert (run.status, run.progress, run.error) == ("finished", 100, "")
    assert heard == sorted(heard)
    result = run.result
    assert (result["students"], result["items"], result["mean_length"]) == (60, 60, 12)
    assert result["reasons"] == {"length": 60}
    assert result["violations"] == {}
    assert sum(result["exposure"]["rates"]) == pytest.approx(12, abs=0.01)
    # 12 items of a median a of 1.3: about .43; 60 students miss it by a tenth of that.
    assert 0.25 < result["rmse"] < 0.65
    created = AuditEntry.objects.get(resource_type="simulationrun", resource_id=str(run.pk))
    assert created.details["code"] == "sim"


def test_a_run_is_done_once(cast: Cast, exam: Exam) -> None:
    run = request_simulation(person=cast.zoe, exam=exam, request=FEW)
    assert tasks.simulate_exam(str(run.pk))
    first = SimulationRun.objects.get(pk=run.pk)
    assert not tasks.simulate_exam(str(run.pk))
    again = SimulationRun.objects.get(pk=run.pk)
    assert (again.finished_at, again.result) == (first.finished_at, first.result)


def test_the_same_seed_gives_the_same_result(cast: Cast, exam: Exam) -> None:
    results = []
    for seed in (4, 4, 5):
        run = request_simulation(person=cast.zoe, exam=exam, request=SimulationRequest(students=30, seed=seed))
        run_simulation(run.pk)
        results.append(SimulationRun.objects.get(pk=run.pk).result)
    assert results[0] == results[1]
    assert results[0] != results[2]


def test_an_exam_that_cannot_be_given_says_why(cast: Cast, exam: Exam) -> None:
    Exam.objects.filter(pk=exam.pk).update(min_items=90, max_items=90)
    exam.refresh_from_db()
    run = request_simulation(person=cast.zoe, exam=exam, request=FEW)
    assert run_simulation(run.pk)
    run.refresh_from_db()
    assert run.status == "failed"
    assert "60" in run.error
    assert "90" in run.error


@pytest.mark.parametrize("figures", [{"students": 5}, {"sd": 0.0}, {"seed": -1}, {"mean": 9.0}])
def test_figures_out_of_range_are_refused(cast: Cast, exam: Exam, figures: dict[str, float]) -> None:
    with pytest.raises(Invalid) as refusal:
        request_simulation(person=cast.zoe, exam=exam, request=SimulationRequest(**figures))
    assert set(refusal.value.extra["errors"]) == set(figures)
    assert not SimulationRun.objects.exists()


def test_only_those_who_may_change_the_exam_simulate_it(cast: Cast, exam: Exam) -> None:
    for person in (cast.alice, cast.bob, cast.anna):
        # Anna administers an organization; this exam is the zone's.
        with pytest.raises(PermissionRefused):
            request_simulation(person=person, exam=exam, request=FEW)
    exam.organization = cast.duri
    with pytest.raises(NotFound):
        request_simulation(person=cast.anna, exam=exam, request=FEW)


def test_exposure_parameters_are_found_and_taken_over_by_a_person(cast: Cast, controlled: Exam) -> None:
    asked = SimulationRequest(students=150, seed=2, finds_exposure=True)
    run = request_simulation(person=cast.zoe, exam=controlled, request=asked)
    with pytest.raises(RunNotFinished):
        save_exposure(person=cast.zoe, run=run)
    run_simulation(run.pk)
    run.refresh_from_db()
    assert run.status == "finished", run.error
    found = run.result["parameters"]
    assert found["highest"][0] > 0.8
    # .4 is known to .04 from 150 students, and the search allows for twice that.
    assert min(found["highest"]) < 0.55
    assert not ExposureParameter.objects.exists()
    with pytest.raises(PermissionRefused):
        save_exposure(person=cast.alice, run=run)
    held = save_exposure(person=cast.zoe, run=run)
    assert 0 < held == ExposureParameter.objects.filter(exam=controlled, value__lt=1).count()
    assert ExposureParameter.objects.filter(exam=controlled).count() == 60
    # Again changes nothing.
    assert save_exposure(person=cast.zoe, run=run) == held
    assert AuditEntry.objects.filter(resource_type="exam", resource_id=str(controlled.pk)).count() == 2


def test_other_exposure_control_has_no_parameters(cast: Cast, exam: Exam) -> None:
    with pytest.raises(Invalid):
        request_simulation(person=cast.zoe, exam=exam, request=SimulationRequest(finds_exposure=True))
    run = request_simulation(person=cast.zoe, exam=exam, request=FEW)
    run_simulation(run.pk)
    run.refresh_from_db()
    with pytest.raises(Invalid):
        save_exposure(person=cast.zoe, run=run)


def test_only_an_adaptive_exam_has_exposure_parameters(cast: Cast, controlled: Exam) -> None:
    Exam.objects.filter(pk=controlled.pk).update(kind="multistage")
    controlled.refresh_from_db()
    with pytest.raises(Invalid, match=controlled.get_kind_display()):
        request_simulation(person=cast.zoe, exam=controlled, request=SimulationRequest(finds_exposure=True))


# --- The command -----------------------------------------------------------------------------------------------------


def simulate_exam(*args: str) -> str:
    out = StringIO()
    call_command("simulate_exam", *args, "--zone", "univ", stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_command_tells_and_writes_a_report(exam: Exam, tmp_path: Path) -> None:
    Exam.objects.filter(pk=exam.pk).update(cut_scores=[-0.5, 0.5])
    said = simulate_exam("sim", "--students", "80", "--seed", "3", "--report", str(tmp_path))
    assert "80 students, 60 items" in said
    assert "Every constraint was held" in said
    page = (tmp_path / "simulation.html").read_text(encoding="utf-8")
    assert page.count('<svg class="plot"') == 5
    assert "nan" not in page
    assert "{{" not in page


def test_the_command_saves_exposure_parameters_when_told_to(controlled: Exam) -> None:
    said = simulate_exam("sh", "--students", "60", "--save-exposure", "--yes")
    assert "Saved" in said
    assert ExposureParameter.objects.filter(exam=controlled).count() == 60


def test_the_command_asks_before_it_saves(controlled: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda question: "n")
    assert "Nothing was saved" in simulate_exam("sh", "--students", "40", "--save-exposure")
    assert not ExposureParameter.objects.exists()


def test_the_command_refuses_in_words(exam: Exam) -> None:
    with pytest.raises(CommandError, match="no exam 'none'"):
        simulate_exam("none")
    with pytest.raises(CommandError, match="students"):
        simulate_exam("sim", "--students", "3")
    with pytest.raises(CommandError, match="nowhere"):
        call_command("simulate_exam", "sim", "--zone", "nowhere")


# --- The console -----------------------------------------------------------------------------------------------------


def test_the_console_asks_shows_and_saves(cast: Cast, controlled: Exam, client_for) -> None:  # type: ignore[no-untyped-def]
    console = client_for(cast.zoe, surface="admin")
    form = {"exam": controlled.pk, "students": 60, "mean": 0, "sd": 1, "seed": 7, "finds_exposure": "on"}
    answer = console.post("/exams/simulationrun/add/", form)
    run = SimulationRun.objects.get()
    assert answer.status_code == 302
    assert answer["Location"].endswith(f"{run.pk}/change/")
    page = f"/exams/simulationrun/{run.pk}/change/"
    waiting = console.get(page).content.decode()
    assert "<progress" in waiting
    assert "hx-get" in waiting
    tasks.simulate_exam(str(run.pk))
    finished = console.get(page).content.decode()
    assert finished.count('<svg class="plot"') == 6
    assert "hx-get" not in finished
    assert console.post(page).status_code == 302
    assert ExposureParameter.objects.filter(exam=controlled).count() == 60
    run.refresh_from_db()
    assert run.saved_by == "zoe@example.com"
    assert console.get("/exams/simulationrun/").status_code == 200


def test_the_console_says_what_was_refused(cast: Cast, exam: Exam, client_for) -> None:  # type: ignore[no-untyped-def]
    console = client_for(cast.zoe, surface="admin")
    form = {"exam": exam.pk, "students": 60, "mean": 0, "sd": 1, "seed": 7, "finds_exposure": "on"}
    assert console.post("/exams/simulationrun/add/", form).status_code == 302
    assert not SimulationRun.objects.exists()
    assert "Sympson" in console.get("/exams/simulationrun/add/").content.decode()


def test_an_organization_sees_its_own_simulations_alone(cast: Cast, exam: Exam, client_for) -> None:  # type: ignore[no-untyped-def]
    run = request_simulation(person=cast.zoe, exam=exam, request=FEW)
    console = client_for(cast.anna, surface="admin")
    assert console.get(f"/exams/simulationrun/{run.pk}/change/").status_code == 404
    assert console.post(f"/exams/simulationrun/{run.pk}/change/").status_code == 404
    assert str(run.pk) not in console.get("/exams/simulationrun/").content.decode()


# --- Every design, as delivery configures it -------------------------------------------------------------------------


def with_passage(items: list[Item], code: str) -> None:
    """The items' next versions, which show a passage."""
    passage = Passage.objects.create(code=code)
    PassageText.objects.create(passage=passage, language="ko", text="…")
    for item in items:
        old = item.current
        version = ItemVersion.objects.create(
            item=item,
            number=2,
            key=1,
            passage=passage,
            discrimination=old.discrimination,
            difficulty=old.difficulty,
            guessing=old.guessing,
            words=40,
        )
        text = ItemText.objects.create(version=version, language="ko", stem="?")
        ItemOption.objects.bulk_create(ItemOption(text_of=text, position=n, text=f"{n}") for n in (1, 2, 3, 4))
        Item.objects.filter(pk=item.pk).update(current=version)


def assembled(cast: Cast) -> Exam:
    """An exam by shadow tests: two areas, tags, words, passages of two to three items, enemies, item eligibility."""
    exam = make_exam(
        "shadow", size=80, min_items=10, max_items=10, assembly="shadow", exposure="eligibility", exposure_rate=0.5
    )
    items = list(Item.objects.filter(code__startswith="shadow-").select_related("current").order_by("code"))
    for number in range(4):
        with_passage(items[5 * number : 5 * number + 5], f"passage-{number}")
    Item.objects.filter(pk__in=[item.pk for item in items[::4]]).update(tags=["algebra"])
    for one, other in zip(items[20:50:2], items[21:51:2], strict=True):
        one.enemies.add(other)
    constraints = exam.constraints
    constraints.create(counted="items", tag="algebra", minimum=3, maximum=3)
    constraints.create(counted="words", minimum=80, maximum=120)
    constraints.create(counted="passages", minimum=1, maximum=1)
    constraints.create(counted="passage_items", minimum=2, maximum=3)
    return exam


def test_shadow_tests_of_an_exam_hold_its_constraints(cast: Cast) -> None:
    run = request_simulation(person=cast.zoe, exam=assembled(cast), request=FEW)
    run_simulation(run.pk)
    run.refresh_from_db()
    assert run.status == "finished", run.error
    result = run.result
    assert result["violations"] == {}
    assert result["design"] == "shadow"
    assert result["reasons"] == {"length": 60}
    assert result["exposure"]["highest"] <= 0.5
    loaded = load_pool(current_pool(run.exam).pk)
    blueprint = loaded.config.blueprint
    assert blueprint is not None
    assert (blueprint.sets, blueprint.items_per_set, blueprint.set_count) == ((1, 1), (2, 3), 4)


def test_an_attempt_holds_the_constraints_of_its_exam(cast: Cast) -> None:
    exam = assembled(cast)
    state = delivery.start(person=cast.bob, exam_id=exam.pk, client_key=uuid4())
    position = 0
    while item := state["item"]:
        position += 1
        state = answer(
            person=cast.bob,
            attempt_id=UUID(state["id"]),
            client_key=uuid4(),
            position=position,
            item=int(item["id"]),
            option=1 + position % 3,
        )
    attempt = Attempt.objects.get(pk=state["id"])
    loaded = load_pool(attempt.pool_id)
    assert loaded.config.blueprint is not None
    assert loaded.config.blueprint.violations(attempt.state["administered"], 10) == ()


def test_constraints_that_contradict_each_other_are_named_before_anybody_sits(cast: Cast) -> None:
    exam = assembled(cast)
    ExamConstraint.objects.create(exam=exam, counted="items", tag="algebra", minimum=5)
    run = request_simulation(person=cast.zoe, exam=exam, request=FEW)
    run_simulation(run.pk)
    run.refresh_from_db()
    assert run.status == "failed"
    assert "algebra" in run.error
    assert any("algebra" in problem for problem in readiness_problems(exam))


def test_a_multistage_exam_routes_by_ability(cast: Cast) -> None:
    exam = make_exam("mst", size=40, kind="multistage")
    items = sorted(
        Item.objects.filter(code__startswith="mst-").select_related("current"), key=lambda item: item.current.difficulty
    )
    position = 0
    for code, stage, theta_from, chosen in (
        ("routing", 1, None, items[16:24]),
        ("easy", 2, None, items[:10]),
        ("hard", 2, 0.0, items[-10:]),
    ):
        module = ExamModule.objects.create(exam=exam, code=code, stage=stage, theta_from=theta_from)
        for item in chosen:
            position += 1
            ExamItem.objects.create(exam=exam, module=module, item=item, position=position)
    run = request_simulation(person=cast.zoe, exam=exam, request=FEW)
    run_simulation(run.pk)
    run.refresh_from_db()
    assert run.status == "finished", run.error
    assert (run.result["items"], run.result["mean_length"]) == (28, 18)
    versions = run.result["versions"]
    rates = dict(zip(versions, run.result["exposure"]["rates"], strict=True))
    assert [rates[item.current_id] for item in items[16:24]] == [1.0] * 8
    easy, hard = rates[items[0].current_id], rates[items[-1].current_id]
    assert easy + hard == pytest.approx(1.0, abs=1e-3)
    assert 0.2 < easy < 0.8
