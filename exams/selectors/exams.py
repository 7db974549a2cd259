"""Which exams a person sees."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.people import Person
from accounts.permissions import Role
from exams.models import Attempt, Exam
from zones.context import exists_in_zone
from zones.problems import NotFound


def visible_exams(person: Person) -> QuerySet[Exam]:
    """The exams that exist for `person`: the zone's public ones and those of the own organization.

    Drafts and archived ones are seen by those who may change exams; a zone administrator sees every organization's.
    """
    exams = Exam.objects.all()
    if not person.allows("exam:update"):
        exams = exams.filter(status=Exam.Status.PUBLISHED)
    if person.role in (Role.ZONE_ADMIN, Role.SUPER_ADMIN):
        return exams
    mine = Q(organization=person.organization_id) if person.organization_id else Q(pk__in=[])
    return exams.filter(
        mine | Q(organization=None) | Q(visibility=Exam.Visibility.PUBLIC, status=Exam.Status.PUBLISHED)
    )


def get_exam(person: Person, exam_id: UUID) -> Exam:
    """The exam, if it exists for this person. Raises NotFound (audited when it is another organization's)."""
    exam = visible_exams(person).filter(pk=exam_id).first()
    if exam is None:
        raise NotFound(audited=exists_in_zone(Exam, pk=exam_id))
    return exam


@dataclass(frozen=True)
class ExamCard:
    """An exam as its list shows it to one student."""

    id: UUID
    title: str
    description: str
    kind: str
    max_items: int
    min_items: int
    time_limit_minutes: int | None
    opens_at: datetime | None
    closes_at: datetime | None
    areas: list[str]
    languages: list[str]
    status: str
    attempt_id: UUID | None
    best_score: float | None


def exam_cards(person: Person) -> list[ExamCard]:
    """The published exams that `person` sees, each with how the person stands to it. Three queries.

    Status: in_progress; done (every attempt used, or the exam has closed after one); open; scheduled; closed.
    """
    exams = visible_exams(person).filter(status=Exam.Status.PUBLISHED).prefetch_related("blueprint__area")
    attempts: dict[UUID, list[Attempt]] = {}
    if person.pk:
        for attempt in Attempt.objects.filter(user_id=person.pk).order_by("-started_at"):
            attempts.setdefault(attempt.exam_id, []).append(attempt)
    return [card_of(exam, attempts.get(exam.pk, [])) for exam in exams]


def card_of(exam: Exam, attempts: list[Attempt]) -> ExamCard:
    """`attempts` are one person's at this exam, newest first."""
    scores = [attempt.score for attempt in attempts if attempt.score is not None]
    running = next((attempt for attempt in attempts if not attempt.is_finished), None)
    shown = running or next(iter(attempts), None)
    return ExamCard(
        id=exam.pk,
        title=exam.translated("title"),
        description=exam.translated("description"),
        kind=exam.kind,
        max_items=exam.max_items,
        min_items=exam.min_items,
        time_limit_minutes=exam.time_limit_minutes,
        opens_at=exam.opens_at,
        closes_at=exam.closes_at,
        areas=[row.area.translated("name") for row in exam.blueprint.all()],
        languages=exam.languages,
        status=_status(exam, attempts, running),
        attempt_id=shown.pk if shown else None,
        best_score=max(scores, default=None),
    )


def _status(exam: Exam, attempts: list[Attempt], running: Attempt | None) -> str:
    if running:
        return "in_progress"
    if exam.attempts_allowed is not None and len(attempts) >= exam.attempts_allowed:
        return "done"
    if exam.is_open:
        return "open"
    if exam.opens_at and exam.opens_at > timezone.now():
        return "scheduled"
    return "done" if attempts else "closed"
