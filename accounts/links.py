"""Links that a mail carries to somebody: what they allow, for how long, and once.

A link is signed (Django's signing, HMAC-SHA256) for one purpose, one zone and one state of the account: what it allows
changes that state, so nothing need be stored for it to work once. Whoever opens it only sees a form; programs that
look at mails before their reader does use nothing up.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from uuid import UUID

from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User
from zones.context import current_zone_id, zone_wide

LONGEST_LINK = 1000


class Purpose(Enum):
    CONFIRM = "confirm"  # the e-mail of a registration
    RESET = "reset"  # a password that was forgotten
    INVITE = "invite"  # the first password of an account that staff made
    MOVE = "move"  # a new e-mail


LIFETIMES = {
    Purpose.CONFIRM: timedelta(days=3),
    Purpose.RESET: timedelta(hours=1),
    Purpose.INVITE: timedelta(days=7),
    Purpose.MOVE: timedelta(hours=24),
}


@dataclass(frozen=True)
class Link:
    """A link that holds: whose it is, and for MOVE the e-mail that it was sent to."""

    user: User
    email: str


def make_link(purpose: Purpose, user: User, *, email: str = "") -> str:
    """The token of a link, good in an address: letters, digits, `-`, `_` and `:`."""
    return signing.dumps([str(user.pk), _state(purpose, user), email], salt=_salt(purpose))


def read_link(purpose: Purpose, token: str, *, for_update: bool = False) -> Link | None:
    """What the token allows here and now; None when it is made up, too old, of another zone or used.

    With `for_update` (in a transaction) the account's row stays locked, so that of two who use it at once one does.
    """
    if len(token) > LONGEST_LINK:
        return None
    try:
        user_id, state, email = signing.loads(token, salt=_salt(purpose), max_age=LIFETIMES[purpose])
        key = UUID(user_id)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    # Nobody has logged in: the link is all that says who asks.
    with zone_wide():
        users = User.objects.select_related("organization").filter(pk=key, is_active=True)
        user = (users.select_for_update(of=("self",)) if for_update else users).first()
    if user is None or not constant_time_compare(state, _state(purpose, user)):
        return None
    return Link(user, email)


def _salt(purpose: Purpose) -> str:
    return f"accounts.links:{current_zone_id()}:{purpose.value}"


def _state(purpose: Purpose, user: User) -> str:
    """Changes with whatever makes a link void: its own use, a new password or e-mail; for a reset also a log-in."""
    seen = user.last_login if purpose is Purpose.RESET else None
    said = [user.pk, user.password, user.email, user.email_verified_at, seen]
    return salted_hmac("accounts.links", "\n".join(map(str, said)), algorithm="sha256").hexdigest()[:32]
