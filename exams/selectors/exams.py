"""Which exams a person sees."""

from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.people import Person
from accounts.permissions import Role
from exams.models import Exam
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
        problem = NotFound()
        problem.audited = Exam.objects.filter(pk=exam_id).exists()
        raise problem
    return exam
