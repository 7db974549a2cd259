"""What has been granted to a student, for those who grant it and for the student."""

from uuid import UUID

from accounts.models import User
from accounts.people import Person
from accounts.permissions import Role
from accounts.selectors import visible_users
from exams.models import Accommodation
from zones.context import exists_in_zone
from zones.problems import NotFound


def get_student_to_accommodate(person: Person, student_id: UUID) -> User:
    """The student whose accommodation `person` may read: one that they manage, or themselves.

    Raises NotFound, audited when there is such a person.
    """
    people = User.objects.all() if student_id == person.pk else visible_users(person)
    student = people.filter(pk=student_id, role=Role.STUDENT).first()
    if student is None:
        raise NotFound(audited=exists_in_zone(User, pk=student_id))
    return student


def accommodation_of(user_id: UUID | None) -> Accommodation | None:
    """None without one."""
    return Accommodation.objects.filter(user_id=user_id).first() if user_id else None
