"""Erasing a person from every store of their zone (docs/erasure.md)."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import redis
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import tokens
from accounts.models import User
from accounts.people import Person
from accounts.permissions import ZONE_WIDE
from accounts.services.people import set_active
from accounts.subjects import columns, rows, scanning, stores
from accounts.subjects.scanning import Trace
from accounts.subjects.subject import ERASED_DOMAIN, Subject, is_erased, subject_of
from audit import origins
from audit.models import Action, AuditEntry
from audit.services import record
from zones.classification import table
from zones.context import current_zone_id
from zones.problems import Conflict, Invalid, PermissionRefused, Unavailable

LEAST_REASON = 10
# By then the request that asked for it has committed, or has not: confirmed() tells.
START_SECONDS = 5
RETRY_SECONDS = 60
NAMELESS = "–"


@dataclass
class Erasure:
    """What was done (or would be): places and the rows, keys or files there; what could not be; what is left."""

    user_id: UUID
    done: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)

    def add(self, place: str, number: int) -> None:
        if number:
            self.done[place] = self.done.get(place, 0) + number

    @property
    def is_complete(self) -> bool:
        return not (self.problems or self.traces)


def preview(*, person: Person, user: User, reason: str) -> Erasure:
    """What `erase_person` would do. The log keeps that somebody asked, and why: the first of its two steps.

    Raises PermissionRefused, Invalid for a reason of fewer than 10 characters, Conflict for somebody erased already.
    """
    _check(person, user, reason)
    found = Erasure(user.pk)
    for place, number in _steps(user.pk, dry_run=True):
        found.add(place, number)
    details = {"erasure": "asked", "reason": reason[:500]}
    record(Action.READ, "user", user.pk, organization_id=user.organization_id, details=details)
    return found


def ask(*, person: Person, user: User, email: str, reason: str) -> None:
    """Have a worker erase somebody: the account is closed at once, the rest follows in the background.

    `email` is typed by who asks, so that nobody else is meant. Raises as `preview` does, and Invalid for another e-mail
    or oneself, Unavailable where no worker can be told: then nothing has happened.
    """
    from accounts.tasks import erase

    _check(person, user, reason)
    if email.strip().lower() != user.email:
        raise Invalid(errors={"email": [_("This is not the e-mail of the account.")]})
    if user.pk == person.pk:
        raise Invalid(_("Nobody can erase their own account here."))
    with transaction.atomic():
        set_active(person=person, user=user, active=False)
        details = {"erasure": "confirmed", "reason": reason[:500]}
        record(Action.DELETE, "user", user.pk, organization_id=user.organization_id, details=details)
        # Before the commit: what cannot be sent is not recorded as confirmed.
        try:
            erase.apply_async((str(user.pk), reason), countdown=START_SECONDS, retry=False)
        except Exception as error:
            said = _("No worker can be told of it at present. Nothing was erased.")
            raise Unavailable(said, retry_after=RETRY_SECONDS) from error


def confirmed(user: User) -> bool:
    """Whether staff have confirmed that this account be erased: said by the log, which a message cannot forge."""
    rows = AuditEntry.objects.filter(action=Action.DELETE, resource_type="user", resource_id=str(user.pk))
    return rows.filter(details__erasure="confirmed").exists()


def erase_person(*, person: Person, user: User, reason: str) -> Erasure:
    """Erase: files, then one transaction in the database, then Redis, then a scan of everything.

    The account's row stays as a pseudonym, closed and empty, since answers point at it. Raises as `preview` does, and
    Unavailable where files cannot be looked at: the database is then as it was. That Redis does not answer is in
    `problems`; what it holds ends by itself.
    """
    _check(person, user, reason)
    subject = subject_of(user)
    made = Erasure(user.pk)
    # First, since after the database's part nobody would know any more what to look for in files.
    made.add("files", _purge_files(subject))
    with transaction.atomic():
        stored = User.objects.select_for_update().get(pk=user.pk)
        tokens.revoke_everything(stored)
        made.add("sessions", scanning.delete_sessions(subject))
        for place, number in _steps(stored.pk, dry_run=False):
            made.add(place, number)
        made.add("accounts.User", _empty_account(stored))
        made.add("audit.AuditOrigin", origins.forget_person(stored.pk))
        for place, number in columns.mend(subject):
            made.add(place, number)
        details = {"erasure": "done", "reason": reason[:500]}
        record(Action.DELETE, "user", stored.pk, organization_id=stored.organization_id, details=details)
    _remember(subject)
    try:
        made.add("Redis", stores.purge_redis(subject))
    except redis.RedisError as error:
        made.problems.append(stores.redis_is_away(error))
    made.traces = scanning.scan(subject)
    user.refresh_from_db()
    return made


def _check(person: Person, user: User, reason: str) -> None:
    if person.role not in ZONE_WIDE or not person.allows("user:delete"):
        raise PermissionRefused(permission="user:delete")
    if len(reason.strip()) < LEAST_REASON:
        raise Invalid(errors={"reason": [_("Say why, in a few words.")]})
    if is_erased(user):
        raise Conflict(_("This person is erased already."))


def _steps(user_id: UUID, *, dry_run: bool) -> Iterator[tuple[str, int]]:
    # First what apps empty by themselves: it is found by rows that are deleted afterwards.
    yield from rows.special_steps(user_id, dry_run=dry_run)
    yield from rows.empty_rows(user_id, dry_run=dry_run)
    yield from rows.delete_rows(user_id, dry_run=dry_run)


def _empty_account(user: User) -> int:
    values = rows.emptied(User, table(User))
    values |= {
        "email": f"{secrets.token_hex(8)}@{ERASED_DOMAIN}",
        "display_name": NAMELESS,
        "password": "!",
        "phone_index": "",
    }
    values |= {"is_active": False, "last_login": None, "language": ""}
    return User.objects.filter(pk=user.pk).update(**values)


def _purge_files(subject: Subject) -> int:
    try:
        return stores.purge_files(subject)
    except OSError as error:
        raise Unavailable(stores.files_are_away(error), retry_after=RETRY_SECONDS) from error


# --- The list for restored backups ----------------------------------------------------------------------------------


def _list() -> Path:
    return Path(settings.ERASURE_LIST)


def _remember(subject: Subject) -> None:
    """Outside of the database, so that a backup from before the erasure does not bring the person back unnoticed."""
    path = _list()
    path.parent.mkdir(parents=True, exist_ok=True)
    line = {"zone": subject.zone_id, "user": str(subject.user_id), "at": timezone.now().isoformat()}
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


def to_replay() -> list[User]:
    """People of the current zone who were erased once and are here again: a backup brought them."""
    path, zone = _list(), current_zone_id()
    if not path.exists():
        return []
    lines = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    ids = {UUID(line["user"]) for line in lines if line["zone"] == zone}
    return [user for user in User.objects.filter(pk__in=ids) if not is_erased(user)]
