"""Our own table of people: one CSV file, a person a line, for schools whose system writes no OneRoster.

Columns, in any order, in English or Korean: `email` and `name` must be there; `role` (student where there is none),
`class` (several separated by semicolons), `birth_date`, `guardian_email` and `id` (the school's own; the e-mail where
there is none) may be.
"""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from accounts.interchange.cells import ROLES, Table, csv_table, unguarded
from accounts.interchange.roster import (
    Roster,
    RosterClass,
    RosterEnrollment,
    RosterUser,
    UnreadableRoster,
    parted,
    read_birth_date,
)
from accounts.permissions import Role

VERSION = "table"
COLUMNS = {
    "email": "이메일",
    "name": "이름",
    "role": "역할",
    "class": "반",
    "birth_date": "생년월일",
    "guardian_email": "보호자 이메일",
    "id": "학번",
}
_KOREAN_ROLES = {"학생": Role.STUDENT, "교사": Role.TEACHER, "선생님": Role.TEACHER, "학부모": Role.PARENT}
_ENGLISH = {korean: english for english, korean in COLUMNS.items()}


def read_table(name: str, content: bytes) -> Roster:
    """The people and classes of a CSV file. Raises UnreadableRoster and nothing else."""
    rows = [
        (number, {_ENGLISH.get(column, column): cell for column, cell in row.items()})
        for number, row in csv_table(name, content)
    ]
    # A line may be shorter than the header.
    if not any({"email", "name"} <= row.keys() for _number, row in rows):
        said = {"first": "email", "second": "name"}
        refusal = _("This is neither a OneRoster zip file nor a table with the columns %(first)s and %(second)s.")
        raise UnreadableRoster(refusal % said)
    losses: list[str] = []
    users = tuple(_users(rows, losses))
    kept = {user.sourced_id: user.role for user in users}
    titles = {title: f"class:{title}"[:255] for _number, row in rows for title in _titles(row)}
    members = tuple(
        RosterEnrollment(titles[title], key, kept[key])
        # Of a key that is there twice the first line counts.
        for key, row in {_key(row): row for _number, row in reversed(rows)}.items()
        for title in _titles(row)
        if kept.get(key) in (Role.STUDENT, Role.TEACHER)
    )
    return Roster(VERSION, users, tuple(RosterClass(titles[t], t) for t in titles), members, (), tuple(losses))


def _users(rows: Table, losses: list[str]) -> list[RosterUser]:
    found: dict[str, RosterUser] = {}
    for number, row in rows:
        where, email, said = _("line %(line)d") % {"line": number}, row.get("email", "").lower()[:254], row.get("role")
        role = _role(said or Role.STUDENT)
        if not email:
            losses.append(f"{where}: " + _("it has no e-mail address, by which people log in."))
        elif role is None:
            losses.append(f"{where}: " + _("there is no role here like “%(role)s”.") % {"role": str(said)[:40]})
        elif _key(row) in found:
            losses.append(f"{where}: " + _("This e-mail is there twice."))
        else:
            given, family = parted(unguarded(row.get("name", "")))
            born = read_birth_date(row.get("birth_date", ""))
            if row.get("birth_date") and born is None:
                words = _("“%(date)s” is no date of birth.") % {"date": row["birth_date"][:20]}
                losses.append(f"{where}: {words}")
            found[_key(row)] = RosterUser(
                _key(row), given, family, email, role,
                birth_date=born if role == Role.STUDENT else None,
                guardian_email=row.get("guardian_email", "").lower()[:254],
            )  # fmt: skip
    return list(found.values())


def _key(row: Mapping[str, str]) -> str:
    return (row.get("id") or row.get("email", "").lower())[:255]


def _role(said: str) -> Role | None:
    return ROLES.get(said.replace(" ", "").casefold()) or _KOREAN_ROLES.get(said.strip())


def _titles(row: Mapping[str, str]) -> list[str]:
    return [title for part in row.get("class", "").split(";") if (title := unguarded(part.strip())[:120])]
