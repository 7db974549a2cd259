"""Asking for an analysis of an exam, and keeping those that people look at fresh."""

from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, Q
from django.utils import timezone

from accounts.people import Person
from accounts.permissions import ZONE_WIDE
from audit.models import Action
from audit.services import record
from exams.authority import author_id, require
from exams.models import AnalysisRun, Attempt, Exam
from exams.services import runs
from zones.problems import PermissionRefused

# A nightly analysis is for exams that people are still taking.
ACTIVE_WITHIN = timedelta(days=30)
# Of fewer attempts an analysis says little; a person may still ask for one.
WORTH_IT = 5


def scope_of(person: Person) -> UUID | None:
    """Whose students' answers `person` reads: None for the zone's. Raises PermissionRefused for those of nobody."""
    require(person, "item:read")
    if person.role in ZONE_WIDE:
        return None
    if person.organization_id is None:
        raise PermissionRefused(permission="item:read")
    return person.organization_id


def request_analysis(*, person: Person, exam: Exam, in_worker: bool = True) -> AnalysisRun:
    """Ask for the exam's analysis over the students whose answers `person` may read; one that is open is enough."""
    own = scope_of(person)
    with transaction.atomic():
        run, is_new = _open_run(exam.pk, own, author_id(person))
        if is_new:
            record(Action.CREATE, "analysis", run.pk, organization_id=own, details={"exam": exam.code})
            if in_worker:
                _send_on_commit(run)
    return run


def _open_run(exam_id: UUID, organization_id: UUID | None, author: UUID | None = None) -> tuple[AnalysisRun, bool]:
    waiting = AnalysisRun.objects.filter(
        exam=exam_id, organization=organization_id, status__in=[AnalysisRun.Status.QUEUED, AnalysisRun.Status.RUNNING]
    )
    if found := waiting.first():
        return found, False
    try:
        with transaction.atomic():
            return (
                AnalysisRun.objects.create(exam_id=exam_id, organization_id=organization_id, requested_by_id=author),
                True,
            )
    except IntegrityError:
        # Somebody else asked since we looked.
        return waiting.get(), False


def _send_on_commit(run: AnalysisRun) -> None:
    from exams.tasks import analyse

    runs.send_on_commit(analyse, run)


def refresh_analyses() -> int:
    """Ask for the analyses that have answers newer than they are, of the zone and of each organization; how many."""
    recent = timezone.now() - ACTIVE_WITHIN
    taken = Attempt.objects.filter(status=Attempt.Status.FINISHED).values("exam")
    whole = taken.annotate(n=Count("pk"), last=Max("finished_at")).values_list("exam", "n", "last")
    schools = taken.filter(organization__isnull=False).values("exam", "organization")
    parts = schools.annotate(n=Count("pk"), last=Max("finished_at")).values_list("exam", "organization", "n", "last")
    wanted = [(exam, None, n, last) for exam, n, last in whole] + list(parts)
    newest = dict(_newest())
    asked = 0
    for exam, organization, n, last in wanted:
        made = newest.get((exam, organization))
        if n < WORTH_IT or last < recent or (made is not None and made > last):
            continue
        with transaction.atomic():
            run, is_new = _open_run(exam, organization)
            if is_new:
                _send_on_commit(run)
                asked += 1
    return asked


def _newest() -> list[tuple]:
    done = AnalysisRun.objects.filter(Q(status=AnalysisRun.Status.FINISHED) | Q(finished_at=None))
    rows = done.values("exam", "organization").annotate(last=Max("created_at"))
    return [((row["exam"], row["organization"]), row["last"]) for row in rows]
