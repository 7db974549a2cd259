"""The one table of what people are told, and how it is called.

A kind has words here and two templates, `templates/mail/<kind>.txt` and `.html`. In all of them stand the members of
the context that `accounts.services.notices.notify` is given. A link is a path of our own in the context's `path` (else
the kind's); templates find it whole, on the zone's registered domain, as `link`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PATH = frozenset({"path"})


@dataclass(frozen=True)
class Kind:
    """`subject` is the mail's subject and the notice's title, `words` the notice's second line; `%(name)s` stands for
    a member of the context.

    `path` is where in the app it leads. `secret` names members of the context that the mail alone is told (a link with
    a token): they never reach the notice. A mail that could not be sent for `useful` is not sent any more.
    What opens an account is told by mail alone (`in_app` is false), what a person has just done themselves in the app
    alone (`by_mail` is false).
    """

    subject: Any
    words: Any = ""
    path: str = ""
    secret: frozenset[str] = frozenset()
    useful: timedelta = DAY
    in_app: bool = True
    by_mail: bool = True

    def title(self, context: Mapping[str, Any]) -> str:
        return _filled(self.subject, context)

    def text(self, context: Mapping[str, Any]) -> str:
        return _filled(self.words, context)


def _filled(words: Any, context: Mapping[str, Any]) -> str:
    # In one line, as a mail's subject must be.
    return " ".join((str(words) % readable(context)).split()) if words else ""


def readable(context: Mapping[str, Any]) -> dict[str, Any]:
    """The context with its days and moments, which are kept as ISO 8601, as the language at hand writes them."""
    return {name: _READ[name](value) if name in _READ else value for name, value in context.items()}


def _day(value: Any) -> str:
    day = parse_date(value) if isinstance(value, str) else value
    return date_format(day, "DATE_FORMAT") if day else str(value)


def _moment(value: Any) -> str:
    moment = parse_datetime(value) if isinstance(value, str) else value
    if moment is None or timezone.is_naive(moment):
        return str(value)
    here = timezone.localtime(moment)
    return f"{date_format(here, 'DATETIME_FORMAT')} ({here:%Z})"


_READ: dict[str, Callable[[Any], str]] = {"until": _day, "when": _moment}


_NOT_YOU = _("If you did not do this, log out everywhere and change your password.")

KINDS: dict[str, Kind] = {
    "export_ready": Kind(_("Your data are packed"), _("You find them in your profile for seven days."), "/profile"),
    "parent_asks": Kind(
        _("%(parent_name)s asks to see your results"),
        _("Approve or refuse it in your profile."),
        "/profile",
    ),
    "parent_approved": Kind(
        _("%(student_name)s lets you see the results"),
        _("You find them under Children."),
        "/children",
    ),
    "parent_refused": Kind(
        _("Your request was refused"),
        _("%(student_email)s does not want you to see the results."),
        "/children",
    ),
    "parent_left": Kind(
        _("%(parent_name)s no longer sees your results"),
        _("The parent ended the link."),
        "/profile",
    ),
    "student_left": Kind(
        _("You no longer see the results of %(student_name)s"),
        _("The student ended the link."),
        "/children",
    ),
    "link_ended": Kind(
        _("You ended the link with %(other_name)s"),
        _("Nothing is shown any more, from now on."),
        by_mail=False,
    ),
    # To an address without an account.
    "guardian_asked": Kind(
        _("%(child_name)s needs your consent"), secret=frozenset({"path"}), useful=5 * DAY, in_app=False
    ),
    "guardian_reminded": Kind(
        _("%(child_name)s is waiting for your consent"), secret=frozenset({"path"}), useful=5 * DAY, in_app=False
    ),
    # To one whose account is erased in the same moment.
    "consent_refused": Kind(_("Your guardian did not agree"), in_app=False),
    "consent_expired": Kind(_("Your guardian did not answer"), in_app=False),
    "consent_given": Kind(_("Your guardian has agreed"), _("Your account is open."), "/login"),
    "consent_recorded": Kind(
        _("You agreed to the account of %(child_name)s"), _("You can withdraw at any time under Children."), "/children"
    ),
    "consent_withdrawn": Kind(_("Your guardian has withdrawn the consent"), _("Your account was closed.")),
    "consent_withdrawn_by_you": Kind(
        _("You withdrew the consent for %(child_name)s"), _("The data are erased on %(until)s."), "/children"
    ),
    "consent_not_needed": Kind(_("You need nobody's consent any more"), _("Your account is open."), "/login"),
    "confirm_parent": Kind(
        _("%(parent_name)s sees your results: confirm or end it"),
        _("Without your answer it ends on %(until)s."),
        "/profile",
    ),
    "child_of_age": Kind(
        _("%(child_name)s is 14 and decides alone"),
        _("You see the results until %(until)s, or longer if confirmed."),
        "/children",
    ),
    # Log-in. What opens an account, or says whether there is one, goes to the address alone.
    "confirm_email": Kind(_("Confirm your e-mail"), secret=PATH, useful=3 * DAY, in_app=False),
    "address_in_use": Kind(_("You have an account already"), path="/login", in_app=False),
    "reset_password": Kind(_("Choose a new password"), secret=PATH, useful=HOUR, in_app=False),
    "reset_unknown": Kind(_("There is no account with this e-mail"), path="/register", in_app=False),
    "invited": Kind(_("An account was made for you"), secret=PATH, useful=7 * DAY, in_app=False),
    "confirm_new_email": Kind(_("Confirm your new e-mail"), secret=PATH, useful=DAY, in_app=False),
    "email_changing": Kind(
        _("Another e-mail was asked for your account"),
        _("%(new_email)s takes its place when it is confirmed."),
        "/profile",
    ),
    "email_changed": Kind(_("The e-mail of your account was changed"), in_app=False),
    "password_changed": Kind(
        _("Your password was changed"),
        _("Not you? Set a new one by mail at once."),
        "/password/reset",
    ),
    "new_device": Kind(
        _("A log-in from a new device"),
        _("%(what)s, %(where)s, %(when)s. If it was not you, log out everywhere."),
        "/profile/security",
        secret=frozenset({"path"}),
    ),
    "factor_added": Kind(_("A second factor was added: %(factor)s"), _NOT_YOU, "/profile/security"),
    "factor_removed": Kind(_("A second factor was removed: %(factor)s"), _NOT_YOU, "/profile/security"),
    "factor_renewed": Kind(_("New recovery codes were made"), _NOT_YOU, "/profile/security"),
    "factor_reset": Kind(
        _("Your second factors were reset"),
        _("An operator did it: %(reason)s. Add a new one when you log in."),
        "/profile/security",
    ),
    "recovery_code_used": Kind(_("A recovery code was used"), _("%(left)s are left."), "/profile/security"),
    "provider_connected": Kind(_("You may log in with %(provider)s now"), _NOT_YOU, "/profile/security"),
    "provider_disconnected": Kind(_("%(provider)s no longer logs you in"), _NOT_YOU, "/profile/security"),
}
