"""Tries at proving who one is, counted: after five failures within a minute nothing is looked at for 15 minutes."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from audit.models import Action
from audit.services import record
from zones import limits
from zones.context import current_zone_id
from zones.problems import Throttled


@dataclass(frozen=True)
class Try:
    """One try, begun by `begin_try`; exactly one of its two ends follows."""

    account: str
    address: str
    email: str

    def failed(self, code: str) -> None:
        """Record the failure and count it for the address. Raises Throttled when that was one too many."""
        record_failure(code, self.email)
        if settings.RATE_LIMITS_ENABLED:
            _count(self.address, settings.LOGIN_FAILURES_LIMIT, self.email)

    def succeeded(self) -> None:
        """Count this account from this address from nothing again."""
        if settings.RATE_LIMITS_ENABLED:
            limits.forget(self.account)


def begin_try(*, email: str, ip: str | None, kind: str = "login") -> Try:
    """Count a try at the account with this e-mail, whether or not there is one.

    Two counts lead to a block of settings.LOGIN_BLOCK_SECONDS: tries of one account from one address
    (LOGIN_RATE_LIMIT; a success counts anew), and failures of any account from one address (LOGIN_FAILURES_LIMIT).
    So a class behind one router can log in together, and nobody can try many accounts (docs/decisions/0007). `kind`
    parts counts of different secrets: "login" for passwords, "code" for second factors; a right password must not
    forgive wrong codes.

    Raises Throttled (`login_blocked`).
    """
    zone, name, whence = current_zone_id(), email.strip().lower(), limits.network_of(ip)
    begun = Try(f"{zone}:{kind}:{whence}:{name}", f"{zone}:{kind}:{whence}", email)
    if settings.RATE_LIMITS_ENABLED:
        _refuse_blocked(begun.account, begun.address)
        _count(begun.account, settings.LOGIN_RATE_LIMIT, email)
    return begun


def record_failure(code: str, email: str) -> None:
    record(Action.PERMISSION_DENIED, "session", details={"code": code, "email": email.strip()[:254]})


def _count(key: str, limit: tuple[int, int], email: str) -> None:
    if limits.wait_seconds(key, *limit) > 0:
        limits.block(key, settings.LOGIN_BLOCK_SECONDS)
        record_failure("login_blocked", email)
        _refuse_blocked(key)


def _refuse_blocked(*keys: str) -> None:
    blocked = max(limits.blocked_seconds(key) for key in keys)
    if blocked > 0:
        minutes = max(1, round(blocked / 60))
        raise Throttled(
            _("Too many tries. Log-in is possible again in %(minutes)d minutes.") % {"minutes": minutes},
            code="login_blocked",
            retry_after=max(1, int(blocked)),
        )
