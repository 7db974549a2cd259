"""Calibrations as people look at them: what one would estimate, and which there were."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.people import Person
from accounts.permissions import ZONE_WIDE
from exams.models import CalibratedItem, CalibrationRun, Exam, Item, ItemVersion
from exams.problems import InvalidCalibration
from exams.psychometrics.models import POLYTOMOUS
from exams.selectors.answers import Scope, count_answers, countable_versions, midnight, own_model
from exams.selectors.bank import visible_items
from exams.selectors.exams import visible_exams
from zones.context import exists_in_zone
from zones.problems import NotFound

Model, Anchoring = CalibrationRun.Model, CalibrationRun.Anchoring
SMALLEST = 10
ESTIMATED, ANCHOR, LEFT_OUT = "estimated", "anchor", "left out"


@dataclass(frozen=True)
class CalibrationRequest:
    """What a calibration shall estimate, from which answers, and on which scale.

    `exams` and `items` are codes; no exams: the answers of all; no items: every active or field-test item that has
    `min_answers` and is not an anchor. `model` and `anchoring` are those of CalibrationRun.
    """

    exams: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    model: str = Model.AS_IS
    anchoring: str = Anchoring.CALIBRATED
    min_answers: int = 100
    since: date | None = None
    uses_priors: bool = True


@dataclass(frozen=True)
class PlannedItem:
    """One item of a plan. `reason` is a key of LEFT_OUT_REASONS, for those that are left out."""

    item: Item
    version: ItemVersion
    versions: list[int]
    answers: int
    role: str
    model: str
    reason: str = ""

    @property
    def why(self) -> str:
        return reason_in_words(self.reason) if self.reason else ""


@dataclass(frozen=True)
class Plan:
    """What a calibration would do, before it does it."""

    items: list[PlannedItem] = field(default_factory=list)

    def of_role(self, role: str) -> list[PlannedItem]:
        return [planned for planned in self.items if planned.role == role]

    @property
    def problem(self) -> str:
        """Why nothing can come of it, in words; empty when something can."""
        if not self.of_role(ESTIMATED):
            return _("No item has answers enough to be estimated.")
        return ""


def reason_in_words(reason: str) -> str:
    """Why an item is left out."""
    words = {
        "few": _("too few answers"),
        "unused": _("parameters not calibrated, and not asked for"),
        "all_right": _("every answer is right"),
        "all_wrong": _("every answer is wrong"),
        "unused_score": _("one of its scores was never given; join it with its neighbour"),
    }
    return words[reason]


def request_problems(request: CalibrationRequest) -> dict[str, list[str]]:
    """What is wrong with the request itself, by field."""
    problems: dict[str, list[str]] = {}
    if request.model not in Model.values:
        problems["model"] = [_("There is no model %(model)r.") % {"model": request.model}]
    if request.anchoring not in Anchoring.values:
        problems["anchoring"] = [_("There is no scale %(scale)r.") % {"scale": request.anchoring}]
    if request.min_answers < SMALLEST:
        problems["min_answers"] = [_("At least %(number)s answers are needed.") % {"number": SMALLEST}]
    return problems


def plan_calibration(person: Person, request: CalibrationRequest) -> Plan:
    """Which items would be estimated, which are anchors, which are left out and why, with their answers.

    Raises InvalidCalibration naming the codes that are not there for this person, audited when they are for others.
    """
    problems, hidden = request_problems(request), False
    exams = set(visible_exams(person).filter(code__in=request.exams).values_list("code", flat=True))
    if missing := sorted(set(request.exams) - exams):
        problems["exams"] = [_("There is no exam %(codes)s.") % {"codes": ", ".join(missing)}]
        hidden = exists_in_zone(Exam, code__in=missing)
    items = set(visible_items(person).filter(code__in=request.items).values_list("code", flat=True))
    if missing := sorted(set(request.items) - items):
        problems["items"] = [_("There is no item %(codes)s.") % {"codes": ", ".join(missing)}]
        hidden = hidden or exists_in_zone(Item, code__in=missing)
    if problems:
        raise InvalidCalibration(errors=problems, audited=hidden)
    return plan_for(None if person.role in ZONE_WIDE else person.organization_id, request)


def plan_for(own: UUID | None, request: CalibrationRequest) -> Plan:
    """The plan for the items and answers that the organization `own` (None: the zone) may read. Four queries."""
    items = list(_candidates(own, request))
    chains = countable_versions(items)
    columns = [chains[item.pk] for item in items]
    counts = count_answers(columns, scope_of(request, own))
    rows = zip(items, columns, counts, strict=True)
    planned = [_planned(item, versions, answers, own, request) for item, versions, answers in rows]
    return Plan([each for each in planned if each is not None])


def scope_of(request: CalibrationRequest, organization_id: UUID | None) -> Scope:
    return Scope(request.exams, organization_id, midnight(request.since))


def _candidates(own: UUID | None, request: CalibrationRequest) -> QuerySet[Item]:
    items = Item.objects.filter(current__isnull=False).select_related("current").order_by("code")
    if own is not None:
        items = items.filter(Q(organization=None) | Q(organization=own))
    used = Q(status__in=[Item.Status.ACTIVE, Item.Status.FIELD_TEST])
    return items.filter(used | Q(code__in=request.items))


def _planned(
    item: Item, versions: list[int], answers: int, own: UUID | None, request: CalibrationRequest
) -> PlannedItem | None:
    version: Any = item.current
    role, reason = _role(item, version, own, request), ""
    if role == LEFT_OUT:
        reason = "unused"
    elif role == ESTIMATED and answers < request.min_answers:
        role, reason = LEFT_OUT, "few"
    if not answers and item.code not in request.items:
        return None
    model = own_model(version) if role == ANCHOR else wanted_model(version, request.model)
    return PlannedItem(item, version, versions, answers, role, model, reason)


def _role(item: Item, version: ItemVersion, own: UUID | None, request: CalibrationRequest) -> str:
    if item.code in request.items:
        return ESTIMATED
    calibrated = version.parameter_source == ItemVersion.Source.CALIBRATED
    carries = calibrated or request.anchoring == Anchoring.ASSUMED
    if item.status == Item.Status.ACTIVE and carries and request.anchoring != Anchoring.FREE:
        return ANCHOR
    if request.items or (own is not None and item.organization_id != own):
        # Not asked for, or the zone's: another's to change, and without parameters that one could hold on to.
        return LEFT_OUT
    return ESTIMATED


# One can guess where the answer stands among others; whoever must write it has nothing to choose from.
GUESSABLE = frozenset({ItemVersion.Kind.SINGLE, ItemVersion.Kind.MULTIPLE, ItemVersion.Kind.CLOZE})
_LOGISTIC = {Model.ONE: "1PL", Model.TWO: "2PL", Model.THREE: "3PL", Model.FOUR: "4PL"}
_POLYTOMOUS = {Model.GRADED: "GRM", Model.PARTIAL_CREDIT: "GPCM"}


def wanted_model(version: ItemVersion, model: str) -> str:
    """The model that an item is estimated by when `model` was asked for.

    A logistic model is for items that are right or wrong, a polytomous one for the others; each leaves the rest to
    their own. Guessing is estimated where one can guess.
    """
    if version.model == ItemVersion.Model.LOGISTIC and model in _LOGISTIC:
        wanted = _LOGISTIC[Model(model)]
        return "2PL" if wanted in ("3PL", "4PL") and version.kind not in GUESSABLE else wanted
    if version.model != ItemVersion.Model.LOGISTIC and model in _POLYTOMOUS:
        return _POLYTOMOUS[Model(model)]
    return own_model(version)


def visible_runs(person: Person) -> QuerySet[CalibrationRun]:
    """The calibrations of the zone, or of the own organization."""
    runs = CalibrationRun.objects.select_related("requested_by", "organization")
    if person.role in ZONE_WIDE:
        return runs
    return runs.filter(organization=person.organization_id) if person.organization_id else runs.none()


def get_run(person: Person, run_id: UUID) -> CalibrationRun:
    """Raises NotFound, audited when it is another organization's."""
    run = visible_runs(person).filter(pk=run_id).first()
    if run is None:
        raise NotFound(audited=exists_in_zone(CalibrationRun, pk=run_id))
    return run


def request_of(run: CalibrationRun) -> CalibrationRequest:
    """What was asked for."""
    names = set(CalibrationRequest.__dataclass_fields__) - {"exams", "items"}
    values: dict[str, Any] = {name: getattr(run, name) for name in names}
    return CalibrationRequest(exams=tuple(run.exams), items=tuple(run.items), **values)


PARAMETERS = ("discrimination", "difficulty", "guessing", "upper")


def is_outside(row: CalibratedItem) -> bool:
    """Whether the bank would refuse these parameters."""
    others = [field.name for field in ItemVersion._meta.concrete_fields if field.name not in PARAMETERS]
    try:
        ItemVersion(**{name: getattr(row, name) for name in PARAMETERS}).clean_fields(exclude=others)
    except ValidationError:
        return True
    return False


def parameters_in(row: CalibratedItem) -> dict[str, Any]:
    """The row's parameters as an ItemDraft takes them, rounded to what their errors leave of them."""
    logistic = row.model not in POLYTOMOUS
    model = ItemVersion.Model.LOGISTIC if logistic else ItemVersion.Model(row.model.lower())
    return {
        "a": round(row.discrimination, 6),
        "b": round(row.difficulty, 6),
        "c": round(row.guessing, 6),
        "d": round(row.upper, 6),
        "model": model,
        "thresholds": tuple(round(step, 6) for step in row.thresholds),
    }
