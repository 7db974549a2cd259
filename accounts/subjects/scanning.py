"""Does any store still hold this person? Reads everything of the zone and of the control plane."""

from collections.abc import Iterator
from dataclasses import dataclass

import redis
from django.contrib.sessions.models import Session
from django.db import connection

from accounts.models import User
from accounts.subjects import stores
from accounts.subjects.columns import Column, columns, pattern
from accounts.subjects.subject import Subject
from zones.context import public_context

# The log is about ids: that this one was once somebody is all that it still says. Its details may name it too.
LOG = "audit_auditentry"


@dataclass(frozen=True)
class Trace:
    """Where something was found, and how many rows or entries of it; never what."""

    place: str
    number: int

    def __str__(self) -> str:
        return f"{self.place} ({self.number})"


def scan(subject: Subject) -> list[Trace]:
    """Everything that still holds the person in the current zone, in `public`, in Redis and in files."""
    found = [*_in_tables(subject, subject.zone_id), *_in_sessions(subject)]
    with public_context():
        found += _in_tables(_without_namesakes(subject), "public")
    try:
        if keys := list(stores.in_redis(subject)):
            found.append(Trace("Redis", len(keys)))
    except redis.RedisError as error:
        found.append(Trace(stores.redis_is_away(error), 0))
    try:
        if files := list(stores.in_files(subject)):
            found.append(Trace("files", len(files)))
    except OSError as error:
        found.append(Trace(stores.files_are_away(error), 0))
    return found


def _without_namesakes(subject: Subject) -> Subject:
    """Staff of the platform with the same address are other people."""
    others = set(User.objects.filter(email__in=subject.certain).values_list("email", flat=True))
    return Subject(subject.zone_id, subject.user_id, subject.certain - others, frozenset())


def _in_tables(subject: Subject, schema: str) -> Iterator[Trace]:
    by_table: dict[str, list[Column]] = {}
    for column in columns():
        by_table.setdefault(column.table, []).append(column)
    for table, its in by_table.items():
        asked = [(column, found) for column in its if (found := _asked(subject, column))]
        if not asked:
            continue
        counts = ", ".join(f"count(*) FILTER (WHERE {column.text()} ~* %s)" for column, _ in asked)
        with connection.cursor() as cursor:
            # One pass over the table, whatever the number of its columns.
            cursor.execute(
                f"SELECT {counts} FROM {connection.ops.quote_name(table)}",  # noqa: S608  (names of our own schema)
                [found for _, found in asked],
            )
            for (column, _), number in zip(asked, cursor.fetchone(), strict=True):
                if number:
                    yield Trace(f"{schema}.{table}.{column.name}", number)


def _asked(subject: Subject, column: Column) -> str:
    if column.table.startswith(LOG):
        # The id is the pseudonym there, in details too.
        subject = Subject(subject.zone_id, subject.user_id, subject.certain, subject.names)
        return "|".join(part for part in pattern(subject, column).split("|") if not _is_id(part, subject))
    return pattern(subject, column)


def _is_id(part: str, subject: Subject) -> bool:
    return part.replace("\\", "") in (str(subject.user_id), subject.user_id.hex)


def _in_sessions(subject: Subject) -> Iterator[Trace]:
    """Page sessions are compressed: no search in the table would see into them."""
    number = sum(1 for session in Session.objects.iterator() if _is_of(session, subject))
    if number:
        yield Trace("sessions", number)


def delete_sessions(subject: Subject) -> int:
    keys = [session.pk for session in Session.objects.iterator() if _is_of(session, subject)]
    Session.objects.filter(pk__in=keys).delete()
    return len(keys)


def _is_of(session: Session, subject: Subject) -> bool:
    data = str(session.get_decoded())
    return any(text in data for text in {str(subject.user_id), *subject.certain})
