"""What a roster means for students under 14, and for those of whom nobody says how old they are.

A child's account that a file makes, or whose age a file tells later, waits for the guardian's consent as one that the
child registered would (docs/decisions/0037).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import crypto
from accounts.ages import today, under_age
from accounts.interchange.roster import Roster, RosterUser
from accounts.models import Consent, GuardianRequest, SecurityPolicy, User
from accounts.people import Person
from accounts.permissions import Role
from accounts.personal_numbers import birth_date_in
from accounts.services import sessions
from accounts.services.guardian_requests import ask_guardian
from accounts.services.passwords import invite
from accounts.services.people import born, may_manage
from audit.models import Action
from audit.services import record
from zones.context import zone_wide

Unknown = SecurityPolicy.UnknownAge


@dataclass(frozen=True)
class Age:
    """What is to be done about one student's age, and the words for whoever looks at the plan.

    `born` is to be kept, where it is not None; `waits` says that the account is not open before a consent, `guardian`
    whom to ask for it ("" where only a paper or a later file opens it); `opens` that it need not wait any longer.
    """

    words: str = ""
    born: date | None = field(default=None, repr=False)
    waits: bool = False
    guardian: str = field(default="", repr=False)
    opens: bool = False

    @property
    def does_something(self) -> bool:
        return self.born is not None or self.waits or self.opens


NOTHING = Age()


class Ages:
    """Ages of one roster's students, by its rows, what there is of them already, and what the zone wants."""

    def __init__(self, roster: Roster, unknown: str, known: list[User]) -> None:
        self.unknown = unknown
        self.parents = {row.sourced_id: row for row in roster.users if row.role == Role.PARENT and row.is_active}
        self.children: dict[str, list[RosterUser]] = {}
        for parent in self.parents.values():
            for child in parent.agents:
                self.children.setdefault(child, []).append(parent)
        asked = GuardianRequest.objects.filter(child__in=known).values_list("child", flat=True)
        self.asked: set[UUID] = set(asked)

    def of(self, row: RosterUser, found: User | None) -> Age:
        """What `row` means for the account `found`, or for a new one."""
        if (found.role if found else row.role) != Role.STUDENT or not row.is_active:
            return NOTHING
        return self._of_new(row) if found is None else self._of_known(row, found)

    def _of_new(self, row: RosterUser) -> Age:
        if row.birth_date is not None:
            return self._held(row) if under_age(row.birth_date, today()) else Age(born=row.birth_date)
        if self.unknown == Unknown.WAIT:
            return Age(
                _("No date of birth: the account waits for one, or for a guardian's consent on paper."), waits=True
            )
        words = _("No date of birth: asked for at the first log-in.") if self.unknown == Unknown.ASK else ""
        return Age(words)

    def _of_known(self, row: RosterUser, found: User) -> Age:
        said, stored = row.birth_date, born(found)
        if said is None or found.consent == Consent.WITHDRAWN:
            return NOTHING
        is_child = under_age(said, today())
        if found.resident_number and birth_date_in(found.resident_number) != said:
            return Age(_("The resident number has another date of birth; the file's is passed over."))
        if stored is not None and said != stored and not (is_child and not under_age(stored, today())):
            # Whoever is known as a child does not grow up by another file; what staff typed wrong, staff mend.
            return Age(_("The date of birth stays; the file says another."))
        new = said if said != stored else None
        if not is_child:
            return Age(born=new, opens=new is not None and found.consent == Consent.AWAITED)
        if found.consent == Consent.GIVEN:
            return Age(born=new)
        held = self._held(row)
        if new is None and (found.pk in self.asked or not held.guardian):
            return NOTHING
        return held

    def _held(self, row: RosterUser) -> Age:
        if guardian := self._guardian(row):
            words = _("Under 14: the guardian is asked, and the account opens with the consent.")
        else:
            words = _("Under 14, and the file names no guardian: the account opens with the consent on paper.")
        return Age(words, row.birth_date, waits=True, guardian=guardian)

    def _guardian(self, row: RosterUser) -> str:
        """The address that the child's line names, else that of a guardian of the file; never the child's own."""
        parents = [self.parents[agent] for agent in row.agents if agent in self.parents]
        parents += self.children.get(row.sourced_id, [])
        for email in (row.guardian_email, *(parent.email for parent in parents)):
            if email and email != row.email.lower() and _is_address(email):
                return email
        return ""


def _is_address(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    return True


def settle(*, person: Person, user: User, age: Age) -> None:
    """Do what `age` says about an account that there is, in the transaction of the import. Raises PermissionRefused."""
    if not age.does_something:
        return
    may_manage(person, "user:update", user.role, user.organization)
    # A guardian belongs to no organization, and a mail to one is nobody's row.
    with zone_wide(), transaction.atomic():
        stored = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
        if age.born is not None and born(stored) != age.born:
            stored.birth_date = age.born  # type: ignore[assignment]  # encrypted, see `born`
            stored.save(update_fields=["birth_date"])
            details = {"changed": ["birth_date"], "how": "roster"}
            record(Action.UPDATE, "user", stored.pk, organization_id=stored.organization_id, details=details)
        if age.waits:
            _hold(stored, age.guardian)
        elif age.opens:
            _let_in(stored)


def _hold(stored: User, guardian: str) -> None:
    if stored.consent != Consent.AWAITED:
        _stand(stored, Consent.AWAITED)
        sessions.end_all(user=stored)
    if guardian:
        ask_guardian(child=stored, guardian_email=guardian)


def _let_in(stored: User) -> None:
    _stand(stored, "")
    if stored.email_verified_at is None and stored.may_enter:
        invite(user=stored)


def _stand(stored: User, consent: str) -> None:
    details = {"consent": [stored.consent, str(consent)], "how": "roster"}
    stored.consent = consent
    stored.save(update_fields=["consent"])
    record(Action.UPDATE, "user", stored.pk, organization_id=stored.organization_id, details=details)


# --- What lies between the looking and the doing ---------------------------------------------------------------------


def place(batch_id: UUID) -> str:
    """What the encrypted part of a waiting roster is bound to; accounts.privacy tells the rotation of keys."""
    return f"roster:{batch_id}"


def seal(rows: list[dict[str, Any]], batch_id: UUID) -> str:
    """Take dates of birth and guardians' addresses out of the rows; one token of them, in the rows' order."""
    taken = [[row.pop("birth_date"), row.pop("guardian_email")] for row in rows]
    said = [[day.isoformat() if day else "", email] for day, email in taken]
    return crypto.encrypt(json.dumps(said), context=place(batch_id))


def unseal(said: Mapping[str, Any], batch_id: UUID) -> list[dict[str, Any]]:
    """The rows of a stored roster as RosterUser takes them. A roster from before there were ages has no token."""
    rows = [{**row, "agents": tuple(row["agents"])} for row in said["users"]]
    if rows and said.get("private"):
        opened = json.loads(crypto.decrypt(said["private"], context=place(batch_id)))
        for row, (day, email) in zip(rows, opened, strict=True):
            row |= {"birth_date": date.fromisoformat(day) if day else None, "guardian_email": email}
    return rows
