"""Making and changing accounts."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.ages import checked_birth_date, today, under_age
from accounts.models import Consent, Organization, User
from accounts.people import Person, SignedClient, as_actor
from accounts.permissions import STAFF_ROLES, ZONE_WIDE, Role, outranks
from accounts.selectors import get_user
from accounts.services import classes, providers, sessions
from accounts.services.confirming import send_confirmation
from accounts.services.guardian_requests import ask_guardian, check_child, count_question
from accounts.services.mail_limits import may_mail, spoken
from accounts.services.notices import notify
from accounts.services.passwords import invite
from accounts.services.providers import Identity
from audit.context import current_actor
from audit.models import Action
from audit.services import record
from zones.classification import EMPTIED, table
from zones.context import zone_wide
from zones.problems import Invalid, PermissionRefused

# What people may call themselves when they register; staff are made by staff.
SELF_CHOSEN = (Role.STUDENT, Role.PARENT)


def register(
    *,
    display_name: str,
    email: str,
    password: str,
    role: str = Role.STUDENT,
    organization_code: str = "",
    language: str = "",
    birth_date: date | None = None,
    guardian_email: str = "",
    ip: str | None = None,
) -> bool:
    """A new account that somebody makes for themselves; a link that is mailed to them opens it.

    That of a student under 14 waits for their guardian, who is written to first; whether it does.

    Whether the address is taken is told to its owner alone: the answer is the same. A registration that was never
    confirmed gives way to a newer one, since whoever made it could not read the address's mail.
    Raises Invalid with `errors` by field (a weak password, an unknown organization code, no date of birth of a student,
    no guardian of a child), or Throttled.
    """
    if role not in SELF_CHOSEN:
        raise Invalid(errors={"role": [_("Choose student or parent.")]})
    user = User(display_name=display_name.strip(), email=email.strip().lower(), role=role, language=language)
    user.organization = _organization_with(organization_code)
    _check(user, password, taken=False)
    waits = role == Role.STUDENT and check_child(birth_date=birth_date, email=email, guardian_email=guardian_email)
    if waits:
        count_question(guardian_email)
        user.consent = Consent.AWAITED
    if role == Role.STUDENT:
        # Of a parent it is not needed, so it is not kept.
        user.birth_date = birth_date  # type: ignore[assignment]  # encrypted, see `born`
    send = may_mail(email=user.email, ip=ip)
    # Before anything is looked up: the hash is what costs time, and every address costs it.
    user.set_password(password)
    _keep(user, send=send, guardian_email=guardian_email if waits else "")
    return waits


def _keep(user: User, *, send: bool, guardian_email: str) -> None:
    """Store a registration, unless the address has an owner; mail whoever is to hear of it.

    Of a child `guardian_email` is written to. Without `send` too much was mailed to this address already.
    """
    # Nobody has logged in.
    with zone_wide(), transaction.atomic():
        there = _holder(user.email) or _insert(user)
        if there is not None and there.email_verified_at is None and there.registered_themselves and there.is_active:
            _replace(there, user)
        elif there is not None:
            record(Action.PERMISSION_DENIED, "user", details={"code": "email_taken", "email": user.email})
            if send:
                _tell_holder(there)
            return
        account = there or user
        if guardian_email:
            ask_guardian(child=account, guardian_email=guardian_email)
        elif send and account.may_enter:
            send_confirmation(user=account)


def _organization_with(code: str) -> Organization | None:
    """The organization that people with this code belong to; none without one. Raises Invalid."""
    if not code:
        return None
    # Nobody has logged in, so nobody belongs anywhere yet.
    with zone_wide():
        active = Organization.objects.filter(status=Organization.Status.ACTIVE)
        organization = active.filter(code__iexact=code.strip()).first()
    if organization is None:
        raise Invalid(errors={"organization_code": [_("No organization has this code.")]})
    return organization


def _holder(email: str) -> User | None:
    # Locked: of two registrations at once the later one sees what the first has made.
    accounts = User.objects.with_email(email).select_related("organization")
    return accounts.select_for_update(of=("self",)).first()


def _insert(user: User) -> User | None:
    """Save a registration, unless somebody registered this address in the same moment: then whose account it is."""
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            details = {"email": user.email, "role": user.role}
            owner = user.organization_id
            record(Action.CREATE, "user", user.pk, actor=as_actor(user), organization_id=owner, details=details)
    except IntegrityError:
        return _holder(user.email)
    return None


def _replace(there: User, wanted: User) -> None:
    """A registration that nobody confirmed becomes what the newer one says; the older one's link is void with it."""
    changed = ["display_name", "role", "organization", "language", "password"]
    if not there.consent:
        # Who has said that they are a child does not grow up by registering again, whatever a guardian has said since.
        changed += ["birth_date", "consent"]
    for name in changed:
        setattr(there, name, getattr(wanted, name))
    there.save(update_fields=changed)
    details = {"changed": changed, "how": "registered again"}
    owner = there.organization_id
    record(Action.UPDATE, "user", there.pk, actor=as_actor(there), organization_id=owner, details=details)


def _tell_holder(there: User) -> None:
    if there.email_verified_at is None and there.may_enter:
        invite(user=there)
    else:
        notify(user=there, kind="address_in_use", context={}, language=spoken())


def create_user(
    *,
    person: Person,
    display_name: str,
    email: str,
    password: str | None,
    role: str,
    organization: Organization | None = None,
    language: str = "",
    birth_date: date | None = None,
    waits: bool = False,
) -> User:
    """A new account made by staff: never above the maker's own role, and within the maker's organization.

    That of a student under 14, or of one who `waits`, is closed until a guardian consents (guardian_requests), also on
    paper (guardians.record_paper).

    Without a password the person is mailed a link to choose one, which also confirms the address. A password that staff
    give opens one log-in within seven days, which ends with one of the person's own; staff vouch for the address then.

    Raises PermissionRefused, or Invalid with `errors` by field.
    """
    may_manage(person, "user:create", role, organization)
    _check_place(role, organization)
    user = User(display_name=display_name.strip(), email=email.strip().lower(), role=role, language=language)
    user.organization = organization
    _check(user, password)
    if role == Role.STUDENT and birth_date is not None:
        user.birth_date = checked_birth_date(birth_date)  # type: ignore[assignment]  # as above
        user.consent = Consent.AWAITED if under_age(birth_date, today()) else ""
    if waits:
        user.consent = Consent.AWAITED
    user.set_password(password)
    if password is not None:
        user.password_temporary, user.email_verified_at = True, timezone.now()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            details = {"email": user.email, "role": user.role}
            record(Action.CREATE, "user", user.pk, organization_id=user.organization_id, details=details)
            if password is None and user.may_enter:
                invite(user=user)
    except IntegrityError as error:
        # Somebody registered this address in the same moment; the constraint let one of them in.
        raise Invalid(errors={"email": [_("This e-mail is taken.")]}) from error
    return user


def update_profile(*, user: User, display_name: str | None = None, language: str | None = None) -> User:
    """People change their own name and language."""
    return _save_changes(user, {"display_name": display_name, "language": language})


def update_user(
    *,
    person: Person,
    user: User,
    display_name: str | None = None,
    role: str | None = None,
    organization: Organization | None = None,
) -> User:
    """Staff change an account; what is None stays.

    A new role or organization ends the person's tokens, and their places in classes that it does not fit.
    Raises PermissionRefused, or Invalid with `errors` by field.
    """
    may_manage(person, "user:update", user.role, user.organization)
    may_manage(person, "user:update", role or user.role, organization or user.organization)
    if role is not None:
        _check_place(role, organization or user.organization)
    changes = {"display_name": display_name, "role": role, "organization": organization}
    with transaction.atomic():
        before = (user.role, user.organization_id)
        _save_changes(user, changes)
        if (user.role, user.organization_id) != before:
            sessions.end_all(user=user)
            classes.leave_unfitting(user=user)
    return user


def set_active(*, person: Person, user: User, active: bool) -> None:
    """Close an account (its tokens end, its sessions open nothing) or open it again."""
    may_manage(person, "user:update", user.role, user.organization)
    if user.pk == person.pk:
        raise Invalid(_("Nobody can close their own account here."))
    with transaction.atomic():
        changed = User.objects.filter(pk=user.pk, is_active=not active).update(is_active=active)
        user.is_active = active
        if not changed:
            return
        if not active:
            sessions.end_all(user=user)
        details = {"is_active": [not active, active]}
        record(Action.UPDATE, "user", user.pk, organization_id=user.organization_id, details=details)


def end_sessions(*, person: Person, user: User, session_id: UUID | None = None) -> int:
    """Staff log somebody out, in one place or (by default) everywhere; the number of places.

    Raises PermissionRefused or NotFound.
    """
    may_manage(person, "user:update", user.role, user.organization)
    if session_id is None:
        return sessions.end_all(user=user)
    sessions.end_one(user=user, session_id=session_id)
    return 1


def register_from_provider(
    *, who: Identity, display_name: str, email: str = "", birth_date: date | None = None, language: str = ""
) -> User | None:
    """A new account for somebody whom an identity provider has just named; it has no password, and is theirs at once.

    Where the provider proved no address nobody is returned: `email` is mailed a link (or its owner told), and only who
    opens it gets in. Nothing is connected then: whoever names another's address must not keep a way in.
    Raises Invalid with `errors` by field; children under 14 register where their guardian is asked.
    """
    provider = who.provider
    user = User(display_name=display_name.strip(), role=provider.role, language=language)
    user.email = (who.email if who.verified else email).strip().lower()
    user.organization = provider.organization
    if user.role == Role.STUDENT:
        user.birth_date = _of_age(birth_date)  # type: ignore[assignment]  # as above
    _check(user, taken=False)
    user.set_unusable_password()
    user.email_verified_at = timezone.now() if who.verified else None
    # Nobody has logged in.
    with zone_wide(), transaction.atomic():
        there = _holder(user.email) or _insert(user)
        if who.verified and there is None:
            providers.connect(user=user, who=who)
            return user
        if may_mail(email=user.email, ip=current_actor().ip):
            _tell_holder(there or user)
    return None


def _of_age(birth_date: date | None) -> date:
    if birth_date is None:
        raise Invalid(errors={"birth_date": [_("When were you born?")]})
    born = checked_birth_date(birth_date)
    if under_age(born, today()):
        said = _("If you are under 14, register with your e-mail: your guardian is asked there.")
        raise Invalid(errors={"birth_date": [said]})
    return born


def may_manage(person: Person, permission: str, role: str, organization: Organization | None) -> None:
    """Whether `person` may have to do with accounts of this role in this organization; raises PermissionRefused."""
    if not person.allows(permission):
        raise PermissionRefused(permission=permission)
    if outranks(role, person.role):
        raise PermissionRefused(_("Nobody grants or changes a role above their own."), code="role_too_high")
    if isinstance(person, SignedClient) and role in STAFF_ROLES:
        # A server with this one permission would make itself an account with all the others.
        raise PermissionRefused(_("An API client makes and changes no administrators."), code="role_too_high")
    if person.role in ZONE_WIDE:
        return
    if organization is None or organization.pk != person.organization_id:
        raise PermissionRefused(_("This is for people of your own organization."), code="other_organization")


def _check_place(role: str, organization: Organization | None) -> None:
    if role == Role.ORG_ADMIN and organization is None:
        raise Invalid(errors={"organization": [_("An administrator of an organization needs that organization.")]})


def _save_changes(user: User, changes: dict[str, Any]) -> User:
    wanted = {name: value for name, value in changes.items() if value is not None}
    before = {name: getattr(user, name) for name in wanted}
    changed = [name for name, value in wanted.items() if value != before[name]]
    if not changed:
        return user
    for name in changed:
        setattr(user, name, wanted[name])
    _check(user)
    personal = {name for name, kind in table(User).kinds().items() if kind in EMPTIED}
    details: dict[str, Any] = {n: [_text(before[n]), _text(wanted[n])] for n in changed if n not in personal}
    # A row of the log stays when the person is erased: it says that a name changed, not which it was.
    if hidden := sorted(personal & set(changed)):
        details["changed"] = hidden
    with transaction.atomic():
        user.save(update_fields=changed)
        record(Action.UPDATE, "user", user.pk, organization_id=user.organization_id, details=details)
    return user


def _check(user: User, password: str | None = None, *, taken: bool = True) -> None:
    """Raise Invalid with everything that is wrong, by field; without `taken`, not that the e-mail is."""
    errors: dict[str, list[str]] = {}
    try:
        user.full_clean(exclude=["password", "organization"], validate_unique=taken, validate_constraints=taken)
    except ValidationError as error:
        for field, messages in error.message_dict.items():
            # The only constraint of the whole row is the one on the e-mail.
            errors["email" if field == "__all__" else field] = messages
    if password is not None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            errors["password"] = error.messages
    if errors:
        raise Invalid(errors=errors)


def _text(value: object) -> object:
    return str(value) if value is not None else None


def born(user: User) -> date | None:
    # The stubs take an encrypted date for text.
    return user.birth_date  # type: ignore[return-value]


def person_row(person: Person) -> User:
    """The row of somebody known by their token. Raises NotFound when the account is gone."""
    return person if isinstance(person, User) else get_user(person.pk)
