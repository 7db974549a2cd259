"""A guardian's consent: given, recorded from paper, withdrawn, and no longer needed at 14."""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.ages import today, under_age
from accounts.models import Consent, GuardianConsent, GuardianRequest, ParentLink, User
from accounts.people import Operator, Person
from accounts.permissions import ZONE_WIDE, Role
from accounts.services import parents, sessions
from accounts.services.confirming import send_confirmation
from accounts.services.erasing import erase_person
from accounts.services.guardian_requests import Kind, Method, find_request, write_consent
from accounts.services.notices import notify, spoken_name
from accounts.services.passwords import invite
from accounts.services.people import born, person_row
from accounts.subjects.subject import is_erased
from zones.context import zone_wide
from zones.problems import Conflict, Invalid, NotFound, PermissionRefused

Relation = GuardianConsent.Relation
logger = logging.getLogger(__name__)

# Which words the page shows: templates/guardians/text_<version>.html. New words are a new file, so that each consent
# can be read together with what it agreed to.
TEXT_VERSION = "2026-11"
# How long what a child left stays after a guardian took the consent back, for second thoughts and for a copy of it.
WITHDRAWN_KEPT = timedelta(days=30)
CLOSED_BY = (Kind.WITHDRAWN, Kind.REFUSED, Kind.EXPIRED)
# How long a link that a guardian made stays open after the 14th birthday without the student's word.
CONFIRM_WITHIN = timedelta(days=30)


def give_consent(*, person: Person, token: str, name: str, relation: str) -> User:
    """The guardian agrees, logged in as a parent, with the link from the mail; the child whose account is open now.

    Raises PermissionRefused for others than parents, NotFound for a link that is void, Invalid with `errors`.
    """
    guardian = _as_parent(person)
    signed = _signature(name, relation)
    # The guardian belongs to no organization; the child may.
    with zone_wide(), transaction.atomic():
        request = find_request(token, lock=True)
        child = request.child
        GuardianRequest.objects.filter(pk=request.pk).delete()
        _open(child, guardian, Method.EMAIL_ACCOUNT, signed)
    return child


def give_again(*, person: Person, child_id: UUID, name: str, relation: str) -> User:
    """A guardian who withdrew gives the consent anew. Raises NotFound, PermissionRefused, Invalid."""
    guardian = _as_parent(person)
    signed = _signature(name, relation)
    with zone_wide(), transaction.atomic():
        child = _child_of(guardian, child_id, Consent.WITHDRAWN)
        _open(child, guardian, Method.ACCOUNT, signed)
    return child


def withdrawn_child(*, person: Person, child_id: UUID) -> User:
    """The child to whose account this guardian may consent anew. Raises NotFound, PermissionRefused."""
    guardian = _as_parent(person)
    with zone_wide(), transaction.atomic():
        return _child_of(guardian, child_id, Consent.WITHDRAWN)


def withdraw_consent(*, person: Person, child_id: UUID) -> User:
    """The guardian takes it back: the child's account closes at once, and what it holds is erased after 30 days.

    Raises NotFound where this person gave none that still holds.
    """
    guardian = _as_parent(person)
    with zone_wide(), transaction.atomic():
        child = _child_of(guardian, child_id, Consent.GIVEN)
        child.consent = Consent.WITHDRAWN
        child.save(update_fields=["consent"])
        sessions.end_all(user=child)
        write_consent(child, Kind.WITHDRAWN, Method.ACCOUNT, guardian=guardian)
        until = today() + WITHDRAWN_KEPT
        notify(user=child, kind="consent_withdrawn", context={"until": until})
        said = {"child_name": spoken_name(child), "until": until}
        notify(user=guardian, kind="consent_withdrawn_by_you", context=said)
    return child


def record_paper(*, person: Person, child: User, reference: str, name: str, relation: str = Relation.GUARDIAN) -> None:
    """Staff confirm that the organization holds the guardian's consent on paper: who, when and where it is filed.

    Raises PermissionRefused, NotFound (audited) for another organization's student, Conflict where none is awaited,
    Invalid with `errors`.
    """
    if not person.allows("user:update"):
        raise PermissionRefused(permission="user:update")
    if person.role not in ZONE_WIDE and child.organization_id != person.organization_id:
        raise NotFound(audited=True)
    signed_name, signed_relation = _signature(name, relation)
    if not reference.strip():
        raise Invalid(errors={"reference": [_("Say where the signed paper is filed.")]})
    with transaction.atomic():
        child = User.objects.select_for_update(of=("self",)).get(pk=child.pk)
        if child.consent not in (Consent.AWAITED, Consent.WITHDRAWN):
            raise Conflict(_("No consent is awaited for this account."), code="no_consent_awaited")
        GuardianRequest.objects.filter(child=child).delete()
        child.consent = Consent.GIVEN
        child.save(update_fields=["consent"])
        write_consent(
            child,
            Kind.GIVEN,
            Method.PAPER,
            name=signed_name,
            relation=signed_relation,
            text_version=TEXT_VERSION,
            reference=reference.strip()[:120],
        )
        _welcome(child)


def _welcome(child: User) -> None:
    """Tell the child, who was written to about nothing before: also how to confirm the address."""
    notify(user=child, kind="consent_given", context={})
    if child.email_verified_at is None:
        if child.registered_themselves:
            send_confirmation(user=child)
        else:
            invite(user=child)


def _as_parent(person: Person) -> User:
    if person.role != Role.PARENT:
        raise PermissionRefused(_("Log in with a parent's account to consent."), code="parents_alone")
    return person_row(person)


def _signature(name: str, relation: str) -> tuple[str, str]:
    errors = {}
    if not 2 <= len(name.strip()) <= 80:
        errors["name"] = [_("Enter your full name.")]
    if relation not in Relation.values:
        errors["relation"] = [_("Choose what you are to the child.")]
    if errors:
        raise Invalid(errors=errors)
    return name.strip(), relation


def _child_of(guardian: User, child_id: UUID, state: str) -> User:
    links = ParentLink.objects.filter(
        parent=guardian, student=child_id, guardian=True, status=ParentLink.Status.APPROVED
    )
    child = User.objects.select_for_update(of=("self",)).filter(pk__in=links.values("student"), consent=state).first()
    if child is None:
        raise NotFound(audited=User.objects.filter(pk=child_id).exists())
    return child


def _open(child: User, guardian: User, method: str, signed: tuple[str, str]) -> None:
    child.consent = Consent.GIVEN
    child.save(update_fields=["consent"])
    name, relation = signed
    write_consent(child, Kind.GIVEN, method, guardian=guardian, name=name, relation=relation, text_version=TEXT_VERSION)
    parents.guardian_link(guardian=guardian, child=child)
    _welcome(child)
    notify(user=guardian, kind="consent_recorded", context={"child_name": spoken_name(child)})


# --- What time does --------------------------------------------------------------------------------------------------


def come_of_age() -> int:
    """Accounts of children who have turned 14 need nobody's consent any more; how many."""
    grown = 0
    for child in User.objects.exclude(consent=""):
        # Of whom nobody knows the age it is not known that they are 14 now.
        if born(child) is not None and not under_age(born(child), today()):
            grown += _grow(child)
    return grown


def _grow(child: User) -> int:
    with transaction.atomic():
        if not User.objects.filter(pk=child.pk, consent=child.consent).update(consent=""):
            return 0
        GuardianRequest.objects.filter(child=child).delete()
        write_consent(child, Kind.OF_AGE, Method.TIME)
        links = ParentLink.objects.filter(student=child, guardian=True, status=ParentLink.Status.APPROVED)
        until = today() + CONFIRM_WITHIN
        for link in links.select_related("parent", "student"):
            parents.ask_to_confirm(link=link, until=until)
            said = {"child_name": spoken_name(child), "until": until}
            notify(user=link.parent, kind="child_of_age", context=said)
        if child.consent != Consent.GIVEN:
            notify(user=child, kind="consent_not_needed", context={})
            if child.email_verified_at is None and child.registered_themselves:
                send_confirmation(user=child)
    return 1


def end_unconfirmed_links() -> int:
    """Links of guardians that the student, 14 by now, did not confirm in time; how many."""
    ended = 0
    for link in ParentLink.objects.filter(status=ParentLink.Status.APPROVED, confirm_by__lt=today()):
        try:
            parents.end_link(ParentLink.objects.filter(pk=link.pk, confirm_by__lt=today()), by=None)
        except NotFound:
            # The student answered in this moment.
            continue
        ended += 1
    return ended


def erase_withdrawn() -> int:
    """Erase what accounts hold whose consent was taken back, or not given, 30 days ago; how many."""
    erased = 0
    for child in User.objects.filter(pk__in=_withdrawn_too_long(), consent=Consent.WITHDRAWN):
        if not is_erased(child):
            erasure = erase_person(person=Operator(), user=child, reason="The guardian's consent does not hold.")
            if not erasure.is_complete:
                # The database's part is done; an operator ends the rest (docs/erasure.md).
                logger.error("The erasure of %s is not complete: %s", child.pk, erasure.problems)
        User.objects.filter(pk=child.pk).update(consent="")
        erased += 1
    return erased


def _withdrawn_too_long() -> list[UUID]:
    waiting = User.objects.filter(consent=Consent.WITHDRAWN).values_list("pk", flat=True)
    withdrawn = GuardianConsent.objects.filter(child_id__in=waiting, kind__in=CLOSED_BY).values("child_id")
    last = withdrawn.annotate(last=Max("at")).filter(last__lt=timezone.now() - WITHDRAWN_KEPT)
    return list(last.order_by().values_list("child_id", flat=True))
