"""Whether an e-mail belongs to who says so: at registration, and when it is changed."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import tokens
from accounts.links import Purpose, make_link, read_link
from accounts.models import User
from accounts.people import as_actor
from accounts.services.blocking import begin_try
from accounts.services.login import confirms_password
from accounts.services.mail_limits import evenly, may_mail, spoken
from accounts.services.notices import notify, send_mail_to
from accounts.services.passwords import confirm_address, invite, link_void
from audit.models import Action
from audit.services import record
from zones.context import zone_wide
from zones.problems import Conflict, Invalid, NotAuthenticated, PermissionRefused


def send_confirmation(*, user: User) -> None:
    """Mail the link that confirms a registration. Call it in the transaction of what it follows."""
    path = f"/confirm/{make_link(Purpose.CONFIRM, user)}"
    notify(user=user, kind="confirm_email", context={"path": path}, language=spoken())


@evenly()
def send_again(*, email: str, ip: str | None) -> None:
    """Another link for who lost the first. Whatever there is at this address is answered alike. Raises Throttled."""
    wanted = email.strip().lower()
    send = may_mail(email=wanted, ip=ip)
    # Nobody has logged in.
    with zone_wide(), transaction.atomic():
        user = User.objects.with_email(wanted).select_related("organization").first()
        record(Action.UPDATE, "session", details={"asked": "email_confirmation", "email": wanted[:254]})
        if not send:
            return
        if user is None or not user.may_enter:
            send_mail_to(email=wanted, language=spoken(), kind="reset_unknown", context={})
        elif user.email_verified_at is not None:
            notify(user=user, kind="address_in_use", context={}, language=spoken())
        elif user.registered_themselves:
            send_confirmation(user=user)
        else:
            invite(user=user)


def confirm_registration(*, token: str, password: str, ip: str | None) -> User:
    """The link came back, together with the password of the registration.

    Without the password, somebody could register with another's address, wait for them to follow the mail, and own an
    account that bears their name. Whether the account may enter by now (a guardian's consent) is asked at the door.
    Raises PermissionRefused (`link_void`), NotAuthenticated (`login_failed`) or Throttled.
    """
    link = read_link(Purpose.CONFIRM, token)
    if link is None:
        raise PermissionRefused(link_void(), code="link_void", audited=True)
    attempt = begin_try(email=link.user.email, ip=ip)
    if not link.user.check_password(password):
        attempt.failed("login_failed")
        said = _("This is not the password of the registration. If you have none, set a new one by mail.")
        raise NotAuthenticated(said, code="login_failed", audited=False)
    attempt.succeeded()
    # The link is all that says who asks.
    with zone_wide(), transaction.atomic():
        link = read_link(Purpose.CONFIRM, token, for_update=True)
        if link is None:
            raise PermissionRefused(link_void(), code="link_void", audited=True)
        confirm_address(link.user)
    return link.user


def ask_new_email(*, user: User, email: str, password: str, ip: str | None) -> None:
    """Somebody wishes another address: it must confirm by a link, the old one is told at once.

    Raises Invalid with `errors` by field (`email`, `password`), or Throttled. Whether somebody else has the address is
    told to nobody but them.
    """
    wanted = email.strip().lower()
    if not confirms_password(user=user, password=password, ip=ip):
        raise Invalid(errors={"password": [_("This is not your password.")]})
    if wanted == user.email.lower():
        raise Invalid(errors={"email": [_("This is your address already.")]})
    send = may_mail(email=wanted, ip=ip)
    # The address may be that of somebody of another organization, who is told.
    with zone_wide(), transaction.atomic():
        holder = User.objects.with_email(wanted).first()
        details = {"asked": "email_change", "email": wanted[:254]}
        record(Action.UPDATE, "user", user.pk, organization_id=user.organization_id, details=details)
        notify(user=user, kind="email_changing", context={"new_email": wanted})
        if not send:
            return
        if holder is not None:
            notify(user=holder, kind="address_in_use", context={})
        else:
            path = f"/profile/email/{make_link(Purpose.MOVE, user, email=wanted)}"
            send_mail_to(
                email=wanted, language=user.language or spoken(), kind="confirm_new_email", context={"path": path}
            )


def confirm_new_email(*, token: str) -> User:
    """The new address confirmed: it is the account's now, all tokens end, which carry the old one.

    Raises PermissionRefused (`link_void`), or Conflict when somebody else took the address meanwhile.
    """
    try:
        # The link is all that says who asks.
        with zone_wide(), transaction.atomic():
            link = read_link(Purpose.MOVE, token, for_update=True)
            if link is None or not link.user.may_enter:
                raise PermissionRefused(link_void(), code="link_void", audited=True)
            user, old = link.user, link.user.email
            # Queued for the old address, before the row changes.
            send_mail_to(
                email=old, language=user.language or spoken(), kind="email_changed", context={"new_email": link.email}
            )
            user.email, user.email_verified_at = link.email, timezone.now()
            user.save(update_fields=["email", "email_verified_at"])
            tokens.revoke_everything(user)
            details = {"email": [old, link.email]}
            record(
                Action.UPDATE,
                "user",
                user.pk,
                actor=as_actor(user),
                organization_id=user.organization_id,
                details=details,
            )
    except IntegrityError as error:
        raise Conflict(_("This e-mail is taken.")) from error
    return user
