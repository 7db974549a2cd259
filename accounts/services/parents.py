"""Parents and students: asked for by the parent, opened by the student, closed by either."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ParentLink, User
from accounts.people import Person
from accounts.permissions import ZONE_WIDE, Role
from accounts.services.people import person_row
from audit.models import Action
from audit.services import record
from zones.problems import NotFound, PermissionRefused

OPEN = (ParentLink.Status.PENDING, ParentLink.Status.APPROVED)


def request_link(*, person: Person, student_email: str) -> None:
    """Ask a student to show their results. Nothing tells the parent whether such a student exists."""
    if person.role != Role.PARENT:
        raise PermissionRefused(_("Only parents ask to see a student's results."))
    student = User.objects.filter(email__iexact=student_email.strip(), role=Role.STUDENT, is_active=True).first()
    if student is None or ParentLink.objects.filter(parent=person.pk, student=student, status__in=OPEN).exists():
        return
    try:
        with transaction.atomic():
            link = ParentLink.objects.create(parent=person_row(person), student=student)
            _record(Action.CREATE, link)
    except IntegrityError:
        # The same request a moment earlier made the link.
        return


def propose_link(*, person: Person, parent: User, student: User) -> bool:
    """Staff ask a student, for a parent of whom a roster tells; the student decides. Whether a request was made.

    Raises PermissionRefused, or NotFound (audited) for another organization's student.
    """
    if not person.allows("user:update"):
        raise PermissionRefused(permission="user:update")
    if person.role not in ZONE_WIDE and student.organization_id != person.organization_id:
        raise NotFound(audited=True)
    # Whom the student has refused once is not asked for again by a file.
    if ParentLink.objects.filter(parent=parent, student=student).exists():
        return False
    try:
        with transaction.atomic():
            _record(Action.CREATE, ParentLink.objects.create(parent=parent, student=student))
    except IntegrityError:
        return False
    return True


def approve(*, person: Person, parent_id: UUID) -> ParentLink:
    """The student lets this parent see. Raises NotFound when nothing of theirs waits."""
    return _decide(person, parent_id, ParentLink.Status.APPROVED)


def refuse(*, person: Person, parent_id: UUID) -> ParentLink:
    """The student does not let this parent see. Raises NotFound when nothing of theirs waits."""
    return _decide(person, parent_id, ParentLink.Status.REFUSED)


def _decide(person: Person, parent_id: UUID, status: str) -> ParentLink:
    mine = ParentLink.objects.filter(student=person.pk, parent=parent_id)
    return _change(mine, (ParentLink.Status.PENDING,), status)


def revoke(*, person: Person, link_id: UUID) -> ParentLink:
    """The parent or the student ends a link. Raises NotFound for a link that is closed, or between others."""
    link = ParentLink.objects.filter(pk=link_id).first()
    if link is not None and person.pk not in (link.parent_id, link.student_id):
        raise NotFound(audited=True)
    return _change(ParentLink.objects.filter(pk=link_id), OPEN, ParentLink.Status.REVOKED)


def _change(links: QuerySet[ParentLink], current: tuple[str, ...], status: str) -> ParentLink:
    with transaction.atomic():
        # Of two answers at once, the first counts: the second finds no row in this state.
        link = links.filter(status__in=current).select_for_update().first()
        if link is None:
            raise NotFound(_("No such request is waiting."))
        before, link.status, link.decided_at = link.status, status, timezone.now()
        link.save(update_fields=["status", "decided_at"])
        _record(Action.UPDATE, link, before)
    return link


def _record(action: Action, link: ParentLink, before: str | None = None) -> None:
    details = {"parent": link.parent_id, "student": link.student_id, "status": [before, link.status]}
    record(action, "parent_link", link.pk, details=details)
