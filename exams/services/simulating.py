"""The work of a simulation: the exam's own pool and configuration, virtual students, what came of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
from django.utils.translation import gettext as _

from exams.cat.simulate import find_exposure_parameters, simulate
from exams.models import Exam, SimulationRun
from exams.pools import LoadedPool, build, pool_problems
from exams.psychometrics.analysis.simulation import parameters_of, summarise
from exams.rules import snapshot
from exams.selectors.readiness import form_problems, module_problems
from exams.services import runs
from exams.services.runs import Progress, Refused

Step = SimulationRun.Step
# Rounds of the search for exposure parameters, each with so many students at most: a rate of .25 is then known to .01.
ROUNDS, STUDENTS_IN_ROUND = 20, 2_000
# Exposure controls that promise a highest rate.
LIMITED = ("sympson_hetter", "progressive_restricted", "eligibility")


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
