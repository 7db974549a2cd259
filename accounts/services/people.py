"""Making and changing accounts."""

from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import tokens
from accounts.models import Organization, User
from accounts.people import Person, as_actor
from accounts.permissions import ZONE_WIDE, Role, outranks
from accounts.selectors import get_user
from audit.models import Action
from audit.services import record
from zones.classification import EMPTIED, table
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
) -> User:
    """A new account that somebody makes for themselves.

    Raises Invalid with `errors` by field: a taken e-mail, a weak password, an unknown organization code.
    """
    if role not in SELF_CHOSEN:
        raise Invalid(errors={"role": [_("Choose student or parent.")]})
    organization = None
    if organization_code:
        organization = Organization.objects.filter(
            code__iexact=organization_code.strip(), status=Organization.Status.ACTIVE
        ).first()
        if organization is None:
            raise Invalid(errors={"organization_code": [_("No organization has this code.")]})
    user = User(display_name=display_name.strip(), email=email.strip().lower(), role=role, language=language)
    user.organization = organization
    return _create(user, password, as_themselves=True)


def create_user(
    *,
    person: Person,
    display_name: str,
    email: str,
    password: str | None,
    role: str,
    organization: Organization | None = None,
    language: str = "",
) -> User:
    """A new account made by staff: never above the maker's own role, and within the maker's organization.

    Without a password nobody can log in to it until an administrator sets one.

    Raises PermissionRefused, or Invalid with `errors` by field.
    """
    may_manage(person, "user:create", role, organization)
    user = User(display_name=display_name.strip(), email=email.strip().lower(), role=role, language=language)
    user.organization = organization
    return _create(user, password, as_themselves=False)


def _create(user: User, password: str | None, *, as_themselves: bool) -> User:
    _check(user, password)
    user.set_password(password)
    user.email_verified_at = timezone.now()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            actor = as_actor(user) if as_themselves else None
            details = {"email": user.email, "role": user.role}
            record(Action.CREATE, "user", user.pk, actor=actor, organization_id=user.organization_id, details=details)
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
    """Staff change an account; what is None stays. A new role or organization ends the person's tokens."""
    may_manage(person, "user:update", user.role, user.organization)
    may_manage(person, "user:update", role or user.role, organization or user.organization)
    changes = {"display_name": display_name, "role": role, "organization": organization}
    with transaction.atomic():
        before = (user.role, user.organization_id)
        _save_changes(user, changes)
        if (user.role, user.organization_id) != before:
            tokens.revoke_everything(user)
    return user


def change_password(*, user: User, current: str, new: str) -> None:
    """A new password for somebody who knows the old one; it ends every token and every other session.

    Raises Invalid with `errors` by field (`current`, `new`).
    """
    if not user.check_password(current):
        raise Invalid(errors={"current": [_("This is not your password.")]})
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise Invalid(errors={"new": error.messages}) from error
    with transaction.atomic():
        user.set_password(new)
        user.save(update_fields=["password"])
        tokens.revoke_everything(user)
        record(Action.UPDATE, "user", user.pk, organization_id=user.organization_id, details={"changed": ["password"]})


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
            tokens.revoke_everything(user)
        details = {"is_active": [not active, active]}
        record(Action.UPDATE, "user", user.pk, organization_id=user.organization_id, details=details)


def may_manage(person: Person, permission: str, role: str, organization: Organization | None) -> None:
    """Whether `person` may have to do with accounts of this role in this organization; raises PermissionRefused."""
    if not person.allows(permission):
        raise PermissionRefused(permission=permission)
    if outranks(role, person.role):
        raise PermissionRefused(_("Nobody grants or changes a role above their own."), code="role_too_high")
    if person.role in ZONE_WIDE:
        return
    if organization is None or organization.pk != person.organization_id:
        raise PermissionRefused(_("This is for people of your own organization."), code="other_organization")


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


def _check(user: User, password: str | None = None) -> None:
    """Raise Invalid with everything that is wrong, by field."""
    errors: dict[str, list[str]] = {}
    try:
        user.full_clean(exclude=["password", "organization"])
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


def person_row(person: Person) -> User:
    """The row of somebody known by their token. Raises NotFound when the account is gone."""
    return person if isinstance(person, User) else get_user(person.pk)
