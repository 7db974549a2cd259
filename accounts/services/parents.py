"""Parents and students: asked for by the parent, opened by the student, closed by either."""

from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.ages import today, under_age
from accounts.models import ParentLink, User
from accounts.people import Person
from accounts.permissions import ZONE_WIDE, Role
from accounts.services.notices import notify, spoken_name
from accounts.services.people import born, person_row
from audit.models import Action
from audit.services import record
from zones import limits
from zones.context import current_zone_id, zone_wide
from zones.problems import Conflict, NotFound, PermissionRefused, Throttled

Status = ParentLink.Status
OPEN = (Status.PENDING, Status.APPROVED)

# Requests of one parent: twenty a day, five at once. Each one may write to somebody.
REQUEST_LIMIT = (20 / (24 * 60), 5)
# After the first and the second no of a student; after the third the parent is not let ask again.
ASK_AGAIN_AFTER = (timedelta(days=7), timedelta(days=30))


def request_link(*, person: Person, student_email: str) -> None:
    """Ask a student to show their results. Nothing tells the parent whether such a student exists.

    Raises PermissionRefused for others than parents, Throttled for too many requests.
    """
    if person.role != Role.PARENT:
        raise PermissionRefused(_("Only parents ask to see a student's results."))
    if settings.RATE_LIMITS_ENABLED:
        wait = limits.wait_seconds(f"{current_zone_id()}:parent-asks:{person.pk}", *REQUEST_LIMIT)
        if wait > 0:
            raise Throttled(
                _("You have asked very often. Please wait before you ask again."), retry_after=int(wait) + 1
            )
    # A parent belongs to no organization; the student may be of any.
    with zone_wide():
        student = User.objects.with_email(student_email).filter(role=Role.STUDENT, is_active=True).first()
        if student is not None and may_ask(person_row(person), student):
            _ask(person_row(person), student)


def propose_link(*, person: Person, parent: User, student: User) -> bool:
    """Staff ask a student, for a parent of whom a roster tells; the student decides. Whether a request was made.

    Raises PermissionRefused, or NotFound (audited) for another organization's student.
    """
    if not person.allows("user:update"):
        raise PermissionRefused(permission="user:update")
    if person.role not in ZONE_WIDE and student.organization_id != person.organization_id:
        raise NotFound(audited=True)
    with zone_wide():
        # Whom the student has refused once is not asked for again by a file.
        if ParentLink.objects.filter(parent=parent, student=student).exists():
            return False
        return _ask(parent, student)


def may_ask(parent: User, student: User) -> bool:
    """Whether this parent may ask this student now: nothing open between them, and no fresh or third refusal."""
    links = ParentLink.objects.filter(parent=parent, student=student)
    if links.filter(status__in=OPEN).exists():
        return False
    said_no = Q(status=Status.REFUSED) | Q(status=Status.REVOKED, decided_by=student)
    refusals = list(links.filter(said_no).order_by("decided_at").values_list("decided_at", flat=True))
    if not refusals:
        return True
    if len(refusals) > len(ASK_AGAIN_AFTER):
        return False
    last = refusals[-1]
    return last is None or timezone.now() - last >= ASK_AGAIN_AFTER[len(refusals) - 1]


def _ask(parent: User, student: User) -> bool:
    try:
        with transaction.atomic():
            link = ParentLink.objects.create(parent=parent, student=student)
            _record(Action.CREATE, link)
            said = {"parent_name": spoken_name(parent), "parent_email": parent.email}
            notify(user=student, kind="parent_asks", context=said)
    except IntegrityError:
        # The same request a moment earlier made the link.
        return False
    return True


def approve(*, person: Person, parent_id: UUID) -> ParentLink:
    """The student lets this parent see. Raises NotFound when nothing of theirs waits."""
    return _decide(person, parent_id, Status.APPROVED)


def refuse(*, person: Person, parent_id: UUID) -> ParentLink:
    """The student does not let this parent see. Raises NotFound when nothing of theirs waits."""
    return _decide(person, parent_id, Status.REFUSED)


def _decide(person: Person, parent_id: UUID, status: str) -> ParentLink:
    # The parent belongs to no organization.
    with zone_wide(), transaction.atomic():
        _refuse_strangers(person, parent_id)
        mine = ParentLink.objects.filter(student=person.pk, parent=parent_id, parent__is_active=True)
        link = change_link(mine, (Status.PENDING,), status, by=person.pk)
        student = link.student
        if status == Status.APPROVED:
            notify(user=link.parent, kind="parent_approved", context={"student_name": spoken_name(student)})
        else:
            # Not the name, which somebody who guessed an address does not know.
            notify(user=link.parent, kind="parent_refused", context={"student_email": student.email})
    return link


def _refuse_strangers(person: Person, parent_id: UUID) -> None:
    """A parent who has to do with other students alone is not there for this one; the log tells the attempt."""
    links = ParentLink.objects.filter(parent=parent_id)
    if links.exists() and not links.filter(student=person.pk).exists():
        raise NotFound(_("No such request is waiting."), audited=True)


def confirm(*, person: Person, parent_id: UUID) -> ParentLink:
    """A student who has turned 14 keeps the link that a guardian's consent had made. Raises NotFound."""
    with zone_wide(), transaction.atomic():
        _refuse_strangers(person, parent_id)
        mine = ParentLink.objects.filter(student=person.pk, parent=parent_id, confirm_by__isnull=False)
        link = mine.filter(status=Status.APPROVED).select_for_update().first()
        if link is None:
            raise NotFound(_("No such request is waiting."))
        link.confirm_by, link.guardian, link.decided_by_id = None, False, person.pk
        link.save(update_fields=["confirm_by", "guardian", "decided_by"])
        _record(Action.UPDATE, link, link.status)
        notify(user=link.parent, kind="parent_approved", context={"student_name": spoken_name(link.student)})
    return link


def revoke(*, person: Person, link_id: UUID) -> ParentLink:
    """The parent or the student ends a link; both are told.

    Raises NotFound for a link that is closed, or between others, and Conflict for a guardian's while the student is
    under 14: the guardian withdraws the consent instead.
    """
    # Either of them may belong to an organization that the other one does not.
    with zone_wide(), transaction.atomic():
        link = ParentLink.objects.select_related("student").filter(pk=link_id).first()
        if link is not None and person.pk not in (link.parent_id, link.student_id):
            raise NotFound(audited=True)
        if link is not None and link.guardian and under_age(born(link.student), today()):
            raise Conflict(
                _("This link belongs to a guardian's consent, which holds until the student is 14."),
                code="guardian_link",
            )
        return end_link(ParentLink.objects.filter(pk=link_id), by=person.pk)


def end(*, person: Person, parent_id: UUID) -> ParentLink:
    """The student does not show this parent their results any more. Raises what `revoke` raises."""
    with zone_wide():
        _refuse_strangers(person, parent_id)
        link = ParentLink.objects.filter(student=person.pk, parent=parent_id, status=Status.APPROVED).first()
    if link is None:
        raise NotFound(_("No such request is waiting."))
    return revoke(person=person, link_id=link.pk)


def end_link(links: QuerySet[ParentLink], *, by: UUID | None) -> ParentLink:
    """Revoke the one open link among `links`, as its parent, its student or (None) time does. Raises NotFound."""
    with transaction.atomic():
        link = change_link(links, OPEN, Status.REVOKED, by=by)
        parent, student = link.parent, link.student
        if by != parent.pk:
            notify(user=parent, kind="student_left", context={"student_name": spoken_name(student)})
        if by != student.pk:
            said = {"parent_name": spoken_name(parent), "parent_email": parent.email}
            notify(user=student, kind="parent_left", context=said)
        if by is not None:
            me, other = (parent, student) if by == parent.pk else (student, parent)
            notify(user=me, kind="link_ended", context={"other_name": spoken_name(other)})
    return link


def change_link(links: QuerySet[ParentLink], current: tuple[str, ...], status: str, *, by: UUID | None) -> ParentLink:
    """Move the one of `links` that is in a `current` state to `status`. Raises NotFound when there is none."""
    with transaction.atomic():
        # Of two answers at once, the first counts: the second finds no row in this state.
        link = links.filter(status__in=current).select_for_update(of=("self",)).first()
        if link is None:
            raise NotFound(_("No such request is waiting."))
        before, link.status, link.decided_at, link.decided_by_id = link.status, status, timezone.now(), by
        link.confirm_by = None
        link.save(update_fields=["status", "decided_at", "decided_by", "confirm_by"])
        _record(Action.UPDATE, link, before)
    return link


def guardian_link(*, guardian: User, child: User) -> ParentLink:
    """The approved link of a guardian with consent: made, or taken over from an earlier request."""
    with transaction.atomic():
        link = ParentLink.objects.filter(parent=guardian, student=child, status__in=OPEN).select_for_update().first()
        before = link.status if link else None
        link = link or ParentLink(parent=guardian, student=child)
        link.status, link.guardian, link.decided_at, link.decided_by = Status.APPROVED, True, timezone.now(), guardian
        link.save()
        _record(Action.UPDATE if before else Action.CREATE, link, before)
    return link


def ask_to_confirm(*, link: ParentLink, until: date) -> None:
    """The student has turned 14: the link stays open until then, and longer if they confirm it."""
    with transaction.atomic():
        link.confirm_by = until
        link.save(update_fields=["confirm_by"])
        _record(Action.UPDATE, link, link.status)
        said = {"parent_name": spoken_name(link.parent), "parent_email": link.parent.email, "until": until}
        notify(user=link.student, kind="confirm_parent", context=said)


def _record(action: Action, link: ParentLink, before: str | None = None) -> None:
    details = {"parent": link.parent_id, "student": link.student_id, "status": [before, link.status]}
    if link.guardian:
        details["guardian"] = True
    if link.confirm_by:
        details["confirm_by"] = link.confirm_by.isoformat()
    record(action, "parent_link", link.pk, organization_id=link.student.organization_id, details=details)
