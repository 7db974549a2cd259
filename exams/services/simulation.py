"""Asking for a simulation of an exam, and taking over the exposure parameters that it found: what people decide."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.people import Person
from audit.context import current_actor
from audit.models import Action
from audit.services import record
from exams.authority import author_id, require_write
from exams.models import Exam, ExposureParameter, ItemVersion, SimulationRun
from exams.problems import RunNotFinished
from exams.services import runs
from zones.problems import Invalid


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
    """Ask for a simulation; a worker does it (`in_worker`), or the caller through `simulating.run_simulation`.

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
    if request.finds_exposure and exam.kind != Exam.Kind.ADAPTIVE:
        said = _("Exposure parameters are for adaptive exams; this one is “%(kind)s”.")
        raise Invalid(said % {"kind": exam.get_kind_display()})
    if request.finds_exposure and exam.exposure != Exam.Exposure.SYMPSON_HETTER:
        raise Invalid(_("Exposure parameters are for exams with Sympson–Hetter control; this one has another."))
    runs.check_room(SimulationRun, exam.organization_id)
    with transaction.atomic():
        run.save(force_insert=True)
        details = {"exam": str(exam.pk), "code": exam.code, "students": run.students, "seed": run.seed}
        record(Action.CREATE, "simulationrun", run.pk, organization_id=exam.organization_id, details=details)
        if in_worker:
            _send_on_commit(run)
    return run


def _send_on_commit(run: SimulationRun) -> None:
    from exams.tasks import simulate_exam

    runs.send_on_commit(simulate_exam, run)


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
