"""Making, changing, publishing and archiving exams. Attempts that are running keep the rules they began with."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Organization
from accounts.people import Person
from audit.models import Action
from audit.services import record
from exams.authority import author_id, require_write
from exams.exam_drafts import COLUMNS, ConstraintDraft, ExamDraft, ModuleDraft, exam_problems, field_values
from exams.models import (
    BlueprintArea,
    ContentArea,
    Exam,
    ExamConstraint,
    ExamItem,
    ExamModule,
    Item,
    ScoreScale,
)
from exams.problems import CodeTaken, ExamNotReady, InvalidExam
from exams.selectors.readiness import readiness_problems
from zones.context import exists_in_zone


def create_exam(*, person: Person, code: str, draft: ExamDraft, organization: Organization | None = None) -> Exam:
    """A new exam, not yet published, of `organization` or, without one, of the zone.

    Raises InvalidExam with everything that is wrong, CodeTaken, PermissionRefused, NotFound.
    """
    require_write(person, "exam:create", organization.pk if organization else None)
    exam = Exam(code=code, organization=organization, created_by_id=author_id(person), **field_values(draft))
    if Exam.objects.filter(code=code).exists():
        raise CodeTaken(_("The code %(code)s is taken.") % {"code": code}, codes=[code])
    _check(exam, draft)
    try:
        with transaction.atomic():
            exam.save(force_insert=True)
            _save_contents(exam, draft)
            record(Action.CREATE, "exam", exam.pk, organization_id=exam.organization_id, details={"code": code})
    except IntegrityError as error:
        # Somebody else saved the code since it was looked up.
        if "exams_exam_code" not in str(error):
            raise
        raise CodeTaken() from error
    return exam


def update_exam(*, person: Person, exam: Exam, draft: ExamDraft) -> Exam:
    """Give the exam these contents. `dataclasses.replace(draft_of(exam), title=…)` changes one of them.

    Raises InvalidExam, and ExamNotReady when a published exam could not be given any more.
    """
    require_write(person, "exam:update", exam.organization_id)
    with transaction.atomic():
        locked = Exam.objects.select_for_update(of=("self",)).get(pk=exam.pk)
        before = draft_of(locked)
        changed = [name for name in draft.__dataclass_fields__ if getattr(before, name) != getattr(draft, name)]
        if not changed:
            return locked
        for name, value in field_values(draft).items():
            setattr(locked, name, value)
        _check(locked, draft)
        locked.save()
        _save_contents(locked, draft)
        if locked.status == Exam.Status.PUBLISHED:
            _require_ready(locked)
        details = {"code": locked.code, "changed": changed}
        record(Action.UPDATE, "exam", locked.pk, organization_id=locked.organization_id, details=details)
    return locked


def publish_exam(*, person: Person, exam: Exam) -> Exam:
    """Let students see and start it. Raises ExamNotReady, whose `problems` say what to mend first."""
    require_write(person, "exam:update", exam.organization_id)
    with transaction.atomic():
        locked = Exam.objects.select_for_update(of=("self",)).get(pk=exam.pk)
        if locked.status != Exam.Status.PUBLISHED:
            _require_ready(locked)
            _set_status(locked, Exam.Status.PUBLISHED)
    exam.status = locked.status
    return locked


def archive_exam(*, person: Person, exam: Exam) -> Exam:
    """Nobody may start it any more; attempts that are running go on, results stay."""
    require_write(person, "exam:update", exam.organization_id)
    with transaction.atomic():
        locked = Exam.objects.select_for_update(of=("self",)).get(pk=exam.pk)
        if locked.status != Exam.Status.ARCHIVED:
            _set_status(locked, Exam.Status.ARCHIVED)
    exam.status = locked.status
    return locked


def draft_of(exam: Exam) -> ExamDraft:
    """The exam's contents as they are, to change some of them."""
    columns = {name: getattr(exam, name) for name in COLUMNS}
    columns |= {"languages": tuple(exam.languages), "cut_scores": tuple(exam.cut_scores)}
    return ExamDraft(
        **columns,
        blueprint=dict(exam.blueprint.order_by("area__position").values_list("area__code", "share")),
        form=tuple(exam.form.filter(module=None).order_by("position").values_list("item__code", flat=True)),
        modules=tuple(_module_draft(module) for module in exam.modules.all()),
        constraints=tuple(_constraint_draft(row) for row in exam.constraints.select_related("area")),
        scales=tuple(exam.scales.order_by("code").values_list("code", flat=True)),
    )


def _module_draft(module: ExamModule) -> ModuleDraft:
    items = tuple(module.items.order_by("position").values_list("item__code", flat=True))
    return ModuleDraft(code=module.code, stage=module.stage, items=items, theta_from=module.theta_from)


def _constraint_draft(row: ExamConstraint) -> ConstraintDraft:
    return ConstraintDraft(
        counted=row.counted,
        area=row.area.code if row.area else "",
        tag=row.tag,
        item_kind=row.item_kind,
        minimum=row.minimum,
        maximum=row.maximum,
    )


def _require_ready(exam: Exam) -> None:
    problems = readiness_problems(exam)
    if problems:
        said = _("%(exam)s cannot be published: %(why)s") % {"exam": exam.code, "why": problems[0]}
        raise ExamNotReady(said, problems=problems)


def _set_status(exam: Exam, status: str) -> None:
    before, exam.status = exam.status, status
    exam.save(update_fields=["status", "updated_at"])
    details = {"code": exam.code, "status": [str(before), str(status)]}
    record(Action.UPDATE, "exam", exam.pk, organization_id=exam.organization_id, details=details)


def _check(exam: Exam, draft: ExamDraft) -> None:
    problems = []
    labels = {field.name: field.verbose_name for field in Exam._meta.concrete_fields}
    try:
        exam.full_clean(exclude=["created_by"], validate_unique=False)
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            label = f"{labels[name]}: " if name in labels else ""
            problems += [f"{label}{message}" for message in messages]
    problems += exam_problems(draft)
    problems += _unknown(exam, draft)
    if problems:
        missing = set(_codes_of(draft)) - set(_items_for(exam, draft))
        said = _("This exam cannot be saved: %(why)s") % {"why": problems[0]}
        raise InvalidExam(said, problems=problems, audited=exists_in_zone(Item, code__in=missing))


def _unknown(exam: Exam, draft: ExamDraft) -> list[str]:
    """What the draft names that is not there, or not for this exam."""
    areas, items, scales = _areas_of(draft), _items_for(exam, draft), _scales_of(draft)
    named = dict.fromkeys([*draft.blueprint, *(row.area for row in draft.constraints if row.area)])
    return [
        *(_("There is no content area %(code)s.") % {"code": code} for code in named if code not in areas),
        *(_("There is no item %(code)s.") % {"code": code} for code in _codes_of(draft) if code not in items),
        *(_("There is no score scale %(code)s.") % {"code": code} for code in draft.scales if code not in scales),
    ]


def _codes_of(draft: ExamDraft) -> list[str]:
    """The codes of all items that the draft names."""
    return [*draft.form, *(code for module in draft.modules for code in module.items)]


def _areas_of(draft: ExamDraft) -> dict[str, ContentArea]:
    codes = [*draft.blueprint, *(constraint.area for constraint in draft.constraints)]
    return {area.code: area for area in ContentArea.objects.filter(code__in=codes)}


def _scales_of(draft: ExamDraft) -> dict[str, ScoreScale]:
    return {scale.code: scale for scale in ScoreScale.objects.filter(code__in=draft.scales)}


def _items_for(exam: Exam, draft: ExamDraft) -> dict[str, Item]:
    """The items that the draft names and this exam may use: the zone's and those of its own organization."""
    items = Item.objects.filter(code__in=_codes_of(draft))
    usable = items.filter(organization=None) | items.filter(organization=exam.organization_id)
    return {item.code: item for item in usable}


def _save_contents(exam: Exam, draft: ExamDraft) -> None:
    areas = _areas_of(draft)
    exam.blueprint.all().delete()
    BlueprintArea.objects.bulk_create(
        BlueprintArea(exam=exam, area=areas[code], share=share) for code, share in draft.blueprint.items()
    )
    exam.constraints.all().delete()
    ExamConstraint.objects.bulk_create(
        ExamConstraint(
            exam=exam,
            counted=row.counted,
            area=areas.get(row.area),
            tag=row.tag,
            item_kind=row.item_kind,
            minimum=row.minimum,
            maximum=row.maximum,
        )
        for row in draft.constraints
    )
    exam.scales.set(_scales_of(draft).values())
    _save_items(exam, draft)


def _save_items(exam: Exam, draft: ExamDraft) -> None:
    """The fixed form, then the modules' items, in one row of positions."""
    items = _items_for(exam, draft)
    exam.form.all().delete()
    exam.modules.all().delete()
    modules = ExamModule.objects.bulk_create(
        ExamModule(exam=exam, code=module.code, stage=module.stage, theta_from=module.theta_from)
        for module in draft.modules
    )
    given: list[tuple[ExamModule | None, str]] = [(None, code) for code in draft.form]
    given += [(row, code) for row, module in zip(modules, draft.modules, strict=True) for code in module.items]
    ExamItem.objects.bulk_create(
        ExamItem(exam=exam, module=module, item=items[code], position=position)
        for position, (module, code) in enumerate(given, start=1)
    )
