"""Background work of one zone's exams."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from exams.models import AnalysisRun, CalibrationRun, IdempotentCall, Run, SimulationRun
from exams.selectors.interchange import batches_to_do, old_batches
from exams.services import analysis, finishing, interchange, runs


@shared_task
def finish_overdue() -> int:
    """End the attempts whose time has run out."""
    return finishing.finish_overdue()


@shared_task
def sweep_idempotent_calls() -> int:
    """Forget replies that no client asks for any more."""
    return IdempotentCall.objects.filter(created_at__lt=timezone.now() - timedelta(days=7)).delete()[0]


@shared_task
def calibrate(run_id: str) -> bool:
    """Do a calibration that somebody asked for."""
    # The web sends this task and never does it: the mathematics is loaded by the worker alone.
    from exams.services import estimating

    return estimating.run_calibration(UUID(run_id))


@shared_task
def simulate_exam(run_id: str) -> bool:
    """Do a simulation that somebody asked for."""
    from exams.services import simulating

    return simulating.run_simulation(UUID(run_id))


@shared_task
def work_off_imports() -> int:
    """Read what was uploaded, and import what was confirmed; the number of files that were worked on."""
    batches = batches_to_do()
    for batch_id in batches:
        interchange.read_batch(batch_id)
        interchange.finish_importing(batch_id)
    return len(batches)


@shared_task
def sweep_imports() -> int:
    """Forget imports that nobody looks at any more; what they made stays."""
    return interchange.forget(old_batches())


@shared_task
def analyse(run_id: str) -> bool:
    """Do an analysis that somebody, or the night, asked for."""
    from exams.services import analysing

    return analysing.run_analysis(UUID(run_id))


@shared_task
def refresh_analyses() -> int:
    """Ask for the analyses that have new answers."""
    return analysis.refresh_analyses()


@shared_task
def resume_runs() -> int:
    """Send again the calibrations, analyses and simulations that nobody is at; how many. Give up what kills workers."""
    waiting: list[tuple[Any, type[Run]]] = [
        (calibrate, CalibrationRun),
        (analyse, AnalysisRun),
        (simulate_exam, SimulationRun),
    ]
    for _task, model in waiting:
        runs.give_up(model)
    found = [(task, run_id) for task, model in waiting for run_id in runs.overdue(model)]
    for task, run_id in found:
        # Void before the next look, so that messages do not pile up before a busy worker.
        task.apply_async([str(run_id)], expires=300)
    return len(found)
