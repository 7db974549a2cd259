"""The consoles' lists when they are long: plans, queries, searches."""

import re
import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.permissions import Role
from exams.models import Exam
from exams.pools import current_pool
from tests.cast import make_person
from tests.consoles import LISTS, attempt_of, rows

MANY = 100_000


def plan_of(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(row[0] for row in cursor.fetchall())


def insert_many_attempts(exam: Exam, student: User) -> None:
    pool = current_pool(exam)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO exams_attempt (id, exam_id, user_id, organization_id, pool_id, language, status,"
            " finish_reason, started_at, finished_at, last_activity_at, seed, state, answered, correct, theta, se,"
            " score, report, ungraded, extra_time_percent, large_print, pause_seconds_left)"
            " SELECT gen_random_uuid(), %s, %s, %s, %s, 'ko', 'finished', 'length', now() - n * interval '1 minute',"
            " now(), now(), n, '{}', 20, 12, 0.1, 0.3, 510, '{}', 0, 0, false, 0"
            " FROM generate_series(1, %s) n",
            [exam.pk, student.pk, student.organization_id, pool.pk, MANY],
        )
        cursor.execute("ANALYZE exams_attempt")


@pytest.mark.parametrize("name", ["zoe", "anna"])
def test_a_list_of_100_000_attempts_is_read_from_an_index(console, cast, exam, name):
    insert_many_attempts(exam, cast.bob)
    browser = console(getattr(cast, name))
    browser.get("/exams/attempt/?p=2")
    for query in ("", "?status__exact=finished", "?q=bob", "?p=3", "?started_at_from=2020-01-01"):
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as seen:
            response = browser.get(f"/exams/attempt/{query}")
        print(f"{name} {query!r}: {1000 * (time.perf_counter() - began):.0f} ms, {len(seen)} queries")
        assert response.status_code == 200
        assert rows(response) == 50
        assert len(seen) < 20
        assert response.context["cl"].paginator.is_estimate
        assert_read_from_index([entry["sql"] for entry in seen])


def assert_read_from_index(statements: list[str]) -> None:
    (page,) = [sql for sql in statements if 'ORDER BY "exams_attempt"."started_at" DESC' in sql]
    plan = plan_of(page)
    assert re.search(r"Index Scan using \w+ on exams_attempt", plan), plan
    assert "Seq Scan on exams_attempt" not in plan
    # An incremental sort of rows that come nearly ordered is well; a sort of all of them is not.
    assert not re.search(r"(?<!Incremental )Sort  ", plan), plan
    assert not [sql for sql in statements if 'COUNT(*) AS "__count" FROM "exams_attempt"' in sql]


@pytest.mark.parametrize("path", LISTS)
def test_the_queries_of_a_list_do_not_grow_with_its_rows(console, cast, exam, path):
    for number in range(12):
        person = make_person(f"Many {number}", Role.STUDENT, cast.hana)
        attempt_of(person, exam)
    browser = console(cast.zoe)
    browser.get(path)
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(path).status_code == 200
    assert len(seen) < 12


def test_people_are_searched_by_index(console, cast):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_user (id, email, display_name, role, language, is_active, created_at, password)"
            " SELECT gen_random_uuid(), 'p' || n || '@many.example', 'Person ' || n, 'student', '', true, now(), ''"
            " FROM generate_series(1, 50000) n"
        )
        cursor.execute("ANALYZE accounts_user")
    with CaptureQueriesContext(connection) as seen:
        response = console(cast.zoe).get("/accounts/user/?q=P4711@")
    assert [u.email for u in response.context["cl"].result_list] == ["p4711@many.example"]
    (page,) = [q["sql"] for q in seen if "LIMIT" not in q["sql"] and "UPPER" in q["sql"]]
    assert "user_email_begins" in plan_of(page)
