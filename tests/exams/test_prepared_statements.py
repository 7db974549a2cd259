"""The statements of an answer are planned once a connection, and yet see the zone and the person of each answer."""

import uuid

from django.db import connection

from exams.services import answering
from tests.concurrency.sitting import begin, give
from tests.sample_exam import make_exam
from zones.context import confined_to, entered, zone_context
from zones.scope import NOBODY


def prepared() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return {statement for (statement,) in cursor.fetchall()}


def numbered(statement: str) -> str:
    """As psycopg sends it: `$1` for the first `%s`."""
    first, *rest = statement.split("%s")
    return first + "".join(f"${place}{text}" for place, text in enumerate(rest, 1))


def test_they_are_prepared_and_keep_nothing_of_whom_they_served_first(univ, college, cast):
    with zone_context(univ):
        exam = make_exam()
        with confined_to(cast.bob):
            state = begin(cast.bob, exam)
            give(cast.bob, state)
    assert numbered(answering._LOCK) in prepared()
    assert numbered(answering._WRITE) in prepared()

    attempt_id = uuid.UUID(state["id"])
    with zone_context(univ), confined_to(cast.bob):
        assert answering.lock_attempt(attempt_id, cast.bob).answered == 1
    for zone, person in ((univ, cast.otto), (college, cast.charlie)):
        with zone_context(zone), confined_to(person):
            assert answering._prepared(answering._LOCK, [attempt_id]).fetchone() is None
    with entered(univ, NOBODY):
        assert answering._prepared(answering._LOCK, [attempt_id]).fetchone() is None
