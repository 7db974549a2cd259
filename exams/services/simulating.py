"""Simulations of an exam: asked for, done by a worker, and the exposure parameters that a person takes over."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import numpy as np
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.people import Person
from audit.context import current_actor
from audit.models import Action
from audit.services import record
from exams.authority import author_id, require_write
from exams.cat.simulate import find_exposure_parameters, simulate
from exams.models import Exam, ExposureParameter, ItemVersion, SimulationRun
from exams.pools import LoadedPool, build, pool_problems
from exams.problems import RunNotFinished
from exams.psychometrics.analysis.simulation import parameters_of, summarise
from exams.rules import snapshot
from exams.selectors.readiness import form_problems, module_problems
from exams.services import runs
from exams.services.runs import Progress, Refused
from zones.problems import Invalid

Step = SimulationRun.Step
# Rounds of the search for exposure parameters, each with so many students at most: a rate of .25 is then known to .01.
ROUNDS, STUDENTS_IN_ROUND = 20, 2_000


@dataclass(frozen=True)
class SimulationRequest:
    """How an exam is to be simulated: virtual students with abilities N(mean, sd)."""

    students: int = 1_000
    mean: float = 0.0
    sd: float = 1.0
    seed: int = 1
    finds_exposure: bool = False


def request_simulation(
    *, person: Person, exam: Exam, request: SimulationRequest, in_worker: bool = True
) -> SimulationRun:
    """Ask for a simulation; a worker does it (`in_worker`), or the caller through `run_simulation`.

    Raises Invalid for figures out of range and for an exam that cannot be given, PermissionRefused, NotFound.
    """
    require_write(person, "exam:update", exam.organization_id)
    run = SimulationRun(
        exam=exam,
        organization_id=exam.organization_id,
        requested_by_id=author_id(person),
        students=request.students,
        mean=request.mean,
        sd=request.sd,
        seed=request.seed,
        finds_exposure=request.finds_exposure,
    )
    try:
        run.full_clean(exclude=["exam", "organization", "requested_by"])
    except ValidationError as error:
        raise Invalid(_("This exam cannot be simulated like this."), errors=error.message_dict) from error
    if request.finds_exposure and exam.exposure != Exam.Exposure.SYMPSON_HETTER:
        raise Invalid(_("Exposure parameters are for exams with Sympson–Hetter control; this one has another."))
    with transaction.atomic():
        run.save(force_insert=True)
        details = {"exam": str(exam.pk), "code": exam.code, "students": run.students, "seed": run.seed}
        record(Action.CREATE, "simulationrun", run.pk, organization_id=exam.organization_id, details=details)
        if in_worker:
            _send_on_commit(run)
    return run


def _send_on_commit(run: SimulationRun) -> None:
    from exams.tasks import simulate_exam

    transaction.on_commit(lambda: simulate_exam.apply_async([str(run.pk)]))


def run_simulation(run_id: UUID, listener: Callable[[str, int], None] | None = None) -> bool:
    """Do a simulation that was requested; returns whether it was done here (see exams.services.runs)."""
    return runs.perform(SimulationRun, run_id, _work, listener)


def _work(run: SimulationRun, progress: Progress) -> None:
    loaded = _pool_of(run.exam)
    config, found = loaded.config, None
    rng = np.random.default_rng(run.seed)
    thetas = rng.normal(run.mean, run.sd, run.students)
    share = 0.0
    if run.finds_exposure:
        tried = thetas[:STUDENTS_IN_ROUND]
        share = 70.0
        found = find_exposure_parameters(
            loaded.pool,
            config,
            tried,
            rng,
            rounds=ROUNDS,
            listener=lambda done: progress(Step.SIMULATING, share * done / (ROUNDS * tried.size)),
        )
        config = replace(config, exposure="sympson_hetter", exposure_parameters=found.parameters.tolist())
    result = simulate(
        loaded.pool,
        config,
        thetas,
        rng,
        listener=lambda done: progress(Step.SIMULATING, share + (99 - share) * done / run.students),
    )
    summary: dict[str, Any] = {
        **summarise(result, config),
        "rate": config.exposure_rate if config.exposure in LIMITED else None,
        "design": config.design,
        "min_items": config.min_items,
        "max_items": config.max_items,
        "versions": list(loaded.versions),
        "parameters": None if found is None else parameters_of(found),
    }
    with runs.finishing(run):
        runs.keep(run, result=summary)


# Exposure controls that promise a highest rate.
LIMITED = ("sympson_hetter", "progressive_restricted", "eligibility")


def _pool_of(exam: Exam) -> LoadedPool:
    """The pool that an attempt started now would draw from, with the very configuration that delivery uses."""
    rules, versions = snapshot(exam)
    if not versions:
        raise Refused(_("There are no active items in the exam's areas and languages."))
    try:
        loaded = build(rules, versions)
    except ValueError as error:
        raise Refused(str(error)) from error
    names = {str(row.area_id): row.area.code for row in exam.blueprint.select_related("area")}
    # What else keeps an exam from being published, such as exposure parameters that are missing, does not matter here.
    if problems := pool_problems(loaded, names) or form_problems(loaded, names) or module_problems(loaded):
        raise Refused(" ".join(problems))
    return loaded


def save_exposure(*, person: Person, run: SimulationRun) -> int:
    """Make the exposure parameters that the simulation found the exam's; returns how many items are below 1.

    They hold for attempts that start from now on. An item that was not simulated has none, which means 1. Raises
    RunNotFinished, Invalid when the simulation looked for none, PermissionRefused, NotFound.
    """
    require_write(person, "exam:update", run.exam.organization_id)
    if run.status != SimulationRun.Status.FINISHED:
        raise RunNotFinished()
    found = run.result.get("parameters")
    if not found:
        raise Invalid(_("This simulation looked for no exposure parameters."))
    values = dict(zip(run.result["versions"], found["values"], strict=True))
    items = dict(ItemVersion.objects.filter(pk__in=values).values_list("pk", "item_id"))
    rows = [
        ExposureParameter(exam_id=run.exam_id, item_id=items[version], value=value)
        for version, value in values.items()
        if version in items
    ]
    with transaction.atomic():
        # Two people who save at once must not mix two sets.
        exam = Exam.objects.select_for_update().get(pk=run.exam_id)
        ExposureParameter.objects.filter(exam=exam).delete()
        ExposureParameter.objects.bulk_create(rows, batch_size=1_000)
        SimulationRun.objects.filter(pk=run.pk).update(saved_at=timezone.now(), saved_by=_name_of_actor())
        held = sum(row.value < 1 for row in rows)
        details = {"exposure_parameters": len(rows), "below_one": held, "simulation": str(run.pk)}
        record(Action.UPDATE, "exam", exam.pk, organization_id=exam.organization_id, details=details)
    return held


def _name_of_actor() -> str:
    return current_actor().label[:254]
