"""Second factors: one-time codes of an authenticator app (TOTP, RFC 6238) and recovery codes.

Passkeys are in accounts.services.passkeys. Rows are those of allauth.mfa, whose stage of the log-in asks for them.
"""

import base64
import secrets
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import crypto, revocation
from accounts.models import User
from accounts.people import as_actor
from accounts.permissions import STAFF_ROLES, Role
from accounts.selectors import security_policy
from accounts.services.notices import notify
from accounts.token_format import CLOCK_SKEW_SECONDS
from audit.models import Action
from audit.services import record
from zones import limits
from zones.context import current_zone_id, zone_wide
from zones.problems import Conflict, Invalid, NotAuthenticated, Throttled

Kind = Authenticator.Type
# As the pages call them; allauth's own labels are for administrators.
NAMES = {
    Kind.TOTP: gettext_lazy("Authenticator app"),
    Kind.WEBAUTHN: gettext_lazy("Passkey"),
    Kind.RECOVERY_CODES: gettext_lazy("Recovery codes"),
}

# RFC 6238: what every authenticator app understands. A code lives for its own step and no longer (ASVS 5.0, 6.5.5).
STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20

# No session and no family of tokens lives longer than what the longest setting of either allows.
LONGEST_LOGIN = max(timedelta(days=31), settings.REFRESH_FAMILY_LIFETIME)

RECOVERY_CODES = 8
# No letter that is read as another one or as a digit.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
# 49 bits; each is kept by its bcrypt hash alone. The first sign says which hash to compare.
RECOVERY_LENGTH = 10


# --- Who has one, who must ------------------------------------------------------------------------------------------


def kinds(user: User) -> set[str]:
    """The kinds of factors that this person has, of allauth.mfa.models.Authenticator.Type."""
    with zone_wide():
        return set(Authenticator.objects.filter(user_id=user.pk).values_list("type", flat=True))


def needed(user: User) -> bool:
    """Whether a log-in of this person by password or by another provider asks for a second factor."""
    return bool(kinds(user) & {Kind.TOTP, Kind.WEBAUTHN})


def required_of(role: str) -> bool:
    """Whether this role does nothing here without a second factor: staff always, teachers where the zone says so."""
    return role in STAFF_ROLES or (role == Role.TEACHER and security_policy().teachers_need_factor)


def missing(user: User) -> bool:
    """Whether this person must enrol a second factor before anything else."""
    return required_of(user.role) and not needed(user)


def demand_of_teachers() -> None:
    """From now on teachers need a factor: what they are logged in with is looked at again (see `demanded_since`)."""
    revocation.revoke(key=f"role:{Role.TEACHER}", expires_at=timezone.now() + LONGEST_LOGIN)


def demanded_since(user: User, moment: float) -> bool:
    """Whether this person's role may have come to need a factor after `moment`, in seconds since 1970.

    Costs no query, and nothing at all for students: it is asked with every page. `required_of` knows for certain.
    """
    if user.role != Role.TEACHER:
        return False
    demanded = revocation.moment_of(f"role:{Role.TEACHER}")
    return demanded is not None and moment <= demanded + CLOCK_SKEW_SECONDS


# --- Codes of an authenticator app ----------------------------------------------------------------------------------


def new_secret() -> str:
    """160 random bits in base 32, as authenticator apps take them."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _totp(secret: str) -> TOTP:
    # SHA-1 is what the apps compute; as the hash of an HMAC it is sound (RFC 6238, section 1.2).
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303


def code_at(secret: str, moment: float) -> str:
    """The code of `secret` at `moment` (seconds since 1970)."""
    return _totp(secret).generate(int(moment)).decode()


def provisioning_uri(*, user: User, secret: str, issuer: str) -> str:
    """The `otpauth://` address that the QR code shows."""
    return _totp(secret).get_provisioning_uri(user.email, issuer)


def _step_of(secret: str, code: str) -> int | None:
    """The current time step when `code` is its code."""
    now = time.time()
    try:
        _totp(secret).verify(code.encode(), int(now))
    except InvalidToken:
        return None
    return int(now) // STEP_SECONDS


def _context(user_id: UUID) -> str:
    # A secret that was copied to another person's row cannot be read there.
    return f"totp:{user_id}"


def enrol_totp(*, user: User, secret: str, code: str) -> list[str]:
    """Keep `secret`, once its owner has shown with a code that their app has it.

    Returns the recovery codes when these are the first ones, else nothing. Raises Invalid (`code`), Throttled, or
    Conflict when there is an app already.
    """
    count_try(user)
    step = _step_of(secret, _digits(code))
    if step is None:
        raise Invalid(errors={"code": [_("This is not the code that the app shows now.")]})
    with transaction.atomic(), zone_wide():
        # Two enrolments at once wait for one another here; the second finds the first one's row.
        User.objects.select_for_update().only("pk").get(pk=user.pk)
        if Authenticator.objects.filter(user_id=user.pk, type=Kind.TOTP).exists():
            raise Conflict(_("There is an authenticator app already; remove it first."), code="factor_exists")
        data = {"secret": crypto.encrypt(secret, context=_context(user.pk)), "last_step": step}
        Authenticator.objects.create(user_id=user.pk, type=Kind.TOTP, data=data, last_used_at=timezone.now())
        changed(user, "added", Kind.TOTP)
        codes = first_recovery_codes(user)
    forget_tries(user)
    return codes


def keep_totp(*, user: User, secret: str) -> None:
    """Give an account an app whose secret is known to who calls: for accounts that are made ready by a command."""
    with transaction.atomic(), zone_wide():
        data = {"secret": crypto.encrypt(secret, context=_context(user.pk)), "last_step": 0}
        Authenticator.objects.create(user_id=user.pk, type=Kind.TOTP, data=data)
        details = {"factor": f"added:{Kind.TOTP}"}
        record(Action.UPDATE, "user", user.pk, organization_id=user.organization_id, details=details)


def remove_totp(*, user: User) -> None:
    """Remove the authenticator app. Raises Conflict when it is the last factor of somebody who must have one."""
    with transaction.atomic(), zone_wide():
        refuse_last(user, Authenticator.objects.filter(user_id=user.pk, type=Kind.TOTP))
        if Authenticator.objects.filter(user_id=user.pk, type=Kind.TOTP).delete()[0]:
            removed(user, Kind.TOTP)


def refuse_last(user: User, going: Any) -> None:
    """Raise Conflict where `going` (rows of theirs) are all the factors of somebody whose role needs one."""
    User.objects.select_for_update().only("pk").get(pk=user.pk)
    others = Authenticator.objects.filter(user_id=user.pk, type__in=[Kind.TOTP, Kind.WEBAUTHN]).exclude(
        pk__in=going.values("pk")
    )
    if required_of(user.role) and not others.exists():
        said = _("Your role needs a second factor: add another one before you remove this one.")
        raise Conflict(said, code="last_factor")


# --- Recovery codes -------------------------------------------------------------------------------------------------


def first_recovery_codes(user: User) -> list[str]:
    """Recovery codes for somebody who has just added their first factor; none when they have some already."""
    if Authenticator.objects.filter(user_id=user.pk, type=Kind.RECOVERY_CODES).exists():
        return []
    return _make_recovery_codes(user)


def renew_recovery_codes(*, user: User) -> list[str]:
    """New codes in place of all earlier ones. Raises Conflict without a factor that they could stand in for."""
    if not needed(user):
        raise Conflict(_("Recovery codes stand in for a second factor; add one first."), code="no_factor")
    with transaction.atomic(), zone_wide():
        User.objects.select_for_update().only("pk").get(pk=user.pk)
        Authenticator.objects.filter(user_id=user.pk, type=Kind.RECOVERY_CODES).delete()
        codes = _make_recovery_codes(user)
        changed(user, "renewed", Kind.RECOVERY_CODES)
    return codes


def _make_recovery_codes(user: User) -> list[str]:
    codes = [
        ALPHABET[slot] + "".join(secrets.choice(ALPHABET) for _sign in range(RECOVERY_LENGTH - 1))
        for slot in range(RECOVERY_CODES)
    ]
    hashes = {code[0]: make_password(code) for code in codes}
    Authenticator.objects.create(user_id=user.pk, type=Kind.RECOVERY_CODES, data={"codes": hashes})
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def recovery_codes_left(user: User) -> int:
    with zone_wide():
        row = Authenticator.objects.filter(user_id=user.pk, type=Kind.RECOVERY_CODES).first()
    return len(row.data["codes"]) if row else 0


# --- Checking -------------------------------------------------------------------------------------------------------


def check_code(*, user: User, code: str) -> str:
    """Which kind of factor `code` proves: that of the app or a recovery code, each good for one time only.

    Raises NotAuthenticated (`wrong_code`) or, after too many tries, Throttled (`login_blocked`).
    """
    count_try(user)
    kind = _proved(user, code)
    if kind is None:
        record(Action.PERMISSION_DENIED, "session", actor=as_actor(user), details={"code": "wrong_code"})
        raise NotAuthenticated(_("This code is not right, or it was used before."), code="wrong_code", audited=False)
    forget_tries(user)
    return kind


def _proved(user: User, code: str) -> str | None:
    digits = _digits(code)
    with transaction.atomic(), zone_wide():
        # Of two log-ins at once with one code, the second finds it used.
        rows = Authenticator.objects.select_for_update().filter(user_id=user.pk).exclude(type=Kind.WEBAUTHN)
        by_kind = {row.type: row for row in rows}
        app, codes = by_kind.get(Kind.TOTP), by_kind.get(Kind.RECOVERY_CODES)
        if app is not None and digits and _use_step(app, digits):
            return Kind.TOTP
        if codes is not None and _use_recovery_code(user, codes, code):
            return Kind.RECOVERY_CODES
    return None


def _use_step(row: Any, code: str) -> bool:
    step = _step_of(crypto.decrypt(row.data["secret"], context=_context(row.user_id)), code)
    if step is None or step <= row.data.get("last_step", 0):
        return False
    row.data["last_step"], row.last_used_at = step, timezone.now()
    row.save(update_fields=["data", "last_used_at"])
    return True


def _use_recovery_code(user: User, row: Any, code: str) -> bool:
    wanted = "".join(sign for sign in code.lower() if sign.isalnum())
    kept = row.data["codes"].get(wanted[:1], "")
    if len(wanted) != RECOVERY_LENGTH or not kept or not check_password(wanted, kept):
        return False
    del row.data["codes"][wanted[0]]
    row.last_used_at = timezone.now()
    row.save(update_fields=["data", "last_used_at"])
    left = len(row.data["codes"])
    record(Action.UPDATE, "user", user.pk, actor=as_actor(user), details={"factor": "recovery_code_used", "left": left})
    notify(user=user, kind="recovery_code_used", context={"left": left})
    return True


def _digits(code: str) -> str:
    """The six digits of a code as people type them (`123 456`), or nothing."""
    digits = "".join(code.split())
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdigit() else ""


def _tries(user: User) -> str:
    return f"{current_zone_id()}:factor:{user.pk}"


def count_try(user: User) -> None:
    """One more try of this person's second factor, whoever makes it and from where; six in a minute block it."""
    if not settings.RATE_LIMITS_ENABLED:
        return
    key = _tries(user)
    blocked = limits.blocked_seconds(key)
    if not blocked and limits.wait_seconds(key, *settings.LOGIN_RATE_LIMIT) > 0:
        limits.block(key, settings.LOGIN_BLOCK_SECONDS)
        blocked = settings.LOGIN_BLOCK_SECONDS
        record(Action.PERMISSION_DENIED, "session", actor=as_actor(user), details={"code": "factor_blocked"})
    if blocked:
        said = _("Too many tries. Log-in is possible again in %(minutes)d minutes.")
        minutes = max(1, round(blocked / 60))
        raise Throttled(said % {"minutes": minutes}, code="login_blocked", retry_after=max(1, int(blocked)))


def forget_tries(user: User) -> None:
    if settings.RATE_LIMITS_ENABLED:
        limits.forget(_tries(user))


# --- What is told of changes ----------------------------------------------------------------------------------------


def changed(user: User, what: str, kind: str, **details: Any) -> None:
    """A row in the log, and a mail to the person: whoever did not do this must hear of it."""
    said = {"factor": f"{what}:{kind}", **details}
    record(Action.UPDATE, "user", user.pk, organization_id=user.organization_id, details=said)
    notify(user=user, kind=f"factor_{what}", context={"factor": str(NAMES[kind]), **details})


def removed(user: User, kind: str, **details: Any) -> None:
    """The same for a factor that is gone; recovery codes go with the last one."""
    factors = Authenticator.objects.filter(user_id=user.pk)
    if not factors.exclude(type=Kind.RECOVERY_CODES).exists():
        factors.delete()
    changed(user, "removed", kind, **details)


def reset(*, user: User, reason: str) -> int:
    """Take all factors from somebody who has lost them, for an operator; the number of factors.

    Everything they are logged in with ends; staff are led to enrolment at their next log-in.
    """
    from accounts.services import sessions

    with transaction.atomic(), zone_wide():
        number = Authenticator.objects.filter(user_id=user.pk).delete()[0]
        sessions.end_all(user=user)
        details = {"factor": "reset", "reason": reason, "number": number}
        record(Action.UPDATE, "user", user.pk, organization_id=user.organization_id, details=details)
        notify(user=user, kind="factor_reset", context={"reason": reason})
    return number
