"""The work of an analysis: an exam's answers read and looked at from every side, stored for its pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Max, Q
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from exams.models import AnalysedItem, AnalysisRun, Attempt, Exam, Item, ItemOption, ItemVersion
from exams.psychometrics import survey
from exams.psychometrics.group_survey import LEAST_GROUP, dif_of
from exams.psychometrics.item_survey import classical_of, drift_of, fit_of, options_of, points_of
from exams.psychometrics.survey import Sample
from exams.selectors.answers import Answers, Scope, countable_versions, parameters_of, read_answers
from exams.selectors.groupings import comparable_groups
from exams.services import runs
from exams.services.runs import Progress, Refused

Step = AnalysisRun.Step
# Ebel & Frisbie (1991), ch. 13, and Wright & Linacre (1994): where a person should look.
FEW, EASY, HARD, WEAK = 30, 0.95, 0.2, 0.1
NOISY, REGULAR, SURPRISED = 1.3, 0.7, 2.0
MISFIT_P, MISFIT_RMSEA, OFTEN = 0.01, 0.05, 0.4


def run_analysis(run_id: UUID, listener: Callable[[str, int], None] | None = None) -> bool:
    """Do an analysis that was requested; returns whether it was done here (see exams.services.runs)."""
    return runs.perform(AnalysisRun, run_id, _work, listener)


@dataclass(frozen=True, eq=False)
class _Sittings:
    """The answers to one exam: columns are `items`, rows `answers.attempts`."""

    exam: Exam
    items: list[Item]
    versions: list[ItemVersion]
    answers: Answers
    sample: Sample

    @property
    def codes(self) -> list[str]:
        return [item.code for item in self.items]


def _work(run: AnalysisRun, progress: Progress) -> None:
    sittings = _read(run, progress)
    progress(Step.EXAMINING, 30)
    groups = comparable_groups(sittings.answers.attempts, run.organization_id, least=LEAST_GROUP)
    found = [dif_of(sittings.sample, group.focal, group.known) for group in groups]
    progress(Step.EXAMINING, 60)
    summary = _summary(run.exam, sittings)
    summary["dif"] = [group.told for group in groups]
    progress(Step.EXAMINING, 75)
    dif = [
        {group.id: row for group, rows in zip(groups, found, strict=True) if (row := rows[column]) is not None}
        for column in range(len(sittings.items))
    ]
    rows = _rows(run, sittings, summary, dif)
    with runs.finishing(run):
        AnalysedItem.objects.filter(run=run).delete()
        AnalysedItem.objects.bulk_create(rows, batch_size=500)
        runs.keep(run, n_attempts=len(sittings.answers.attempts), summary=summary)
        older = AnalysisRun.objects.filter(exam=run.exam_id, organization=run.organization_id)
        older.exclude(pk=run.pk).filter(status__in=[AnalysisRun.Status.FINISHED, AnalysisRun.Status.FAILED]).delete()


def _read(run: AnalysisRun, progress: Progress) -> _Sittings:
    exam = Exam.objects.get(pk=run.exam_id)
    scope = Scope((exam.code,), run.organization_id)
    finished = Q(status=Attempt.Status.FINISHED, exam=exam)
    if run.organization_id:
        finished &= Q(organization=run.organization_id)
    asked = Attempt.objects.filter(finished).values("responses__version__item").distinct()
    items = list(Item.objects.filter(pk__in=asked, current__isnull=False).select_related("current").order_by("code"))
    chains = countable_versions(items)
    total = 30 * len(items) or 1
    answers = read_answers(
        [chains[item.pk] for item in items],
        scope,
        lambda read: progress(Step.READING, min(25, 25 * read / total)),
        with_ability=True,
    )
    counts = np.bincount(answers.column, minlength=len(items))
    if not counts.any():
        raise Refused(_("Nobody has finished this exam yet."))
    kept = np.flatnonzero(counts)
    items = [items[column] for column in kept]
    versions: list[Any] = [item.current for item in items]
    scored = np.array([item.status != Item.Status.FIELD_TEST for item in items])
    sample = Sample.of(answers.responses().take(items=kept), parameters_of(versions), scored)
    return _Sittings(exam, items, versions, _renumbered(answers, kept), sample)


def _renumbered(answers: Answers, kept: NDArray[np.intp]) -> Answers:
    """The same answers with the columns that are kept counted from 0; the others have none."""
    place = np.full(answers.n_items, -1, dtype=np.intp)
    place[kept] = np.arange(kept.size)
    values = {name: getattr(answers, name) for name in answers.__dataclass_fields__}
    return Answers(**{**values, "column": place[answers.column], "n_items": int(kept.size)})


# --- The test --------------------------------------------------------------------------------------------------------


def _summary(exam: Exam, sittings: _Sittings) -> dict[str, Any]:
    """{answers, items, adaptive, ability, wright, reliability, precision, measured, fit, dependence, exposure, dif}."""
    sample, codes = sittings.sample, sittings.codes
    pool = exam.pools.order_by("-pk").values_list("versions", flat=True).first() or []
    return {
        "answers": len(sittings.answers),
        "items": len(codes),
        "adaptive": exam.kind != Exam.Kind.FIXED,
        "ability": survey.ability_histogram(sample.theta),
        "mean": survey.rounded(sample.theta.mean()),
        "sd": survey.rounded(sample.theta.std()),
        "wright": survey.wright_of(sample, codes),
        "reliability": survey.reliability_of(sample),
        "precision": survey.precision_of(sample),
        "measured": survey.measured_precision(sample),
        "fit": survey.model_fit_of(sample),
        "dependence": survey.dependence_of(sample, codes, np.random.default_rng(0)),
        "exposure": survey.exposure_of(sample, len(pool), exam.exposure_rate),
    }


# --- The items -------------------------------------------------------------------------------------------------------


def _rows(
    run: AnalysisRun, sittings: _Sittings, summary: Mapping[str, Any], dif: list[dict[str, Any]]
) -> list[AnalysedItem]:
    order = np.argsort(sittings.answers.column, kind="stable")
    ends = np.searchsorted(sittings.answers.column[order], np.arange(len(sittings.items) + 1))
    options = _option_counts(sittings.versions)
    sum_scores = survey.sum_score_fit(sittings.sample)
    rows = []
    for column, item in enumerate(sittings.items):
        at = order[ends[column] : ends[column + 1]]
        version = sittings.versions[column]
        details = _details(sittings, column, at, options.get(version.pk, 0))
        details["s_x2"] = sum_scores.get(column)
        pairs = summary["dependence"]["pairs"]
        own = [pair for pair in pairs if item.code in (pair["first"], pair["second"])]
        details["dependent"] = [_partner(pair, item.code) for pair in own]
        details["dif"] = dif[column]
        exposure = at.size / len(sittings.answers.attempts)
        row = AnalysedItem(
            run=run,
            item=item,
            version=version,
            answers=int(at.size),
            facility=details["facility"],
            discrimination=details["discrimination"],
            exposure=round(exposure, 4),
            details=details,
        )
        row.flags = _flags(row, adaptive=summary["adaptive"])
        rows.append(row)
    return rows


def _option_counts(versions: list[ItemVersion]) -> dict[int, int]:
    single = [version.pk for version in versions if version.kind == ItemVersion.Kind.SINGLE]
    options = ItemOption.objects.filter(text_of__version__in=single)
    return dict(options.values_list("text_of__version").annotate(most=Max("position")))


def _partner(pair: dict[str, Any], code: str) -> dict[str, Any]:
    return {"code": pair["second"] if pair["first"] == code else pair["first"], "q3": pair["q3"]}


def _details(sittings: _Sittings, column: int, at: NDArray[np.intp], options: int) -> dict[str, Any]:
    answers, version = sittings.answers, sittings.versions[column]
    scores = answers.score[at].astype(np.float64)
    theta = sittings.sample.theta[answers.row[at]]
    item = sittings.sample.items.take([column])
    details = {
        **classical_of(scores, theta, version.max_score),
        **fit_of(sittings.sample, column, answers.row[at], scores),
        "observed": points_of(scores, theta, version.max_score),
        "drift": drift_of(scores, answers.theta[at], answers.se[at], answers.month[at], item),
        "options": [],
        "option_curves": [],
    }
    if options and version.key:
        chosen = answers.choice[at]
        details["options"], details["option_curves"] = options_of(chosen, theta, version.key, options)
    return details


def _flags(row: AnalysedItem, *, adaptive: bool) -> list[str]:
    """What a person should look at (exams.flags says each in words); of few answers nothing else is said."""
    said = row.details
    drifted = (said["drift"] or {}).get("flags", [])
    if row.answers < FEW:
        return ["few"]
    tests = {
        "against": _below(row.discrimination, 0),
        "weak": not _below(row.discrimination, 0) and _below(row.discrimination, WEAK),
        "easy": (row.facility or 0) > EASY,
        "hard": _below(row.facility, HARD),
        "misleading": any(option["misleading"] for option in said["options"]),
        "idle": any(option["idle"] for option in said["options"]),
        "noisy": _surprising(said),
        "regular": _below(said["infit"], REGULAR) and _below(said["infit_z"], -SURPRISED),
        "misfit": _misfits(said["s_x2"]),
        "dependent": bool(said["dependent"]),
        "dif_large": any(group["ets"] == "C" for group in said["dif"].values()),
        "dif_slight": any(group["ets"] == "B" for group in said["dif"].values()),
        "often": adaptive and row.exposure > OFTEN,
        **{name: name in drifted for name in ("easier", "harder", "unstable")},
    }
    return [code for code, holds in tests.items() if holds]


def _below(value: float | None, bound: float) -> bool:
    return value is not None and value < bound


def _surprising(said: Mapping[str, Any]) -> bool:
    worst = max(said["infit"] or 0, said["outfit"] or 0)
    return worst > NOISY and max(said["infit_z"] or 0, said["outfit_z"] or 0) > SURPRISED


def _misfits(fit: Mapping[str, Any] | None) -> bool:
    if fit is None or fit["p"] is None:
        return False
    return fit["p"] < MISFIT_P and (fit["rmsea"] or 0) > MISFIT_RMSEA
