"""OneRoster 1.1 and 1.2 CSV (1EdTech): a zip file with manifest.csv, orgs, users, classes, enrollments and more."""

import csv
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from io import BytesIO, StringIO

from django.utils.translation import gettext as _

from accounts.interchange.cells import (
    LARGEST_ROSTER,
    MEGABYTE,
    ROLES,
    Table,
    csv_table,
    guarded,
    unguarded,
)
from accounts.interchange.roster import (
    Roster,
    RosterClass,
    RosterEnrollment,
    RosterUser,
    UnreadableRoster,
    read_birth_date,
)
from accounts.permissions import Role

LARGEST_TABLE = 60 * MEGABYTE
MOST_FILES = 60
VERSIONS = ("1.1", "1.2")
_USED = (
    "manifest.csv", "orgs.csv", "users.csv", "roles.csv", "demographics.csv", "classes.csv", "enrollments.csv",
)  # fmt: skip
# What a class belongs to in OneRoster, and what we have no place for.
_PASSED_OVER = {
    "courses.csv": "courses",
    "academicsessions.csv": "terms",
    "results.csv": "results",
    "lineitems.csv": "line items",
}


def read(content: bytes) -> Roster:
    """The people and classes of a OneRoster zip file. Raises UnreadableRoster and nothing else."""
    tables = _tables(content)
    if "manifest.csv" not in tables:
        raise UnreadableRoster(_("This is no OneRoster file: it has no manifest.csv."))
    manifest = {
        row.get("propertyname", "").strip().casefold(): row.get("value", "").strip()
        for _number, row in tables["manifest.csv"]
    }
    version = manifest.get("oneroster.version", "")
    if not version.startswith(VERSIONS):
        said = {"version": version[:20] or "–", "versions": ", ".join(VERSIONS)}
        raise UnreadableRoster(_("OneRoster %(version)s is not read here; %(versions)s are.") % said)
    if "users.csv" not in tables and "classes.csv" not in tables and "enrollments.csv" not in tables:
        raise UnreadableRoster(_("The file has neither people nor classes."))
    losses: list[str] = []
    roles = _roles(tables.get("roles.csv", []))
    births = _births(tables.get("demographics.csv", []), losses)
    users = tuple(_users(tables.get("users.csv", []), roles, births, losses))
    classes = tuple(_classes(tables.get("classes.csv", []), losses))
    enrollments = tuple(_enrollments(tables.get("enrollments.csv", []), losses))
    losses += [_("The file's %(kind)s were left out.") % {"kind": kind} for kind in _unused(tables)]
    return Roster(version, users, classes, enrollments, _schools(tables.get("orgs.csv", [])), tuple(losses))


def _tables(content: bytes) -> dict[str, Table]:
    if len(content) > LARGEST_ROSTER:
        raise UnreadableRoster(_("The file is larger than %(limit)d MB.") % {"limit": LARGEST_ROSTER // MEGABYTE})
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            entries = [info for info in archive.infolist() if not info.is_dir()]
            if len(entries) > MOST_FILES:
                raise UnreadableRoster(_("The zip file has more than %(most)d files.") % {"most": MOST_FILES})
            found = {info.filename.replace("\\", "/").rsplit("/", 1)[-1].casefold(): info for info in entries}
            known = {name: info for name, info in found.items() if name in _USED or name in _PASSED_OVER}
            return {name: csv_table(name, _unpacked(archive, name, info)) for name, info in known.items()}
    except UnreadableRoster:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, NotImplementedError) as error:
        raise UnreadableRoster(_("The zip file is broken or was not sent whole.")) from error


def _unpacked(archive: zipfile.ZipFile, name: str, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as file:
        # What the directory says of its size may be a lie; more than this is never unpacked.
        content = file.read(LARGEST_TABLE + 1)
    if len(content) > LARGEST_TABLE:
        said = {"name": name, "limit": LARGEST_TABLE // MEGABYTE}
        raise UnreadableRoster(_("%(name)s unpacks to more than %(limit)d MB.") % said)
    return content


def _unused(tables: Mapping[str, Table]) -> list[str]:
    return [kind for name, kind in _PASSED_OVER.items() if tables.get(name)]


def _schools(rows: Table) -> tuple[str, ...]:
    return tuple(
        row.get("name", "")[:120]
        for _number, row in rows
        if row.get("type", "").casefold() == "school" and _is_active(row)
    )


def _is_active(row: Mapping[str, str]) -> bool:
    # Without a status a row is of a bulk file, where it is left empty.
    return row.get("status", "").casefold() not in {"tobedeleted", "inactive"}


def _roles(rows: Table) -> dict[str, str]:
    """1.2 keeps roles apart: the primary one of each person, else the first."""
    found: dict[str, str] = {}
    for _number, row in rows:
        user = row.get("usersourcedid", "")
        if user and _is_active(row) and (user not in found or row.get("roletype", "").casefold() == "primary"):
            found[user] = row.get("role", "")
    return found


def _births(rows: Table, losses: list[str]) -> dict[str, date]:
    """Of demographics.csv the date of birth alone: the law asks for it, and for nothing else there."""
    found: dict[str, date] = {}
    for number, row in rows:
        said = row.get("birthdate", "")
        if not said or not _is_active(row):
            continue
        if (born := read_birth_date(said)) is not None:
            found[row.get("sourcedid", "")[:255]] = born
        else:
            where = _("demographics.csv, line %(line)d") % {"line": number}
            losses.append(f"{where}: " + _("“%(date)s” is no date of birth.") % {"date": said[:20]})
    return found


def _users(
    rows: Table, roles: Mapping[str, str], births: Mapping[str, date], losses: list[str]
) -> Iterator[RosterUser]:
    seen: set[str] = set()
    for number, row in rows:
        where = _("users.csv, line %(line)d") % {"line": number}
        sourced_id = row.get("sourcedid", "")[:255]
        said = row.get("role") or roles.get(sourced_id, "")
        role = ROLES.get(said.replace(" ", "").casefold())
        email = row.get("email") or (row.get("username", "") if "@" in row.get("username", "") else "")
        if not sourced_id or sourced_id in seen:
            losses.append(f"{where}: " + _("it has no sourcedId of its own."))
        elif role is None:
            losses.append(f"{where}: " + _("there is no role here like “%(role)s”.") % {"role": said[:40] or "–"})
        elif not email and _is_active(row):
            losses.append(f"{where}: " + _("it has no e-mail address, by which people log in."))
        else:
            seen.add(sourced_id)
            agents = tuple(filter(None, (each.strip() for each in row.get("agentsourcedids", "").split(","))))
            is_open = row.get("enableduser", "true").casefold() not in {"false", "0", "no"}
            yield RosterUser(
                sourced_id, unguarded(row.get("givenname", "")), unguarded(row.get("familyname", "")),
                email.lower()[:254], role,
                is_active=_is_active(row) and is_open, agents=agents,
                birth_date=births.get(sourced_id) if role == Role.STUDENT else None,
                # A column of our own: OneRoster lets files have such.
                guardian_email=row.get("metadata.guardianemail", "").lower()[:254],
            )  # fmt: skip


def _classes(rows: Table, losses: list[str]) -> Iterator[RosterClass]:
    seen: set[str] = set()
    for number, row in rows:
        where = _("classes.csv, line %(line)d") % {"line": number}
        sourced_id, title = row.get("sourcedid", "")[:255], unguarded(row.get("title", ""))[:120]
        if not sourced_id or sourced_id in seen:
            losses.append(f"{where}: " + _("it has no sourcedId of its own."))
        elif not title and _is_active(row):
            losses.append(f"{where}: " + _("it has no title."))
        else:
            seen.add(sourced_id)
            yield RosterClass(sourced_id, title, _is_active(row))


def _enrollments(rows: Table, losses: list[str]) -> Iterator[RosterEnrollment]:
    for number, row in rows:
        role = ROLES.get(row.get("role", "").replace(" ", "").casefold())
        if role not in (Role.STUDENT, Role.TEACHER):
            where = _("enrollments.csv, line %(line)d") % {"line": number}
            losses.append(f"{where}: " + _("only teachers and students are in classes."))
            continue
        yield RosterEnrollment(
            row.get("classsourcedid", "")[:255], row.get("usersourcedid", "")[:255], role, _is_active(row)
        )


# --- Writing ---------------------------------------------------------------------------------------------------------

_WRITTEN_ROLES = {
    Role.STUDENT: "student",
    Role.TEACHER: "teacher",
    Role.PARENT: "parent",
    Role.ORG_ADMIN: "administrator",
}
_FILES = (
    "academicSessions", "categories", "classes", "classResources", "courses", "courseResources", "demographics",
    "enrollments", "lineItems", "orgs", "resources", "results", "users",
)  # fmt: skip


_ORG_COLUMNS = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId"
_CLASS_COLUMNS = (
    "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,"
    "termSourcedIds,subjects,subjectCodes,periods"
)
_ENROLLMENT_COLUMNS = (
    "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate"
)


def _written(columns: str, rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [tuple(columns.split(",")), *rows]


def _written_enrollment(row: RosterEnrollment, school_id: str) -> tuple[str, ...]:
    key, role = f"{row.class_id}:{row.user_id}", _WRITTEN_ROLES[Role(row.role)]
    return (key, "", "", row.class_id, school_id, row.user_id, role, "", "", "")


def write(roster: Roster, *, school_id: str, school: str) -> bytes:
    """A zip file of OneRoster 1.1, all rows "bulk"; `school` is the one organization that everybody belongs to."""
    tables: dict[str, list[tuple[str, ...]]] = {
        "orgs": _written(_ORG_COLUMNS, [(school_id, "", "", guarded(school), "school", "", "")]),
        "users": _written_users(roster, school_id),
        "classes": _written(
            _CLASS_COLUMNS,
            [
                (each.sourced_id, "", "", guarded(each.title), "", "", "", "scheduled", "", school_id, "", "", "", "")
                for each in roster.classes
            ],
        ),
        "enrollments": _written(
            _ENROLLMENT_COLUMNS, [_written_enrollment(each, school_id) for each in roster.enrollments]
        ),
    }
    manifest: list[tuple[str, ...]] = [
        ("propertyName", "value"),
        ("manifest.version", "1.0"),
        ("oneroster.version", "1.1"),
    ]
    manifest += [(f"file.{name}", "bulk" if name in tables else "absent") for name in _FILES]
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in {"manifest": manifest, **tables}.items():
            text = StringIO(newline="")
            csv.writer(text, lineterminator="\r\n").writerows(rows)
            archive.writestr(f"{name}.csv", text.getvalue().encode())
    return buffer.getvalue()


def _written_users(roster: Roster, school_id: str) -> list[tuple[str, ...]]:
    header = ("sourcedId", "status", "dateLastModified", "enabledUser", "orgSourcedIds", "role", "username", "userIds",
              "givenName", "familyName", "middleName", "identifier", "email", "sms", "phone", "agentSourcedIds",
              "grades", "password")  # fmt: skip
    rows = [
        (user.sourced_id, "", "", "true" if user.is_active else "false", school_id, _WRITTEN_ROLES[Role(user.role)],
         user.email, "", guarded(user.given), guarded(user.family), "", "", user.email, "", "", ",".join(user.agents),
         "", "")
        for user in roster.users
    ]  # fmt: skip
    return [header, *rows]
