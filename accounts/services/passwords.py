"""New passwords: changed by who knows the old one, renewed when they are due, set by a mailed link or by staff."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import tokens
from accounts.links import Purpose, make_link, read_link
from accounts.models import User
from accounts.people import as_actor
from accounts.services import sessions
from accounts.services.login import confirms_password
from accounts.services.mail_limits import evenly, may_mail, spoken
from accounts.services.notices import notify, send_mail_to
from audit.models import Action
from audit.services import record
from zones.context import zone_wide
from zones.problems import Invalid, PermissionRefused


def change_password(*, user: User, current: str, new: str, ip: str | None) -> None:
    """A new password for somebody who knows the old one; it ends every token and every other session.

    Raises Invalid with `errors` by field (`current`, `new`), or Throttled after too many wrong ones.
    """
    if not confirms_password(user=user, password=current, ip=ip):
        raise Invalid(errors={"current": [_("This is not your password.")]})
    set_password(user=user, new=new, how="changed")


def set_password(*, user: User, new: str, how: str, field: str = "new", temporary: bool = False) -> None:
    """Give `user` a password: all their tokens and sessions end, and they are told in the app and by mail.

    `how` is recorded: "changed", "renewed", "reset", "invited" or "staff". Whoever calls has made sure who asks.
    Raises Invalid with `errors` at `field`: too weak, or the old one.
    """
    _refuse_weak(user, new, field)
    # Not of staff, whom the refusal would tell the password that they guessed.
    if not temporary and user.check_password(new):
        raise Invalid(errors={field: [_("The new password must be another one than the old.")]})
    with transaction.atomic():
        user.set_password(new)
        user.password_changed_at, user.password_temporary = timezone.now(), temporary
        user.save(update_fields=["password", "password_changed_at", "password_temporary"])
        tokens.revoke_everything(user)
        sessions.all_ended(user=user)
        # A mailed link has no other name for who uses it.
        actor = None if how == "staff" else as_actor(user)
        details = {"changed": ["password"], "how": how}
        record(Action.UPDATE, "user", user.pk, actor=actor, organization_id=user.organization_id, details=details)
        notify(user=user, kind="password_changed", context={})


def _refuse_weak(user: User, new: str, field: str) -> None:
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise Invalid(errors={field: error.messages}) from error


@evenly()
def ask_reset(*, email: str, ip: str | None) -> None:
    """Mail a link to set a new password; to an address without an account, that there is none.

    Known and unknown addresses are answered alike and cost the same: one look, one row in the log, one mail.
    Raises Throttled.
    """
    wanted = email.strip().lower()
    send = may_mail(email=wanted, ip=ip)
    # Nobody has logged in.
    with zone_wide(), transaction.atomic():
        user = User.objects.with_email(wanted).select_related("organization").first()
        record(Action.UPDATE, "session", details={"asked": "password_reset", "email": wanted[:254]})
        if not send:
            return
        if user is None or not user.may_enter:
            send_mail_to(email=wanted, language=spoken(), kind="reset_unknown", context={})
        else:
            notify(user=user, kind="reset_password", context={"path": _path(Purpose.RESET, user)}, language=spoken())


def invite(*, user: User) -> None:
    """Mail a link with which somebody whose account staff made chooses a password. Call it in their transaction."""
    notify(user=user, kind="invited", context={"path": _path(Purpose.INVITE, user)})


def _path(purpose: Purpose, user: User) -> str:
    folder = "invitation" if purpose is Purpose.INVITE else "password/reset"
    return f"/{folder}/{make_link(purpose, user)}"


def set_by_link(*, purpose: Purpose, token: str, new: str) -> User:
    """The password that the holder of a RESET or INVITE link chose. The link has also shown that the e-mail is theirs.

    Whoever has second factors is asked for them at the next log-in as ever: nobody is logged in here.
    Raises PermissionRefused (`link_void`), or Invalid with `errors` at `password`.
    """
    # The link is all that says who asks.
    with zone_wide(), transaction.atomic():
        link = read_link(purpose, token, for_update=True)
        if link is None or not link.user.may_enter:
            raise PermissionRefused(link_void(), code="link_void", audited=True)
        user = link.user
        set_password(user=user, new=new, how="reset" if purpose is Purpose.RESET else "invited", field="password")
        if user.email_verified_at is None:
            confirm_address(user)
    return user


def confirm_address(user: User) -> None:
    """A link that was mailed to this address has come back. Call it in a transaction."""
    user.email_verified_at = timezone.now()
    user.save(update_fields=["email_verified_at"])
    details = {"confirmed": "email"}
    record(Action.UPDATE, "user", user.pk, actor=as_actor(user), organization_id=user.organization_id, details=details)


def link_void() -> str:
    return _("This link was used already, is too old or was not copied whole. Ask for a new one.")
