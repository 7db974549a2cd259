"""The work of a calibration: answers read, parameters estimated, fit judged, all written in one transaction."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.utils.translation import gettext as _

from exams.models import CalibratedItem, CalibrationRun
from exams.psychometrics.anchors import calibrate_with_anchors
from exams.psychometrics.appraisal import Appraisal, appraise, connected
from exams.psychometrics.curves import CURVE, information_of
from exams.psychometrics.estimation import Beta, Calibration, LogNormal, Priors, Settings, calibrate
from exams.psychometrics.models import POLYTOMOUS
from exams.psychometrics.responses import Responses
from exams.psychometrics.survey import ability_histogram
from exams.selectors.answers import parameters_of, read_answers
from exams.selectors.calibration import (
    ANCHOR,
    ESTIMATED,
    LEFT_OUT,
    PlannedItem,
    is_outside,
    plan_for,
    request_of,
    scope_of,
)
from exams.services import runs
from exams.services.runs import Progress, Refused

Step, Anchoring = CalibrationRun.Step, CalibrationRun.Anchoring
# Slopes of a bank in the logistic metric lie about 1; asymptotes about those of four options and of careless mistakes.
SLOPES, USUAL_GUESSING, USUAL_UPPER = LogNormal(0.0, 0.5), 0.2, 0.95
# Where to look: Wright & Linacre (1994) for mean squares, Orlando & Thissen (2003) for S-X2.
FEW, UNSURE, FLAT, WEAK, NOISY, REGULAR, SHIFTED = 200, 0.3, 0.2, 0.35, 1.3, 0.7, 0.5
MISFIT_P, MISFIT_RMSEA, MOVED, MOVED_Z = 0.01, 0.05, 0.05, 4.0
# Other models are fitted to as many answers as cost no more than the wanted one is worth.
COMPARED_UP_TO = 2_000_000


def run_calibration(run_id: UUID, listener: Callable[[str, int], None] | None = None) -> bool:
    """Do a calibration that was requested; returns whether it was done here (see exams.services.runs)."""
    return runs.perform(CalibrationRun, run_id, _work, listener)


@dataclass(frozen=True, eq=False)
class _Study:
    """The items that take part, in the order of the columns, with their answers."""

    planned: list[PlannedItem]
    responses: Responses
    anchors: list[int]
    left_out: list[dict[str, Any]]

    @property
    def models(self) -> list[str]:
        return [each.model for each in self.planned]

    @property
    def categories(self) -> list[int]:
        return [each.version.max_score + 1 for each in self.planned]


def _work(run: CalibrationRun, progress: Progress) -> None:
    study = _read(run, progress)
    found = _estimated(run, study, study.models, progress)
    progress(Step.EXAMINING, 70)
    fit = appraise(study.responses, found.items, mean=found.mean, sd=found.sd)
    progress(Step.EXAMINING, 80)
    comparison = _comparison(run, study, found, progress)
    rows = [_row(run, study, found, fit, j) for j in range(len(study.planned))]
    _flag_unconnected(rows, study)
    with runs.finishing(run):
        CalibratedItem.objects.filter(run=run).delete()
        CalibratedItem.objects.bulk_create(rows, batch_size=500)
        runs.keep(run, **_totals(study, found), summary=_summary(study, found, fit, comparison))


def _read(run: CalibrationRun, progress: Progress) -> _Study:
    request = request_of(run)
    plan = plan_for(run.organization_id, request)
    left_out = [_left_out(each, each.reason) for each in plan.of_role(LEFT_OUT)]
    taking_part = [*plan.of_role(ESTIMATED), *plan.of_role(ANCHOR)]
    total = sum(each.answers for each in taking_part) or 1
    answers = read_answers(
        [each.versions for each in taking_part],
        scope_of(request, run.organization_id),
        lambda read: progress(Step.READING, 20 * read / total),
    )
    responses = answers.responses()
    kept = []
    for column, (each, counts) in enumerate(zip(taking_part, responses.category_counts(), strict=True)):
        reason = "" if each.role == ANCHOR else _unusable(each, counts)
        if reason:
            left_out.append(_left_out(each, reason))
        elif counts.sum():
            kept.append(column)
    planned = [taking_part[column] for column in kept]
    anchors = [column for column, each in enumerate(planned) if each.role == ANCHOR]
    study = _Study(planned, responses.take(items=kept), anchors, left_out)
    _require_enough(run, study)
    return study


def _left_out(planned: PlannedItem, reason: str) -> dict[str, Any]:
    return {"code": planned.item.code, "answers": planned.answers, "reason": reason}


def _unusable(planned: PlannedItem, counts: np.ndarray) -> str:
    """Why nothing can be estimated of these answers, as a key of reason_in_words; empty when something can."""
    size = planned.version.max_score + 1
    given = np.zeros(size)
    given[: min(size, counts.size)] = counts[:size]
    if given.all():
        return ""
    if size > 2:
        return "unused_score"
    return "few" if not given.any() else "all_right" if given[1] else "all_wrong"


def _require_enough(run: CalibrationRun, study: _Study) -> None:
    if len(study.planned) == len(study.anchors):
        raise Refused(_("No item has answers enough to be estimated."))
    if run.anchoring != Anchoring.FREE and not study.anchors:
        raise Refused(
            _(
                "No active item with such parameters was answered beside these: there is no scale to hold on to."
                " Take assumed parameters too, or calibrate on a scale of its own."
            )
        )
    if not study.anchors and len(study.planned) < 3:
        raise Refused(_("On a scale of their own, three items at least are needed."))


def _estimated(
    run: CalibrationRun, study: _Study, models: Sequence[str], progress: Progress | None, errors: bool = True
) -> Calibration:
    def tell(cycle: int, _objective: float, _change: float) -> None:
        if progress is not None:
            # Nobody knows how many cycles there will be; most calibrations need some dozens.
            progress(Step.ESTIMATING, 20 + 50 * (1 - math.exp(-cycle / 60)))

    options: dict[str, Any] = {
        "categories": np.array(study.categories),
        "priors": priors_for(study.planned, models) if run.uses_priors else None,
        "settings": Settings(standard_errors=errors),
        "names": [each.item.code for each in study.planned],
        "progress": tell,
    }
    try:
        if not study.anchors:
            return calibrate(study.responses, models, **options)
        held = parameters_of([study.planned[column].version for column in study.anchors])
        return calibrate_with_anchors(study.responses, models, anchors=held, at=study.anchors, **options)
    except ValueError as error:
        raise Refused(_("These answers cannot be calibrated: %(why)s") % {"why": error}) from error


def priors_for(planned: Sequence[PlannedItem], models: Sequence[str]) -> Priors:
    """Weak priors: slopes about 1, guessing about what the bank assumes of these items, slips about one in twenty."""
    guessing = [each.version.guessing for each in planned if each.version.guessing > 0]
    usual = float(np.clip(np.mean(guessing), 0.05, 0.35)) if guessing else USUAL_GUESSING
    has = set(models)
    return Priors(
        a=SLOPES,
        c=Beta.with_mean(usual) if has & {"3PL", "4PL"} else None,
        d=Beta.with_mean(USUAL_UPPER) if "4PL" in has else None,
    )


def _row(run: CalibrationRun, study: _Study, found: Calibration, fit: Appraisal, j: int) -> CalibratedItem:
    planned, items, errors = study.planned[j], found.items, found.errors
    steps = items.b[j][np.isfinite(items.b[j])].tolist()
    step_errors = [None] * len(steps) if errors is None else [_number(v) for v in errors.b[j][: len(steps)]]
    polytomous = items.models[j] in POLYTOMOUS
    row = CalibratedItem(
        run=run,
        item=planned.item,
        version=planned.version,
        is_anchor=planned.role == ANCHOR,
        model=items.models[j],
        answers=int(fit.answers[j]),
        discrimination=float(items.a[j]),
        difficulty=float(np.mean(steps)),
        guessing=float(items.c[j]),
        upper=float(items.d[j]),
        thresholds=steps if polytomous else [],
        se_discrimination=None if errors is None else _number(errors.a[j]),
        se_difficulty=None if len(steps) > 1 else step_errors[0],
        se_guessing=None if errors is None else _number(errors.c[j]),
        se_upper=None if errors is None else _number(errors.d[j]),
        se_thresholds=step_errors if polytomous else [],
        facility=_number(fit.facility[j]),
        item_total=_number(fit.item_total[j]),
        infit=_number(fit.infit[j]),
        outfit=_number(fit.outfit[j]),
        s_x2=_number(fit.s_x2[j]),
        s_x2_df=None if math.isnan(fit.s_x2[j]) else int(fit.s_x2_df[j]),
        s_x2_p=_number(fit.s_x2_p[j]),
        observed=points_of(fit, j),
    )
    row.flags = _anchor_flags(fit, j) if row.is_anchor else _flags(row, fit, j)
    return row


def _number(value: Any) -> float | None:
    """A finite number, or None where there is none."""
    return float(value) if value is not None and math.isfinite(value) else None


def points_of(fit: Appraisal, j: int) -> list[dict[str, Any]]:
    """[{theta, p, n, low, high}] of one item's empirical curve."""
    curve = fit.curves[j]
    if curve is None:
        return []
    rows = zip(curve.ability, curve.observed, curve.students, curve.lower, curve.upper, strict=True)
    return [
        dict(zip(("theta", "p", "n", "low", "high"), (round(float(value), 4) for value in row), strict=True))
        for row in rows
    ]


def _flags(row: CalibratedItem, fit: Appraisal, j: int) -> list[str]:
    """What a person should know before activating it (exams.flags says each in words)."""
    a, before = row.discrimination, row.version
    tests = {
        "against": a < 0 or (row.item_total is not None and row.item_total < 0),
        "flat": 0 <= a < FLAT,
        "weak": FLAT <= a < WEAK,
        "outside": is_outside(row),
        "few": row.answers < FEW,
        "unsure": (row.se_difficulty or 0) > UNSURE or any((se or 0) > UNSURE for se in row.se_thresholds),
        "no_error": row.se_discrimination is None and row.model != "1PL",
        "bound": _at_bound(row),
        "shifted": abs(row.difficulty - before.difficulty) > SHIFTED,
        **_fit_tests(fit, j),
    }
    return [code for code, holds in tests.items() if holds]


def _fit_tests(fit: Appraisal, j: int) -> dict[str, bool]:
    return {
        "noisy": bool(max(fit.infit[j], fit.outfit[j]) > NOISY and max(fit.infit_z[j], fit.outfit_z[j]) > 2),
        "regular": bool(fit.infit[j] < REGULAR and fit.infit_z[j] < -2),
        "misfit": bool(fit.s_x2_p[j] < MISFIT_P and fit.s_x2_rmsea[j] > MISFIT_RMSEA),
    }


def _anchor_flags(fit: Appraisal, j: int) -> list[str]:
    moved = bool(abs(fit.difference[j]) > MOVED and abs(fit.difference_z[j]) > MOVED_Z)
    return [code for code, holds in {"anchor_moved": moved, **_fit_tests(fit, j)}.items() if holds]


def _at_bound(row: CalibratedItem) -> bool:
    return bool(
        row.discrimination >= 11.99
        or (row.model in ("3PL", "4PL") and not 2e-4 < row.guessing < 0.599)
        or (row.model == "4PL" and not 0.601 < row.upper < 1 - 2e-4)
    )


def _flag_unconnected(rows: list[CalibratedItem], study: _Study) -> None:
    """Items that no chain of students leads to an anchor (or, without anchors, to most of the others)."""
    groups = connected(study.responses)
    held = set(groups[study.anchors].tolist()) if study.anchors else {int(np.bincount(groups).argmax())}
    for row, group in zip(rows, groups.tolist(), strict=True):
        if group not in held:
            row.flags.append("unconnected")


def _comparison(run: CalibrationRun, study: _Study, found: Calibration, progress: Progress) -> list[dict[str, Any]]:
    """Log-likelihood, AIC and BIC of the wanted models and, for logistic items, of simpler and richer ones."""
    rows = [{"model": run.model, "chosen": True, **_measures(found)}]
    two = [column for column, each in enumerate(study.planned) if each.version.max_score == 1 and each.role != ANCHOR]
    if found.n_answers > COMPARED_UP_TO or not two:
        return rows
    names = {"1pl": "1PL", "2pl": "2PL", "3pl": "3PL"}
    for place, (name, model) in enumerate(names.items()):
        models = list(study.models)
        for column in two:
            models[column] = model
        if models == study.models:
            continue
        try:
            other = _estimated(run, study, models, None, errors=False)
        except Refused:
            continue
        rows.append({"model": name, "chosen": False, **_measures(other)})
        progress(Step.EXAMINING, 82 + 5 * place)
    return rows


def _measures(found: Calibration) -> dict[str, Any]:
    return {
        "log_likelihood": round(found.log_likelihood, 3),
        "parameters": found.n_parameters,
        "aic": round(found.aic, 2),
        "bic": round(found.bic, 2),
        "converged": found.convergence.converged,
    }


def _totals(study: _Study, found: Calibration) -> dict[str, Any]:
    return {
        "n_persons": int(np.count_nonzero(study.responses.answered())),
        "n_answers": int(found.n_answers),
        "n_items": len(study.planned) - len(study.anchors),
        "n_anchors": len(study.anchors),
        "log_likelihood": found.log_likelihood,
        "n_parameters": found.n_parameters,
        "mean": found.mean,
        "sd": found.sd,
        "converged": found.convergence.converged,
        "cycles": found.convergence.cycles,
    }


def _summary(study: _Study, found: Calibration, fit: Appraisal, comparison: list[dict[str, Any]]) -> dict[str, Any]:
    """{comparison, left_out, objectives, largest_change, information: {theta, before, after}, ability}."""
    before = parameters_of([each.version for each in study.planned])
    objectives = found.convergence.objectives
    thin = max(1, len(objectives) // 200)
    return {
        "comparison": comparison,
        "left_out": study.left_out,
        "objectives": [round(value, 4) for value in (*objectives[::thin], objectives[-1])],
        "largest_change": found.convergence.largest_change,
        "information": {
            "theta": CURVE.round(2).tolist(),
            "before": information_of(before).sum(axis=0).round(4).tolist(),
            "after": information_of(found.items).sum(axis=0).round(4).tolist(),
        },
        "ability": ability_histogram(fit.theta[study.responses.answered() > 0]),
    }
