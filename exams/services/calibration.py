"""Asking for a calibration, and taking over what it found: the step that a person makes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.people import Person
from accounts.permissions import ZONE_WIDE
from audit.context import current_actor
from audit.models import Action
from audit.services import record
from exams.authority import author_id, require, require_write
from exams.flags import blocks
from exams.models import CalibratedItem, CalibrationRun, Item, ItemVersion
from exams.problems import CalibrationStale, InvalidCalibration, RunNotFinished
from exams.selectors.bank import draft_of, with_contents
from exams.selectors.calibration import CalibrationRequest, is_outside, parameters_in, plan_calibration
from exams.services import bank, runs
from zones.problems import PermissionRefused


def request_calibration(*, person: Person, request: CalibrationRequest, in_worker: bool = True) -> CalibrationRun:
    """Ask for a calibration; a worker does it (`in_worker`), or the caller through `estimating.run_calibration`.

    Those who are confined to an organization estimate its items from its students' answers. Raises
    InvalidCalibration when nothing can come of it, PermissionRefused.
    """
    require(person, "item:update")
    if person.role not in ZONE_WIDE and person.organization_id is None:
        raise PermissionRefused(permission="item:update")
    own = None if person.role in ZONE_WIDE else person.organization_id
    if problem := plan_calibration(person, request).problem:
        raise InvalidCalibration(problem)
    runs.check_room(CalibrationRun, own)
    with transaction.atomic():
        run = CalibrationRun.objects.create(
            organization_id=own,
            requested_by_id=author_id(person),
            exams=list(request.exams),
            items=list(request.items),
            model=request.model,
            anchoring=request.anchoring,
            min_answers=request.min_answers,
            since=request.since,
            uses_priors=request.uses_priors,
        )
        details = {"model": run.model, "scale": run.anchoring, "exams": run.exams, "items": run.items}
        record(Action.CREATE, "calibration", run.pk, organization_id=own, details=details)
        if in_worker:
            _send_on_commit(run)
    return run


def _send_on_commit(run: CalibrationRun) -> None:
    from exams.tasks import calibrate

    runs.send_on_commit(calibrate, run)


@dataclass(frozen=True)
class Activation:
    """Codes of the items that have new parameters now, and of those that had them from this run before."""

    activated: list[str]
    unchanged: list[str]


def recommended(rows: Collection[CalibratedItem]) -> list[CalibratedItem]:
    """The estimated items that nothing speaks against."""
    return [row for row in rows if not row.is_anchor and not blocks(row.flags)]


def activate(
    *, person: Person, run: CalibrationRun, items: Collection[str] | None = None, into_use: bool = False
) -> Activation:
    """Give the chosen items (codes; None: every one that nothing speaks against) their parameters from this run.

    Each gets a new version with the same contents; attempts that are running keep the old one. `into_use` makes items
    in field test active. All of them or none; doing it again changes nothing.

    Raises RunNotFinished, InvalidCalibration (an anchor, an unknown code, parameters that the bank does not take),
    CalibrationStale when an item has got another version since it was calibrated, PermissionRefused, NotFound.
    """
    require_write(person, "item:update", run.organization_id)
    if run.status != CalibrationRun.Status.FINISHED:
        raise RunNotFinished()
    with transaction.atomic():
        # Locked in one order: a second activation waits, and finds them done.
        rows = CalibratedItem.objects.filter(run=run).order_by("item__code").select_for_update(of=("self",))
        found = {row.item.code: row for row in rows.select_related("item", "version")}
        chosen = _chosen(found, items)
        waiting = [row for row in chosen if row.accepted_version_id is None]
        _refuse_stale(waiting)
        for row in waiting:
            _accept(person, row, into_use)
        if waiting:
            details = {"event": "activate", "items": [row.item.code for row in waiting], "into_use": into_use}
            record(Action.UPDATE, "calibration", run.pk, organization_id=run.organization_id, details=details)
    done = [row.item.code for row in waiting]
    return Activation(done, [row.item.code for row in chosen if row.item.code not in done])


def _chosen(found: dict[str, CalibratedItem], items: Collection[str] | None) -> Sequence[CalibratedItem]:
    if items is None:
        return recommended(list(found.values()))
    problems = []
    for code in sorted(set(items)):
        row = found.get(code)
        if row is None:
            problems.append(_("%(code)s is not in this calibration.") % {"code": code})
        elif row.is_anchor:
            problems.append(_("%(code)s is an anchor: its parameters were held, not estimated.") % {"code": code})
        elif is_outside(row):
            problems.append(
                _("%(code)s: a = %(a).2f, b = %(b).2f, c = %(c).2f are not parameters that the bank takes.")
                % {"code": code, "a": row.discrimination, "b": row.difficulty, "c": row.guessing}
            )
    if problems:
        raise InvalidCalibration(problems[0], problems=problems)
    return [found[code] for code in sorted(set(items))]


def _refuse_stale(rows: Sequence[CalibratedItem]) -> None:
    # Locked until the end, so that nobody saves another version between this look and ours.
    current = dict(
        Item.objects.filter(pk__in=[row.item_id for row in rows])
        .order_by("pk")
        .select_for_update(of=("self",))
        .values_list("pk", "current__number")
    )
    problems = [
        _("%(code)s was calibrated as version %(was)s; its version is %(now)s now.")
        % {"code": row.item.code, "was": row.version.number, "now": current[row.item_id]}
        for row in rows
        if current[row.item_id] != row.version.number
    ]
    if problems:
        raise CalibrationStale(problems=problems)


def _accept(person: Person, row: CalibratedItem, into_use: bool) -> None:
    contents = with_contents([row.version_id])[0]
    draft = replace(draft_of(contents), **parameters_in(row), source=ItemVersion.Source.CALIBRATED)
    row.accepted_version = bank.new_version(person=person, item=row.item, draft=draft)
    row.accepted_at, row.accepted_by = timezone.now(), current_actor().label[:254]
    row.save(update_fields=["accepted_version", "accepted_at", "accepted_by"])
    if into_use and row.item.status == Item.Status.FIELD_TEST:
        bank.set_status(person=person, item=row.item, status=Item.Status.ACTIVE)
