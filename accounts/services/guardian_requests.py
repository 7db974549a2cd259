"""Asking a guardian: an account of a child under 14 waits, and what it holds is erased when nobody answers.

The guardian's address is used for asking alone. It is deleted with the answer, or with the account five days later.
"""

import hashlib
import secrets
from datetime import date, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.ages import checked_birth_date, today, under_age
from accounts.models import Consent, GuardianConsent, GuardianRequest, RosterId, SecurityPolicy, User
from accounts.permissions import Role
from accounts.personal_numbers import birth_date_in
from accounts.selectors import security_policy
from accounts.services import sessions
from accounts.services.notices import send_mail_to, spoken_name
from audit.context import current_actor
from audit.models import Action
from audit.services import record
from zones import limits
from zones.context import current_zone_id, zone_wide
from zones.problems import Conflict, Invalid, NotFound, Throttled

Kind, Method = GuardianConsent.Kind, GuardianConsent.Method

ANSWER_WITHIN = timedelta(days=5)
# A day more than the three years that a trigger holds them.
CONSENT_KEPT = timedelta(days=3 * 365 + 2)
REMIND_AFTER = (timedelta(days=1), timedelta(days=3))
# Mails to one address, whoever names it: three at once, six a day.
ADDRESS_LIMIT = (6 / (24 * 60), 3)


def check_child(*, birth_date: date | None, email: str, guardian_email: str) -> bool:
    """Whether this student needs a guardian's consent, who can then be asked.

    Raises Invalid with `errors`: no date of birth, a date on which nobody was born, or a guardian's address that is
    missing, none, or the child's own.
    """
    if birth_date is None:
        raise Invalid(errors={"birth_date": [_("Students say when they were born: under 14 a guardian has to agree.")]})
    if not under_age(checked_birth_date(birth_date), today()):
        return False
    named = guardian_email.strip().lower()
    if not named:
        said = _("You are under 14: your parent or guardian has to agree. Give their e-mail, and we ask them.")
        raise Invalid(errors={"guardian_email": [said]}, code="guardian_needed")
    try:
        validate_email(named)
    except ValidationError as error:
        raise Invalid(errors={"guardian_email": error.messages}) from error
    if named == email.strip().lower():
        raise Invalid(errors={"guardian_email": [_("This is your own e-mail, not your guardian's.")]})
    return True


def birth_date_is_due(user: User) -> bool:
    """Whether log-in must lead to the question when a student was born.

    The zone wants to know it of everybody, or of those whom a school's file brought without a date.
    """
    if user.role != Role.STUDENT or user.birth_date is not None or user.consent == Consent.GIVEN:
        return False
    policy = security_policy()
    if policy.ask_birth_date or policy.roster_unknown_age == SecurityPolicy.UnknownAge.ADULT:
        return policy.ask_birth_date
    # Who logs in is nobody yet.
    with zone_wide():
        return RosterId.objects.filter(user=user).exists()


def state_birth_date(*, user: User, birth_date: date, guardian_email: str = "") -> bool:
    """A student who has an account already says when they were born, once; whether a guardian is asked now.

    Then the account waits, and is logged out everywhere. Raises Invalid with `errors` (also where a resident number
    that is known says otherwise), Throttled, or Conflict for one who has said it before.
    """
    waits = check_child(birth_date=birth_date, email=user.email, guardian_email=guardian_email)
    if waits:
        count_question(guardian_email)
    with transaction.atomic():
        stored = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        if stored.birth_date is not None:
            raise Conflict(_("The date of birth is known already."), code="birth_date_known")
        if stored.resident_number and birth_date_in(stored.resident_number) != birth_date:
            raise Invalid(errors={"birth_date": [_("Your resident number here has another date of birth.")]})
        stored.birth_date = birth_date
        stored.save(update_fields=["birth_date"])
        details = {"changed": ["birth_date"]}
        record(Action.UPDATE, "user", stored.pk, organization_id=stored.organization_id, details=details)
        if waits:
            ask_guardian(child=stored, guardian_email=guardian_email)
            sessions.end_all(user=stored)
    return waits


def count_question(guardian_email: str) -> None:
    """Count a mail to this address, whether or not one will be sent. Raises Throttled for too many."""
    if settings.RATE_LIMITS_ENABLED:
        hashed = hashlib.sha256(guardian_email.strip().lower().encode()).hexdigest()
        wait = limits.wait_seconds(f"{current_zone_id()}:guardian:{hashed}", *ADDRESS_LIMIT)
        if wait > 0:
            raise Throttled(_("This guardian has been asked very often today."), retry_after=int(wait) + 1)


def ask_guardian(*, child: User, guardian_email: str) -> None:
    """Let the account wait, and write to the guardian. Call it in the transaction that makes or holds the account."""
    named = guardian_email.strip().lower()
    with transaction.atomic():
        # A registration that nobody confirmed may be made anew, with another guardian.
        GuardianRequest.objects.filter(child=child).delete()
        child.consent = Consent.AWAITED
        child.save(update_fields=["consent"])
        token = secrets.token_urlsafe(32)
        request = GuardianRequest.objects.create(
            child=child, email=named, language=child.language or get_language() or "", token_hash=_hash(token)
        )
        _mail(request, "guardian_asked", token)
        record(
            Action.CREATE,
            "guardian_request",
            request.pk,
            organization_id=child.organization_id,
            details={"student": child.pk},
        )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _mail(request: GuardianRequest, kind: str, token: str) -> None:
    said = {
        "child_name": spoken_name(request.child),
        "until": timezone.localdate(request.created_at + ANSWER_WITHIN),
        "path": f"/guardian/{token}",
    }
    send_mail_to(email=request.email, language=request.language, kind=kind, context=said)


def find_request(token: str, *, lock: bool = False) -> GuardianRequest:
    """What a mailed link leads to. Raises NotFound for one that was answered, is too old, or never was."""
    requests = GuardianRequest.objects.select_related("child__organization")
    if lock:
        requests = requests.select_for_update(of=("self",))
    # Whoever opens it need not have logged in; the token is what proves.
    with zone_wide():
        newer_than = timezone.now() - ANSWER_WITHIN
        request = requests.filter(token_hash=_hash(token), created_at__gt=newer_than).first()
    if request is None:
        raise NotFound(_("This link was answered already, or is too old."), code="link_void", audited=True)
    return request


def refuse_consent(*, token: str) -> None:
    """The guardian says no: what the child entered is erased at once, and the child is told. Raises NotFound."""
    # Nobody has logged in.
    with zone_wide(), transaction.atomic():
        child = find_request(token, lock=True).child
        write_consent(child, Kind.REFUSED, Method.EMAIL)
        _erase(child, "consent_refused")


def remind_and_expire() -> tuple[int, int]:
    """Write again to guardians who have not answered, and erase what has waited too long; how many of each."""
    now, reminded, expired = timezone.now(), 0, 0
    for request in GuardianRequest.objects.select_related("child").order_by("created_at"):
        waited = now - request.created_at
        if waited >= ANSWER_WITHIN:
            expired += _expire(request)
        elif request.mails <= len(REMIND_AFTER) and waited >= REMIND_AFTER[request.mails - 1]:
            reminded += _remind(request)
    return reminded, expired


def _remind(request: GuardianRequest) -> int:
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        # Of two workers one writes.
        claimed = GuardianRequest.objects.filter(pk=request.pk, mails=request.mails).update(
            token_hash=_hash(token), mails=request.mails + 1, mailed_at=timezone.now()
        )
        if claimed:
            _mail(request, "guardian_reminded", token)
    return claimed


def _expire(request: GuardianRequest) -> int:
    with transaction.atomic():
        if not GuardianRequest.objects.filter(pk=request.pk).select_for_update().exists():
            return 0
        write_consent(request.child, Kind.EXPIRED, Method.TIME)
        _erase(request.child, "consent_expired")
    return 1


def _erase(child: User, kind: str) -> None:
    """An account that was never used goes at once: nothing hangs on it but what was entered for it.

    One that was (its owner was asked later when they were born) stays closed, and is erased like one whose consent was
    withdrawn.
    """
    send_mail_to(email=child.email, language=child.language, kind=kind, context={})
    if child.last_login is not None:
        GuardianRequest.objects.filter(child=child).delete()
        child.consent = Consent.WITHDRAWN
        child.save(update_fields=["consent"])
        return
    details = {"reason": kind}
    record(Action.DELETE, "user", child.pk, organization_id=child.organization_id, details=details)
    child.delete()


def forget_old_consents() -> int:
    """Delete records that are older than three years and that no account rests on any more; how many."""
    resting = User.objects.exclude(consent="").values("pk")
    old = GuardianConsent.objects.filter(at__lt=timezone.now() - CONSENT_KEPT)
    return old.exclude(child_id__in=resting).delete()[0]


def write_consent(
    child: User,
    kind: str,
    method: str,
    *,
    guardian: User | None = None,
    name: str = "",
    relation: str = "",
    text_version: str = "",
    reference: str = "",
) -> GuardianConsent:
    """The record of an answer, and its row in the log. The IP address is the acting person's."""
    actor = current_actor()
    consent = GuardianConsent.objects.create(
        kind=kind,
        method=method,
        child_id=child.pk,
        organization_id=child.organization_id,
        guardian_id=guardian.pk if guardian else None,
        guardian_name=name,
        relation=relation,
        text_version=text_version,
        reference=reference,
        recorded_by_id=actor.user_id,
        ip=actor.ip,
    )
    details = {"student": child.pk, "answer": str(kind), "method": str(method)}
    details |= {"text_version": text_version} if text_version else {}
    details |= {"reference": reference} if reference else {}
    record(Action.CREATE, "guardian_consent", consent.pk, organization_id=child.organization_id, details=details)
    return consent
