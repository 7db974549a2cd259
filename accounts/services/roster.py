"""Classes and people from another system's roster: looked at first, then all of it or nothing; and back again."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.interchange.cells import LARGEST_ROSTER
from accounts.interchange.oneroster import read, write
from accounts.interchange.people_table import read_table
from accounts.interchange.roster import (
    Roster,
    RosterClass,
    RosterEnrollment,
    RosterUser,
    UnreadableRoster,
    parted,
)
from accounts.models import (
    ClassMembership,
    Classroom,
    Consent,
    Organization,
    ParentLink,
    RosterId,
    RosterImport,
    User,
)
from accounts.people import Person, as_actor
from accounts.permissions import ZONE_WIDE, Role, outranks
from accounts.selectors import security_policy
from accounts.services import classes, parents, people, roster_ages
from accounts.services.roster_ages import NOTHING, Age, Ages
from accounts.services.scanning import refuse_infected
from audit.context import acting
from audit.models import Action
from audit.services import record
from zones.context import zone_wide
from zones.problems import Conflict, NotFound, PermissionRefused, Problem

Status = RosterImport.Status
Act = Literal["create", "update", "close", "open", "delete", "same", "skip", "ask"]
# Rows that are written while the person waits: a few seconds.
IMPORT_AT_ONCE = 150
NEEDED = ("user:create", "user:update", "class:create", "class:update", "class:delete")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """One thing that an import would do. `row` is what the roster says, `found` what we have of it already."""

    action: Act
    kind: Literal["person", "class", "member", "link"]
    name: str
    words: str = ""
    row: Any = None
    found: Any = None
    age: Age = NOTHING


def require_roster(person: Person, organization_id: UUID) -> None:
    """Raises PermissionRefused, or NotFound (audited) for another organization."""
    for permission in NEEDED:
        if not person.allows(permission):
            raise PermissionRefused(permission=permission)
    if person.role not in ZONE_WIDE and person.organization_id != organization_id:
        raise NotFound(audited=True)


def preview_roster(*, person: Person, file: File, file_name: str, organization: Organization) -> RosterImport:
    """Read the file and keep what it says; nobody is made yet. A file that cannot be read leaves a refused import.

    Raises what require_roster and scanning.refuse_infected raise.
    """
    require_roster(person, organization.pk)
    refuse_infected(file=file, name=file_name, resource="roster")
    batch = RosterImport(
        organization=organization,
        created_by=User.objects.filter(pk=person.pk).first() if person.pk else None,
        file_name=(file_name.replace("\\", "/").rsplit("/", 1)[-1].replace("\x00", "") or "roster")[-255:],
        status=Status.PREVIEWED,
    )
    try:
        if (file.size or 0) > LARGEST_ROSTER:
            raise UnreadableRoster(_("The file is larger than %(limit)d MB.") % {"limit": LARGEST_ROSTER // 2**20})
        batch.roster = asdict(_read(batch.file_name, file.read()))
        batch.roster["private"] = roster_ages.seal(batch.roster["users"], batch.pk)
    except UnreadableRoster as refusal:
        batch.status, batch.problem, batch.finished_at = Status.FAILED, str(refusal), timezone.now()
    with transaction.atomic():
        batch.save(force_insert=True)
        record(Action.CREATE, "roster", batch.pk, organization_id=organization.pk, details={"file": batch.file_name})
    return batch


def _read(name: str, content: bytes) -> Roster:
    # Every zip file begins so (APPNOTE.TXT, 4.3.7), and no CSV does.
    return read(content) if content.startswith(b"PK") else read_table(name, content)


def roster_of(batch: RosterImport) -> Roster:
    said = batch.roster
    return Roster(
        version=said["version"],
        users=tuple(RosterUser(**row) for row in roster_ages.unseal(said, batch.pk)),
        classes=tuple(RosterClass(**row) for row in said["classes"]),
        enrollments=tuple(RosterEnrollment(**row) for row in said["enrollments"]),
        schools=tuple(said["schools"]),
        losses=tuple(said["losses"]),
    )


# --- What would be done ----------------------------------------------------------------------------------------------


def plan(person: Person, batch: RosterImport) -> list[Step]:
    """All steps of an import as things stand now: people, then classes, who is in them, and parents' requests."""
    roster = roster_of(batch)
    users, rooms = _known_users(batch.organization_id), _known_rooms(batch.organization_id)
    steps = [*_people_steps(person, batch, roster, users), *_class_steps(batch, roster, rooms)]
    found = [step for step in steps if step.found is not None]
    users |= {step.row.sourced_id: step.found for step in found if step.kind == "person"}
    rooms |= {step.row.sourced_id: step.found for step in found if step.kind == "class"}
    skipped = {step.row.sourced_id for step in steps if step.action == "skip"}
    waiting = {step.row.sourced_id for step in steps if step.kind == "person" and _will_wait(step)}
    steps += _member_steps(batch, roster, users, rooms, skipped)
    return steps + _link_steps(roster, users, skipped, waiting)


def _will_wait(step: Step) -> bool:
    held = step.found is not None and step.found.consent in (Consent.AWAITED, Consent.WITHDRAWN)
    return step.age.waits or (held and not step.age.opens)


def _known_users(organization_id: UUID) -> dict[str, User]:
    rows = RosterId.objects.filter(organization=organization_id, user__isnull=False).select_related(
        "user__organization"
    )
    return {row.sourced_id: row.user for row in rows.select_related("user__organization") if row.user}


def _known_rooms(organization_id: UUID) -> dict[str, Classroom]:
    rows = RosterId.objects.filter(organization=organization_id, classroom__isnull=False).select_related("classroom")
    return {row.sourced_id: row.classroom for row in rows if row.classroom}


def _people_steps(person: Person, batch: RosterImport, roster: Roster, known: dict[str, User]) -> list[Step]:
    emails = [user.email for user in roster.users]
    # An e-mail is one person's in the whole zone; who is of another organization is passed over, not made again.
    with zone_wide():
        holders = list(User.objects.filter(email__in=emails).select_related("organization"))
    by_email = {user.email.lower(): user for user in holders}
    ages = Ages(roster, security_policy().roster_unknown_age, [*known.values(), *holders])
    steps, taken = [], set()
    for row in roster.users:
        found = known.get(row.sourced_id) or by_email.get(row.email)
        step = _with_age(_person_step(person, batch, row, found), ages)
        if step.action != "skip" and row.email and row.email in taken:
            step = Step("skip", "person", row.display_name or row.email, _("This e-mail is there twice."), row)
        taken.add(row.email)
        steps.append(step)
    return steps


def _person_step(person: Person, batch: RosterImport, row: RosterUser, found: User | None) -> Step:
    name = f"{row.display_name} <{row.email}>" if row.email else row.display_name
    if found is not None and found.organization_id != batch.organization_id:
        return Step("skip", "person", name, _("This e-mail is taken."), row)
    if outranks(found.role if found else row.role, person.role):
        return Step("skip", "person", name, _("Nobody grants or changes a role above their own."), row)
    if found is None:
        return _new_person_step(row, name)
    if not row.is_active:
        if found.pk == person.pk:
            return Step("skip", "person", name, _("Nobody can close their own account here."), row)
        return Step("close" if found.is_active else "same", "person", str(found), "", row, found)
    words = ""
    if found.role != row.role:
        said = {"role": found.get_role_display(), "wanted": Role(row.role).label}
        words = _("The role stays %(role)s; the file says %(wanted)s.") % said
    changed = row.display_name and row.display_name != found.display_name
    action: Act = "open" if not found.is_active else "update" if changed else "same"
    return Step(action, "person", name, words, row, found)


def _with_age(step: Step, ages: Ages) -> Step:
    if step.action in ("skip", "close"):
        return step
    age = ages.of(step.row, step.found)
    words = " · ".join(filter(None, (step.words, age.words)))
    action: Act = "update" if step.action == "same" and age.does_something else step.action
    return replace(step, action=action, words=words, age=age)


def _new_person_step(row: RosterUser, name: str) -> Step:
    if not row.is_active:
        return Step("same", "person", name, _("To be closed, but not here."), row)
    try:
        validate_email(row.email)
    except ValidationError:
        return Step("skip", "person", name, _("%(email)r is no e-mail address.") % {"email": row.email[:60]}, row)
    if not row.display_name:
        return Step("skip", "person", name, _("It has no name."), row)
    return Step("create", "person", name, str(Role(row.role).label), row)


def _class_steps(batch: RosterImport, roster: Roster, known: dict[str, Classroom]) -> list[Step]:
    by_name = {room.name: room for room in Classroom.objects.filter(organization=batch.organization_id)}
    steps, titles = [], set()
    for row in roster.classes:
        found = known.get(row.sourced_id) or by_name.get(row.title.strip())
        title = row.title.strip()
        if not row.is_active:
            steps.append(Step("delete" if found else "same", "class", found.name if found else title, "", row, found))
        elif title in titles or (found and found.name != title and title in by_name):
            steps.append(Step("skip", "class", title, _("Two classes cannot have the same name."), row))
        else:
            action: Act = "create" if found is None else "update" if found.name != title else "same"
            steps.append(Step(action, "class", title, "", row, found))
        titles.add(title)
    return steps


def _member_steps(
    batch: RosterImport, roster: Roster, users: dict[str, User], rooms: dict[str, Classroom], skipped: set[str]
) -> list[Step]:
    people_here = {row.sourced_id: row for row in roster.users}
    classes_here = {row.sourced_id: row for row in roster.classes}
    present = set(
        ClassMembership.objects.filter(classroom__organization=batch.organization_id).values_list("classroom", "user")
    )
    steps = []
    for row in roster.enrollments:
        user, room = users.get(row.user_id), rooms.get(row.class_id)
        who = people_here[row.user_id].display_name if row.user_id in people_here else getattr(user, "display_name", "")
        where = classes_here[row.class_id].title if row.class_id in classes_here else getattr(room, "name", "")
        name = f"{who or row.user_id} – {where or row.class_id}"
        gone = (row.class_id in classes_here and not classes_here[row.class_id].is_active) or (
            row.user_id in people_here and not people_here[row.user_id].is_active
        )
        is_in = bool(user and room and (room.pk, user.pk) in present)
        role = user.role if user else people_here[row.user_id].role if row.user_id in people_here else ""
        if not (who and where) or row.user_id in skipped or row.class_id in skipped:
            steps.append(Step("skip", "member", name, _("The person or the class is not there."), row))
        elif role not in classes.KINDS:
            steps.append(Step("skip", "member", name, _("Only teachers and students are in classes."), row))
        elif not row.is_active or gone:
            steps.append(Step("delete" if is_in and not gone else "same", "member", name, "", row))
        else:
            steps.append(Step("same" if is_in else "create", "member", name, "", row))
    return steps


def _link_steps(roster: Roster, users: dict[str, User], skipped: set[str], waiting: set[str]) -> list[Step]:
    """Guardians become requests, which each student approves or refuses; a child who waits is not written to."""
    rows = {row.sourced_id: row for row in roster.users if row.is_active and row.sourced_id not in skipped}
    pairs: dict[tuple[str, str], None] = {}
    for row in rows.values():
        for agent in row.agents:
            other = rows.get(agent)
            if other is None:
                continue
            if row.role == Role.STUDENT and other.role == Role.PARENT:
                pairs[(other.sourced_id, row.sourced_id)] = None
            elif row.role == Role.PARENT and other.role == Role.STUDENT:
                pairs[(row.sourced_id, other.sourced_id)] = None
    known = [user.pk for user in users.values()]
    asked = set(ParentLink.objects.filter(parent__in=known).values_list("parent", "student"))
    steps = []
    for parent, student in pairs:
        both = (users.get(parent), users.get(student))
        done = all(both) and (both[0].pk, both[1].pk) in asked  # type: ignore[union-attr]
        name = f"{rows[parent].display_name} → {rows[student].display_name}"
        if student in waiting and not done:
            words = _("A guardian's consent makes the link; others are asked for by a later roster.")
            steps.append(Step("same", "link", name, words, (parent, student)))
        else:
            steps.append(Step("same" if done else "ask", "link", name, "", (parent, student)))
    return steps


# --- Doing it --------------------------------------------------------------------------------------------------------


def import_roster(*, person: Person, batch: RosterImport, wait: bool = False) -> RosterImport:
    """Do all steps of the plan, or none; a large roster in a worker, unless `wait` is set.

    A second call changes nothing.

    New accounts have no password: a link to choose one is mailed, to children under 14 after a guardian has agreed.
    Raises Conflict for a refused file, PermissionRefused, NotFound, Invalid.
    """
    require_roster(person, batch.organization_id)
    rows = len(batch.roster.get("users", ())) + len(batch.roster.get("enrollments", ()))
    account = User.objects.filter(pk=person.pk).first() if person.pk else None
    with transaction.atomic():
        _lock(batch)
        claim = RosterImport.objects.filter(pk=batch.pk, status=Status.PREVIEWED)
        if wait or rows <= IMPORT_AT_ONCE or account is None:
            if claim.update(status=Status.IMPORTING, problem=""):
                _do(person, batch)
        elif claim.update(status=Status.IMPORTING, problem="", created_by=account):
            # The worker acts for whoever confirmed, also where somebody else had uploaded the file.
            _send_to_worker()
    batch.refresh_from_db()
    if batch.status == Status.FAILED:
        raise Conflict(batch.problem, code="roster_refused")
    return batch


def _lock(batch: RosterImport) -> None:
    """One roster of an organization at a time: the second one plans over what the first has made."""
    Organization.objects.select_for_update(no_key=True).get(pk=batch.organization_id)


def _send_to_worker() -> None:
    from accounts.tasks import work_off_rosters

    def send() -> None:
        # Without a broker the periodic task finds the roster by itself.
        with suppress(Exception):
            work_off_rosters.apply_async()

    transaction.on_commit(send)


def finish_roster(batch_id: UUID) -> RosterImport:
    """A worker's part of `import_roster`; a refusal is kept for the person to see."""
    batch = RosterImport.objects.get(pk=batch_id)
    try:
        with transaction.atomic():
            _lock(batch)
            batch.refresh_from_db()
            if batch.status == Status.IMPORTING:
                person = batch.created_by if batch.created_by and batch.created_by.is_active else None
                if person is None:
                    raise Conflict(_("The account that confirmed this import is closed."))
                with acting(as_actor(person)):
                    require_roster(person, batch.organization_id)
                    _do(person, batch)
    except Problem as problem:
        RosterImport.objects.filter(pk=batch_id, status=Status.IMPORTING).update(
            status=Status.PREVIEWED, problem=str(problem.detail)
        )
    except Exception:
        # It must not come back each minute, nor keep others from being imported.
        logger.exception("Roster %s broke", batch_id)
        broken = {
            "status": Status.PREVIEWED,
            "problem": _("Something broke on our side; the log of the worker says what."),
        }
        RosterImport.objects.filter(pk=batch_id, status=Status.IMPORTING).update(**broken)
    return RosterImport.objects.get(pk=batch_id)


def rosters_to_do() -> list[UUID]:
    """The confirmed ones, the oldest first."""
    waiting = RosterImport.objects.filter(status=Status.IMPORTING).order_by("created_at")
    return list(waiting.values_list("pk", flat=True)[:20])


def _do(person: Person, batch: RosterImport) -> None:
    batch.refresh_from_db()
    steps = plan(person, batch)
    _Import(person, batch).run(steps)
    batch.report = [[step.action, step.kind, step.name[:300], step.words] for step in steps]
    # People's data are in their accounts now; the copy has done its service.
    batch.roster = {**batch.roster, "users": [], "classes": [], "enrollments": [], "private": ""}
    batch.status, batch.finished_at = Status.IMPORTED, timezone.now()
    batch.save()
    counted = {action: sum(step.action == action for step in steps) for action in ("create", "update", "close")}
    record(Action.UPDATE, "roster", batch.pk, organization_id=batch.organization_id, details=counted)


class _Import:
    def __init__(self, person: Person, batch: RosterImport) -> None:
        self.person, self.organization = person, batch.organization
        self.users, self.rooms = _known_users(batch.organization_id), _known_rooms(batch.organization_id)

    def run(self, steps: Sequence[Step]) -> None:
        doers = {"person": self._person, "class": self._class, "member": self._member, "link": self._link}
        for step in steps:
            if step.action != "skip":
                doers[step.kind](step)

    def _person(self, step: Step) -> None:
        row, user = step.row, step.found
        if step.action == "create":
            user = people.create_user(
                person=self.person,
                display_name=row.display_name,
                email=row.email,
                password=None,
                role=row.role,
                organization=self.organization,
                birth_date=step.age.born,
                waits=step.age.waits,
            )
        if user is None:
            return
        if step.action in ("close", "open"):
            people.set_active(person=self.person, user=user, active=step.action == "open")
        if step.action in ("update", "open") and row.display_name:
            people.update_user(person=self.person, user=user, display_name=row.display_name)
        roster_ages.settle(person=self.person, user=user, age=step.age)
        if row.sourced_id not in self.users:
            RosterId.objects.create(organization=self.organization, sourced_id=row.sourced_id, user=user)
        self.users[row.sourced_id] = user

    def _class(self, step: Step) -> None:
        row, room = step.row, step.found
        if step.action == "create":
            room = classes.create_classroom(person=self.person, name=row.title, organization=self.organization)
        elif step.action == "update":
            room = classes.rename_classroom(person=self.person, classroom=room, name=row.title)
        elif step.action == "delete":
            classes.delete_classroom(person=self.person, classroom=room)
            self.rooms.pop(row.sourced_id, None)
            return
        if room is None:
            return
        if row.sourced_id not in self.rooms:
            RosterId.objects.create(organization=self.organization, sourced_id=row.sourced_id, classroom=room)
        self.rooms[row.sourced_id] = room

    def _member(self, step: Step) -> None:
        user, room = self.users.get(step.row.user_id), self.rooms.get(step.row.class_id)
        if user is None or room is None:
            return
        if step.action == "create":
            classes.add_member(person=self.person, classroom=room, user=user)
        elif step.action == "delete":
            classes.remove_member(person=self.person, classroom=room, user_id=user.pk)

    def _link(self, step: Step) -> None:
        parent, student = (self.users.get(sourced_id) for sourced_id in step.row)
        if step.action == "ask" and parent and student and parent.role == Role.PARENT and student.role == Role.STUDENT:
            parents.propose_link(person=self.person, parent=parent, student=student)


# --- Exporting -------------------------------------------------------------------------------------------------------


def export_roster(*, person: Person, organization: Organization) -> bytes:
    """The organization's people, classes, members and approved parents as OneRoster 1.1; it leaves a row in the log."""
    require_roster(person, organization.pk)
    ids = RosterId.objects.filter(organization=organization)
    user_ids = {row.user_id: row.sourced_id for row in ids if row.user_id}
    class_ids = {row.classroom_id: row.sourced_id for row in ids if row.classroom_id}
    links: dict[UUID, list[str]] = {}
    for link in ParentLink.objects.filter(student__organization=organization, status=ParentLink.Status.APPROVED):
        links.setdefault(link.student_id, []).append(user_ids.get(link.parent_id, str(link.parent_id)))
    users = []
    for user in User.objects.filter(organization=organization).exclude(role=Role.GUEST).order_by("email"):
        if outranks(user.role, Role.ORG_ADMIN):
            continue
        given, family = parted(user.display_name)
        sourced_id = user_ids.get(user.pk, str(user.pk))
        agents = tuple(links.get(user.pk, ()))
        users.append(RosterUser(sourced_id, given, family, user.email, user.role, user.is_active, agents))
    rooms = list(Classroom.objects.filter(organization=organization))
    members = ClassMembership.objects.filter(classroom__in=rooms).order_by("classroom", "user")
    roster = Roster(
        version="1.1",
        users=tuple(users),
        classes=tuple(RosterClass(class_ids.get(room.pk, str(room.pk)), room.name) for room in rooms),
        enrollments=tuple(
            RosterEnrollment(
                class_ids.get(member.classroom_id, str(member.classroom_id)),
                user_ids.get(member.user_id, str(member.user_id)),
                member.kind,
            )
            for member in members
        ),
    )
    record(Action.READ, "roster", organization.pk, organization_id=organization.pk, details={"people": len(users)})
    return write(roster, school_id=str(organization.pk), school=organization.name)
