"""What a roster says, in our terms, and what of it could not be carried."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from accounts.ages import checked_birth_date
from accounts.permissions import Role
from zones.problems import Invalid

_HANGUL_NAME = re.compile(r"[\uac00-\ud7a3]{2,4}")
# 2012-03-05, 2012.3.5, 2012. 3. 5., 2012/3/5, 20120305
_DATE = re.compile(r"(\d{4})([-./]?)\s?(\d{1,2})\2\s?(\d{1,2})\.?")
# Family names of two syllables, which are few.
_LONG_FAMILIES = frozenset({"남궁", "황보", "제갈", "사공", "선우", "서문", "독고", "동방"})


class UnreadableRoster(Exception):
    """The whole file is refused; the message is for the person who sent it."""


@dataclass(frozen=True)
class RosterUser:
    """`role` is one of ours; `agents` are the sourced ids of a student's guardians, or of a guardian's students.

    `guardian_email` is whom the file itself names to be asked for a child.
    """

    sourced_id: str
    given: str
    family: str
    email: str
    role: str
    is_active: bool = True
    agents: tuple[str, ...] = ()
    birth_date: date | None = field(default=None, repr=False)
    guardian_email: str = field(default="", repr=False)

    @property
    def display_name(self) -> str:
        return joined(self.given, self.family)[:80]


@dataclass(frozen=True)
class RosterClass:
    sourced_id: str
    title: str
    is_active: bool = True


@dataclass(frozen=True)
class RosterEnrollment:
    class_id: str
    user_id: str
    role: str = Role.STUDENT
    is_active: bool = True


@dataclass(frozen=True)
class Roster:
    """`losses` are in words, with the file and line that they are of."""

    version: str
    users: tuple[RosterUser, ...] = ()
    classes: tuple[RosterClass, ...] = ()
    enrollments: tuple[RosterEnrollment, ...] = ()
    schools: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()


def read_birth_date(text: str) -> date | None:
    """A date as schools write it, year first; None for what is no date, or none that anybody alive was born on."""
    if found := _DATE.fullmatch(text.strip()):
        year, sign, month, day = found.groups()
        # Without signs between them, only two digits each can be told apart.
        if sign or len(month) == len(day) == 2:
            with suppress(ValueError, Invalid):
                return checked_birth_date(date(int(year), int(month), int(day)))
    return None


def joined(given: str, family: str) -> str:
    """A name as it is said: Korean ones begin with the family."""
    if family and _HANGUL_NAME.fullmatch(f"{family}{given}"):
        return f"{family}{given}"
    return " ".join(filter(None, (given, family)))


def parted(name: str) -> tuple[str, str]:
    """(given, family) of a name, such that `joined` gives it back."""
    name = " ".join(name.split())
    if _HANGUL_NAME.fullmatch(name):
        length = 2 if name[:2] in _LONG_FAMILIES and len(name) > 2 else 1
        return name[length:], name[:length]
    given, _space, family = name.rpartition(" ")
    # A Korean name that is written in two words stays as it is written.
    return (given, family) if given and joined(given, family) == name else (name, "")
